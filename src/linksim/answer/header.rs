//! The two heads: that of the eligibility family, and that of the medical family.

use super::super::calendar;
use super::super::coding::Coding;
use super::super::xml_write::Writer;
use super::Envelope;

/// The head of a person search answer, of an error, and of 処理中.
pub(super) fn write(
    w: &mut Writer,
    envelope: &Envelope,
    coding: Coding,
    segment: &str,
    error: Option<(&str, &str)>,
) {
    write_as(w, envelope, coding, segment, error, "2");
}

/// The same with ReferenceClassification given: 1 マイナンバーカード, 2 被保険者証情報.
pub(super) fn write_as(
    w: &mut Writer,
    envelope: &Envelope,
    coding: Coding,
    segment: &str,
    error: Option<(&str, &str)>,
    classification: &str,
) {
    w.leaf("ProcessExecutionTime", &calendar::stamp(envelope.time));
    w.leaf("QualificationConfirmationDate", &calendar::compact(envelope.time.date()));
    w.optional("MedicalInstitutionCode", Some(&envelope.institution));
    w.optional("ArbitraryFileIdentifier", Some(&envelope.identifier));
    w.leaf("ReferenceClassification", classification);
    w.leaf("SegmentOfResult", segment);
    if let Some((code, message)) = error {
        w.leaf("ErrorCode", code);
        w.leaf("ErrorMessage", message);
    }
    w.leaf("CharacterCodeIdentifier", coding.identifier());
}

/// The head of a medical answer as far as ResultCode.
pub(super) fn write_medical(w: &mut Writer, envelope: &Envelope, coding: Coding) {
    w.leaf("ProcessExecutionTime", &calendar::stamp(envelope.time));
    w.leaf("MedicalInstitutionCode", &envelope.institution);
    w.leaf("ArbitraryFileIdentifier", &envelope.identifier);
    w.leaf("SegmentOfResult", "1");
    w.leaf("CharacterCodeIdentifier", coding.identifier());
}
