//! What a person types from a token's display.

use crate::domain::text::digit;
use zeroize::Zeroizing;

/// Six to eight digits, wiped on drop and unprintable.
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

/// Something else was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ワンタイムパスワードは、トークンに表示されている数字（6桁）で入力してください")]
pub struct NotACode;

impl Code {
    /// Digits in either width; blanks and hyphens, which displays put between groups, are left out.
    pub fn parse(typed: &str) -> Result<Self, NotACode> {
        let mut digits = Zeroizing::new(String::with_capacity(8));
        for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            if digits.len() == 8 {
                return Err(NotACode);
            }
            digits.push(digit(c).ok_or(NotACode)?);
        }
        if digits.len() < 6 { Err(NotACode) } else { Ok(Self(digits)) }
    }

    pub(super) fn digits(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}
