//! What lies beside the store: the newest checkpoint, and a copy of what people need to log in.
//!
//! ```text
//! store.redb.head        the newest signed checkpoint
//! store.redb.accounts    accounts, credentials, tokens, authorities, settings, sealed
//! store.redb.conflict    that a witness holds another history, for the next start
//! ```
//! No witness in the full sense, for whoever can change the store can change these. But a store that is damaged, lost or
//! replaced alone is noticed by the first, and nobody is locked out with it thanks to the second.

use super::{Witness, WitnessError};
use crate::log::{Head, LogKey, Note, SignedCheckpoint, StoreId, Witnessed, origin};
use crate::store::{ReadTx, Store, StoreError, replace};
use serde::Deserialize;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// More than any note.
const LONGEST: u64 = 16 * 1024;
const HEAD: &str = ".head";
const CONFLICT: &str = ".conflict";

pub(crate) struct Beside {
    store: Store,
    path: PathBuf,
    /// Of the copy that was written last.
    written: Option<[u8; 32]>,
}

impl Beside {
    pub(crate) fn new(store: Store, path: &Path) -> Self {
        Self { store, path: path.to_owned(), written: None }
    }

    /// Brings all of it up to date.
    pub(crate) fn keep_newest(&mut self) -> Result<(), WitnessError> {
        match self.store.read(ReadTx::newest_checkpoint)? {
            Some(newest) => self.keep(&newest),
            None => self.keep_accounts(),
        }
    }

    fn keep_accounts(&mut self) -> Result<(), WitnessError> {
        let spare = self.store.read(ReadTx::spare)?;
        if self.written != Some(spare.digest()) {
            spare.write(&self.path).map_err(|error| away(&error))?;
            self.written = Some(spare.digest());
        }
        Ok(())
    }
}

impl Witness for Beside {
    fn name(&self) -> &'static str {
        "保管庫の隣の控え"
    }

    fn newest(
        &mut self,
        ours: &dyn Fn(&SignedCheckpoint) -> bool,
    ) -> Result<Option<SignedCheckpoint>, WitnessError> {
        Ok(read(&self.path).filter(ours))
    }

    fn keep(&mut self, signed: &SignedCheckpoint) -> Result<(), WitnessError> {
        // The accounts first: what the other names must not be newer than they are.
        self.keep_accounts()?;
        replace(&place(&self.path, HEAD), signed.note.as_bytes()).map_err(|error| away(&error))
    }
}

/// Says for the next start that a witness holds another history than the log of this store, as it stands.
pub(crate) fn note_conflict(
    path: &Path,
    id: &StoreId,
    head: &Head,
    witnessed: &Witnessed,
) -> Result<(), StoreError> {
    let (seq, hash) = (head.seq, head.hash.to_string());
    let conflict = serde_json::json!({
        "store_id": id.to_string(), "seq": seq, "hash": hash, "witnessed": witnessed,
    });
    replace(&place(path, CONFLICT), conflict.to_string().as_bytes())
}

/// What was noted of this log. Of another one that somebody has put in its place since, such as the right one, nothing was.
pub(crate) fn conflict(path: &Path, tx: &ReadTx) -> Option<Witnessed> {
    let conflict: Conflict = serde_json::from_str(&text(&place(path, CONFLICT))?).ok()?;
    let is_same = |tx: &ReadTx| {
        let row = tx.log_rows(conflict.seq..=conflict.seq)?.next().transpose()?;
        Ok::<_, StoreError>(row.is_some_and(|row| row.hash.to_string() == conflict.hash))
    };
    let same = conflict.store_id == tx.store_id().to_string() && is_same(tx).ok()?;
    same.then_some(conflict.witnessed)
}

/// It was heeded.
pub(crate) fn forget_conflict(store: &Path) {
    // Where it cannot be removed it names a store that is no more.
    let _ = std::fs::remove_file(place(store, CONFLICT));
}

/// Whether a store has a checkpoint that somebody else holds: one that does not know of it was rolled back.
pub(crate) fn is_in(tx: &ReadTx, held: &SignedCheckpoint) -> Result<bool, StoreError> {
    let size = held.checkpoint.size;
    let kept = tx.checkpoints(size..=size)?.next().transpose()?;
    Ok(kept.is_some_and(|(_, note)| {
        SignedCheckpoint::unproved(&note).is_ok_and(|kept| kept.checkpoint == held.checkpoint)
    }))
}

/// The checkpoint beside a store, if our key signed it, and of which store it is.
pub(crate) fn head(store: &Path, key: &LogKey) -> Option<(StoreId, SignedCheckpoint)> {
    let signed = read(store)?;
    let name = signed.checkpoint.origin.as_str();
    let id = StoreId::parse(name.rsplit_once('/')?.1).filter(|id| origin(id) == name)?;
    let proved = Note::parse(&signed.note).ok()?.proved_by(&key.verifier(name).ok()?).is_ok();
    proved.then_some((id, signed))
}

#[derive(Deserialize)]
struct Conflict {
    store_id: String,
    seq: u64,
    hash: String,
    witnessed: Witnessed,
}

fn read(store: &Path) -> Option<SignedCheckpoint> {
    SignedCheckpoint::unproved(&text(&place(store, HEAD))?).ok()
}

fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

fn place(store: &Path, ending: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn away(error: &dyn std::fmt::Display) -> WitnessError {
    WitnessError::Away(error.to_string())
}
