//! What the home screen shows of enquiries, in small rows of their own: so that it costs what it shows, and not what
//! was ever asked in this house.
//!
//! A row is kept with its enquiry, in the same transaction ([`keep`] is called by the only place that keeps one).
//! Rows stand by owner and case, newest first; news stand by owner, only where there are any.

use super::desk::{Desk, Stop};
use crate::clock;
use crate::domain::case::CaseNumber;
use crate::domain::enquiry::{Enquiry, HeldBecause, State};
use crate::domain::{SafeText, UserId};
use crate::protocol::view::EnquiryRow;
use crate::store::{StoreError, Table};

/// Counts up when what a row says changes: then all are made anew at the next start.
const VERSION: u32 = 1;
const VERSION_KEY: &str = "shelf";

/// Keeps the row and the news of an enquiry, or takes them away.
pub(super) fn keep(desk: &mut Desk<'_, '_>, enquiry: &Enquiry) -> Result<(), StoreError> {
    let (row_key, news_key) = (row_key(enquiry), news_key(enquiry));
    if matches!(enquiry.state, State::Closed) {
        desk.remove(Table::Shelf, &row_key)?;
        return desk.remove(Table::Shelf, &news_key);
    }
    desk.put(Table::Shelf, &row_key, &row(enquiry))?;
    match news(enquiry) {
        none if none.is_empty() => desk.remove(Table::Shelf, &news_key),
        news => desk.put(Table::Shelf, &news_key, &news),
    }
}

/// One's own enquiries of a case, newest first.
pub(super) fn of_case(
    desk: &Desk<'_, '_>,
    owner: &UserId,
    case: &CaseNumber,
    most: usize,
) -> Result<Vec<EnquiryRow>, StoreError> {
    let rows = desk.tx.first(Table::Shelf, &format!("case/{owner}/{case}/"), most)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// What happened to one's own enquiries.
pub(super) fn news_of(desk: &Desk<'_, '_>, owner: &UserId, most: usize) -> Result<Vec<SafeText>, StoreError> {
    let news: Vec<(String, Vec<SafeText>)> = desk.tx.first(Table::Shelf, &format!("news/{owner}/"), most)?;
    Ok(news.into_iter().flat_map(|(_, words)| words).take(most).collect())
}

/// Makes all rows anew for a store that has none yet, or older ones.
pub(super) fn make_anew(desk: &mut Desk<'_, '_>, all: &[(String, Enquiry)]) -> Result<(), Stop> {
    let made: Option<u32> = desk.get(Table::Settings, VERSION_KEY)?;
    if made == Some(VERSION) {
        return Ok(());
    }
    for (_, enquiry) in all {
        keep(desk, enquiry)?;
    }
    Ok(desk.put(Table::Settings, VERSION_KEY, &VERSION)?)
}

fn row_key(enquiry: &Enquiry) -> String {
    // Larger numbers first, in an order that only goes up.
    let newest_first = i64::MAX.saturating_sub(enquiry.opened_ms.max(0));
    format!("case/{}/{}/{newest_first:020}/{}", enquiry.owner, enquiry.case, enquiry.id)
}

fn news_key(enquiry: &Enquiry) -> String {
    let newest_first = i64::MAX.saturating_sub(enquiry.opened_ms.max(0));
    format!("news/{}/{newest_first:020}/{}", enquiry.owner, enquiry.id)
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
fn news(enquiry: &Enquiry) -> Vec<SafeText> {
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
