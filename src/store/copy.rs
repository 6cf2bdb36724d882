//! Opening a store that is only looked at: on a copy without a name, for opening a database repairs it.

use super::error::StoreError;
use super::file;
use super::medium::guarded;
use redb::Database;
use redb::backends::FileBackend;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

const CACHE_BYTES: usize = 16 << 20;
/// That of the database, and of most disks.
const PAGE: usize = 4096;

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
    let source = file::open_nofollow(path, OpenOptions::new().read(true))?;
    if file::regular(path, &source)?.len() == 0 {
        // redb would make a new database of an empty file.
        return Err(StoreError::damaged("ファイルが空です"));
    }
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let whole = |copy: File| io::copy(&mut &source, &mut &copy).map(|_| copy);
    let readable = |copy: File| readable(&source, &copy).map(|()| copy);
    tempfile::tempfile_in(folder)
        .and_then(whole)
        .or_else(|_| tempfile::tempfile_in(folder).and_then(readable))
        .or_else(|_| tempfile::tempfile().and_then(readable))
        .map_err(|cause| StoreError::file(path, cause))
}

/// Copies page by page what can be read: one bad sector must not cost all the others.
fn readable(source: &File, copy: &File) -> io::Result<()> {
    let length = source.metadata()?.len();
    copy.set_len(length)?;
    let mut page = vec![0; PAGE];
    let mut at = 0;
    while at < length {
        // A page that cannot be read stays as it is in the copy: zeros.
        if let Ok(read) = source.read_at(&mut page, at) {
            copy.write_all_at(page.get(..read).unwrap_or_default(), at)?;
        }
        at = at.saturating_add(PAGE as u64);
    }
    Ok(())
}
