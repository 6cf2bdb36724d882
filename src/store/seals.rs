//! Signed checkpoints as they are kept: in the clear, by size, beside the log.

use super::error::StoreError;
use crate::log::{SignedCheckpoint, VerifierKey};
use redb::{ReadOnlyTable, ReadableTable};
use std::ops::RangeInclusive;

/// Where the verifier key stands among what the store knows of itself.
pub(super) const KEY: &str = "log_key";

/// A note as it is kept. What is no text is given on with marks in it: it is for the check to say that it is no note.
fn text(note: &[u8]) -> String {
    String::from_utf8_lossy(note).into_owned()
}

/// The newest one, if there is one that can be read.
pub(super) fn newest(
    kept: &impl ReadableTable<u64, &'static [u8]>,
) -> Result<Option<SignedCheckpoint>, StoreError> {
    Ok(kept.last()?.and_then(|(_, note)| SignedCheckpoint::unproved(&text(note.value())).ok()))
}

/// Those with sizes in a range, in order.
pub(super) fn rows(
    kept: &ReadOnlyTable<u64, &'static [u8]>,
    range: RangeInclusive<u64>,
) -> Result<impl Iterator<Item = Result<(u64, String), StoreError>> + use<>, StoreError> {
    Ok(kept.range(range)?.map(|row| {
        let (size, note) = row?;
        Ok((size.value(), text(note.value())))
    }))
}

/// The key of the log, if one was made.
pub(super) fn key(
    meta: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Option<VerifierKey>, StoreError> {
    let Some(kept) = meta.get(KEY)? else { return Ok(None) };
    let damaged = |_| StoreError::damaged("操作ログの検証鍵");
    VerifierKey::parse(&text(kept.value())).map(Some).map_err(damaged)
}
