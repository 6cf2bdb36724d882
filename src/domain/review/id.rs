//! The number of an item, as a person types it.

use serde::{Deserialize, Serialize};

/// `R` and at least six digits, counted up at a station and never reused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReviewId(String);

/// Not the number of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("事後確認の番号が正しくありません。一覧に表示される番号（例 R000012）を指定してください")]
pub struct BadReviewId;

impl ReviewId {
    /// The `n`th item.
    pub fn of(n: u64) -> Self {
        Self(format!("R{n:06}"))
    }

    /// Checks the form; a small `r` is as good.
    pub fn parse(text: &str) -> Result<Self, BadReviewId> {
        let id = text.trim().to_ascii_uppercase();
        let digits = id.strip_prefix('R').unwrap_or_default();
        let good = (6..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if good { Ok(Self(id)) } else { Err(BadReviewId) }
    }

    /// The number with its letter.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ReviewId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for ReviewId {
    type Err = BadReviewId;
    fn from_str(text: &str) -> Result<Self, BadReviewId> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ReviewId {
    type Error = BadReviewId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ReviewId> for String {
    fn from(id: ReviewId) -> Self {
        id.0
    }
}
