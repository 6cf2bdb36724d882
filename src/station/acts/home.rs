//! The home screen: open cases, one's own enquiries, counts. No names of card results (B1).

use crate::clock;
use crate::domain::Permission;
use crate::domain::case::Case;
use crate::domain::enquiry::{Enquiry, HeldBecause, State};
use crate::domain::factor::TwoFactors;
use crate::protocol::Reply;
use crate::protocol::view::{CaseRow, EnquiryRow, HomeView};
use crate::station::cut;
use crate::station::desk::{Desk, Outcome};
use crate::store::Table;

/// The newest cases, the newest enquiries of each, and pieces of news that are shown.
const CASES: usize = 50;
const ENQUIRIES: usize = 20;
const NEWS: usize = 20;

/// Everything the home screen shows, but for the count of card results, which the folder knows.
pub(crate) fn show(desk: &mut Desk<'_, '_>) -> Outcome {
    let caller = desk.caller("home")?;
    // Cases are about patients: for those who may look, and have proved it with both factors.
    let may_see =
        caller.account.may(Permission::EmergencyView) && TwoFactors::of(caller.session.factors()).is_ok();
    let enquiries: Vec<(String, Enquiry)> = desk.tx.scan_prefix(Table::Enquiries, "")?;
    let mut own: Vec<Enquiry> = enquiries
        .into_iter()
        .map(|(_, enquiry)| enquiry)
        .filter(|e| e.owner == caller.account.user && !matches!(e.state, State::Closed))
        .collect();
    own.sort_by_key(|enquiry| std::cmp::Reverse(enquiry.opened_ms));
    let mut news: Vec<_> = super::tokens::news(desk, &caller.account)?.into_iter().collect();
    for enquiry in &own {
        news.extend(news_of(enquiry));
    }
    news.truncate(NEWS);
    own.retain(|_| may_see);
    let cases: Vec<(String, Case)> =
        if may_see { desk.tx.scan_prefix(Table::Cases, "")? } else { Vec::new() };
    let cases = cases
        .into_iter()
        .rev()
        .map(|(_, case)| {
            let enquiries = own.iter().filter(|e| e.case == case.number).take(ENQUIRIES).map(row).collect();
            CaseRow { case, enquiries }
        })
        .take(CASES)
        .collect::<Vec<_>>();
    let cases = cut::page(&cases, 0);
    let methods = desk.shop.config.methods.clone();
    Ok(Reply::Home(Box::new(HomeView { cases, face_results: None, methods, news })))
}

fn row(enquiry: &Enquiry) -> EnquiryRow {
    EnquiryRow {
        id: enquiry.id.clone(),
        state: enquiry.state.label().into(),
        method: enquiry.key.as_ref().map(crate::domain::EnquiryKey::method),
        opened: clock::hour_minute(enquiry.opened_ms),
        held: enquiry.held.iter().filter(|held| !held.noticed).count(),
    }
}

/// What happened while its owner was away, in words.
fn news_of(enquiry: &Enquiry) -> Vec<crate::domain::SafeText> {
    let mut news = Vec::new();
    let case = &enquiry.case;
    if matches!(enquiry.state, State::DeliveryUnknown(_)) {
        news.push(format!("{case}：送信できたか不明な照会があります。開いて再送信するか決めてください"));
    }
    for held in enquiry.held.iter().filter(|held| !held.noticed) {
        news.push(match held.because {
            HeldBecause::Late => format!("{case}：中止・時間切れの後に応答が届いています"),
            HeldBecause::Conflict => format!("{case}：内容の異なる2つ目の応答が届き、使わずに保管しました"),
            HeldBecause::Mismatch => format!("{case}：別人の可能性がある応答が届き、表示せずに保管しました"),
        });
    }
    news.iter().map(|words| words.as_str().into()).collect()
}
