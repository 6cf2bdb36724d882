//! The home screen: the newest cases, one's own enquiries of them, counts. No names of card results (B1).

use super::notices;
use crate::domain::Permission;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::factor::TwoFactors;
use crate::protocol::view::{CaseRow, HomeView};
use crate::protocol::{RefusalCode, Reply};
use crate::station::desk::{Caller, Desk, Outcome};
use crate::station::{cut, reviews, shelf};
use crate::store::{StoreError, Table};

/// The newest cases, the newest enquiries of each, and pieces of news that are shown.
const CASES: usize = 50;
const ENQUIRIES: usize = 20;
const NEWS: usize = 20;

/// Everything the home screen shows, but for the count of card results, which the folder knows.
pub(crate) fn show(desk: &mut Desk<'_, '_>) -> Outcome {
    let caller = desk.caller("home")?;
    // The cards first: what is wrong with them ends the work.
    let cards_enrolled = desk.credential(&caller.account.user)?.map(|c| c.cards.clone()).unwrap_or_default();
    let mut news = notices::of(desk, &caller.session, &cards_enrolled);
    news.extend(super::damage::news(desk, &caller.account)?);
    news.extend(super::tokens::news(desk, &caller.account)?);
    news.extend(reviews::news(desk, &caller.account)?);
    news.extend(super::shipping::news(desk, &caller.account));
    news.extend(desk.shop.discipline.news(&caller.account));
    news.extend(shelf::news_of(desk, &caller.account.user, NEWS)?);
    news.truncate(NEWS);
    let (cases, more) = if may_see(&caller) { cases(desk, &caller, None)? } else { (Vec::new(), false) };
    let methods = desk.shop.config.methods.clone();
    Ok(Reply::Home(Box::new(HomeView { cases, more, face_results: None, methods, news })))
}

/// The cases before the last one shown.
pub(crate) fn older(desk: &mut Desk<'_, '_>, before: &CaseNumber) -> Outcome {
    const ACT: &str = "older_cases";
    let caller = desk.caller(ACT)?;
    if !may_see(&caller) {
        let words = "二要素認証と救急時閲覧権限がそろっていないため、症例は表示できません";
        return Err(desk.stop(ACT, RefusalCode::NoPermission, words));
    }
    let (cases, more) = cases(desk, &caller, Some(before))?;
    Ok(Reply::OlderCases { cases, more })
}

/// Cases are about patients: for those who may look, and have proved it with both factors.
fn may_see(caller: &Caller) -> bool {
    caller.account.may(Permission::EmergencyView) && TwoFactors::of(caller.session.factors()).is_ok()
}

/// A page of cases, newest first, and whether there are more.
fn cases(
    desk: &Desk<'_, '_>,
    caller: &Caller,
    before: Option<&CaseNumber>,
) -> Result<(Vec<CaseRow>, bool), StoreError> {
    let found: Vec<(String, Case)> =
        desk.tx.last(Table::Cases, before.map(CaseNumber::as_str), CASES.saturating_add(1))?;
    let mut rows = Vec::new();
    for (_, case) in found.iter().take(CASES) {
        let enquiries = shelf::of_case(desk, &caller.account.user, &case.number, ENQUIRIES)?;
        rows.push(CaseRow { case: case.clone(), enquiries });
    }
    let page = cut::page(&rows, 0);
    let more = page.len() < found.len();
    Ok((page, more))
}

#[cfg(test)]
#[path = "home_tests.rs"]
mod tests;
