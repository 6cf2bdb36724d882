//! The id of an enquiry.

use serde::{Deserialize, Serialize};

/// Identifies an enquiry at its station: 12 of `0-9a-z`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnquiryId(String);

/// Not an enquiry id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("照会の番号が正しくありません。ホーム画面から選び直してください")]
pub struct BadEnquiryId;

impl EnquiryId {
    /// Checks the form.
    pub fn parse(text: &str) -> Result<Self, BadEnquiryId> {
        let good = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        if good { Ok(Self(text.to_owned())) } else { Err(BadEnquiryId) }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for EnquiryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EnquiryId {
    type Error = BadEnquiryId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<EnquiryId> for String {
    fn from(id: EnquiryId) -> Self {
        id.0
    }
}
