//! `kyukyu-card`: the program beside the card reader.
//!
//! A program of its own, because a hung card service must be something that the terminal can kill, and because only
//! this one may need the system's smart card library. All rules about cards are in `kyukyu::card`; here are the command
//! line, the prompt for the PIN, the agent's socket, and the choice of where cards come from.

mod agent;
#[cfg(feature = "pcsc")]
mod pcsc;
mod profiles;
mod prompt;
mod report;
mod transport_choice;

use clap::{Args, Parser, Subcommand};
use kyukyu::card::helper::{self, Helper};
use kyukyu::card::line::{Answer, Ask, ErrorReport, InReader, SignAsk};
use kyukyu::card::{ChallengeText, Profiles, SpkiHash};
use kyukyu::domain::SafeText;
use prompt::TerminalPrompt;
use std::path::PathBuf;
use std::process::ExitCode;

const EXIT_CODES: &str = "終了コード:
  0  成功
  1  その他のエラー
  2  コマンドの指定の誤り
  3  リーダーまたはカードがない、対応していないカード
  4  PINの誤り、入力の取り消し
  5  PINがロックされている
  6  残り1回（または不明）のPINを使う確認がない
  7  登録されたカードではない
  8  署名を求められた内容がログイン用のものではない
  9  カード読取りサービスを使えない";

/// カードの一覧、PINの残り回数、ログイン用の署名。
#[derive(Parser)]
#[command(name = "kyukyu-card", version, after_help = EXIT_CODES)]
struct Cli {
    /// カードリーダーの代わりに使う訓練カードのファイル
    #[arg(long, global = true, value_name = "FILE")]
    software_card: Option<PathBuf>,
    /// 対応するカードの種類を足す（または同じ名前のものを置き換える）TOMLファイル
    #[arg(long, global = true, value_name = "FILE", env = "KYUKYU_CARD_PROFILES")]
    profiles: Option<PathBuf>,
    /// 結果をJSONの1行で標準出力に書く
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// リーダーと、置かれているカードの種類・PINの残り回数・資格・有効期限
    List,
    /// PINの残り回数（減りません）
    Tries {
        /// リーダーの名前（省略時はカードのある最初のリーダー）
        #[arg(long)]
        reader: Option<String>,
    },
    /// ログイン用のチャレンジに署名する。PINは端末で（端末がなければ標準入力の1行で）入力する
    Sign(SignArgs),
    /// 標準入出力で、1行1件のJSONによる問い合わせに答える
    Helper,
    /// Unixソケットで問い合わせに答える。PINはこの端末で入力し、接続の相手には渡さない
    Agent {
        /// ソケットの場所（権限0600で作る）
        #[arg(long, value_name = "PATH")]
        socket: PathBuf,
    },
}

#[derive(Args)]
struct SignArgs {
    /// チャレンジの文面（16進）
    #[arg(long, value_name = "HEX")]
    challenge_hex: String,
    /// 利用者に登録された公開鍵のSHA-256（16進64桁、複数可）。省略時は置かれているカード
    #[arg(long, value_name = "SHA256")]
    enrolled: Vec<SpkiHash>,
    /// リーダーの名前
    #[arg(long)]
    reader: Option<String>,
    /// PINの残りが1回（または不明）でも使う
    #[arg(long)]
    allow_last_try: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    match run(cli) {
        Ok(Some(answer)) => report::finish(&answer, json),
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => report::finish(&Answer::Error(error), json),
    }
}

fn run(cli: Cli) -> Result<Option<Answer>, ErrorReport> {
    let profiles = profiles::load(cli.profiles.as_deref())?;
    let readers = transport_choice::readers(cli.software_card)?;
    let ask = match cli.command {
        Command::Helper => {
            helper::serve_stdio(Helper::new(readers).with_profiles(profiles))
                .map_err(|error| other(&error))?;
            return Ok(None);
        }
        Command::Agent { socket } => {
            let helper = Helper::asking_here(readers, Box::new(TerminalPrompt::default()));
            let helper = helper.with_profiles(profiles);
            agent::run(&socket, helper).map_err(|error| other(&error))?;
            return Ok(None);
        }
        Command::List => Ask::List {},
        Command::Tries { reader } => Ask::Tries(InReader { reader }),
        Command::Sign(args) => return sign(readers, profiles, args).map(Some),
    };
    Ok(Some(Helper::new(readers).with_profiles(profiles).answer(ask)))
}

fn sign(
    readers: transport_choice::Choice,
    profiles: Profiles,
    args: SignArgs,
) -> Result<Answer, ErrorReport> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(args.challenge_hex.as_bytes()).unwrap_or_default();
    let challenge = ChallengeText::parse(&bytes).map_err(kyukyu::card::CardError::from)?;
    let prompt = TerminalPrompt::allowing_last_try(args.allow_last_try);
    let mut helper = Helper::asking_here(readers, Box::new(prompt)).with_profiles(profiles);
    let mut enrolled = args.enrolled;
    if enrolled.is_empty() {
        match helper.answer(Ask::Identify(InReader { reader: args.reader.clone() })) {
            Answer::Identity { card, .. } => enrolled.push(card.spki_sha256),
            answer => return Ok(answer),
        }
    }
    agent::end_cleanly_on_signals(None).map_err(|error| other(&error))?;
    let ask = SignAsk { reader: args.reader, ..SignAsk::new(&challenge, enrolled) };
    Ok(helper.answer(Ask::Sign(ask)))
}

fn other(error: &dyn std::error::Error) -> ErrorReport {
    ErrorReport { code: "other".to_owned(), message: SafeText::new(&error.to_string()), tries_left: None }
}
