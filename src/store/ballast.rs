//! Space held back, so that "the disk is full" can still be written into the log.

use super::file;
use rustix::fs::FallocateFlags;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Enough for some hundred entries: a commit of one entry rewrites about a dozen pages of 4 KiB.
const SIZE: u64 = 8 << 20;

/// How much must be free before the space is taken back: else what was just given would be taken at once.
const REGAIN: u64 = 3 * SIZE;

#[derive(Debug)]
pub(super) struct Ballast(PathBuf);

impl Ballast {
    pub(super) fn beside(store: &Path) -> Self {
        Self(file::beside(store, ".ballast"))
    }

    /// Whether the space is held, if need be after taking it now.
    pub(super) fn hold(&self) -> bool {
        let held = std::fs::symlink_metadata(&self.0)
            .is_ok_and(|about| about.is_file() && about.len() == SIZE && about.blocks() * 512 >= SIZE);
        held || self.take(SIZE)
    }

    /// Takes the space back once there is plenty again. Tried by allocating, for free blocks say nothing of
    /// quotas.
    pub(super) fn regain(&self) -> bool {
        self.take(REGAIN)
    }

    pub(super) fn release(&self) {
        let _ = std::fs::remove_file(&self.0);
    }

    fn take(&self, room: u64) -> bool {
        self.allocate(room).inspect_err(|_| self.release()).is_ok()
    }

    fn allocate(&self, room: u64) -> std::io::Result<()> {
        self.release();
        let mut file = OpenOptions::new().write(true).create_new(true).mode(file::MODE).open(&self.0)?;
        match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, room) {
            Ok(()) => {}
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => fill(&mut file, room)?,
            Err(errno) => return Err(errno.into()),
        }
        file.set_len(SIZE)?;
        file.sync_all()
    }
}

/// For file systems that cannot reserve: blocks that were written are blocks that are there.
fn fill(file: &mut File, room: u64) -> std::io::Result<()> {
    let block = [0; 16 << 10];
    for _ in 0..room / block.len() as u64 {
        file.write_all(&block)?;
    }
    Ok(())
}
