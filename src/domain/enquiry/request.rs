//! A request that was put on record, and how far it got.

use crate::domain::SafeText;
use crate::domain::candidate::Person;
use crate::domain::key::EnquiryKey;
use serde::{Deserialize, Serialize};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// 4情報による患者特定 (IF-047).
    Search,
    /// 救急時医療情報の取得.
    Medical,
}

/// How far a request got, as far as we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// On record; the file may or may not exist yet.
    Intended,
    /// The file stands in the request folder.
    Written,
    /// The link software took it.
    Taken,
    /// 処理中: it said that it works on it.
    Processing,
}

/// A request that is out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// What it asks for.
    pub purpose: Purpose,
    /// The request's id, also its ArbitraryFileIdentifier.
    pub request: SafeText,
    /// The request file's name.
    pub file_name: SafeText,
    /// When it was put on record, UTC milliseconds.
    pub at_ms: i64,
    /// How far it got.
    pub delivery: Delivery,
    /// The person it is about, once a search found or a user chose one.
    pub chosen: Option<Box<Person>>,
    /// Public id of the session that asked; its factors are declared, also in a second request that follows.
    pub session: Option<SafeText>,
}

/// What became of a request that the user cancelled (C3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelOutcome {
    /// 取下げ済: our unread file is gone.
    Withdrawn,
    /// 送信済の可能性: the link software had it already.
    MaybeSent,
    /// Being found out.
    Pending,
    /// 送信済の可能性: the folder does not answer. Its owner may go on; what became of it is told when it answers.
    Unanswered,
}

impl CancelOutcome {
    /// Whether the folder has still to say what became of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Unanswered)
    }

    /// Whether this may be said after that: first that it is found out, then perhaps that the folder does not answer,
    /// and in the end the truth.
    pub fn follows(self, before: Self) -> bool {
        match self {
            Self::Pending => false,
            Self::Unanswered => before == Self::Pending,
            Self::Withdrawn | Self::MaybeSent => before.is_open(),
        }
    }

    /// The word of the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Withdrawn => "取下げ済",
            Self::MaybeSent => "送信済の可能性",
            Self::Pending => "取下げを確認中",
            Self::Unanswered => "送信済の可能性・フォルダの応答待ち",
        }
    }
}

/// A request that was put on record at some time, for matching late answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRequest {
    /// As it was sent.
    pub sent: Sent,
    /// The key it was sent with.
    pub key: EnquiryKey,
    /// SHA-256 of the answer already taken in, hex.
    pub answer_sha256: Option<SafeText>,
    /// What became of its file, where it was to be withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<CancelOutcome>,
}
