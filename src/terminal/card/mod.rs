//! The terminal's side of cards: where they are, and conversations with whoever has them.
//!
//! PC/SC can hang for ever, and a binary linked to its library does not start where the library is missing; so the
//! terminal never touches a reader itself. It asks a helper process or, through a socket, the agent beside the reader
//! of a thin terminal. Each conversation has a thread, a deadline and a `leash` by which the loop ends it; none is
//! trusted for anything but a signature, which the station verifies.

mod leash;
mod line;
mod places;
#[cfg(test)]
mod tests;
mod trouble;
mod watch;

pub use places::{CardPlaces, HelperCommand, Place};
pub use trouble::Trouble;
pub use watch::{Left, Watched};

use crate::card::client::HelperClient;
use crate::card::line::{ErrorReport, PinFrom, ReaderReport, SignAsk, SignedReport};
use crate::card::{ChallengeText, SpkiHash};
use crate::domain::SafeText;
use leash::Leash;
use line::Line;
use secrecy::SecretString;
use std::thread;
use std::time::Duration;

/// How long each part of a conversation may take.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// Until the hello.
    hello: Duration,
    /// Until cards are identified.
    look: Duration,
    /// Until a card has signed.
    sign: Duration,
    /// Until a person at another terminal has typed a PIN and the card has signed.
    person: Duration,
    /// Until a watcher says that nothing has happened.
    watch: Duration,
    /// How long a card may be out of sight before the screen locks.
    blind: Duration,
}

/// The station's challenge lives for 60 seconds, of which the person gets all but the way there and back; a watcher
/// answers within 90.
const PATIENCE: Patience = Patience {
    hello: Duration::from_secs(10),
    look: Duration::from_secs(20),
    sign: Duration::from_secs(20),
    person: PERSON,
    watch: Duration::from_secs(100),
    blind: Duration::from_secs(5),
};

/// How long a person has to type the PIN beside the reader.
pub const PERSON: Duration = Duration::from_secs(55);

/// What a conversation ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromCard {
    /// What lies in the readers.
    Found(Box<Found>),
    /// Nobody can say what lies where; what to do, in words.
    NotFound(SafeText),
    /// A card was put down or taken away.
    Moved,
    /// A signed challenge.
    Signed(Box<SignedReport>),
    /// No signature, and why.
    Unsigned(SafeText),
}

/// What was found where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where the readers are.
    pub place: Place,
    /// An agent's socket that is there but answers nobody.
    pub passed_over: Option<SafeText>,
    /// Who asks the person for the PIN.
    pub pin: PinFrom,
    /// The readers, and what lies in them.
    pub readers: Vec<ReaderReport>,
}

/// What is to be signed, by which card, with which PIN.
#[derive(Debug)]
pub struct Order {
    /// The station's challenge.
    pub challenge: ChallengeText,
    /// Only a card with one of these keys.
    pub enrolled: Vec<SpkiHash>,
    /// The PIN; without, whoever has the reader asks for it.
    pub pin: Option<SecretString>,
    /// The last try may be spent.
    pub allow_last_try: bool,
}

/// A conversation under way. Dropping it ends it, with the process or connection that it is held with.
#[derive(Debug)]
pub struct Conversation(Leash);

