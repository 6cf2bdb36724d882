//! `kyukyu admin damage …`: what was found wrong with the store, and that it was seen.

use super::client::ask;
use super::{Failure, out};
use crate::client::{Client, ClientFault};
use crate::domain::SafeText;
use crate::protocol::{DamageRequest, DamageRow, Reply, Request};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum DamageCommand {
    /// 見つかった異常（保管庫の破損・紛失・巻戻し）と、引き継いだもの、確認したか
    Status,
    /// 異常を確認済みにし、全画面の【操作ログ異常】を消します。退避したファイルは証拠です。消さないでください
    Acknowledge {
        /// 分かったことと対処（記録に残ります）
        #[arg(long, value_name = "WORDS")]
        words: String,
    },
}

pub(super) fn run(client: &mut Client, command: &DamageCommand, json: bool) -> Result<(), Failure> {
    match command {
        DamageCommand::Status => status(client, json),
        DamageCommand::Acknowledge { words } => {
            ask(client, Request::Damage(DamageRequest::Acknowledge { words: words.clone() }))?;
            out::done(json);
            Ok(())
        }
    }
}

fn status(client: &mut Client, json: bool) -> Result<(), Failure> {
    let Reply::Damage(view) = ask(client, Request::Damage(DamageRequest::Status))? else {
        return Err(Box::new(ClientFault::NotUnderstood));
    };
    if json {
        out::json(&view);
        return Ok(());
    }
    if view.found.is_empty() {
        out::line("異常が見つかったことはありません");
        return Ok(());
    }
    view.found.iter().flat_map(lines).for_each(out::line);
    if view.found.iter().any(|found| found.acknowledged.is_none()) {
        out::line("確認したら kyukyu admin damage acknowledge --words \"…\" で確認済みにしてください");
    } else {
        out::line("確認の済んでいない異常はありません");
    }
    Ok(())
}

fn lines(found: &DamageRow) -> Vec<String> {
    let aside = found.aside.as_ref();
    let aside = aside.map_or_else(|| "なし（ファイルがありませんでした）".to_owned(), ToString::to_string);
    let mut lines = vec![
        format!("{}  {}", found.at, found.what),
        format!("  退避したファイル: {aside}"),
        format!("  以前の操作ログ: 保管庫 {} の{}", found.store_id, extent(found)),
        format!("  引き継いだ記録: {}件", found.carried),
    ];
    if found.lost > 0 {
        lines.push(format!("  読めずに引き継げなかった記録: {}件", found.lost));
    }
    if !found.torn.is_empty() {
        let torn: Vec<&str> = found.torn.iter().map(SafeText::as_str).collect();
        lines.push(format!(
            "  引き継げていないもの（件数は分かりません）: {}。紙の記録などで確かめてください",
            torn.join("・")
        ));
    }
    if let Some(seq) = found.accounts_of {
        lines.push(format!(
            "  利用者と権限: 操作ログ{seq}番の時点の控えから。その後の変更（無効化・権限・パスワード）を確かめてください"
        ));
    }
    lines.push(match &found.acknowledged {
        Some(seen) => format!("  確認済み: {} {}（{}）", seen.at, seen.by, seen.words),
        None => "  全員のログインが切れています。もう一度ログインしてください".to_owned(),
    });
    lines
}

/// How far the old log went, and what is missing of it.
fn extent(found: &DamageRow) -> String {
    let last = found.last_known;
    match found.readable {
        None => format!("少なくとも{last}番まで（その後があったかは分かりません）"),
        Some(readable) if readable < last => format!(
            "{last}番まであったはずですが、退避したファイルには{readable}番までしかありません（その後は失われています）"
        ),
        Some(readable) => format!("{readable}番まで"),
    }
}
