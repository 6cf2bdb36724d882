//! One owner: a lock beside the store that says who it is.
//!
//! redb locks its file too, but cannot say by whom, and lets go of the lock for a moment when the handle is
//! opened anew after an I/O error. This one is held from the first look at the store to the last.

use super::error::{Cause, StoreError};
use super::file;
use rustix::fs::FlockOperation;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

/// Held while the process owns the store; the kernel lets go of it when the process dies.
#[derive(Debug)]
pub(super) struct OwnerLock(#[allow(dead_code)] File);

impl OwnerLock {
    pub(super) fn take(store: &Path) -> Result<Self, StoreError> {
        file::check_parent(store)?;
        let path = file::beside(store, ".lock");
        let mut lock = file::open_nofollow(
            &path,
            OpenOptions::new().read(true).write(true).create(true).truncate(false),
        )?;
        file::regular(&path, &lock)?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(StoreError::AlreadyRunning { pid: written_pid(&mut lock) });
            }
            Err(errno) => {
                return Err(StoreError::File { path, cause: Cause::new(std::io::Error::from(errno)) });
            }
        }
        // Only a courtesy to whoever comes second, so a full disk must not keep us from starting.
        let _ = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        Ok(Self(lock))
    }
}

fn written_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.rewind().ok()?;
    lock.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
