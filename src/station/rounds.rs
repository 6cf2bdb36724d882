//! What goes on without anybody asking: the folder's reports, time-outs, idle sessions, the heartbeat.

use super::acts;
use super::answers::{self, Arrived};
use super::desk::{Desk, Stop};
use super::effect::Audience;
use super::start::Station;
use crate::clock;
use crate::domain::SafeText;
use crate::domain::enquiry::CancelOutcome;
use crate::exchange::{FolderEvent, FolderState};
use crate::identity::{self, BootMillis, UnixSeconds};
use crate::log::{Act, Link as LogLink, Oddity, Part};
use crate::protocol::Event;
use crate::protocol::view::Link;
use std::sync::Arc;
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
    let taken = station.reports.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    let Some(mut reports) = taken else { return };
    while let Some(event) = reports.recv().await {
        station.take_in(event).await;
    }
}

impl Station {
    async fn look_at_deadlines(&self, round: u64) -> Result<(), crate::store::StoreError> {
        let now = self.shop.now();
        let timeout_ms = i64::try_from(self.shop.config.answer_timeout_s * 1000).unwrap_or(i64::MAX);
        let late = self.store.read(|tx| acts::deadlines::unanswered(tx, now.utc_ms - timeout_ms))?;
        for request in late {
            self.own_act(move |desk| answers::timed_out(desk, &request)).await?;
        }
        let when = identity::Now {
            wall: UnixSeconds(u64::try_from(now.utc_ms / 1000).unwrap_or_default()),
            boot: BootMillis(now.boot_ms),
            boot_id: &self.shop.boot_id,
        };
        let due = self.store.read(|tx| acts::deadlines::sessions(tx, &when, &self.shop.config))?;
        for (session, due) in due {
            self.own_act(move |desk| acts::sessions::idle(desk, &session, due)).await?;
        }
        if round % HEARTBEAT_ROUNDS == 0 {
            let sessions = u32::try_from(self.lines().count()).unwrap_or(u32::MAX);
            self.own_act(move |desk| acts::deadlines::heartbeat(desk, sessions)).await?;
        }
        Ok(())
    }

    async fn take_in(&self, event: FolderEvent) {
        let done = match event {
            FolderEvent::Written { request, .. } => self.report(request, answers::written).await,
            FolderEvent::Taken { request, .. } => self.report(request, answers::taken).await,
            FolderEvent::WriteFailed { request, why, .. } => {
                self.report(request, move |desk, request| answers::write_failed(desk, request, &why)).await
            }
            FolderEvent::Withdrawn { request, .. } => {
                self.report(request, |desk, r| answers::withdrawal(desk, r, CancelOutcome::Withdrawn)).await
            }
            FolderEvent::AlreadyTaken { request, .. } => {
                self.report(request, |desk, r| answers::withdrawal(desk, r, CancelOutcome::MaybeSent)).await
            }
            FolderEvent::Answer { name, request, bytes, sha256 } => {
                let arrived = Arrived {
                    file: SafeText::new(&name),
                    request: SafeText::new(&request),
                    bytes,
                    sha256: SafeText::new(&sha256),
                };
                self.own_act(move |desk| answers::arrived(desk, &arrived)).await
            }
            FolderEvent::Odd { name, why } => {
                let why = oddity(why);
                self.own_act(move |desk| Ok(desk.log(Act::FileNoted { file: name.clone(), why })?)).await
            }
            FolderEvent::State(state) => self.link_changed(state).await,
        };
        if let Err(error) = done {
            tracing::error!(%error, "a report of the folder could not be put on record");
        }
    }

    async fn report(
        &self,
        request: String,
        take: impl Fn(&mut Desk<'_, '_>, &SafeText) -> Result<(), Stop> + Send + 'static,
    ) -> Result<(), crate::store::StoreError> {
        let request = SafeText::new(&request);
        self.own_act(move |desk| take(desk, &request)).await
    }

    async fn link_changed(&self, state: FolderState) -> Result<(), crate::store::StoreError> {
        let now = self.shop.now();
        let (link, logged, detail) = match state {
            FolderState::Ok => (Link::Ok, LogLink::Alive, SafeText::default()),
            FolderState::NotResponding { why } => {
                let why = SafeText::new(&why);
                let since = clock::hour_minute(now.utc_ms);
                (Link::NotResponding { since, why: why.clone() }, LogLink::Dead, why)
            }
        };
        let before = {
            let mut held = self.link.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            std::mem::replace(&mut *held, link.clone())
        };
        if before == link || matches!((&before, &link), (Link::Unknown, Link::Ok)) {
            self.lines().push(&Audience::All, &Event::Link(link));
            return Ok(());
        }
        self.own_act(move |desk| {
            let part = Part::LinkSoftware;
            desk.push(Audience::All, Event::Link(link.clone()));
            Ok(desk.log(Act::StationState { part, state: logged, detail: detail.clone() })?)
        })
        .await
    }
}
