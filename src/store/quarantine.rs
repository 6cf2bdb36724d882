//! A damaged store is put aside, never repaired in place and never deleted: it is evidence.

use super::error::StoreError;
use super::file;
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use std::path::{Path, PathBuf};

/// Renames a file that nobody has open to `<store>.damaged-<n>` and gives the new name. None where there is no file.
///
/// # Errors
/// It cannot be renamed.
pub(super) fn aside(from: &Path, store: &Path) -> Result<Option<PathBuf>, StoreError> {
    for n in 1..=u16::MAX {
        let to = name(store, n);
        match rustix::fs::renameat_with(CWD, from, CWD, &to, RenameFlags::NOREPLACE) {
            Ok(()) => {
                file::sync_parent(store)?;
                return Ok(Some(to));
            }
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) if std::fs::symlink_metadata(&to).is_err() => {
                std::fs::rename(from, &to).map_err(|cause| StoreError::file(from, cause))?;
                file::sync_parent(store)?;
                return Ok(Some(to));
            }
            Err(Errno::EXIST | Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(errno) => return Err(StoreError::file(from, errno.into())),
        }
    }
    Err(StoreError::Exists { path: name(store, u16::MAX) })
}

/// The name that the next one will get.
pub(super) fn free_name(store: &Path) -> PathBuf {
    let free = (1..=u16::MAX).map(|n| name(store, n)).find(|path| std::fs::symlink_metadata(path).is_err());
    free.unwrap_or_else(|| name(store, u16::MAX))
}

fn name(store: &Path, n: u16) -> PathBuf {
    file::beside(store, &format!(".damaged-{n}"))
}
