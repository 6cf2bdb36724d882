//! The small vocabularies of the acts.
//!
//! They are the log's own, not the domain's: an entry written today must read the same in five years,
//! however the domain is renamed meanwhile. The serialised words are pinned by a test in `canonical`.

use crate::domain::SafeText;
use serde::{Deserialize, Serialize};

/// How the patient was identified (T4.1.4-1(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// B1: the result of the face-authentication reader.
    FaceResult,
    /// B2: 資格確認書等情報.
    InsuranceKey,
    /// B3: 4情報.
    FourItems,
    /// One of two to five candidates, chosen by a person.
    Candidate,
}

impl Method {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::FaceResult => "マイナンバーカード",
            Self::InsuranceKey => "資格確認書等情報",
            Self::FourItems => "4情報",
            Self::Candidate => "候補からの選択",
        }
    }
}

/// 同意 (C1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// 同意あり: the patient's own.
    Given,
    /// 同意取得困難.
    Unobtainable,
}

impl Consent {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Given => "同意あり",
            Self::Unobtainable => "同意取得困難",
        }
    }
}

/// Which value a candidate was told apart by (C4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceField {
    /// 照会番号
    ReferenceNumber,
    /// 保険者番号
    InsurerNumber,
    /// 保険者名
    InsurerName,
    /// 記号
    Symbol,
    /// 番号
    Number,
    /// 枝番
    Branch,
    /// 氏名
    Name,
    /// 氏名カナ
    Kana,
    /// 生年月日
    Birthdate,
    /// 性別
    Sex,
    /// 住所
    Address,
}

impl ChoiceField {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::ReferenceNumber => "照会番号",
            Self::InsurerNumber => "保険者番号",
            Self::InsurerName => "保険者名",
            Self::Symbol => "記号",
            Self::Number => "番号",
            Self::Branch => "枝番",
            Self::Name => "氏名",
            Self::Kana => "氏名カナ",
            Self::Birthdate => "生年月日",
            Self::Sex => "性別",
            Self::Address => "住所",
        }
    }
}

/// What a reviewer came to (E4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewVerdict {
    /// 適正
    Proper,
    /// 要確認
    ToClarify,
    /// 不適正
    Improper,
}

impl ReviewVerdict {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Proper => "適正",
            Self::ToClarify => "要確認",
            Self::Improper => "不適正",
        }
    }
}

/// When a caution of T4.1.4-2 was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Before a request.
    BeforeRequest,
    /// 0件
    NoMatch,
    /// 6件以上
    TooMany,
    /// 2～5件
    Candidates,
    /// With the medical information.
    WithResult,
}

impl Moment {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::BeforeRequest => "照会要求の前",
            Self::NoMatch => "0件",
            Self::TooMany => "6件以上",
            Self::Candidates => "2～5件",
            Self::WithResult => "結果の表示",
        }
    }
}

/// Why a password login failed. The person sees one sentence for all of them; the log tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginFailure {
    /// The password is another one.
    WrongPassword,
    /// No such account.
    UnknownUser,
    /// The account is disabled.
    Disabled,
    /// The account is locked after too many failures.
    AccountLocked,
    /// The source is locked after too many failures.
    SourceLocked,
}

impl LoginFailure {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::WrongPassword => "パスワード相違",
            Self::UnknownUser => "未登録の利用者ID",
            Self::Disabled => "停止中の利用者",
            Self::AccountLocked => "利用者の一時ロック中",
            Self::SourceLocked => "接続元の一時ロック中",
        }
    }
}

/// Why a session was locked or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionCause {
    /// The person asked for it.
    Asked,
    /// Idle for too long.
    Idle,
    /// The card was withdrawn.
    CardWithdrawn,
    /// The line broke without a farewell.
    LineLost,
    /// The terminal process got a hangup (SSH ended).
    Hangup,
    /// The terminal process was told to stop.
    Terminated,
    /// The account was disabled or lost its permission.
    AccountChanged,
    /// It lasted as long as a session may.
    Expired,
    /// The station is stopping.
    StationStopping,
    /// An administrator ended it.
    Administrator,
    /// What proved its second factor was revoked or ended.
    FactorEnded,
    /// Nobody could say any more whether the card still lay there.
    CardOutOfSight,
}

