//! 事後説明 (D8): what the patient was told afterwards, and what the patient says to it.

use super::review::{WordsError, words};
use super::{SafeText, UserId};
use crate::domain::case::CaseNumber;
use crate::domain::enquiry::EnquiryId;
use serde::{Deserialize, Serialize};

/// To whom it was explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplainedTo {
    /// 本人
    Patient,
    /// 家族
    Family,
    /// 代理人: who may act for the patient by law.
    Representative,
    /// Nobody can be told; the words say why.
    Nobody,
}

/// Not one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("説明した相手は「本人」「家族」「代理人」「説明できない」のいずれかで指定してください")]
pub struct NotExplainedTo;

impl ExplainedTo {
    /// All, in the order of the screen.
    pub const ALL: [Self; 4] = [Self::Patient, Self::Family, Self::Representative, Self::Nobody];

    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Patient => "本人",
            Self::Family => "家族",
            Self::Representative => "代理人",
            Self::Nobody => "説明できない",
        }
    }
}

impl std::str::FromStr for ExplainedTo {
    type Err = NotExplainedTo;
    fn from_str(word: &str) -> Result<Self, NotExplainedTo> {
        Self::ALL.into_iter().find(|to| to.label() == word.trim()).ok_or(NotExplainedTo)
    }
}

/// An explanation that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// To whom.
    pub to: ExplainedTo,
    /// Who explained.
    pub by: SafeText,
    /// In words.
    pub words: SafeText,
    /// Who put it on record.
    pub recorded_by: UserId,
    /// UTC milliseconds.
    pub at_ms: i64,
}

/// An objection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// In words.
    pub words: SafeText,
    /// Who put it on record.
    pub recorded_by: UserId,
    /// UTC milliseconds.
    pub at_ms: i64,
}

/// What is to be explained of an enquiry, and what became of it. Entries are added, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Which.
    pub enquiry: EnquiryId,
    /// Its case.
    pub case: CaseNumber,
    /// Whose enquiry it is.
    pub owner: UserId,
    /// The patient, by name or key.
    pub patient: SafeText,
    /// Since when it is due: since the information was there. UTC milliseconds.
    pub since_ms: i64,
    /// The information was there: マイナポータル shows that it was looked at.
    pub arrived: bool,
    /// Explanations given.
    pub given: Vec<Given>,
    /// Objections.
    pub objections: Vec<Objection>,
}

impl Explanation {
    /// Whether nobody has been told yet.
    pub fn is_due(&self) -> bool {
        self.given.is_empty()
    }

    /// It was explained.
    pub fn give(
        &mut self,
        to: ExplainedTo,
        by: &str,
        typed: &str,
        recorder: &UserId,
        at_ms: i64,
    ) -> Result<&Given, WordsError> {
        let (by, words) = (words(by)?, words(typed)?);
        self.given.push(Given { to, by, words, recorded_by: recorder.clone(), at_ms });
        self.given.last().ok_or(WordsError)
    }

    /// The patient or the family objects.
    pub fn object(&mut self, typed: &str, recorder: &UserId, at_ms: i64) -> Result<SafeText, WordsError> {
        let words = words(typed)?;
        self.objections.push(Objection { words: words.clone(), recorded_by: recorder.clone(), at_ms });
        Ok(words)
    }
}
