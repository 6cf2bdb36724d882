//! Waiting until a card leaves its reader.

use super::worker::{establish, not_answered, start_thread};
use super::{LONGEST_CALL, LONGEST_PROBE, fault};
use kyukyu::card::{Gone, TransportError, Watcher};
use pcsc::{Context, Error, ReaderState, State};
use std::ffi::CString;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

/// How long pcscd is waited for without a sign of life. It says nothing of itself, and one that hangs looks like one
/// whose cards lie still; so the wait is ended and begun anew, which it has to answer. Six times a minute, for this
/// process only: the terminal sleeps on.
const UNHEARD: Duration = Duration::from_secs(10);

struct Wait {
    longest: Duration,
    reply: Sender<Option<Gone>>,
}

/// A context that does nothing but wait.
pub(super) struct PcscWatcher {
    waits: Sender<Wait>,
}

impl PcscWatcher {
    /// Begins to watch; what lies in the reader now is what has to stay.
    pub(super) fn begin(reader: &str) -> Result<Self, TransportError> {
        let name = CString::new(reader).map_err(|_| TransportError::UnknownReader(reader.to_owned()))?;
        let (waits, received) = mpsc::channel();
        let (begun, beginning) = mpsc::channel();
        let reader = reader.to_owned();
        start_thread("pcsc-watch", move || match Watched::begin(name) {
            Err(error) => drop(begun.send(Err(fault::of_service(error, &reader)))),
            Ok(mut watched) => {
                if begun.send(Ok(())).is_ok() {
                    watched.serve(&received);
                }
            }
        })?;
        beginning.recv_timeout(LONGEST_CALL).unwrap_or_else(|waited| Err(not_answered(waited)))?;
        Ok(Self { waits })
    }
}

impl Watcher for PcscWatcher {
    fn wait(&mut self, longest: Duration) -> Option<Gone> {
        let end = Instant::now() + longest;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let seen = self.wait_unheard(left.min(UNHEARD));
            if seen.is_some() || left <= UNHEARD {
                return seen;
            }
        }
    }
}

impl PcscWatcher {
    /// A service that hangs can tell nothing: no different from one that is gone.
    fn wait_unheard(&self, longest: Duration) -> Option<Gone> {
        let (reply, answer) = mpsc::channel();
        let sent = self.waits.send(Wait { longest, reply });
        let waited = sent.ok().and_then(|()| answer.recv_timeout(longest + LONGEST_PROBE).ok());
        waited.unwrap_or(Some(Gone::ServiceGone))
    }
}

struct Watched {
    context: Context,
    reader: [ReaderState; 1],
    events: u32,
}

impl Watched {
    fn begin(name: CString) -> Result<Self, Error> {
        let context = establish()?;
        let mut reader = [ReaderState::new(name, State::UNAWARE)];
        context.get_status_change(Duration::ZERO, &mut reader)?;
        let [state] = &mut reader;
        let seen = state.event_state();
        if seen.intersects(State::UNKNOWN | State::UNAVAILABLE) {
            return Err(Error::UnknownReader);
        }
        if !seen.contains(State::PRESENT) {
            return Err(Error::NoSmartcard);
        }
        let events = state.event_count();
        Ok(Self { context, reader, events })
    }

    fn serve(&mut self, waits: &Receiver<Wait>) {
        while let Ok(Wait { longest, reply }) = waits.recv() {
            if reply.send(self.wait(longest)).is_err() {
                return;
            }
        }
    }

    fn wait(&mut self, longest: Duration) -> Option<Gone> {
        let end = Instant::now() + longest;
        loop {
            let [state] = &mut self.reader;
            if let Some(gone) = judge(state.event_state(), state.event_count() != self.events) {
                return Some(gone);
            }
            // That somebody works with the card is an event too, hence a loop.
            state.sync_current_state();
            let left = end.saturating_duration_since(Instant::now());
            match self.context.get_status_change(left, &mut self.reader) {
                Ok(()) => {}
                Err(Error::Timeout) => return None,
                Err(Error::UnknownReader | Error::ReaderUnavailable) => return Some(Gone::ReaderGone),
                Err(_) => return Some(Gone::ServiceGone),
            }
        }
    }
}

/// What a reader's state says about the card that lay there. pcscd counts what comes and goes, so a card that was
/// swapped between two looks is found.
fn judge(state: State, counted: bool) -> Option<Gone> {
    if state.intersects(State::UNKNOWN | State::UNAVAILABLE) {
        Some(Gone::ReaderGone)
    } else if !state.contains(State::PRESENT) {
        Some(Gone::Removed)
    } else {
        counted.then_some(Gone::Changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_state_says() {
        let table = [
            (State::PRESENT, false, None),
            (State::PRESENT | State::INUSE | State::EXCLUSIVE, false, None),
            (State::PRESENT, true, Some(Gone::Changed)),
            (State::EMPTY, true, Some(Gone::Removed)),
            (State::EMPTY, false, Some(Gone::Removed)),
            (State::UNKNOWN, false, Some(Gone::ReaderGone)),
            (State::UNAVAILABLE | State::EMPTY, true, Some(Gone::ReaderGone)),
        ];
        for (state, counted, gone) in table {
            assert_eq!(judge(state, counted), gone, "{state:?}");
        }
    }
}
