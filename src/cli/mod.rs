//! The command line: one file a sub-command, thin. Without a sub-command the terminal starts.
//!
//! The only room, with `demo`, that starts things. Exit codes: 0 done, 1 refused or failed, 2 wrong usage: whatever is
//! wrong in the words that were typed, found by clap or, as `WrongUsage`, later.

mod admin;
mod at_reader;
mod card;
mod card_helper;
mod client;
mod damage;
mod demo;
mod doctor;
mod folder_worker;
mod forced;
mod init;
mod linksim;
mod log;
mod out;
mod pem;
mod qr;
mod recovery;
mod review;
mod serve;
mod shipping;
mod speech;
mod terminal;
mod token;
mod training_card;
mod trust;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::process::ExitCode;

/// Any failure at the edge: its sentence is printed, then its causes.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What was typed on the command line cannot be meant, whatever the state of the station: said before it is asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct WrongUsage(String);

impl WrongUsage {
    /// With its sentence.
    fn of(words: impl Into<String>) -> Failure {
        Box::new(Self(words.into()))
    }
}

/// The exit code of a failure.
fn exit_code(failure: &Failure) -> ExitCode {
    if failure.is::<WrongUsage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

const ABOUT: &str = "救急時医療情報閲覧を端末で行うプログラムです";
const LONG_ABOUT: &str = "救急時医療情報閲覧を端末で行うプログラムです。\n\n\
サブコマンドなしで起動すると、ステーションに接続して画面を開きます（ログイン → 患者特定 → 同意と注意事項の確認 → 照会 → 閲覧）。\n\
初めての方は `kyukyu demo` をお試しください。訓練用の環境が一時フォルダに作られ、終了時に消えます。";

#[derive(Parser)]
#[command(name = "kyukyu", version, about = ABOUT, long_about = LONG_ABOUT, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    terminal: terminal::Options,
}

#[derive(Subcommand)]
enum Command {
    /// 訓練環境（ステーション・連携ソフトの代役・画面）を一時フォルダで起動します
    Demo(demo::Options),
    /// 新しいステーションを用意します（設定・保管庫・鍵・最初の管理者）
    Init(init::Options),
    /// ステーションを起動します
    Serve(serve::Options),
    /// 施設管理者の操作（利用者・権限・カード・認証局・トークン・復旧）
    Admin(admin::Options),
    /// 操作ログの表示・検証・書き出し
    Log(log::Options),
    /// 事後確認と患者への事後説明（一覧・判定・月次報告・説明書・異議）
    Review(review::Options),
    /// 端末の表示を確かめます
    Doctor(doctor::Options),
    /// 連携ソフトの代役を起動します（試験・訓練用）
    Linksim(linksim::Options),
    /// 訓練用のソフトウェアカードを作成します（訓練用の保管庫でのみ使えます）
    TrainingCard(training_card::Options),
    /// Internal: plays the card helper with a software card.
    #[command(hide = true)]
    CardHelper(card_helper::Options),
    /// Internal: does the station's work on the exchange folder.
    #[command(hide = true)]
    FolderWorker,
}

/// This process gets SIGTERM when the one that started it ends, however that happens.
fn end_with_parent() -> std::io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
    Ok(())
}

/// Runs the role that the command line names.
pub fn run() -> ExitCode {
    crate::store::quiet_guarded_panics();
    let words = match forced::command_line() {
        Ok(words) => words,
        Err(refused) => {
            out::failure(&refused);
            return ExitCode::from(2);
        }
    };
    let parsed = speech::teach(Cli::command()).try_get_matches_from(words);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            speech::tell(&error).lines().for_each(out::note);
            return ExitCode::from(2);
        }
        Err(help) => {
            speech::tell(&help).lines().for_each(out::line);
            return ExitCode::SUCCESS;
        }
    };
    let done = match cli.command {
        None => terminal::run(&cli.terminal),
        Some(Command::Demo(options)) => demo::run(&options),
        Some(Command::Init(options)) => init::run(options),
        Some(Command::Serve(options)) => serve::run(&options),
        Some(Command::Admin(options)) => admin::run(&options),
        Some(Command::Log(options)) => log::run(&options),
        Some(Command::Review(options)) => review::run(&options),
        Some(Command::Doctor(options)) => Ok(doctor::run(&options)),
        Some(Command::Linksim(options)) => linksim::run(&options),
        Some(Command::TrainingCard(options)) => training_card::run(&options),
        Some(Command::CardHelper(options)) => card_helper::run(&options),
        Some(Command::FolderWorker) => folder_worker::run(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            out::failure(error.as_ref());
            exit_code(&error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
