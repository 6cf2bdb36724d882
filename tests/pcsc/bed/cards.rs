//! What lies in the readers: the project's software card laid out as one kind of card or another.

use kyukyu::card::profile::SignatureVariant;
use kyukyu::card::software::{CardContents, CardKey, SoftwareCard, TriesNotKept, TriesStore, training_card};
use kyukyu::card::{Certificate, Profile, Profiles, SpkiHash, StatusWord};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The PIN of every card here; it occurs nowhere else, so that it can be looked for.
pub const PIN: &str = "7294";

/// Answer to reset of a contact JPKI card, as the public lists of ATRs have it (T=1).
const JPKI_ATR: &[u8] = &[0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14];
/// T=0 and nothing else.
const T0_ATR: &[u8] = &[0x3B, 0x00];
/// A bank card, say.
const UNKNOWN_ATR: &[u8] = &[0x3B, 0x65, 0x00, 0x00, 0x20, 0x63, 0xCB, 0x68, 0x00];

/// One application, other files, another PIN, ECDSA: nothing as in the cards of today.
const FUTURE: &str = r#"
[[profile]]
name = "future"
kind = "my_number"
label = "次期カード"
unlock = "市区町村の窓口で手続きしてください"
aid = "A00000099901"
select_p2 = 0x0C
select_expects_answer = false
certificate_ef = 0x0101
key_ef = 0x0102
pin = { ef = 0x0103, p2 = 0x81, min = 4, max = 8, characters = "digits", tries = 5 }
signature = ["digest"]
hash = "sha384"
"#;

/// A kind of card with its key.
#[derive(Clone)]
pub struct Layout {
    profile: Profile,
    certificate: Vec<u8>,
    key: Vec<u8>,
    atr: Option<&'static [u8]>,
    tries: u8,
    pin: &'static str,
}

impl Layout {
    fn new(profile: &str, certificate: &[u8], key: &[u8]) -> Self {
        let profile = Profiles::builtin().get(profile).unwrap().clone();
        let tries = profile.pin.tries;
        Self { profile, certificate: certificate.to_vec(), key: key.to_vec(), atr: None, tries, pin: PIN }
    }

    /// A staff member's My Number card.
    pub fn jpki() -> Self {
        let key = include_bytes!("../../../fixtures/cards/chains/jpki-leaf.key.der");
        Self::new("jpki", include_bytes!("../../../fixtures/cards/chains/jpki-leaf.der"), key)
            .with_atr(JPKI_ATR)
    }

    /// The same with the key of a training card.
    pub fn jpki_of(name: &str) -> Self {
        let other = training_card(name).unwrap();
        Self::new("jpki", other.certificate, other.key).with_atr(JPKI_ATR)
    }

    /// A patient's: any other key.
    pub fn patient() -> Self {
        Self::jpki_of("doctor-3")
    }

    fn hpki(variant: SignatureVariant) -> Self {
        let doctor = training_card("doctor-1").unwrap();
        let mut layout = Self::new("hpki", doctor.certificate, doctor.key);
        layout.profile.signature = vec![variant];
        layout
    }

    /// An HPKI card that pads by itself.
    pub fn hpki_a() -> Self {
        Self::hpki(SignatureVariant::DigestInfo)
    }

    /// An HPKI card that wants the whole block, in extended length.
    pub fn hpki_b() -> Self {
        Self::hpki(SignatureVariant::PaddedBlock)
    }

    /// A contact HPKI card that speaks T=0.
    pub fn hpki_t0() -> Self {
        Self::hpki_a().with_atr(T0_ATR)
    }

    /// ECDSA.
    pub fn p384() -> Self {
        let key = include_bytes!("../../../fixtures/cards/chains/p384.key.der");
        Self::new("p384", include_bytes!("../../../fixtures/cards/chains/p384.der"), key)
    }

    /// A card with an application that nobody knows.
    pub fn unknown() -> Self {
        let mut layout = Self::p384().with_atr(UNKNOWN_ATR);
        layout.profile.aid = vec![0xA0, 0, 0, 0, 4, 0x10, 0x10];
        layout
    }

    /// A card of a kind that is not compiled in, and the file that describes it.
    pub fn future() -> (Self, &'static str) {
        let mut layout = Self::p384();
        layout.profile = Profiles::builtin().with_file(FUTURE).unwrap().get("future").unwrap().clone();
        layout.tries = layout.profile.pin.tries;
        (layout, FUTURE)
    }

    fn with_atr(mut self, atr: &'static [u8]) -> Self {
        self.atr = Some(atr);
        self
    }

