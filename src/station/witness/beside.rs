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
use crate::log::{LogKey, Note, SignedCheckpoint, StoreId, Witnessed, origin};
use crate::store::{ReadTx, Store, StoreError, replace};
use serde::{Deserialize, Serialize};
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
        "保存ファイルの隣の控え"
    }

    fn newest(
        &mut self,
        ours: &dyn Fn(&SignedCheckpoint) -> bool,
    ) -> Result<Option<SignedCheckpoint>, WitnessError> {
        Ok(read(&self.path).filter(ours))
    }

    fn keep(&mut self, signed: &SignedCheckpoint) -> Result<(), WitnessError> {
        replace(&place(&self.path, HEAD), signed.note.as_bytes()).map_err(|error| away(&error))?;
        self.keep_accounts()
    }
}

/// Says for the next start that a witness holds another history of this store's log.
pub(crate) fn note_conflict(store: &Path, id: &StoreId, witnessed: &Witnessed) -> Result<(), WitnessError> {
    let conflict = Conflict { store_id: id.to_string(), witnessed: witnessed.clone() };
    let bytes = serde_json::to_vec(&conflict).map_err(|error| away(&error))?;
    replace(&place(store, CONFLICT), &bytes).map_err(|error| away(&error))
}

/// What was noted of this store.
pub(crate) fn conflict(store: &Path, id: &StoreId) -> Option<Witnessed> {
    let conflict: Conflict = serde_json::from_str(&text(&place(store, CONFLICT))?).ok()?;
    (conflict.store_id == id.to_string()).then_some(conflict.witnessed)
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

#[derive(Serialize, Deserialize)]
struct Conflict {
    store_id: String,
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
