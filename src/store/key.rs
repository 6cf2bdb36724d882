//! The station's key: 32 bytes in a file that only the station may read.

use super::error::{Cause, StoreError};
use super::file;
use rustix::fs::{CWD, RenameFlags};
use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use zeroize::Zeroizing;

const LENGTH: usize = 32;

/// The key that seals the records; wiped when dropped, never printed.
pub struct StationKey(Zeroizing<[u8; LENGTH]>);

impl StationKey {
    /// Makes a new key and writes it to a new file of mode 0400.
    ///
    /// # Errors
    /// There is such a file already, or it cannot be written.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        make(path).map(Self)
    }

    /// Reads a key.
    ///
    /// A systemd credential belongs to root and shows mode 0440 or 0400 with an access list; a file of our own
    /// must be closed to everybody else.
    pub fn load(path: &Path) -> Result<Self, StoreError> {
        read(path).map(Self)
    }

    /// A key of given bytes, for tests and for a key that arrives otherwise than in a file.
    pub fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl std::fmt::Debug for StationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StationKey(..)")
    }
}

/// Makes 32 random bytes and writes them to a new file of mode 0400.
pub(super) fn make(path: &Path) -> Result<Zeroizing<[u8; LENGTH]>, StoreError> {
    file::check_parent(path)?;
    let mut key = Zeroizing::new([0; LENGTH]);
    getrandom::fill(key.as_mut_slice())
        .map_err(|cause| StoreError::Host { cause: Cause::words(&cause.to_string()) })?;
    // Whole under another name first: a power cut must not leave half a key under this one.
    let making = file::beside(path, ".new");
    let _ = std::fs::remove_file(&making);
    let mut written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o400)
        .open(&making)
        .map_err(|cause| file::creating(&making, cause))?;
    let named = written
        .write_all(key.as_slice())
        .and_then(|()| written.sync_all())
        .map_err(|cause| StoreError::file(path, cause))
        .and_then(|()| {
            rustix::fs::renameat_with(CWD, &making, CWD, path, RenameFlags::NOREPLACE)
                .map_err(|errno| file::creating(path, errno.into()))
        });
    named.inspect_err(|_| drop(std::fs::remove_file(&making)))?;
    file::sync_parent(path)?;
    Ok(key)
}

/// Reads 32 bytes that nobody else can read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<[u8; LENGTH]>, StoreError> {
    let opened = file::open_nofollow(path, OpenOptions::new().read(true));
    let mut opened = opened.map_err(|error| match error {
        StoreError::Missing { path } => StoreError::NoKey { path },
        other => other,
    })?;
    let about = file::regular(path, &opened)?;
    let (own, mode) = (file::our_uid(), about.mode() & 0o7777);
    let lets_in = if about.uid() == 0 && own != 0 { 0o037 } else { 0o077 };
    if about.uid() != own && about.uid() != 0 {
        return Err(StoreError::Owner { path: path.to_owned(), uid: about.uid() });
    }
    if mode & lets_in != 0 {
        return Err(StoreError::Mode { path: path.to_owned(), mode, wanted: "0400" });
    }
    let mut key = Zeroizing::new([0; LENGTH]);
    let wrong = || StoreError::KeyFile { path: path.to_owned() };
    if about.len() != LENGTH as u64 {
        return Err(wrong());
    }
    opened.read_exact(key.as_mut_slice()).map_err(|_| wrong())?;
    Ok(key)
}
