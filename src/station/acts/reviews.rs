//! 事後確認 (E4): the queue, one item, its verdict, and 再確認. Only for 監査権限, with two factors where they are enrolled.

use crate::clock;
use crate::domain::enquiry::Enquiry;
use crate::domain::review::{CloseError, Item, ReviewId, Verdict, words};
use crate::domain::{Account, Permission, SafeText};
use crate::log::{self, Act};
use crate::protocol::reviews::{ReviewList, ReviewRow, ReviewView};
use crate::protocol::{Event, RefusalCode, Reply};
use crate::station::desk::{Caller, Desk, Outcome, Stop};
use crate::station::effect::Audience;
use crate::station::{cut, reviews};
use crate::store::Table;

/// Rows of a page.
const PAGE: usize = 60;

/// Open items, priority first, then oldest.
pub(crate) fn list(desk: &mut Desk<'_, '_>, overdue: bool, after: Option<&ReviewId>) -> Outcome {
    const ACT: &str = "list_reviews";
    desk.with_permission(ACT, Permission::Audit)?;
    let counts = reviews::counts(desk)?;
    let (open, late) = (counts.open as u64, counts.overdue as u64);
    desk.log(Act::ReviewListShown { open, overdue: late })?;
    let mut from = match after {
        Some(after) => Some(reviews::open_key(&item(desk, ACT, after)?)),
        None => None,
    };
    let (mut rows, mut more) = (Vec::new(), true);
    while more && rows.len() < PAGE {
        let keys: Vec<(String, ())> =
            desk.tx.after(Table::ReviewIndex, reviews::OPEN, from.as_deref(), PAGE)?;
        more = keys.len() == PAGE;
        for (key, ()) in keys {
            let number = key.rsplit('/').next().unwrap_or_default();
            let found: Option<Item> = desk.get(Table::Reviews, number)?;
            rows.extend(
                found.filter(Item::is_open).map(|item| row(desk, &item)).filter(|r| !overdue || r.overdue),
            );
            from = Some(key);
        }
    }
    let fitting = cut::page(rows.get(..PAGE.min(rows.len())).unwrap_or_default(), 0);
    let more = more || fitting.len() < rows.len();
    let (open, overdue, priority) = (counts.open, counts.overdue, counts.priority);
    Ok(Reply::Reviews(Box::new(ReviewList { rows: fitting, more, open, overdue, priority })))
}

/// One item in full.
pub(crate) fn show(desk: &mut Desk<'_, '_>, review: &ReviewId) -> Outcome {
    const ACT: &str = "show_review";
    let caller = desk.with_permission(ACT, Permission::Audit)?;
    let item = item(desk, ACT, review)?;
    about(desk, &item)?;
    desk.log(Act::ReviewShown { review: review.as_str().into() })?;
    Ok(Reply::Review(Box::new(view(desk, &item, Some(&caller.account)))))
}

/// The verdict. Nobody gives it on what he had a part in, and nobody changes one.
pub(crate) fn close(desk: &mut Desk<'_, '_>, review: &ReviewId, verdict: Verdict, typed: &str) -> Outcome {
    const ACT: &str = "close_review";
    let caller = desk.with_permission(ACT, Permission::Audit)?;
    let before = item(desk, ACT, review)?;
    about(desk, &before)?;
    let mut closed = before.clone();
    let at_ms = desk.now.utc_ms;
    closed.close(&caller.account, verdict, typed, at_ms).map_err(|why| {
        let code = match why {
            CloseError::Closed(_) => RefusalCode::WrongState,
            CloseError::HadAPart(_) => RefusalCode::NoPermission,
            CloseError::Words(_) => RefusalCode::BadInput,
        };
        desk.stop(ACT, code, why)
    })?;
    let words = closed.closing.as_ref().map(|closing| closing.words.clone()).unwrap_or_default();
    desk.log(Act::ReviewClosed {
        review: review.as_str().into(),
        about: closed.about.label().into(),
        verdict: match verdict {
            Verdict::Proper => log::ReviewVerdict::Proper,
            Verdict::ToClarify => log::ReviewVerdict::ToClarify,
            Verdict::Improper => log::ReviewVerdict::Improper,
        },
        words,
    })?;
    reviews::keep_over(desk, &before, &closed)?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(Reply::Review(Box::new(view(desk, &closed, Some(&caller.account)))))
}

