//! Which passwords are taken (guideline 6.0: 13 characters alone, 8 beside a card; guessable ones refused).

use super::password::normal_form;
use crate::domain::{
    CalendarDate,
    account::{PersonName, UserId},
};
use secrecy::SecretString;
use std::collections::BTreeSet;
use zeroize::{Zeroize, Zeroizing};

/// Fewest characters of a password that is the only factor.
pub const ALONE: usize = 13;
/// Fewest characters beside a card.
pub const WITH_CARD: usize = 8;
/// Most characters: hashing longer ones only costs.
pub const LONGEST: usize = 128;

/// What is known of the person and must not be the password.
#[derive(Clone, Copy, Debug)]
pub struct Personal<'a> {
    /// User id.
    pub user: &'a UserId,
    /// Name.
    pub name: &'a PersonName,
    /// 電子カルテ user id.
    pub record_user: Option<&'a str>,
    /// Birth date, where it is known.
    pub birth: Option<CalendarDate>,
}

/// Why a password was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Too short.
    #[error("パスワードは{least}文字以上にしてください（いま{found}文字）")]
    Short {
        /// Fewest characters.
        least: usize,
        /// Characters of this one.
        found: usize,
    },
    /// Too long.
    #[error("パスワードは{LONGEST}文字以内にしてください")]
    Long,
    /// A control character.
    #[error("パスワードに使えない文字（改行・タブなど）が含まれています。入力し直してください")]
    Character,
    /// Only one kind of character, without a second factor.
    #[error("パスワードには英字・数字・記号を混ぜてください（二要素を使わない場合）")]
    Kinds,
    /// A few characters repeated.
    #[error("同じ文字の繰り返しが多すぎます。別のパスワードにしてください")]
    Repeated,
    /// The user's own data.
    #[error("利用者ID・氏名・生年月日を含むパスワードは使えません。別のパスワードにしてください")]
    Personal,
    /// Mostly common words or rows of keys.
    #[error(
        "推測されやすい語や並び（password、qwerty、1234 など）が大部分を占めています。別のパスワードにしてください"
    )]
    Guessable,
}

/// Checks a new password. `with_card`: the account has a card or token enrolled and cannot be used without it.
pub fn check_password(
    password: &SecretString,
    personal: &Personal<'_>,
    with_card: bool,
) -> Result<(), PolicyError> {
    let normal = normal_form(password);
    let found = normal.chars().count();
    let least = if with_card { WITH_CARD } else { ALONE };
    if found < least {
        return Err(PolicyError::Short { least, found });
    }
    if found > LONGEST {
        return Err(PolicyError::Long);
    }
    if normal.chars().any(char::is_control) {
        return Err(PolicyError::Character);
    }
    if !with_card && !mixes_kinds(&normal) {
        return Err(PolicyError::Kinds);
    }
    let mut distinct: BTreeSet<char> = normal.chars().collect();
    let few = distinct.len() < 5;
    // The set holds the characters of the password, though not their order.
    distinct.clear();
    if few {
        return Err(PolicyError::Repeated);
    }
    let lower = Zeroizing::new(normal.to_lowercase());
    if personal_parts(personal).iter().any(|part| lower.contains(part.as_str())) {
        return Err(PolicyError::Personal);
    }
    if mostly_common(&lower) { Err(PolicyError::Guessable) } else { Ok(()) }
}

/// Letters, digits and signs (Japanese counts as letters).
fn mixes_kinds(password: &str) -> bool {
    let letters = password.chars().any(char::is_alphabetic);
    let digits = password.chars().any(char::is_numeric);
    let signs = password.chars().any(|c| !c.is_alphanumeric());
    letters && digits && signs
}

fn personal_parts(personal: &Personal<'_>) -> Vec<String> {
    let mut parts: Vec<String> = personal
        .user
        .as_str()
        .split(['.', '_', '-'])
        .chain([personal.user.as_str()])
        .chain(personal.name.as_str().split_whitespace())
        .chain(personal.record_user)
        .map(str::to_lowercase)
        .filter(|part| part.chars().count() >= if part.is_ascii() { 4 } else { 2 })
        .collect();
    if let Some(birth) = personal.birth.map(CalendarDate::compact) {
        // yyyymmdd, yymmdd and mmdd; the shorter ones cover the longer and the Japanese year.
        parts.extend(birth.get(4..).map(str::to_owned));
    }
    parts
}

fn mostly_common(lower: &str) -> bool {
    let plain = without_common(lower);
    let unmasked = without_common(&unmask(lower));
    2 * plain.min(unmasked) < lower.chars().count()
}

