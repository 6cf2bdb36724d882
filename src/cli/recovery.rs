//! `kyukyu admin recovery …`: the end of an emergency.

use super::client::ask;
use super::{Failure, out};
use crate::client::{Client, ClientFault};
use crate::protocol::{Reply, Request};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum RecoveryCommand {
    /// 復旧を宣言します。すべての緊急トークンが失効し、それで認証したセッションが終了します
    Declare {
        /// 復旧の内容（記録に残ります）
        #[arg(long, value_name = "WORDS")]
        words: String,
    },
    /// 有効な緊急トークンの数と、前回の復旧宣言
    Status,
}

pub(super) fn run(client: &mut Client, command: &RecoveryCommand, json: bool) -> Result<(), Failure> {
    match command {
        RecoveryCommand::Declare { words } => {
            ask(client, Request::DeclareRecovery { words: words.clone() })?;
            out::done(json);
            Ok(())
        }
        RecoveryCommand::Status => status(client, json),
    }
}

fn status(client: &mut Client, json: bool) -> Result<(), Failure> {
    let Reply::Recovery(view) = ask(client, Request::RecoveryStatus)? else {
        return Err(Box::new(ClientFault::NotUnderstood));
    };
    if json {
        out::json(&view);
        return Ok(());
    }
    out::line(match &view.until {
        Some(until) => format!("緊急トークン: {}件有効（最長 {until} まで）", view.tokens),
        None => "緊急トークン: 有効なものはありません".to_owned(),
    });
    out::line(match &view.last {
        Some(last) => format!("前回の復旧宣言: {}（{}・{}）", last.at, last.by, last.words),
        None => "前回の復旧宣言: ありません".to_owned(),
    });
    Ok(())
}
