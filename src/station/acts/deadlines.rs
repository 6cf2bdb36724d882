//! What the clock brings: unanswered requests, idle sessions, the heartbeat.

use super::sessions::Due;
use crate::config::Config;
use crate::domain::SafeText;
use crate::identity::{self, Phase, Session};
use crate::log::{Act, Link, Part};
use crate::protocol::Event;
use crate::station::answers;
use crate::station::desk::{Desk, Stop};
use crate::station::effect::Audience;
use crate::station::records::DoneBefore;
use crate::station::witness::Standing;
use crate::store::{ReadTx, StoreError, Table};

/// Minutes before the lock at which the screen begins to say so.
const WARN_MINUTES: u64 = 2;
const MINUTE_MS: u64 = 60_000;

/// Sessions for which something is due at this moment.
pub(crate) fn sessions(
    tx: &ReadTx,
    now: &identity::session::Now<'_>,
    config: &Config,
) -> Result<Vec<(SafeText, Due)>, StoreError> {
    let sessions: Vec<(String, Session)> = tx.scan_prefix(Table::Sessions, "")?;
    let locked_end_ms = config.locked_end_min * MINUTE_MS;
    Ok(sessions
        .into_iter()
        .filter_map(|(id, session)| {
            let deadline = session.idle_deadline();
            let due = match session.phase(now) {
                Phase::Ended => Due::End,
                Phase::Locked(_) if session.is_lock_noted() => {
                    (now.boot.0 >= deadline.0.saturating_add(locked_end_ms)).then_some(Due::End)?
                }
                Phase::Locked(_) => Due::Lock,
                Phase::Live => {
                    let left_ms = deadline.0.saturating_sub(now.boot.0);
                    // Once a minute is enough: the rounds are a second apart.
                    let minutes = left_ms.div_ceil(MINUTE_MS);
                    let just_now = left_ms % MINUTE_MS >= MINUTE_MS - 1_000 || left_ms % MINUTE_MS == 0;
                    let warn = minutes <= WARN_MINUTES && just_now;
                    Due::Warn(u8::try_from(minutes).ok().filter(|_| warn)?)
                }
            };
            Some((SafeText::new(&id), due))
        })
        .collect())
}

/// Nothing happened, and the station was there. `open` are the requests not yet given up.
pub(crate) fn heartbeat(desk: &mut Desk<'_, '_>, sessions: u32, open: &[SafeText]) -> Result<(), Stop> {
    let mut waiting = 0;
    for file in open {
        waiting += u32::from(answers::awaits(desk, file)?);
    }
    forget_old_answers(desk)?;
    Ok(desk.log(Act::Heartbeat { sessions, waiting })?)
}

/// The disk ran full, or there is space again: on record, and on every screen.
pub(crate) fn disk(desk: &mut Desk<'_, '_>, full: bool) -> Result<(), Stop> {
    let (state, words) = if full {
        let words =
            "ディスクの空きがないため、新しい照会や入力を記録できません。システム管理者に連絡してください";
        (Link::Dead, words)
    } else {
        (Link::Alive, "ディスクの空きが戻りました。操作を続けられます")
    };
    desk.log(Act::StationState { part: Part::Disk, state, detail: words.into() })?;
    desk.push(Audience::All, Event::Banner { words: words.into() });
    Ok(())
}

/// A witness came, went, or holds another history: on record, and the last on every screen.
pub(crate) fn witness(desk: &mut Desk<'_, '_>, standing: &Standing) -> Result<(), StoreError> {
    let detail = standing.trouble.clone().unwrap_or_default();
    if standing.conflict {
        desk.log(Act::Damage {
            what: detail, done: "控えは上書きせず、記録も変えていません".into()
        })?;
        let words = "操作ログが外部の控えと一致しません。システム管理者と監査担当に連絡してください";
        desk.push(Audience::All, Event::Banner { words: words.into() });
        return Ok(());
    }
    let state = if standing.trouble.is_some() { Link::Dead } else { Link::Alive };
    desk.log(Act::StationState { part: Part::Witness, state, detail })
}

/// Answers kept for repeated questions are of use for minutes only.
fn forget_old_answers(desk: &mut Desk<'_, '_>) -> Result<(), Stop> {
    const KEEP_MS: i64 = 10 * 60_000;
    let kept: Vec<(String, DoneBefore)> = desk.tx.scan_prefix(Table::Idempotency, "")?;
    for (key, done) in kept {
        if desk.now.utc_ms.saturating_sub(done.at_ms) > KEEP_MS {
            desk.remove(Table::Idempotency, &key)?;
        }
    }
    Ok(())
}
