//! What the clock brings: unanswered requests, idle sessions, the heartbeat.

use super::sessions::Due;
use crate::config::Config;
use crate::domain::SafeText;
use crate::domain::enquiry::{Enquiry, State};
use crate::identity::{self, Phase, Session};
use crate::log::Act;
use crate::station::desk::{Desk, Stop};
use crate::store::{ReadTx, StoreError, Table};

/// Minutes before the lock at which the screen begins to say so.
const WARN_MINUTES: u64 = 2;
const MINUTE_MS: u64 = 60_000;

/// Request files of enquiries whose request was put on record before a moment (UTC milliseconds) and have no answer.
pub(crate) fn unanswered(tx: &ReadTx, before_ms: i64) -> Result<Vec<SafeText>, StoreError> {
    let enquiries: Vec<(String, Enquiry)> = tx.scan_prefix(Table::Enquiries, "")?;
    Ok(enquiries
        .into_iter()
        .filter_map(|(_, enquiry)| match enquiry.state {
            State::Sent(sent) if sent.at_ms < before_ms => Some(sent.file_name),
            _ => None,
        })
        .collect())
}

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

/// Nothing happened, and the station was there.
pub(crate) fn heartbeat(desk: &mut Desk<'_, '_>, sessions: u32) -> Result<(), Stop> {
    let enquiries: Vec<(String, Enquiry)> = desk.tx.scan_prefix(Table::Enquiries, "")?;
    let waiting = enquiries.iter().filter(|(_, enquiry)| enquiry.state.awaiting().is_some()).count();
    let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
    forget_old_answers(desk)?;
    Ok(desk.log(Act::Heartbeat { sessions, waiting })?)
}

/// Answers kept for repeated questions are of use for minutes only.
fn forget_old_answers(desk: &mut Desk<'_, '_>) -> Result<(), Stop> {
    const KEEP_MS: i64 = 10 * 60_000;
    let kept: Vec<(String, super::super::records::DoneBefore)> =
        desk.tx.scan_prefix(Table::Idempotency, "")?;
    for (key, done) in kept {
        if desk.now.utc_ms.saturating_sub(done.at_ms) > KEEP_MS {
            desk.remove(Table::Idempotency, &key)?;
        }
    }
    Ok(())
}
