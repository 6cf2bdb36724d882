//! 保険者番号 `insurer_number`: who pays, and a check digit that catches a slip of the finger.

use serde::{Deserialize, Serialize};

/// A checked 保険者番号: 8 digits (法別2 + 都道府県2 + 保険者別3 + 検証1), or 6 digits for 国民健康保険.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InsurerNumber(String);

/// Why a 保険者番号 was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InsurerNumberError {
    /// Nothing entered.
    #[error("保険者番号を入力してください（8桁。国民健康保険は6桁）")]
    Missing,
    /// A character that is not a digit.
    #[error("保険者番号は数字だけで入力してください（「{0}」は使えません）")]
    NotDigit(char),
    /// Wrong number of digits.
    #[error("保険者番号は8桁（国民健康保険は6桁）です。いま{0}桁です")]
    Length(usize),
    /// The check digit does not agree.
    #[error("保険者番号の検証番号が合いません。1桁ずつ見直してください")]
    CheckDigit,
}

impl InsurerNumber {
    /// Checks digits, length and check digit. Full-width digits are taken as digits.
    pub fn parse(typed: &str) -> Result<Self, InsurerNumberError> {
        let digits: String = typed.trim().chars().map(super::sendable::halve_digit).collect();
        if digits.is_empty() {
            return Err(InsurerNumberError::Missing);
        }
        if let Some(c) = digits.chars().find(|c| !c.is_ascii_digit()) {
            return Err(InsurerNumberError::NotDigit(c));
        }
        if digits.len() != 8 && digits.len() != 6 {
            return Err(InsurerNumberError::Length(digits.len()));
        }
        let (body, check) = digits.split_at(digits.len() - 1);
        if check.bytes().next() != Some(check_digit(body)) {
            return Err(InsurerNumberError::CheckDigit);
        }
        Ok(Self(digits))
    }

    /// The digits as checked, 6 or 8.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As sent: always 8 characters, 6 digits left-padded with spaces.
    pub fn sent(&self) -> String {
        format!("{:>8}", self.0)
    }
}

/// 検証番号: weights 2,1,2,… from the right of the body, the digits of each product added, (10 − sum mod 10) mod 10.
/// Returns an ASCII digit; the body must be ASCII digits.
fn check_digit(body: &str) -> u8 {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let product = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            product / 10 + product % 10
        })
        .sum();
    b'0' + u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

impl TryFrom<String> for InsurerNumber {
    type Error = InsurerNumberError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<InsurerNumber> for String {
    fn from(number: InsurerNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_example_has_its_check_digit() {
        assert_eq!(InsurerNumber::parse("33120015").map(|n| n.sent()), Ok("33120015".into()));
        assert_eq!(InsurerNumber::parse("33120016"), Err(InsurerNumberError::CheckDigit));
    }
}
