//! The log of a store that is not in use: one that was put aside, or that an auditor was given. No key is needed, for the
//! log is in the clear, and the file stays as it is.

use super::copy;
use super::error::StoreError;
use super::medium::guarded;
use super::meta::Identity;
use super::read;
use super::table::META;
use crate::log::{Checked, Outside, VerifierKey};
use redb::ReadableDatabase as _;
use std::path::Path;

/// Checks the log in a file, against what somebody outside has kept; with a key that was written down, only that counts.
///
/// # Errors
/// It cannot be read, is no store, or so damaged that its log cannot be read to its end.
pub fn check_file(
    path: &Path,
    outside: Option<&Outside>,
    trusted: Option<VerifierKey>,
) -> Result<Checked, StoreError> {
    let database = copy::open(path)?;
    guarded(|| {
        let txn = database.begin_read()?;
        let identity = Identity::read(&txn.open_table(META)?)?;
        read::check(&txn, identity.store, outside, trusted, &[])
    })
    .map_err(|error| match error {
        StoreError::Panicked => StoreError::damaged("データベースの構造"),
        other => other,
    })
}
