//! One task a target: read, deliver, move the cursor, look again.

use super::board::{Standing, label};
use super::cursor::{Cursor, NextError};
use super::settings;
use crate::archive::ship::{BATCH, Parcel, ShipError, Target};
use crate::domain::SafeText;
use crate::log::{Act, Link, Part};
use crate::protocol::Event;
use crate::protocol::view::ShippingState;
use crate::station::desk::Desk;
use crate::station::effect::Audience;
use crate::station::start::Station;
use crate::station::transact::Need;
use crate::store::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Between two looks for new rows.
const LOOK: Duration = Duration::from_millis(500);
/// Between two tries, at first and at most; each is twice the one before.
const RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(30);
/// Tries that may fail before it is on record: a server that is restarted is no news.
const NEWS: u32 = 4;

/// A task for each target that is configured.
pub(in crate::station) fn start(station: &Arc<Station>) -> Vec<JoinHandle<()>> {
    let targets = settings::targets(&station.shop.config, station.store.store_id());
    let start = |target: Target| {
        let standing = Standing {
            name: target.name(),
            place: target.place(),
            sent: 0,
            state: ShippingState::Sending,
            words: SafeText::default(),
            since_ms: station.shop.now().utc_ms,
        };
        let place = station.shop.shipping.add(standing);
        tokio::spawn(Shipper { station: Arc::clone(station), target, place, failed: 0 }.run())
    };
    targets.into_iter().map(start).collect()
}

struct Shipper {
    station: Arc<Station>,
    target: Target,
    /// On the board.
    place: usize,
    /// Tries that failed one after the other.
    failed: u32,
}

