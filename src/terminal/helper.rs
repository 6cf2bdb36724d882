//! The card helper: a process of its own, started with a deadline and ended with it.
//!
//! PC/SC can hang for ever, and a binary linked to its library does not start where the library is missing; so the
//! terminal never touches a reader itself.

use super::event_loop::{Incoming, Post};
use crate::card::ChallengeText;
use crate::card::SpkiHash;
use crate::card::client::{ClientError, HelperClient};
use crate::card::line::{SignAsk, SignedReport};
use crate::card::login::Identity;
use crate::domain::SafeText;
use secrecy::SecretString;
use std::ffi::OsString;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Longest that a card may take, PIN and signature included.
const DEADLINE: Duration = Duration::from_secs(20);

/// How the helper is started.
#[derive(Clone, Debug)]
pub struct HelperCommand {
    /// Program.
    pub program: OsString,
    /// Arguments.
    pub arguments: Vec<OsString>,
}

/// What the helper came back with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromCard {
    /// The card in the reader.
    Identity(Box<Identity>),
    /// A signed challenge.
    Signed(Box<SignedReport>),
    /// Not possible, in words; `last_try` where a second confirmation would spend the last one.
    Failed {
        /// What to do.
        words: SafeText,
        /// Tries left, where known.
        tries_left: Option<u8>,
        /// The card refused to spend its last try without a confirmation.
        last_try: bool,
    },
}

/// Asks which card lies in the reader.
pub fn identify<T: Send + 'static>(helper: &HelperCommand, inbox: &Post<T>, wrap: fn(FromCard) -> T) {
    run(helper, inbox, wrap, |client| {
        client.identify(None).map(|(_, identity)| FromCard::Identity(Box::new(identity)))
    });
}

/// What is to be signed, by which card, with which PIN.
#[derive(Debug)]
pub struct Order {
    /// The station's challenge.
    pub challenge: ChallengeText,
    /// Only a card with one of these keys.
    pub enrolled: Vec<SpkiHash>,
    /// The PIN.
    pub pin: SecretString,
    /// The last try may be spent.
    pub allow_last_try: bool,
}

/// Has the card sign a challenge.
pub fn sign<T: Send + 'static>(
    helper: &HelperCommand,
    inbox: &Post<T>,
    wrap: fn(FromCard) -> T,
    order: Order,
) {
    run(helper, inbox, wrap, move |client| {
        let ask = SignAsk::new(&order.challenge, order.enrolled).with_pin(order.pin, order.allow_last_try);
        client.sign(ask).map(|signed| FromCard::Signed(Box::new(signed)))
    });
}

type Client = HelperClient<std::process::ChildStdout, std::process::ChildStdin>;

fn run<T: Send + 'static>(
    helper: &HelperCommand,
    inbox: &Post<T>,
    wrap: fn(FromCard) -> T,
    ask: impl FnOnce(&mut Client) -> Result<FromCard, ClientError> + Send + 'static,
) {
    let helper = helper.clone();
    let to_loop = inbox.clone();
    let spawned = thread::Builder::new().name("kyukyu-card".into()).spawn(move || {
        let said = converse(&helper, ask);
        let _ = to_loop.send(Incoming::Station(wrap(said)));
    });
    if spawned.is_err() {
        let said = failed("カードの補助プログラムを起動できません。端末を再起動してください");
        let _ = inbox.send(Incoming::Station(wrap(said)));
    }
}

fn converse(
    helper: &HelperCommand,
    ask: impl FnOnce(&mut Client) -> Result<FromCard, ClientError> + Send + 'static,
) -> FromCard {
    let started = Command::new(&helper.program)
        .args(&helper.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else {
        return failed(
            "カードの補助プログラム（kyukyu-card）を起動できません。システム管理者に連絡してください",
        );
    };
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        end(&mut child);
        return failed("カードの補助プログラムと通信できません。システム管理者に連絡してください");
    };
    let (done, answer) = mpsc::channel();
    let asking = thread::Builder::new().name("kyukyu-card-ask".into()).spawn(move || {
        let said = HelperClient::connect(output, input).and_then(|mut client| ask(&mut client));
        let _ = done.send(said.unwrap_or_else(|error| in_words(&error)));
    });
    let said = match asking {
        Ok(_) => answer.recv_timeout(DEADLINE).unwrap_or_else(|_| {
            failed("カードリーダーが応答しません。カードとリーダーを確かめ、もう一度お試しください")
        }),
        Err(_) => failed("カードの補助プログラムを起動できません。端末を再起動してください"),
    };
    end(&mut child);
    said
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn in_words(error: &ClientError) -> FromCard {
    let report = match error {
        ClientError::Refused(report) => Some(report),
        _ => None,
    };
    FromCard::Failed {
        words: SafeText::new(&error.to_string()),
        tries_left: report.and_then(|report| report.tries_left),
        last_try: report.is_some_and(|report| report.code == "last_try"),
    }
}

fn failed(words: &str) -> FromCard {
    FromCard::Failed { words: SafeText::new(words), tries_left: None, last_try: false }
}
