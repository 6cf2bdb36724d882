//! When checkpoints are signed, and who is told: every 256 entries, after a minute with new entries, at a session's
//! end and when the station stops.

use super::acts;
use super::desk::Desk;
use super::effect::Effect;
use super::start::{MustEnd, Station};
use super::transact::Need;
use super::witness::{Standing, note_conflict};
use crate::log::{Act, VerifierKey, Witnessed};
use crate::store::{ReadTx, StoreError};
use std::sync::PoisonError;
use std::time::Duration;

/// Entries without a checkpoint at most, to within those of one act.
const ENTRIES: u64 = 256;
/// How long entries stay without one when few come.
const UNSIGNED_MS: u64 = 60_000;
/// When the station stops, witnesses have so long to take the last checkpoint.
const LAST_WORD: Duration = Duration::from_secs(2);

/// What is remembered between two rounds.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Since when there are entries without a checkpoint, by the boot-time clock.
    unsigned_since: Option<u64>,
    /// What was last put on record of each witness: whether it is in trouble, and in conflict.
    witnesses: Vec<(bool, bool)>,
}

impl Seen {
    /// Whether a checkpoint is due at this moment, where there are entries without one.
    fn is_due(&mut self, unsigned: bool, now: u64) -> bool {
        let since = unsigned.then(|| self.unsigned_since.unwrap_or(now));
        let due = since.is_some_and(|since| now.saturating_sub(since) >= UNSIGNED_MS);
        self.unsigned_since = since.filter(|_| !due);
        due
    }
}

impl Desk<'_, '_> {
    /// Signs the log as it stands; the witnesses hear of it after the commit.
    pub(crate) fn seal(&mut self) -> Result<(), StoreError> {
        if self.tx.checkpoint(&self.shop.log_key)?.is_some() {
            self.afterwards(Effect::Sealed);
        }
        Ok(())
    }

    /// The same where enough has come together.
    pub(crate) fn seal_when_due(&mut self) -> Result<(), StoreError> {
        if self.wrote() && self.tx.unsigned()? >= ENTRIES { self.seal() } else { Ok(()) }
    }

    /// From now on the station's key signs; where it is a new one, that is on record first.
    pub(crate) fn adopt_log_key(&mut self, key: &VerifierKey) -> Result<(), StoreError> {
        let before = self.tx.log_key()?;
        if before.as_ref() == Some(key) {
            return Ok(());
        }
        self.log(created(key, before.as_ref()))?;
        self.tx.adopt_log_key(key)
    }
}

/// The entry about a new key.
pub(super) fn created(key: &VerifierKey, before: Option<&VerifierKey>) -> Act {
    let text = |key: &VerifierKey| key.to_string().as_str().into();
    Act::LogKeyCreated { key: text(key), replaces: before.map(text) }
}

impl Station {
    /// Signs what has lain unsigned for a minute.
    pub(super) async fn look_at_seal(&self) -> Result<(), StoreError> {
        let unsigned = self.store.read(|tx| {
            let newest = tx.newest_checkpoint()?.map_or(0, |signed| signed.checkpoint.size);
            Ok::<_, StoreError>(tx.log_len()? > newest)
        })?;
        let now = self.shop.now().boot_ms;
        let due = self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_due(unsigned, now);
        if due {
            self.own_act(Need::Usual, |desk| Ok(desk.seal()?)).await?;
        }
        Ok(())
    }

    /// Says and records what became of the witnesses. A conflict is told on every screen.
    pub(super) async fn look_at_witnesses(&self) -> Result<(), StoreError> {
        for (place, standing) in self.witnesses.all_standings().into_iter().enumerate() {
            let now = (standing.trouble.is_some(), standing.conflict.is_some());
            let before = {
                let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.witnesses.get(place).copied().unwrap_or_default()
            };
            if now == before {
                continue;
            }
            self.note_witness(standing).await?;
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.witnesses.len() <= place {
                seen.witnesses.resize(place + 1, (false, false));
            }
            if let Some(noted) = seen.witnesses.get_mut(place) {
                *noted = now;
            }
        }
        Ok(())
    }

    async fn note_witness(&self, standing: Standing) -> Result<(), StoreError> {
        let conflict = standing.conflict.map(|size| Witnessed { size, root: None, by: standing.name.into() });
        if let Some(witnessed) = &conflict {
            let (store, head) = (self.store.store_id(), self.store.read(ReadTx::head)?);
            note_conflict(&self.shop.config.store_path(), &store, &head, witnessed)?;
        }
        let note = move |desk: &mut Desk<'_, '_>| Ok(acts::deadlines::witness(desk, &standing)?);
        self.own_act(Need::Usual, note).await?;
        if conflict.is_some() {
            // Nothing more may be added under numbers that somebody else knows otherwise.
            self.must_end(MustEnd::OtherHistory);
        }
        Ok(())
    }

    /// Lets the witnesses take the last checkpoint. Blocks; for the end of the station.
    pub(super) fn last_word(&self) {
        self.witnesses.wake();
        self.witnesses.finish(LAST_WORD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_with_new_entries_brings_a_checkpoint_and_a_quiet_one_none() {
        let mut seen = Seen::default();
        // Moment, entries without a checkpoint, and whether one is due.
        let table = [
            (1_000, false, false),
            (70_000, false, false),
            (71_000, true, false),
            (130_999, true, false),
            (131_000, true, true),
            // Signed; the next entry comes later.
            (132_000, false, false),
            (140_000, true, false),
            // A session's end signed meanwhile.
            (150_000, false, false),
            (190_000, true, false),
            (205_000, true, false),
            (250_000, true, true),
            // It failed; it is tried again a minute later.
            (251_000, true, false),
            (311_000, true, true),
        ];
        for (now, unsigned, due) in table {
            assert_eq!(seen.is_due(unsigned, now), due, "{now}");
        }
    }
}
