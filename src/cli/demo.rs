//! `kyukyu demo`

use super::{Failure, out, terminal};
use crate::demo::{Site, play};
use crate::linksim;
use crate::terminal::CardPlaces;
use std::ffi::OsString;
use std::process::ExitCode;

/// The training site.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "画面を開かずに一連の流れを確かめるには `kyukyu demo --script` を使います。\n\
操作の練習は、ログイン画面に表示される訓練用の利用者とPINで始められます。")]
pub(super) struct Options {
    /// 画面を開かず、主な流れ（ログイン → 照会 → 本人確認 → 閲覧 → 操作ログの検証）を自動で実行して表示します
    #[arg(long)]
    script: bool,
    /// 連携ソフトの代役に渡すシナリオファイル
    #[arg(long, value_name = "FILE")]
    scenario: Option<std::path::PathBuf>,
    #[command(flatten)]
    look: terminal::Look,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let mut arguments: Vec<OsString> = Vec::new();
    if let Some(scenario) = &options.scenario {
        linksim::check_scenario(scenario)?;
        arguments.extend(["--scenario".into(), scenario.clone().into_os_string()]);
    }
    let site = Site::start(&arguments)?;
    if options.script {
        site.end_on_signals()?;
        play(&site, &mut |line| out::line(line))?;
        return Ok(ExitCode::SUCCESS);
    }
    terminal::open(&site.socket(), CardPlaces::software(site.helper()?), &options.look)
}
