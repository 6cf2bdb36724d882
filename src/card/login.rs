//! The two things a helper is asked for: what card is this, and sign this challenge with it.

use super::{
    CardError, CardKind, Certificate, ChallengeText, Hash, Profiles, SpkiHash, Transport, session::Selected,
};
use crate::domain::SafeText;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// What is known of a card without its PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Name of the profile.
    pub profile: String,
    /// Whose card.
    pub kind: CardKind,
    /// SHA-256 of its public key, to be compared with the enrolment.
    pub spki_sha256: SpkiHash,
    /// End of validity of the certificate, seconds since 1970.
    pub not_after: u64,
    /// hcRole, where the certificate has one.
    pub hc_role: Option<SafeText>,
    /// Tries left of the PIN; absent when the card does not say.
    pub tries_left: Option<u8>,
    /// What a PIN of this card looks like, in words.
    pub pin_format: String,
}

/// Reads what can be read without a PIN, in one transaction that ends with a reset.
pub fn identify(transport: &mut dyn Transport, profiles: &Profiles) -> Result<Identity, CardError> {
    let card = Selected::open(transport, profiles)?.identify()?;
    Ok(Identity {
        profile: card.profile().name.clone(),
        kind: card.profile().kind,
        spki_sha256: card.certificate().spki_sha256(),
        not_after: card.certificate().not_after(),
        hc_role: card.certificate().hc_role(),
        tries_left: card.tries_left(),
        pin_format: card.profile().pin.describe(),
    })
}

/// What is to be signed, by which card, with which PIN.
#[derive(Debug)]
pub struct SignOrder<'a> {
    /// The station's challenge.
    pub challenge: &'a ChallengeText,
    /// Keys enrolled for the account; a card with another key is refused before its PIN is touched.
    pub enrolled: &'a [SpkiHash],
    /// The PIN.
    pub pin: &'a SecretString,
    /// That a person confirmed spending the last try (or one of an unknown number).
    pub allow_last_try: bool,
}

/// A signed challenge, as the station verifies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The certificate on the card.
    pub certificate: Certificate,
    /// PKCS#1 v1.5, or r and s of ECDSA.
    pub signature: Vec<u8>,
    /// Hash of the challenge that was signed.
    pub hash: Hash,
    /// Name of the profile.
    pub profile: String,
}

/// Has a card sign, in one transaction that ends with a reset.
pub fn sign_challenge(
    transport: &mut dyn Transport,
    profiles: &Profiles,
    order: &SignOrder<'_>,
) -> Result<Signed, CardError> {
    Selected::open(transport, profiles)?
        .identify()?
        .matching(order.enrolled)?
        .verify(order.pin, order.allow_last_try)?
        .sign(order.challenge)
}
