//! Reading (C5, D1): the person alone and confirmed first, then the summary, every display on record before it.

use crate::domain::enquiry::{Enquiry, EnquiryId, HeldBecause, PersonShown, State, Step};
use crate::domain::key::EnquiryKey;
use crate::domain::matching::{self, Agreement};
use crate::domain::medical::{AnswerContent, EmergencySummary, InformationKind};
use crate::domain::period::Section;
use crate::domain::search::Wanted;
use crate::domain::{CalendarDate, SafeText};
use crate::log::{Act, Moment};
use crate::protocol::view::{PersonView, SummaryPage};
use crate::protocol::{RefusalCode, Reply};
use crate::station::acts::drafting::{caution, step};
use crate::station::cut;
use crate::station::desk::{Desk, Outcome, Stop, public_id};
use crate::station::records::Document;
use crate::station::reviews;
use crate::store::Table;

/// The returned person alone: name, kana, sex, birth date, key. No medical content passes here.
pub(crate) fn show_person(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    const ACT: &str = "show_person";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let (State::Answered { document, agreement } | State::Reading { document, agreement }) =
        enquiry.state.clone()
    else {
        return Err(desk.stop(
            ACT,
            RefusalCode::WrongState,
            "本人確認できる応答がありません。画面を更新してください",
        ));
    };
    let (_, summary) = summary(desk, ACT, &document)?;
    let case = desk.case(ACT, &enquiry.case)?;
    desk.log(Act::PersonShown { person: Box::new(cut::subject_of_answer(&summary.person)) })?;
    let session = public_id(&viewer.caller.session);
    enquiry.person_shown = Some(PersonShown { session, document: document.clone() });
    desk.save(&enquiry)?;
    Ok(Reply::Person(Box::new(PersonView { document, person: summary.person, agreement, case })))
}

