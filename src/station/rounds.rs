//! What goes on without anybody asking: the folder's reports, time-outs, idle sessions, the heartbeat.

use super::acts;
use super::answers::{self, Arrived};
use super::desk::{Desk, Stop};
use super::effect::Audience;
use super::start::{MustEnd, Station};
use super::transact::Need;
use crate::clock;
use crate::domain::SafeText;
use crate::domain::enquiry::CancelOutcome;
use crate::exchange::folder::{ContentHash, FolderCommand, FolderEvent, LinkState, LinkTrouble, OddReason};
use crate::log::{Act, Link as LogLink, Oddity, Part};
use crate::protocol::Event;
use crate::protocol::view::Link;
use crate::store::StoreError;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How often deadlines are looked at. They are counted in seconds and minutes.
const ROUND: Duration = Duration::from_secs(1);
/// Rounds between two heartbeats: silence in the log is bounded by five minutes.
const HEARTBEAT_ROUNDS: u64 = 300;
/// Rounds between two looks at emergency tokens, all of which have to be opened for it. A token whose time is over
/// is refused from that moment on; only the end of a session that rests on it may come a little later.
const TOKEN_ROUNDS: u64 = 5;
/// Rounds between two looks at who keeps the host's clock. The kernel takes hours to call it unkept.
const CLOCK_ROUNDS: u64 = 900;
/// Old answers that one transaction takes away: nobody waits long behind it.
const FORGOTTEN_AT_ONCE: usize = 500;
/// Between two tries to put a report on record.
const RETRY: Duration = Duration::from_secs(1);

/// Looks at deadlines for as long as the station runs.
pub(super) async fn run(station: Arc<Station>) {
    let mut interval = tokio::time::interval(ROUND);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut round: u64 = 0;
    loop {
        interval.tick().await;
        if round.is_multiple_of(CLOCK_ROUNDS) {
            let _ = station.ask_about_clock();
        }
        round += 1;
        station.look_at_requests().await;
        let rest = [
            ("sessions", station.look_at_sessions().await),
            (
                "tokens",
                if round.is_multiple_of(TOKEN_ROUNDS) { station.look_at_tokens().await } else { Ok(()) },
            ),
            ("places", station.look_at_places(false).await),
            ("repeats", station.look_at_repeats().await),
            ("disk", station.look_at_disk().await),
            ("clock", station.look_at_clock().await),
            ("checkpoint", station.look_at_seal().await),
            ("witnesses", station.look_at_witnesses().await),
            (
                "heartbeat",
                if round.is_multiple_of(HEARTBEAT_ROUNDS) { station.heartbeat().await } else { Ok(()) },
            ),
        ];
        for (what, looked) in rest {
            if let Err(error) = looked {
                tracing::error!(%error, what, "a round failed");
                // The store's own thread has looked at all of it: only another start helps, and what that does.
                if matches!(error, StoreError::Damaged { .. }) {
                    station.must_end(MustEnd::Damaged);
                }
            }
        }
    }
}

/// Takes in what the folder reports, in the order in which it reports it.
pub(super) async fn folder_reports(station: Arc<Station>) {
    let taken = station.reports.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut reports) = taken else { return };
    while let Some(event) = reports.recv().await {
        station.take_in(event).await;
    }
}

impl Station {
    /// Gives up what waited too long, and looks out no longer for what is a day old.
    async fn look_at_requests(&self) {
        let now = self.shop.now().boot_ms;
        for request in self.waiting.due(now) {
            let file = request.clone();
            if let Err(error) = self.own_act(Need::Usual, move |desk| answers::timed_out(desk, &file)).await {
                tracing::error!(%error, "a time-out could not be put on record");
                self.waiting.again(&request, now);
            }
        }
        for request in self.waiting.unanswered(now) {
            let file = request.clone();
            let told = self.own_act(Need::Usual, move |desk| answers::unanswered(desk, &file)).await;
            if let Err(error) = told {
                tracing::error!(%error, "that the folder does not answer could not be put on record");
                self.waiting.withdraw(request.to_string(), now);
            }
        }
        let old = self.waiting.old(now);
        if !old.is_empty() {
            self.tell_folder(FolderCommand::Forget(old));
        }
    }

    /// Locks and ends what is idle, also when the disk is full.
    pub(super) async fn look_at_sessions(&self) -> Result<(), StoreError> {
        let now = self.shop.now();
        let when = self.shop.when(&now);
        let due = self.store.read(|tx| acts::deadlines::sessions(tx, &when, &self.shop.config))?;
        for (session, due) in due {
            self.own_act(Need::Essential, move |desk| acts::sessions::idle(desk, &session, due)).await?;
        }
        Ok(())
    }

