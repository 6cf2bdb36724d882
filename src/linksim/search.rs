//! Who is found: by 4情報 or by an insurance key.

use super::book::Book;
use super::normal;
use super::patient::Patient;
use super::request::{InsuranceKey, PersonKey};

/// The persons whom the 4情報 describe. Everything given must agree; the address only loosely.
pub(super) fn by_person<'b>(book: &'b Book, key: &PersonKey) -> Vec<&'b Patient> {
    let name = normal::name(&key.name);
    book.patient
        .iter()
        .filter(|patient| {
            normal::name(&patient.name) == name
                || patient.also_named.iter().any(|other| normal::name(other) == name)
        })
        .filter(|patient| patient.birth == key.birth && patient.sex.to_string() == key.sex)
        .filter(|patient| {
            key.address.as_deref().is_none_or(|address| normal::same_place(&patient.address, address))
        })
        .filter(|patient| {
            key.insurer_name.as_deref().is_none_or(|name| {
                book.insurer
                    .get(&patient.insurer)
                    .is_some_and(|insurer| normal::tight(&insurer.name) == normal::tight(name))
            })
        })
        .collect()
}

/// The persons whom an insurance key describes. What is left out does not restrict; 記号 left out means none.
///
/// 記号, 番号, 枝番 and 照会番号 are compared as they stand, width and hyphens included: a stand-in that forgave a
/// mistake there would hide it until the real service answers "nobody".
pub(super) fn by_key<'b>(book: &'b Book, key: &InsuranceKey) -> Vec<&'b Patient> {
    let same = |given: Option<&str>, known: Option<&str>| given.is_none_or(|given| known == Some(given));
    book.patient
        .iter()
        .filter(|patient| {
            book.insurer.get(&patient.insurer).is_some_and(|i| i.number == key.insurer_number.trim_start())
        })
        .filter(|patient| {
            patient.symbol.as_deref().unwrap_or_default() == key.symbol.as_deref().unwrap_or_default()
        })
        .filter(|patient| patient.number == key.number)
        .filter(|patient| same(key.branch.as_deref(), patient.branch.as_deref()))
        .filter(|patient| key.birth.as_deref().is_none_or(|birth| birth == patient.birth))
        .filter(|patient| same(key.reference.as_deref(), patient.reference.as_deref()))
        .collect()
}
