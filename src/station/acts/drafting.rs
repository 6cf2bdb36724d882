//! The form: opening an enquiry, keeping what was typed, checking the key (B2, B3, B6).

use crate::domain::case::CaseNumber;
use crate::domain::consent::ConsentDraft;
use crate::domain::enquiry::{Enquiry, EnquiryId, State, Step};
use crate::domain::key::{FieldError, KeyDraft};
use crate::domain::{IdentificationMethod, SafeText};
use crate::log::{Act, Moment};
use crate::protocol::view::Stage;
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::cut;
use crate::station::desk::{Caller, Desk, Outcome, Stop};
use crate::station::records::{DraftRecord, Holder};
use crate::station::shop::random_id;
use crate::store::Table;

/// A new enquiry of a case, with the form open.
pub(crate) fn open(desk: &mut Desk<'_, '_>, number: &CaseNumber) -> Outcome {
    const ACT: &str = "open_enquiry";
    let viewer = desk.viewer(ACT)?;
    let case = desk.case(ACT, number)?;
    let id = new_id(desk, ACT)?;
    let enquiry = Enquiry::open(id, case.number, viewer.caller.account.user, desk.now.utc_ms);
    desk.save(&enquiry)?;
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}

/// An enquiry as it stands. What that puts before the eyes (candidates, cautions) is on record first.
pub(crate) fn show(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    const ACT: &str = "show_enquiry";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    match &enquiry.state {
        State::Candidates { people } => {
            let candidates = people.iter().map(cut::subject_of_person).collect();
            desk.log(Act::CandidatesShown { candidates })?;
            caution(desk, Moment::Candidates)?;
        }
        State::NoMatch => caution(desk, Moment::NoMatch)?,
        State::TooMany => caution(desk, Moment::TooMany)?,
        _ => {}
    }
    if enquiry.held.iter().any(|held| !held.noticed) {
        enquiry.held.iter_mut().for_each(|held| held.noticed = true);
        desk.save(&enquiry)?;
    }
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}

/// The answer to a confirmed key once more, as long as it is confirmed; otherwise the enquiry as it stands.
pub(crate) fn show_confirmed(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    match show(desk, id)? {
        Reply::Enquiry(view) if view.key.is_some() && view.stage == Stage::Drafting => {
            Ok(Reply::KeyConfirmed(view))
        }
        other => Ok(other),
    }
}

/// Keeps what was typed. Nothing is checked: nothing typed is ever lost.
pub(crate) fn save(
    desk: &mut Desk<'_, '_>,
    id: &EnquiryId,
    key: &KeyDraft,
    consent: &ConsentDraft,
) -> Outcome {
    const ACT: &str = "save_draft";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let kept = desk.draft(&enquiry.id)?;
    // Confirmations are given anew each time; only words are kept.
    let consent = ConsentDraft { caution: false, necessity: false, ..consent.clone() };
    let mut record = DraftRecord { consent, ..kept };
    record.take(key.clone());
    desk.put(Table::Drafts, enquiry.id.as_str(), &record)?;
    // A form that says something else than the confirmed key takes the confirmation back.
    let confirmed = enquiry.key.is_some() && matches!(enquiry.state, State::Drafting { .. });
    if confirmed && key.check(desk.now.today()).ok() != enquiry.key {
        enquiry.key = None;
        desk.save(&enquiry)?;
    }
    Ok(Reply::Done)
}

