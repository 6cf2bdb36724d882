//! The only place that touches files: by name below an open folder, never through a link, never half.

use super::message::OddReason;
use crate::domain::SafeText;
use crate::exchange::answer::MAX_ANSWER_BYTES;
use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

/// A folder that is open for one round of work. Opened anew each time: a share may go and come back.
pub(super) struct OpenFolder {
    fd: OwnedFd,
    /// Device and inode, to see that it was replaced.
    pub(super) id: (u64, u64),
}

/// Tells one state of a file from the next without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// What stands under a name.
pub(super) enum Look {
    /// Nothing.
    Absent,
    /// It cannot be opened now: locked by its writer, or the share has a moment.
    Busy,
    /// Never opened.
    Odd(OddReason),
    /// A regular file of one name.
    Regular(Stamp),
}

#[allow(clippy::unnecessary_cast, clippy::cast_lossless, clippy::useless_conversion)] // widths differ by platform
fn stamp(stat: &Stat) -> Stamp {
    Stamp {
        inode: stat.st_ino as u64,
        size: u64::try_from(stat.st_size).unwrap_or(u64::MAX),
        modified: (stat.st_mtime as i64, i64::try_from(stat.st_mtime_nsec).unwrap_or(0)),
        changed: (stat.st_ctime as i64, i64::try_from(stat.st_ctime_nsec).unwrap_or(0)),
    }
}

fn judge(stat: &Stat) -> Look {
    let stamp = stamp(stat);
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Symlink => Look::Odd(OddReason::Symlink),
        FileType::RegularFile if stat.st_nlink > 1 => Look::Odd(OddReason::HardLink),
        FileType::RegularFile if stamp.size > MAX_ANSWER_BYTES => Look::Odd(OddReason::TooLarge),
        FileType::RegularFile => Look::Regular(stamp),
        _ => Look::Odd(OddReason::NotAFile),
    }
}

impl OpenFolder {
    /// Opens a folder of the configuration; a link there is the administrator's business.
    #[allow(clippy::unnecessary_cast, clippy::cast_lossless)]
    pub(super) fn open(path: &Path) -> Result<Self, Errno> {
        let fd = fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let stat = fs::fstat(&fd)?;
        Ok(Self { fd, id: (stat.st_dev as u64, stat.st_ino as u64) })
    }

    /// Looks at a name without opening it.
    pub(super) fn look(&self, name: &str) -> Look {
        match fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => judge(&stat),
            Err(Errno::NOENT | Errno::NOTDIR) => Look::Absent,
            Err(_) => Look::Busy,
        }
    }

    /// Whether a name is gone; `None` where the folder does not say.
    pub(super) fn gone(&self, name: &str) -> Option<bool> {
        match fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Some(false),
            Err(Errno::NOENT) => Some(true),
            Err(_) => None,
        }
    }

    /// Reads a whole file that [`OpenFolder::look`] called regular; `None` where it changed or is locked.
    pub(super) fn read(&self, name: &str, expected: Stamp) -> Option<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = fs::openat(&self.fd, name, flags, Mode::empty()).ok()?;
        let same = |stat: &Stat| matches!(judge(stat), Look::Regular(now) if now == expected);
        if !same(&fs::fstat(&fd).ok()?) {
            return None;
        }
        let mut file = File::from(fd);
        let mut bytes = Vec::with_capacity(usize::try_from(expected.size).unwrap_or(0));
        std::io::Read::by_ref(&mut file).take(MAX_ANSWER_BYTES + 1).read_to_end(&mut bytes).ok()?;
        let unchanged = same(&fs::fstat(&file).ok()?) && bytes.len() as u64 == expected.size;
        unchanged.then_some(bytes)
    }

    /// Writes under a name that the link software does not match, then renames: never a half file, never over
    /// another. On an error nothing was sent and nothing is left behind.
    pub(super) fn write_new(&self, temporary: &str, name: &str, bytes: &[u8]) -> Result<(), Errno> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP;
        let fd = fs::openat(&self.fd, temporary, flags, mode)?;
        let mut file = File::from(fd);
        let written = file.write_all(bytes).and_then(|()| file.sync_all()).map_err(errno);
        drop(file);
        if let Err(error) = written.and_then(|()| self.rename_new(temporary, name)) {
            // A share can do a rename and lose its answer. Only where the temporary file still stands was nothing
            // sent; otherwise the request may be there, and its answer is looked for.
            if self.gone(temporary) == Some(false) {
                let _ = fs::unlinkat(&self.fd, temporary, AtFlags::empty());
                return Err(error);
            }
        }
        // Shares often cannot sync a folder, and the request is there already.
        let _ = fs::fsync(&self.fd);
        Ok(())
    }

    fn rename_new(&self, from: &str, to: &str) -> Result<(), Errno> {
        match fs::renameat_with(&self.fd, from, &self.fd, to, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match self.gone(to) {
                Some(true) => fs::renameat(&self.fd, from, &self.fd, to),
                Some(false) => Err(Errno::EXIST),
                None => Err(Errno::IO),
            },
            other => other,
        }
    }

    /// Takes a file of ours back in one step, then deletes it. `Ok(false)`: it was not there.
    pub(super) fn withdraw(&self, name: &str, temporary: &str) -> Result<bool, Errno> {
        match self.rename_new(name, temporary) {
            Ok(()) => {
                let _ = fs::unlinkat(&self.fd, temporary, AtFlags::empty());
                Ok(true)
            }
            Err(Errno::NOENT) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Creates and deletes a file.
    pub(super) fn probe(&self, temporary: &str) -> Result<(), Errno> {
        let _ = fs::unlinkat(&self.fd, temporary, AtFlags::empty());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        fs::openat(&self.fd, temporary, flags, Mode::RUSR | Mode::WUSR)?;
        fs::unlinkat(&self.fd, temporary, AtFlags::empty())
    }

    /// Deletes a regular file.
    pub(super) fn remove(&self, name: &str) {
        if matches!(self.look(name), Look::Regular(_)) {
            let _ = fs::unlinkat(&self.fd, name, AtFlags::empty());
        }
    }

    /// Calls back with every name, as bytes; foreign files are not even looked at.
    pub(super) fn names(&self, mut each: impl FnMut(&[u8])) -> Result<(), Errno> {
        for entry in Dir::read_from(&self.fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                each(name);
            }
        }
        Ok(())
    }
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn errno(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

/// The system's answer in a few words.
pub(super) fn reason(errno: Errno) -> SafeText {
    match errno {
        Errno::NOENT => "見つかりません".into(),
        Errno::NOTDIR => "フォルダではありません".into(),
        Errno::ACCESS | Errno::PERM => "権限がありません".into(),
        Errno::ROFS => "読み取り専用です".into(),
        Errno::NOSPC | Errno::DQUOT => "空き容量がありません".into(),
        Errno::EXIST => "同じ名前のファイルがあります".into(),
        Errno::HOSTDOWN | Errno::HOSTUNREACH | Errno::STALE | Errno::TIMEDOUT => "接続が切れています".into(),
        other => SafeText::new(&std::io::Error::from(other).to_string()),
    }
}