    /// Ends emergency tokens whose time is over, and what rests on them, also when the disk is full.
    async fn look_at_tokens(&self) -> Result<(), StoreError> {
        let now = self.shop.now();
        let when = self.shop.when(&now);
        let due = self.store.read(|tx| acts::tokens::due(tx, &when))?;
        for key in due {
            self.own_act(Need::Essential, move |desk| acts::tokens::expire(desk, &key)).await?;
        }
        Ok(())
    }

    /// Records that lines were turned away: one as it is, the others counted.
    pub(super) async fn look_at_places(&self, last: bool) -> Result<(), StoreError> {
        let away = self.places.turned_away(self.shop.now().boot_ms, last);
        if away.is_empty() {
            return Ok(());
        }
        let record = move |desk: &mut Desk<'_, '_>| {
            for one in &away {
                let (act, reason) = (SafeText::from("hello"), SafeText::new(&one.why.to_string()));
                let refusal = Act::Refusal { act: act.clone(), reason: reason.clone(), input: false };
                desk.log_counted(refusal, one.source.clone(), None, None, None)?;
                if one.times > 1 {
                    let (times, seconds) = (one.times - 1, 60);
                    let counted =
                        Act::RefusalsCounted { act, reason: Some(reason), times, seconds, input: false };
                    desk.log_counted(counted, one.source.clone(), None, None, None)?;
                }
            }
            Ok(())
        };
        self.own_act(Need::Essential, record).await.map(drop)
    }

    /// Says and records that the disk ran full, and that there is space again.
    async fn look_at_disk(&self) -> Result<(), StoreError> {
        let was = self.disk_full.load(Ordering::Relaxed);
        if was {
            // Only a job makes the store look whether there is space again.
            self.own_act(Need::Essential, |_| Ok(())).await?;
        }
        let full = self.store.short_of_space();
        if was != full {
            self.own_act(Need::Essential, move |desk| acts::deadlines::disk(desk, full)).await?;
            self.disk_full.store(full, Ordering::Relaxed);
        }
        Ok(())
    }

    pub(super) async fn heartbeat(&self) -> Result<(), StoreError> {
        let now_ms = self.shop.now().boot_ms;
        let old = self.look(move |store| store.read(|tx| acts::deadlines::old_answers(tx, now_ms))).await;
        let old = old.transpose()?.unwrap_or_default();
        for some in old.chunks(FORGOTTEN_AT_ONCE) {
            let some = some.to_vec();
            let forget = move |desk: &mut Desk<'_, '_>| acts::deadlines::forget_answers(desk, &some);
            self.own_act(Need::Usual, forget).await?;
        }
        let sessions = u32::try_from(self.lines().sessions()).unwrap_or(u32::MAX);
        let open = self.waiting.open();
        let beat = move |desk: &mut Desk<'_, '_>| acts::deadlines::heartbeat(desk, sessions, &open);
        self.own_act(Need::Usual, beat).await.map(drop)
    }

    /// Takes a report in. What the disk did not let be put on record is taken in later: the folder says it once.
    async fn take_in(&self, event: FolderEvent) {
        loop {
            match self.put_on_record(event.clone()).await {
                Ok(()) => return,
                Err(
                    error @ (StoreError::DiskFull { .. } | StoreError::Io { .. } | StoreError::Host { .. }),
                ) => {
                    tracing::error!(%error, "a report of the folder waits until it can be put on record");
                    tokio::time::sleep(RETRY).await;
                }
                Err(error) => {
                    return tracing::error!(%error, "a report of the folder could not be put on record");
                }
            }
        }
    }

