//! What may be sent: characters that Windows-31J (CP932) carries, in the width that the exchange asks for.
//!
//! A `?` in the place of a character finds nobody, or somebody else. So every text is checked character by
//! character before a request is written, and the person is told which character it is.

mod name;
mod width;

pub use name::{NAME_LENGTH, NameError, parse_person_name};
pub use width::{halve, halve_digit, kana_half, widen};

use encoding_rs::SHIFT_JIS;

/// The first character that CP932 cannot carry unchanged, if any. Controls are not carried either: no field of
/// the exchange has a use for them.
///
/// The encoder would silently send `¥` as `\` and `‾` as `~`, hence the round trip.
pub fn first_unsendable(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_control() || !round_trips(*c))
}

/// Whether it is a 外字: private use, a different picture at every site.
pub fn is_private_use(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

fn round_trips(c: char) -> bool {
    let mut buffer = [0; 4];
    let one: &str = c.encode_utf8(&mut buffer);
    let (bytes, _, lost) = SHIFT_JIS.encode(one);
    if lost {
        return false;
    }
    let (back, _, broken) = SHIFT_JIS.decode(&bytes);
    !broken && back == one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cp932_carries() {
        let table = [
            ("", None),
            ("山田　太郎 ﾔﾏﾀﾞ ABC12-", None),
            ("髙﨑神①㈱Ⅳ－～￥￣∥―", None),
            ("𠮷野", Some('𠮷')),
            ("葛\u{e0100}城", Some('\u{e0100}')),
            ("鷗外", Some('鷗')),
            ("は\u{3099}", Some('\u{3099}')),
            ("¥", Some('¥')),
            ("‾", Some('‾')),
            ("−", Some('−')),
            ("〜", Some('〜')),
            ("é", Some('é')),
            ("\u{e000}", Some('\u{e000}')),
            ("a\u{1b}", Some('\u{1b}')),
            ("\u{80}", Some('\u{80}')),
            ("a\nb", Some('\n')),
            ("😀", Some('😀')),
        ];
        for (text, expected) in table {
            assert_eq!(first_unsendable(text), expected, "{text:?}");
        }
    }
}
