//! The values of a key. Each is made only by its own check, also where it is read from a message or the store.

use super::KeyError;
use crate::domain::sendable;
use crate::domain::text::is_plain;
use serde::{Deserialize, Serialize};

/// 記号 `symbol`, at most 20 characters; 後期高齢 and 公費 have none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(String);

/// 番号 `insured_number`, at most 20 characters, leading zeros kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InsuredNumber(String);

/// 照会番号 `reference_number`, at most 50 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReferenceNumber(String);

/// 枝番 `branch_number`: two digits. Unknown is not `00`: it is left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchNumber(String);

/// 氏名 as sent: full width, parts separated by one full-width space.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SendableName(String);

/// A free text of at most `MAX` characters that is sent as it stands: 住所 (200) or 保険者名称 (100).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SendableText<const MAX: usize = 200>(String);

impl Symbol {
    /// Checks length and characters. The width stays: what is returned is sent back as it came, and in which width
    /// typed ones are sent is the dialect's business.
    pub fn parse(typed: &str) -> Result<Self, KeyError> {
        identifier(typed, "記号", 20).map(Self)
    }
}

impl InsuredNumber {
    /// Checks length and characters. The width stays: what is returned is sent back as it came, and in which width
    /// typed ones are sent is the dialect's business.
    pub fn parse(typed: &str) -> Result<Self, KeyError> {
        identifier(typed, "番号", 20).map(Self)
    }
}

impl ReferenceNumber {
    /// Checks length and characters. The width stays: what is returned is sent back as it came, and in which width
    /// typed ones are sent is the dialect's business.
    pub fn parse(typed: &str) -> Result<Self, KeyError> {
        identifier(typed, "照会番号", 50).map(Self)
    }
}

impl BranchNumber {
    /// Two digits, full-width ones taken as half.
    pub fn parse(typed: &str) -> Result<Self, KeyError> {
        let digits = sendable::halve(typed.trim());
        if digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(KeyError::Branch)
        }
    }
}

impl SendableName {
    /// Widens, checks the space between 姓 and 名 and every character.
    pub fn parse(typed: &str) -> Result<Self, KeyError> {
        Ok(Self(sendable::parse_person_name(typed)?))
    }
}

impl<const MAX: usize> SendableText<MAX> {
    /// Checks length and characters; `label` names the field in the sentence.
    pub fn parse(typed: &str, label: &'static str) -> Result<Self, KeyError> {
        let value = typed.trim();
        check_text(value, label, MAX)?;
        Ok(Self(value.to_owned()))
    }
}

/// An identifier: half width, without blanks.
fn identifier(typed: &str, label: &'static str, max: usize) -> Result<String, KeyError> {
    let value = typed.trim().to_owned();
    check_text(&value, label, max)?;
    if value.contains(char::is_whitespace) { Err(KeyError::Blank(label)) } else { Ok(value) }
}

fn check_text(value: &str, label: &'static str, max: usize) -> Result<(), KeyError> {
    if value.is_empty() {
        return Err(KeyError::Missing(label));
    }
    let length = value.chars().count();
    if length > max {
        return Err(KeyError::TooLong(label, max, length));
    }
    match value.chars().find(|c| !is_plain(*c)) {
        Some(c) if sendable::is_private_use(c) => return Err(KeyError::PrivateUse(label, u32::from(c))),
        Some(c) => return Err(KeyError::Invisible(label, u32::from(c))),
        None => {}
    }
    sendable::first_unsendable(value).map_or(Ok(()), |c| Err(KeyError::Unsendable(label, c)))
}

macro_rules! text_inside {
    ([$($bounds:tt)*] $name:ty, $parse:expr) => {
        impl<$($bounds)*> $name {
            /// The value as sent.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<$($bounds)*> TryFrom<String> for $name {
            type Error = KeyError;
            fn try_from(text: String) -> Result<Self, KeyError> {
                $parse(&text)
            }
        }

        impl<$($bounds)*> From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

text_inside!([] Symbol, Symbol::parse);
text_inside!([] InsuredNumber, InsuredNumber::parse);
text_inside!([] ReferenceNumber, ReferenceNumber::parse);
text_inside!([] BranchNumber, BranchNumber::parse);
text_inside!([] SendableName, SendableName::parse);
text_inside!([const MAX: usize] SendableText<MAX>, |text: &str| SendableText::parse(text, "住所・保険者名称"));
