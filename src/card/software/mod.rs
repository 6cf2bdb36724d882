//! A card in software that answers real APDUs: the card of the training mode, of the tests and of a virtual reader.
//!
//! It keeps what a real card keeps (key, certificate, PIN, tries) and forgets what a real card forgets on reset. The
//! number of tries is kept by a [`TriesStore`], and is lowered *before* a PIN is compared, so that ending the process
//! in between gains nobody a try.

pub mod file;
mod key;
mod training;
mod watcher;

pub use file::{CardFile, CardFileError, SoftwareReaders};
pub use key::{CardKey, KeyRefused};
pub use training::{TRAINING_CARDS, TrainingCard, training_anchors, training_card};

use super::{Profile, StatusWord, Transport, TransportError, apdu::Command, profile::SignatureVariant};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// Where the number of tries left is kept.
pub trait TriesStore {
    /// Tries left.
    fn tries_left(&self) -> u8;
    /// Keeps another number; it must be on disk when this returns.
    fn keep(&mut self, tries_left: u8) -> Result<(), TriesNotKept>;
}

/// The number of tries could not be kept; the card then refuses to compare a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PINの残り回数を保存できません")]
pub struct TriesNotKept;

/// Tries in memory, for tests and short lives.
#[derive(Clone, Copy, Debug)]
pub struct TriesInMemory(pub u8);

impl TriesStore for TriesInMemory {
    fn tries_left(&self) -> u8 {
        self.0
    }
    fn keep(&mut self, tries_left: u8) -> Result<(), TriesNotKept> {
        self.0 = tries_left;
        Ok(())
    }
}

/// What is on the card.
pub struct CardContents {
    /// Layout of the card: application, files, PIN.
    pub profile: Profile,
    /// Private key.
    pub key: CardKey,
    /// Authentication certificate, DER.
    pub certificate: Vec<u8>,
    /// The PIN.
    pub pin: SecretString,
}

/// The card.
pub struct SoftwareCard<S> {
    contents: CardContents,
    tries: S,
    state: State,
}

#[derive(Default)]
struct State {
    application: bool,
    file: Option<u16>,
    key_named: bool,
    verified: bool,
}

type Answer = (Vec<u8>, StatusWord);

impl<S: TriesStore> SoftwareCard<S> {
    /// A card just put on the reader.
    pub fn new(contents: CardContents, tries: S) -> Self {
        Self { contents, tries, state: State::default() }
    }

    /// Answer to reset: T=1 with the name of the profile as historical bytes.
    pub fn answer_to_reset(&self) -> Vec<u8> {
        let name = &self.contents.profile.name.as_bytes();
        let history = name.get(..name.len().min(15)).unwrap_or_default();
        let mut atr = vec![0x3B, 0x80 | u8::try_from(history.len()).unwrap_or(0), 0x80, 0x01];
        atr.extend_from_slice(history);
        // TCK: the exclusive or of all bytes but TS (ISO/IEC 7816-3, 8.2.5).
        atr.push(atr.iter().skip(1).fold(0, |check, byte| check ^ byte));
        atr
    }

    /// Forgets the selected application and the verified PIN.
    pub fn reset(&mut self) {
        self.state = State::default();
    }

    /// Answers one command, status word included.
    pub fn respond(&mut self, apdu: &[u8]) -> Vec<u8> {
        let (mut bytes, status) = match Command::parse(apdu) {
            Ok(command) => self.answer(&command),
            Err(_) => (Vec::new(), StatusWord::WrongLength),
        };
        bytes.extend_from_slice(&status.code().to_be_bytes());
        bytes
    }

    fn answer(&mut self, command: &Command) -> Answer {
        match command.header() {
            [0x00, 0xA4, 0x04, 0x00 | 0x0C] => only(self.select_application(command.data())),
            [0x00, 0xA4, 0x02, 0x0C] => only(self.select_file(command.data())),
            [0x00, 0xB0, high, low] => self.read(u16::from_be_bytes([high, low]), command),
            [0x00, 0x20, 0x00, p2] => only(self.verify(p2, command)),
            [0x00, 0x22, 0x41, 0xB6] => only(self.name_key(command.data())),
            [0x80, 0x2A, 0x00, 0x80] => self.sign(SignatureVariant::DigestInfo, command.data()),
            [0x00, 0x2A, 0x9E, 0x9A] if self.knows(SignatureVariant::Digest) => {
                self.sign(SignatureVariant::Digest, command.data())
            }
            [0x00, 0x2A, 0x9E, 0x9A] => self.sign(SignatureVariant::PaddedBlock, command.data()),
            [0x00, 0xA4 | 0x2A | 0x20 | 0x22, ..] | [0x80, 0x2A, ..] => {
                only(StatusWord::WrongParameters(0x6A86))
            }
            [0x00 | 0x80, ..] => only(StatusWord::UnknownInstruction),
            _ => only(StatusWord::UnknownClass),
        }
    }

