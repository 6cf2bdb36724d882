//! Speaks to the station from the command line, after the same login as on the screen.

use super::at_reader::Place;
use super::{Failure, WrongUsage, out};
use crate::client::{Client, ClientFault};
use crate::log::search::{DraftField, SearchError};
use crate::protocol::view::SessionView;
use crate::protocol::{EndCause, Refusal, Reply, Request, Secret, SignedChallenge};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret, SecretString};
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

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
    /// カードリーダーのカードでも認証します（PINは標準入力の2行目、または端末でたずねます）
    #[arg(long, global = true, conflicts_with = "software_card")]
    pub(super) card: bool,
    /// カードの補助プログラム（既定は、このプログラムと同じ場所の kyukyu-card）
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) helper: Option<PathBuf>,
    /// カードリーダーの名前（カードが2枚以上置かれているとき）
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) reader: Option<String>,
    /// カードの代わりにワンタイムパスワードで認証します（番号は標準入力の2行目、または端末でたずねます）
    #[arg(long, global = true)]
    pub(super) one_time_password: bool,
}

impl Login {
    /// Where the card of whoever logs in is, if one is to be used.
    fn card(&self) -> Result<Option<Place>, Failure> {
        match &self.software_card {
            Some(file) => Place::software(file).map(Some),
            None if self.card => Place::reader(self.helper.as_ref(), self.reader.as_ref()).map(Some),
            None => Ok(None),
        }
    }
}

/// Connects and logs in; with a card where one is given.
pub(super) fn log_in(login: &Login) -> Result<(Client, SessionView), Failure> {
    let Some(user) = login.user.clone() else {
        return Err(WrongUsage::of("利用者IDを --user で指定してください"));
    };
    let place = login.card()?;
    let mut client = Client::connect(&login.socket)?;
    let password = secret("パスワード: ")?;
    let password = Secret::new(password.expose_secret().to_owned());
    let Reply::LoggedIn { session, .. } = ask(&mut client, Request::Login { user, password })? else {
        return Err(Box::new(ClientFault::NotUnderstood));
    };
    let proved = match &place {
        Some(place) => prove_card(&mut client, place, &session),
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

fn prove_card(client: &mut Client, place: &Place, session: &SessionView) -> Result<SessionView, Failure> {
    let whose = format!("{} のカード", session.account.user);
    let card = place.card()?;
    // Compared before any PIN is asked for: a stranger's card loses no try.
    if session.card_keys.iter().all(|key| key.as_str() != card.key().to_string()) {
        return Err("置かれているカードは、ログインする利用者に登録されたカードではありません。PINは使っていません。ご自身のカードを置いてください".into());
    }
    let last = card.tell(&whose)?;
    let pin = card.ask_pin(&whose)?;
    let Reply::Challenge { text } = ask(client, Request::CardChallenge)? else {
        return Err(Box::new(ClientFault::NotUnderstood));
    };
    let SignedChallenge { challenge, certificate, signature, hash } = card.sign(text, pin, last)?;
    match ask(client, Request::CardProof { challenge, certificate, signature, hash })? {
        Reply::Session(session) => Ok(session),
        _ => Err(Box::new(ClientFault::NotUnderstood)),
    }
}

fn explain(refusal: &Refusal) -> String {
    let mut words = refusal.words.to_string();
    for (field, why) in &refusal.fields {
        words.push_str(&format!("\n  {}: {why}", option_of(field.as_str())));
    }
    words
}

/// Fields of a search that are wrong, by their options.
pub(super) fn wrong_fields(wrong: &[(DraftField, SearchError)]) -> Failure {
    let said: Vec<String> =
        wrong.iter().map(|(field, why)| format!("{}: {why}", option_of(field.name()))).collect();
    WrongUsage::of(said.join("\n"))
}

/// By what option a field was given. Whoever asks on a command line has no other form with fields than the search of the log.
fn option_of(field: &str) -> &str {
    match field {
        "patient_id" => "--patient の id",
        "insurer_number" => "--patient の insurer",
        "number" => "--patient の number",
        "reference_number" => "--patient の reference",
        "name" => "--patient の name",
        "birthdate" => "--patient の birthdate",
        "user" => "--operator",
        "from" => "--from",
        "to" => "--until",
        "kinds" => "--kind",
        "case" => "--case",
        other => other,
    }
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

/// Tells the person who sits there; a program that feeds the input is not told.
pub(super) fn tell(words: &str) {
    if io::stdin().is_terminal() {
        out::note(words);
    }
}

/// Waits for Enter where a person sits there; a program that feeds the input has done it already.
pub(super) fn wait_for_enter(prompt: &str) -> Result<(), Failure> {
    let stdin = io::stdin();
    tell(prompt);
    if stdin.is_terminal() {
        stdin.lock().read_line(&mut String::new())?;
    }
    Ok(())
}

/// Takes 「はい」 for a yes, from the terminal or the next line of standard input.
pub(super) fn confirmed(prompt: &str) -> Result<(), Failure> {
    out::note(prompt);
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    if typed.trim() == "はい" {
        Ok(())
    } else {
        Err("確認されなかったため、PINは使っていません".into())
    }
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
