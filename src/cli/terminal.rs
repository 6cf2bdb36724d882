//! `kyukyu` without a sub-command: the screen.

use super::Failure;
use crate::terminal::keymap::Base;
use crate::terminal::width::Ambiguous;
use crate::terminal::{self, CardPlaces, HelperCommand};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How the screen looks and which keys it takes.
#[derive(Debug, clap::Args)]
pub(super) struct Look {
    /// キー割り当て: default, vim, function-keys
    #[arg(long, default_value = "default", value_name = "NAME", value_parser = keymap)]
    keymap: Base,
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

fn keymap(name: &str) -> Result<Base, &'static str> {
    Base::from_name(name).ok_or("default・vim・function-keys のいずれかを指定してください")
}

/// How wide the terminal draws characters on whose width terminals disagree.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum AmbiguousWidth {
    /// 1桁
    #[value(name = "1")]
    One,
    /// 2桁
    #[value(name = "2")]
    Two,
    /// 端末に問い合わせます
    Auto,
}

/// The screen.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// ステーションの待受ソケット
    #[arg(long, env = "KYUKYU_SOCKET", default_value = "/run/kyukyu/station.sock", value_name = "PATH")]
    socket: PathBuf,
    /// 手元の端末で動く kyukyu-card agent のソケット。省略時は、実行時フォルダの kyukyu-card.sock が応答すればそれを使い、
    /// なければこのホストの kyukyu-card を使います（PCSCLITE_CSOCK_NAME で転送された pcscd にも接続できます）
    #[arg(long, env = "KYUKYU_CARD_SOCKET", value_name = "PATH")]
    card_agent: Option<PathBuf>,
    /// 訓練用ソフトウェアカードのファイル（訓練用の保管庫でのみ有効、ほかの指定より優先）
    #[arg(long, value_name = "FILE")]
    software_card: Option<PathBuf>,
    #[command(flatten)]
    look: Look,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    open(&options.socket, cards(options)?, &options.look)
}

/// Where the card can be, as the command line and the environment say.
fn cards(options: &Options) -> Result<CardPlaces, Failure> {
    if let Some(file) = &options.software_card {
        return software(file);
    }
    if let Some(socket) = options.card_agent.as_ref().filter(|path| !path.as_os_str().is_empty()) {
        return Ok(CardPlaces::agent(socket.clone()));
    }
    usual_places()
}

/// Where the card can be when nobody named a place.
pub(super) fn usual_places() -> Result<CardPlaces, Failure> {
    // The card helper stands beside this program, or where programs are.
    let beside = std::env::current_exe()?.with_file_name("kyukyu-card");
    let program = if beside.exists() { beside.into_os_string() } else { "kyukyu-card".into() };
    let helper = HelperCommand { program, arguments: vec!["helper".into()] };
    let user = rustix::process::geteuid().as_raw();
    Ok(CardPlaces::of_environment(helper, user, |name| std::env::var_os(name)))
}

/// A software card in a file.
pub(super) fn software(file: &Path) -> Result<CardPlaces, Failure> {
    let arguments = vec!["card-helper".into(), "--software-card".into(), file.as_os_str().to_owned()];
    Ok(CardPlaces::software(HelperCommand { program: std::env::current_exe()?.into_os_string(), arguments }))
}

/// Opens the screen on a station's socket.
pub(super) fn open(socket: &Path, cards: CardPlaces, look: &Look) -> Result<ExitCode, Failure> {
    // Passwords and PINs must not end in a core file; what is started from here inherits it.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    let options = terminal::Options {
        socket: socket.to_owned(),
        cards,
        keymap: look.keymap,
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
