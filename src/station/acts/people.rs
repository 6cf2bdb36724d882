//! Two open cases cannot claim one identity without a warning that both see (B9).

use crate::domain::CalendarDate;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::compare::fold;
use crate::domain::enquiry::Enquiry;
use crate::domain::key::EnquiryKey;
use crate::domain::medical::AnswerPerson;
use crate::log::{Act, Change};
use crate::protocol::Event;
use crate::station::desk::{Desk, Stop};
use crate::station::effect::Audience;
use crate::store::Table;
use sha2::{Digest, Sha256};

/// What identifies a person in a key: a digest, so that the index holds no names.
pub(crate) fn identity_of_key(key: &EnquiryKey) -> String {
    match key {
        EnquiryKey::Card(k) | EnquiryKey::Certificate(k) => digest(&[
            "insurance",
            k.insurer_number.as_str(),
            k.symbol.as_ref().map_or("", |s| s.as_str()),
            k.insured_number.as_str(),
            k.branch_number.as_ref().map_or("", |b| b.as_str()),
            &k.birthdate.compact(),
        ]),
        EnquiryKey::FourItems(k) => {
            digest(&["person", k.name.as_str(), k.sex.code(), &k.birthdate.compact()])
        }
    }
}

/// The same of an answer, by name, so that a key of another kind meets it.
pub(crate) fn identity_of_answer(person: &AnswerPerson) -> String {
    let birthdate = person.birthdate.map(CalendarDate::compact).unwrap_or_default();
    digest(&["person", person.name.as_str(), person.sex.map_or("", |s| s.code()), &birthdate])
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(fold(part).as_bytes());
        hash.update([0]);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

/// Notes that a case claims an identity; where another case did, both get the warning, on record.
pub(crate) fn claim(desk: &mut Desk<'_, '_>, enquiry: &Enquiry, identity: &str) -> Result<(), Stop> {
    let mut claimed: Vec<CaseNumber> = desk.get(Table::Claims, identity)?.unwrap_or_default();
    if claimed.contains(&enquiry.case) {
        return Ok(());
    }
    for other in claimed.clone() {
        warn(desk, &other, &enquiry.case)?;
        warn(desk, &enquiry.case, &other)?;
    }
    claimed.push(enquiry.case.clone());
    Ok(desk.put(Table::Claims, identity, &claimed)?)
}

fn warn(desk: &mut Desk<'_, '_>, of: &CaseNumber, same_as: &CaseNumber) -> Result<(), Stop> {
    let found: Option<Case> = desk.get(Table::Cases, of.as_str())?;
    let Some(mut case) = found else { return Ok(()) };
    if case.same_identity_as.contains(same_as) {
        return Ok(());
    }
    case.same_identity_as.push(same_as.clone());
    let change =
        Change { field: "同じ身元の症例".into(), from: None, to: Some(same_as.as_str().into()) };
    desk.log_about(&case, Act::CaseChanged { changes: vec![change] })?;
    desk.put(Table::Cases, of.as_str(), &case)?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(())
}
