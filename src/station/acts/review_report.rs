//! The report of a month: every item that was opened in it, and what rules refused. Read beside the writers, a page at a
//! time: it takes as much memory as a page, however long the month was.

use super::reviews::view_at;
use crate::clock;
use crate::domain::review::{Item, ReviewId};
use crate::domain::{Month, Permission, SafeText};
use crate::log::{self, Act};
use crate::protocol::reviews::{ReportPage, ReviewView};
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::cut;
use crate::station::desk::{Desk, Origin, Stop};
use crate::station::reviews::month_prefix;
use crate::station::start::Station;
use crate::station::transact::store_failed;
use crate::store::{ReadTx, StoreError, Table};
use std::collections::BTreeMap;

/// Items of a page.
const PAGE: usize = 50;
/// Entries of the log that are held at once while refusals are counted.
const ENTRIES: usize = 200;

/// The door. Every page is an export, and on record.
fn may_report(desk: &mut Desk<'_, '_>, month: Month, csv: bool) -> Result<(), Stop> {
    desk.with_permission("review_report", Permission::Audit)?;
    let format = if csv { "csv" } else { "text" };
    let month = month.first_day().civil().strftime("%Y-%m").to_string();
    Ok(desk.log(Act::ReviewReported { month: SafeText::new(&month), format: format.into() })?)
}

impl Station {
    /// A page of the report.
    pub(in crate::station) async fn review_report(
        &self,
        origin: &Origin,
        month: Month,
        csv: bool,
        after: Option<ReviewId>,
    ) -> Result<Reply, Refusal> {
        self.line_value(origin, move |desk| may_report(desk, month, csv)).await?;
        let (now_ms, days) = (self.shop.now().utc_ms, self.shop.config.review_due_days);
        let read = self.look(move |store| {
            store.read(|tx| {
                let (items, more) = page(tx, month, after.as_ref(), now_ms, days)?;
                let refusals = if after.is_none() { refusals(tx, month)? } else { Refused::default() };
                Ok::<_, StoreError>((items, more, refusals))
            })
        });
        let Some(read) = read.await else {
            let words = "報告の作成が中断されました。もう一度実行してください";
            return Err(Refusal::new(RefusalCode::Unavailable, words));
        };
        let (items, more, refusals) = read.map_err(|error| store_failed(&error))?;
        let training = if self.shop.training { "【訓練】" } else { "" };
        Ok(Reply::Report(Box::new(ReportPage {
            items,
            more,
            facility: SafeText::new(&format!("{training}{}", self.shop.config.facility)),
            made: clock::minute(now_ms),
            refusals: refusals.by_rules.into_iter().collect(),
            inputs: refusals.inputs.into_iter().collect(),
        })))
    }
}

fn page(
    tx: &ReadTx,
    month: Month,
    after: Option<&ReviewId>,
    now_ms: i64,
    days: u64,
) -> Result<(Vec<ReviewView>, bool), StoreError> {
    let prefix = month_prefix(&month.compact());
    let after = after.map(|id| format!("{prefix}{id}"));
    let keys: Vec<(String, ())> =
        tx.after(Table::ReviewIndex, &prefix, after.as_deref(), PAGE.saturating_add(1))?;
    let mut items = Vec::new();
    for (key, ()) in keys.iter().take(PAGE) {
        let number = key.rsplit('/').next().unwrap_or_default();
        let item: Option<Item> = tx.get(Table::Reviews, number)?;
        items.extend(item.map(|item| view_at(&item, now_ms, days)));
    }
    let fitting = cut::page(&items, 0);
    let more = keys.len() > PAGE || fitting.len() < items.len();
    Ok((fitting, more))
}

/// What was refused in a month, by act.
#[derive(Default)]
struct Refused {
    /// By a rule.
    by_rules: BTreeMap<SafeText, u64>,
    /// Because what was typed was incomplete or wrong: no attempt at anything that a rule forbids.
    inputs: BTreeMap<SafeText, u64>,
}

/// Counts it. From the end of the log back to the month's first moment.
fn refusals(tx: &ReadTx, month: Month) -> Result<Refused, StoreError> {
    let (from, to) = (clock::month_start(month), clock::month_start(month.next()));
    let (mut counts, mut before) = (Refused::default(), None);
    loop {
        // A clock that was set back for a moment does not end the search: a whole stretch before the month does.
        let mut past = true;
        let wanted = |entry: &log::Entry| {
            past &= entry.at.utc_ms < from;
            matches!(entry.act, Act::Refusal { .. } | Act::RefusalsCounted { .. })
        };
        let found = tx.log_page(before, ENTRIES, wanted)?;
        for entry in found.entries.iter().filter(|e| (from..to).contains(&e.at.utc_ms)) {
            let (act, times, input) = match &entry.act {
                Act::Refusal { act, input, .. } => (act, 1, *input),
                Act::RefusalsCounted { act, times, input, .. } => (act, *times, *input),
                _ => continue,
            };
            let of = if input { &mut counts.inputs } else { &mut counts.by_rules };
            let count: &mut u64 = of.entry(SafeText::new(log::act_label(act.as_str()))).or_default();
            *count = count.saturating_add(times);
        }
        before = found.next;
        if past || before.is_none() {
            return Ok(counts);
        }
    }
}
