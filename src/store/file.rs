//! Opening files of the store: no links, plain files only, the right owner and mode.

use super::error::{Cause, StoreError};
use rustix::fs::OFlags;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The mode of every file of the store.
pub(super) const MODE: u32 = 0o600;

/// The file beside the store with this ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

pub(super) fn our_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Opens without following a link in the last part of the path.
pub(super) fn open_nofollow(path: &Path, options: &mut OpenOptions) -> Result<File, StoreError> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
    options.custom_flags(flags).mode(MODE).open(path).map_err(|cause| {
        if cause.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            StoreError::NotRegular { path: path.to_owned() }
        } else {
            StoreError::file(path, cause)
        }
    })
}

/// What is known of an open file, if it is a plain one with one name.
pub(super) fn regular(path: &Path, file: &File) -> Result<Metadata, StoreError> {
    let about = file.metadata().map_err(|cause| StoreError::file(path, cause))?;
    if about.is_file() && about.nlink() <= 1 {
        Ok(about)
    } else {
        Err(StoreError::NotRegular { path: path.to_owned() })
    }
}

/// Opens an existing file of the store for reading and writing.
///
/// The mode is judged even where root could write anyway: 0400 says that somebody wants it left alone.
pub(super) fn open_owned(path: &Path) -> Result<File, StoreError> {
    check_parent(path)?;
    // Judged first by the path alone, so that a read-only file is refused with its mode, not as a failure.
    let about = std::fs::symlink_metadata(path).map_err(|cause| StoreError::file(path, cause))?;
    if about.is_file() {
        check_owned(path, &about)?;
    }
    let file = open_nofollow(path, OpenOptions::new().read(true).write(true))?;
    check_owned(path, &regular(path, &file)?)?;
    Ok(file)
}

fn check_owned(path: &Path, about: &Metadata) -> Result<(), StoreError> {
    if about.uid() != our_uid() {
        return Err(StoreError::Owner { path: path.to_owned(), uid: about.uid() });
    }
    let mode = about.mode() & 0o7777;
    if mode == MODE { Ok(()) } else { Err(StoreError::Mode { path: path.to_owned(), mode, wanted: "0600" }) }
}

/// Whoever can write the folder can exchange the file, so it must be ours or root's alone.
pub(super) fn check_parent(path: &Path) -> Result<(), StoreError> {
    let parent = parent(path);
    let about = std::fs::metadata(parent).map_err(|cause| StoreError::file(parent, cause))?;
    if about.uid() != our_uid() && about.uid() != 0 {
        return Err(StoreError::Owner { path: parent.to_owned(), uid: about.uid() });
    }
    let mode = about.mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(StoreError::Mode { path: parent.to_owned(), mode, wanted: "0700 または 0755" });
    }
    Ok(())
}

/// Makes a rename, creation or removal in the file's folder durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let parent = parent(path);
    File::open(parent)
        .and_then(|folder| folder.sync_all())
        .map_err(|cause| StoreError::File { path: parent.to_owned(), cause: Cause::new(cause) })
}

/// Writes a whole file over the one before, or leaves that as it was.
///
/// # Errors
/// The folder is open to others, or the file cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    check_parent(path)?;
    let building = beside(path, ".new");
    let _ = std::fs::remove_file(&building);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(&building)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&building, path));
    if let Err(cause) = written {
        let _ = std::fs::remove_file(&building);
        return Err(StoreError::file(path, cause));
    }
    sync_parent(path)
}

pub(super) fn creating(path: &Path, cause: io::Error) -> StoreError {
    match cause.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Exists { path: path.to_owned() },
        _ => StoreError::file(path, cause),
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
