//! Watching the file of a software card through inotify: no polling, and nothing that happened between two waits is
//! missed, because the kernel keeps it.
//!
//! The folder is watched, not the file: a card writes its tries by replacing the file, and that is not another card.

use super::file::{CardFile, CardFileError};
use crate::card::{Gone, TransportError, Watcher};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::ffi::{CStr, OsStr};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Room for some dozens of events.
const BUFFER: usize = 4096;

/// Watches one file.
pub(super) struct FileWatcher {
    path: PathBuf,
    before: CardFile,
    events: OwnedFd,
}

impl FileWatcher {
    /// Remembers which card the file is now.
    pub(super) fn new(path: &Path) -> Result<Self, TransportError> {
        let other = |error: &dyn std::error::Error| TransportError::Other(error.to_string());
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(|e| other(&e))?;
        let flags = WatchFlags::CREATE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        // First the watch, then the look: what happens in between is seen twice rather than not at all.
        inotify::add_watch(&events, folder, flags).map_err(|_| TransportError::NoCard)?;
        let before = CardFile::load(path).map_err(|error| match error {
            CardFileError::Missing(_) => TransportError::NoCard,
            error => other(&error),
        })?;
        Ok(Self { path: path.to_owned(), before, events })
    }

    /// What one event means for the card.
    fn judge(&self, event: ReadFlags, name: Option<&CStr>) -> Option<Gone> {
        let folder = ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT | ReadFlags::IGNORED;
        if event.intersects(folder) {
            return Some(Gone::ReaderGone);
        }
        let ours = name.is_some_and(|name| self.path.file_name() == Some(OsStr::from_bytes(name.to_bytes())));
        if ours && event.intersects(ReadFlags::DELETE | ReadFlags::MOVED_FROM) {
            return Some(Gone::Removed);
        }
        if ours || event.contains(ReadFlags::QUEUE_OVERFLOW) { self.compare() } else { None }
    }

    fn compare(&self) -> Option<Gone> {
        match CardFile::load(&self.path) {
            Ok(now) if now.is_same_card(&self.before) => None,
            Err(CardFileError::Missing(_)) => Some(Gone::Removed),
            Ok(_) | Err(_) => Some(Gone::Changed),
        }
    }

    fn wait_for_event(&self, longest: Duration) -> bool {
        let mut fds = [PollFd::new(&self.events, PollFlags::IN)];
        let longest = Timespec::try_from(longest).unwrap_or_default();
        match poll(&mut fds, Some(&longest)) {
            Ok(0) => false,
            // A signal is no event; the caller looks and waits on.
            Ok(_) | Err(_) => true,
        }
    }
}

impl Watcher for FileWatcher {
    fn wait(&mut self, longest: Duration) -> Option<Gone> {
        let end = Instant::now() + longest;
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut events = inotify::Reader::new(&self.events, &mut buffer);
        loop {
            match events.next() {
                Ok(event) => {
                    if let Some(gone) = self.judge(event.events(), event.file_name()) {
                        return Some(gone);
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() || !self.wait_for_event(left) {
                        return None;
                    }
                }
                Err(_) => return Some(Gone::ServiceGone),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::ZERO;
    /// Ends early in a test that passes.
    const LONG: Duration = Duration::from_secs(20);

    fn card(name: &str) -> CardFile {
        CardFile::training(name, "1234".into()).unwrap()
    }

    /// What a watcher says after something was done to the card's file.
    fn after(act: impl FnOnce(&Path)) -> Option<Gone> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub").join("card.json");
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        card("doctor-1").save(&path).unwrap();
        let mut watcher = FileWatcher::new(&path).unwrap();
        assert_eq!(watcher.wait(MOMENT), None);
        act(&path);
        watcher.wait(MOMENT)
    }

    #[test]
    fn what_counts_as_gone() {
        let put_back = |path: &Path| {
            std::fs::remove_file(path).unwrap();
            card("doctor-1").save(path).unwrap();
        };
        let elsewhere = |path: &Path| path.with_file_name("elsewhere");
        assert_eq!(after(|_| ()), None);
        assert_eq!(after(|path| std::fs::remove_file(path).unwrap()), Some(Gone::Removed));
        assert_eq!(after(|path| std::fs::rename(path, elsewhere(path)).unwrap()), Some(Gone::Removed));
        assert_eq!(after(put_back), Some(Gone::Removed), "also when it is back already");
        assert_eq!(after(|path| card("doctor-2").save(path).unwrap()), Some(Gone::Changed));
        assert_eq!(after(|path| std::fs::write(path, "").unwrap()), Some(Gone::Changed));
        let folder = |path: &Path| path.parent().unwrap().to_owned();
        assert_eq!(after(|path| std::fs::remove_dir_all(folder(path)).unwrap()), Some(Gone::Removed));
        let moved = |path: &Path| std::fs::rename(folder(path), folder(path).with_file_name("x")).unwrap();
        assert_eq!(after(moved), Some(Gone::ReaderGone));
    }

    #[test]
    fn a_used_try_and_another_file_are_nothing() {
        assert_eq!(after(|path| card("doctor-1").with_tries_left(3).save(path).unwrap()), None);
        assert_eq!(after(|path| std::fs::write(path.with_file_name("other"), "x").unwrap()), None);
        assert_eq!(after(|path| card("doctor-2").save(&path.with_file_name("other")).unwrap()), None);
    }

    #[test]
    fn a_wait_ends_when_the_card_goes_and_what_is_not_there_is_not_watched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.json");
        assert_eq!(FileWatcher::new(&path).map(|_| ()).unwrap_err(), TransportError::NoCard);
        let nowhere = folder.path().join("none/card.json");
        assert_eq!(FileWatcher::new(&nowhere).map(|_| ()).unwrap_err(), TransportError::NoCard);
        card("doctor-1").save(&path).unwrap();
        let mut watcher = FileWatcher::new(&path).unwrap();
        let waiting = std::thread::spawn(move || watcher.wait(LONG));
        std::fs::write(folder.path().join("noise"), "x").unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(waiting.join().unwrap(), Some(Gone::Removed));
    }
}