/// The person present is, or is not, the one returned.
pub(crate) fn confirm_person(
    desk: &mut Desk<'_, '_>,
    id: &EnquiryId,
    document: &SafeText,
    same: bool,
) -> Outcome {
    const ACT: &str = "confirm_person";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let case = desk.case(ACT, &enquiry.case)?;
    let session = public_id(&viewer.caller.session);
    let shown = PersonShown { session, document: document.clone() };
    let is_current = matches!(&enquiry.state, State::Answered { document: of, .. } if of == document);
    if !is_current || enquiry.person_shown.as_ref() != Some(&shown) {
        let words = "この画面に表示した人の応答ではなくなりました。本人確認の画面を開き直してください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    }
    if !same {
        // An answer once judged to be somebody else's is not offered again.
        let held = enquiry.held.iter_mut().filter(|held| held.document.as_ref() == Some(document));
        held.for_each(|held| held.document = None);
    }
    step(desk, ACT, &mut enquiry, if same { Step::ConfirmPerson } else { Step::RejectPerson })?;
    let evidence = case.evidence.map_or_else(
        || SafeText::from("身元の根拠：未確認"),
        |e| SafeText::new(&format!("{}（{}）", e.kind.label(), e.by)),
    );
    let (_, summary) = summary(desk, ACT, document)?;
    if same {
        // From here on it is known who it is: the entry is found by name too, not by the key alone.
        desk.about_subject(cut::subject_of_answer(&summary.person));
    }
    desk.log(if same {
        Act::PersonConfirmed { against: evidence }
    } else {
        Act::PersonRejected { why: "目の前の患者と一致しない".into() }
    })?;
    desk.save_and_tell(&enquiry)?;
    reviews::judged(desk, &enquiry, &summary.person)?;
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}

/// A page of a section. Only of a document whose person was confirmed.
pub(crate) fn read(desk: &mut Desk<'_, '_>, id: &EnquiryId, section: Section, from: usize) -> Outcome {
    const ACT: &str = "read_summary";
    let viewer = desk.viewer(ACT)?;
    let enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let State::Reading { document, agreement } = &enquiry.state else {
        let words = "本人確認が済んでいないため表示できません。先に本人確認の画面で確認してください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    };
    let (document, summary) = summary(desk, ACT, document)?;
    let summary = summary.newest_first();
    let case = desk.case(ACT, &enquiry.case)?;
    desk.about_subject(cut::subject_of_answer(&summary.person));
    desk.log(Act::SummaryDisplayed {
        request: document.request.clone(),
        information: vec![InformationKind::EmergencySummary.label().into()],
        sections: vec![section.label().into()],
    })?;
    reviews::displayed(desk, &enquiry, &document, &[section.label()], viewer.factors)?;
    if from == 0 {
        caution(desk, Moment::WithResult)?;
    }
    let page = SummaryPage {
        counts: cut::counts(&summary),
        rows: cut::rows(&summary, section, from),
        person: summary.person,
        agreement: *agreement,
        case,
        created: summary.created,
        as_of: as_of(&document, summary.created),
        section,
        from,
        unknown: summary.unknown,
        late: document.late,
        retrieved: crate::clock::minute(document.retrieved_ms),
    };
    Ok(Reply::Summary(Box::new(page)))
}

/// How many rows of each section have a word: whoever filters one section must not take a drug for absent that stands
/// in another.
pub(crate) fn find(desk: &mut Desk<'_, '_>, id: &EnquiryId, text: &str) -> Outcome {
    const ACT: &str = "find_in_summary";
    let viewer = desk.viewer(ACT)?;
    let enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let State::Reading { document, .. } = &enquiry.state else {
        let words = "本人確認が済んでいないため表示できません。先に本人確認の画面で確認してください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    };
    let (document, summary) = summary(desk, ACT, document)?;
    let hits = Wanted::new(text).hits(&summary);
    let found = hits.iter().filter(|(_, count)| *count > 0);
    desk.about_subject(cut::subject_of_answer(&summary.person));
    desk.log(Act::SummarySearched {
        request: document.request.clone(),
        sections: found.map(|(section, _)| section.label().into()).collect(),
    })?;
    reviews::displayed(desk, &enquiry, &document, &[reviews::SEARCHED], viewer.factors)?;
    Ok(Reply::Found { text: SafeText::new(text), hits })
}

/// The day as of which a summary speaks: the earlier of its own date and the day it came.
fn as_of(document: &Document, created: Option<CalendarDate>) -> CalendarDate {
    let came = CalendarDate::from_civil(crate::clock::jst(document.retrieved_ms).date());
    created.map_or(came, |created| created.min(came))
}

/// Opens an answer that came late: the person is still to be confirmed.
pub(crate) fn open_late(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    const ACT: &str = "open_late";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let Some((document, agreement, key)) = late_document(desk, ACT, &enquiry)? else {
        return Err(desk.stop(ACT, RefusalCode::NotFound, "開くことのできる遅れた応答はありません"));
    };
    step(desk, ACT, &mut enquiry, Step::OpenLate { document, agreement })?;
    // Another key may have been typed since: from here on it is about the one that was asked with.
    enquiry.key = Some(key);
    desk.save_and_tell(&enquiry)?;
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}

/// The newest late answer that holds medical information about the right person, with the key it was asked with.
fn late_document(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    enquiry: &Enquiry,
) -> Result<Option<(SafeText, Agreement, EnquiryKey)>, Stop> {
    let late = enquiry.held.iter().rev().filter(|held| held.because == HeldBecause::Late);
    for held in late {
        let Some(document) = &held.document else { continue };
        let Some(past) = enquiry.requests.iter().find(|past| past.sent.request == held.request) else {
            continue;
        };
        let (_, summary) = summary(desk, act, document)?;
        let compared = matching::compare_person(&past.key, past.sent.chosen.as_deref(), &summary.person);
        if let Ok(agreement) = compared {
            return Ok(Some((document.clone(), agreement, past.key.clone())));
        }
    }
    Ok(None)
}

fn summary(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    key: &SafeText,
) -> Result<(Document, EmergencySummary), Stop> {
    let kept: Option<Document> = desk.get(Table::Documents, key.as_str())?;
    match kept {
        Some(document) => match document.content.clone() {
            Some(AnswerContent::Summary(summary)) => Ok((document, *summary)),
            _ => Err(desk.stop(act, RefusalCode::WrongState, "この応答は救急用サマリーではありません")),
        },
        None => Err(desk.stop(
            act,
            RefusalCode::NotFound,
            "取得した文書が保管庫にありません。システム管理者に連絡してください",
        )),
    }
}
