//! Speaks to the station from the command line, after the same login as on the screen.

use super::{Failure, out};
use crate::card::client::HelperClient;
use crate::card::line::SignAsk;
use crate::card::{ChallengeText, SpkiHash};
use crate::client::{Client, ClientFault};
use crate::protocol::view::SessionView;
use crate::protocol::{EndCause, Refusal, Reply, Request, Secret};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret, SecretString};
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Who asks, and where.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Login {
    /// ステーションの待受ソケット
    #[arg(
        long,
        env = "KYUKYU_SOCKET",
        default_value = "/run/kyukyu/station.sock",
        value_name = "PATH",
        global = true
    )]
    pub(super) socket: PathBuf,
    // Wanted, but clap has no global argument that is required.
    /// 利用者ID（必須）。パスワードは端末でたずねるか、標準入力の1行目から読みます（引数では受け取りません）
    #[arg(long, value_name = "ID", global = true)]
    pub(super) user: Option<String>,
    /// 訓練用ソフトウェアカードのファイル（PINは標準入力の2行目、または端末でたずねます）
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) software_card: Option<PathBuf>,
    /// カードの代わりにワンタイムパスワードで認証します（番号は標準入力の2行目、または端末でたずねます）
    #[arg(long, global = true)]
    pub(super) one_time_password: bool,
}

/// Connects and logs in; with a card where one is given.
pub(super) fn log_in(login: &Login) -> Result<(Client, SessionView), Failure> {
    let Some(user) = login.user.clone() else {
        return Err("利用者IDを --user で指定してください".into());
    };
    let mut client = Client::connect(&login.socket)?;
    let password = secret("パスワード: ")?;
    let password = Secret::new(password.expose_secret().to_owned());
    let Reply::LoggedIn { session, .. } = ask(&mut client, Request::Login { user, password })? else {
        return Err(Box::new(ClientFault::NotUnderstood));
    };
    let proved = match &login.software_card {
        Some(file) => prove_card(&mut client, file, &session),
        None if login.one_time_password => prove_token(&mut client),
        None => Ok(session),
    };
    match proved {
        Ok(session) => Ok((client, session)),
        Err(failure) => {
            log_out(&mut client)?;
            Err(failure)
        }
    }
}

fn prove_token(client: &mut Client) -> Result<SessionView, Failure> {
    let code = secret("ワンタイムパスワード: ")?;
    let code = Secret::new(code.expose_secret().to_owned());
    match ask(client, Request::OneTimeProof { code })? {
        Reply::Session(session) => Ok(session),
        _ => Err(Box::new(ClientFault::NotUnderstood)),
    }
}

/// Asks; a refusal becomes its sentences.
pub(super) fn ask(client: &mut Client, request: Request) -> Result<Reply, Failure> {
    client.ask(request).map_err(|fault| match fault {
        ClientFault::Refused(refusal) => explain(&refusal).into(),
        fault => fault.into(),
    })
}

/// Ends the session in order.
pub(super) fn log_out(client: &mut Client) -> Result<(), Failure> {
    ask(client, Request::Logout { cause: EndCause::Asked }).map(drop)
}

fn prove_card(client: &mut Client, file: &Path, session: &SessionView) -> Result<SessionView, Failure> {
    let Reply::Challenge { text } = ask(client, Request::CardChallenge)? else {
        return Err(Box::new(ClientFault::NotUnderstood));
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
        challenge: text,
        certificate: data_encoding::BASE64.encode(&signed.certificate),
        signature: data_encoding::BASE64.encode(&signed.signature),
        hash: signed.hash,
    };
    match ask(client, proof)? {
        Reply::Session(session) => Ok(session),
        _ => Err(Box::new(ClientFault::NotUnderstood)),
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
    secret_under(prompt, || ())
}

/// The same with something shown between the prompt and the line in which it is typed, where a person is asked.
pub(super) fn secret_under(prompt: &str, show: impl FnOnce()) -> Result<SecretString, Failure> {
    let stdin = io::stdin();
    let mut text = zeroize::Zeroizing::new(String::new());
    if stdin.is_terminal() {
        let quiet = EchoOff::new()?;
        out::note(prompt);
        show();
        stdin.lock().read_line(&mut text)?;
        drop(quiet);
    } else {
        stdin.lock().read_line(&mut text)?;
    }
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        let what = prompt.trim_end_matches([':', ' ']);
        return Err(format!(
            "{what}が入力されていません。端末で入力するか、標準入力の行として渡してください"
        )
        .into());
    }
    Ok(SecretString::from(secret))
}

/// Standard input without echo, for as long as it lives.
struct EchoOff(Termios);

impl EchoOff {
    fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
