//! Opening and correcting a case (B9).

use crate::clock;
use crate::domain::case::{Case, CaseDraft, CaseField, CaseNumber};
use crate::domain::{CalendarDate, SafeText};
use crate::log::{Act, Change};
use crate::protocol::{Event, Refusal, RefusalCode, Reply};
use crate::station::desk::{Desk, Outcome, Stop};
use crate::station::effect::Audience;
use crate::store::{StoreError, Table, Tx};

/// A new case under the next 仮番号 of the day.
pub(crate) fn open(desk: &mut Desk<'_, '_>, draft: &CaseDraft) -> Outcome {
    const ACT: &str = "open_case";
    let viewer = desk.viewer(ACT)?;
    let facts = draft.check().map_err(|wrong| refuse_fields(desk, ACT, &wrong))?;
    let case = Case {
        number: next_number(desk)?,
        bed: facts.bed,
        arrived: clock::minute(desk.now.utc_ms),
        apparent_age: facts.apparent_age,
        apparent_sex: facts.apparent_sex,
        patient_id: facts.patient_id,
        evidence: facts.evidence,
        opened_by: viewer.caller.account.user,
        same_identity_as: Vec::new(),
    };
    desk.about_case(&case);
    desk.log(Act::CaseOpened {})?;
    desk.put(Table::Cases, case.number.as_str(), &case)?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(Reply::Case(case.number))
}

/// Corrects what is known of a case; old and new value are both logged.
pub(crate) fn change(desk: &mut Desk<'_, '_>, number: &CaseNumber, draft: &CaseDraft) -> Outcome {
    const ACT: &str = "change_case";
    desk.viewer(ACT)?;
    let before = desk.case(ACT, number)?;
    let facts = draft.check().map_err(|wrong| refuse_fields(desk, ACT, &wrong))?;
    let after = Case {
        bed: facts.bed,
        apparent_age: facts.apparent_age,
        apparent_sex: facts.apparent_sex,
        patient_id: facts.patient_id,
        evidence: facts.evidence,
        ..before.clone()
    };
    let changes = changes(&before, &after);
    if !changes.is_empty() {
        desk.about_case(&after);
        desk.log(Act::CaseChanged { changes })?;
        desk.put(Table::Cases, number.as_str(), &after)?;
        desk.push(Audience::All, Event::HomeChanged);
    }
    Ok(Reply::Case(after.number))
}

/// More than a hospital opens between two copies of the counter.
const SKIPPED: u32 = 100;

/// Leaves numbers out where the counter may be older than the last case: one that stands on a patient's label must not be
/// given to another patient, even where its case was lost.
pub(in crate::station) fn skip_numbers(tx: &mut Tx<'_>, today: CalendarDate) -> Result<(), StoreError> {
    let counter = counter_of(today);
    let last: u32 = tx.get(Table::Settings, &counter)?.unwrap_or_default();
    tx.put(Table::Settings, &counter, &last.saturating_add(SKIPPED))
}

fn counter_of(day: CalendarDate) -> String {
    format!("cases/{}", day.compact())
}

fn next_number(desk: &mut Desk<'_, '_>) -> Result<CaseNumber, Stop> {
    let today = desk.now.today();
    let counter = counter_of(today);
    let last: u32 = desk.get(Table::Settings, &counter)?.unwrap_or_default();
    let mut next = last.saturating_add(1);
    // Cases that were carried over from a damaged store may be newer than the counter.
    while desk.get::<Case>(Table::Cases, CaseNumber::of(today, next).as_str())?.is_some() {
        next = next.saturating_add(1);
    }
    desk.put(Table::Settings, &counter, &next)?;
    Ok(CaseNumber::of(today, next))
}

fn refuse_fields(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    wrong: &[(CaseField, crate::domain::case::CaseError)],
) -> Stop {
    let fields = wrong.iter().map(|(f, e)| (protocol_name(*f), SafeText::new(&e.to_string()))).collect();
    let words = wrong.first().map(|(_, e)| e.to_string()).unwrap_or_default();
    desk.refuse(act, Refusal { fields, ..Refusal::new(RefusalCode::BadInput, words) })
}

fn protocol_name(field: CaseField) -> SafeText {
    match field {
        CaseField::Bed => "bed",
        CaseField::Age => "age",
        CaseField::Sex => "sex",
        CaseField::PatientId => "patient_id",
        CaseField::Evidence => "evidence",
        CaseField::EvidenceBy => "evidence_by",
    }
    .into()
}

fn changes(before: &Case, after: &Case) -> Vec<Change> {
    let facts = |case: &Case| -> [(&'static str, Option<SafeText>); 5] {
        [
            ("ベッド・場所", Some(case.bed.clone())),
            ("見た目の年齢", case.apparent_age.map(|age| SafeText::new(&age.to_string()))),
            ("見た目の性別", case.apparent_sex.map(|sex| sex.label().into())),
            ("患者ID", case.patient_id.clone()),
            (
                "身元の根拠",
                case.evidence.as_ref().map(|e| SafeText::new(&format!("{}（{}）", e.kind.label(), e.by))),
            ),
        ]
    };
    facts(before)
        .into_iter()
        .zip(facts(after))
        .filter(|((_, from), (_, to))| from != to)
        .map(|((field, from), (_, to))| Change { field: field.into(), from, to })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::test_site::TestSite;

    /// What was carried over from a damaged store may be newer than the counter beside it.
    #[tokio::test]
    async fn a_number_is_never_given_twice() {
        let site = TestSite::new().await;
        let sato = site.session();
        let open = async |bed: &str| {
            let draft = CaseDraft { bed: bed.into(), ..CaseDraft::default() };
            let opened = site.station.line_act(&sato, None, move |desk| open(desk, &draft)).await;
            match opened.unwrap() {
                Reply::Case(number) => number,
                other => panic!("{other:?}"),
            }
        };
        let first = [open("初療室1").await, open("初療室2").await];
        let counter = format!("cases/{}", site.station.shop.now().today().compact());
        let back = site.station.store.transact(move |tx| tx.remove(Table::Settings, &counter));
        assert!(back.map_err(|error: StoreError| error).unwrap());
        let third = open("初療室3").await;
        assert!(!first.contains(&third), "{third:?}");
        let kept: Result<Option<Case>, StoreError> =
            site.station.store.read(|tx| tx.get(Table::Cases, first[0].as_str()));
        assert_eq!(kept.unwrap().unwrap().bed.as_str(), "初療室1");
    }
}
