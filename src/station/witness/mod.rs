//! Witnesses: whoever keeps signed checkpoints off the host, so that a rewritten or rolled-back log can be proved.
//!
//! A checkpoint is made in a transaction and lies in the store before anybody is told. A [`Keeper`] then brings it to
//! one [`Witness`], on a thread of its own: a folder that hangs, or an archive that is away for days, holds nobody up,
//! and what it missed is brought when it is back. A new kind of witness (an archive, syslog) implements the trait and
//! is given a keeper in [`Witnesses::start`]; nothing else changes.

mod archive;
mod beside;
mod folder;
mod keeper;

pub(crate) use archive::ArchiveWitness;
pub(crate) use beside::{Beside, conflict, forget_conflict, head, is_in, note_conflict};
pub(crate) use folder::FolderWitness;
pub(crate) use keeper::{Keeper, is_ours};

use super::shipping;
use crate::config::Config;
use crate::domain::SafeText;
use crate::log::SignedCheckpoint;
use crate::store::Store;
use std::time::{Duration, Instant};

/// Somebody who keeps checkpoints.
pub(crate) trait Witness: Send {
    /// What people call it.
    fn name(&self) -> &'static str;

    /// The newest checkpoint it holds of those that are `ours`, signed by our key; none at first.
    fn newest(
        &mut self,
        ours: &dyn Fn(&SignedCheckpoint) -> bool,
    ) -> Result<Option<SignedCheckpoint>, WitnessError>;

    /// Keeps one, durably. One that it holds already is kept; whatever else stands in its place is never overwritten.
    fn keep(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), WitnessError>;
}

/// Why a checkpoint was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WitnessError {
    /// It is not there, or full, or broken: to be tried again.
    #[error("{0}")]
    Away(String),
    /// It holds another history of this log. Nothing is tried again.
    #[error("{size}番の控えが、この操作ログの内容と一致しません。巻戻しまたは書換えの疑いがあります")]
    Conflict {
        /// Where.
        size: u64,
    },
    /// It holds something else in the place of this size, whoever put it there.
    #[error("控えの{size}番の場所に、別の内容があります。取り除くか、媒体を交換してください")]
    Other {
        /// Where.
        size: u64,
        /// What it holds.
        held: String,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

/// How one witness stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What people call it.
    pub(crate) name: &'static str,
    /// The largest size that it is known to hold.
    pub(crate) kept: Option<u64>,
    /// What is wrong; absent when nothing is.
    pub(crate) trouble: Option<SafeText>,
    /// It holds another history, of so many entries.
    pub(crate) conflict: Option<u64>,
}

/// All witnesses of a station.
#[derive(Default)]
pub(crate) struct Witnesses {
    /// Those that are configured.
    outside: Vec<Keeper>,
    /// What lies beside the store.
    beside: Option<Keeper>,
}

impl Witnesses {
    /// A keeper for each witness that is configured.
    pub(crate) fn start(store: &Store, config: &Config) -> std::io::Result<Self> {
        let mut witnesses: Vec<Box<dyn Witness>> = Vec::new();
        if let Some(folder) = &config.witness_folder {
            witnesses.push(Box::new(FolderWitness::new(folder, &config.data, store.store_id())));
        }
        for target in shipping::targets(config, store.store_id()) {
            witnesses.push(Box::new(ArchiveWitness::new(target, store.store_id())));
        }
        let keep = |witness| Keeper::start(store.clone(), witness);
        let beside = Box::new(Beside::new(store.clone(), &config.store_path()));
        Ok(Self {
            outside: witnesses.into_iter().map(keep).collect::<std::io::Result<_>>()?,
            beside: Some(keep(beside)?),
        })
    }

    /// There is a new checkpoint.
    pub(crate) fn wake(&self) {
        self.all().for_each(Keeper::wake);
    }

    /// How those outside stand.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        self.outside.iter().map(Keeper::standing).collect()
    }

    /// How all of them stand, that beside the store the last.
    pub(crate) fn all_standings(&self) -> Vec<Standing> {
        self.all().map(Keeper::standing).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Keeper> {
        self.outside.iter().chain(&self.beside)
    }

    /// Lets them bring what is left, all together within so much time.
    pub(crate) fn finish(&self, within: Duration) {
        let deadline = Instant::now() + within;
        self.all().for_each(Keeper::stop);
        for keeper in self.all() {
            keeper.wait(deadline.saturating_duration_since(Instant::now()));
        }
    }
}
