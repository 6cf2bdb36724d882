//! 事後説明 (D8): the slip for the patient, the queue of explanations, objections.
//!
//! For whoever looked, with two factors, about his own enquiries; for 監査 and 施設管理者 about all.

use crate::clock;
use crate::domain::enquiry::{Enquiry, EnquiryId};
use crate::domain::explanation::{ExplainedTo, Explanation};
use crate::domain::factor::TwoFactors;
use crate::domain::{Account, Permission, UserId};
use crate::log::Act;
use crate::protocol::reviews::{ExplanationList, ExplanationRow, GivenRow};
use crate::protocol::{Event, RefusalCode, Reply};
use crate::station::desk::{Caller, Desk, Outcome, Stop};
use crate::station::effect::Audience;
use crate::station::{reviews, slip};
use crate::store::Table;

/// Rows of a page.
const PAGE: usize = 100;

/// Explanations that are due, oldest first, or those that were given, newest first.
pub(crate) fn list(desk: &mut Desk<'_, '_>, given: bool, after: Option<&EnquiryId>) -> Outcome {
    const ACT: &str = "list_explanations";
    let caller = desk.caller(ACT)?;
    let own = door(desk, ACT, &caller)?;
    desk.log(Act::ExplanationListShown {})?;
    let prefix = match (&own, given) {
        (Some(user), _) => reviews::of_owner(given, user),
        (None, true) => reviews::TOLD.to_owned(),
        (None, false) => reviews::EXPLAIN.to_owned(),
    };
    let after =
        match after {
            Some(id) => {
                let kept: Option<Explanation> = desk.get(Table::Explanations, id.as_str())?;
                let keys = kept.and_then(|kept| {
                    if given { reviews::told_keys(&kept) } else { Some(reviews::due_keys(&kept)) }
                });
                keys.map(|[all, of_owner]| if own.is_some() { of_owner } else { all })
            }
            None => None,
        };
    // A place in somebody else's queue is no place in this one.
    let after = after.filter(|key| key.starts_with(&prefix));
    let wanted = PAGE.saturating_add(1);
    let keys: Vec<(String, EnquiryId)> = if given {
        desk.tx.last_of(Table::ReviewIndex, &prefix, after.as_deref(), wanted)?
    } else {
        desk.tx.after(Table::ReviewIndex, &prefix, after.as_deref(), wanted)?
    };
    let more = keys.len() > PAGE;
    let mut rows = Vec::new();
    for (_, id) in keys.into_iter().take(PAGE) {
        let Some(kept) = desk.get::<Explanation>(Table::Explanations, id.as_str())? else { continue };
        let owner: Option<Account> = desk.get(Table::Accounts, kept.owner.as_str())?;
        let told = kept.given.first().map(|given| GivenRow { at: clock::minute(given.at_ms), to: given.to });
        rows.push(ExplanationRow {
            enquiry: kept.enquiry.clone(),
            case: kept.case.clone(),
            patient: kept.patient.clone(),
            viewer: owner.map_or_else(|| kept.owner.as_str().into(), |a| a.name.as_str().into()),
            since: clock::minute(kept.since_ms),
            objections: kept.objections.len(),
            given: told,
        });
    }
    Ok(Reply::Explanations(Box::new(ExplanationList { given, rows, more })))
}

/// The slip, ready to be printed.
pub(crate) fn show_slip(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    const ACT: &str = "show_slip";
    let (_, enquiry) = of(desk, ACT, id)?;
    desk.log(Act::ExplanationSlipShown {})?;
    let kept = explanation(desk, &enquiry)?;
    Ok(Reply::Slip(Box::new(slip::of(desk, &enquiry, &kept)?)))
}