impl SessionCause {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Asked => "本人の操作",
            Self::Idle => "無操作",
            Self::CardWithdrawn => "カード抜去",
            Self::LineLost => "回線断",
            Self::Hangup => "端末の切断",
            Self::Terminated => "端末プログラムの終了",
            Self::AccountChanged => "利用者の停止・権限の変更",
            Self::Expired => "有効時間の終了",
            Self::StationStopping => "ステーションの停止",
            Self::Administrator => "管理者の操作",
            Self::FactorEnded => "認証に使ったカード・トークンの失効・終了",
            Self::CardOutOfSight => "カードの確認不能",
        }
    }
}

/// A part of the station that can fail by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 連携ソフト
    LinkSoftware,
    /// The exchange folder.
    Folder,
    /// The disk of the store.
    Disk,
    /// The wall clock.
    Clock,
    /// Shipping of the log.
    Archive,
    /// The folder that keeps signed checkpoints off the host.
    Witness,
}

impl Part {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::LinkSoftware => "連携ソフト",
            Self::Folder => "連携フォルダ",
            Self::Disk => "ディスク",
            Self::Clock => "時計",
            Self::Archive => "ログの転送",
            Self::Witness => "控えのフォルダ",
        }
    }
}

/// Whether a part answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// It works.
    Alive,
    /// It does not.
    Dead,
}

/// Why a file of the exchange folder was noted and left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oddity {
    /// It belongs to another system.
    Foreign,
    /// A name that no program of the exchange writes.
    OddName,
    /// Not a regular file: link, directory, pipe.
    NotRegular,
    /// Larger than any answer.
    TooLarge,
    /// An answer to no request of this store.
    NoRequest,
}

impl Oddity {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Foreign => "他システムのファイル",
            Self::OddName => "想定外の名前",
            Self::NotRegular => "通常のファイルではない",
            Self::TooLarge => "大きすぎる",
            Self::NoRequest => "対応する要求がない",
        }
    }
}

/// How revocation of a card was checked at a login. Times are seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// Not at all: training, or a My Number card.
    NotChecked,
    /// By lists that were valid until then.
    Fresh {
        /// The earliest nextUpdate of the lists.
        until: u64,
    },
    /// By a list that had lapsed then, within the facility's grace period.
    Grace {
        /// Its nextUpdate.
        lapsed: u64,
    },
}

impl Revocation {
    /// The Japanese words.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotChecked => "失効確認なし",
            Self::Fresh { .. } => "失効確認済",
            Self::Grace { .. } => "失効リスト期限切れ・猶予中",
        }
    }
}

/// On what grounds a card was enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrolledBy {
    /// The first card, by its certificate only.
    Certificate,
    /// The first card, which signed.
    Signature,
    /// A further card: the card enrolled before signed too.
    OldCard,
    /// A further card: proposed by this administrator, approved by the one who acts.
    TwoPersons {
        /// Who proposed it.
        proposed: SafeText,
    },
}

impl EnrolledBy {
    /// The Japanese words.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Certificate => "証明書による",
            Self::Signature => "カードの署名による",
            Self::OldCard => "旧カードの署名による",
            Self::TwoPersons { .. } => "2人の管理者による",
        }
    }
}

