//! Comparing what we hold with what came back, in spite of width and kana; never for what is sent.
//!
//! Only spellings of the *same* text are folded together. There is no fuzzy widening: 髙 is not 高, a variation
//! selector (異体字) is never dropped, because finding nobody is safer than finding the wrong person.

use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// What the server sends in the place of a character that it cannot express.
pub const UNKNOWN: char = '●';

/// Folds a text for comparison: NFKC, hiragana as katakana, hyphens of all kinds as `-` (ー only between digits),
/// letters without case, no spaces. Folding twice changes nothing.
pub fn fold(text: &str) -> String {
    let compact: Vec<char> = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let digit =
        |place: Option<usize>| place.and_then(|place| compact.get(place)).is_some_and(char::is_ascii_digit);
    let mut folded = String::with_capacity(text.len());
    for (place, c) in compact.iter().enumerate() {
        match *c {
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => folded.push('-'),
            'ー' if digit(place.checked_sub(1)) && digit(place.checked_add(1)) => folded.push('-'),
            c => folded.extend(to_katakana(c).to_lowercase()),
        }
    }
    folded.nfkc().collect()
}

/// Whether two texts are the same when folded.
pub fn same(a: &str, b: &str) -> bool {
    fold(a) == fold(b)
}

/// How a name that came back compares with ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameMatch {
    /// The same.
    Same,
    /// The same as far as it was sent: the name was **not fully compared**, and the screen must say so.
    SameExceptUnknown {
        /// How many characters of ours stand where the server sent ●.
        count: usize,
    },
    /// Another name.
    Different,
}

/// Compares names; each `●` in theirs stands for exactly one character of ours, a variation selector or voiced
/// mark included.
pub fn name_matches(ours: &str, theirs: &str) -> NameMatch {
    let (ours, theirs) = (fold(ours), fold(theirs));
    let (ours, theirs): (Vec<&str>, Vec<&str>) =
        (ours.graphemes(true).collect(), theirs.graphemes(true).collect());
    let unknown = |their: &str| their.chars().eq([UNKNOWN]);
    let agrees = |(our, their): (&&str, &&str)| our == their || unknown(their);
    if ours.len() != theirs.len() || !ours.iter().zip(&theirs).all(agrees) {
        return NameMatch::Different;
    }
    match theirs.iter().filter(|their| unknown(their)).count() {
        0 => NameMatch::Same,
        count => NameMatch::SameExceptUnknown { count },
    }
}

/// A hiragana becomes its katakana; everything else stays.
pub(super) fn to_katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_the_same_text() {
        let table = [
            ("ヤマダ　タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ", true),
            ("やまだたろう", "ﾔﾏﾀﾞ ﾀﾛｳ", true),
            ("は\u{3099}", "バ", true),
            ("ＡＢｃ１２", "abC12", true),
            ("1-2-3", "１－２－３", true),
            ("1‐2–3", "1−2—3", true),
            ("1ー2ｰ3", "1-2-3", true),
            ("1 ー 2", "1-2", true),
            ("㈱山田", "(株)山田", true),
            ("", "　", true),
            ("ゝゞ", "ヽヾ", true),
            ("サーバ", "サ-バ", false),
            ("3ー", "3-", false),
            ("サーバ", "サバ", false),
            ("ヤツダ", "ヤッダ", false),
            ("髙橋", "高橋", false),
            ("𠮷野", "吉野", false),
            ("葛\u{e0100}城", "葛城", false),
            ("ヶ", "ケ", false),
            ("0123", "123", false),
        ];
        for (a, b, expected) in table {
            assert_eq!(same(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn names_with_what_the_server_cannot_express() {
        use NameMatch::{Different, Same, SameExceptUnknown};
        let table = [
            ("髙橋　花子", "髙橋　花子", Same),
            ("髙橋　花子", "髙橋花子", Same),
            ("髙橋　花子", "●橋　花子", SameExceptUnknown { count: 1 }),
            ("髙﨑　花子", "●●　花子", SameExceptUnknown { count: 2 }),
            ("葛\u{e0100}城　花子", "●城　花子", SameExceptUnknown { count: 1 }),
            ("𠮷野　花子", "●野　花子", SameExceptUnknown { count: 1 }),
            ("カ\u{3099}ガ", "●●", SameExceptUnknown { count: 2 }),
            ("●橋　花子", "●橋　花子", SameExceptUnknown { count: 1 }),
            ("●橋　花子", "髙橋　花子", Different),
            ("髙橋　花子", "●　花子", Different),
            ("髙橋　花子", "●●橋　花子", Different),
            ("髙橋　花子", "●橋　花代", Different),
            ("髙橋　花子", "高橋　花子", Different),
            ("髙橋　花子", "〓橋　花子", Different),
            ("髙橋　花子", "", Different),
        ];
        for (ours, theirs, expected) in table {
            assert_eq!(name_matches(ours, theirs), expected, "{ours} {theirs}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(
            text in "\\PC{0,12}|[0-9ー‐―−-]{0,8}|[ぁ-ヿｦ-ﾟ\u{3099}\u{309a} ]{0,12}"
        ) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn one_unknown_never_matches_a_longer_or_shorter_name(name in "[一-龠ァ-ヶ]{1,8}", place in 0_usize..8) {
            let mut hidden: Vec<char> = name.chars().collect();
            let place = place % hidden.len();
            hidden[place] = '●';
            let theirs: String = hidden.iter().collect();
            prop_assert_eq!(name_matches(&name, &theirs), NameMatch::SameExceptUnknown { count: 1 });
            prop_assert_eq!(name_matches(&format!("{name}子"), &theirs), NameMatch::Different);
            hidden.remove(place);
            let shorter: String = hidden.iter().collect();
            prop_assert_eq!(name_matches(&name, &shorter), NameMatch::Different);
        }
    }
}