/// It was explained.
pub(crate) fn give(
    desk: &mut Desk<'_, '_>,
    id: &EnquiryId,
    to: ExplainedTo,
    by: &str,
    words: &str,
) -> Outcome {
    const ACT: &str = "give_explanation";
    let (caller, enquiry) = of(desk, ACT, id)?;
    let mut kept = explanation(desk, &enquiry)?;
    let at_ms = desk.now.utc_ms;
    let given = kept.give(to, by, words, &caller.account.user, at_ms).cloned();
    let given = given.map_err(|why| desk.stop(ACT, RefusalCode::BadInput, why))?;
    desk.log(Act::ExplanationGiven { to: to.label().into(), by: given.by, words: given.words })?;
    reviews::keep_explanation(desk, &kept)?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(Reply::Done)
}

/// The patient or the family objects: on record, and a review is opened that is looked at first.
pub(crate) fn object(desk: &mut Desk<'_, '_>, id: &EnquiryId, words: &str) -> Outcome {
    const ACT: &str = "raise_objection";
    let (caller, enquiry) = of(desk, ACT, id)?;
    let mut kept = explanation(desk, &enquiry)?;
    let at_ms = desk.now.utc_ms;
    let words = kept.object(words, &caller.account.user, at_ms);
    let words = words.map_err(|why| desk.stop(ACT, RefusalCode::BadInput, why))?;
    let review = reviews::objection(desk, &enquiry, &words)?;
    desk.log(Act::ObjectionRaised { review: review.as_str().into(), words, priority_review: true })?;
    reviews::keep_explanation(desk, &kept)?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(Reply::Objected { review })
}

/// Whose enquiries may be explained, if not everybody's.
fn door(desk: &mut Desk<'_, '_>, act: &'static str, caller: &Caller) -> Result<Option<UserId>, Stop> {
    let account = &caller.account;
    if account.may(Permission::Audit) || account.may(Permission::Administer) {
        desk.card_where_enrolled(act, caller)?;
        return Ok(None);
    }
    if !account.may(Permission::EmergencyView) {
        let words = "事後説明の記録には、救急時閲覧権限・監査権限・施設管理者権限のいずれかが必要です。施設管理者に相談してください";
        return Err(desk.stop(act, RefusalCode::NoPermission, words));
    }
    match TwoFactors::of(caller.session.factors()) {
        Ok(_) => Ok(Some(account.user.clone())),
        Err(missing) => Err(desk.stop(act, RefusalCode::OneFactor, missing)),
    }
}

/// The enquiry that is explained. Another's is answered as if it were not there.
fn of(desk: &mut Desk<'_, '_>, act: &'static str, id: &EnquiryId) -> Result<(Caller, Enquiry), Stop> {
    let caller = desk.caller(act)?;
    let own = door(desk, act, &caller)?;
    let found: Option<Enquiry> = desk.get(Table::Enquiries, id.as_str())?;
    let Some(enquiry) = found.filter(|enquiry| own.as_ref().is_none_or(|user| enquiry.owner == *user)) else {
        let words = "その照会は見つかりません。事後説明の一覧から選び直してください";
        return Err(desk.stop(act, RefusalCode::NotFound, words));
    };
    desk.about_past(&enquiry);
    if enquiry.requests.is_empty() {
        let words = "この照会では照会要求を送っていないため、説明の対象ではありません";
        return Err(desk.stop(act, RefusalCode::WrongState, words));
    }
    Ok((caller, enquiry))
}

fn explanation(desk: &Desk<'_, '_>, enquiry: &Enquiry) -> Result<Explanation, Stop> {
    let kept: Option<Explanation> = desk.get(Table::Explanations, enquiry.id.as_str())?;
    Ok(kept.unwrap_or_else(|| Explanation {
        enquiry: enquiry.id.clone(),
        case: enquiry.case.clone(),
        owner: enquiry.owner.clone(),
        patient: reviews::patient(enquiry),
        since_ms: desk.now.utc_ms,
        arrived: false,
        given: Vec::new(),
        objections: Vec::new(),
    }))
}
