//! A folder as witness: a USB stick, a share of another host. One file a checkpoint, never overwritten.
//!
//! ```text
//! <witness_folder>/kyukyu-<store id>/00000012/000000123456.note      size 123456, in the folder of its ten thousand
//! ```
//! The folder itself is never made: where a stick is not plugged in, its mount point must not be filled in its stead.

use super::{Witness, WitnessError};
use crate::log::{SignedCheckpoint, StoreId};
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Sizes in one folder: file systems of sticks hold some ten thousand names well, not a million.
const IN_ONE: u64 = 10_000;
/// More than any note.
const LONGEST: u64 = 16 * 1024;

pub(crate) struct FolderWitness {
    root: PathBuf,
    ours: PathBuf,
    /// The store's folder: a witness on the same disk is lost and changed with it.
    data: PathBuf,
}

impl FolderWitness {
    pub(crate) fn new(root: &Path, data: &Path, store: StoreId) -> Self {
        Self { root: root.to_owned(), ours: root.join(format!("kyukyu-{store}")), data: data.to_owned() }
    }

    fn check_root(&self) -> Result<(), WitnessError> {
        let about = fs::metadata(&self.root).map_err(|error| self.away(&self.root, &error))?;
        if !about.is_dir() {
            return Err(WitnessError::Away(format!("{} はフォルダではありません", self.root.display())));
        }
        Ok(())
    }

    fn away(&self, path: &Path, error: &io::Error) -> WitnessError {
        let advice = match error.kind() {
            io::ErrorKind::NotFound if !self.root.exists() => "フォルダがありません。媒体を接続してください",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "空きがありません。媒体を交換してください"
            }
            io::ErrorKind::ReadOnlyFilesystem => "書込み禁止です。媒体の書込み禁止を解除してください",
            io::ErrorKind::PermissionDenied => {
                "権限がありません。ステーションの利用者に書込みを許可してください"
            }
            _ => return WitnessError::Away(format!("{} を読み書きできません（{error}）", path.display())),
        };
        WitnessError::Away(format!("{}: {advice}", self.root.display()))
    }

    fn file(&self, size: u64) -> PathBuf {
        self.ours.join(format!("{:08}", size / IN_ONE)).join(format!("{size:012}.note"))
    }

    fn write(&self, path: &Path, note: &str) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.ours);
        make_folder(&self.ours)?;
        make_folder(folder)?;
        let building = path.with_extension("new");
        let _ = fs::remove_file(&building);
        let mut file = OpenOptions::new().write(true).create_new(true).open(&building)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        drop(file);
        rename(&building, path)?;
        sync(folder)
    }

    /// Whether it stands there as it is to be; an error where another one does.
    fn is_kept(&self, path: &Path, signed: &SignedCheckpoint) -> Result<bool, WitnessError> {
        match read(path) {
            Ok(kept) if kept == signed.note => Ok(true),
            Ok(held) => Err(WitnessError::Other { size: signed.checkpoint.size, held }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.away(path, &error)),
        }
    }
}

impl Witness for FolderWitness {
    fn name(&self) -> &'static str {
        let device = |path: &Path| fs::metadata(path).map(|about| about.dev()).ok();
        match (device(&self.root), device(&self.data)) {
            (Some(theirs), Some(ours)) if theirs == ours => "控えのフォルダ（保管庫と同じディスク上）",
            _ => "控えのフォルダ",
        }
    }

    fn newest(
        &mut self,
        ours: &dyn Fn(&SignedCheckpoint) -> bool,
    ) -> Result<Option<SignedCheckpoint>, WitnessError> {
        self.check_root()?;
        for folder in newest_first(&self.ours).map_err(|error| self.away(&self.ours, &error))? {
            for file in newest_first(&folder).map_err(|error| self.away(&folder, &error))? {
                // Files of others, and halves of ours, are left alone.
                if file.extension().is_none_or(|ending| ending != "note") {
                    continue;
                }
                let Ok(note) = read(&file) else { continue };
                if let Some(signed) = SignedCheckpoint::unproved(&note).ok().filter(|signed| ours(signed)) {
                    return Ok(Some(signed));
                }
            }
        }
        Ok(None)
    }

    fn keep(&mut self, signed: &SignedCheckpoint) -> Result<(), WitnessError> {
        self.check_root()?;
        let path = self.file(signed.checkpoint.size);
        if self.is_kept(&path, signed)? {
            return Ok(());
        }
        self.write(&path, &signed.note).map_err(|error| self.away(&path, &error))
    }
}

/// What is in a folder, the last name first; nothing where there is no folder.
fn newest_first(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries?,
    };
    let mut found = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    file.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => folder.parent().map_or(Ok(()), sync),
    }
}

/// Never over another file, where the file system can promise that.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) if !to.exists() => fs::rename(from, to),
        Err(errno) => Err(errno.into()),
    }
}

/// Makes a new name durable. Some file systems of sticks and shares cannot sync a folder, and say so.
fn sync(folder: &Path) -> io::Result<()> {
    match rustix::fs::fsync(File::open(folder)?) {
        Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
        synced => Ok(synced?),
    }
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