/// 再確認: a new item that follows a closed one, which stays as it is.
pub(crate) fn again(desk: &mut Desk<'_, '_>, review: &ReviewId, typed: &str) -> Outcome {
    const ACT: &str = "review_again";
    let caller: Caller = desk.with_permission(ACT, Permission::Audit)?;
    let closed = item(desk, ACT, review)?;
    about(desk, &closed)?;
    let words = words(typed).map_err(|why| desk.stop(ACT, RefusalCode::BadInput, why))?;
    if let Some(waits) = same_but_open(desk, &closed)? {
        let words = format!("同じ内容の未了の事後確認（{waits}）があります。そちらを確認してください");
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    }
    // A number that is then not used would be a gap.
    if closed.is_open() {
        let why = crate::domain::review::StillOpen;
        return Err(desk.stop(ACT, RefusalCode::WrongState, why));
    }
    let id = reviews::next_id(desk)?;
    let next =
        closed.again(id, desk.now.utc_ms).map_err(|why| desk.stop(ACT, RefusalCode::WrongState, why))?;
    desk.log(Act::ReviewFollowed {
        review: next.id.as_str().into(),
        follows: review.as_str().into(),
        words,
    })?;
    reviews::followed(desk, &next)?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(Reply::Review(Box::new(view(desk, &next, Some(&caller.account)))))
}

/// An item that waits and is about the same enquiry in the same way: a second one would be looked at for nothing.
fn same_but_open(desk: &Desk<'_, '_>, closed: &Item) -> Result<Option<ReviewId>, Stop> {
    let Some(enquiry) = closed.about.enquiry().filter(|_| !closed.is_open()) else { return Ok(None) };
    let all = reviews::all_of(desk, enquiry)?;
    Ok(all.into_iter().find(|item| item.is_open() && item.about == closed.about).map(|item| item.id))
}

fn item(desk: &mut Desk<'_, '_>, act: &'static str, review: &ReviewId) -> Result<Item, Stop> {
    let found = reviews::get(desk, review)?;
    let words = "その番号の事後確認はありません。一覧で番号を確認してください";
    found.ok_or_else(|| desk.stop(act, RefusalCode::NotFound, words))
}

/// From here on the entries are about the enquiry of an item.
fn about(desk: &mut Desk<'_, '_>, item: &Item) -> Result<(), Stop> {
    if let Some(id) = item.about.enquiry()
        && let Some(enquiry) = desk.get::<Enquiry>(Table::Enquiries, id.as_str())?
    {
        desk.about_past(&enquiry);
    }
    Ok(())
}

fn day(ms: i64) -> SafeText {
    SafeText::new(&clock::jst(ms).date().to_string())
}

fn row(desk: &Desk<'_, '_>, item: &Item) -> ReviewRow {
    let days = desk.shop.config.review_due_days;
    let people: Vec<String> = item.parts.iter().map(|part| part.name.to_string()).collect();
    ReviewRow {
        review: item.id.clone(),
        about: item.about.label().into(),
        priority: item.priority.clone(),
        at: clock::minute(item.opened_ms),
        due: day(item.due_ms(days)),
        overdue: item.is_overdue(desk.now.utc_ms, days),
        people: SafeText::new(&people.join("・")),
        patient: item.facts.patient.clone(),
        consent: item.facts.consent.clone(),
        outcome: item.facts.outcome.clone(),
    }
}

fn view(desk: &Desk<'_, '_>, item: &Item, reviewer: Option<&Account>) -> ReviewView {
    let refused = reviewer
        .filter(|_| item.is_open())
        .and_then(|account| item.reviewable_by(account).err())
        .map(|why| SafeText::new(&why.to_string()));
    ReviewView { refused, ..view_at(item, desk.now.utc_ms, desk.shop.config.review_due_days) }
}

/// The same for nobody in particular.
pub(super) fn view_at(item: &Item, now_ms: i64, due_days: u64) -> ReviewView {
    ReviewView {
        item: item.clone(),
        at: clock::minute(item.opened_ms),
        displayed: item.facts.displayed_ms.map(clock::minute),
        due: day(item.due_ms(due_days)),
        overdue: item.is_overdue(now_ms, due_days),
        closed: item.closing.as_ref().map(|closing| clock::minute(closing.at_ms)),
        refused: None,
    }
}
