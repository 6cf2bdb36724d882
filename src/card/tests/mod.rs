//! The sequence byte by byte, everything that can go wrong in it, and the software card seen from outside.

mod helper;
mod pin;
mod pulled;
mod sequence;
mod software;

use super::software::{CardContents, CardKey, SoftwareCard, TriesNotKept, TriesStore};
use super::{CardError, Certificate};
use super::{ChallengeText, Profiles, SignOrder, Signed, SpkiHash, Transport, TransportError, hex};
use secrecy::SecretString;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub(super) const DOCTOR: &[u8] = include_bytes!("../../../fixtures/cards/training/doctor-1.der");
pub(super) const DOCTOR_KEY: &[u8] = include_bytes!("../../../fixtures/cards/training/doctor-1.key.der");
pub(super) const OTHER_KEY: &[u8] = include_bytes!("../../../fixtures/cards/training/doctor-2.key.der");
const JPKI: &[u8] = include_bytes!("../../../fixtures/cards/chains/jpki-leaf.der");
const JPKI_KEY: &[u8] = include_bytes!("../../../fixtures/cards/chains/jpki-leaf.key.der");
const P384: &[u8] = include_bytes!("../../../fixtures/cards/chains/p384.der");
const P384_KEY: &[u8] = include_bytes!("../../../fixtures/cards/chains/p384.key.der");

/// Tries that the test can see.
#[derive(Clone)]
pub(super) struct Shared(pub(super) Rc<Cell<u8>>);

impl TriesStore for Shared {
    fn tries_left(&self) -> u8 {
        self.0.get()
    }
    fn keep(&mut self, tries_left: u8) -> Result<(), TriesNotKept> {
        self.0.set(tries_left);
        Ok(())
    }
}

pub(super) type Card = SoftwareCard<Shared>;

/// A card of a profile with PIN 1234 and its number of tries.
pub(super) fn card(profile: &str, tries: u8) -> (Card, Rc<Cell<u8>>) {
    let (certificate, key) = match profile {
        "jpki" => (JPKI, JPKI_KEY),
        "p384" => (P384, P384_KEY),
        _ => (DOCTOR, DOCTOR_KEY),
    };
    card_with(profile, tries, certificate, key, |_| {})
}

pub(super) fn card_with(
    profile: &str,
    tries: u8,
    certificate: &[u8],
    key: &[u8],
    change: impl FnOnce(&mut super::Profile),
) -> (Card, Rc<Cell<u8>>) {
    let mut profile = Profiles::builtin().get(profile).unwrap().clone();
    change(&mut profile);
    let left = Rc::new(Cell::new(tries));
    let contents = CardContents {
        profile,
        key: CardKey::from_pkcs8(key).unwrap(),
        certificate: certificate.to_vec(),
        pin: "1234".into(),
    };
    (SoftwareCard::new(contents, Shared(Rc::clone(&left))), left)
}

pub(super) fn challenge() -> ChallengeText {
    ChallengeText::compose("station-1", "dr.sato", 1_763_856_000, &[7; 32]).unwrap()
}

pub(super) fn spki(certificate: &[u8]) -> SpkiHash {
    Certificate::parse(certificate).unwrap().spki_sha256()
}

/// Signs the challenge with the key that lies in the card.
pub(super) fn sign(card: &mut dyn Transport, pin: &str, allow_last_try: bool) -> Result<Signed, CardError> {
    let enrolled = [spki(DOCTOR), spki(JPKI), spki(P384)];
    sign_as(card, &enrolled, pin, allow_last_try)
}

pub(super) fn sign_as(
    card: &mut dyn Transport,
    enrolled: &[SpkiHash],
    pin: &str,
    allow_last_try: bool,
) -> Result<Signed, CardError> {
    let pin = SecretString::from(pin);
    let challenge = challenge();
    let order = SignOrder { challenge: &challenge, enrolled, pin: &pin, allow_last_try };
    super::sign_challenge(card, &Profiles::builtin(), &order)
}

/// From the number of the command, its bytes and the answer: another answer.
type Change<'a> = Box<dyn FnMut(usize, &[u8], Vec<u8>) -> Result<Vec<u8>, TransportError> + 'a>;

/// Writes down what is sent, and may change what comes back.
pub(super) struct Tap<'a, T> {
    pub(super) card: T,
    pub(super) sent: Rc<RefCell<Vec<String>>>,
    pub(super) change: Change<'a>,
    pub(super) resets: usize,
}

impl<'a, T: Transport> Tap<'a, T> {
    pub(super) fn new(card: T) -> Self {
        Self::changing(card, |_, _, answer| Ok(answer))
    }

    pub(super) fn changing(
        card: T,
        change: impl FnMut(usize, &[u8], Vec<u8>) -> Result<Vec<u8>, TransportError> + 'a,
    ) -> Self {
        Self { card, sent: Rc::default(), change: Box::new(change), resets: 0 }
    }

    pub(super) fn sent(&self) -> Vec<String> {
        self.sent.borrow().clone()
    }
}

impl<T: Transport> Transport for Tap<'_, T> {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }
    fn begin(&mut self) -> Result<(), TransportError> {
        self.card.begin()
    }
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, TransportError> {
        let index = self.sent.borrow().len();
        self.sent.borrow_mut().push(hex::encode(apdu));
        let answer = self.card.transmit(apdu)?;
        (self.change)(index, apdu, answer)
    }
    fn end_with_reset(&mut self) -> Result<(), TransportError> {
        self.resets += 1;
        self.card.end_with_reset()
    }
}
