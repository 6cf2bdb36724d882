//! `kyukyu log show|head|key|verify|export|ship`

mod export;
mod show;
mod verify;

use super::client::{Login, ask, log_in, log_out};
use super::{Failure, out};
use crate::client::Client;
use crate::log::search::Draft;
use crate::protocol::view::{LogHeadView, WitnessView};
use crate::protocol::{Reply, Request};
use clap::Subcommand;
use std::process::ExitCode;

/// The record of who looked.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    login: Login,
    /// 結果をJSONで出力します（エラーは標準エラー出力に文章で出ます。終了コードで判定してください）
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 操作ログを新しい順に表示します（表示したこと自体も記録されます。--json では1行に1件のJSON）
    Show {
        /// 自分の操作だけを表示します（監査権限がなくても使えます）
        #[arg(long)]
        own: bool,
        /// 表示する最大件数
        #[arg(long, default_value_t = 100, value_name = "COUNT")]
        most: usize,
        #[command(flatten)]
        filter: show::Filter,
    },
    /// 操作ログの送信状況（保管用のPostgreSQL、syslog）を表示します。送信が停止していれば終了コード1で知らせます
    Ship {
        /// 送信状況を表示します（送信はステーションが自動で行います）
        #[arg(long, required = true)]
        status: bool,
    },
    /// 照合コード（紙に控えて、あとで書換えの有無を確かめる短い文字列）と、外部の控えの状態を表示します
    Head,
    /// 署名の検証鍵を表示します（設置のときに控え、監査の方に渡してください）
    Key,
    /// 操作ログを検証します。改変・切詰め・巻戻しなどを終了コードで知らせます
    Verify(verify::Options),
    /// 操作ログを、プログラムなしで検証できるフォルダか、ほかの道具で読める形式のファイルに書き出します（書き出したこと自体も記録されます）
    Export(export::Options),
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    if let What::Verify(verify) = &options.what
        && let Some(code) = verify.without_station(options.json)?
    {
        return Ok(code);
    }
    if let What::Export(export) = &options.what {
        export.refuse()?;
    }
    let draft = match &options.what {
        What::Show { filter, .. } => filter.draft()?,
        _ => Draft::default(),
    };
    let outside = match &options.what {
        What::Verify(verify) => verify.outside()?,
        _ => None,
    };
    let (mut client, _) = log_in(&options.login)?;
    let code = match &options.what {
        What::Show { own, most, .. } => show::run(&mut client, &draft, *own, *most, options.json),
        What::Ship { .. } => super::shipping::status(&mut client, options.json),
        What::Head => head(&mut client, options.json),
        What::Key => key(&mut client),
        What::Verify(_) => verify::at_station(&mut client, outside.as_ref(), options.json),
        What::Export(export) => export::run(&mut client, export, options.json),
    };
    log_out(&mut client)?;
    code
}

fn where_it_stands(client: &mut Client) -> Result<LogHeadView, Failure> {
    match ask(client, Request::LogHead)? {
        Reply::LogHead(head) => Ok(*head),
        _ => Err("ステーションの応答が正しくありません".into()),
    }
}

fn head(client: &mut Client, json: bool) -> Result<ExitCode, Failure> {
    let head = where_it_stands(client)?;
    if json {
        out::json(&head);
        return Ok(ExitCode::SUCCESS);
    }
    out::line(format!("照合コード   {}", head.code));
    out::line(format!("件数         {}件（最新のハッシュ値 {}）", head.size, head.head));
    out::line(format!("署名済み     {}番まで", head.sealed));
    for witness in &head.witnesses {
        out::line(format!("{}   {}", witness.name, standing(witness)));
    }
    if head.witnesses.is_empty() {
        out::line("外部の控え   なし（設定の witness_folder に、USBメモリなどのフォルダを指定できます）");
    }
    Ok(ExitCode::SUCCESS)
}

fn standing(witness: &WitnessView) -> String {
    let kept = witness.kept.map_or_else(|| "まだありません".to_owned(), |kept| format!("{kept}番まで"));
    let behind =
        if witness.behind == 0 { String::new() } else { format!("、未保存{}件", witness.behind) };
    let trouble = witness.trouble.as_ref().map(|words| format!("【注意】{words}")).unwrap_or_default();
    format!("{kept}{behind}{trouble}")
}

fn key(client: &mut Client) -> Result<ExitCode, Failure> {
    out::line(where_it_stands(client)?.key);
    Ok(ExitCode::SUCCESS)
}
