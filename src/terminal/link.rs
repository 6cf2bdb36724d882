//! The line to the station: one thread that connects, reads and reconnects; writing is done by whoever asks.
//!
//! While the station is away the screen stays live: a banner says since when, what was asked is kept and asked
//! again under the same idempotency key, so that nothing happens twice and nothing typed is lost.

use super::event_loop::{Incoming, Post};
use crate::domain::SafeText;
use crate::protocol::frame::{self, FrameError};
use crate::protocol::{
    ClientFrame, Event, Hello, IdempotencyKey, Request, Secret, StationFrame, VERSION, Welcome,
};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// First pause before connecting anew; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What the line says to the loop.
#[derive(Debug)]
pub enum FromStation {
    /// Connected, or connected again.
    Welcome(Box<Welcome>),
    /// The line is gone; it will be tried again.
    Lost,
    /// An answer or an event.
    Frame(StationFrame),
}

/// Why there is no line.
enum NoLine {
    /// The station has no place, or is of another version; its sentence.
    TurnedAway(SafeText),
    /// It is away.
    Broken,
}

impl From<FrameError> for NoLine {
    fn from(_: FrameError) -> Self {
        Self::Broken
    }
}

impl From<io::Error> for NoLine {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

/// What is still unanswered, to be asked again after a reconnection.
type Open = BTreeMap<u64, (IdempotencyKey, Request)>;

struct Shared {
    stream: Option<UnixStream>,
    token: Option<Secret>,
    open: Open,
    /// There was a line before.
    met: bool,
}

/// The asking end.
#[derive(Clone)]
pub struct Link {
    shared: Arc<Mutex<Shared>>,
}

impl Link {
    /// Starts the thread; the first [`FromStation::Welcome`] or [`FromStation::Lost`] follows at once.
    pub fn start<T>(socket: &Path, inbox: Post<T>, wrap: fn(FromStation) -> T) -> io::Result<Self>
    where
        T: Send + 'static,
    {
        let shared = Shared { stream: None, token: None, open: Open::new(), met: false };
        let link = Self { shared: Arc::new(Mutex::new(shared)) };
        let (own, socket) = (link.clone(), socket.to_owned());
        let send = move |said| inbox.send(Incoming::Station(wrap(said))).is_ok();
        thread::Builder::new().name("kyukyu-link".into()).spawn(move || own.keep(&socket, &send))?;
        Ok(link)
    }

    /// Asks; the answer carries the number. While the line is away the question waits.
    pub fn ask(&self, number: u64, request: Request) {
        let mut shared = self.lock();
        let key = IdempotencyKey::from_bits(random_bits());
        let ask = ClientFrame::Ask { number, idempotency: key.clone(), request: Box::new(request.clone()) };
        shared.open.insert(number, (key, request));
        write(&mut shared, &ask);
    }

    /// The token with which a lost line is taken up again; `None` after a logout.
    pub fn hold_token(&self, token: Option<Secret>) {
        self.lock().token = token;
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects for ever, until nobody listens any more.
    fn keep(&self, socket: &PathBuf, send: &dyn Fn(FromStation) -> bool) {
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        loop {
            let mut turned_away = None;
            match self.connect(socket) {
                Ok((stream, welcome)) => {
                    pause = FIRST_PAUSE;
                    told = false;
                    if !send(FromStation::Welcome(Box::new(welcome))) || !self.read(stream, send) {
                        return;
                    }
                }
                Err(NoLine::TurnedAway(words)) => turned_away = Some(Event::Banner { words }),
                Err(NoLine::Broken) => {}
            }
            self.lock().stream = None;
            if !told && !send(FromStation::Lost) {
                return;
            }
            if let Some(event) = turned_away.filter(|_| !told)
                && !send(FromStation::Frame(StationFrame::Event(Box::new(event))))
            {
                return;
            }
            told = true;
            thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn connect(&self, socket: &PathBuf) -> Result<(UnixStream, Welcome), NoLine> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_write_timeout(Some(Duration::from_secs(2)))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let resume = self.lock().token.clone();
        // Where there is no place, the station says so and closes, perhaps before it could be greeted: so whatever came
        // of the writing, it is heard.
        let _ = frame::write(&mut stream, &ClientFrame::Hello(Hello { version: VERSION, resume }));
        let welcome = match frame::read::<StationFrame>(&mut stream)? {
            StationFrame::Welcome(welcome) => *welcome,
            StationFrame::Answer { outcome: Err(refusal), .. } => {
                return Err(NoLine::TurnedAway(refusal.words));
            }
            _ => return Err(NoLine::Broken),
        };
        stream.set_read_timeout(None)?;
        let mut shared = self.lock();
        shared.stream = Some(stream.try_clone()?);
        // Questions of a session that did not survive would be refused one by one; they are dropped instead. What
        // was asked before there ever was a line (a quick hand at the login) goes out now.
        if welcome.session.is_none() && std::mem::replace(&mut shared.met, true) {
            shared.token = None;
            shared.open.clear();
        }
        let again: Vec<ClientFrame> = shared
            .open
            .iter()
            .map(|(number, (key, request))| ClientFrame::Ask {
                number: *number,
                idempotency: key.clone(),
                request: Box::new(request.clone()),
            })
            .collect();
        for ask in &again {
            write(&mut shared, ask);
        }
        Ok((stream, welcome))
    }

    /// Reads until the line is lost (true) or nobody listens (false).
    fn read(&self, mut stream: UnixStream, send: &dyn Fn(FromStation) -> bool) -> bool {
        loop {
            let Ok(said) = frame::read::<StationFrame>(&mut stream) else { return true };
            if let StationFrame::Answer { number, .. } = &said {
                self.lock().open.remove(number);
            }
            if !send(FromStation::Frame(said)) {
                return false;
            }
        }
    }
}

/// A failed write is found out by the reading side, which reconnects and asks again.
fn write(shared: &mut Shared, message: &ClientFrame) {
    if let Some(stream) = &mut shared.stream
        && frame::write(stream, message).is_err()
    {
        let _ = stream.shutdown(std::net::Shutdown::Both);
        shared.stream = None;
    }
}

fn random_bits() -> [u8; 16] {
    let mut bits = [0; 16];
    // Without the kernel's randomness a repeated key would only make the station answer an older reply again
    // within this session; the time of day keeps them apart even then.
    if getrandom::fill(&mut bits).is_err() {
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        bits = nanos.to_be_bytes();
    }
    bits
}
