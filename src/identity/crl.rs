//! Revocation lists, which arrive as files on closed networks.

use super::crl_scope::Scope;
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
    scope: Scope,
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
    /// A delta, an indirect list, or one with something critical that is not known here.
    #[error(
        "この失効リスト（CRL）は、差分や一部だけのリストなど、対応していない形式のため使えません。発行元の完全な失効リストを入手してください"
    )]
    NotWhole,
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
    /// From DER, nothing behind it.
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
            scope: Scope::read(&list).ok_or(CrlError::NotWhole)?,
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

    /// Genuine, this issuer's, not from the future, and about this certificate.
    fn usable(&self, certificate: &Certificate, issuer: &Certificate, now: UnixSeconds) -> bool {
        let fields = &self.list.tbs_cert_list;
        let Ok(says) = Extensions::read(issuer) else { return false };
        let may_sign = says.key_usage.is_some_and(|usage| usage.crl_sign());
        let named = self.issuer == issuer.subject() && self.scope.is_of(&says);
        named
            && may_sign
            && fields.signature == self.list.signature_algorithm
            && self.this_update() <= now
            && self.scope.covers(certificate)
            && self.signed_by(issuer)
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

/// Checks one certificate against the newest usable list of its issuer, in whatever order they came.
pub(super) fn check(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: &[Crl],
    grace_seconds: u64,
    now: UnixSeconds,
) -> Result<RevocationStatus, RevocationFault> {
    let usable: Vec<&Crl> = lists.iter().filter(|list| list.usable(certificate, issuer, now)).collect();
    let newest = usable
        .iter()
        .max_by_key(|list| (list.this_update(), list.next_update()))
        .ok_or(RevocationFault::NoList)?;
    // What is on a lapsed list stays revoked. Of lists made in the same second none is the newer one.
    let current = usable.iter().filter(|list| list.this_update() == newest.this_update());
    if current.into_iter().any(|list| list.names(certificate)) {
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
