//! Speaks to the station from the command line, after the same login as on the screen.

use super::{Failure, out};
use crate::card::client::HelperClient;
use crate::card::line::SignAsk;
use crate::card::{ChallengeText, SpkiHash};
use crate::protocol::view::SessionView;
use crate::protocol::{
    ClientFrame, EndCause, Hello, IdempotencyKey, Refusal, Reply, Request, Secret, StationFrame, VERSION, frame,
};
use secrecy::{ExposeSecret, SecretString};
use std::io::{self, BufRead, IsTerminal};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Who asks, and where.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Login {
    /// ステーションの待受ソケット
    #[arg(long, env = "KYUKYU_SOCKET", default_value = "/run/kyukyu/station.sock", value_name = "PATH")]
    pub(super) socket: PathBuf,
    /// 利用者ID。パスワードは端末でたずねるか、標準入力の1行目から読みます（引数では受け取りません）
    #[arg(long, value_name = "ID")]
    pub(super) user: String,
    /// 訓練用ソフトウェアカードのファイル（PINは標準入力の2行目、または端末でたずねます）
    #[arg(long, value_name = "FILE")]
    pub(super) software_card: Option<PathBuf>,
}

/// A line to the station with a session on it.
pub(super) struct Client {
    stream: UnixStream,
    next: u64,
}

impl Client {
    /// Connects and logs in; with a card where one is given.
    pub(super) fn login(login: &Login) -> Result<(Self, SessionView), Failure> {
        let mut stream = UnixStream::connect(&login.socket).map_err(|error| {
            let path = login.socket.display();
            format!("ステーションに接続できません（{path}）。`kyukyu serve` が動いているか確認してください: {error}")
        })?;
        frame::write(&mut stream, &ClientFrame::Hello(Hello { version: VERSION, resume: None }))?;
        match frame::read(&mut stream)? {
            StationFrame::Welcome(_) => {}
            StationFrame::Answer { outcome: Err(refusal), .. } => return Err(refusal.into()),
            _ => return Err("ステーションの応答が正しくありません。版を確認してください".into()),
        }
        let mut client = Self { stream, next: 1 };
        let password = secret("パスワード: ")?;
        let request = Request::Login {
            user: login.user.clone(),
            password: Secret::new(password.expose_secret().to_owned()),
        };
        let session = match client.ask(request)? {
            Reply::LoggedIn { session, .. } => session,
            _ => return Err("ステーションの応答が正しくありません".into()),
        };
        let session = match &login.software_card {
            Some(file) => client.prove_card(file, &session)?,
            None => session,
        };
        Ok((client, session))
    }

    /// Asks and waits for the answer; events are passed over.
    pub(super) fn ask(&mut self, request: Request) -> Result<Reply, Failure> {
        let number = self.next;
        self.next += 1;
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|_| "OSの乱数が得られません")?;
        let idempotency = IdempotencyKey::from_bits(bits);
        frame::write(&mut self.stream, &ClientFrame::Ask { number, idempotency, request: Box::new(request) })?;
        loop {
            match frame::read(&mut self.stream)? {
                StationFrame::Answer { number: answered, outcome } if answered == number || answered == 0 => {
                    return outcome.map(|reply| *reply).map_err(|refusal| explain(&refusal).into());
                }
                _ => {}
            }
        }
    }

    /// Ends the session in order.
    pub(super) fn logout(mut self) -> Result<(), Failure> {
        self.ask(Request::Logout { cause: EndCause::Asked }).map(drop)
    }

    fn prove_card(&mut self, file: &std::path::Path, session: &SessionView) -> Result<SessionView, Failure> {
        let Reply::Challenge { text } = self.ask(Request::CardChallenge)? else {
            return Err("ステーションの応答が正しくありません".into());
        };
        let challenge = ChallengeText::parse(text.as_bytes())?;
        let enrolled: Vec<SpkiHash> =
            session.card_keys.iter().filter_map(|key| key.as_str().parse().ok()).collect();
        let pin = secret("カードのPIN: ")?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("card-helper")
            .arg("--software-card")
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let signed = match (child.stdout.take(), child.stdin.take()) {
            (Some(output), Some(input)) => HelperClient::connect(output, input)
                .and_then(|mut helper| helper.sign(SignAsk::new(&challenge, enrolled).with_pin(pin, false))),
            _ => return Err("カードの補助プログラムと通信できません".into()),
        };
        let _ = child.kill();
        let _ = child.wait();
        let signed = signed?;
        let proof = Request::CardProof {
            certificate: data_encoding::BASE64.encode(&signed.certificate),
            signature: data_encoding::BASE64.encode(&signed.signature),
        };
        match self.ask(proof)? {
            Reply::Session(session) => Ok(session),
            _ => Err("ステーションの応答が正しくありません".into()),
        }
    }
}

fn explain(refusal: &Refusal) -> String {
    let mut words = refusal.words.to_string();
    for (field, why) in &refusal.fields {
        words.push_str(&format!("\n  {field}: {why}"));
    }
    words
}

/// A secret from the terminal with echo off, or the next line of standard input.
pub(super) fn secret(prompt: &str) -> Result<SecretString, Failure> {
    let stdin = io::stdin();
    let mut text = zeroize::Zeroizing::new(String::new());
    if stdin.is_terminal() {
        let quiet = crate::terminal::tty::EchoOff::new()?;
        out::note(prompt);
        stdin.lock().read_line(&mut text)?;
        drop(quiet);
    } else {
        stdin.lock().read_line(&mut text)?;
    }
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err(format!("{prompt}が入力されていません").into());
    }
    Ok(SecretString::from(secret))
}
