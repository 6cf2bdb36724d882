//! A card for a virtual reader: a TCP client of vpcd that hands APDUs to the project's software card.
//!
//! Frames have two bytes of length, big-endian. One byte alone is control: 00 off, 01 on, 02 reset, 04 asks for the
//! ATR. A closed connection is a card that was taken out.

use super::cards::{Answering, Layout};
use rustix::net::sockopt::set_tcp_quickack;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const PORTS: [u16; 2] = [35963, 35964];

/// When the card is taken out by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// The command does not reach it.
    Before,
    /// It takes the command, and its answer is lost.
    After,
    /// It takes the command and answers with one byte; it stays where it is.
    Short,
}

type Act = Box<dyn FnOnce() + Send>;

/// A card, in a reader or not.
#[derive(Clone)]
pub struct VirtualCard {
    slot: usize,
    state: Arc<Mutex<State>>,
}

struct State {
    card: Answering,
    line: Option<TcpStream>,
    /// Headers of what it was sent, without the data: those may be a PIN.
    seen: Vec<[u8; 4]>,
    resets: usize,
    /// What pcscd had counted at its reader once it was in.
    events: u32,
    /// From now on, at which command.
    pull: Option<(usize, Pull)>,
    act: Option<(usize, Act)>,
}

impl VirtualCard {
    pub(super) fn new(slot: usize, layout: &Layout) -> Self {
        let card = Answering::new(layout);
        let state = State { card, line: None, seen: Vec::new(), resets: 0, events: 0, pull: None, act: None };
        Self { slot, state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn slot(&self) -> usize {
        self.slot
    }

    pub(super) fn events(&self) -> u32 {
        self.state().events
    }

    pub(super) fn set_events(&self, events: u32) {
        self.state().events = events;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn connect(&self) {
        let line = TcpStream::connect(("127.0.0.1", PORTS[self.slot])).expect("vpcd does not listen");
        line.set_nodelay(true).unwrap();
        let mut state = self.state();
        assert!(state.line.is_none(), "the card is in the reader already");
        state.line = Some(line.try_clone().unwrap());
        state.card.reset();
        drop(state);
        let card = self.clone();
        std::thread::spawn(move || {
            let _ = card.serve(line);
        });
    }

    /// Out of the reader, without waiting for anybody to see it.
    pub fn pull(&self) {
        let mut state = self.state();
        state.pull = None;
        if let Some(line) = state.line.take() {
            let _ = line.shutdown(Shutdown::Both);
        }
    }

    /// Out at the command after so many more.
    pub fn pull_at(&self, commands: usize, how: Pull) {
        self.state().pull = Some((commands, how));
    }

    /// Does something while the card has the command after so many more and the other side waits.
    pub fn act_at(&self, commands: usize, act: impl FnOnce() + Send + 'static) {
        self.state().act = Some((commands, Box::new(act)));
    }

    pub fn is_in(&self) -> bool {
        self.state().line.is_some()
    }

    pub fn tries_left(&self) -> u8 {
        self.state().card.tries_left()
    }

    pub fn set_tries_left(&self, tries: u8) {
        self.state().card.set_tries_left(tries);
    }

    /// Headers of the commands since the last time.
    pub fn take_seen(&self) -> Vec<[u8; 4]> {
        std::mem::take(&mut self.state().seen)
    }

    /// How often it was reset or put under power.
    pub fn resets(&self) -> usize {
        self.state().resets
    }

    /// Waits until somebody has used it and let it go.
    pub fn wait_for_resets(&self, resets: usize) {
        let deadline = Instant::now() + super::PATIENCE;
        while self.resets() < resets {
            assert!(Instant::now() < deadline, "nobody resets the card");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn serve(&self, mut line: TcpStream) -> std::io::Result<()> {
        loop {
            // vpcd sends the length by itself and waits for its acknowledgement: 45 ms an APDU otherwise. The kernel
            // forgets the wish, hence each time.
            set_tcp_quickack(&line, true)?;
            let mut length = [0; 2];
            line.read_exact(&mut length)?;
            let mut payload = vec![0; usize::from(u16::from_be_bytes(length))];
            line.read_exact(&mut payload)?;
            let answer = match payload.as_slice() {
                [0..=2] => {
                    let mut state = self.state();
                    // Without power it is forgotten by pcscd; that is no use of it.
                    state.resets += usize::from(payload != [0]);
                    state.card.reset();
                    None
                }
                [4] => Some(self.state().card.atr()),
                apdu => Some(self.answer(apdu)?),
            };
            if let Some(answer) = answer {
                let mut frame = u16::try_from(answer.len()).unwrap().to_be_bytes().to_vec();
                frame.extend(answer);
                line.write_all(&frame)?;
            }
        }
    }

    fn answer(&self, apdu: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut state = self.state();
        if let Some(act) = due(&mut state.act) {
            act();
        }
        let how = due(&mut state.pull);
        if let Some(header) = apdu.first_chunk() {
            state.seen.push(*header);
        }
        let answer = if how == Some(Pull::Before) { Vec::new() } else { state.card.respond(apdu) };
        match how {
            None => Ok(answer),
            Some(Pull::Short) => Ok(vec![0x90]),
            Some(Pull::Before | Pull::After) => {
                let line = state.line.take();
                drop(state);
                if let Some(line) = line {
                    let _ = line.shutdown(Shutdown::Both);
                }
                Err(std::io::ErrorKind::ConnectionAborted.into())
            }
        }
    }
}

/// What is planned for this command, or is one command nearer now.
fn due<T>(plan: &mut Option<(usize, T)>) -> Option<T> {
    match plan {
        Some((0, _)) => plan.take().map(|(_, what)| what),
        Some((commands, _)) => {
            *commands -= 1;
            None
        }
        None => None,
    }
}
