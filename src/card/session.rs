//! One exchange with a card, as a chain of types: [`Selected`] → [`Identified`] → [`Matched`] → [`Verified`].
//!
//! Each step consumes the one before, so the order cannot be mixed up: a PIN is sent only to a card that was compared
//! with the enrolment and whose tries were counted in the same transaction. Whatever ends the chain, dropping it
//! resets the card.

use super::transport::{Transaction, Transport, TransportError};
use super::{
    CardError, Certificate, ChallengeText, Profile, Profiles, Signed, SpkiHash, StatusWord,
    apdu::{Command, Response},
    hex, sign,
};
use crate::domain::SafeText;
use secrecy::{ExposeSecret, SecretString};

/// Longest certificate that is read from a card, in bytes; real ones have about 1,500.
const LONGEST_CERTIFICATE: usize = 8192;

/// Commands within the transaction, with the two answers that only ask for another command.
pub(super) struct Channel<'t> {
    transaction: Transaction<'t>,
}

impl Channel<'_> {
    /// Sends a command. 61xx is followed by GET RESPONSE and 6Cxx by the same command with the right length — except
    /// for VERIFY, which is never repeated.
    pub(super) fn send(&mut self, command: &Command) -> Result<Response, TransportError> {
        let mut response = self.send_once(command)?;
        if let StatusWord::WrongLe(n) = response.status
            && !command.is_verify()
        {
            let again = Command::new(command.header()).with(command.data()).expecting(or_256(n));
            response = self.send_once(&again)?;
        }
        while let StatusWord::MoreData(n) = response.status {
            let more = self.send_once(&Command::new([0x00, 0xC0, 0x00, 0x00]).expecting(or_256(n)))?;
            if more.data.is_empty() || response.data.len() > LONGEST_CERTIFICATE {
                return Err(TransportError::Broken);
            }
            response.data.extend(more.data);
            response.status = more.status;
        }
        Ok(response)
    }

    fn send_once(&mut self, command: &Command) -> Result<Response, TransportError> {
        Response::parse(&self.transaction.transmit(&command.encode())?)
    }

    /// Selects a file of the application.
    pub(super) fn select_file(&mut self, file: u16) -> Result<StatusWord, TransportError> {
        let command = Command::new([0x00, 0xA4, 0x02, 0x0C]).with(&file.to_be_bytes());
        Ok(self.send(&command)?.status)
    }

    fn select_application(&mut self, profile: &Profile) -> Result<StatusWord, TransportError> {
        let mut command = Command::new([0x00, 0xA4, 0x04, profile.select_p2]).with(&profile.aid);
        if profile.select_expects_answer {
            command = command.expecting(256);
        }
        Ok(self.send(&command)?.status)
    }
}

fn or_256(n: u8) -> usize {
    if n == 0 { 256 } else { usize::from(n) }
}

/// A card whose application is selected.
pub struct Selected<'t> {
    pub(super) channel: Channel<'t>,
    pub(super) profile: Profile,
}

impl<'t> Selected<'t> {
    /// Begins the transaction and tries the applications of the profiles in their order.
    pub fn open(transport: &'t mut dyn Transport, profiles: &Profiles) -> Result<Self, CardError> {
        let mut channel = Channel { transaction: Transaction::begin(transport)? };
        for profile in profiles.iter() {
            if channel.select_application(profile)? == StatusWord::Success {
                return Ok(Self { channel, profile: profile.clone() });
            }
        }
        Err(CardError::UnknownCard { atr: hex::encode(&channel.transaction.atr()) })
    }

