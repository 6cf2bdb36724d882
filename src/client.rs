//! A blocking client of a station, for the command line, the demo's script and tests. The screen has its own, which
//! reconnects.

use crate::protocol::frame::{self, FrameError};
use crate::protocol::{
    ClientFrame, Event, Hello, IdempotencyKey, Refusal, Reply, Request, StationFrame, VERSION, Welcome,
};
use std::collections::VecDeque;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why an act has no reply.
#[derive(Debug, thiserror::Error)]
pub enum ClientFault {
    /// Nobody listens there.
    #[error(
        "ステーションに接続できません（{path}）。ステーションが動いているか、ソケットの場所を確認してください"
    )]
    Connect {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The line broke.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The station said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not what a station says.
    #[error("ステーションの応答が正しくありません。同じ版の kyukyu を使ってください")]
    NotUnderstood,
    /// No randomness for the idempotency key.
    #[error("OSの乱数が得られません。システム管理者に連絡してください")]
    NoRandomness,
}

/// A line to a station.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    welcome: Welcome,
    next: u64,
    events: VecDeque<Event>,
}

impl Client {
    /// Connects and says hello.
    pub fn connect(socket: &Path) -> Result<Self, ClientFault> {
        Self::connect_as(socket, Hello { version: VERSION, resume: None })
    }

    /// The same with a hello of one's own.
    pub fn connect_as(socket: &Path, hello: Hello) -> Result<Self, ClientFault> {
        let mut stream = UnixStream::connect(socket)
            .map_err(|source| ClientFault::Connect { path: socket.to_owned(), source })?;
        // A station that has no place says so and closes, perhaps before it could be greeted.
        let greeted = frame::write(&mut stream, &ClientFrame::Hello(hello));
        match frame::read(&mut stream).map_err(|error| greeted.err().unwrap_or(error))? {
            StationFrame::Welcome(welcome) => {
                Ok(Self { stream, welcome: *welcome, next: 1, events: VecDeque::new() })
            }
            StationFrame::Answer { outcome: Err(refusal), .. } => Err(refusal.into()),
            _ => Err(ClientFault::NotUnderstood),
        }
    }

    /// The station's first word.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Does an act and waits for what came of it; events that come meanwhile are kept for [`Client::event`].
    pub fn ask(&mut self, request: Request) -> Result<Reply, ClientFault> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|_| ClientFault::NoRandomness)?;
        self.ask_once(request, IdempotencyKey::from_bits(bits))
    }

    /// The same under an idempotency key of one's own.
    pub fn ask_once(&mut self, request: Request, key: IdempotencyKey) -> Result<Reply, ClientFault> {
        let number = self.next;
        self.next += 1;
        let ask = ClientFrame::Ask { number, idempotency: key, request: Box::new(request) };
        frame::write(&mut self.stream, &ask)?;
        loop {
            match frame::read(&mut self.stream)? {
                StationFrame::Answer { number: answered, outcome } if answered == number || answered == 0 => {
                    return Ok(*outcome?);
                }
                StationFrame::Event(event) => self.events.push_back(*event),
                _ => {}
            }
        }
    }

    /// The next event, or `None` after a while without one.
    pub fn event(&mut self, patience: Duration) -> Result<Option<Event>, ClientFault> {
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        self.stream.set_read_timeout(Some(patience)).map_err(FrameError::from)?;
        let read = frame::read(&mut self.stream);
        self.stream.set_read_timeout(None).map_err(FrameError::from)?;
        match read {
            Ok(StationFrame::Event(event)) => Ok(Some(*event)),
            Ok(_) => Err(ClientFault::NotUnderstood),
            Err(FrameError::Io(e))
                if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
