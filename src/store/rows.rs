//! Reading the log's rows, the same from a snapshot and from within a transaction.

use super::error::StoreError;
use crate::log::canonical::{self, CanonicalError};
use crate::log::{ChainHash, Entry};
use redb::ReadableTable;

/// One row of the log as it is kept: what a verifier, an export or an archive takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its number.
    pub seq: u64,
    /// Its chain hash.
    pub hash: ChainHash,
    /// Its canonical bytes.
    pub body: Vec<u8>,
}

impl Logged {
    /// The entry that the bytes say.
    pub fn entry(&self) -> Result<Entry, CanonicalError> {
        canonical::decode(&self.body)
    }
}

/// Some entries, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Numbers of rows that cannot be read as entries; to be shown as such, never left out.
    pub unreadable: Vec<u64>,
    /// Where to go on: pass as `before`. Absent at the beginning of the log.
    pub next: Option<u64>,
}

/// How many rows one page looks at before it answers with what it has, however few match.
const LOOKED_AT: usize = 10_000;

/// Writes a row's value.
pub(super) fn row(hash: &ChainHash, body: &[u8]) -> Vec<u8> {
    [&hash.0, body].concat()
}

/// Reads a row's value in its place.
pub(super) fn split(row: &[u8]) -> Result<(ChainHash, &[u8]), StoreError> {
    let (hash, body) =
        row.split_first_chunk::<32>().ok_or_else(|| StoreError::damaged("操作ログの記録の長さ"))?;
    Ok((ChainHash(*hash), body))
}

/// The same to keep.
pub(super) fn logged(seq: u64, row: &[u8]) -> Result<Logged, StoreError> {
    let (hash, body) = split(row)?;
    Ok(Logged { seq, hash, body: body.to_vec() })
}

/// Up to `limit` entries that `keep` wants, newest first, with numbers from `from` on and below `before`.
pub(super) fn page(
    log: &impl ReadableTable<u64, &'static [u8]>,
    from: u64,
    before: Option<u64>,
    limit: usize,
    mut keep: impl FnMut(&Entry) -> bool,
) -> Result<Page, StoreError> {
    let mut page = Page::default();
    let rows = log.range(from..before.unwrap_or(u64::MAX).max(from))?.rev();
    for (looked_at, found) in rows.enumerate() {
        if looked_at >= LOOKED_AT || page.entries.len() >= limit {
            return Ok(page);
        }
        let (seq, row) = found?;
        let logged = logged(seq.value(), row.value())?;
        match logged.entry() {
            Ok(entry) if keep(&entry) => page.entries.push(entry),
            Ok(_) => {}
            Err(_) => page.unreadable.push(logged.seq),
        }
        page.next = Some(logged.seq);
    }
    page.next = None;
    Ok(page)
}