    /// Its keys and certificate instead: a card of another authority.
    pub fn issued(mut self, certificate: &[u8], key: &[u8]) -> Self {
        (self.certificate, self.key) = (certificate.to_vec(), key.to_vec());
        self
    }

    /// Another PIN, one that is looked for on a line.
    pub fn with_pin(mut self, pin: &'static str) -> Self {
        self.pin = pin;
        self
    }

    pub fn profile(&self) -> &str {
        &self.profile.name
    }

    pub fn full_tries(&self) -> u8 {
        self.profile.pin.tries
    }

    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    pub fn spki(&self) -> SpkiHash {
        Certificate::parse(&self.certificate).unwrap().spki_sha256()
    }
}

/// Tries that the test can see and set.
#[derive(Clone)]
struct Shared(Arc<AtomicU8>);

impl TriesStore for Shared {
    fn tries_left(&self) -> u8 {
        self.0.load(Ordering::SeqCst)
    }
    fn keep(&mut self, tries_left: u8) -> Result<(), TriesNotKept> {
        self.0.store(tries_left, Ordering::SeqCst);
        Ok(())
    }
}

/// The card itself, with what its transmission protocol asks.
pub(super) struct Answering {
    card: SoftwareCard<Shared>,
    atr: Option<&'static [u8]>,
    tries: Shared,
    /// T=0: what waits for GET RESPONSE.
    waiting: Vec<u8>,
    /// A file that only other programs ask for is selected.
    elsewhere: bool,
}

impl Answering {
    pub(super) fn new(layout: &Layout) -> Self {
        let tries = Shared(Arc::new(AtomicU8::new(layout.tries)));
        let contents = CardContents {
            profile: layout.profile.clone(),
            key: CardKey::from_pkcs8(&layout.key).unwrap(),
            certificate: layout.certificate.clone(),
            pin: layout.pin.into(),
        };
        let card = SoftwareCard::new(contents, tries.clone());
        Self { card, atr: layout.atr, tries, waiting: Vec::new(), elsewhere: false }
    }

    pub(super) fn atr(&self) -> Vec<u8> {
        self.atr.map_or_else(|| self.card.answer_to_reset(), <[u8]>::to_vec)
    }

    pub(super) fn reset(&mut self) {
        self.card.reset();
        self.waiting.clear();
    }

    pub(super) fn tries_left(&self) -> u8 {
        self.tries.tries_left()
    }

    pub(super) fn set_tries_left(&mut self, tries: u8) {
        self.tries.0.store(tries, Ordering::SeqCst);
    }

    pub(super) fn respond(&mut self, bytes: &[u8]) -> Vec<u8> {
        match self.atr {
            Some(T0_ATR) => self.respond_in_t0(bytes),
            Some(JPKI_ATR) => self.respond_as_jpki(bytes),
            _ => self.card.respond(bytes),
        }
    }

    /// What a My Number card holds besides: the PIN of its signature key, which other programs ask for its tries.
    fn respond_as_jpki(&mut self, bytes: &[u8]) -> Vec<u8> {
        match bytes {
            [0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x1B] => {
                self.elsewhere = true;
                vec![0x90, 0x00]
            }
            [0x00, 0x20, 0x00, 0x80] if self.elsewhere => vec![0x63, 0xC5],
            [0x00, 0xB0 | 0x20, ..] if self.elsewhere => vec![0x69, 0x82],
            _ => {
                self.elsewhere &= bytes.get(1) != Some(&0xA4);
                self.card.respond(bytes)
            }
        }
    }

    /// Five bytes and data, no Le behind them; answers of some length are fetched.
    fn respond_in_t0(&mut self, bytes: &[u8]) -> Vec<u8> {
        let wrong = StatusWord::WrongLength.code().to_be_bytes().to_vec();
        let [_, instruction, _, _, p3, data @ ..] = bytes else { return wrong };
        if !data.is_empty() && data.len() != usize::from(*p3) {
            return wrong;
        }
        if *instruction == 0xC0 {
            let status = [0x90, 0x00];
            return std::mem::take(&mut self.waiting).into_iter().chain(status).collect();
        }
        let no_fifth = *instruction == 0x20 && data.is_empty();
        let answer = self.card.respond(if no_fifth { &bytes[..4] } else { bytes });
        match answer.split_last_chunk::<2>() {
            Some((body, [0x90, 0x00])) if !data.is_empty() && !body.is_empty() => {
                self.waiting = body.to_vec();
                vec![0x61, u8::try_from(body.len() & 0xFF).unwrap()]
            }
            _ => answer,
        }
    }
}
