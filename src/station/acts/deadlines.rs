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

/// Nobody keeps the host's clock right, or somebody does again: on record, and for the administrator's home screen.
pub(crate) fn clock(desk: &mut Desk<'_, '_>, kept: bool) -> Result<(), Stop> {
    let (state, detail) = if kept {
        (Link::Alive, SafeText::default())
    } else {
        (Link::Dead, "時刻サーバーと同期していません".into())
    };
    desk.log(Act::StationState { part: Part::Clock, state, detail })?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(())
}

/// A witness came, went, or holds another history: on record, and the last on every screen.
pub(crate) fn witness(desk: &mut Desk<'_, '_>, standing: &Standing) -> Result<(), StoreError> {
    let detail = standing.trouble.clone().unwrap_or_default();
    if standing.conflict.is_some() {
        desk.log(Act::Damage {
            what: detail,
            done: "控えは上書きせず、記録も変えずに停止し、次の起動で新しい操作ログに切り替えます".into(),
        })?;
        let words = "操作ログが外部の控えと一致しないため、新しい操作ログに切り替えます。管理者と監査担当に連絡してください";
        desk.push(Audience::All, Event::Banner { words: words.into() });
        return Ok(());
    }
    let state = if standing.trouble.is_some() { Link::Dead } else { Link::Alive };
    desk.log(Act::StationState { part: Part::Witness, state, detail })
}

/// Answers kept for repeated questions are of use for minutes only. Looked for beside the writers: after a flood there
/// are many.
pub(crate) fn old_answers(tx: &ReadTx, boot_ms: u64) -> Result<Vec<String>, StoreError> {
    const KEEP_MS: u64 = 10 * 60_000;
    let kept: Vec<(String, DoneBefore)> = tx.scan_prefix(Table::Idempotency, "")?;
    let old = kept.into_iter().filter(|(_, done)| done.is_older_than(KEEP_MS, boot_ms));
    Ok(old.map(|(key, _)| key).collect())
}

/// Takes some of them away.
pub(crate) fn forget_answers(desk: &mut Desk<'_, '_>, keys: &[String]) -> Result<(), Stop> {
    keys.iter().try_for_each(|key| Ok(desk.remove(Table::Idempotency, key)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::CaseDraft;
    use crate::protocol::IdempotencyKey;
    use crate::station::acts::cases;
    use crate::station::records::Done;
    use crate::station::test_site::TestSite;

    #[tokio::test]
    async fn answers_are_remembered_for_minutes_and_no_longer() {
        let site = TestSite::new().await;
        let sato = site.session();
        let draft = CaseDraft { bed: "初療室1".into(), ..CaseDraft::default() };
        for number in 0..3_u8 {
            let (key, draft) = (IdempotencyKey::from_bits([number; 16]), draft.clone());
            site.station.line_act(&sato, Some(&key), move |desk| cases::open(desk, &draft)).await.unwrap();
            site.clock.advance(4 * 60_000);
        }
        let kept = || {
            let kept: Result<Vec<(String, DoneBefore)>, StoreError> =
                site.station.store.read(|tx| tx.scan_prefix(Table::Idempotency, ""));
            kept.unwrap().len()
        };
        assert_eq!(kept(), 3);
        // A wall clock that is set right by an hour, or by years, makes nothing older.
        for step in [3_600_000, -7_200_000, 10 * 365 * 86_400_000] {
            site.clock.step(step);
            site.station.heartbeat().await.unwrap();
            assert_eq!(kept(), 2, "those of the last ten minutes: {step}");
        }
        site.clock.advance(4 * 60_000);
        site.station.heartbeat().await.unwrap();
        assert_eq!(kept(), 1);
    }

    #[test]
    fn an_answer_of_another_boot_is_kept_at_least_as_long() {
        // When it was given, the moment now, and whether it is more than ten minutes old.
        let table = [
            (5_000_000, 5_600_000, false),
            (5_000_000, 5_600_001, true),
            // The host was started anew since.
            (5_000_000, 1_000, false),
            (5_000_000, 600_000, false),
            (5_000_000, 600_001, true),
        ];
        for (boot_ms, now, old) in table {
            let done = DoneBefore { done: Done::Nothing, boot_ms };
            assert_eq!(done.is_older_than(600_000, now), old, "{boot_ms} {now}");
        }
    }
}
