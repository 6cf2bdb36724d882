//! The small vocabularies of 事後確認.

use serde::{Deserialize, Serialize};

/// What the reviewer came to. Nothing is preselected anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 適正
    Proper,
    /// 要確認: somebody must still be asked.
    ToClarify,
    /// 不適正
    Improper,
}

/// Not a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("判定は「適正」「要確認」「不適正」のいずれかで指定してください")]
pub struct NotAVerdict;

impl Verdict {
    /// All, in the order of the screen.
    pub const ALL: [Self; 3] = [Self::Proper, Self::ToClarify, Self::Improper];

    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Proper => "適正",
            Self::ToClarify => "要確認",
            Self::Improper => "不適正",
        }
    }
}

impl std::str::FromStr for Verdict {
    type Err = NotAVerdict;
    fn from_str(word: &str) -> Result<Self, NotAVerdict> {
        Self::ALL.into_iter().find(|verdict| verdict.label() == word.trim()).ok_or(NotAVerdict)
    }
}

/// Why an item is looked at before others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// The patient had refused (C1).
    ConsentRefused,
    /// An emergency token, or the end of the emergency (A7).
    Emergency,
    /// The answer was about somebody else, or the person present was not the one returned.
    SomebodyElse,
    /// 異議: the patient or the family objects (D8).
    Objection,
}

impl Priority {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::ConsentRefused => "同意の拒否",
            Self::Emergency => "緊急時の例外",
            Self::SomebodyElse => "別人の情報",
            Self::Objection => "異議の申し出",
        }
    }
}

/// What somebody had to do with what is reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 閲覧者: asked and looked.
    Looked,
    /// 判断者: judged that it is necessary (代行, A9).
    Judged,
    /// Issued an emergency token.
    Issued,
    /// Was given one, or used it.
    Held,
    /// Declared the emergency over.
    Declared,
}

impl Role {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Looked => "閲覧者",
            Self::Judged => "判断者",
            Self::Issued => "発行者",
            Self::Held => "トークンの使用者",
            Self::Declared => "宣言者",
        }
    }
}
