//! What a screen or the log may have of a record: cut out here, in one place.

use crate::clock;
use crate::domain::candidate::{self, Person};
use crate::domain::caution;
use crate::domain::enquiry::{Enquiry, HeldBecause, State};
use crate::domain::key::{EnquiryKey, InsuranceKey, KeyDraft};
use crate::domain::medical::{AnswerPerson, EmergencySummary};
use crate::domain::period::Section;
use crate::domain::{CalendarDate, IdentificationMethod, SafeText};
use crate::json;
use crate::log::{Method, Moment, Subject};
use crate::protocol::view::{EnquiryView, HeldView, Rows, Stage};
use crate::station::claims;
use crate::station::desk::{Desk, Stop};
use serde::Serialize;

/// Room for rows in a frame, in bytes of JSON; the rest of a page is small.
pub(crate) const PAGE_BYTES: usize = 40 * 1024;

/// An enquiry for its owner's screen.
pub(crate) fn enquiry(desk: &mut Desk<'_, '_>, enquiry: &Enquiry) -> Result<EnquiryView, Stop> {
    let mut case = desk.case("show_enquiry", &enquiry.case)?;
    case.same_identity_as = claims::warned_of(desk, &case, enquiry)?;
    let draft = desk.draft(&enquiry.id)?;
    let mut warnings: Vec<SafeText> = case
        .same_identity_as
        .iter()
        .map(|other| {
            format!("症例 {other} でも同じ身元で照会しています。患者の取り違えがないか確認してください")
        })
        .map(SafeText::from)
        .collect();
    warnings.extend(case.weak_identity().map(SafeText::from));
    Ok(EnquiryView {
        id: enquiry.id.clone(),
        stage: stage(desk, enquiry),
        key: enquiry.key.clone(),
        by_hand: draft.by_hand(),
        reading: draft.reading(),
        draft: draft.key,
        consent: draft.consent,
        confirmation: enquiry.confirmation.clone(),
        held: enquiry
            .held
            .iter()
            .map(|held| HeldView { because: held.because, at: clock::time_of_day(held.at_ms) })
            .collect(),
        late_to_open: enquiry.held.iter().any(|h| h.because == HeldBecause::Late && h.document.is_some())
            && matches!(
                enquiry.state,
                State::Drafting { .. } | State::Cancelled { .. } | State::TimedOut { .. }
            ),
        warnings,
        case,
    })
}

fn stage(desk: &Desk<'_, '_>, enquiry: &Enquiry) -> Stage {
    match &enquiry.state {
        State::Drafting { .. } => Stage::Drafting,
        State::Sent(sent) => Stage::Sent {
            purpose: sent.purpose,
            delivery: sent.delivery,
            elapsed_ms: u64::try_from(desk.now.utc_ms.saturating_sub(sent.at_ms)).unwrap_or_default(),
            timeout_s: desk.shop.config.answer_timeout_s,
            sent_at: clock::time_of_day(sent.at_ms),
        },
        State::NoMatch => Stage::NoMatch,
        State::TooMany => Stage::TooMany,
        State::Candidates { people } => {
            Stage::Candidates { people: people.clone(), differing: candidate::differing(people) }
        }
        State::Answered { .. } => Stage::Answered,
        State::Reading { .. } => Stage::Reading,
        State::Rejected => Stage::Rejected,
        State::Mismatch { why } => Stage::Mismatch { why: *why },
        State::Cancelled { outcome } => Stage::Cancelled { outcome: *outcome },
        State::TimedOut { outcome } => Stage::TimedOut { outcome: *outcome },
        State::DeliveryUnknown(_) => Stage::DeliveryUnknown,
        State::Failed { code, message } => Stage::Failed { code: code.clone(), message: message.clone() },
        State::Closed => Stage::Closed,
    }
}

/// How many rows each section has.
pub(crate) fn counts(summary: &EmergencySummary) -> Vec<(Section, usize)> {
    Section::ALL.into_iter().map(|section| (section, count(summary, section))).collect()
}

fn count(summary: &EmergencySummary, section: Section) -> usize {
    match section {
        Section::Visits => summary.visits.len(),
        Section::EPrescription => summary.e_prescriptions.len(),
        Section::Drugs => summary.drugs.len(),
        Section::Operations => summary.operations.len(),
        Section::Treatments => summary.treatments.len(),
        Section::Checkups => summary.checkups.len(),
    }
}

/// As many rows of a section as fit into a frame, from the given one.
pub(crate) fn rows(summary: &EmergencySummary, section: Section, from: usize) -> Rows {
    match section {
        Section::Visits => Rows::Visits(page(&summary.visits, from)),
        Section::EPrescription => Rows::Drugs(page(&summary.e_prescriptions, from)),
        Section::Drugs => Rows::Drugs(page(&summary.drugs, from)),
        Section::Operations => Rows::Treatments(page(&summary.operations, from)),
        Section::Treatments => Rows::Treatments(page(&summary.treatments, from)),
        Section::Checkups => Rows::Checkups(page(&summary.checkups, from)),
    }
}

