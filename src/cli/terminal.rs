//! `kyukyu` without a sub-command: the screen.

use super::Failure;
use crate::terminal::{self, HelperCommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How the screen looks and which keys it takes.
#[derive(Debug, clap::Args)]
pub(super) struct Look {
    /// キー割り当て: default, vim, function-keys
    #[arg(long, default_value = "default", value_name = "NAME")]
    keymap: String,
    /// キー割り当ての変更ファイル（標準の割り当てに上書きします）
    #[arg(long, value_name = "FILE")]
    keymap_file: Option<PathBuf>,
}

/// The screen.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// ステーションの待受ソケット
    #[arg(long, env = "KYUKYU_SOCKET", default_value = "/run/kyukyu/station.sock", value_name = "PATH")]
    socket: PathBuf,
    /// 訓練用ソフトウェアカードのファイル（訓練用の保管庫でのみ有効）
    #[arg(long, value_name = "FILE")]
    software_card: Option<PathBuf>,
    #[command(flatten)]
    look: Look,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let own = std::env::current_exe()?;
    let helper = match &options.software_card {
        Some(file) => HelperCommand {
            program: own.into_os_string(),
            arguments: vec!["card-helper".into(), "--software-card".into(), file.clone().into_os_string()],
        },
        // The card helper stands beside this program.
        None => HelperCommand {
            program: own.with_file_name("kyukyu-card").into_os_string(),
            arguments: vec!["helper".into()],
        },
    };
    open(&options.socket, helper, &options.look)
}

/// Opens the screen on a station's socket.
pub(super) fn open(socket: &Path, helper: HelperCommand, look: &Look) -> Result<ExitCode, Failure> {
    let options = terminal::Options {
        socket: socket.to_owned(),
        helper,
        keymap: look.keymap.clone(),
        keymap_file: look.keymap_file.clone(),
    };
    terminal::run(&options)?;
    Ok(ExitCode::SUCCESS)
}