impl Drop for Conversation {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Looks for readers and cards, in the order of the places.
pub fn look(places: &CardPlaces, tell: impl FnOnce(FromCard) + Send + 'static) -> Conversation {
    let places = places.clone();
    converse(move |leash| {
        let said =
            look_in(&places, leash, &PATIENCE).unwrap_or_else(|trouble| FromCard::NotFound(trouble.words()));
        tell(said);
    })
}

fn look_in(places: &CardPlaces, leash: &Leash, patience: &Patience) -> Result<FromCard, Trouble> {
    find(places, leash, patience).map(|found| FromCard::Found(Box::new(found)))
}

fn find(places: &CardPlaces, leash: &Leash, patience: &Patience) -> Result<Found, Trouble> {
    let list = |line: &mut Line| line.ask(patience.look, HelperClient::list);
    let (line, readers, passed_over) = places.ask(leash, patience, list)?;
    let (place, pin) = (line.place().clone(), line.pin());
    Ok(Found { place, passed_over, pin, readers })
}

/// Looks for readers and cards as [`look`] does, and waits for the answer: for the command line.
pub fn look_now(places: &CardPlaces) -> Result<Found, Trouble> {
    find(places, &Leash::default(), &PATIENCE)
}

/// Has the card sign a challenge as [`sign`] does, and waits for it: for the command line.
pub fn sign_now(place: &Place, order: Order) -> Result<SignedReport, Trouble> {
    sign_at(place, order, &Leash::default(), &PATIENCE)
}

/// Waits until cards lie in other readers than were `found`.
pub fn await_card(found: &Found, tell: impl FnOnce(FromCard) + Send + 'static) -> Conversation {
    let place = found.place.clone();
    let lying = found.readers.iter().filter(|report| !is_empty(report));
    let occupied: Vec<SafeText> = lying.map(|report| report.reader.clone()).collect();
    converse(move |leash| {
        let waited = Line::open(&place, leash, PATIENCE.hello).and_then(|mut line| {
            while !line.ask(PATIENCE.watch, |client| client.await_move(occupied.clone()))? {}
            Ok(())
        });
        // Whoever waits for a card is told of trouble by the next look.
        if waited.is_ok() {
            tell(FromCard::Moved);
        }
    })
}

fn is_empty(report: &ReaderReport) -> bool {
    report.problem.as_ref().is_some_and(ErrorReport::says_absent)
}

/// Has the card sign a challenge.
pub fn sign(place: &Place, order: Order, tell: impl FnOnce(FromCard) + Send + 'static) -> Conversation {
    let place = place.clone();
    converse(move |leash| {
        tell(match sign_at(&place, order, leash, &PATIENCE) {
            Ok(signed) => FromCard::Signed(Box::new(signed)),
            Err(trouble) => FromCard::Unsigned(trouble.words()),
        });
    })
}

fn sign_at(place: &Place, order: Order, leash: &Leash, patience: &Patience) -> Result<SignedReport, Trouble> {
    // A PIN goes to nobody who has not said who he is.
    let open = if order.pin.is_some() { Line::open } else { Line::open_at_once };
    let mut line = open(place, leash, patience.hello)?;
    let ask = SignAsk::new(&order.challenge, order.enrolled);
    let (ask, longest) = match order.pin {
        Some(pin) => (ask.with_pin(pin, order.allow_last_try), patience.sign),
        None => (ask, patience.person),
    };
    let typed_elsewhere = ask.pin.is_none();
    line.ask(longest, |client| client.sign(ask)).map_err(|trouble| match trouble {
        Trouble::AgentSilent if typed_elsewhere && line.is_greeted() => Trouble::PinLate,
        trouble => trouble,
    })
}

/// Watches a card until it is gone, or until nobody can say any more where it is.
pub fn watch(watched: Watched, tell: impl FnOnce(Left) + Send + 'static) -> Conversation {
    converse(move |leash| {
        if let Some(left) = watch::keep_watch(&watched, leash, &PATIENCE) {
            tell(left);
        }
    })
}

/// Runs a conversation on a thread of its own.
fn converse(talk: impl FnOnce(&Leash) + Send + 'static) -> Conversation {
    let leash = Leash::default();
    let held = leash.clone();
    // A system that cannot give a thread has no working screen either; the person sees that nothing is found.
    let _ = thread::Builder::new().name("kyukyu-card".into()).spawn(move || talk(&held));
    Conversation(leash)
}

/// Whether an error report says that the service behind the readers is gone.
fn is_service_gone(report: &ErrorReport) -> bool {
    matches!(report.code.as_str(), "no_service" | "no_answer" | "broken")
}