impl Shipper {
    async fn run(mut self) {
        let mut cursor = None;
        loop {
            let wait = match self.step(&mut cursor).await {
                Ok(BATCH..) => {
                    self.well().await;
                    continue;
                }
                Ok(0) => LOOK,
                Ok(_) => {
                    self.well().await;
                    LOOK
                }
                Err(Trouble::Away(words)) => self.away(&words).await,
                Err(Trouble::Stop(words)) => return self.stop(&words).await,
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends what is there, up to a batch, and says how much it was.
    async fn step(&mut self, cursor: &mut Option<Cursor>) -> Result<usize, Trouble> {
        let now = match cursor.take() {
            Some(cursor) => cursor,
            None => self.begin().await?,
        };
        let (now, next) = self.look(now).await?;
        let parcels = match next {
            Ok(parcels) => parcels,
            Err(error) => {
                *cursor = Some(now);
                return Err(error.into());
            }
        };
        let delivered = match parcels.as_slice() {
            [] => Ok(()),
            some => self.target.deliver(&self.station.store.store_id(), some).await,
        };
        if let Err(error) = delivered {
            *cursor = Some(match error {
                ShipError::Behind { held } => self.back(&now, held).await?,
                _ => now,
            });
            return Err(error.into());
        }
        let after = now.after(&parcels);
        self.station.shop.shipping.change(self.place, |standing| standing.sent = after.seq);
        // Not kept, it is sent again after a restart: that does no harm, and a full disk stops nothing.
        if !parcels.is_empty()
            && let Err(error) = after.keep(&self.station.store, self.target.name()).await
        {
            tracing::warn!(%error, "how far the log was sent could not be kept");
        }
        *cursor = Some(after);
        Ok(parcels.len())
    }

    /// The target has lost rows that it had: on record, and sent once more.
    async fn back(&self, now: &Cursor, held: u64) -> Result<Cursor, Trouble> {
        let back = now.back_to(&self.station.store, held).map_err(NextError::from)?;
        let label = label(self.target.name());
        let what = format!("{label}に{}番まで送りましたが、{held}番までしかありません", now.seq);
        let what = SafeText::new(&what);
        let lost = move |desk: &mut Desk<'_, '_>| {
            let done = "その次の記録から送り直します".into();
            Ok(desk.log(Act::Damage { what: what.clone(), done })?)
        };
        self.on_record(self.station.own_act(Need::Usual, lost).await);
        self.station.shop.shipping.change(self.place, |standing| standing.sent = back.seq);
        Ok(back)
    }

    async fn begin(&self) -> Result<Cursor, Trouble> {
        let (store, name, place) = (self.station.store.clone(), self.target.name(), self.target.place());
        let read = tokio::task::spawn_blocking(move || Cursor::read(&store, name, &place)).await;
        let cursor = read.map_err(|_| stopping())?.map_err(|error| Trouble::from(NextError::from(error)))?;
        self.station.shop.shipping.change(self.place, |standing| standing.sent = cursor.seq);
        Ok(cursor)
    }

    /// The next rows of the newest commit, off the async threads.
    async fn look(&self, cursor: Cursor) -> Result<(Cursor, Result<Vec<Parcel>, NextError>), Trouble> {
        let store = self.station.store.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let next = store.read(|tx| cursor.next(tx));
            (cursor, next)
        });
        looked.await.map_err(|_| stopping())
    }

    async fn well(&mut self) {
        if self.failed >= NEWS {
            self.note(Link::Alive, SafeText::default()).await;
        }
        if std::mem::take(&mut self.failed) > 0 {
            self.stands(ShippingState::Sending, SafeText::default());
        }
    }

    /// How long to wait until the next try.
    async fn away(&mut self, words: &str) -> Duration {
        self.failed = self.failed.saturating_add(1);
        let said = SafeText::new(words);
        if self.failed == 1 {
            self.stands(ShippingState::Waiting, said);
        } else {
            self.station.shop.shipping.change(self.place, |standing| standing.words = said.clone());
            if self.failed == NEWS {
                self.note(Link::Dead, said).await;
            }
        }
        RETRY.saturating_mul(1 << self.failed.min(10)).min(LONGEST_RETRY)
    }

    /// On record and on every screen; the task ends. A restart tries once more, for then somebody looks.
    async fn stop(&self, words: &str) {
        let said = SafeText::new(&format!("{}: {words}", label(self.target.name())));
        tracing::error!(target = self.target.name(), words, "shipping stopped");
        self.stands(ShippingState::Stopped, SafeText::new(words));
        let alarm = move |desk: &mut Desk<'_, '_>| {
            let done = "送信を停止し、送信先の記録は変えていません".into();
            desk.log(Act::Damage { what: said.clone(), done })?;
            let advice = "システム管理者と監査担当に連絡してください";
            desk.push(Audience::All, Event::Banner { words: SafeText::new(&format!("{said}。{advice}")) });
            Ok(())
        };
        self.on_record(self.station.own_act(Need::Essential, alarm).await);
    }

    /// On the board, and on the home screens that are open.
    fn stands(&self, state: ShippingState, words: SafeText) {
        let since_ms = self.station.shop.now().utc_ms;
        self.station.shop.shipping.change(self.place, |standing| {
            standing.state = state;
            standing.words = words;
            standing.since_ms = since_ms;
        });
        self.station.lines().push(&Audience::All, &Event::HomeChanged);
    }

    async fn note(&self, state: Link, words: SafeText) {
        let detail = SafeText::new([label(self.target.name()), words.as_str()].join(" ").trim_end());
        let note = move |desk: &mut Desk<'_, '_>| {
            Ok(desk.log(Act::StationState { part: Part::Archive, state, detail: detail.clone() })?)
        };
        self.on_record(self.station.own_act(Need::Usual, note).await);
    }

    fn on_record(&self, done: Result<Option<()>, StoreError>) {
        if let Err(error) = done {
            tracing::error!(%error, target = self.target.name(), "how shipping stands is not on record");
        }
    }
}

/// What became of a try.
enum Trouble {
    /// To be tried again.
    Away(String),
    /// Not to be tried again.
    Stop(String),
}

impl From<ShipError> for Trouble {
    fn from(error: ShipError) -> Self {
        match error {
            ShipError::Away(_) | ShipError::Behind { .. } => Self::Away(error.to_string()),
            ShipError::Forked { .. } => Self::Stop(error.to_string()),
        }
    }
}

impl From<NextError> for Trouble {
    fn from(error: NextError) -> Self {
        match error {
            NextError::Store(error) => Self::Away(error.to_string()),
            NextError::Forked(error) => error.into(),
            NextError::Broken { .. } => Self::Stop(error.to_string()),
        }
    }
}

fn stopping() -> Trouble {
    Trouble::Away("ステーションが停止中です".to_owned())
}
