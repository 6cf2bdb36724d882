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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// How long the hello may take that was not waited for.
    hello: Duration,
}

impl Line {
    /// Starts the helper or connects to the agent, and waits for the hello.
    pub(super) fn open(place: &Place, leash: &Leash, patience: Duration) -> Result<Self, Trouble> {
        Self::open_or(place, leash, patience, false)
    }

    /// The same, but for an agent, which may be far away: its hello is heard with the first answer. The first question must
    /// hold no PIN.
    pub(super) fn open_at_once(place: &Place, leash: &Leash, patience: Duration) -> Result<Self, Trouble> {
        Self::open_or(place, leash, patience, true)
    }

    fn open_or(place: &Place, leash: &Leash, patience: Duration, at_once: bool) -> Result<Self, Trouble> {
        let opened = match place.way() {
            Way::Process(command, pcscd) => open_process(command, pcscd.as_deref(), leash, patience),
            Way::Socket(path) => open_socket(path, leash, patience, at_once),
        };
        match opened {
            Ok((client, deadline)) => {
                Ok(Self { client, place: place.clone(), deadline, leash: leash.clone(), hello: patience })
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

    /// Whether the hello was heard.
    pub(super) fn is_greeted(&self) -> bool {
        self.client.hello().is_some()
    }

    /// Who asks the person for the PIN: an agent that has not said so is not sent one.
    pub(super) fn pin(&self) -> PinFrom {
        self.client.hello().map_or(PinFrom::AtTheReader, |hello| hello.pin)
    }

    /// Asks, and waits so long for the answer.
    pub(super) fn ask<A>(
        &mut self,
        patience: Duration,
        ask: impl FnOnce(&mut Client) -> Result<A, ClientError>,
    ) -> Result<A, Trouble> {
        if self.is_greeted() {
            self.deadline.set(patience);
        } else {
            self.deadline.set_after_hello(self.hello, patience);
        }
        let answer = ask(&mut self.client).map_err(|error| Trouble::of(error, self.place.side()));
        answer.map_err(|trouble| match (trouble, self.place.way()) {
            // A forwarded socket whose other end is gone takes the connection and closes it.
            (Trouble::AgentLost, Way::Socket(path)) if !self.is_greeted() => absent(path),
            (trouble, _) => trouble,
        })
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

fn absent(path: &Path) -> Trouble {
    Trouble::AgentAbsent(SafeText::new(&path.to_string_lossy()))
}

fn open_socket(
    path: &Path,
    leash: &Leash,
    patience: Duration,
    at_once: bool,
) -> Result<(Client, Deadline), Trouble> {
    let failed = |_| absent(path);
    let stream = connect_now(path).map_err(failed)?;
    let (input, held) = (stream.try_clone().map_err(failed)?, stream.try_clone().map_err(failed)?);
    stream.set_write_timeout(Some(patience)).map_err(failed)?;
    if !leash.hold(Held::Socket(held)) {
        return Err(Trouble::AgentLost);
    }
    let deadline = Deadline::of(patience);
    let timed = Timed { file: input, deadline: deadline.clone() };
    if at_once {
        return Ok((Client::connect_at_once(Box::new(timed), Box::new(stream)), deadline));
    }
    let greeted: Result<Client, ClientError> = HelperClient::connect(Box::new(timed), Box::new(stream));
    greeted.map(|client| (client, deadline)).map_err(|error| match Trouble::of(error, Side::Agent) {
        // A forwarded socket whose other end is gone takes the connection and closes it.
        Trouble::AgentLost => absent(path),
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

/// When an answer is too late; moved with every question, and once more when a hello is heard that was not waited for.
#[derive(Clone)]
struct Deadline(Arc<Mutex<(Instant, Option<Instant>)>>);

impl Deadline {
    fn of(patience: Duration) -> Self {
        Self(Arc::new(Mutex::new((Instant::now() + patience, None))))
    }

    fn lock(&self) -> MutexGuard<'_, (Instant, Option<Instant>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, patience: Duration) {
        *self.lock() = (Instant::now() + patience, None);
    }

    /// The hello within the one time, the answer within the other.
    fn set_after_hello(&self, hello: Duration, patience: Duration) {
        let now = Instant::now();
        *self.lock() = (now + hello.min(patience), Some(now + patience));
    }

    fn heard(&self) {
        let mut deadline = self.lock();
        if let Some(later) = deadline.1.take() {
            deadline.0 = later;
        }
    }

    fn left(&self) -> Duration {
        self.lock().0.saturating_duration_since(Instant::now())
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
                Ok(_) => {
                    self.deadline.heard();
                    return self.file.read(room);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
