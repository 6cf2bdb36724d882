//! `kyukyu admin damage …`: what was found wrong with the store, and that it was seen.

use super::client::ask;
use super::{Failure, out};
use crate::client::{Client, ClientFault};
use crate::protocol::{DamageRequest, DamageRow, Reply, Request};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum DamageCommand {
    /// 確認の済んでいない異常（保存ファイルの破損・紛失・巻戻し）と、引き継いだもの
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
        out::line("確認の済んでいない異常はありません");
        return Ok(());
    }
    view.found.iter().flat_map(lines).for_each(out::line);
    out::line("確認したら kyukyu admin damage acknowledge --words \"…\" で確認済みにしてください");
    Ok(())
}

fn lines(found: &DamageRow) -> Vec<String> {
    let aside = found
        .aside
        .as_ref()
        .map_or_else(|| "なし（ファイルがありませんでした）".to_owned(), ToString::to_string);
    let mut lines = vec![
        format!("{}  {}", found.at, found.what),
        format!("  退避したファイル: {aside}"),
        format!("  以前の操作ログ: 保存ファイル {} の {}番まで", found.store_id, found.last_known),
        format!("  引き継いだ記録: {}件（読めなかった記録 {}件）", found.carried, found.lost),
    ];
    if let Some(seq) = found.accounts_of {
        lines.push(format!(
            "  利用者と権限: 操作ログ{seq}番の時点の控えから。その後の変更（無効化・権限・パスワード）を確かめてください"
        ));
    }
    if !found.torn.is_empty() {
        let torn: Vec<&str> = found.torn.iter().map(crate::domain::SafeText::as_str).collect();
        lines.push(format!("  最後まで読めなかったもの: {}", torn.join("・")));
    }
    lines.push("  全員がログインし直しています".to_owned());
    lines
}
