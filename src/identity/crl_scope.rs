//! Of which certificates a revocation list speaks, and which lists are not whole.
//!
//! Why not simply refuse every critical extension: authorities do publish whole lists with a critical
//! issuingDistributionPoint, and without a list nobody could log in.

use super::extensions::Extensions;
use crate::card::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::der::{Decode, asn1::ObjectIdentifier, asn1::OctetString};
use x509_cert::ext::pkix::crl::{CrlDistributionPoints, IssuingDistributionPoint, dp::DistributionPoint};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::{Extension, pkix::AuthorityKeyIdentifier};

const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const DELTA: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const POINTS_OF_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");

/// What a whole list says of its scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    authority_key: Option<Box<[u8]>>,
    point: Option<IssuingDistributionPoint>,
}

impl Scope {
    /// `None` for a list that must not be relied on: a delta, an indirect list, one for some reasons only or for
    /// attribute certificates, or one with something critical (in an entry too) that is not known here.
    pub(super) fn read(list: &CertificateList) -> Option<Self> {
        let fields = &list.tbs_cert_list;
        let entries = fields.revoked_certificates.iter().flatten();
        let mut of_entries = entries.flat_map(|entry| entry.crl_entry_extensions.iter().flatten());
        if of_entries.any(|extension| extension.critical) {
            return None;
        }
        let mut scope = Self::default();
        let mut seen = Vec::new();
        for extension in fields.crl_extensions.iter().flatten() {
            if seen.contains(&extension.extn_id) {
                return None;
            }
            seen.push(extension.extn_id);
            scope.take(extension)?;
        }
        Some(scope)
    }

    fn take(&mut self, extension: &Extension) -> Option<()> {
        let value = extension.extn_value.as_bytes();
        match extension.extn_id {
            // Refused also where it is not marked critical as it must be: a part would pass for the whole.
            DELTA => return None,
            ISSUING_POINT => {
                let point = IssuingDistributionPoint::from_der(value).ok()?;
                let part = point.indirect_crl
                    || point.only_contains_attribute_certs
                    || point.only_some_reasons.is_some();
                if part {
                    return None;
                }
                self.point = Some(point);
            }
            AUTHORITY_KEY if !extension.critical => {
                let key = AuthorityKeyIdentifier::from_der(value).ok()?.key_identifier;
                self.authority_key = key.map(OctetString::into_bytes);
            }
            _ if extension.critical => return None,
            _ => {}
        }
        Some(())
    }

    /// Names the issuer's key, where it names one. (Where not, the signature decides alone.)
    pub(super) fn is_of(&self, issuer: &Extensions) -> bool {
        self.authority_key.is_none() || self.authority_key == issuer.subject_key
    }

    /// Would name this certificate if it were revoked.
    pub(super) fn covers(&self, certificate: &Certificate) -> bool {
        let Some(point) = &self.point else { return true };
        let Ok(says) = Extensions::read(certificate) else { return false };
        let authority = says.basic.is_some_and(|basic| basic.ca);
        let left_out = if authority { point.only_contains_user_certs } else { point.only_contains_ca_certs };
        !left_out && point.distribution_point.as_ref().is_none_or(|name| named_by(certificate, name))
    }
}

/// That the certificate sends its reader to this place for its list.
fn named_by(certificate: &Certificate, place: &DistributionPointName) -> bool {
    let DistributionPointName::FullName(names) = place else { return false };
    points(certificate)
        .iter()
        .filter(|point| point.reasons.is_none() && point.crl_issuer.is_none())
        .filter_map(|point| full_name(point))
        .flatten()
        .any(|name| names.contains(name))
}

fn points(certificate: &Certificate) -> Vec<DistributionPoint> {
    let list = certificate.fields().tbs_certificate().extensions();
    let mut found = list.into_iter().flatten().filter(|e| e.extn_id == POINTS_OF_CERTIFICATE);
    let decoded = found.next().map(|e| CrlDistributionPoints::from_der(e.extn_value.as_bytes()));
    decoded.and_then(Result::ok).map(|points| points.0).unwrap_or_default()
}

fn full_name(point: &DistributionPoint) -> Option<&Vec<GeneralName>> {
    match &point.distribution_point {
        Some(DistributionPointName::FullName(names)) => Some(names),
        _ => None,
    }
}
