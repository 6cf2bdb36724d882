//! `kyukyu admin token …`: one-time-password tokens. A secret is shown once, and the screen is wiped after the person has
//! typed the first code.

use super::client::{ask, secret_under};
use super::qr::{self, Style};
use super::{Failure, out};
use crate::client::{Client, ClientFault};
use crate::domain::{SafeText, UserId};
use crate::protocol::view::TokenView;
use crate::protocol::{RefusalCode, Reply, Request, Secret};
use clap::Subcommand;
use rustix::termios::tcgetwinsize;
use secrecy::ExposeSecret;
use std::io::{self, IsTerminal};
use zeroize::Zeroizing;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// ワンタイムパスワードのトークン（認証アプリなど）を利用者に登録します
    Enrol {
        /// 利用者ID
        id: UserId,
        #[command(flatten)]
        picture: Picture,
    },
    /// トークンの一覧（緊急トークンの理由と期限を含みます。--json では全件で1つの配列）
    List {
        /// 利用者ID（省略すると全員）
        id: Option<UserId>,
    },
    /// トークンを失効させ、それで認証したセッションを終了します
    Revoke {
        /// 利用者ID
        id: UserId,
        /// トークンの番号（一覧に表示されます）
        token: String,
        /// 理由
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
    /// カードが使えない緊急時のトークンを、時間を限って発行します（事後に確認されます）
    IssueEmergency {
        /// 利用者ID
        id: UserId,
        /// 理由
        #[arg(long, value_name = "WORDS")]
        reason: String,
        /// 有効な時間数（上限は設定の emergency_token_hours）
        #[arg(long, value_name = "HOURS")]
        hours: u64,
        #[command(flatten)]
        picture: Picture,
    },
}

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Picture {
    /// QRコードの表示のしかた（端末に表示するときだけ）
    #[arg(long, value_enum, default_value_t = Style::Half, value_name = "STYLE")]
    qr: Style,
}

/// Codes that may be typed before the command gives up.
const TRIES: u32 = 3;

pub(super) fn run(client: &mut Client, command: &TokenCommand, json: bool) -> Result<(), Failure> {
    match command {
        TokenCommand::List { id } => list(client, id.as_ref(), json),
        TokenCommand::Revoke { id, token, reason } => {
            let token = SafeText::new(token);
            ask(client, Request::RevokeToken { user: id.clone(), token, reason: reason.clone() })?;
            out::done(json);
            Ok(())
        }
        TokenCommand::Enrol { id, picture } => {
            let begin = Request::BeginToken { user: id.clone() };
            enrol(client, begin, id, picture.qr, json)
        }
        TokenCommand::IssueEmergency { id, reason, hours, picture } => {
            let (user, reason) = (id.clone(), reason.clone());
            let begin = Request::BeginEmergencyToken { user, reason, hours: *hours };
            enrol(client, begin, id, picture.qr, json)
        }
    }
}

/// Shows the secret, and asks for the code that proves that it arrived.
fn enrol(
    client: &mut Client,
    begin: Request,
    user: &UserId,
    style: Style,
    json: bool,
) -> Result<(), Failure> {
    let Reply::NewToken { token, secret, uri } = ask(client, begin)? else {
        return Err(Box::new(ClientFault::NotUnderstood));
    };
    let mut picture = None;
    if json {
        out::json(&serde_json::json!({ "token": token, "secret": secret.expose(), "uri": uri.expose() }));
    } else {
        show(user, &secret);
        picture = drawn(&uri, style);
    }
    drop((secret, uri));
    let confirmed = confirm(client, picture);
    if !json && io::stdout().is_terminal() {
        out::wipe();
    }
    confirmed?;
    if json {
        out::done(json);
    } else {
        out::line(format!("{user} のトークン {token} を登録しました。いまから使えます"));
    }
    Ok(())
}

