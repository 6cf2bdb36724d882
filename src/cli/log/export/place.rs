//! A place that is new: what is written there has another name until it is whole, and only its owner reads it.

use super::super::super::Failure;
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A place in the making. What is not kept goes away with it: nothing is lost, for what was written is still in the
/// store, and half of it is of no use.
#[derive(Debug)]
pub(super) struct Place {
    to: PathBuf,
    building: PathBuf,
    kept: bool,
}

impl Place {
    /// Says whether a place is taken, or what was broken off before still lies there.
    pub(super) fn refuse(to: &Path) -> Result<(), Failure> {
        for (taken, advice) in [
            (to.to_owned(), "別の場所を指定してください"),
            (building(to), "前回の途中のものです。消してからやり直してください"),
        ] {
            if fs::symlink_metadata(&taken).is_ok() {
                return Err(
                    format!("{} がすでにあります。上書きはしません。{advice}", taken.display()).into()
                );
            }
        }
        Ok(())
    }

    /// A folder.
    pub(super) fn folder(to: &Path) -> Result<Self, Failure> {
        let building = building(to);
        fs::DirBuilder::new().mode(0o700).create(&building).map_err(|error| failed(to, &error))?;
        Ok(Self { to: to.to_owned(), building, kept: false })
    }

    /// A file.
    pub(super) fn file(to: &Path) -> Result<(Self, File), Failure> {
        let building = building(to);
        let made = new_file(&building).map_err(|error| failed(to, &error))?;
        Ok((Self { to: to.to_owned(), building, kept: false }, made))
    }

    /// Where it is being made.
    pub(super) fn path(&self) -> &Path {
        &self.building
    }

    /// The sentence for what could not be written.
    pub(super) fn failed(&self, error: &io::Error) -> Failure {
        failed(&self.to, error)
    }

    /// It is whole and on the disk: it gets its name.
    pub(super) fn keep(mut self) -> Result<(), Failure> {
        self.rename().map_err(|error| self.failed(&error))?;
        self.kept = true;
        let parent = self.to.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        sync(parent).map_err(|error| self.failed(&error))
    }

    /// Never over what is there. Where a file system cannot promise that in one step (NFS and some drivers of USB
    /// sticks cannot), a second name for the file does, or looking first.
    fn rename(&self) -> io::Result<()> {
        match rustix::fs::renameat_with(CWD, &self.building, CWD, &self.to, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            renamed => return Ok(renamed?),
        }
        if self.building.is_file() && fs::hard_link(&self.building, &self.to).is_ok() {
            return fs::remove_file(&self.building);
        }
        match fs::symlink_metadata(&self.to) {
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => fs::rename(&self.building, &self.to),
            Err(error) => Err(error),
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.building).or_else(|_| fs::remove_dir_all(&self.building));
        }
    }
}

/// A new file that only its owner reads.
pub(super) fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// What is in the folder stays there.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn building(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn failed(to: &Path, error: &io::Error) -> Failure {
    format!("{} に書き出せません。場所・権限・空きを確認してください（{error}）", to.display()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn nothing_has_the_name_before_it_is_whole_and_nothing_else_loses_it() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("log.csv");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let (place, mut file) = Place::file(&to).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!to.exists() && place.path().exists());
        assert!(Place::refuse(&to).unwrap_err().to_string().contains("消してからやり直して"));
        drop(place);
        assert_eq!(names(), 0, "what is not kept goes");
        let (place, mut file) = Place::file(&to).unwrap();
        file.write_all(b"whole").unwrap();
        place.keep().unwrap();
        assert_eq!((fs::read(&to).unwrap().as_slice(), names()), (b"whole".as_slice(), 1));
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
        // Somebody else was quicker.
        let (place, _file) = Place::file(&to).unwrap();
        assert!(place.keep().unwrap_err().to_string().contains("書き出せません"));
        assert_eq!((fs::read(&to).unwrap().as_slice(), names()), (b"whole".as_slice(), 1));
        let bundle = folder.path().join("bundle");
        let place = Place::folder(&bundle).unwrap();
        fs::write(place.path().join("entries.jsonl"), "x").unwrap();
        drop(place);
        assert_eq!(names(), 1);
        Place::folder(&bundle).unwrap().keep().unwrap();
        assert!(bundle.is_dir());
    }
}
