//! Text from outside, made safe to draw, print and log.
//!
//! A name in an answer is written by people we do not know, and a terminal obeys what it is sent. So nothing
//! from outside is drawn as a `String`: it becomes a [`SafeText`] first, and what was taken out leaves a mark,
//! because a character that silently vanished would make two different names look the same.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use unicode_properties::{GeneralCategory as G, UnicodeGeneralCategory as _};

/// Marks over or under one letter: real writing needs two (voiced kana, Vietnamese), a tower of them covers the
/// lines above and below.
const MARKS_PER_LETTER: u8 = 2;

/// Text in which no character can act on a terminal, hide or reorder what stands beside it.
///
/// Replaced by a visible ASCII mark such as `<U+202E>`, so that a reader sees that something was there: controls
/// (C0, C1, DEL, tab and line ends included), line and paragraph separators, bidirectional and zero-width
/// characters, letters of right-to-left scripts, tags, variation selectors (異体字), invisible fillers,
/// private-use characters (外字), unassigned code points and noncharacters; and combining marks that have no
/// letter to stand on or are the third and more on one. Making a `SafeText` twice changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct SafeText(String);

impl SafeText {
    /// Makes any text safe.
    pub fn new(outside: &str) -> Self {
        if is_everyday(outside) { Self(outside.to_owned()) } else { Self::marked(outside) }
    }

    fn marked(outside: &str) -> Self {
        let mut safe = String::with_capacity(outside.len());
        // How many marks the letter before may still carry.
        let mut room = 0;
        for c in outside.chars() {
            let combining = is_combining(c);
            if !is_plain(c) || (combining && room == 0) {
                let _ = write!(safe, "<U+{:04X}>", u32::from(c));
                room = 0;
                continue;
            }
            safe.push(c);
            room = match combining {
                true => room - 1,
                false if c.is_whitespace() => 0,
                false => MARKS_PER_LETTER,
            };
        }
        Self(safe)
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it shows a mark in the place of something: then it can be shown, but is not what was received, and
    /// must not be sent back as if it were.
    pub fn is_marked(&self) -> bool {
        self.0.contains("<U+")
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a text has only characters of which it is known without a look into the tables that each may stand as it is, and
/// that none is a mark: nearly every text has, and a check of the log reads twenty million of them.
fn is_everyday(text: &str) -> bool {
    let typed = |byte: u8| matches!(byte, b' '..=b'~');
    text.bytes().all(typed)
        || text.chars().all(|c| {
            matches!(
                c,
                ' '..='~'
                    | '\u{3000}'..='\u{301c}'
                    | '\u{3041}'..='\u{3096}'
                    | '\u{30a1}'..='\u{30fe}'
                    | '\u{4e00}'..='\u{9fff}'
                    | '\u{ff01}'..='\u{ff9f}'
            )
        })
}

/// The ASCII digit that was typed, in either width.
pub fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10),
        _ => None,
    }
}

/// Whether a character may stand on a screen as it is. A combining mark may, on a letter and not in a tower:
/// that is for [`SafeText::new`] to see.
pub fn is_plain(c: char) -> bool {
    let category = c.general_category();
    let acts = matches!(
        category,
        G::Control
            | G::Format
            | G::Surrogate
            | G::PrivateUse
            | G::Unassigned
            | G::LineSeparator
            | G::ParagraphSeparator
    );
    !(acts || is_invisible(c) || is_right_to_left(c))
}

fn is_combining(c: char) -> bool {
    matches!(c.general_category(), G::NonspacingMark | G::EnclosingMark)
}

