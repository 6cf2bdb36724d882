//! What the store keeps of an account's card.

use super::UnixSeconds;
use crate::card::{CardKind, Certificate, SpkiHash};
use crate::domain::SafeText;
use crate::domain::factor::Factor;
use serde::{Deserialize, Serialize};

/// So many days before a certificate ends, its person is told.
const TOLD_DAYS: i64 = 60;

/// The binding of a card to an account: its key, who issued it, until when, and the profession it names. No serial
/// number, no name, no certificate (for My Number cards nothing more may be kept).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// SHA-256 of the public key.
    pub spki_sha256: SpkiHash,
    /// Issuer's name.
    pub issuer: SafeText,
    /// End of validity of the certificate.
    pub not_after: UnixSeconds,
    /// hcRole; shown and logged, never the ground of a permission.
    pub hc_role: Option<SafeText>,
    /// What the trust anchors made of the card.
    pub kind: CardKind,
}

impl Enrolment {
    pub(super) fn of(certificate: &Certificate, kind: CardKind) -> Self {
        Self {
            spki_sha256: certificate.spki_sha256(),
            issuer: certificate.issuer_text(),
            not_after: UnixSeconds(certificate.not_after()),
            hc_role: certificate.hc_role(),
            kind,
        }
    }

    /// Whole days until the certificate ends; negative when it has ended.
    pub fn days_left(&self, now: UnixSeconds) -> i64 {
        days_until(self.not_after, now)
    }

    /// Whether its person is to be told that it ends soon.
    pub fn ends_soon(&self, now: UnixSeconds) -> bool {
        self.days_left(now) <= TOLD_DAYS
    }

    /// The factor that a login with this card proves.
    pub fn factor(&self) -> Factor {
        match self.kind {
            CardKind::Hpki => Factor::HpkiCard,
            CardKind::MyNumber => Factor::MyNumberCard,
            CardKind::Training => Factor::SoftwareCard,
        }
    }
}

/// Whole days until the end of a certificate; negative when it has passed.
pub fn days_until(end: UnixSeconds, now: UnixSeconds) -> i64 {
    let seconds = |at: UnixSeconds| i64::try_from(at.0).unwrap_or(i64::MAX);
    seconds(end).saturating_sub(seconds(now)).div_euclid(86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_a_card_that_ends_is_told_of_in_time() {
        let certificate =
            Certificate::parse(include_bytes!("../../fixtures/cards/training/doctor-1.der")).unwrap();
        let card = Enrolment::of(&certificate, CardKind::Training);
        let end = card.not_after.0;
        // Seconds before the end, days left, told.
        let table = [
            (0, 0, true),
            (86_399, 0, true),
            (86_400, 1, true),
            (60 * 86_400, 60, true),
            (61 * 86_400 - 1, 60, true),
            (61 * 86_400, 61, false),
        ];
        for (before, days, told) in table {
            let now = UnixSeconds(end - before);
            assert_eq!((card.days_left(now), card.ends_soon(now)), (days, told), "{before}");
        }
        assert_eq!(card.days_left(UnixSeconds(end + 1)), -1);
    }
}