    async fn put_on_record(&self, event: FolderEvent) -> Result<(), StoreError> {
        if let FolderEvent::Withdrawn { name }
        | FolderEvent::AlreadyTaken { name }
        | FolderEvent::WithdrawUnclear { name, .. } = &event
        {
            self.waiting.withdrawn(name);
        }
        match event {
            FolderEvent::Written { name } | FolderEvent::Found { name, waiting: true } => {
                self.report(name, answers::written).await
            }
            FolderEvent::Taken { name } => self.report(name, answers::taken).await,
            FolderEvent::WriteFailed { name, why } => {
                self.report(name, move |desk, file| answers::write_failed(desk, file, &why)).await
            }
            FolderEvent::Withdrawn { name } => {
                let outcome = CancelOutcome::Withdrawn;
                self.report(name, move |desk, file| answers::withdrawal(desk, file, outcome, "")).await
            }
            FolderEvent::AlreadyTaken { name } => {
                self.maybe_sent(name, "連携ソフトがすでに受け取っていました".to_owned()).await
            }
            FolderEvent::WithdrawUnclear { name, why } => self.maybe_sent(name, why).await,
            FolderEvent::Found { name, waiting: false } => self.report(name, answers::lost).await,
            FolderEvent::Answer { request, name, bytes, hash, .. } => {
                let arrived = arrived(&name, &request, bytes, hash);
                self.own_act(Need::Usual, move |desk| answers::arrived(desk, &arrived)).await.map(drop)
            }
            FolderEvent::Conflict { request, name, bytes, hash } => {
                let arrived = arrived(&name, &request, bytes, hash);
                self.own_act(Need::Usual, move |desk| answers::conflict(desk, &arrived)).await.map(drop)
            }
            FolderEvent::Incomplete { request, name, why } => {
                let arrived = arrived(&name, &request, Vec::new(), ContentHash([0; 32]));
                self.own_act(Need::Usual, move |desk| answers::incomplete(desk, &arrived, &why))
                    .await
                    .map(drop)
            }
            FolderEvent::Odd { name, why } => {
                let why = oddity(why);
                let noted =
                    move |desk: &mut Desk<'_, '_>| Ok(desk.log(Act::FileNoted { file: name.clone(), why })?);
                self.own_act(Need::Usual, noted).await.map(drop)
            }
            FolderEvent::Link(state) => self.link_changed(state).await,
            FolderEvent::FaceCount(_)
            | FolderEvent::Faces(_)
            | FolderEvent::FaceCopied { .. }
            | FolderEvent::FaceFailed { .. }
            | FolderEvent::Unanswered(_) => {
                self.faces.answer(event);
                Ok(())
            }
        }
    }

    async fn maybe_sent(&self, name: String, why: String) -> Result<(), StoreError> {
        let outcome = CancelOutcome::MaybeSent;
        self.report(name, move |desk, file| answers::withdrawal(desk, file, outcome, &why)).await
    }

    async fn report(
        &self,
        name: String,
        take: impl Fn(&mut Desk<'_, '_>, &SafeText) -> Result<(), Stop> + Send + 'static,
    ) -> Result<(), StoreError> {
        let file = SafeText::new(&name);
        self.own_act(Need::Usual, move |desk| take(desk, &file)).await.map(drop)
    }

    async fn link_changed(&self, state: LinkState) -> Result<(), StoreError> {
        let now = self.shop.now();
        let hangs = matches!(&state, LinkState::NotResponding { trouble: LinkTrouble::Hanging, .. });
        self.folder_hangs.store(hangs, Ordering::Relaxed);
        let (link, logged, detail) = match state {
            LinkState::Ok => (Link::Ok, LogLink::Alive, SafeText::default()),
            LinkState::NotResponding { trouble, lasted } => {
                let why = SafeText::new(&trouble.to_string());
                let lasted = i64::try_from(lasted.as_millis()).unwrap_or_default();
                let since = clock::hour_minute(now.utc_ms.saturating_sub(lasted));
                (Link::NotResponding { since, why: why.clone() }, LogLink::Dead, why)
            }
        };
        let before = self.link_now();
        if before != link && !matches!((&before, &link), (Link::Unknown, Link::Ok)) {
            let part = Part::LinkSoftware;
            let changed = Act::StationState { part, state: logged, detail };
            self.own_act(Need::Usual, move |desk| Ok(desk.log(changed.clone())?)).await?;
        }
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = link.clone();
        self.lines().push(&Audience::All, &Event::Link(link));
        Ok(())
    }
}

fn arrived(name: &str, request: &str, bytes: Vec<u8>, hash: ContentHash) -> Arrived {
    let sha256 = SafeText::new(&hash.to_string());
    Arrived { file: SafeText::new(name), asked: SafeText::new(request), bytes, sha256 }
}

fn oddity(why: OddReason) -> Oddity {
    match why {
        OddReason::Symlink | OddReason::HardLink | OddReason::NotAFile => Oddity::NotRegular,
        OddReason::TooLarge => Oddity::TooLarge,
        OddReason::Name => Oddity::OddName,
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_site::TestSite;
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_store_that_is_damaged_meanwhile_ends_the_station_for_the_next_start() {
        let site = TestSite::new().await;
        let path = site.station.shop.config.store_path();
        let length = std::fs::metadata(&path).unwrap().len();
        std::fs::write(&path, vec![0x55; usize::try_from(length).unwrap()]).unwrap();
        // As a damaged page would make it do.
        let store = site.station.store.clone();
        let looked: Result<(), StoreError> =
            tokio::task::spawn_blocking(move || store.read(|_| panic!("a damaged page"))).await.unwrap();
        assert!(matches!(looked, Err(StoreError::Panicked)));
        let rounds = tokio::spawn(run(Arc::clone(&site.station)));
        let why = tokio::time::timeout(Duration::from_secs(20), site.station.until_it_must_end()).await;
        assert_eq!(why, Ok(MustEnd::Damaged));
        rounds.abort();
    }
}