fn show(user: &UserId, secret: &Secret) {
    out::line(format!("{user} のトークンです。本人の認証アプリまたはトークンに登録してください。"));
    out::line("鍵は今回だけ表示されます。写真や控えを残さないでください。");
    let mut grouped = Zeroizing::new(String::with_capacity(64));
    for (place, c) in secret.expose().chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(c);
    }
    let key = Zeroizing::new(format!("鍵: {}", grouped.as_str()));
    out::own(&key);
    out::line("（手で入力するときは、時刻ベース・SHA-1・6桁・30秒。空白は不要です）");
}

/// The QR code, where the terminal has room for all of it.
fn drawn(uri: &Secret, style: Style) -> Option<qr::Picture> {
    let window = tcgetwinsize(io::stdout()).ok()?;
    let (columns, rows) = (usize::from(window.ws_col), usize::from(window.ws_row));
    // A terminal that does not know its size is taken at its word that it is one.
    let unknown = columns == 0 || rows == 0;
    let mut picture = qr::draw(uri.expose(), style, 0)?;
    for quiet in qr::QUIET {
        picture = qr::draw(uri.expose(), style, quiet)?;
        if unknown || picture.columns <= columns && picture.rows.len() < rows {
            return Some(picture);
        }
    }
    out::note(format!(
        "端末が小さいためQRコードを表示しません（いま {columns}x{rows}、必要 {}x{}）。端末を広げてやり直すか、鍵を手で入力してください",
        picture.columns,
        picture.rows.len() + 1
    ));
    None
}

/// Asks for the first code. The picture stands under the prompt, so that nothing scrolls it out of a small terminal.
fn confirm(client: &mut Client, mut picture: Option<qr::Picture>) -> Result<(), Failure> {
    for left in (0..TRIES).rev() {
        let prompt = "表示された6桁の番号（登録後に本人が入力）: ";
        let code = secret_under(prompt, || {
            let Some(picture) = picture.take() else { return };
            picture.rows.iter().for_each(|row| out::own(row));
            // In a small terminal the picture leaves no more than this line in sight.
            out::ask("6桁の番号: ");
        })?;
        let code = Secret::new(code.expose_secret().to_owned());
        match client.ask(Request::ConfirmToken { code }) {
            Ok(_) => return Ok(()),
            Err(ClientFault::Refused(refusal))
                if left > 0 && matches!(refusal.code, RefusalCode::BadFactor | RefusalCode::BadInput) =>
            {
                out::note(&refusal.words);
            }
            Err(ClientFault::Refused(refusal)) => {
                return Err(format!("{}\nトークンは登録されていません", refusal.words).into());
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(())
}

fn list(client: &mut Client, user: Option<&UserId>, json: bool) -> Result<(), Failure> {
    let mut all: Vec<TokenView> = Vec::new();
    loop {
        let after = all.last().map(|view| (view.user.clone(), view.token.clone()));
        let request = Request::ListTokens { user: user.cloned(), after };
        let Reply::Tokens { tokens, more } = ask(client, request)? else {
            return Err(Box::new(ClientFault::NotUnderstood));
        };
        let end = !more || tokens.is_empty();
        all.extend(tokens);
        if end {
            break;
        }
    }
    if json {
        out::json(&all);
        return Ok(());
    }
    let now: Vec<&TokenView> = all.iter().filter(|v| v.in_force && v.emergency.is_some()).collect();
    let last =
        now.iter().filter_map(|view| view.emergency.as_ref()).map(|e| &e.until).max_by_key(|t| t.as_str());
    if let Some(last) = last {
        out::line(format!("緊急トークンが{}件有効です（最長 {last} まで）", now.len()));
    }
    out::table(&all.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

fn row(view: &TokenView) -> [String; 6] {
    let emergency = view.emergency.as_ref();
    [
        view.user.to_string(),
        view.token.to_string(),
        view.state.to_string(),
        format!("登録 {}（{}）", view.made, view.made_by),
        format!("{} {}", if view.in_force { "最終使用" } else { "終了" }, view.last),
        emergency.map_or_else(String::new, |e| format!("緊急 {}まで（{}）", e.until, e.reason)),
    ]
}