/// Checks the whole key and puts it on record, with the value on file where it was corrected (B6).
pub(crate) fn confirm_key(desk: &mut Desk<'_, '_>, id: &EnquiryId, draft: &KeyDraft) -> Outcome {
    const ACT: &str = "confirm_key";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let mut record = desk.draft(&enquiry.id)?;
    record.take(draft.clone());
    desk.put(Table::Drafts, enquiry.id.as_str(), &record)?;
    if !matches!(enquiry.state, State::Drafting { .. }) {
        let words = "この照会はすでに送信されています。「条件再指定」で入力に戻ってください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    }
    method_is_on(desk, ACT, draft.method)?;
    if draft.method == IdentificationMethod::MyNumberCard && record.on_file.is_none() {
        let words =
            "マイナンバーカードの読取結果が選ばれていません。一覧から選ぶか、ほかの方式で照会してください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    }
    let today = desk.now.today();
    let key = draft.check(today).map_err(|wrong| refuse_fields(desk, ACT, &wrong))?;
    // A reading that was left for another tab is not what this key was before.
    let on_file = record.on_file.as_ref().filter(|filed| filed.method == draft.method);
    let on_file = on_file.filter(|filed| !filed.differing(draft).is_empty());
    let on_file = on_file.map(|filed| Box::new(cut::subject_of_draft(filed)));
    enquiry.key = Some(key.clone());
    desk.about(&enquiry)?;
    desk.log(Act::KeyConfirmed {
        method: cut::method(draft.method),
        on_file,
        sent: Box::new(cut::subject_of_key(&key)),
    })?;
    desk.save(&enquiry)?;
    caution(desk, Moment::BeforeRequest)?;
    Ok(Reply::KeyConfirmed(Box::new(cut::enquiry(desk, &enquiry)?)))
}

fn new_id(desk: &mut Desk<'_, '_>, act: &'static str) -> Result<EnquiryId, Stop> {
    let id = random_id().map_err(|e| desk.stop(act, RefusalCode::StoreFailed, e))?;
    EnquiryId::parse(&id).map_err(|e| desk.stop(act, RefusalCode::StoreFailed, e))
}

/// Back to the form, everything kept: of the same enquiry, or of a new one where information about somebody had come.
pub(crate) fn redraft(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    const ACT: &str = "redraft";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    if enquiry.state.is_about_somebody() {
        return anew(desk, ACT, enquiry);
    }
    step(desk, ACT, &mut enquiry, Step::Redraft)?;
    // Key and consent were for what was asked then; a new request needs both confirmed anew.
    enquiry.confirmation = None;
    enquiry.key = None;
    enquiry.person_shown = None;
    desk.log(Act::SearchRefined { next: None })?;
    desk.save(&enquiry)?;
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}

/// What was typed, in an enquiry of its own. The one before stays as it was judged, with what is owed for it; where
/// nobody judged it, it is given up.
fn anew(desk: &mut Desk<'_, '_>, act: &'static str, mut before: Enquiry) -> Outcome {
    let id = new_id(desk, act)?;
    desk.log(Act::SearchRefined { next: Some(id.as_str().into()) })?;
    if matches!(before.state, State::Answered { .. }) {
        step(desk, act, &mut before, Step::Close)?;
        desk.save(&before)?;
    }
    let next = Enquiry::open(id, before.case, before.owner, desk.now.utc_ms);
    let draft = desk.draft(&before.id)?;
    desk.put(Table::Drafts, next.id.as_str(), &draft)?;
    desk.save(&next)?;
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &next)?)))
}

/// Gives the enquiry up.
pub(crate) fn close(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    const ACT: &str = "close_enquiry";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    step(desk, ACT, &mut enquiry, Step::Close)?;
    desk.log(Act::EnquiryAbandoned {})?;
    desk.remove(Table::Drafts, enquiry.id.as_str())?;
    desk.save(&enquiry)?;
    Ok(Reply::Done)
}

/// Takes a step or refuses on record.
pub(crate) fn step(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    enquiry: &mut Enquiry,
    step: Step,
) -> Result<(), Stop> {
    enquiry.take(step).map_err(|illegal| desk.stop(act, RefusalCode::WrongState, illegal))
}

/// Refuses a method that this site has switched off.
pub(crate) fn method_is_on(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    method: IdentificationMethod,
) -> Result<(), Stop> {
    if desk.shop.config.methods.contains(&method) {
        return Ok(());
    }
    let words =
        format!("「{}」による照会はこの施設の設定で無効です。別の方式を選んでください", method.label());
    Err(desk.stop(act, RefusalCode::Unavailable, words))
}

/// A caution of T4.1.4-2 goes on record as shown.
pub(crate) fn caution(desk: &mut Desk<'_, '_>, moment: Moment) -> Result<(), Stop> {
    let caution = SafeText::new(&cut::caution(moment).join(" "));
    Ok(desk.log(Act::CautionShown { moment, caution })?)
}

fn refuse_fields(desk: &mut Desk<'_, '_>, act: &'static str, wrong: &[FieldError]) -> Stop {
    let fields = wrong.iter().map(|(f, e)| (f.label().into(), SafeText::new(&e.to_string()))).collect();
    let words = wrong.first().map(|(f, e)| format!("{}：{e}", f.label())).unwrap_or_default();
    desk.refuse(act, Refusal { fields, ..Refusal::new(RefusalCode::BadInput, words) })
}

/// The key of a face-reader result becomes the form, and stays as the value on file.
pub(crate) fn fill_from_source(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    caller: &Caller,
    id: &EnquiryId,
    key: &KeyDraft,
    holder: &Holder,
) -> Result<Enquiry, Stop> {
    let mut enquiry = desk.own_enquiry(act, caller, id)?;
    if !matches!(enquiry.state, State::Drafting { .. }) {
        return Err(desk.stop(act, RefusalCode::WrongState, "送信後は読み取り結果を選び直せません"));
    }
    let kept = desk.draft(&enquiry.id)?;
    // What was typed under 4情報 stays; the insurance key is the card's.
    let filled = KeyDraft {
        name: kept.key.name.clone(),
        sex: kept.key.sex,
        address: kept.key.address.clone(),
        insurer_name: kept.key.insurer_name.clone(),
        ..key.clone()
    };
    let mut record = DraftRecord { on_file: Some(key.clone()), reading: Some(holder.clone()), ..kept };
    record.take(filled);
    desk.put(Table::Drafts, enquiry.id.as_str(), &record)?;
    // The key confirmed before, if any, was another one.
    enquiry.key = None;
    desk.save(&enquiry)?;
    Ok(enquiry)
}
