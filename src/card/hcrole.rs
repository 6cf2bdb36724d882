//! hcRole of HPKI certificates: the profession, in subjectDirectoryAttributes.

use super::certificate::elements;
use crate::domain::SafeText;
use x509_cert::der::{
    Decode,
    asn1::{AnyRef, ObjectIdentifier},
};

const DIRECTORY_ATTRIBUTES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.9");
const HC_ROLE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.0.17090.0.1");
const NATIONAL_SCHEME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.100495.1.6.1.1");

/// The first role named under the national coding scheme.
pub(super) fn find(certificate: &x509_cert::Certificate) -> Option<SafeText> {
    let extensions = certificate.tbs_certificate().extensions()?;
    let extension = extensions.iter().find(|e| e.extn_id == DIRECTORY_ATTRIBUTES)?;
    let attributes = elements(extension.extn_value.as_bytes()).ok()?;
    attributes.into_iter().find_map(role_of_attribute)
}

fn role_of_attribute(attribute: &[u8]) -> Option<SafeText> {
    let [kind, values] = elements(attribute).ok()?.try_into().ok()?;
    if ObjectIdentifier::from_der(kind) != Ok(HC_ROLE) {
        return None;
    }
    let mut found = Found::default();
    walk(values, 0, &mut found);
    found.role.map(SafeText::new)
}

#[derive(Default)]
struct Found<'a> {
    scheme_seen: bool,
    role: Option<&'a str>,
}

/// Issuers tag the fields of CodedData explicitly or implicitly, so the tree is walked for what must be there in
/// either case: the identifier of the scheme, and the first text behind it.
fn walk<'a>(der: &'a [u8], depth: u8, found: &mut Found<'a>) {
    let Ok(value) = AnyRef::from_der(der) else { return };
    if found.role.is_some() || depth > 8 {
        return;
    }
    if der.first().is_some_and(|tag| tag & 0x20 != 0) {
        for element in elements(der).unwrap_or_default() {
            walk(element, depth + 1, found);
        }
    } else if value.value() == NATIONAL_SCHEME.as_bytes() {
        found.scheme_seen = true;
    } else if found.scheme_seen {
        found.role = std::str::from_utf8(value.value()).ok().filter(|text| !text.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Certificate;

    #[test]
    fn roles() {
        let table: [(&[u8], Option<&str>); 4] = [
            (include_bytes!("../../fixtures/cards/training/doctor-2.der"), Some("Medical Doctor")),
            (include_bytes!("../../fixtures/cards/chains/role-critical.der"), Some("General Nurse")),
            (include_bytes!("../../fixtures/cards/chains/role-absent.der"), None),
            (include_bytes!("../../fixtures/cards/chains/jpki-leaf.der"), None),
        ];
        for (der, role) in table {
            assert_eq!(Certificate::parse(der).unwrap().hc_role(), role.map(SafeText::new));
        }
    }

    #[test]
    fn an_implicitly_tagged_role_is_found_and_another_scheme_is_not() {
        // SET { SET { SEQUENCE { [0] SET { [0] OID, [2] text } } } } with implicit tags inside
        let implicit = |oid: &ObjectIdentifier| {
            let wrap = |tag: u8, inner: &[u8]| {
                let mut der = vec![tag, u8::try_from(inner.len()).unwrap()];
                der.extend_from_slice(inner);
                der
            };
            let mut coded = wrap(0x80, oid.as_bytes());
            coded.extend(wrap(0x82, b"Pharmacist"));
            let actor = wrap(0x30, &wrap(0xA0, &coded));
            let values = wrap(0x31, &wrap(0x31, &actor));
            let mut attribute = wrap(0x06, HC_ROLE.as_bytes());
            attribute.extend(values);
            wrap(0x30, &attribute)
        };
        assert_eq!(role_of_attribute(&implicit(&NATIONAL_SCHEME)), Some(SafeText::new("Pharmacist")));
        assert_eq!(role_of_attribute(&implicit(&ObjectIdentifier::new_unwrap("1.2.3.4"))), None);
    }
}
