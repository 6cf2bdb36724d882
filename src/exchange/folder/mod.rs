//! The shared folder behind a message door.
//!
//! Work on a dead SMB mount can hang for ever and a thread cannot be killed, so nobody but the thread in here
//! touches the file system: the station sends a [`FolderCommand`] and hears a [`FolderEvent`]. Both are plain data,
//! so that the thread can live in this process ([`Folder::start`]) or in a worker process that is given up and
//! started anew when it hangs ([`Folder::start_worker`], see `process`). Polling is the truth; inotify only makes it
//! faster. Files of other systems are neither opened nor touched, and answers are left for the link software to
//! delete.

mod face;
mod file;
mod link;
mod message;
mod process;
mod scan;
mod thread;
mod tracked;
mod watch;
mod watchdog;
mod worker;

pub use face::MAX_FACES;
pub use message::{
    ContentHash, Expected, FaceEntry, FaceIdentity, FolderCommand, FolderEvent, LinkState, LinkTrouble,
    OddReason, Question,
};
pub use process::{WorkError, work};

use super::dialect::{Dialect, StationTag};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// Where events go. Called from the folder's threads, one call at a time; it must not block.
pub type EventSink = Box<dyn Fn(FolderEvent) + Send>;

/// Where the folders are and how patient to be.
#[derive(Clone, Debug)]
pub struct FolderConfig {
    /// Requests are written here.
    pub requests: PathBuf,
    /// Answers are read here.
    pub answers: PathBuf,
    /// Results of the face-authentication reader are read here.
    pub face: PathBuf,
    /// The names.
    pub dialect: Arc<Dialect>,
    /// This station. Two stations that share a folder must differ in it.
    pub station: StationTag,
    /// Between two polls while an answer is awaited.
    pub poll_awaiting: Duration,
    /// Between two polls otherwise.
    pub poll_idle: Duration,
    /// A request should be taken within this.
    pub taken_within: Duration,
    /// An answer should be whole within this after it was first seen.
    pub whole_within: Duration,
    /// A call to the file system that takes longer is reported.
    pub hang_after: Duration,
    /// Whether to use inotify as an accelerator.
    pub watch: bool,
}

impl FolderConfig {
    /// The three folders of the dialect below one root, with the usual patience: polls of 1 s and 5 s, 30 s to be
    /// taken, 30 s to be whole, 5 s for a call.
    pub fn below(root: &Path, dialect: Arc<Dialect>, station: StationTag) -> Self {
        let folders = dialect.folders();
        Self {
            requests: root.join(&folders.requests),
            answers: root.join(&folders.answers),
            face: root.join(&folders.face),
            station,
            poll_awaiting: Duration::from_secs(1),
            poll_idle: Duration::from_secs(5),
            taken_within: Duration::from_secs(30),
            whole_within: Duration::from_secs(30),
            hang_after: Duration::from_secs(5),
            watch: true,
            dialect,
        }
    }
}

/// The folder's thread has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("交換フォルダの処理が止まっています。ステーションを再起動してください")]
pub struct FolderGone;

/// The door. Dropping it ends the threads, or the worker process, after the work at hand.
#[derive(Debug)]
pub struct Folder(Way);

#[derive(Debug)]
enum Way {
    Thread(Sender<thread::Message>),
    Process(process::Supervisor),
}

impl Folder {
    /// Starts the threads in this process. The first event is the state of the link.
    pub fn start(config: FolderConfig, sink: EventSink) -> std::io::Result<Self> {
        thread::start(config, sink).map(|sender| Self(Way::Thread(sender)))
    }

    /// Starts a process that does the same, and one thread that sees to it: `program` is called with `arguments` and
    /// must call [`work`]. Where it hangs it is killed, and another started, which finds out what became of the work.
    pub fn start_worker(
        config: FolderConfig,
        program: PathBuf,
        arguments: Vec<String>,
        sink: EventSink,
    ) -> std::io::Result<Self> {
        process::Supervisor::start(config, program, arguments, sink).map(|way| Self(Way::Process(way)))
    }

    /// Hands in a command; never blocks.
    pub fn send(&self, command: FolderCommand) -> Result<(), FolderGone> {
        match &self.0 {
            Way::Thread(sender) => sender.send(thread::Message::Command(command)).map_err(|_| FolderGone),
            Way::Process(supervisor) => supervisor.send(command),
        }
    }

    /// Calls back from the folder's thread when everything that was handed in before is done.
    fn mark(&self, reached: impl FnOnce() + Send + 'static) -> Result<(), FolderGone> {
        match &self.0 {
            Way::Thread(sender) => {
                sender.send(thread::Message::Mark(Box::new(reached))).map_err(|_| FolderGone)
            }
            Way::Process(_) => Err(FolderGone),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Way::Thread(sender) = &self.0 {
            let _ = sender.send(thread::Message::Stop);
        }
    }
}

#[cfg(test)]
mod tests;
