//! The short code of a log: what a person can copy from a screen, read aloud and type again.
//!
//! ```text
//! 12345-ACEF-HJKM-NPRT-WXY2-3456-789A
//! size  └─ store ─┘└── root ──┘     └ check
//! ```
//! The size in decimal, then 24 signs of an alphabet of 23: three that tell stores apart, twenty of
//! `SHA-256("kyukyu-code-v1\0" ‖ store_id ‖ size[8] ‖ root)`, one check sign over everything before it, the size
//! included.
//!
//! *Bits.* Twenty signs are 90 bits. Whoever rewrites a log and wants the code on yesterday's paper to fit needs a
//! second history with the same code: 2^90 roots, beyond anybody. (Who can prepare *two* histories before the
//! first is on paper needs only 2^45; against that, witnesses keep the signed checkpoint with its whole root.)
//! Three signs for the store are 13 bits: enough to say "of another store" instead of crying wolf.
//!
//! *Alphabet.* No 0 O Q D, 1 I L, 2/Z (Z), 5/S (S), 6/G (G), 8/B (B), U V: of every pair that looks alike at most one
//! is in use. 23 is prime, so the weighted check sign finds every single wrong sign and every two exchanged ones.

use super::chain::StoreId;
use super::merkle::Node;
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 23] = b"23456789ACEFHJKMNPRTWXY";
const BASE: u8 = 23;
const STORE_SIGNS: usize = 3;
const ROOT_SIGNS: usize = 20;
/// With the check sign.
const SIGNS: usize = STORE_SIGNS + ROOT_SIGNS + 1;
const GROUP: usize = 4;

/// A short code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// How many entries it sums up.
    pub size: u64,
    /// Values of the alphabet, without the check sign.
    signs: Vec<u8>,
}

/// Why typed text is not a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Too few or too many signs.
    #[error("照合コードの長さが正しくありません。件数と、4文字ずつ6組の英数字を入力してください")]
    Length,
    /// A sign that no code has.
    #[error("照合コードに使わない文字「{0}」があります。使う文字は 2～9 と ACEFHJKMNPRTWXY です")]
    Sign(char),
    /// The check sign does not fit.
    #[error("照合コードの写し間違いがあります（検査文字が一致しません）。1文字ずつ見直してください")]
    Check,
}

impl Code {
    /// The code of a log as it stood at a size.
    pub fn of(store: &StoreId, size: u64, root: &Node) -> Self {
        let digest = Sha256::new()
            .chain_update(b"kyukyu-code-v1\0")
            .chain_update(store.0)
            .chain_update(size.to_be_bytes())
            .chain_update(root)
            .finalize();
        let mut signs = store_signs(store);
        signs.extend(in_base(&digest, ROOT_SIGNS));
        Self { size, signs }
    }

    /// Whether it can be a code of this store.
    pub fn is_of(&self, store: &StoreId) -> bool {
        self.signs.starts_with(&store_signs(store))
    }

    /// Reads what a person typed: any case, half or full width, groups or none.
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let half = |c: char| match u32::from(c) {
            wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
            _ => c,
        };
        let separates =
            |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー');
        let typed: Vec<char> =
            typed.chars().map(half).filter(|c| !separates(c)).map(|c| c.to_ascii_uppercase()).collect();
        let (size, signs) = typed
            .len()
            .checked_sub(SIGNS)
            .filter(|digits| (1..=19).contains(digits))
            .and_then(|digits| typed.split_at_checked(digits))
            .ok_or(CodeError::Length)?;
        let wrong = size.iter().find(|c| !c.is_ascii_digit());
        if let Some(wrong) = wrong {
            return Err(CodeError::Sign(*wrong));
        }
        let size: String = size.iter().collect();
        let size: u64 = size.parse().ok().filter(|size| *size > 0).ok_or(CodeError::Length)?;
        let mut values = Vec::with_capacity(SIGNS);
        for sign in signs {
            values.push(value(*sign).ok_or(CodeError::Sign(*sign))?);
        }
        let check = values.pop().ok_or(CodeError::Length)?;
        let code = Self { size, signs: values };
        if code.check() == check { Ok(code) } else { Err(CodeError::Check) }
    }

    /// A weighted sum over the digits of the size and the signs. Weights 1..=22 return after 22 places, which is
    /// more than the signs have; the size counts beside them with weights of its own.
    fn check(&self) -> u8 {
        let size = self.size.to_string();
        let digits = size.bytes().rev().map(|digit| u32::from(digit - b'0'));
        let weighted = |values: &mut dyn Iterator<Item = u32>| -> u32 {
            values.zip((1..u32::from(BASE)).cycle()).map(|(value, weight)| value * weight).sum()
        };
        let signs = weighted(&mut self.signs.iter().rev().map(|sign| u32::from(*sign)));
        let sum = weighted(&mut digits.into_iter()) + signs;
        u8::try_from(sum % u32::from(BASE)).unwrap_or_default()
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.size)?;
        for (place, sign) in self.signs.iter().copied().chain([self.check()]).enumerate() {
            if place % GROUP == 0 {
                f.write_str("-")?;
            }
            let sign = ALPHABET.get(usize::from(sign)).copied().unwrap_or(b'?');
            write!(f, "{}", char::from(sign))?;
        }
        Ok(())
    }
}

