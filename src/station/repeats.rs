//! Refusals that come again and again are counted, so that nobody can fill the log, nor hide in it, by asking what is
//! refused.
//!
//! The first refusal of its kind on a line is an entry of its own. Those like it within a minute are counted in the
//! store, in the transaction that refuses them, so that a crash loses none; when the minute or the line is over, the
//! count becomes an entry. Whoever varies what he asks, or comes on ever new lines, has so many entries of his own a
//! minute ([`BUDGET`]); beyond that his refusals are counted by act.

use super::desk::{Desk, Origin, Stop};
use super::start::Station;
use super::transact::Need;
use crate::domain::SafeText;
use crate::log::{Act, Actor};
use crate::store::{ReadTx, StoreError, Table};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// So long refusals of one kind are counted before the count is an entry, in milliseconds.
const WINDOW_MS: u64 = 60_000;
/// Refusals of one source (a user of the host) that are entries of their own within that time.
pub(super) const BUDGET: u32 = 60;
/// The part of a key that stands for "any line of this source".
const ANY_LINE: &str = "any";

/// Refusals of one kind, counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Counted {
    act: SafeText,
    /// None where the reasons differ.
    reason: Option<SafeText>,
    /// What was typed was incomplete or wrong; no rule was tried.
    #[serde(default)]
    input: bool,
    times: u64,
    /// When the first came, on the boot-time clock.
    since_ms: u64,
    terminal: SafeText,
    session: Option<SafeText>,
    actor: Option<Actor>,
    enquiry: Option<SafeText>,
}

/// How many entries a source had within its minute.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Spent {
    since_ms: u64,
    entries: u32,
}

/// What is under one key: both kinds are swept alike.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Row {
    Counted(Box<Counted>),
    Spent(Spent),
}

impl Row {
    fn since_ms(&self) -> u64 {
        match self {
            Self::Counted(counted) => counted.since_ms,
            Self::Spent(spent) => spent.since_ms,
        }
    }
}

/// What the desk made of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// It is an entry.
    Written,
    /// It is one more of a kind.
    Counted,
}

/// Puts a refusal on record: as an entry, or counted with others of its kind.
pub(super) fn note(desk: &mut Desk<'_, '_>, origin: &Origin, act: Act) -> Result<Noted, StoreError> {
    let own = own_key(desk, origin, &act);
    // An unfinished form and a rule that was tried are never one count.
    let kind = if is_input(&act) { "/input" } else { "" };
    let any = format!("{}/{ANY_LINE}/{}{kind}", origin.source, gist(&act).0);
    for key in [&own, &any] {
        if let Some(Row::Counted(counted)) = desk.get(Table::Repeats, key)? {
            let more = Counted { times: counted.times.saturating_add(1), ..*counted };
            // A count for all lines is taken only once its source has no entry left.
            if *key == own || spent(desk, origin)?.entries >= BUDGET {
                desk.put(Table::Repeats, key, &Row::Counted(Box::new(more)))?;
                return Ok(Noted::Counted);
            }
        }
    }
    let before = spent(desk, origin)?;
    if before.entries >= BUDGET {
        let counted = counted(desk, origin, &act, true);
        desk.put(Table::Repeats, &any, &Row::Counted(Box::new(Counted { times: 1, ..counted })))?;
        return Ok(Noted::Counted);
    }
    let counted = counted(desk, origin, &act, false);
    desk.put(Table::Repeats, &own, &Row::Counted(Box::new(counted)))?;
    let after = Spent { entries: before.entries + 1, ..before };
    desk.put(Table::Repeats, &budget_key(origin), &Row::Spent(after))?;
    desk.log(act)?;
    Ok(Noted::Written)
}

fn spent(desk: &Desk<'_, '_>, origin: &Origin) -> Result<Spent, StoreError> {
    Ok(match desk.get(Table::Repeats, &budget_key(origin))? {
        Some(Row::Spent(spent)) => spent,
        _ => Spent { since_ms: desk.now.boot_ms, entries: 0 },
    })
}

fn counted(desk: &Desk<'_, '_>, origin: &Origin, act: &Act, various: bool) -> Counted {
    let (name, reason) = gist(act);
    Counted {
        act: name,
        reason: reason.filter(|_| !various),
        input: is_input(act),
        times: 0,
        since_ms: desk.now.boot_ms,
        terminal: if various { origin.source.clone() } else { origin.terminal.clone() },
        session: origin.session.clone().filter(|_| !various),
        actor: desk.account.as_ref().filter(|_| !various).map(super::desk::actor),
        enquiry: desk.enquiry_at_hand().filter(|_| !various),
    }
}

fn budget_key(origin: &Origin) -> String {
    format!("{}/spent", origin.source)
}

fn line_prefix(origin: &Origin) -> String {
    format!("{}/{}/", origin.source, origin.line)
}