    /// Which kind of card.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Tries left of the PIN; asking costs none. `None` when the card does not say.
    pub fn tries_left(&mut self) -> Result<Option<u8>, CardError> {
        for fresh in [false, true] {
            if fresh {
                // 9000 to an empty VERIFY: another program left the PIN verified. A reset forgets it.
                self.channel.transaction.restart()?;
                self.expect_success("SELECT")?;
            }
            match self.empty_verify()? {
                StatusWord::TriesLeft(n) => return Ok(Some(n)),
                StatusWord::PinLocked | StatusWord::PinUnusable => return Ok(Some(0)),
                StatusWord::Success => {}
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    fn empty_verify(&mut self) -> Result<StatusWord, CardError> {
        self.select_pin()?;
        Ok(self.channel.send(&Command::new([0x00, 0x20, 0x00, self.profile.pin.p2]))?.status)
    }

    fn expect_success(&mut self, step: &'static str) -> Result<(), CardError> {
        match self.channel.select_application(&self.profile)? {
            StatusWord::Success => Ok(()),
            status => Err(CardError::Unexpected { step, status }),
        }
    }

    /// With P2 80 the PIN is that of the selected file; with its own number the card finds it without.
    fn select_pin(&mut self) -> Result<(), CardError> {
        let status = self.channel.select_file(self.profile.pin.ef)?;
        if status != StatusWord::Success && self.profile.pin.p2 == 0x80 {
            return Err(CardError::Unexpected { step: "SELECT PIN", status });
        }
        Ok(())
    }

    fn read_certificate(&mut self) -> Result<Certificate, CardError> {
        let status = self.channel.select_file(self.profile.certificate_ef)?;
        if status != StatusWord::Success {
            return Err(CardError::Unexpected { step: "SELECT CERTIFICATE", status });
        }
        let mut der = Vec::new();
        let mut total = None;
        while total.is_none_or(|total| der.len() < total) {
            let [high, low] = u16::try_from(der.len()).unwrap_or(u16::MAX).to_be_bytes();
            let response = self.channel.send(&Command::new([0x00, 0xB0, high, low]).expecting(256))?;
            if !matches!(response.status, StatusWord::Success | StatusWord::EndOfFile) {
                return Err(CardError::Unexpected { step: "READ BINARY", status: response.status });
            }
            if response.data.is_empty() {
                return Err(CardError::Certificate(None));
            }
            der.extend(response.data);
            total = Some(certificate_length(&der).ok_or(CardError::Certificate(None))?);
        }
        der.truncate(total.unwrap_or_default());
        Certificate::parse(&der).map_err(|cause| CardError::Certificate(Some(cause)))
    }

    /// Reads the certificate and counts the tries. Costs no try.
    pub fn identify(mut self) -> Result<Identified<'t>, CardError> {
        let certificate = self.read_certificate()?;
        let tries_left = self.tries_left()?;
        Ok(Identified { selected: self, certificate, tries_left })
    }
}

/// The length that `30 82 LL LL` announces, header included.
fn certificate_length(der: &[u8]) -> Option<usize> {
    match der {
        [0x30, 0x82, high, low, ..] => {
            let total = 4 + usize::from(u16::from_be_bytes([*high, *low]));
            (total <= LONGEST_CERTIFICATE).then_some(total)
        }
        _ => None,
    }
}

/// A card whose certificate and tries are known. Its PIN was not touched.
pub struct Identified<'t> {
    selected: Selected<'t>,
    certificate: Certificate,
    tries_left: Option<u8>,
}

impl<'t> Identified<'t> {
    /// Which kind of card.
    pub fn profile(&self) -> &Profile {
        &self.selected.profile
    }

    /// The authentication certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Tries left; `None` when the card does not say.
    pub fn tries_left(&self) -> Option<u8> {
        self.tries_left
    }

    /// Goes on only with a card whose key is one of the `enrolled` (A3b).
    pub fn matching(self, enrolled: &[SpkiHash]) -> Result<Matched<'t>, CardError> {
        if enrolled.contains(&self.certificate.spki_sha256()) {
            Ok(Matched(self))
        } else {
            Err(CardError::NotEnrolled { kind: self.selected.profile.kind })
        }
    }
}

/// A card that is one of those enrolled.
pub struct Matched<'t>(Identified<'t>);

impl<'t> Matched<'t> {
    /// Verifies the PIN: one try, never repeated. The last try is spent only with `allow_last_try`, and so is one of
    /// an unknown number.
    pub fn verify(self, pin: &SecretString, allow_last_try: bool) -> Result<Verified<'t>, CardError> {
        let Identified { mut selected, certificate, tries_left } = self.0;
        if !selected.profile.pin.accepts(pin.expose_secret()) {
            return Err(CardError::PinFormat { expected: selected.profile.pin.describe() });
        }
        match tries_left {
            Some(0) => return Err(locked(&selected.profile)),
            Some(1) if !allow_last_try => return Err(CardError::LastTry),
            None if !allow_last_try => return Err(CardError::TriesUnknown),
            _ => {}
        }
        let prepared = sign::prepare(&mut selected)?;
        if selected.profile.pin.p2 == 0x80 && prepared.is_some() {
            selected.select_pin()?;
        }
        let command =
            Command::new([0x00, 0x20, 0x00, selected.profile.pin.p2]).with(pin.expose_secret().as_bytes());
        let status = match selected.channel.send(&command) {
            Ok(response) => response.status,
            // Whether the try was spent is unknown: only the card can tell.
            Err(error) => {
                let tries_left = selected.tries_left().ok().flatten();
                return Err(CardError::Transport { error, tries_left });
            }
        };
        match status {
            StatusWord::Success => Ok(Verified { selected, certificate, prepared }),
            StatusWord::TriesLeft(0) | StatusWord::PinLocked | StatusWord::PinUnusable => {
                Err(locked(&selected.profile))
            }
            StatusWord::TriesLeft(tries_left) => Err(CardError::WrongPin { tries_left }),
            StatusWord::VerifyFailed => match selected.tries_left()? {
                Some(0) => Err(locked(&selected.profile)),
                Some(tries_left) => Err(CardError::WrongPin { tries_left }),
                None => Err(CardError::TriesUnknown),
            },
            status => Err(CardError::Unexpected { step: "VERIFY", status }),
        }
    }
}

fn locked(profile: &Profile) -> CardError {
    CardError::Locked { unlock: SafeText::new(&profile.unlock) }
}

/// A card whose PIN is verified until it is reset.
pub struct Verified<'t> {
    pub(super) selected: Selected<'t>,
    pub(super) certificate: Certificate,
    pub(super) prepared: Option<sign::Prepared>,
}

impl Verified<'_> {
    /// Has the challenge signed, in the first way that the card knows.
    pub fn sign(mut self, challenge: &ChallengeText) -> Result<Signed, CardError> {
        sign::sign(&mut self, challenge)
    }
}
