//! Two open cases cannot claim one identity without a warning that both see (B9).
//!
//! An enquiry stands for whom it last asked about, and for whom the answer to that names: until another request
//! replaces it, the person present is said not to be that one, or the enquiry is given up before anybody was confirmed.
//! What was typed and never asked stands for nobody. A case stands for whom its enquiries stand for. [`follow`] is
//! called by the only place that keeps an enquiry, in the same transaction, so that marks come and go with it.

use super::desk::{Desk, Stop};
use super::effect::Audience;
use super::records::Document;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::compare::fold;
use crate::domain::enquiry::{Enquiry, EnquiryId, State};
use crate::domain::key::EnquiryKey;
use crate::domain::medical::{AnswerContent, AnswerPerson};
use crate::domain::{CalendarDate, SafeText};
use crate::log::{Act, Change};
use crate::protocol::Event;
use crate::store::{StoreError, Table};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Counts up when it changes what an enquiry stands for: then all are made anew at the next start.
const VERSION: u32 = 1;
const VERSION_KEY: &str = "claims";

/// Whom an enquiry stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    enquiry: EnquiryId,
    /// The request that was asked with, or the document that answered it.
    of: SafeText,
    identities: Vec<String>,
    /// The person present was confirmed to be that one.
    confirmed: bool,
}

/// Takes up what an enquiry stands for now; the cases that this concerns get or lose their marks, on record.
pub(super) fn follow(desk: &mut Desk<'_, '_>, enquiry: &Enquiry) -> Result<(), StoreError> {
    let before = of_case(desk, &enquiry.case)?;
    let own = before.iter().find(|claim| claim.enquiry == enquiry.id);
    let now = now(desk, enquiry, own)?;
    if own == now.as_ref() {
        return Ok(());
    }
    let others = before.iter().filter(|claim| claim.enquiry != enquiry.id);
    let after: Vec<Claim> = others.cloned().chain(now).collect();
    match after.as_slice() {
        [] => desk.remove(Table::CaseClaims, enquiry.case.as_str())?,
        after => desk.put(Table::CaseClaims, enquiry.case.as_str(), &after)?,
    }
    let (left, taken) = (identities(&before), identities(&after));
    let mut concerned = BTreeSet::from([enquiry.case.clone()]);
    for identity in left.symmetric_difference(&taken) {
        let mut cases = cases_of(desk, identity)?;
        concerned.extend(cases.iter().cloned());
        cases.retain(|case| *case != enquiry.case);
        if taken.contains(identity) {
            cases.push(enquiry.case.clone());
        }
        match cases.as_slice() {
            [] => desk.remove(Table::Claims, identity)?,
            cases => desk.put(Table::Claims, identity, &cases)?,
        }
    }
    for case in concerned {
        mark(desk, &case)?;
    }
    Ok(())
}

fn now(desk: &Desk<'_, '_>, enquiry: &Enquiry, before: Option<&Claim>) -> Result<Option<Claim>, StoreError> {
    let claim = |of: &SafeText, identities: Vec<String>, confirmed| {
        Some(Claim { enquiry: enquiry.id.clone(), of: of.clone(), identities, confirmed })
    };
    let of_request = enquiry.current_request().map(|past| identity_of_key(&past.key));
    Ok(match &enquiry.state {
        State::Rejected => None,
        State::Drafting { .. } => before.cloned(),
        State::Closed => before.filter(|claim| claim.confirmed).cloned(),
        State::Answered { document, .. } | State::Reading { document, .. } => {
            let confirmed = matches!(enquiry.state, State::Reading { .. });
            let known = before.filter(|claim| claim.of == *document).map(|claim| claim.identities.clone());
            let identities = match known {
                Some(identities) => identities,
                None => of_request.into_iter().chain(of_document(desk, document)?).collect(),
            };
            claim(document, identities, confirmed)
        }
        _ => enquiry
            .requests
            .last()
            .and_then(|past| claim(&past.sent.request, of_request.into_iter().collect(), false)),
    })
}

fn of_document(desk: &Desk<'_, '_>, document: &SafeText) -> Result<Option<String>, StoreError> {
    let kept: Option<Document> = desk.get(Table::Documents, document.as_str())?;
    Ok(match kept.and_then(|document| document.content) {
        Some(AnswerContent::Summary(summary)) => Some(identity_of_answer(&summary.person)),
        _ => None,
    })
}

