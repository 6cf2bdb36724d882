//! What the store keeps of an account's card.

use super::UnixSeconds;
use crate::card::{CardKind, Certificate, SpkiHash};
use crate::domain::SafeText;
use crate::domain::factor::Factor;
use serde::{Deserialize, Serialize};

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

    /// The factor that a login with this card proves.
    pub fn factor(&self) -> Factor {
        match self.kind {
            CardKind::Hpki => Factor::HpkiCard,
            CardKind::MyNumber => Factor::MyNumberCard,
            CardKind::Training => Factor::SoftwareCard,
        }
    }
}
