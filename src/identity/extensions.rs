//! The extensions of a certificate that the verifier knows, and the refusal of those it does not.

use super::ChainFault;
use crate::card::Certificate;
use x509_cert::der::{Decode, asn1::ObjectIdentifier, asn1::OctetString};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage,
    SubjectKeyIdentifier,
};

const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const DIRECTORY_ATTRIBUTES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.9");
const SUBJECT_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

/// The only ones that may be critical.
const MAY_BE_CRITICAL: [ObjectIdentifier; 5] =
    [KEY_USAGE, BASIC_CONSTRAINTS, POLICIES, EXTENDED_KEY_USAGE, DIRECTORY_ATTRIBUTES];

/// What a certificate says of itself.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) basic: Option<BasicConstraints>,
    pub(super) policies: Vec<ObjectIdentifier>,
    pub(super) purposes: Option<Vec<ObjectIdentifier>>,
    pub(super) subject_key: Option<Box<[u8]>>,
    pub(super) authority_key: Option<Box<[u8]>>,
}

impl Extensions {
    /// Decodes them all; one twice, one malformed, or an unknown critical one is a fault.
    pub(super) fn read(certificate: &Certificate) -> Result<Self, ChainFault> {
        let mut read = Self::default();
        let mut seen = Vec::new();
        let list = certificate.fields().tbs_certificate().extensions();
        for extension in list.into_iter().flatten() {
            let id = extension.extn_id;
            if seen.contains(&id) {
                return Err(ChainFault::Malformed);
            }
            seen.push(id);
            if extension.critical && !MAY_BE_CRITICAL.contains(&id) {
                return Err(ChainFault::UnknownCritical(id.to_string()));
            }
            read.take(id, extension.extn_value.as_bytes()).map_err(|_| ChainFault::Malformed)?;
        }
        Ok(read)
    }

    fn take(&mut self, id: ObjectIdentifier, value: &[u8]) -> x509_cert::der::Result<()> {
        let bytes = |octets: OctetString| octets.into_bytes();
        match id {
            KEY_USAGE => self.key_usage = Some(KeyUsage::from_der(value)?),
            BASIC_CONSTRAINTS => self.basic = Some(BasicConstraints::from_der(value)?),
            POLICIES => {
                let policies = CertificatePolicies::from_der(value)?.0;
                self.policies = policies.into_iter().map(|p| p.policy_identifier).collect();
            }
            EXTENDED_KEY_USAGE => self.purposes = Some(ExtendedKeyUsage::from_der(value)?.0),
            SUBJECT_KEY => self.subject_key = Some(bytes(SubjectKeyIdentifier::from_der(value)?.0)),
            AUTHORITY_KEY => {
                let key = AuthorityKeyIdentifier::from_der(value)?.key_identifier;
                self.authority_key = key.map(bytes);
            }
            _ => {}
        }
        Ok(())
    }
}