/// Letters and marks by category that draw nothing: the rest of `Default_Ignorable_Code_Point`, and the empty
/// braille pattern.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{034f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The blocks of right-to-left scripts: on a terminal that knows them (VTE, Terminal.app) one such letter turns
/// round the digits beside it. They are in no Japanese insurance data.
fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{0590}'..='\u{08ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{feff}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

impl From<&str> for SafeText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for SafeText {
    fn from(text: String) -> Self {
        if is_everyday(&text) { Self(text) } else { Self::marked(&text) }
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SafeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_stays() {
        let table = [
            "",
            "山田　太郎",
            "ﾔﾏﾀﾞ ﾀﾛｳ",
            "髙橋 﨑 𠮷野 ●",
            "パン",
            "は\u{3099}",
            "Việt e\u{0302}\u{0323}",
            "国1-２３／㈱①ⅳ",
            "<U+202E>",
            "\u{a0}x\u{3000}y",
            "─│…※→℃±",
        ];
        for text in table {
            assert_eq!(SafeText::new(text).as_str(), text);
        }
    }

    #[test]
    fn what_acts_hides_or_reorders_is_marked() {
        let table = [
            ("a\x1b[2Jb", "a<U+001B>[2Jb"),
            ("a\tb\r\nc\0\x7f", "a<U+0009>b<U+000D><U+000A>c<U+0000><U+007F>"),
            ("\u{80}\u{9b}31m", "<U+0080><U+009B>31m"),
            ("\u{ad}", "<U+00AD>"),
            ("\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}", "<U+200B><U+200C><U+200D><U+200E><U+200F>"),
            ("\u{2028}\u{2029}", "<U+2028><U+2029>"),
            ("\u{202a}\u{202e}\u{2066}\u{2069}", "<U+202A><U+202E><U+2066><U+2069>"),
            ("\u{2060}\u{2061}\u{2064}\u{2065}\u{206f}", "<U+2060><U+2061><U+2064><U+2065><U+206F>"),
            ("\u{feff}\u{fff9}\u{fff0}", "<U+FEFF><U+FFF9><U+FFF0>"),
            ("\u{115f}\u{1160}\u{3164}\u{ffa0}", "<U+115F><U+1160><U+3164><U+FFA0>"),
            ("a\u{34f}\u{180b}\u{180e}\u{180f}", "a<U+034F><U+180B><U+180E><U+180F>"),
            ("\u{2800}", "<U+2800>"),
            ("葛\u{e0100}城 \u{fe0f}", "葛<U+E0100>城 <U+FE0F>"),
            ("\u{e0001}\u{e0041}\u{e007f}\u{e0080}", "<U+E0001><U+E0041><U+E007F><U+E0080>"),
            ("\u{e000}\u{f8ff}\u{f0000}\u{10fffd}", "<U+E000><U+F8FF><U+F0000><U+10FFFD>"),
            ("\u{0378}\u{fdd0}\u{ffff}\u{1fffe}", "<U+0378><U+FDD0><U+FFFF><U+1FFFE>"),
            ("א1 م2 \u{061c}", "<U+05D0>1 <U+0645>2 <U+061C>"),
            ("\u{0301}a", "<U+0301>a"),
            (" \u{0301}\u{3000}\u{20dd}", " <U+0301>\u{3000}<U+20DD>"),
            ("a\u{0301}\u{0302}\u{0303}\u{0304}b", "a\u{0301}\u{0302}<U+0303><U+0304>b"),
            ("\u{200b}\u{0301}", "<U+200B><U+0301>"),
        ];
        for (outside, safe) in table {
            assert_eq!(SafeText::new(outside).as_str(), safe, "{outside:?}");
        }
    }

    /// The short way gives what the tables give, for every character there is.
    #[test]
    fn everyday_characters_are_plain_and_no_marks() {
        let everyday: Vec<char> =
            ('\0'..=char::MAX).filter(|c| is_everyday(c.encode_utf8(&mut [0; 4]))).collect();
        assert_eq!(everyday.len(), 21_455);
        for c in everyday {
            assert!(is_plain(c) && !is_combining(c), "U+{:04X}", u32::from(c));
        }
        for text in ["", "山田　太郎 (ﾔﾏﾀﾞ) ０１", "パ\u{3099}\u{3099}\u{3099}"] {
            assert_eq!(SafeText::new(text), SafeText::marked(text));
            assert_eq!(SafeText::from(text.to_owned()), SafeText::marked(text));
        }
    }

    #[test]
    fn what_arrives_by_the_socket_is_made_safe_too() {
        let text: SafeText = serde_json::from_str(r#""a\u001b[2J""#).unwrap();
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""a<U+001B>[2J""#);
        assert_eq!(format!("{text:>14}|"), "  a<U+001B>[2J|");
    }

    proptest! {
        #[test]
        fn no_control_byte_survives(
            outside in "(?s).{0,64}|[\\x00-\\x{ff}]{0,32}|[\\x{2000}-\\x{206f}\\x{e0000}-\\x{e01ff}\\x{300}-\\x{36f}]{0,16}"
        ) {
            let safe = SafeText::new(&outside);
            prop_assert!(safe.as_str().chars().all(|c| !c.is_control() && is_plain(c)));
            prop_assert!(safe.as_str().bytes().all(|b| b >= 0x20 && b != 0x7f));
            prop_assert_eq!(SafeText::new(safe.as_str()), safe);
        }

        #[test]
        fn marks_are_never_stacked(text in "[a> \u{300}-\u{304}\u{20dd}\u{3099}\u{1b}]{0,24}") {
            let safe = SafeText::new(&text);
            let mut marks = MARKS_PER_LETTER + 1;
            for c in safe.as_str().chars() {
                marks = if is_combining(c) { marks + 1 } else if c == ' ' { MARKS_PER_LETTER } else { 0 };
                prop_assert!(marks <= MARKS_PER_LETTER || !is_combining(c), "{:?}", safe);
            }
            prop_assert_eq!(SafeText::new(safe.as_str()), safe);
        }
    }
}
