//! Opening a store that is only looked at: on a copy without a name, for opening a database repairs it.

use super::error::StoreError;
use super::file;
use super::medium::guarded;
use redb::Database;
use redb::backends::FileBackend;
use std::fs::{File, OpenOptions};
use std::path::Path;

const CACHE_BYTES: usize = 16 << 20;

/// Opens what can be opened, without the integrity check: the file is known to be damaged, or will be checked by whoever
/// reads it.
pub(super) fn open(path: &Path) -> Result<Database, StoreError> {
    let copy = copied(path)?;
    guarded(|| Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(FileBackend::new(copy)?))
        .map_err(|error| match error {
            StoreError::Panicked => StoreError::damaged("データベースの構造"),
            other => other,
        })
}

/// Beside the file, where the file system may let both share their blocks; where there is no room or no right, in the
/// usual place.
fn copied(path: &Path) -> Result<File, StoreError> {
    let mut source = file::open_nofollow(path, OpenOptions::new().read(true))?;
    if file::regular(path, &source)?.len() == 0 {
        // redb would make a new database of an empty file.
        return Err(StoreError::damaged("ファイルが空です"));
    }
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let failed = |cause| StoreError::file(path, cause);
    let mut copy = tempfile::tempfile_in(folder).or_else(|_| tempfile::tempfile()).map_err(failed)?;
    std::io::copy(&mut source, &mut copy).map_err(failed)?;
    Ok(copy)
}
