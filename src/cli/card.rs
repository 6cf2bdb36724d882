//! `kyukyu admin card …`: whose card is enrolled, and how it comes and goes.

use super::at_reader::{Place, pin};
use super::client::{Login, ask, wait_for_enter};
use super::{Failure, out};
use crate::card::SpkiHash;
use crate::client::{Client, ClientFault};
use crate::domain::{UserId, hc_role};
use crate::protocol::cards::CardView;
use crate::protocol::{Reply, Request};
use clap::Subcommand;
use std::path::PathBuf;

/// Fewest digits by which a card may be named.
const FEWEST_DIGITS: usize = 8;

#[derive(Debug, Subcommand)]
pub(super) enum CardCommand {
    /// カードを利用者に登録します（利用者のカードをリーダーに置き、本人がPINを入力します）
    #[command(
        after_long_help = "すでにカードのある利用者の2枚目（更新）には、登録済みのカードの署名（--old-card）か、ほかの施設管理者の承認（card approve）が必要です。\n\
標準入力から渡すときの順序: 管理者のパスワード、管理者のカードのPIN、登録済みのカードのPIN、新しいカードのPIN（使うものだけ、1行ずつ）"
    )]
    Enrol {
        /// 利用者ID
        id: UserId,
        /// カードを置かずに、証明書ファイル（DERまたはPEM）で先に登録します
        #[arg(long, value_name = "FILE", conflicts_with_all = ["old_card", "new_software_card", "old_software_card"])]
        certificate: Option<PathBuf>,
        /// 更新のとき: 登録済みのカードでも署名します（同じリーダーに順に置きます）
        #[arg(long)]
        old_card: bool,
        /// 登録する訓練用ソフトウェアカードのファイル（リーダーの代わり）
        #[arg(long, value_name = "FILE")]
        new_software_card: Option<PathBuf>,
        /// 登録済みの訓練用ソフトウェアカードのファイル（--old-card の代わり）
        #[arg(long, value_name = "FILE", conflicts_with = "old_card")]
        old_software_card: Option<PathBuf>,
    },
    /// カードの一覧（指紋・発行者・有効期限・資格・承認待ち。--json では全件で1つの配列）
    List {
        /// この利用者だけ
        id: Option<UserId>,
    },
    /// カードの登録を取り消します（そのカードのセッションはすぐに終了します）
    Revoke {
        /// 利用者ID
        id: UserId,
        /// カードの指紋（card list の先頭8桁以上）
        #[arg(value_parser = digits)]
        fingerprint: String,
        /// 理由
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
    /// 承認待ちのカードを承認します（申請した管理者と本人にはできません）
    Approve {
        /// 利用者ID
        id: UserId,
        /// カードの指紋（card list の先頭8桁以上）
        #[arg(value_parser = digits)]
        fingerprint: String,
    },
    /// 承認待ちのカードを却下します（申請した管理者と本人にはできません）
    Reject {
        /// 利用者ID
        id: UserId,
        /// カードの指紋（card list の先頭8桁以上）
        #[arg(value_parser = digits)]
        fingerprint: String,
        /// 理由
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
}

/// The first digits of a fingerprint.
fn digits(typed: &str) -> Result<String, String> {
    if typed.len() < FEWEST_DIGITS || !typed.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!(
            "指紋は card list に表示される16進の先頭{FEWEST_DIGITS}桁以上で指定してください"
        ));
    }
    Ok(typed.to_ascii_lowercase())
}

pub(super) fn run(
    client: &mut Client,
    login: &Login,
    command: &CardCommand,
    json: bool,
) -> Result<(), Failure> {
    let reply = match command {
        CardCommand::List { id } => return list(client, id.as_ref(), json),
        CardCommand::Enrol { id, certificate: Some(file), .. } => {
            let certificate = data_encoding::BASE64.encode(&super::pem::der(file, super::pem::CERTIFICATE)?);
            ask(client, Request::EnrolCard { user: id.clone(), certificate })?
        }
        CardCommand::Enrol { id, old_card, new_software_card, old_software_card, .. } => {
            let in_reader = || Place::reader(login.helper.as_ref(), login.reader.as_ref());
            let software = |file: &PathBuf| Place::software(file);
            let new = new_software_card.as_ref().map_or_else(in_reader, software)?;
            let old = match old_software_card {
                Some(file) => Some(Place::software(file)?),
                None => old_card.then(in_reader).transpose()?,
            };
            enrol(client, id, &new, old.as_ref())?
        }
        CardCommand::Revoke { id, fingerprint, reason } => {
            let fingerprint = resolve(client, id, fingerprint, false)?;
            ask(client, Request::RevokeCard { user: id.clone(), fingerprint, reason: reason.clone() })?
        }
        CardCommand::Approve { id, fingerprint } => {
            let fingerprint = resolve(client, id, fingerprint, true)?;
            ask(client, Request::ApproveCard { user: id.clone(), fingerprint })?
        }
        CardCommand::Reject { id, fingerprint, reason } => {
            let fingerprint = resolve(client, id, fingerprint, true)?;
            ask(client, Request::RejectCard { user: id.clone(), fingerprint, reason: reason.clone() })?
        }
    };
    say(command, &reply, json);
    Ok(())
}

