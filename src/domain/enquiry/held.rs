//! Answers that are not the result of their enquiry.

use crate::domain::SafeText;
use serde::{Deserialize, Serialize};

/// Why an answer is held beside the enquiry instead of being its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBecause {
    /// It came after the time-out, the cancellation or a newer request.
    Late,
    /// A second, different answer to the same request.
    Conflict,
    /// It is about somebody else.
    Mismatch,
}

impl HeldBecause {
    /// The words of the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Late => "遅れて届いた応答",
            Self::Conflict => "内容の異なる2つ目の応答",
            Self::Mismatch => "別人の可能性がある応答",
        }
    }
}

/// An answer that is kept, and shown only as what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Why.
    pub because: HeldBecause,
    /// The request it belongs to.
    pub request: SafeText,
    /// Key of the stored document, where it could be read.
    pub document: Option<SafeText>,
    /// When it came, UTC milliseconds.
    pub at_ms: i64,
    /// The owner has seen that it is there.
    pub noticed: bool,
}