fn value(sign: char) -> Option<u8> {
    let place = ALPHABET.iter().position(|known| char::from(*known) == sign)?;
    u8::try_from(place).ok()
}

fn store_signs(store: &StoreId) -> Vec<u8> {
    let digest = Sha256::new().chain_update(b"kyukyu-code-store-v1\0").chain_update(store.0).finalize();
    in_base(&digest, STORE_SIGNS)
}

/// The lowest `signs` digits, in base 23, of the first 16 bytes as a number; highest first.
fn in_base(digest: &[u8], signs: usize) -> Vec<u8> {
    let mut number = digest.first_chunk::<16>().map_or(0, |bytes| u128::from_be_bytes(*bytes));
    let mut digits = Vec::with_capacity(signs);
    for _ in 0..signs {
        digits.push(u8::try_from(number % u128::from(BASE)).unwrap_or_default());
        number /= u128::from(BASE);
    }
    digits.reverse();
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STORE: StoreId = StoreId(*b"0123456789abcdef");

    /// As computed by the recipe in `docs/log.md`.
    #[test]
    fn a_known_code() {
        let code = Code::of(&STORE, 12_345, &[7; 32]);
        assert_eq!(code.to_string(), "12345-RWRT-JXPM-NH59-FJX6-MPKY-A9XK");
        assert_eq!(Code::parse(&code.to_string()), Ok(code));
    }

    #[test]
    fn it_depends_on_everything() {
        let base = Code::of(&STORE, 12_345, &[7; 32]);
        for other in [
            Code::of(&StoreId([1; 16]), 12_345, &[7; 32]),
            Code::of(&STORE, 12_346, &[7; 32]),
            Code::of(&STORE, 12_345, &[8; 32]),
        ] {
            assert_ne!(other.signs, base.signs);
        }
        assert!(base.is_of(&STORE) && !base.is_of(&StoreId([1; 16])));
    }

    #[test]
    fn it_is_read_as_people_type_it() {
        let code = Code::of(&STORE, 120, &[7; 32]);
        let said = code.to_string();
        let wide: String = said.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        for typed in [said.to_lowercase(), said.replace('-', " "), said.replace('-', ""), wide] {
            assert_eq!(Code::parse(&typed).as_ref(), Ok(&code), "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_has_its_sentence() {
        let said = Code::of(&STORE, 120, &[7; 32]).to_string();
        let (size, rest) = said.split_once('-').unwrap();
        let table = [
            (String::new(), CodeError::Length),
            (rest.to_owned(), CodeError::Length),
            (format!("{size}-{}", &rest[1..]), CodeError::Sign('-')),
            (format!("{}-{rest}", "9".repeat(20)), CodeError::Length),
            (format!("{size}-O{}", &rest[1..]), CodeError::Sign('O')),
            (format!("1x0-{rest}"), CodeError::Sign('X')),
        ];
        for (typed, error) in table {
            match (Code::parse(&typed), error) {
                // One sign of the body was taken for one of the size.
                (Err(CodeError::Sign(_) | CodeError::Check), CodeError::Sign('-')) => {}
                (said, error) => assert_eq!(said, Err(error), "{typed}"),
            }
        }
    }

    proptest! {
        #[test]
        fn every_single_mistake_and_every_exchange_is_found(
            size in 1..1_000_000_u64, root: [u8; 32], at: prop::sample::Index, by in 1..23_u8, exchange: bool,
        ) {
            let code = Code::of(&STORE, size, &root);
            let mut signs: Vec<char> = code.to_string().chars().collect();
            let places: Vec<usize> = (0..signs.len()).filter(|place| signs[*place] != '-').collect();
            let place = places[at.index(places.len())];
            if exchange {
                prop_assume!(place + 1 < signs.len() && signs[place + 1] != '-' && signs[place] != signs[place + 1]);
                signs.swap(place, place + 1);
            } else {
                let digits = size.to_string().len();
                let alphabet: &[u8] = if place < digits { b"0123456789" } else { ALPHABET };
                let known = alphabet.iter().position(|sign| char::from(*sign) == signs[place]).unwrap();
                signs[place] = char::from(alphabet[(known + usize::from(by)) % alphabet.len()]);
                prop_assume!(signs[place] != char::from(alphabet[known]));
            }
            let typed: String = signs.into_iter().collect();
            prop_assert_ne!(Code::parse(&typed).ok().map(|found| found.to_string()), Some(code.to_string()));
            let led_by_zero = typed.starts_with('0');
            prop_assert!(led_by_zero || Code::parse(&typed).is_err(), "{} for {}", typed, code);
        }
    }
}
