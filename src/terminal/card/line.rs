//! A line to a helper process or to an agent, with a deadline for each answer.

use super::leash::{Held, Leash};
use super::places::{HelperCommand, Place, Way};
use super::trouble::Trouble;
use crate::card::client::{ClientError, HelperClient};
use crate::card::line::PinFrom;
use crate::domain::SafeText;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a process that has closed its output may take to end before its exit code is not waited for.
const LAST_GASP: Duration = Duration::from_millis(500);

/// Who is at the other end, for the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Helper,
    Agent,
}

type Client = HelperClient<Box<dyn Read + Send>, Box<dyn Write + Send>>;

/// A line with its hello behind it. Dropping it ends the process or the connection.
pub(super) struct Line {
    client: Client,
    place: Place,
    deadline: Deadline,
    leash: Leash,
}

impl Line {
    /// Starts the helper or connects to the agent, and waits for the hello.
    pub(super) fn open(place: &Place, leash: &Leash, patience: Duration) -> Result<Self, Trouble> {
        let opened = match place.way() {
            Way::Process(command, pcscd) => open_process(command, pcscd.as_deref(), leash, patience),
            Way::Socket(path) => open_socket(path, leash, patience),
        };
        match opened {
            Ok((client, deadline)) => {
                Ok(Self { client, place: place.clone(), deadline, leash: leash.clone() })
            }
            Err(trouble) => {
                leash.release();
                Err(trouble)
            }
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Who asks the person for the PIN.
    pub(super) fn pin(&self) -> PinFrom {
        self.client.hello().pin
    }

    /// Asks, and waits so long for the answer.
    pub(super) fn ask<A>(
        &mut self,
        patience: Duration,
        ask: impl FnOnce(&mut Client) -> Result<A, ClientError>,
    ) -> Result<A, Trouble> {
        self.deadline.set(patience);
        ask(&mut self.client).map_err(|error| Trouble::of(error, self.place.side()))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.leash.release();
    }
}

fn open_process(
    helper: &HelperCommand,
    pcscd: Option<&Path>,
    leash: &Leash,
    patience: Duration,
) -> Result<(Client, Deadline), Trouble> {
    let mut command = Command::new(&helper.program);
    if let Some(pcscd) = pcscd {
        command.env("PCSCLITE_CSOCK_NAME", pcscd);
    }
    let mut child = command
        .args(&helper.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What it complains of would be drawn over the screen.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Trouble::HelperMissing,
            _ => Trouble::HelperNotStarted(error),
        })?;
    let pipes = (child.stdout.take(), child.stdin.take());
    let held = leash.hold(Held::Process(child));
    let (true, (Some(output), Some(input))) = (held, pipes) else { return Err(Trouble::HelperEnded) };
    let deadline = Deadline::of(patience);
    let timed = Timed { file: output, deadline: deadline.clone() };
    let greeted: Result<Client, ClientError> = HelperClient::connect(Box::new(timed), Box::new(input));
    match greeted {
        Ok(client) => Ok((client, deadline)),
        Err(error) => Err(match Trouble::of(error, Side::Helper) {
            Trouble::HelperEnded => match exit_code(leash) {
                // The dynamic linker's, which found no library.
                Some(127) => Trouble::LibraryMissing,
                Some(code) => Trouble::HelperEndedAtOnce(code),
                None => Trouble::HelperEnded,
            },
            trouble => trouble,
        }),
    }
}

/// The exit code of a helper that has closed its output: it comes a moment later.
fn exit_code(leash: &Leash) -> Option<i32> {
    let end = Instant::now() + LAST_GASP;
    loop {
        let code = leash.exit_code();
        if code.is_some() || Instant::now() >= end {
            return code;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn open_socket(path: &Path, leash: &Leash, patience: Duration) -> Result<(Client, Deadline), Trouble> {
    let absent = |_| Trouble::AgentAbsent(SafeText::new(&path.to_string_lossy()));
    let stream = connect_now(path).map_err(absent)?;
    let (input, held) = (stream.try_clone().map_err(absent)?, stream.try_clone().map_err(absent)?);
    stream.set_write_timeout(Some(patience)).map_err(absent)?;
    if !leash.hold(Held::Socket(held)) {
        return Err(Trouble::AgentLost);
    }
    let deadline = Deadline::of(patience);
    let timed = Timed { file: input, deadline: deadline.clone() };
    let greeted: Result<Client, ClientError> = HelperClient::connect(Box::new(timed), Box::new(stream));
    greeted.map(|client| (client, deadline)).map_err(|error| match Trouble::of(error, Side::Agent) {
        // A forwarded socket whose other end is gone takes the connection and closes it.
        Trouble::AgentLost => Trouble::AgentAbsent(SafeText::new(&path.to_string_lossy())),
        trouble => trouble,
    })
}

/// Connects without waiting: where nobody takes connections any more, a plain connect waits for ever.
pub(super) fn connect_now(path: &Path) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// When an answer is too late; moved with every question.
#[derive(Clone)]
struct Deadline(Arc<Mutex<Instant>>);

impl Deadline {
    fn of(patience: Duration) -> Self {
        Self(Arc::new(Mutex::new(Instant::now() + patience)))
    }

    fn set(&self, patience: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + patience;
    }

    fn left(&self) -> Duration {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        at.saturating_duration_since(Instant::now())
    }
}

/// Reads until the deadline.
struct Timed<F> {
    file: F,
    deadline: Deadline,
}

impl<F: Read + AsFd> Read for Timed<F> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.deadline.left();
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let mut fds = [PollFd::new(&self.file, PollFlags::IN)];
            match poll(&mut fds, Some(&Timespec::try_from(left).unwrap_or_default())) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return self.file.read(room),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