/// What was refused, in Japanese. The entry itself holds the act's name, which is for ever; a name that this version
/// does not know is shown as it stands.
pub fn act_label(act: &str) -> &str {
    match act {
        "hello" | "frame" => "通信",
        "resume" => "セッションの再開",
        "repeat" => "操作の再送",
        "login" => "ログイン",
        "unlock" | "prove" => "ロック解除",
        "lock" => "画面ロック",
        "logout" => "ログアウト",
        "alive" => "操作の継続",
        "card_challenge" | "card_proof" => "カード認証",
        "home" | "older_cases" => "ホーム画面の表示",
        "open_case" => "症例の登録",
        "change_case" => "症例の変更",
        "open_enquiry" => "照会の開始",
        "show_enquiry" => "照会の表示",
        "save_draft" => "入力中のキーの保存",
        "confirm_key" => "照会キーの確認",
        "send" => "照会要求",
        "send_again" => "照会要求の再送信",
        "cancel" => "照会の中止",
        "redraft" => "条件再指定",
        "close_enquiry" => "照会の終了",
        "show_candidate" => "候補の表示",
        "choose" => "候補の選択",
        "open_late" => "遅れた応答の表示",
        "show_person" => "本人確認画面の表示",
        "confirm_person" => "本人確認",
        "read_summary" => "サマリーの表示",
        "find_in_summary" => "救急用サマリーの絞り込み",
        "face_results" => "カード読取結果の一覧",
        "use_face_result" => "カード読取結果の取込み",
        "answer" | "step" => "応答の取込み",
        "read_log" | "show_log_entry" => "操作ログの表示",
        "search_log" => "操作ログの検索",
        "verify_log" => "操作ログの検証",
        "verify_log_against" => "操作ログの検証（控えとの照合）",
        "log_head" => "照合コードの表示",
        "export_log" | "export_rows" | "export_log_as" => "操作ログの書き出し",
        "end_export" => "操作ログの書き出しの終了",
        "list_accounts" => "利用者の一覧",
        "add_account" => "利用者の登録",
        "set_permission" => "権限の変更",
        "set_disabled" => "利用者の停止・再開",
        "unlock_account" => "利用者のロック解除",
        "set_password" => "パスワードの設定",
        "enrol_card" => "カードの登録",
        "enrol_challenge" | "enrol_signed" => "カードの登録（署名）",
        "list_cards" => "カードの一覧",
        "revoke_card" => "カードの登録取消",
        "approve_card" => "カード登録の承認",
        "reject_card" => "カード登録の却下",
        "add_authority" => "認証局の登録",
        "remove_authority" => "認証局の登録取消",
        "list_trust" => "認証局の一覧",
        "one_time_proof" => "ワンタイムパスワード認証",
        "begin_token" | "confirm_token" => "トークンの登録",
        "begin_emergency_token" => "緊急トークンの発行",
        "list_tokens" => "トークンの一覧",
        "revoke_token" => "トークンの失効",
        "declare_recovery" => "復旧の宣言",
        "damage_status" => "保管庫の異常の表示",
        "acknowledge_damage" => "保管庫の異常の確認",
        "recovery_status" => "復旧状況の表示",
        "list_reviews" => "事後確認の一覧",
        "list_closed_reviews" => "完了した事後確認の一覧",
        "show_review" => "事後確認の表示",
        "close_review" => "事後確認の判定",
        "review_again" => "再確認",
        "review_report" => "事後確認の月次報告",
        "list_explanations" => "事後説明の一覧",
        "show_slip" => "事後説明書の表示",
        "give_explanation" => "事後説明の記録",
        "raise_objection" => "異議の記録",
        "shipping_status" => "操作ログの送信状況の表示",
        other => other,
    }
}

/// One field that was changed: identifiers only, so both values may be written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which field, in Japanese.
    pub field: SafeText,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<SafeText>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<SafeText>,
}

/// The store that a new one follows, after damage: the chain goes on across the gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousStore {
    /// Its id, in hexadecimal.
    pub store_id: SafeText,
    /// The last number that it can still tell; where it can tell none, the last one known of it.
    pub seq: u64,
    /// The hash of that entry, in hexadecimal. Absent where it cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<SafeText>,
    /// The newest signed checkpoint that is known of it, where it goes further or nothing else is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<Witnessed>,
}

/// What somebody holds of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witnessed {
    /// So many entries.
    pub size: u64,
    /// The Merkle root over them (RFC 9162), in hexadecimal. Absent where only the size was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<SafeText>,
    /// Who holds it.
    pub by: SafeText,
}
