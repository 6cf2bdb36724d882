//! The command line of `kyukyu linksim`, with the scenario file documented in its help.

use std::path::PathBuf;

use serde::Deserialize;

/// 模擬の連携ソフト。実在の連携ソフト（オンライン資格確認等連携ソフト）の代わりに、交換フォルダの要求へ合成患者のデータで応答します
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub struct Options {
    /// 交換フォルダ。この下のreq・res・faceを使います（なければ作ります）
    ///
    /// req に置かれた「???si*req_*.xml」を取り込んで削除し、res に応答を書きます。実際の資格確認端末の交換フォルダは絶対に指定しないでください。
    #[arg(
        long,
        value_name = "フォルダ",
        required = false,
        required_unless_present = "list",
        default_value_if("list", "true", ".")
    )]
    pub root: PathBuf,

    /// 組み込みの合成患者の一覧（画面での入力のしかたと起こること）を表示して終わります
    #[arg(long)]
    pub list: bool,

    /// シナリオのファイル（TOML）。書き方はこのヘルプの末尾にあります
    ///
    /// 動作中に書き換えると、1秒以内に読み直します。誤りがあれば前の内容のまま動き続けます。
    #[arg(long, value_name = "ファイル")]
    pub scenario: Option<PathBuf>,

    /// 応答の文字コード（既定はshift_jis）
    #[arg(long, value_enum, value_name = "名前")]
    pub encoding: Option<Encoding>,

    /// 要求を取り込んでから応答するまでのミリ秒（既定は500）
    #[arg(long, value_name = "ミリ秒")]
    pub delay_ms: Option<u64>,

    /// 書いた応答を自分で削除するまでの秒（既定は600）
    #[arg(long, value_name = "秒")]
    pub delete_after_s: Option<u64>,

    /// reqフォルダを見に行く間隔のミリ秒（既定は50）
    #[arg(long, value_name = "ミリ秒")]
    pub poll_ms: Option<u64>,

    /// 4情報の照会の段数。twoは患者特定と医療情報を別の要求で、oneは1つの要求で行います（既定はtwo）
    #[arg(long, value_enum, value_name = "段数")]
    pub steps: Option<Steps>,

    /// 顔認証の結果のファイル名に使う医療機関コード10桁（既定は1311234567）
    #[arg(long, value_name = "10桁", value_parser = ten_digits)]
    pub institution: Option<String>,
}

impl Options {
    /// Everything by default below a root folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            list: false,
            scenario: None,
            encoding: None,
            delay_ms: None,
            delete_after_s: None,
            poll_ms: None,
            steps: None,
            institution: None,
        }
    }
}

/// How answers are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Encoding {
    /// CP932をShift_JISと宣言して書きます
    #[default]
    ShiftJis,
    /// UTF-8で書きます
    Utf8,
    /// Shift_JIS、UTF-8、BOM付きUTF-8を順に使います
    Mixed,
}

/// The two readings of the emergency exchange for 4情報.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steps {
    /// EMSsiquc01で患者を特定し、EMSsimed01で医療情報を取得します
    #[default]
    Two,
    /// EMSsimed01だけで行い、1件なら医療情報を返します
    One,
}

/// A 医療機関コード as far as its length.
pub(super) fn ten_digits(text: &str) -> Result<String, String> {
    if text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("医療機関コードは10桁の数字で指定してください".to_owned())
    }
}

/// What `--list` shows.
pub(super) const PATIENTS: &str = include_str!("../../fixtures/patients/README.md");

/// The end of `--help`: the scenario file, with an example that a test reads.
pub(super) const HELP: &str =
    concat!(include_str!("help.txt"), "\n", include_str!("../../fixtures/scenarios/example.toml"));
