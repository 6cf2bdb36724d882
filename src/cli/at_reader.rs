//! A card beside the command line: the helper process is asked as the screen asks it, with a deadline, and the person is
//! told which card is meant before any PIN is spent.

use super::Failure;
use super::client::{confirmed, secret, tell};
use crate::card::client::{ClientError, HelperClient};
use crate::card::line::{PinFrom, SignAsk};
use crate::card::{ChallengeText, Identity, SpkiHash};
use crate::protocol::SignedChallenge;
use secrecy::SecretString;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Longest that a helper may take for one question; a person who types the PIN at the reader included.
const DEADLINE: Duration = Duration::from_secs(55);

type Helper = HelperClient<ChildStdout, ChildStdin>;

/// Where a card is to be found.
#[derive(Clone, Debug)]
pub(super) struct Place {
    program: OsString,
    arguments: Vec<OsString>,
    reader: Option<String>,
}

impl Place {
    /// The software card in a file.
    pub(super) fn software(file: &Path) -> Result<Self, Failure> {
        let arguments = vec!["card-helper".into(), "--software-card".into(), file.as_os_str().to_owned()];
        Ok(Self { program: std::env::current_exe()?.into_os_string(), arguments, reader: None })
    }

    /// A card in a reader, behind a helper program: the given one, or the one beside this program.
    pub(super) fn reader(helper: Option<&PathBuf>, reader: Option<&String>) -> Result<Self, Failure> {
        let program = match helper {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("kyukyu-card"),
        };
        Ok(Self { program: program.into(), arguments: vec!["helper".into()], reader: reader.cloned() })
    }

    /// Asks one question in a helper process of its own, which is ended with it.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Helper) -> Result<T, ClientError> + Send + 'static,
    ) -> Result<T, Failure> {
        let started = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            return Err(format!(
                "カードの補助プログラム {} を起動できません。場所を --helper で指定するか、システム管理者に連絡してください",
                self.program.display()
            )
            .into());
        };
        let mut child = Ended(child);
        let (Some(input), Some(output)) = (child.0.stdin.take(), child.0.stdout.take()) else {
            return Err("カードの補助プログラムと通信できません。システム管理者に連絡してください".into());
        };
        let (done, answer) = mpsc::channel();
        std::thread::Builder::new().name("kyukyu-card-ask".into()).spawn(move || {
            let said = HelperClient::connect(output, input).and_then(|mut helper| question(&mut helper));
            let _ = done.send(said);
        })?;
        match answer.recv_timeout(DEADLINE) {
            Ok(said) => Ok(said?),
            Err(_) => {
                Err("カードリーダーが応答しません。カードとリーダーを確かめ、もう一度やり直してください"
                    .into())
            }
        }
    }

    /// The one card that lies there: of two, nobody knows which is meant.
    pub(super) fn card(&self) -> Result<Found, Failure> {
        let wanted = self.reader.clone();
        let (pin, reports) = self.ask(|helper| Ok((helper.hello().pin, helper.list()?)))?;
        let mut reports: Vec<_> = reports
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
            Some((reader, Some(card))) => Ok(Found { reader: reader.to_string(), card, pin }),
            _ => match problem {
                Some(problem) => Err(problem.into()),
                None => {
                    Err("カードリーダーが見つかりません。接続と --reader の名前を確かめてください".into())
                }
            },
        }
    }
}

/// A helper that does not outlive its question.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A card that lies in a reader.
pub(super) struct Found {
    reader: String,
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
        let role = self.card.hc_role.as_ref().map(|role| format!("（{role}）")).unwrap_or_default();
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
        place: &Place,
        text: String,
        pin: Option<SecretString>,
        allow_last_try: bool,
    ) -> Result<SignedChallenge, Failure> {
        let challenge = ChallengeText::parse(text.as_bytes())?;
        let mut ask = SignAsk::new(&challenge, vec![self.card.spki_sha256]);
        ask.reader = Some(self.reader.clone());
        if let Some(pin) = pin {
            ask = ask.with_pin(pin, allow_last_try);
        }
        let signed = place.ask(move |helper| helper.sign(ask))?;
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
