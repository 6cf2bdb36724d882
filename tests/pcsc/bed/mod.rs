//! pcscd with two virtual readers, the cards for them, and the program under test.
// Who asks a bed for something shows that it runs.
#![allow(clippy::unused_self)]

pub mod cards;
pub mod daemon;
pub mod opensc;
pub mod program;
pub mod ssh;
pub mod vcard;

pub use cards::Layout;
pub use daemon::Pcscd;
pub use vcard::VirtualCard;

use pcsc::{Context, ReaderState, Scope, State};
use std::ffi::CString;
use std::fs::File;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Names that pcscd gives to the two slots of the virtual reader.
pub const READERS: [&str; 2] = ["Virtual PCD 00 00", "Virtual PCD 00 01"];

/// Nothing here takes longer, however slow the machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The only pcscd of this machine.
pub struct Bed {
    pub pcscd: Pcscd,
    _other_runs: File,
    _this_run: MutexGuard<'static, ()>,
}

impl Bed {
    /// With pcscd running and two empty readers.
    pub fn new() -> Self {
        let mut bed = Self::without_service();
        bed.pcscd.start();
        bed
    }

    /// With the place of pcscd, but without it.
    pub fn without_service() -> Self {
        let this_run = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = File::create(std::env::temp_dir().join("kyukyu-pcscd.lock")).unwrap();
        lock.lock().unwrap();
        Self { pcscd: Pcscd::new(), _other_runs: lock, _this_run: this_run }
    }

    /// Puts a card into a reader and waits until pcscd has seen it.
    pub fn insert(&self, slot: usize, layout: &Layout) -> VirtualCard {
        let card = VirtualCard::new(slot, layout);
        self.put_back(&card);
        card
    }

    /// Puts a card that was taken out back into its reader.
    pub fn put_back(&self, card: &VirtualCard) {
        card.connect();
        card.set_events(wait_for(card.slot(), |state| state.event_state().contains(State::PRESENT)));
    }

    /// Takes a card out and waits until pcscd has seen it.
    pub fn remove(&self, card: &VirtualCard) {
        card.pull();
        self.wait_until_empty(card);
    }

    /// Waits until pcscd has seen by itself that the card is gone. That the reader counts as empty is not enough: a
    /// reset that fails does that too, and a card put back before pcscd looks again would never be seen.
    pub fn wait_until_empty(&self, card: &VirtualCard) {
        let before = card.events();
        wait_for(card.slot(), |state| {
            state.event_state().contains(State::EMPTY) && state.event_count() != before
        });
    }
}

/// A context of the test's own.
pub fn context() -> Context {
    Context::establish(Scope::System).unwrap()
}

/// Waits for pcscd to say so, with its own events and not by the clock; how much it has counted by then.
fn wait_for(slot: usize, wanted: impl Fn(&ReaderState) -> bool) -> u32 {
    let context = context();
    let deadline = Instant::now() + PATIENCE;
    let mut reader = [ReaderState::new(CString::new(READERS[slot]).unwrap(), State::UNAWARE)];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        context.get_status_change(left, &mut reader).unwrap_or_else(|error| {
            panic!("{} stays {:?}: {error}", READERS[slot], reader[0].event_state());
        });
        if wanted(&reader[0]) {
            return reader[0].event_count();
        }
        reader[0].sync_current_state();
    }
}
