//! Revocation lists, which arrive as files on closed networks.

use super::extensions::Extensions;
use super::{UnixSeconds, chain};
use crate::card::certificate::elements;
use crate::card::{Certificate, PublicKey};
use crate::domain::SafeText;
use serde::{Deserialize, Serialize};
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode;

/// A parsed revocation list. Whose it is and whether it is genuine is checked where it is used.
#[derive(Clone, Debug)]
pub struct Crl {
    list: CertificateList,
    tbs: Vec<u8>,
    issuer: Vec<u8>,
    next_update: UnixSeconds,
}

/// Not a usable revocation list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlError {
    /// Not decodable.
    #[error("失効リスト（CRL）を読み取れません。DER形式のファイルか確かめてください")]
    Malformed(#[from] x509_cert::der::Error),
    /// No nextUpdate, so it could never lapse.
    #[error("失効リスト（CRL）に次回更新日時がありません。入手元で確かめてください")]
    NoNextUpdate,
}

/// What a station does about revocation.
#[derive(Clone, Debug)]
pub(super) enum RevocationRule {
    /// Nothing: training.
    NotChecked,
    /// Every certificate below a root needs a list.
    Lists { lists: Vec<Crl>, grace_seconds: u64 },
}

/// How revocation was checked; shown and logged with every login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationStatus {
    /// Not checked at all (training, My Number cards).
    NotChecked,
    /// Not revoked, by lists that are valid until then.
    Fresh {
        /// The earliest nextUpdate of the lists used.
        until: UnixSeconds,
    },
    /// Not revoked, by a list that has lapsed but is within the grace period of the facility.
    Grace {
        /// When it lapsed.
        lapsed: UnixSeconds,
    },
}

/// Why a certificate was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RevocationFault {
    Revoked,
    NoList,
    Lapsed,
}

impl Crl {
    /// From DER.
    pub fn parse(der: &[u8]) -> Result<Self, CrlError> {
        let list = CertificateList::from_der(der)?;
        let next_update = list.tbs_cert_list.next_update.ok_or(CrlError::NoNextUpdate)?;
        let tbs = elements(der)?.into_iter().next().unwrap_or_default();
        // version INTEGER OPTIONAL, signature, issuer
        let inner = elements(tbs)?.into_iter().skip_while(|e| e.first() == Some(&0x02)).nth(1);
        Ok(Self {
            next_update: UnixSeconds(next_update.to_unix_duration().as_secs()),
            issuer: inner.unwrap_or_default().to_vec(),
            tbs: tbs.to_vec(),
            list,
        })
    }

    /// Whose list it claims to be.
    pub fn issuer_text(&self) -> SafeText {
        SafeText::new(&self.list.tbs_cert_list.issuer.to_string())
    }

    /// When it was made.
    pub fn this_update(&self) -> UnixSeconds {
        UnixSeconds(self.list.tbs_cert_list.this_update.to_unix_duration().as_secs())
    }

    /// When the next one is due.
    pub fn next_update(&self) -> UnixSeconds {
        self.next_update
    }

    /// Genuine, complete and not from the future. A list with a critical extension (a part of a list, a delta) is not
    /// complete.
    fn usable(&self, issuer: &Certificate, now: UnixSeconds) -> bool {
        let fields = &self.list.tbs_cert_list;
        let complete = fields.crl_extensions.iter().flatten().all(|extension| !extension.critical);
        let may_sign =
            Extensions::read(issuer).is_ok_and(|says| says.key_usage.is_some_and(|usage| usage.crl_sign()));
        let named = self.issuer == issuer.subject() && fields.signature == self.list.signature_algorithm;
        named && complete && may_sign && self.this_update() <= now && self.signed_by(issuer)
    }

    fn signed_by(&self, issuer: &Certificate) -> bool {
        let Ok(key) = PublicKey::from_spki(issuer.spki()) else { return false };
        let hash = chain::signature_hash(&self.list.signature_algorithm.oid, &key);
        let signature = self.list.signature.as_bytes();
        hash.zip(signature).is_some_and(|(hash, bytes)| key.verify(hash, &self.tbs, bytes).is_ok())
    }

    fn names(&self, certificate: &Certificate) -> bool {
        let serial = certificate.fields().tbs_certificate().serial_number();
        let revoked = self.list.tbs_cert_list.revoked_certificates.iter().flatten();
        revoked.into_iter().any(|entry| entry.serial_number == *serial)
    }
}

/// Checks one certificate against the newest usable list of its issuer.
pub(super) fn check(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: &[Crl],
    grace_seconds: u64,
    now: UnixSeconds,
) -> Result<RevocationStatus, RevocationFault> {
    let newest = lists
        .iter()
        .filter(|list| list.usable(issuer, now))
        .max_by_key(|list| (list.this_update(), list.next_update()))
        .ok_or(RevocationFault::NoList)?;
    // What is on a lapsed list stays revoked.
    if newest.names(certificate) {
        return Err(RevocationFault::Revoked);
    }
    let until = newest.next_update();
    if now <= until {
        Ok(RevocationStatus::Fresh { until })
    } else if now.0 <= until.0.saturating_add(grace_seconds) {
        Ok(RevocationStatus::Grace { lapsed: until })
    } else {
        Err(RevocationFault::Lapsed)
    }
}

impl RevocationStatus {
    /// The weaker of two.
    pub(super) fn weaker(self, other: Self) -> Self {
        match (self, other) {
            (Self::NotChecked, _) | (_, Self::NotChecked) => Self::NotChecked,
            (Self::Grace { lapsed: a }, Self::Grace { lapsed: b }) => Self::Grace { lapsed: a.min(b) },
            (grace @ Self::Grace { .. }, _) | (_, grace @ Self::Grace { .. }) => grace,
            (Self::Fresh { until: a }, Self::Fresh { until: b }) => Self::Fresh { until: a.min(b) },
        }
    }
}