/// What identifies a person in a key: a digest, so that the index holds no names.
fn identity_of_key(key: &EnquiryKey) -> String {
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
fn identity_of_answer(person: &AnswerPerson) -> String {
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

fn of_case(desk: &Desk<'_, '_>, case: &CaseNumber) -> Result<Vec<Claim>, StoreError> {
    Ok(desk.get(Table::CaseClaims, case.as_str())?.unwrap_or_default())
}

fn identities<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> BTreeSet<String> {
    claims.into_iter().flat_map(|claim| claim.identities.iter().cloned()).collect()
}

fn cases_of(desk: &Desk<'_, '_>, identity: &str) -> Result<Vec<CaseNumber>, StoreError> {
    Ok(desk.get(Table::Claims, identity)?.unwrap_or_default())
}

/// The other cases that stand for one of these.
fn others(
    desk: &Desk<'_, '_>,
    case: &CaseNumber,
    identities: &BTreeSet<String>,
) -> Result<Vec<CaseNumber>, StoreError> {
    let mut others = BTreeSet::new();
    for identity in identities {
        others.extend(cases_of(desk, identity)?);
    }
    others.remove(case);
    Ok(others.into_iter().collect())
}

/// The cases of which an enquiry warns: those of its case's mark; where a checked key is about to be asked with, as
/// they will be once it is.
pub(super) fn warned_of(
    desk: &Desk<'_, '_>,
    case: &Case,
    enquiry: &Enquiry,
) -> Result<Vec<CaseNumber>, Stop> {
    let (State::Drafting { .. }, Some(key)) = (&enquiry.state, &enquiry.key) else {
        return Ok(case.same_identity_as.clone());
    };
    let claims = of_case(desk, &case.number)?;
    let mut identities = identities(claims.iter().filter(|claim| claim.enquiry != enquiry.id));
    identities.insert(identity_of_key(key));
    Ok(others(desk, &case.number, &identities)?)
}

/// Sets a case's mark right, with what came and went on record.
fn mark(desk: &mut Desk<'_, '_>, number: &CaseNumber) -> Result<(), StoreError> {
    let found: Option<Case> = desk.get(Table::Cases, number.as_str())?;
    let Some(mut case) = found else { return Ok(()) };
    let own = identities(&of_case(desk, number)?);
    let same = others(desk, number, &own)?;
    if case.same_identity_as == same {
        return Ok(());
    }
    let before = std::mem::replace(&mut case.same_identity_as, same);
    let words = |case: &CaseNumber| Some(SafeText::new(case.as_str()));
    let change = |from, to| Change { field: "同じ身元の症例".into(), from, to };
    let gone = before.iter().filter(|other| !case.same_identity_as.contains(other));
    let new = case.same_identity_as.iter().filter(|other| !before.contains(other));
    let changes: Vec<Change> = gone
        .map(|other| change(words(other), None))
        .chain(new.map(|other| change(None, words(other))))
        .collect();
    if !changes.is_empty() {
        desk.log_about(&case, Act::CaseChanged { changes })?;
        desk.push(Audience::All, Event::HomeChanged);
    }
    desk.put(Table::Cases, number.as_str(), &case)
}

/// Makes all marks anew for a store that has none yet, or those of older rules.
pub(super) fn make_anew(desk: &mut Desk<'_, '_>, all: &[(String, Enquiry)]) -> Result<(), Stop> {
    let made: Option<u32> = desk.get(Table::Settings, VERSION_KEY)?;
    if made == Some(VERSION) {
        return Ok(());
    }
    for table in [Table::Claims, Table::CaseClaims] {
        let old: Vec<(String, serde_json::Value)> = desk.tx.scan_prefix(table, "")?;
        for (key, _) in old {
            desk.remove(table, &key)?;
        }
    }
    for (_, enquiry) in all {
        follow(desk, enquiry)?;
    }
    let cases: Vec<(String, Case)> = desk.tx.scan_prefix(Table::Cases, "")?;
    for (_, case) in cases.iter().filter(|(_, case)| !case.same_identity_as.is_empty()) {
        mark(desk, &case.number)?;
    }
    Ok(desk.put(Table::Settings, VERSION_KEY, &VERSION)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::CaseDraft;
    use crate::domain::enquiry::Because;
    use crate::station::test_site::TestSite;

    fn case(number: u32, same_as: &[u32]) -> Case {
        let day = CalendarDate::from_compact("20261127").unwrap();
        let number_of = |n: &u32| CaseNumber::of(day, *n);
        let facts = CaseDraft { bed: format!("初療室{number}"), ..CaseDraft::default() }.check().unwrap();
        Case {
            number: number_of(&number),
            bed: facts.bed,
            arrived: "2026-11-27 03:00".into(),
            apparent_age: None,
            apparent_sex: None,
            patient_id: None,
            evidence: None,
            opened_by: crate::domain::UserId::parse("sato").unwrap(),
            same_identity_as: same_as.iter().map(number_of).collect(),
        }
    }

    /// Older rules took a form for an identity, and never took a mark back.
    #[tokio::test]
    async fn marks_of_older_rules_go_at_the_next_start_on_record() {
        let cases = [case(1, &[2]), case(2, &[1])];
        let numbers = cases.each_ref().map(|case| case.number.clone());
        let site = TestSite::prepared(|store| {
            let stored = store.transact(move |tx| {
                let claimed = cases.each_ref().map(|case| case.number.clone());
                tx.put(Table::Claims, "0123", &claimed)?;
                for (n, case) in cases.iter().enumerate() {
                    let id = EnquiryId::parse(&format!("{n:0>12}")).unwrap();
                    let enquiry = Enquiry::open(id, case.number.clone(), case.opened_by.clone(), 1);
                    assert_eq!(enquiry.state, State::Drafting { because: Because::New });
                    tx.put(Table::Enquiries, enquiry.id.as_str(), &enquiry)?;
                    tx.put(Table::Cases, case.number.as_str(), case)?;
                }
                Ok::<_, StoreError>(())
            });
            stored.unwrap();
        })
        .await;
        for number in &numbers {
            let kept: Result<Option<Case>, StoreError> =
                site.station.store.read(|tx| tx.get(Table::Cases, number.as_str()));
            assert!(kept.unwrap().unwrap().same_identity_as.is_empty());
        }
        let claims: Result<Vec<(String, serde_json::Value)>, StoreError> =
            site.station.store.read(|tx| tx.scan_prefix(Table::Claims, ""));
        assert!(claims.unwrap().is_empty());
        let went = site.entries();
        let went = went.iter().filter(|entry| matches!(entry.act, Act::CaseChanged { .. })).count();
        assert_eq!(went, 2);
    }
}
