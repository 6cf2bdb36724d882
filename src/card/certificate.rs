//! A certificate as bytes and as fields. Judging it is the room `identity`'s business.

use super::{hcrole, hex};
use crate::domain::SafeText;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_cert::der::{Decode, Reader, SliceReader, asn1::AnyRef};

/// SHA-256 of a SubjectPublicKeyInfo: what an enrolment holds of a card. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpkiHash([u8; 32]);

/// Text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("公開鍵のSHA-256は16進64桁で指定してください")]
pub struct NotAnSpkiHash;

impl SpkiHash {
    /// The hash of the DER of a SubjectPublicKeyInfo.
    pub fn of(spki: &[u8]) -> Self {
        Self(Sha256::digest(spki).into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::str::FromStr for SpkiHash {
    type Err = NotAnSpkiHash;
    fn from_str(text: &str) -> Result<Self, NotAnSpkiHash> {
        let bytes = hex::decode(text).ok_or(NotAnSpkiHash)?;
        bytes.try_into().map(Self).map_err(|_| NotAnSpkiHash)
    }
}

impl TryFrom<String> for SpkiHash {
    type Error = NotAnSpkiHash;
    fn try_from(text: String) -> Result<Self, NotAnSpkiHash> {
        text.parse()
    }
}

impl From<SpkiHash> for String {
    fn from(hash: SpkiHash) -> Self {
        hex::encode(&hash.0)
    }
}

impl std::fmt::Display for SpkiHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl std::fmt::Debug for SpkiHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SpkiHash({self})")
    }
}

/// Bytes that are not a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("証明書を読み取れません。カードを置き直し、続くときは管理者に連絡してください")]
pub struct CertificateError(#[source] x509_cert::der::Error);

impl From<x509_cert::der::Error> for CertificateError {
    fn from(cause: x509_cert::der::Error) -> Self {
        Self(cause)
    }
}

/// A parsed certificate that keeps the bytes that were signed and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Vec<u8>,
    issuer: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    fields: x509_cert::Certificate,
}

impl Certificate {
    /// From DER, nothing before and nothing behind it.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        let fields = x509_cert::Certificate::from_der(der)?;
        let mut outer = elements(der)?.into_iter();
        let tbs = outer.next().unwrap_or_default();
        // version [0] OPTIONAL, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
        let mut inner = elements(tbs)?.into_iter().skip_while(|e| e.first() == Some(&0xA0)).skip(2);
        let issuer = inner.next().unwrap_or_default().to_vec();
        let subject = inner.nth(1).unwrap_or_default().to_vec();
        let spki = inner.next().unwrap_or_default().to_vec();
        Ok(Self { der: der.to_vec(), tbs: tbs.to_vec(), issuer, subject, spki, fields })
    }

    /// The whole certificate as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The part that the issuer signed.
    pub fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    /// The issuer's name as DER.
    pub fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// The subject's name as DER.
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// The SubjectPublicKeyInfo as DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the SubjectPublicKeyInfo.
    pub fn spki_sha256(&self) -> SpkiHash {
        SpkiHash::of(&self.spki)
    }

    /// Beginning of validity, seconds since 1970.
    pub fn not_before(&self) -> u64 {
        self.fields.tbs_certificate().validity().not_before.to_unix_duration().as_secs()
    }

    /// End of validity, seconds since 1970.
    pub fn not_after(&self) -> u64 {
        self.fields.tbs_certificate().validity().not_after.to_unix_duration().as_secs()
    }

    /// The issuer's name in words, safe to show.
    pub fn issuer_text(&self) -> SafeText {
        SafeText::new(&self.fields.tbs_certificate().issuer().to_string())
    }

    /// hcRole of the profession (ISO 17090), such as `Medical Doctor`. It may be absent, and is never the only ground
    /// for a permission.
    pub fn hc_role(&self) -> Option<SafeText> {
        hcrole::find(&self.fields)
    }

    /// The decoded fields.
    pub fn fields(&self) -> &x509_cert::Certificate {
        &self.fields
    }
}

/// The elements of a constructed DER value, each with tag and length.
pub(crate) fn elements(der: &[u8]) -> Result<Vec<&[u8]>, x509_cert::der::Error> {
    let mut reader = SliceReader::new(AnyRef::from_der(der)?.value())?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(reader.tlv_bytes()?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCTOR: &[u8] = include_bytes!("../../fixtures/cards/training/doctor-1.der");

    #[test]
    fn fields_of_a_training_certificate() {
        let certificate = Certificate::parse(DOCTOR).unwrap();
        let issuing =
            Certificate::parse(include_bytes!("../../fixtures/cards/training/issuing.der")).unwrap();
        assert_eq!(certificate.issuer(), issuing.subject());
        assert_ne!(certificate.subject(), issuing.subject());
        assert_eq!((certificate.not_before(), certificate.not_after()), (1_577_836_800, 2_840_140_800));
        assert_eq!(certificate.hc_role(), Some(SafeText::new("Medical Doctor")));
        assert!(certificate.issuer_text().as_str().contains("TRAINING AuthCA"));
        // The slices are those of the certificate, not a new encoding.
        assert!(DOCTOR.windows(certificate.spki().len()).any(|w| w == certificate.spki()));
        assert_eq!(&DOCTOR[4..4 + certificate.tbs().len()], certificate.tbs());
    }

    #[test]
    fn cut_or_padded_bytes_are_refused() {
        for length in 0..DOCTOR.len() {
            assert!(Certificate::parse(&DOCTOR[..length]).is_err(), "{length}");
        }
        let mut padded = DOCTOR.to_vec();
        padded.push(0);
        assert!(Certificate::parse(&padded).is_err());
    }

    #[test]
    fn a_hash_survives_its_text() {
        let hash = Certificate::parse(DOCTOR).unwrap().spki_sha256();
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("00".parse::<SpkiHash>(), Err(NotAnSpkiHash));
        assert_eq!("zz".repeat(32).parse::<SpkiHash>(), Err(NotAnSpkiHash));
    }
}
