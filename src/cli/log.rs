//! `kyukyu log show|verify|ship`

use super::client::{Login, ask, log_in, log_out};
use super::{Failure, out};
use crate::client::Client;
use crate::protocol::{Reply, Request};
use clap::Subcommand;
use std::process::ExitCode;

/// The record of who looked.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    login: Login,
    /// 結果をJSONで出力します
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 操作ログを新しい順に表示します（表示したこと自体も記録されます）
    Show {
        /// 自分の操作だけを表示します（監査権限がなくても使えます）
        #[arg(long)]
        own: bool,
        /// 表示する最大件数
        #[arg(long, default_value_t = 100, value_name = "COUNT")]
        most: usize,
    },
    /// 操作ログの送信状況（保管用のPostgreSQL、syslog）を表示します。送信が停止していれば終了コード1で知らせます
    Ship {
        /// 送信状況を表示します（送信はステーションが自動で行います）
        #[arg(long, required = true)]
        status: bool,
    },
    /// 操作ログの連鎖を検証します。改変・欠落があれば終了コード1で知らせます
    Verify,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let (mut client, _) = log_in(&options.login)?;
    let code = match options.what {
        What::Show { own, most } => show(&mut client, own, most, options.json),
        What::Ship { .. } => super::shipping::status(&mut client, options.json),
        What::Verify => verify(&mut client, options.json),
    };
    log_out(&mut client)?;
    code
}

fn show(client: &mut Client, own: bool, most: usize, json: bool) -> Result<ExitCode, Failure> {
    let (mut before, mut left) = (None, most);
    loop {
        let Reply::Log(page) = ask(client, Request::ReadLog { before, own })? else {
            return Err("ステーションの応答が正しくありません".into());
        };
        for line in page.lines.iter().take(left) {
            if json {
                out::json(line);
            } else {
                let training = if line.training { "【訓練】" } else { "" };
                out::line(format!(
                    "{:>8} {} {training}{} {} {}",
                    line.seq, line.at, line.user, line.terminal, line.words
                ));
            }
        }
        left = left.saturating_sub(page.lines.len());
        before = page.lines.last().map(|line| line.seq);
        if !page.more || left == 0 || before.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn verify(client: &mut Client, json: bool) -> Result<ExitCode, Failure> {
    let Reply::Verified(found) = ask(client, Request::VerifyLog)? else {
        return Err("ステーションの応答が正しくありません".into());
    };
    if json {
        out::json(&found);
    } else if found.faults.is_empty() {
        out::line(format!("異常はありません（{}件を検証、最新のハッシュ値 {}）", found.entries, found.head));
    } else {
        out::line(format!("操作ログに異常があります（{}件を検証）", found.entries));
        found.faults.iter().for_each(|fault| out::line(format!("  {fault}")));
        out::line("このステーションの利用を止め、システム管理者と監査担当に連絡してください");
    }
    Ok(if found.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
