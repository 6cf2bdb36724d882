//! What the store knows of itself: identity, written once for ever, and the tail of the log.

use super::error::{Cause, StoreError};
use super::seal::Sealer;
use super::table::META;
use crate::json;
use crate::log::{ChainHash, Frontier, Head, StoreId};
use redb::{ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

const IDENTITY: &str = "identity";
const SEALED_IDENTITY: &str = "sealed_identity";
const TAIL: &str = "tail";
const FORMAT: u32 = 1;

/// Real or training: decided when the store is made, and never again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// Real patients. Test trust anchors and software cards are never accepted.
    Real,
    /// 訓練. Everything done on it is marked.
    Training,
}

impl StoreKind {
    /// Whether it is 訓練.
    pub fn is_training(self) -> bool {
        self == Self::Training
    }
}

/// Who the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) store: StoreId,
    pub(super) kind: StoreKind,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    store_id: String,
    kind: StoreKind,
}

impl Identity {
    pub(super) fn new(kind: StoreKind) -> Result<Self, StoreError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)
            .map_err(|cause| StoreError::Host { cause: Cause::words(&cause.to_string()) })?;
        Ok(Self { store: StoreId(id), kind })
    }

    fn written(self) -> Written {
        Written { format: FORMAT, store_id: self.store.to_string(), kind: self.kind }
    }

    /// In the clear, so that an auditor can read it, and sealed, so that nobody without the key can change it.
    pub(super) fn write(self, txn: &WriteTransaction, sealer: &Sealer) -> Result<(), StoreError> {
        let clear = json::to_vec(&self.written())
            .map_err(|cause| StoreError::Unwritable { cause: Cause::new(cause) })?;
        let record = sealer.seal("meta", IDENTITY, &self.written())?;
        let mut meta = txn.open_table(META)?;
        meta.insert(IDENTITY, clear.as_slice())?;
        meta.insert(SEALED_IDENTITY, record.as_slice())?;
        Ok(())
    }

    pub(super) fn read(meta: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Self, StoreError> {
        let unknown = || StoreError::damaged("保管庫の識別情報");
        let clear = meta.get(IDENTITY)?.ok_or_else(unknown)?;
        let written: Written = json::from_slice(clear.value()).map_err(|_| unknown())?;
        if written.format != FORMAT {
            return Err(StoreError::Version);
        }
        let store = StoreId::parse(&written.store_id).ok_or_else(unknown)?;
        Ok(Self { store, kind: written.kind })
    }

    /// Opens the sealed copy: with another key it does not open, after a change in the clear it differs.
    pub(super) fn prove(
        self,
        meta: &impl ReadableTable<&'static str, &'static [u8]>,
        sealer: &Sealer,
    ) -> Result<(), StoreError> {
        let changed = || StoreError::damaged("保管庫の識別情報（実運用・訓練の別を含む）");
        let record = meta.get(SEALED_IDENTITY)?.ok_or_else(changed)?;
        let proved: Written =
            sealer.open("meta", IDENTITY, record.value()).map_err(|_| StoreError::WrongKey)?;
        if proved == self.written() { Ok(()) } else { Err(changed()) }
    }
}

/// Where the log stands; goes with every transaction that adds to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    pub(super) head: Head,
    pub(super) frontier: Frontier,
}

impl Tail {
    pub(super) fn read(meta: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Self, StoreError> {
        let Some(bytes) = meta.get(TAIL)? else { return Ok(Self::default()) };
        Self::from_bytes(bytes.value()).ok_or_else(|| StoreError::damaged("操作ログの末尾の情報"))
    }

    pub(super) fn write(&self, txn: &WriteTransaction) -> Result<(), StoreError> {
        let bytes = [&self.head.hash.0, self.frontier.to_bytes().as_slice()].concat();
        txn.open_table(META)?.insert(TAIL, bytes.as_slice())?;
        Ok(())
    }

    /// The frontier's size is the head's number: numbers have no gaps.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (hash, frontier) = bytes.split_first_chunk::<32>()?;
        let frontier = Frontier::from_bytes(frontier).ok()?;
        Some(Self { head: Head { seq: frontier.size(), hash: ChainHash(*hash) }, frontier })
    }
}
