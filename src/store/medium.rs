//! What the database lies on: a file in real life, a disk that loses power in the tests.

use super::ballast::Ballast;
use super::error::StoreError;
use super::file;
use super::prefetch::read_through;
use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError};
use rustix::fs::Advice;
use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The default of 1 GiB reached 467 MB of memory at a million entries.
const CACHE_BYTES: usize = 16 << 20;

/// Something that a database can be opened on, again and again.
pub(super) trait Medium: Send + Sync + 'static {
    /// Opens the existing database.
    fn open(&self) -> Result<Database, StoreError>;

    /// Whether space is held back for emergencies, if need be after taking it now.
    fn hold_ballast(&self) -> bool;

    /// Whether the space could be taken back, after it was given.
    fn regain_ballast(&self) -> bool;

    /// Gives that space back to the file system.
    fn release_ballast(&self);
}

/// The decided settings. The integrity check sees what redb would otherwise trust, or panic on.
pub(super) fn settings() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
    builder
}

thread_local! {
    /// How many guards stand around what this thread does.
    static GUARDS: Cell<u32> = const { Cell::new(0) };
}

/// Runs redb where it may panic on a damaged page.
pub(super) fn guarded<T, E: Into<StoreError>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, StoreError> {
    GUARDS.set(GUARDS.get().saturating_add(1));
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDS.set(GUARDS.get().saturating_sub(1));
    done.map_err(|_| StoreError::Panicked)?.map_err(Into::into)
}

/// From now on a panic that is caught here leaves one line in the program's log, and no trace on the screen: whoever
/// waits for what was asked is told what it means. All others are reported as before.
pub fn quiet_guarded_panics() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if GUARDS.get() == 0 {
            others(info);
        } else {
            tracing::debug!(place = info.location().map(ToString::to_string), "the store met damage");
        }
    }));
}

#[derive(Debug)]
pub(super) struct FileMedium {
    path: PathBuf,
    ballast: Ballast,
}

impl FileMedium {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), ballast: Ballast::beside(path) }
    }

    /// Makes a new, empty database in a new file.
    pub(super) fn create(path: &Path) -> Result<Database, StoreError> {
        let created = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(file::MODE)
            .open(path)
            .map_err(|cause| file::creating(path, cause))?;
        guarded(|| database(created))
    }
}

fn database(file: File) -> Result<Database, DatabaseError> {
    settings().create_with_backend(FileBackend::new(file)?)
}

impl Medium for FileMedium {
    fn open(&self) -> Result<Database, StoreError> {
        let opened = file::open_owned(&self.path)?;
        let length = opened.metadata().map_err(|cause| StoreError::file(&self.path, cause))?.len();
        // redb would make a new database of an empty file.
        if length == 0 {
            return Err(StoreError::damaged("ファイルが空です"));
        }
        // After a failed write the cache may hold what the disk does not; judge by the disk.
        let _ = rustix::fs::fadvise(&opened, 0, None, Advice::DontNeed);
        read_through(&opened);
        guarded(|| database(opened)).map_err(|error| match error {
            StoreError::Panicked => StoreError::damaged("データベースの構造"),
            other => other,
        })
    }

    fn hold_ballast(&self) -> bool {
        self.ballast.hold()
    }

    fn regain_ballast(&self) -> bool {
        self.ballast.regain()
    }

    fn release_ballast(&self) {
        self.ballast.release();
    }
}