/// How many characters remain when common words and runs (abcd, 4321) are taken out.
fn without_common(text: &str) -> usize {
    let mut rest = Zeroizing::new(text.to_owned());
    for word in common_words() {
        let mut shorter = rest.replace(word, " ");
        std::mem::swap(&mut *rest, &mut shorter);
        shorter.zeroize();
    }
    let mut characters: Vec<char> = rest.chars().collect();
    let in_runs = runs(&characters);
    let spaces = characters.iter().filter(|c| **c == ' ').count();
    let remaining = characters.len().saturating_sub(in_runs + spaces);
    characters.zeroize();
    remaining
}

/// Longest first, so that `qwerty` does not leave `uiop` behind.
fn common_words() -> Vec<&'static str> {
    let mut words: Vec<&str> = include_str!("common_passwords.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

/// Characters that stand in rising, falling or equal runs of four or more.
fn runs(characters: &[char]) -> usize {
    let steps: Vec<Option<i64>> = characters
        .windows(2)
        .map(|pair| match pair {
            [a, b] => Some(i64::from(u32::from(*b)) - i64::from(u32::from(*a))).filter(|s| s.abs() <= 1),
            _ => None,
        })
        .collect();
    let long = |run: &&[Option<i64>]| run.len() >= 3 && run.first().is_some_and(Option::is_some);
    steps.chunk_by(|a, b| a == b).filter(long).map(|run| run.len() + 1).sum()
}

fn unmask(lower: &str) -> Zeroizing<String> {
    Zeroizing::new(
        lower
            .chars()
            .map(|c| match c {
                '0' => 'o',
                '1' | '!' => 'l',
                '3' => 'e',
                '4' | '@' => 'a',
                '5' | '$' => 's',
                '7' => 't',
                other => other,
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str, with_card: bool) -> Result<(), PolicyError> {
        let user = UserId::parse("dr.sasaki").unwrap();
        let name = PersonName::parse("佐々木 一郎").unwrap();
        let personal = Personal {
            user: &user,
            name: &name,
            record_user: Some("EMR7731"),
            birth: Some(CalendarDate::from_compact("19780419").unwrap()),
        };
        check_password(&password.into(), &personal, with_card)
    }

    #[test]
    fn what_is_taken() {
        for password in [
            "mizu-Kumo!72-ao",
            "Correct4 horse battery",
            "青い空に17羽のかもめたち!",
            "hospital&9Bruecke+Vogel",
            "x7$Kd92mPq!vL",
        ] {
            assert_eq!(check(password, false), Ok(()), "{password}");
        }
        for password in ["mizuKumo", "k3yTr0ut", "青空と鴎と海と風", "9f2LqW7z"] {
            assert_eq!(check(password, true), Ok(()), "{password}");
        }
    }

    #[test]
    fn what_is_refused() {
        use PolicyError as E;
        let short = |least, found| E::Short { least, found };
        let long = "aB3$xY9!".repeat(17);
        let table: [(&str, bool, PolicyError); 24] = [
            ("", true, short(8, 0)),
            ("mizuKum", true, short(8, 7)),
            ("ﾊﾟﾊﾟﾊﾟﾊﾟ1", true, short(8, 5)),
            ("mizu-Kumo!72", false, short(13, 12)),
            (&long, false, E::Long),
            ("mizu\tKumo!72-ao", false, E::Character),
            ("mizukumosoraao", false, E::Kinds),
            ("mizukumo1sora2", false, E::Kinds),
            ("4829105738261", false, E::Kinds),
            ("abab-1abab-1abab", true, E::Repeated),
            ("aaaaaaaa", true, E::Repeated),
            ("Sasaki-2291-kumo", false, E::Personal),
            ("ＳＡＳＡＫＩ－2291-kumo", false, E::Personal),
            ("佐々木の海-729-kumo", false, E::Personal),
            ("emr7731&kumo-sora", false, E::Personal),
            ("kumo!sora-19780419", false, E::Personal),
            ("kumo!sora-s530419", false, E::Personal),
            ("password1234", true, E::Guessable),
            ("P@ssw0rd!", true, E::Guessable),
            ("Passw0rd-1234!", false, E::Guessable),
            ("1qaz2wsx3edc", true, E::Guessable),
            ("abcdefgh", true, E::Guessable),
            ("87654321", true, E::Guessable),
            ("Hospital-2025!", true, E::Guessable),
        ];
        for (password, with_card, expected) in table {
            assert_eq!(check(password, with_card), Err(expected), "{password}");
        }
    }

    #[test]
    fn the_word_list_is_clean() {
        let mut seen = BTreeSet::new();
        for word in common_words() {
            assert_eq!(word, word.trim().to_lowercase());
            assert!(word.chars().count() >= if word.is_ascii() { 4 } else { 2 }, "{word}");
            assert!(seen.insert(word), "{word} stands twice");
        }
        assert!(seen.len() > 50);
    }
}
