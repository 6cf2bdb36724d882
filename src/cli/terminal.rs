//! `kyukyu` without a sub-command: the screen.

use super::Failure;
use crate::terminal::width::Ambiguous;
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
    /// 画面を描かず、1行ずつ読み書きします（スクリーンリーダー用。TERM=dumb では自動で切り替わります）
    #[arg(long)]
    plain: bool,
    /// 幅の決まっていない文字（①・→・℃ など）の桁数: auto は端末に問い合わせます
    #[arg(long, env = "KYUKYU_AMBIGUOUS_WIDTH", default_value = "auto", value_name = "1|2|auto")]
    ambiguous_width: AmbiguousWidth,
}

/// How wide the terminal draws characters on whose width terminals disagree.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum AmbiguousWidth {
    /// One cell.
    #[value(name = "1")]
    One,
    /// Two cells.
    #[value(name = "2")]
    Two,
    /// The terminal is asked.
    Auto,
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
        plain: look.plain,
        ambiguous: match look.ambiguous_width {
            AmbiguousWidth::One => Some(Ambiguous::One),
            AmbiguousWidth::Two => Some(Ambiguous::Two),
            AmbiguousWidth::Auto => None,
        },
    };
    terminal::run(&options)?;
    Ok(ExitCode::SUCCESS)
}
