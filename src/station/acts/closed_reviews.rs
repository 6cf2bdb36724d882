//! Closed items of 事後確認, newest first: what was judged, by whom, in which words. Only for 監査権限.
//!
//! A month is that of the access, as in the report of a month: the index has the items under it. Without one, the items
//! themselves are gone through from the last number back. Open ones lie between; a page looks at so many and no more.

use crate::clock;
use crate::domain::review::{Item, ReviewId};
use crate::domain::{Month, Permission, SafeText};
use crate::log::Act;
use crate::protocol::Reply;
use crate::protocol::reviews::{ClosedList, ClosedRow};
use crate::station::cut;
use crate::station::desk::{Desk, Outcome};
use crate::station::reviews;
use crate::store::{StoreError, Table};

/// Rows of a page.
const PAGE: usize = 60;
/// Items that are looked at for it.
const LOOKED_AT: usize = 300;

/// A page of them.
pub(crate) fn list(desk: &mut Desk<'_, '_>, month: Option<Month>, before: Option<&ReviewId>) -> Outcome {
    desk.with_permission("list_closed_reviews", Permission::Audit)?;
    let words = month.map(|month| month.first_day().civil().strftime("%Y-%m").to_string());
    desk.log(Act::ClosedReviewsShown { month: words.map(|words| SafeText::new(&words)) })?;
    let (items, mut next) = items(desk, month, before)?;
    let mut rows: Vec<ClosedRow> = Vec::new();
    for row in items.iter().filter_map(row) {
        if rows.len() == PAGE {
            next = rows.last().map(|row| row.review.clone());
            break;
        }
        rows.push(row);
    }
    let fitting = cut::page(&rows, 0);
    if fitting.len() < rows.len() {
        next = fitting.last().map(|row| row.review.clone());
    }
    Ok(Reply::ClosedReviews(Box::new(ClosedList { rows: fitting, next })))
}

/// Items from the newest back, open ones too; and where to go on, if there may be more.
fn items(
    desk: &Desk<'_, '_>,
    month: Option<Month>,
    before: Option<&ReviewId>,
) -> Result<(Vec<Item>, Option<ReviewId>), StoreError> {
    let number = |key: &str| key.rsplit('/').next().unwrap_or_default().to_owned();
    let goes_on = |looked_at: usize, last: Option<&String>| {
        last.filter(|_| looked_at == LOOKED_AT).and_then(|key| ReviewId::parse(&number(key)).ok())
    };
    let Some(month) = month else {
        let found: Vec<(String, Item)> =
            desk.tx.last(Table::Reviews, before.map(ReviewId::as_str), LOOKED_AT)?;
        let next = goes_on(found.len(), found.last().map(|(key, _)| key));
        return Ok((found.into_iter().map(|(_, item)| item).collect(), next));
    };
    let prefix = reviews::month_prefix(&month.compact());
    let before = before.map(|id| format!("{prefix}{id}"));
    let found: Vec<(String, ())> =
        desk.tx.last_of(Table::ReviewIndex, &prefix, before.as_deref(), LOOKED_AT)?;
    let mut items = Vec::new();
    for (key, ()) in &found {
        items.extend(desk.get::<Item>(Table::Reviews, &number(key))?);
    }
    Ok((items, goes_on(found.len(), found.last().map(|(key, ())| key))))
}

/// Its row, if it is closed.
fn row(item: &Item) -> Option<ClosedRow> {
    let closing = item.closing.as_ref()?;
    let people: Vec<String> = item.parts.iter().map(|part| part.name.to_string()).collect();
    Some(ClosedRow {
        review: item.id.clone(),
        about: item.about.label().into(),
        priority: item.priority.clone(),
        at: clock::minute(item.opened_ms),
        people: SafeText::new(&people.join("・")),
        patient: item.facts.patient.clone(),
        follows: item.follows.clone(),
        verdict: closing.verdict,
        by: closing.by.clone(),
        name: closing.name.clone(),
        words: closing.words.clone(),
        closed: clock::minute(closing.at_ms),
    })
}
