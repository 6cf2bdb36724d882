//! Brings checkpoints from the store to one witness, in order, on a thread of its own.

use super::beside::is_in;
use super::{Standing, Witness, WitnessError};
use crate::domain::SafeText;
use crate::log::{Note, SignedCheckpoint, VerifierKey};
use crate::store::{Store, StoreError};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two tries while the witness is away.
const RETRY: Duration = Duration::from_secs(10);
/// A witness that takes longer than this to answer is said to hang.
const HANGS: Duration = Duration::from_secs(20);
/// Checkpoints read from the store at once.
const AT_ONCE: usize = 256;

enum Order {
    Wake,
    Stop,
}

#[derive(Default)]
struct State {
    standing: Standing,
    /// Since when the witness has not answered.
    busy: Option<Instant>,
}

/// One witness's thread, as the station holds it.
pub(crate) struct Keeper {
    orders: Sender<Order>,
    state: Arc<Mutex<State>>,
    ended: Mutex<Receiver<()>>,
}

impl Keeper {
    /// Starts the thread; it looks at once what the witness has missed.
    pub(crate) fn start(store: Store, witness: Box<dyn Witness>) -> std::io::Result<Self> {
        let (orders, inbox) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let standing = Standing { name: witness.name(), ..Standing::default() };
        let state = Arc::new(Mutex::new(State { standing, busy: None }));
        let work = Work { store, witness, state: Arc::clone(&state) };
        std::thread::Builder::new().name("witness".to_owned()).spawn(move || {
            work.run(&inbox);
            drop(end);
        })?;
        Ok(Self { orders, state, ended: Mutex::new(ended) })
    }

    pub(crate) fn wake(&self) {
        self.tell(Order::Wake);
    }

    pub(super) fn stop(&self) {
        self.tell(Order::Stop);
    }

    /// Waits for the thread's end; it may hang on a folder that does.
    pub(super) fn wait(&self, at_most: Duration) {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(at_most);
    }

    pub(crate) fn standing(&self) -> Standing {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut standing = state.standing.clone();
        if state.busy.is_some_and(|since| since.elapsed() > HANGS) {
            standing.trouble = Some("応答がありません。接続を確認してください".into());
        }
        standing
    }

    fn tell(&self, order: Order) {
        // A thread that is gone has nothing left to bring.
        let _ = self.orders.send(order);
    }
}

struct Work {
    store: Store,
    witness: Box<dyn Witness>,
    state: Arc<Mutex<State>>,
}

impl Work {
    fn run(mut self, inbox: &Receiver<Order>) {
        let mut behind = self.round();
        loop {
            let order = if behind {
                inbox.recv_timeout(RETRY)
            } else {
                inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            // Orders that came meanwhile are answered by one round.
            let mut last = false;
            for order in std::iter::once(order).chain(std::iter::from_fn(|| inbox.try_recv().ok().map(Ok))) {
                last |= matches!(order, Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected));
            }
            behind = self.round();
            if last {
                return;
            }
        }
    }

    /// Brings what is missing. Whether something is left to be tried again.
    fn round(&mut self) -> bool {
        self.with(|state| state.busy = Some(Instant::now()));
        let brought = self.bring();
        let name = self.witness.name();
        self.with(|state| {
            state.busy = None;
            state.standing.name = name;
            state.standing.trouble = brought.as_ref().err().map(|error| SafeText::new(&error.to_string()));
            state.standing.conflict = match brought {
                Err(WitnessError::Conflict { size }) => Some(size),
                _ => None,
            };
        });
        matches!(brought, Err(WitnessError::Away(_) | WitnessError::Other { .. }))
    }

    fn bring(&mut self) -> Result<(), WitnessError> {
        let Some(key) = self.store.read(crate::store::ReadTx::log_key)? else { return Ok(()) };
        let held = self.witness.newest(&|signed| is_ours(signed, &key))?;
        let mut from = match held {
            Some(held) => {
                self.compare(&held)?;
                self.holds(held.checkpoint.size);
                held.checkpoint.size.saturating_add(1)
            }
            // The newest one speaks for everything before it.
            None => match self.store.read(crate::store::ReadTx::newest_checkpoint)? {
                Some(newest) => newest.checkpoint.size,
                None => return Ok(()),
            },
        };
        loop {
            let missing = self.missing(from)?;
            let Some(last) = missing.last() else { return Ok(()) };
            from = last.checkpoint.size.saturating_add(1);
            for signed in &missing {
                self.witness.keep(signed).map_err(|error| judged(error, signed, &key))?;
                self.holds(signed.checkpoint.size);
            }
        }
    }

    /// What the witness holds must be in the store as well: a store that does not know of it was rolled back.
    fn compare(&self, held: &SignedCheckpoint) -> Result<(), WitnessError> {
        let size = held.checkpoint.size;
        if self.store.read(|tx| is_in(tx, held))? { Ok(()) } else { Err(WitnessError::Conflict { size }) }
    }

    fn missing(&self, from: u64) -> Result<Vec<SignedCheckpoint>, StoreError> {
        self.store.read(|tx| {
            let kept = tx.checkpoints(from..=u64::MAX)?.take(AT_ONCE);
            // One that cannot be read as a note is a fault of the log, which its check tells; it is not handed on.
            kept.filter_map(|row| row.map(|(_, note)| SignedCheckpoint::unproved(&note).ok()).transpose())
                .collect()
        })
    }

    fn holds(&self, size: u64) {
        self.with(|state| state.standing.kept = Some(size));
    }

    fn with(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Something else in the place of a checkpoint is a conflict only where we signed it: half a file, or what others put
/// there, says nothing of our log.
fn judged(error: WitnessError, signed: &SignedCheckpoint, key: &VerifierKey) -> WitnessError {
    let WitnessError::Other { size, held } = error else { return error };
    let ours = SignedCheckpoint::unproved(&held).ok().filter(|held| is_ours(held, key));
    match ours {
        Some(held) if held.checkpoint.size == size && held.checkpoint != signed.checkpoint => {
            WitnessError::Conflict { size }
        }
        _ => WitnessError::Other { size, held },
    }
}

/// Whether our key signed it, as our log.
pub(crate) fn is_ours(signed: &SignedCheckpoint, key: &VerifierKey) -> bool {
    signed.checkpoint.origin == key.name()
        && Note::parse(&signed.note).is_ok_and(|note| note.proved_by(key).is_ok())
}

#[cfg(test)]
#[path = "keeper_tests.rs"]
mod tests;
