//! An enquiry as it is typed at the command line: by its own number, or by that of an item of 事後確認 about it.

use super::super::Failure;
use super::super::client::ask;
use crate::client::{Client, ClientFault};
use crate::domain::enquiry::EnquiryId;
use crate::domain::review::ReviewId;
use crate::protocol::{Reply, Request};

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The enquiry.
    Enquiry(EnquiryId),
    /// An item that is about it. Looking it up is on record, and takes 監査権限.
    Review(ReviewId),
}

/// Neither of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "照会の番号が正しくありません。「kyukyu review show」の「症例・照会」または「kyukyu review explanations list」に表示される12文字の番号か、照会についての事後確認の番号（例 R000012）を指定してください"
)]
pub(super) struct NeitherNumber;

/// The item is about something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("事後確認 {0} は照会についてのものではありません。照会の番号を指定してください")]
struct NotOfAnEnquiry(ReviewId);

impl std::str::FromStr for Which {
    type Err = NeitherNumber;
    fn from_str(typed: &str) -> Result<Self, NeitherNumber> {
        let enquiry = EnquiryId::parse(typed.trim()).map(Self::Enquiry);
        enquiry.or_else(|_| ReviewId::parse(typed).map(Self::Review)).map_err(|_| NeitherNumber)
    }
}

impl Which {
    /// The enquiry.
    pub(super) fn enquiry(&self, client: &mut Client) -> Result<EnquiryId, Failure> {
        let review = match self {
            Self::Enquiry(enquiry) => return Ok(enquiry.clone()),
            Self::Review(review) => review,
        };
        let Reply::Review(view) = ask(client, Request::ShowReview { review: review.clone() })? else {
            return Err(Box::new(ClientFault::NotUnderstood));
        };
        let enquiry = view.item.about.enquiry().cloned();
        enquiry.ok_or_else(|| NotOfAnEnquiry(review.clone()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numbers_are_told_apart() {
        for (typed, good) in [
            ("0123456789ab", Some(Which::Enquiry(EnquiryId::parse("0123456789ab").unwrap()))),
            ("R000012", Some(Which::Review(ReviewId::of(12)))),
            ("r000012", Some(Which::Review(ReviewId::of(12)))),
            // Twelve small characters are an enquiry, whatever they begin with.
            ("r00000000012", Some(Which::Enquiry(EnquiryId::parse("r00000000012").unwrap()))),
            ("12", None),
            ("20261126-001", None),
            ("", None),
        ] {
            assert_eq!(typed.parse::<Which>().ok(), good, "{typed}");
        }
        assert!(!NeitherNumber.to_string().contains("ホーム画面"));
    }
}
