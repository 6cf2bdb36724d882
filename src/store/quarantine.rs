//! A damaged store is put aside, never repaired in place and never deleted: it is evidence.

use super::error::StoreError;
use super::file;
use super::lock::OwnerLock;
use rustix::fs::{CWD, RenameFlags};
use std::path::{Path, PathBuf};

/// Renames a store that nobody has open to `<path>.damaged-<n>` and gives the new name. What comes next (a
/// new store whose first entry names the old one's id and last known head) is the caller's to decide.
///
/// # Errors
/// The store is in use, is not there, or cannot be renamed.
pub fn quarantine(path: &Path) -> Result<PathBuf, StoreError> {
    let _lock = OwnerLock::take(path)?;
    for n in 1..=u32::from(u16::MAX) {
        let aside = file::beside(path, &format!(".damaged-{n}"));
        match rustix::fs::renameat_with(CWD, path, CWD, &aside, RenameFlags::NOREPLACE) {
            Ok(()) => {
                file::sync_parent(path)?;
                return Ok(aside);
            }
            Err(rustix::io::Errno::EXIST) => {}
            Err(errno) => return Err(StoreError::file(path, errno.into())),
        }
    }
    Err(StoreError::Exists { path: file::beside(path, ".damaged-65535") })
}
