//! 保険者番号 `insurer_number`: who pays, and a check digit that catches a slip of the finger.

use super::{prefecture, sendable::halve_digit};
use crate::data_file;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::LazyLock};

/// What 法別番号 mean; the file names its source.
static KINDS: LazyLock<Kinds> =
    LazyLock::new(|| data_file::from_str(include_str!("insurers.toml")).unwrap_or_default());

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kinds {
    six_digits: String,
    unknown: String,
    by_law: BTreeMap<String, String>,
}

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
    /// Checks digits, length and check digit. Full-width digits are taken as digits, spaces are dropped, and the
    /// eight-digit form of a six-digit number (`00` in front, as check-up data have it) becomes six digits again:
    /// there is no 法別番号 00, and zeros sent would find nobody.
    pub fn parse(typed: &str) -> Result<Self, InsurerNumberError> {
        let digits: String = typed.chars().filter(|c| !c.is_whitespace()).map(halve_digit).collect();
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
        match digits.strip_prefix("00") {
            Some(six) if six.len() == 6 => Ok(Self(six.to_owned())),
            _ => Ok(Self(digits)),
        }
    }

    /// The digits as checked, 6 or 8.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As sent: always 8 characters, 6 digits left-padded with spaces.
    pub fn sent(&self) -> String {
        format!("{:>8}", self.0)
    }

    /// Who pays, as 法別番号 says: `協会けんぽ`, `国民健康保険`, `公費（生活保護・医療扶助）` …,
    /// `不明な法別番号`.
    pub fn kind(&self) -> &'static str {
        match self.0.split_at_checked(2) {
            Some((law, rest)) if rest.len() == 6 => KINDS.by_law.get(law).unwrap_or(&KINDS.unknown),
            _ => &KINDS.six_digits,
        }
    }

    /// 都道府県 of the insurer; `None` if the number names none.
    pub fn prefecture(&self) -> Option<&'static str> {
        let area = self.0.len().checked_sub(6)?;
        prefecture::name(self.0.get(area..area + 2)?)
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
    use proptest::prelude::*;

    #[test]
    fn typed_numbers() {
        let table = [
            ("33120015", Ok("33120015")),
            ("３３１２００１５", Ok("33120015")),
            (" 3312 0015　", Ok("33120015")),
            ("138057", Ok("  138057")),
            ("00138057", Ok("  138057")),
            ("39131156", Ok("39131156")),
            ("", Err("保険者番号を入力してください（8桁。国民健康保険は6桁）")),
            ("　", Err("保険者番号を入力してください（8桁。国民健康保険は6桁）")),
            ("3312-0015", Err("保険者番号は数字だけで入力してください（「-」は使えません）")),
            ("3312001五", Err("保険者番号は数字だけで入力してください（「五」は使えません）")),
            ("3312001", Err("保険者番号は8桁（国民健康保険は6桁）です。いま7桁です")),
            ("033120015", Err("保険者番号は8桁（国民健康保険は6桁）です。いま9桁です")),
            ("33120016", Err("保険者番号の検証番号が合いません。1桁ずつ見直してください")),
            ("138058", Err("保険者番号の検証番号が合いません。1桁ずつ見直してください")),
        ];
        for (typed, expected) in table {
            let sent = InsurerNumber::parse(typed).map(|n| n.sent()).map_err(|e| e.to_string());
            assert_eq!(sent, expected.map(String::from).map_err(String::from), "{typed}");
        }
    }

    fn with_check_digit(body: &str) -> InsurerNumber {
        InsurerNumber::parse(&format!("{body}{}", char::from(check_digit(body)))).unwrap()
    }

    #[test]
    fn who_pays_and_where() {
        let table = [
            ("0113001", "協会けんぽ", Some("東京都")),
            ("0227001", "船員保険", Some("大阪府")),
            ("0301001", "日雇特例（一般療養）", Some("北海道")),
            ("0613001", "組合健保", Some("東京都")),
            ("0713001", "自衛官等", Some("東京都")),
            ("3113001", "国家公務員共済組合", Some("東京都")),
            ("3212001", "地方公務員等共済組合", Some("千葉県")),
            ("3312001", "警察共済組合", Some("千葉県")),
            ("3413001", "公立学校共済組合・私学共済", Some("東京都")),
            ("3947001", "後期高齢者医療", Some("沖縄県")),
            ("6313001", "特定健康保険組合（特例退職）", Some("東京都")),
            ("1213001", "公費（生活保護・医療扶助）", Some("東京都")),
            ("5414001", "公費（難病・特定医療）", Some("神奈川県")),
            ("9913001", "不明な法別番号", Some("東京都")),
            ("0148001", "協会けんぽ", None),
            ("0100001", "協会けんぽ", None),
            ("13805", "国民健康保険", Some("東京都")),
            ("48805", "国民健康保険", None),
        ];
        for (body, kind, place) in table {
            let number = with_check_digit(body);
            assert_eq!((number.kind(), number.prefecture()), (kind, place), "{body}");
        }
    }

    #[test]
    fn the_table_of_kinds_is_whole() {
        assert!(KINDS.by_law.len() > 40);
        let two_digits = |law: &str| law.len() == 2 && law.bytes().all(|b| b.is_ascii_digit());
        assert!(KINDS.by_law.iter().all(|(law, kind)| two_digits(law) && !kind.is_empty()));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(body in "[0-9]{7}|[0-9]{5}", place in 0_usize..8, off in 1_u8..10) {
            let right = format!("{body}{}", char::from(check_digit(&body)));
            prop_assert!(InsurerNumber::parse(&right).is_ok());
            let mut digits = right.clone().into_bytes();
            let place = place % digits.len();
            digits[place] = b'0' + (digits[place] - b'0' + off) % 10;
            let wrong = String::from_utf8(digits).unwrap();
            prop_assert_eq!(InsurerNumber::parse(&wrong), Err(InsurerNumberError::CheckDigit), "{}", wrong);
        }

        #[test]
        fn two_neighbours_exchanged_are_found_but_for_09_and_90(body in "[0-9]{7}", place in 0_usize..7) {
            let right = format!("{body}{}", char::from(check_digit(&body)));
            let mut digits = right.into_bytes();
            let pair = (digits[place], digits[place + 1]);
            digits.swap(place, place + 1);
            let wrong = String::from_utf8(digits).unwrap();
            let unseen = pair.0 == pair.1 || matches!(pair, (b'0', b'9') | (b'9', b'0'));
            prop_assert_eq!(InsurerNumber::parse(&wrong).is_ok(), unseen, "{}", wrong);
        }

        #[test]
        fn what_is_kept_is_what_is_read_back(typed in "[0-9０-９ ]{0,10}") {
            if let Ok(number) = InsurerNumber::parse(&typed) {
                prop_assert_eq!(number.sent().len(), 8);
                prop_assert_eq!(InsurerNumber::parse(&number.sent()), Ok(number.clone()));
                prop_assert_eq!(InsurerNumber::try_from(String::from(number.clone())), Ok(number));
            }
        }
    }
}
