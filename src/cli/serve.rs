//! `kyukyu serve`

use super::Failure;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::station::{Station, serve};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Starts the station.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// 設定ファイル
    #[arg(long, default_value = "/etc/kyukyu/kyukyu.toml", value_name = "FILE")]
    config: PathBuf,
    /// 訓練用の案内（ログイン画面に表示するJSON配列のファイル。訓練用の保管庫でのみ有効）
    #[arg(long, hide = true, value_name = "FILE")]
    training_hints: Option<PathBuf>,
    /// Ends with the process that started it.
    #[arg(long, hide = true)]
    end_with_parent: bool,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    no_core_dumps();
    all_descriptors();
    if options.end_with_parent {
        super::end_with_parent()?;
    }
    let level = std::env::var("KYUKYU_LOG").ok().and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(tracing::Level::INFO))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let config = Config::load(&options.config)?;
    let hints = match &options.training_hints {
        Some(path) => serde_json::from_slice(&std::fs::read(path)?)?,
        None => Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async move {
        let socket = config.socket.display().to_string();
        // This very program once more, also when its file was replaced meanwhile.
        let worker = Some((PathBuf::from("/proc/self/exe"), vec!["folder-worker".to_owned()]));
        let basis = config.my_number().cloned();
        let station = Station::start_with(config, Arc::new(SystemClock::new()), hints, worker).await?;
        if let Some(basis) = basis {
            super::out::note(format!(
                "マイナンバーカードでのログインが有効です。失効は確認しません。根拠: {basis}"
            ));
        }
        if let Some(words) = station.damage_in_words() {
            super::out::note(words);
        }
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        let listening = || {
            super::out::note(format!("ステーションを起動しました。待受: {socket}（停止は Ctrl+C）"));
        };
        serve(station, listening, stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// As many descriptors as the system allows: each line takes one. Where it allows few, fewer lines are taken.
fn all_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit });
}

/// Keys and passwords must not end in a core file.
pub(super) fn no_core_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if setrlimit(Resource::Core, none).is_err()
        || set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err()
    {
        super::out::note("コアダンプを無効にできませんでした。システムの設定を確認してください");
    }
}
