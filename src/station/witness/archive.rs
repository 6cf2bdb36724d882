//! The archives of the log as witnesses: a table of the group's database, and syslog.
//!
//! A connection of its own on the keeper's thread, apart from the task that ships the rows.

use super::{Witness, WitnessError};
use crate::archive::ship::{ShipError, Target};
use crate::log::{SignedCheckpoint, StoreId};
use tokio::runtime::{Builder, Runtime};

/// Notes looked at from the newest on; those of others are not ours to judge.
const LOOKED_AT: u32 = 32;

pub(crate) struct ArchiveWitness {
    target: Target,
    store: StoreId,
    /// Made on the keeper's thread, and dropped there.
    runtime: Option<Runtime>,
    /// What syslog was told last: it cannot be asked.
    told: Option<SignedCheckpoint>,
}

impl ArchiveWitness {
    pub(crate) fn new(target: Target, store: StoreId) -> Self {
        Self { target, store, runtime: None, told: None }
    }

    /// Twice, for the first try may only find out that the connection is gone.
    fn ask<T>(
        &mut self,
        ask: &impl AsyncFn(&mut Target, StoreId) -> Result<T, ShipError>,
    ) -> Result<T, WitnessError> {
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => Builder::new_current_thread().enable_all().build().map_err(|error| {
                WitnessError::Away(format!(
                    "通信を準備できません（{error}）。システム管理者に連絡してください"
                ))
            })?,
        };
        let (target, store) = (&mut self.target, self.store);
        let asked = runtime.block_on(async {
            match ask(target, store).await {
                Err(ShipError::Away(_)) => ask(target, store).await,
                asked => asked,
            }
        });
        self.runtime = Some(runtime);
        asked.map_err(|error| match error {
            ShipError::Away(_) | ShipError::Behind { .. } => WitnessError::Away(error.to_string()),
            ShipError::Forked { seq } => WitnessError::Conflict { size: seq },
        })
    }
}

impl Witness for ArchiveWitness {
    fn name(&self) -> &'static str {
        match self.target {
            Target::Postgres(_) => "操作ログの保管先（PostgreSQL）",
            Target::Syslog(_) => "操作ログの送信先（syslog）",
        }
    }

    fn newest(
        &mut self,
        ours: &dyn Fn(&SignedCheckpoint) -> bool,
    ) -> Result<Option<SignedCheckpoint>, WitnessError> {
        let notes = self.ask(&async |target: &mut Target, store| match target {
            Target::Postgres(postgres) => postgres.newest_checkpoints(&store, LOOKED_AT).await,
            Target::Syslog(_) => Ok(Vec::new()),
        })?;
        let held = notes.iter().filter_map(|note| SignedCheckpoint::unproved(note).ok());
        Ok(held.chain(self.told.clone()).find(|signed| ours(signed)))
    }

    fn keep(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), WitnessError> {
        let (size, note) = (checkpoint.checkpoint.size, checkpoint.note.as_str());
        let other = self.ask(&async |target: &mut Target, store| match target {
            Target::Postgres(postgres) => postgres.keep_checkpoint(&store, size, note).await,
            Target::Syslog(syslog) => syslog.keep_checkpoint(&store, size, note).await.map(|()| None),
        })?;
        if let Some(held) = other {
            return Err(WitnessError::Other { size, held });
        }
        if matches!(self.target, Target::Syslog(_)) {
            self.told = Some(checkpoint.clone());
        }
        Ok(())
    }
}
