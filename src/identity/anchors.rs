//! The authorities that a store believes, pinned by SHA-256, and the wall between training and real ones.

use super::chain::{self, ChainFault};
use super::crl::{Crl, RevocationRule};
use super::extensions::Extensions;
use crate::card::software::training_anchors;
use crate::card::{CardKind, Certificate, CertificateError};
use sha2::{Digest, Sha256};

/// SHA-256 of a whole certificate, as published by its authority.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of a certificate's DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// From 64 hexadecimal digits, with or without colons.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Why an authority was not pinned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Not a certificate.
    #[error("認証局の証明書を読み取れません。DER形式のファイルか確かめてください")]
    Certificate(#[from] CertificateError),
    /// Another certificate than the one that was meant.
    #[error("認証局の証明書のSHA-256が設定と一致しません（{found}）。入手元で確かめてください")]
    Fingerprint {
        /// What the file has.
        found: Fingerprint,
    },
    /// Not an authority.
    #[error("認証局の証明書として使えません。ファイルを確かめてください")]
    NotAnAuthority(#[source] ChainFault),
    /// The training authority, in a store that is not a training store.
    #[error("訓練用の認証局は、訓練用に初期化した環境でしか使えません")]
    Training,
}

/// A pinned authority.
#[derive(Debug)]
pub(super) struct Anchor {
    pub(super) certificate: Certificate,
    pub(super) says: Extensions,
    pub(super) kind: CardKind,
}

impl Anchor {
    /// Named as its own issuer, by key too: a root that passes its name on to a new key issues a certificate with the
    /// same name twice. Its own signature proves nothing and is not looked at: it is pinned.
    pub(super) fn is_root(&self) -> bool {
        let own_key = self.says.authority_key.is_none() || self.says.authority_key == self.says.subject_key;
        own_key && self.certificate.issuer() == self.certificate.subject()
    }
}

/// The authorities of one station. A live store cannot be made to hold the training authority.
#[derive(Debug)]
pub struct TrustStore {
    training: bool,
    my_number: bool,
    spares_training: bool,
    anchors: Vec<Anchor>,
    revocation: RevocationRule,
}

impl TrustStore {
    /// For a real store: empty until the site's authorities are pinned; without fresh revocation lists every card is
    /// refused; My Number cards are off.
    pub fn live() -> Self {
        Self {
            training: false,
            my_number: false,
            spares_training: false,
            anchors: Vec::new(),
            revocation: RevocationRule::Lists { lists: Vec::new(), grace_seconds: 0 },
        }
    }

    /// For a store made with `init --training`: believes the training authority, checks no revocation.
    pub fn training() -> Result<Self, PinError> {
        let mut store = Self {
            training: true,
            my_number: false,
            spares_training: false,
            anchors: Vec::new(),
            revocation: RevocationRule::NotChecked,
        };
        for anchor in training_anchors() {
            store.pin(anchor, CardKind::Training, Fingerprint::of(anchor))?;
        }
        Ok(store)
    }

    /// Pins a root or an issuing authority for a kind of card. `expected` is the fingerprint in the configuration.
    pub fn pin(&mut self, der: &[u8], kind: CardKind, expected: Fingerprint) -> Result<(), PinError> {
        let found = Fingerprint::of(der);
        if found != expected {
            return Err(PinError::Fingerprint { found });
        }
        let certificate = Certificate::parse(der)?;
        // By key, so that no other certificate over the same key gets in either.
        let of_training = training_anchors().iter().any(|anchor| {
            Certificate::parse(anchor).is_ok_and(|a| a.spki_sha256() == certificate.spki_sha256())
        });
        if of_training != (kind == CardKind::Training) || (of_training && !self.training) {
            return Err(PinError::Training);
        }
        let says = chain::check_authority(&certificate).map_err(PinError::NotAnAuthority)?;
        self.anchors.push(Anchor { certificate, says, kind });
        Ok(())
    }

    /// Accepts My Number cards. The site has declared that it may (registered or certified verifier); their revocation
    /// is then not checked here, which every result says.
    #[must_use]
    pub fn allowing_my_number(mut self) -> Self {
        self.my_number = true;
        self
    }

    /// Checks revocation against these lists, and for `grace_seconds` after a list has lapsed still uses it.
    #[must_use]
    pub fn with_revocation_lists(mut self, lists: Vec<Crl>, grace_seconds: u64) -> Self {
        self.revocation = RevocationRule::Lists { lists, grace_seconds };
        self
    }

    /// Checks no revocation of training cards, whatever the lists: their authority publishes none.
    #[must_use]
    pub fn sparing_training(mut self) -> Self {
        self.spares_training = true;
        self
    }

    /// Whether it is a training store.
    pub fn is_training(&self) -> bool {
        self.training
    }

    pub(super) fn my_number_allowed(&self) -> bool {
        self.my_number
    }

    pub(super) fn spares(&self, kind: CardKind) -> bool {
        self.spares_training && kind == CardKind::Training
    }

    pub(super) fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    pub(super) fn revocation(&self) -> &RevocationRule {
        &self.revocation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &[u8] = include_bytes!("../../fixtures/cards/training/root.der");
    const SITE: &[u8] = include_bytes!("../../fixtures/cards/chains/site-root.der");

    #[test]
    fn what_can_be_pinned() {
        let leaf: &[u8] = include_bytes!("../../fixtures/cards/training/doctor-1.der");
        let not_a_ca: &[u8] = include_bytes!("../../fixtures/cards/chains/issuer-not-a-ca.der");
        let no_sign: &[u8] = include_bytes!("../../fixtures/cards/chains/issuer-no-cert-sign.der");
        let pin = |store: &mut TrustStore, der: &[u8], kind| store.pin(der, kind, Fingerprint::of(der));
        let refused = Err(PinError::NotAnAuthority(ChainFault::IssuerMayNotIssue));

        let mut live = TrustStore::live();
        assert_eq!(pin(&mut live, SITE, CardKind::Hpki), Ok(()));
        assert_eq!(pin(&mut live, ROOT, CardKind::Hpki), Err(PinError::Training));
        assert_eq!(pin(&mut live, ROOT, CardKind::Training), Err(PinError::Training));
        assert_eq!(pin(&mut live, SITE, CardKind::Training), Err(PinError::Training));
        for der in [leaf, not_a_ca, no_sign] {
            assert_eq!(pin(&mut live, der, CardKind::Hpki), refused);
        }
        assert!(matches!(pin(&mut live, b"x", CardKind::Hpki), Err(PinError::Certificate(_))));
        let found = Fingerprint::of(SITE);
        let expected = Err(PinError::Fingerprint { found });
        assert_eq!(live.pin(SITE, CardKind::Hpki, Fingerprint([0; 32])), expected);
        assert_eq!(live.anchors().len(), 1);

        let mut training = TrustStore::training().unwrap();
        assert!(training.is_training() && !live.is_training());
        assert_eq!(training.anchors().len(), 2);
        assert_eq!(pin(&mut training, ROOT, CardKind::Hpki), Err(PinError::Training));
        assert_eq!(pin(&mut training, SITE, CardKind::Hpki), Ok(()));
    }

    #[test]
    fn fingerprints_as_published() {
        let found = Fingerprint::of(SITE);
        let plain = found.to_string();
        let colons: Vec<&str> = (0..32).map(|i| &plain[2 * i..2 * i + 2]).collect();
        assert_eq!(Fingerprint::parse(&plain), Some(found));
        assert_eq!(Fingerprint::parse(&colons.join(":").to_uppercase()), Some(found));
        assert_eq!(Fingerprint::parse("00"), None);
        assert_eq!(Fingerprint::parse("zz"), None);
    }
}
