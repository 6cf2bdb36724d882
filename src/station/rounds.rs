//! What goes on without anybody asking: the folder's reports, time-outs, idle sessions, the heartbeat.

use super::acts;
use super::answers::{self, Arrived};
use super::desk::{Desk, Stop};
use super::effect::Audience;
use super::start::Station;
use crate::clock;
use crate::domain::SafeText;
use crate::domain::enquiry::CancelOutcome;
use crate::exchange::folder::{ContentHash, FolderEvent, LinkState, OddReason};
use crate::identity::{self, BootMillis, UnixSeconds};
use crate::log::{Act, Link as LogLink, Oddity, Part};
use crate::protocol::Event;
use crate::protocol::view::Link;
use crate::store::StoreError;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How often deadlines are looked at. They are counted in seconds and minutes.
const ROUND: Duration = Duration::from_secs(1);
/// Rounds between two heartbeats: silence in the log is bounded by five minutes.
const HEARTBEAT_ROUNDS: u64 = 300;

/// Looks at deadlines for as long as the station runs.
pub(super) async fn run(station: Arc<Station>) {
    let mut interval = tokio::time::interval(ROUND);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut round: u64 = 0;
    loop {
        interval.tick().await;
        round += 1;
        if let Err(error) = station.look_at_deadlines(round).await {
            tracing::error!(%error, "a round of deadlines failed");
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
    async fn look_at_deadlines(&self, round: u64) -> Result<(), StoreError> {
        let now = self.shop.now();
        let timeout_ms = i64::try_from(self.shop.config.answer_timeout_s * 1000).unwrap_or(i64::MAX);
        let late = self.store.read(|tx| acts::deadlines::unanswered(tx, now.utc_ms - timeout_ms))?;
        for request in late {
            self.own_act(move |desk| answers::timed_out(desk, &request)).await?;
        }
        let when = identity::session::Now {
            wall: UnixSeconds(u64::try_from(now.utc_ms / 1000).unwrap_or_default()),
            boot: BootMillis(now.boot_ms),
            boot_id: &self.shop.boot_id,
        };
        let due = self.store.read(|tx| acts::deadlines::sessions(tx, &when, &self.shop.config))?;
        for (session, due) in due {
            self.own_act(move |desk| acts::sessions::idle(desk, &session, due)).await?;
        }
        if round.is_multiple_of(HEARTBEAT_ROUNDS) {
            let sessions = u32::try_from(self.lines().count()).unwrap_or(u32::MAX);
            self.own_act(move |desk| acts::deadlines::heartbeat(desk, sessions)).await?;
        }
        Ok(())
    }

    async fn take_in(&self, event: FolderEvent) {
        let done = match event {
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
                self.own_act(move |desk| answers::arrived(desk, &arrived)).await.map(drop)
            }
            FolderEvent::Conflict { request, name, bytes, hash } => {
                let arrived = arrived(&name, &request, bytes, hash);
                self.own_act(move |desk| answers::conflict(desk, &arrived)).await.map(drop)
            }
            FolderEvent::Incomplete { request, name, why } => {
                let arrived = arrived(&name, &request, Vec::new(), ContentHash([0; 32]));
                self.own_act(move |desk| answers::incomplete(desk, &arrived, &why)).await.map(drop)
            }
            FolderEvent::Odd { name, why } => {
                let why = oddity(why);
                let noted =
                    move |desk: &mut Desk<'_, '_>| Ok(desk.log(Act::FileNoted { file: name.clone(), why })?);
                self.own_act(noted).await.map(drop)
            }
            FolderEvent::Link(state) => self.link_changed(state).await,
            FolderEvent::FaceCount(_)
            | FolderEvent::Faces(_)
            | FolderEvent::FaceCopied { .. }
            | FolderEvent::FaceFailed { .. } => {
                self.faces.answer(event);
                Ok(())
            }
        };
        if let Err(error) = done {
            tracing::error!(%error, "a report of the folder could not be put on record");
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
        self.own_act(move |desk| take(desk, &file)).await.map(drop)
    }

    async fn link_changed(&self, state: LinkState) -> Result<(), StoreError> {
        let now = self.shop.now();
        let (link, logged, detail) = match state {
            LinkState::Ok => (Link::Ok, LogLink::Alive, SafeText::default()),
            LinkState::NotResponding { trouble, lasted } => {
                let why = SafeText::new(&trouble.to_string());
                let lasted = i64::try_from(lasted.as_millis()).unwrap_or_default();
                let since = clock::hour_minute(now.utc_ms.saturating_sub(lasted));
                (Link::NotResponding { since, why: why.clone() }, LogLink::Dead, why)
            }
        };
        let before = {
            let mut held = self.link.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *held, link.clone())
        };
        self.lines().push(&Audience::All, &Event::Link(link.clone()));
        if before == link || matches!((&before, &link), (Link::Unknown, Link::Ok)) {
            return Ok(());
        }
        let part = Part::LinkSoftware;
        let changed = Act::StationState { part, state: logged, detail };
        self.own_act(move |desk| Ok(desk.log(changed.clone())?)).await.map(drop)
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