/// As many rows as fit into a frame, from the given one.
pub(crate) fn page<T: Clone + Serialize>(rows: &[T], from: usize) -> Vec<T> {
    let mut room = PAGE_BYTES;
    let mut taken = Vec::new();
    for row in rows.iter().skip(from) {
        let size = json::length(row).map_or(usize::MAX, |bytes| bytes.saturating_add(1));
        // A single row that is larger than a page still goes alone, and the line says if even that is too long.
        if size > room && !taken.is_empty() {
            break;
        }
        room = room.saturating_sub(size);
        taken.push(row.clone());
    }
    taken
}

/// The sentences of a moment, as shown.
pub(crate) fn caution(moment: Moment) -> &'static [String] {
    match moment {
        Moment::BeforeRequest => caution::Moment::BeforeRequest,
        Moment::NoMatch => caution::Moment::NoMatch,
        Moment::TooMany => caution::Moment::TooMany,
        Moment::Candidates => caution::Moment::CandidateList,
        Moment::WithResult => caution::Moment::Result,
    }
    .sentences()
}

// -- for the log ---------------------------------------------------------------------------------------

/// The log's word for a method.
pub(crate) fn method(method: IdentificationMethod) -> Method {
    match method {
        IdentificationMethod::MyNumberCard => Method::FaceResult,
        IdentificationMethod::Certificate => Method::InsuranceKey,
        IdentificationMethod::FourItems => Method::FourItems,
    }
}

/// The patient of an enquiry, by whatever identifies one so far.
pub(crate) fn subject_of(enquiry: &Enquiry) -> Option<Subject> {
    match enquiry.current_request() {
        Some(past) => {
            Some(past.sent.chosen.as_deref().map_or_else(|| subject_of_key(&past.key), subject_of_person))
        }
        None => enquiry.key.as_ref().map(subject_of_key),
    }
}

fn dashed(date: CalendarDate) -> SafeText {
    SafeText::new(&date.civil().to_string())
}

fn text(text: &str) -> Option<SafeText> {
    Some(SafeText::new(text)).filter(|text| !text.is_empty())
}

/// The patient of a key.
pub(crate) fn subject_of_key(key: &EnquiryKey) -> Subject {
    match key {
        EnquiryKey::Card(key) | EnquiryKey::Certificate(key) => subject_of_insurance(key),
        EnquiryKey::FourItems(items) => Subject {
            name: text(items.name.as_str()),
            birthdate: Some(dashed(items.birthdate)),
            sex: text(items.sex.code()),
            address: items.place.address().and_then(text),
            insurer_name: items.place.insurer_name().and_then(text),
            ..Subject::default()
        },
    }
}

fn subject_of_insurance(key: &InsuranceKey) -> Subject {
    Subject {
        insurer_number: text(key.insurer_number.as_str()),
        symbol: key.symbol.as_ref().and_then(|s| text(s.as_str())),
        number: text(key.insured_number.as_str()),
        branch: key.branch_number.as_ref().and_then(|b| text(b.as_str())),
        birthdate: Some(dashed(key.birthdate)),
        ..Subject::default()
    }
}

/// The patient of a form, as typed.
pub(crate) fn subject_of_draft(draft: &KeyDraft) -> Subject {
    Subject {
        insurer_number: text(&draft.insurer_number),
        insurer_name: text(&draft.insurer_name),
        symbol: text(&draft.symbol),
        number: text(&draft.insured_number),
        branch: text(&draft.branch_number),
        name: text(&draft.name),
        birthdate: text(&draft.birthdate),
        sex: draft.sex.and_then(|s| text(s.code())),
        address: text(&draft.address),
        ..Subject::default()
    }
}

/// A returned person.
pub(crate) fn subject_of_person(person: &Person) -> Subject {
    Subject {
        patient_id: None,
        reference_number: person.reference_number.clone(),
        insurer_number: text(person.insurer_number.as_str()),
        insurer_name: text(person.insurer_name.as_str()),
        symbol: person.symbol.clone(),
        number: text(person.insured_number.as_str()),
        branch: person.branch_number.clone(),
        name: text(person.name.as_str()),
        kana: text(person.kana.as_str()),
        birthdate: person.birthdate.map(dashed),
        sex: person.sex.and_then(|s| text(s.code())),
        address: text(person.address.as_str()),
    }
}

/// The person that an answer names.
pub(crate) fn subject_of_answer(person: &AnswerPerson) -> Subject {
    Subject {
        reference_number: person.reference_number.clone(),
        insurer_number: text(person.insurer_number.as_str()),
        symbol: person.symbol.clone(),
        number: text(person.insured_number.as_str()),
        branch: person.branch_number.clone(),
        name: text(person.name.as_str()),
        kana: text(person.kana.as_str()),
        birthdate: person.birthdate.map(dashed),
        sex: person.sex.and_then(|s| text(s.code())),
        ..Subject::default()
    }
}

/// `yyyyMMddHHmmss` of a file name as `yyyy-MM-dd HH:mm:ss`; as it stands where it is not that.
pub(crate) fn stamp_of_name(stamp: &str) -> SafeText {
    let digits = stamp.len() == 14 && stamp.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize, to: usize| stamp.get(from..to).unwrap_or_default();
    if !digits {
        return SafeText::new(stamp);
    }
    let (date, time) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    SafeText::new(&format!("{} {}", date.join("-"), time.join(":")))
}
