//! A card beside the command line: asked for in the same places, with the same deadlines and sentences as the screen has
//! (`terminal::card`); and the person is told which card is meant before any PIN is spent.

use super::Failure;
use super::client::{confirmed, secret, tell};
use super::terminal::{software, usual_places};
use crate::card::line::PinFrom;
use crate::card::{ChallengeText, Identity, SpkiHash};
use crate::domain::hc_role;
use crate::protocol::SignedChallenge;
use crate::terminal::{self, CardPlaces, HelperCommand, Order, look_now, sign_now};
use secrecy::SecretString;
use std::path::{Path, PathBuf};

/// Where a card is to be found.
#[derive(Clone, Debug)]
pub(super) struct Place {
    places: CardPlaces,
    reader: Option<String>,
}

impl Place {
    /// The software card in a file.
    pub(super) fn software(file: &Path) -> Result<Self, Failure> {
        Ok(Self { places: software(file)?, reader: None })
    }

    /// A card in a reader: behind the given helper program, or where the screen would look.
    pub(super) fn reader(helper: Option<&PathBuf>, reader: Option<&String>) -> Result<Self, Failure> {
        let places = match helper {
            Some(program) => CardPlaces::helper(HelperCommand {
                program: program.clone().into_os_string(),
                arguments: vec!["helper".into()],
            }),
            None => usual_places()?,
        };
        Ok(Self { places, reader: reader.cloned() })
    }

    /// The one card that lies there: of two, nobody knows which is meant.
    pub(super) fn card(&self) -> Result<Found, Failure> {
        let wanted = self.reader.clone();
        let terminal::Found { place, pin, readers, .. } = look_now(&self.places)?;
        let mut reports: Vec<_> = readers
            .into_iter()
            .filter(|r| wanted.as_ref().is_none_or(|name| *name == r.reader.as_str()))
            .collect();
        let problem = reports.iter().find_map(|report| report.problem.clone());
        reports.retain(|report| report.card.is_some());
        let (first, others) = (reports.first().cloned(), reports.len() > 1);
        match first.map(|report| (report.reader, report.card)) {
            Some(_) if others => {
                let names: Vec<&str> = reports.iter().map(|report| report.reader.as_str()).collect();
                let words =
                    "カードが2枚以上置かれています。1枚だけにするか、リーダーを --reader で指定してください";
                Err(format!("{words}: {}", names.join("、")).into())
            }
            Some((_, Some(card))) => Ok(Found { place, card, pin }),
            _ => match problem {
                Some(problem) => Err(problem.into()),
                None => {
                    Err("カードリーダーが見つかりません。接続と --reader の名前を確かめてください".into())
                }
            },
        }
    }
}

/// A card that lies in a reader.
pub(super) struct Found {
    place: terminal::Place,
    card: Identity,
    pin: PinFrom,
}

impl Found {
    /// Its key.
    pub(super) fn key(&self) -> SpkiHash {
        self.card.spki_sha256
    }

    /// Says which card it is and how many tries are left; `whose` names the person. Whether the last try may be spent.
    pub(super) fn tell(&self, whose: &str) -> Result<bool, Failure> {
        let role = self
            .card
            .hc_role
            .as_ref()
            .map(|role| format!("（{}）", hc_role::label(role.as_str())))
            .unwrap_or_default();
        let tries = match self.card.tries_left {
            Some(left) => format!("PINの残り{left}回"),
            None => "PINの残り回数は読み取れません".to_owned(),
        };
        tell(&format!("{whose}: {}{role}・{tries}", self.card.kind.label()));
        match self.card.tries_left {
            Some(0) => Err("カードのPINがロックされています。カードの発行元に連絡してください".into()),
            Some(1) => confirmed("PINの残りは1回です。まちがえるとカードがロックされます。続けるときは「はい」と入力してください: ")
                .map(|()| true),
            _ => Ok(false),
        }
    }

    /// Asks for the PIN here, unless it is asked for beside the reader.
    pub(super) fn ask_pin(&self, whose: &str) -> Result<Option<SecretString>, Failure> {
        pin(self.pin, whose)
    }

    /// Whether the PIN is asked for here.
    pub(super) fn pin_from(&self) -> PinFrom {
        self.pin
    }

    /// Has it sign a challenge. Only the card that was found signs; another one in its place is refused before its PIN.
    pub(super) fn sign(
        &self,
        text: String,
        pin: Option<SecretString>,
        allow_last_try: bool,
    ) -> Result<SignedChallenge, Failure> {
        let challenge = ChallengeText::parse(text.as_bytes())?;
        let order = Order { challenge, enrolled: vec![self.card.spki_sha256], pin, allow_last_try };
        let signed = sign_now(&self.place, order)?;
        Ok(SignedChallenge {
            challenge: text,
            certificate: data_encoding::BASE64.encode(&signed.certificate),
            signature: data_encoding::BASE64.encode(&signed.signature),
            hash: signed.hash,
        })
    }
}

/// The PIN of a card, from the terminal or the next line of standard input.
pub(super) fn pin(from: PinFrom, whose: &str) -> Result<Option<SecretString>, Failure> {
    match from {
        PinFrom::InRequest => secret(&format!("{whose}のPIN: ")).map(Some),
        PinFrom::AtTheReader => {
            tell(&format!("{whose}のPINを、カードリーダーのある端末で入力してください"));
            Ok(None)
        }
    }
}