fn say(command: &CardCommand, reply: &Reply, json: bool) {
    match reply {
        Reply::CardProposed { fingerprint } if json => {
            out::json(&serde_json::json!({ "done": false, "pending": true, "fingerprint": fingerprint }));
        }
        Reply::CardProposed { fingerprint } => {
            let id = match command {
                CardCommand::Enrol { id, .. } => id.as_str(),
                _ => "",
            };
            let short = fingerprint.as_str().get(..16).unwrap_or_default();
            out::line(
                "承認待ちです。この利用者にはすでにカードがあるため、ほかの施設管理者の承認が必要です:",
            );
            out::line(format!("  kyukyu admin card approve {id} {short} --user 承認する管理者のID"));
        }
        _ if json => out::json(&serde_json::json!({ "done": true })),
        _ => out::line("完了しました"),
    }
}

/// The card signs the station's challenge for this person; where it is a renewal, the old card signs one too. All PINs
/// are asked for before the first challenge: a challenge lives for a minute, and cards are swapped within it.
fn enrol(client: &mut Client, user: &UserId, new: &Place, old: Option<&Place>) -> Result<Reply, Failure> {
    let new_name = format!("利用者 {user} の新しいカード");
    let (old, card) = match old {
        Some(old) => {
            let old_name = format!("利用者 {user} の登録済みのカード");
            wait_for_enter(&format!("{old_name}をリーダーに置き、Enterを押してください"))?;
            let there = old.card()?;
            let last = there.tell(&old_name)?;
            let old_pin = there.ask_pin(&old_name)?;
            let new_pin = pin(there.pin_from(), &new_name)?;
            let signed = there.sign(challenge(client, user)?, old_pin, last)?;
            wait_for_enter(&format!(
                "カードを入れ替えます。{new_name}をリーダーに置き、Enterを押してください"
            ))?;
            let found = new.card()?;
            if found.key() == there.key() {
                return Err(
                    "置かれているのは登録済みのカードです。新しいカードに入れ替えてやり直してください".into(),
                );
            }
            let last = found.tell(&new_name)?;
            (Some(signed), found.sign(challenge(client, user)?, new_pin, last)?)
        }
        None => {
            wait_for_enter(&format!("{new_name}をリーダーに置き、Enterを押してください"))?;
            let found = new.card()?;
            let last = found.tell(&new_name)?;
            let pin = found.ask_pin(&new_name)?;
            (None, found.sign(challenge(client, user)?, pin, last)?)
        }
    };
    ask(client, Request::EnrolSigned { user: user.clone(), card, old })
}

fn challenge(client: &mut Client, user: &UserId) -> Result<String, Failure> {
    match ask(client, Request::EnrolChallenge { user: user.clone() })? {
        Reply::Challenge { text } => Ok(text),
        _ => Err(Box::new(ClientFault::NotUnderstood)),
    }
}

/// All cards, page by page.
fn all(client: &mut Client, user: Option<&UserId>) -> Result<Vec<CardView>, Failure> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let Reply::Cards { cards, next } = ask(client, Request::ListCards { user: user.cloned(), after })?
        else {
            return Err(Box::new(ClientFault::NotUnderstood));
        };
        all.extend(cards);
        match next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// The card that the first digits of a fingerprint name.
fn resolve(client: &mut Client, user: &UserId, digits: &str, pending: bool) -> Result<SpkiHash, Failure> {
    let cards = all(client, Some(user))?;
    let mut named = cards
        .iter()
        .filter(|card| card.pending.is_some() == pending && card.fingerprint.as_str().starts_with(digits));
    match (named.next(), named.next()) {
        (Some(card), None) => Ok(card.fingerprint.as_str().parse()?),
        (Some(_), Some(_)) => Err("その指紋で始まるカードが2枚以上あります。桁を増やしてください".into()),
        (None, _) if pending => {
            Err("その指紋の承認待ちのカードはありません。kyukyu admin card list で確かめてください".into())
        }
        (None, _) => {
            Err("その指紋のカードは登録されていません。kyukyu admin card list で確かめてください".into())
        }
    }
}

fn list(client: &mut Client, user: Option<&UserId>, json: bool) -> Result<(), Failure> {
    let cards = all(client, user)?;
    if json {
        out::json(&cards);
    } else if cards.is_empty() {
        out::line("登録されたカードはありません");
    } else {
        out::table(&cards.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

fn row(card: &CardView) -> [String; 7] {
    let days = match card.days_left {
        left @ 0.. => format!("残り{left}日"),
        _ => "期限切れ".to_owned(),
    };
    let mut notes = Vec::new();
    if let Some(pending) = &card.pending {
        let signed = if pending.signed { "署名済" } else { "証明書のみ" };
        notes.push(format!("承認待ち（申請 {} {}・{signed}）", pending.by, pending.at));
    }
    if card.ends_soon {
        notes.push("要更新".to_owned());
    }
    [
        card.user.to_string(),
        card.fingerprint.as_str().get(..16).unwrap_or_default().to_owned(),
        card.factor.label().to_owned(),
        card.hc_role
            .as_ref()
            .map_or_else(|| "資格の記載なし".to_owned(), |role| hc_role::label(role.as_str()).to_owned()),
        format!("{}まで（{days}）", card.not_after),
        notes.join("・"),
        card.issuer.to_string(),
    ]
}
