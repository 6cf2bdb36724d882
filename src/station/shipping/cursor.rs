//! How far a target has come: a record of the store, by the target's name.

use crate::archive::ship::{BATCH, Parcel, ShipError};
use crate::log::{ChainHash, Head};
use crate::store::{ReadTx, Store, StoreError, Table};
use serde::{Deserialize, Serialize};

/// The last row that a place has for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    /// Which place: another one gets the log from its beginning.
    place: String,
    /// The row's number, 0 before the first.
    pub(super) seq: u64,
    /// Its hash.
    hash: String,
}

impl Cursor {
    /// Where the target of this name had come to, at this place.
    pub(super) fn read(store: &Store, name: &str, place: &str) -> Result<Self, StoreError> {
        let kept: Option<Self> = store.read(|tx| tx.get(Table::Shipping, name))?;
        let start = || Self { place: place.to_owned(), seq: 0, hash: ChainHash::default().to_string() };
        Ok(kept.filter(|cursor| cursor.place == place).unwrap_or_else(start))
    }

    /// Keeps it. Only called after the target has said that it has the row.
    pub(super) async fn keep(&self, store: &Store, name: &'static str) -> Result<(), StoreError> {
        let cursor = self.clone();
        store.transact_async(move |tx| tx.put(Table::Shipping, name, &cursor)).await
    }

    /// After so many rows more.
    pub(super) fn after(&self, parcels: &[Parcel]) -> Self {
        let last = parcels.last().map(|last| (last.seq, last.hash.to_string()));
        let (seq, hash) = last.unwrap_or_else(|| (self.seq, self.hash.clone()));
        Self { place: self.place.clone(), seq, hash }
    }

    /// The cursor of a place that has lost everything after this number.
    pub(super) fn back_to(&self, store: &Store, seq: u64) -> Result<Self, StoreError> {
        let row = store.read(|tx| tx.log_rows(seq..=seq)?.next().transpose())?;
        let (seq, hash) = row.map_or_else(|| (0, ChainHash::default()), |row| (row.seq, row.hash));
        Ok(Self { place: self.place.clone(), seq, hash: hash.to_string() })
    }

    /// The next rows. The store's own row at the cursor must still be the one that was sent, and each row must follow
    /// from the one before: a store that was rolled back or rewritten sends nothing.
    pub(super) fn next(&self, tx: &ReadTx) -> Result<Vec<Parcel>, NextError> {
        let mut before = self.head(tx)?;
        let last = self.seq.saturating_add(BATCH as u64);
        let mut parcels = Vec::new();
        for row in tx.log_rows(self.seq.saturating_add(1)..=last)? {
            let row = row?;
            if before.append(&tx.store_id(), &row.body) != (Head { seq: row.seq, hash: row.hash }) {
                // What is sound is sent first.
                if parcels.is_empty() {
                    return Err(NextError::Broken { seq: row.seq });
                }
                break;
            }
            let prev = std::mem::replace(&mut before, Head { seq: row.seq, hash: row.hash }).hash;
            parcels.push(Parcel { seq: row.seq, prev, hash: row.hash, body: row.body });
        }
        Ok(parcels)
    }

    fn head(&self, tx: &ReadTx) -> Result<Head, NextError> {
        if self.seq == 0 {
            return Ok(Head::default());
        }
        let row = tx.log_rows(self.seq..=self.seq)?.next().transpose()?;
        match row {
            Some(row) if row.hash.to_string() == self.hash => Ok(Head { seq: row.seq, hash: row.hash }),
            _ => Err(NextError::Forked(ShipError::Forked { seq: self.seq })),
        }
    }
}

/// Why there is nothing to send.
#[derive(Debug, thiserror::Error)]
pub(super) enum NextError {
    /// The store cannot be read now.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store does not hold what was sent.
    #[error(transparent)]
    Forked(ShipError),
    /// The store's own chain is broken.
    #[error(
        "{seq}番の記録がその前の記録とつながりません。送信を停止しました。「kyukyu log verify」で検証してください"
    )]
    Broken {
        /// Where.
        seq: u64,
    },
}

#[cfg(test)]
#[path = "cursor_tests.rs"]
mod tests;
