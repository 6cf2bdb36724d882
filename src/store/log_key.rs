//! The file of the key that signs the log's checkpoints: 32 bytes that only the station may read.
//!
//! A key of its own, not the one that seals the records: it can be moved to another place, or exchanged, without
//! touching them, and who restores a copy of the store elsewhere need not be given it.

use super::error::StoreError;
use super::key;
use crate::log::LogKey;
use std::path::Path;

/// Reads the key, or makes it where there is none. Whether it was made.
///
/// # Errors
/// The file is another's, open to others, no key, or cannot be written.
pub fn open_log_key(path: &Path) -> Result<(LogKey, bool), StoreError> {
    match key::read(path) {
        Ok(seed) => Ok((LogKey::from_seed(&seed), false)),
        Err(StoreError::NoKey { .. }) => Ok((LogKey::from_seed(&key::make(path)?), true)),
        Err(error) => Err(error),
    }
}
