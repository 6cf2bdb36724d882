//! `kyukyu admin trust …`: which authorities of cards the station believes.

use super::client::ask;
use super::{Failure, out};
use crate::client::{Client, ClientFault};
use crate::protocol::cards::{AuthorityView, ListView, TrustView};
use crate::protocol::{IssuedCard, Reply, Request};
use clap::Subcommand;
use std::path::PathBuf;

/// An authority that ends in so many days needs a successor.
const SOON_DAYS: i64 = 180;

#[derive(Debug, Subcommand)]
pub(super) enum TrustCommand {
    /// 認証局の証明書を登録します。SHA-256は、発行元が公表しているものを見て入力してください
    #[command(
        after_long_help = "ルート認証局と、カードを発行した認証局の両方を登録します。登録はすぐに有効になります。\n\
ファイルから計算したSHA-256を入力しては確認になりません。発行元の公表資料と見比べてください。"
    )]
    Add {
        /// 証明書ファイル（DERまたはPEM）
        file: PathBuf,
        /// カードの種類: hpki, my-number
        #[arg(long, value_name = "KIND")]
        kind: IssuedCard,
        /// 公表されている証明書のSHA-256（16進64桁）
        #[arg(long, value_name = "HEX")]
        sha256: String,
    },
    /// 認証局と失効リストの一覧（失効リストのフォルダを読み直します）
    List,
    /// 認証局の登録を取り消します（すぐに有効になります）
    Remove {
        /// 証明書のSHA-256（trust list に表示される64桁）
        sha256: String,
        /// 理由
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
}

pub(super) fn run(client: &mut Client, command: &TrustCommand, json: bool) -> Result<(), Failure> {
    let request = match command {
        TrustCommand::List => return list(client, json),
        TrustCommand::Add { file, kind, sha256 } => Request::AddAuthority {
            card: *kind,
            certificate: data_encoding::BASE64.encode(&super::pem::der(file, super::pem::CERTIFICATE)?),
            sha256: sha256.clone(),
        },
        TrustCommand::Remove { sha256, reason } => {
            Request::RemoveAuthority { sha256: sha256.clone(), reason: reason.clone() }
        }
    };
    ask(client, request)?;
    if json {
        out::json(&serde_json::json!({ "done": true }));
    } else {
        out::line("完了しました");
    }
    Ok(())
}

fn list(client: &mut Client, json: bool) -> Result<(), Failure> {
    let Reply::Trust(trust) = ask(client, Request::ListTrust)? else {
        return Err(Box::new(ClientFault::NotUnderstood));
    };
    if json {
        out::json(&trust);
    } else {
        show(&trust);
    }
    Ok(())
}

fn show(trust: &TrustView) {
    if trust.authorities.is_empty() {
        out::line("登録された認証局はありません");
    }
    for authority in &trust.authorities {
        out::line(about(authority));
        out::line(format!("  SHA-256 {}", authority.sha256));
    }
    out::line(format!(
        "失効リスト {}件（フォルダ {}・期限切れの猶予 {}時間）",
        trust.lists.len(),
        trust.folder,
        trust.grace_hours
    ));
    out::table(&trust.lists.iter().map(row).collect::<Vec<_>>());
    for refused in &trust.refused {
        out::line(format!("  使えません: {refused}"));
    }
    match &trust.my_number {
        Some(basis) => out::line(format!("マイナンバーカードでのログイン: 有効（{basis}）")),
        None => out::line("マイナンバーカードでのログイン: 無効"),
    }
}

fn about(authority: &AuthorityView) -> String {
    let card = match authority.card {
        IssuedCard::Hpki => "HPKI",
        IssuedCard::MyNumber => "マイナンバーカード",
    };
    let root = if authority.root { "ルート" } else { "発行局" };
    let AuthorityView { subject, not_after, days_left, by, at, .. } = authority;
    let soon = if *days_left <= SOON_DAYS { "【要更新】" } else { "" };
    format!("{soon}{card}・{root}  {subject}  {not_after}まで（登録 {by} {at}）")
}

fn row(list: &ListView) -> [String; 2] {
    let until = if list.lapsed { "【期限切れ】次回更新" } else { "次回更新" };
    [format!("  {until} {}", list.next_update), list.issuer.to_string()]
}