/// One line, one session, one enquiry, one act with everything that it says.
fn own_key(desk: &Desk<'_, '_>, origin: &Origin, act: &Act) -> String {
    let said = serde_json::to_vec(act).unwrap_or_default();
    let circumstances = [origin.session.clone(), desk.enquiry_at_hand()];
    let mut hash = Sha256::new();
    for part in circumstances {
        hash.update(part.unwrap_or_default().as_str().as_bytes());
        hash.update([0]);
    }
    hash.update(said);
    format!("{}{}", line_prefix(origin), data_encoding::HEXLOWER.encode(&hash.finalize()))
}

/// The act that was refused, by its name in the log, and why.
fn gist(act: &Act) -> (SafeText, Option<SafeText>) {
    match act {
        Act::Refusal { act, reason, .. } => (act.clone(), Some(reason.clone())),
        Act::LoginPasswordFailed { typed_user, why, .. } => {
            ("login".into(), Some(SafeText::new(&format!("{typed_user}・{}", why.label()))))
        }
        Act::CardRefused { why, .. } => ("card_proof".into(), Some(why.clone())),
        Act::TokenRefused { why, .. } => ("one_time_proof".into(), Some(why.clone())),
        Act::CandidateChoiceRefused { why, .. } => ("choose".into(), Some(why.clone())),
        _ => ("refusal".into(), None),
    }
}

fn is_input(act: &Act) -> bool {
    matches!(act, Act::Refusal { input: true, .. })
}

/// The keys whose time has come.
fn due(tx: &ReadTx, now_ms: u64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String, Row)> = tx.scan_prefix(Table::Repeats, "")?;
    let old = rows.into_iter().filter(|(_, row)| row.since_ms().saturating_add(WINDOW_MS) <= now_ms);
    Ok(old.map(|(key, _)| key).collect())
}

/// Makes entries of counts: of all whose keys begin so.
pub(super) fn close_all(desk: &mut Desk<'_, '_>, prefix: &str) -> Result<(), Stop> {
    let rows: Vec<(String, Row)> = desk.tx.scan_prefix(Table::Repeats, prefix)?;
    for (key, row) in rows {
        close(desk, &key, row)?;
    }
    Ok(())
}

fn close(desk: &mut Desk<'_, '_>, key: &str, row: Row) -> Result<(), Stop> {
    desk.remove(Table::Repeats, key)?;
    let Row::Counted(counted) = row else { return Ok(()) };
    let Counted { act, reason, input, times, since_ms, terminal, session, actor, enquiry } = *counted;
    if times > 0 {
        let seconds = desk.now.boot_ms.saturating_sub(since_ms).div_ceil(1_000);
        let entry = Act::RefusalsCounted { act, reason, times, seconds, input };
        desk.log_counted(entry, terminal, session, actor, enquiry)?;
    }
    Ok(())
}

impl Station {
    /// Makes entries of the counts whose minute is over.
    pub(super) async fn look_at_repeats(&self) -> Result<(), StoreError> {
        let now_ms = self.shop.now().boot_ms;
        let due = self.store.read(|tx| due(tx, now_ms))?;
        if due.is_empty() {
            return Ok(());
        }
        let close_due = move |desk: &mut Desk<'_, '_>| {
            for key in &due {
                if let Some(row) = desk.get(Table::Repeats, key)? {
                    close(desk, key, row)?;
                }
            }
            Ok(())
        };
        self.own_act(Need::Essential, close_due).await.map(drop)
    }

    /// Makes entries of the counts of a line that ends, or whose session does.
    pub(super) async fn close_repeats_of(&self, origin: &Origin) {
        let prefix = line_prefix(origin);
        let rows = self.store.read(|tx| tx.scan_prefix::<Row>(Table::Repeats, &prefix));
        if matches!(&rows, Ok(none) if none.is_empty()) {
            return;
        }
        let closed = self.own_act(Need::Essential, move |desk| close_all(desk, &prefix)).await;
        if let Err(error) = closed {
            tracing::error!(%error, "refusals that were counted wait for the disk");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::acts::home;
    use super::super::test_site::TestSite;
    use super::*;

    #[tokio::test]
    async fn a_count_is_an_entry_when_its_minute_is_over_and_a_new_one_begins() {
        let site = TestSite::new().await;
        let stranger =
            Origin { line: 1, terminal: "uid7 pts/1".into(), source: "uid7".into(), session: None };
        let mark = site.entries().len();
        let ask = async |times: usize| {
            for _ in 0..times {
                site.station.line_act(&stranger, None, home::show).await.unwrap_err();
            }
        };
        ask(5).await;
        site.clock.advance(WINDOW_MS - 5_000);
        site.station.look_at_repeats().await.unwrap();
        ask(2).await;
        site.clock.advance(10_000);
        site.station.look_at_repeats().await.unwrap();
        ask(1).await;
        let told: Vec<(Option<u64>, SafeText)> = site
            .entries()
            .into_iter()
            .skip(mark)
            .map(|entry| match entry.act {
                Act::Refusal { .. } => (None, entry.terminal.unwrap()),
                Act::RefusalsCounted { times, .. } => (Some(times), entry.terminal.unwrap()),
                other => panic!("{other:?}"),
            })
            .collect();
        let at = SafeText::from("uid7 pts/1");
        assert_eq!(told, [(None, at.clone()), (Some(6), at.clone()), (None, at)]);
    }
}
