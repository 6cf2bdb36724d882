//! Who and about whom, as both standard formats name them.

use crate::domain::SafeText;
use crate::domain::account::Profession;
use crate::log::Subject;

/// How a patient is named: RFC 3881 participant object id type codes, which FHIR took over as text.
pub(super) struct PatientId {
    /// 2 Patient Number, or 4 Enrollee Number.
    pub(super) code: &'static str,
    /// What the code means.
    pub(super) meaning: &'static str,
    /// The id.
    pub(super) id: String,
}

/// The hospital's number where it is known, else the insurance key, else what else is known of the person.
pub(super) fn patient_id(subject: &Subject) -> PatientId {
    if let Some(id) = &subject.patient_id {
        return PatientId { code: "2", meaning: "Patient Number", id: id.to_string() };
    }
    let key = [&subject.insurer_number, &subject.symbol, &subject.number, &subject.branch];
    if key.iter().any(|part| part.is_some()) {
        let parts: Vec<&str> = key.iter().map(|part| part.as_ref().map_or("", SafeText::as_str)).collect();
        return PatientId { code: "4", meaning: "Enrollee Number", id: parts.join("/") };
    }
    let known = [&subject.reference_number, &subject.name, &subject.birthdate];
    let known: Vec<&str> = known.into_iter().flatten().map(SafeText::as_str).collect();
    PatientId { code: "4", meaning: "Enrollee Number", id: known.join("/") }
}

/// The fields of a patient that are not the id or the name.
pub(super) fn fields(subject: &Subject) -> Vec<(&'static str, &SafeText)> {
    [
        ("patient_id", &subject.patient_id),
        ("reference_number", &subject.reference_number),
        ("insurer_number", &subject.insurer_number),
        ("insurer_name", &subject.insurer_name),
        ("symbol", &subject.symbol),
        ("number", &subject.number),
        ("branch", &subject.branch),
        ("kana", &subject.kana),
        ("birthdate", &subject.birthdate),
        ("sex", &subject.sex),
        ("address", &subject.address),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.as_ref().map(|value| (name, value)))
    .collect()
}

/// The word of a profession in the log's bytes.
pub(super) fn profession_word(profession: Profession) -> String {
    let value = serde_json::to_value(profession).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