    fn knows(&self, variant: SignatureVariant) -> bool {
        self.contents.profile.signature.contains(&variant)
    }

    fn select_application(&mut self, aid: &[u8]) -> StatusWord {
        if aid != self.contents.profile.aid {
            return StatusWord::NotFound;
        }
        self.state = State { application: true, ..State::default() };
        StatusWord::Success
    }

    fn select_file(&mut self, id: &[u8]) -> StatusWord {
        let Ok(id) = <[u8; 2]>::try_from(id) else { return StatusWord::WrongLength };
        let id = u16::from_be_bytes(id);
        let profile = &self.contents.profile;
        let there = [profile.certificate_ef, profile.pin.ef, profile.key_ef].contains(&id);
        if !self.state.application || !there {
            return StatusWord::NotFound;
        }
        self.state.file = Some(id);
        StatusWord::Success
    }

    fn read(&self, offset: u16, command: &Command) -> Answer {
        if self.state.file != Some(self.contents.profile.certificate_ef) {
            return only(if self.state.file.is_some() {
                StatusWord::Incompatible
            } else {
                StatusWord::Other(0x6986)
            });
        }
        let Some(wanted) = command.expects() else { return only(StatusWord::WrongLength) };
        let Some(rest) = self.contents.certificate.get(usize::from(offset)..) else {
            return only(StatusWord::WrongParameters(0x6B00));
        };
        match rest.get(..wanted) {
            Some(bytes) => (bytes.to_vec(), StatusWord::Success),
            // Le 00 asks for whatever is left, any other number for exactly that many.
            None if wanted >= 256 => (rest.to_vec(), StatusWord::Success),
            None => (rest.to_vec(), StatusWord::EndOfFile),
        }
    }

    fn verify(&mut self, p2: u8, command: &Command) -> StatusWord {
        let pin = &self.contents.profile.pin;
        let named = p2 == pin.p2 && (p2 != 0x80 || self.state.file == Some(pin.ef));
        if !self.state.application || !named {
            return StatusWord::WrongParameters(0x6A88);
        }
        let tries_left = self.tries.tries_left();
        if command.data().is_empty() {
            return match tries_left {
                _ if self.state.verified => StatusWord::Success,
                0 => StatusWord::PinLocked,
                n => StatusWord::TriesLeft(n.min(15)),
            };
        }
        self.state.verified = false;
        let Some(fewer) = tries_left.checked_sub(1) else { return StatusWord::PinLocked };
        let full = pin.tries;
        if self.tries.keep(fewer).is_err() {
            return StatusWord::Other(0x6581);
        }
        if !bool::from(command.data().ct_eq(self.contents.pin.expose_secret().as_bytes())) {
            return StatusWord::TriesLeft(fewer.min(15));
        }
        if self.tries.keep(full).is_err() {
            return StatusWord::Other(0x6581);
        }
        self.state.verified = true;
        StatusWord::Success
    }

    fn name_key(&mut self, data: &[u8]) -> StatusWord {
        if !self.knows(SignatureVariant::PaddedBlock) {
            return StatusWord::UnknownInstruction;
        }
        let [high, low] = self.contents.profile.key_ef.to_be_bytes();
        self.state.key_named = data == [0x84, 0x02, high, low];
        if self.state.key_named { StatusWord::Success } else { StatusWord::WrongParameters(0x6A88) }
    }

    fn sign(&self, variant: SignatureVariant, data: &[u8]) -> Answer {
        if !self.knows(variant) {
            return only(StatusWord::UnknownInstruction);
        }
        let key_chosen = match variant {
            SignatureVariant::PaddedBlock => self.state.key_named,
            _ => self.state.file == Some(self.contents.profile.key_ef),
        };
        if !key_chosen {
            return only(StatusWord::NotAllowed);
        }
        if !self.state.verified {
            return only(StatusWord::NotVerified);
        }
        match self.contents.key.sign(variant, data) {
            Some(signature) => (signature, StatusWord::Success),
            None => only(StatusWord::WrongParameters(0x6A80)),
        }
    }
}

fn only(status: StatusWord) -> Answer {
    (Vec::new(), status)
}

impl<S: TriesStore> Transport for SoftwareCard<S> {
    fn atr(&self) -> Vec<u8> {
        self.answer_to_reset()
    }

    fn begin(&mut self) -> Result<(), TransportError> {
        Ok(())
    }

    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, TransportError> {
        Ok(self.respond(apdu))
    }

    fn end_with_reset(&mut self) -> Result<(), TransportError> {
        self.reset();
        Ok(())
    }
}
