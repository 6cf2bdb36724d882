//! Kana in Latin letters, for terminals that can show neither kanji nor kana: the Linux console (trap 12).
//!
//! Modified Hepburn, letter by letter: long vowels stay as they are written (ﾀﾛｳ is TAROU), because nothing may be
//! lost that tells two people apart. It is an aid beside the kana, never a value that is sent or compared.

use unicode_normalization::UnicodeNormalization as _;

/// Syllables of two characters before those of one.
const SYLLABLES: &[(&str, &str)] = &[
    ("キャ", "KYA"),
    ("キュ", "KYU"),
    ("キョ", "KYO"),
    ("シャ", "SHA"),
    ("シュ", "SHU"),
    ("ショ", "SHO"),
    ("シェ", "SHE"),
    ("チャ", "CHA"),
    ("チュ", "CHU"),
    ("チョ", "CHO"),
    ("チェ", "CHE"),
    ("ニャ", "NYA"),
    ("ニュ", "NYU"),
    ("ニョ", "NYO"),
    ("ヒャ", "HYA"),
    ("ヒュ", "HYU"),
    ("ヒョ", "HYO"),
    ("ミャ", "MYA"),
    ("ミュ", "MYU"),
    ("ミョ", "MYO"),
    ("リャ", "RYA"),
    ("リュ", "RYU"),
    ("リョ", "RYO"),
    ("ギャ", "GYA"),
    ("ギュ", "GYU"),
    ("ギョ", "GYO"),
    ("ジャ", "JA"),
    ("ジュ", "JU"),
    ("ジョ", "JO"),
    ("ジェ", "JE"),
    ("ビャ", "BYA"),
    ("ビュ", "BYU"),
    ("ビョ", "BYO"),
    ("ピャ", "PYA"),
    ("ピュ", "PYU"),
    ("ピョ", "PYO"),
    ("ティ", "TI"),
    ("ディ", "DI"),
    ("トゥ", "TU"),
    ("ドゥ", "DU"),
    ("デュ", "DYU"),
    ("テュ", "TYU"),
    ("ファ", "FA"),
    ("フィ", "FI"),
    ("フェ", "FE"),
    ("フォ", "FO"),
    ("フュ", "FYU"),
    ("ヴァ", "VA"),
    ("ヴィ", "VI"),
    ("ヴェ", "VE"),
    ("ヴォ", "VO"),
    ("ウィ", "WI"),
    ("ウェ", "WE"),
    ("ウォ", "WO"),
    ("ツァ", "TSA"),
    ("ツィ", "TSI"),
    ("ツェ", "TSE"),
    ("ツォ", "TSO"),
    ("クァ", "KWA"),
    ("グァ", "GWA"),
    ("イェ", "YE"),
    ("ア", "A"),
    ("イ", "I"),
    ("ウ", "U"),
    ("エ", "E"),
    ("オ", "O"),
    ("カ", "KA"),
    ("キ", "KI"),
    ("ク", "KU"),
    ("ケ", "KE"),
    ("コ", "KO"),
    ("サ", "SA"),
    ("シ", "SHI"),
    ("ス", "SU"),
    ("セ", "SE"),
    ("ソ", "SO"),
    ("タ", "TA"),
    ("チ", "CHI"),
    ("ツ", "TSU"),
    ("テ", "TE"),
    ("ト", "TO"),
    ("ナ", "NA"),
    ("ニ", "NI"),
    ("ヌ", "NU"),
    ("ネ", "NE"),
    ("ノ", "NO"),
    ("ハ", "HA"),
    ("ヒ", "HI"),
    ("フ", "FU"),
    ("ヘ", "HE"),
    ("ホ", "HO"),
    ("マ", "MA"),
    ("ミ", "MI"),
    ("ム", "MU"),
    ("メ", "ME"),
    ("モ", "MO"),
    ("ヤ", "YA"),
    ("ユ", "YU"),
    ("ヨ", "YO"),
    ("ラ", "RA"),
    ("リ", "RI"),
    ("ル", "RU"),
    ("レ", "RE"),
    ("ロ", "RO"),
    ("ワ", "WA"),
    ("ヰ", "I"),
    ("ヱ", "E"),
    ("ヲ", "O"),
    ("ン", "N"),
    ("ガ", "GA"),
    ("ギ", "GI"),
    ("グ", "GU"),
    ("ゲ", "GE"),
    ("ゴ", "GO"),
    ("ザ", "ZA"),
    ("ジ", "JI"),
    ("ズ", "ZU"),
    ("ゼ", "ZE"),
    ("ゾ", "ZO"),
    ("ダ", "DA"),
    ("ヂ", "JI"),
    ("ヅ", "ZU"),
    ("デ", "DE"),
    ("ド", "DO"),
    ("バ", "BA"),
    ("ビ", "BI"),
    ("ブ", "BU"),
    ("ベ", "BE"),
    ("ボ", "BO"),
    ("パ", "PA"),
    ("ピ", "PI"),
    ("プ", "PU"),
    ("ペ", "PE"),
    ("ポ", "PO"),
    ("ヴ", "VU"),
    ("ァ", "A"),
    ("ィ", "I"),
    ("ゥ", "U"),
    ("ェ", "E"),
    ("ォ", "O"),
    ("ャ", "YA"),
    ("ュ", "YU"),
    ("ョ", "YO"),
    ("ヶ", "KE"),
    ("ヵ", "KA"),
    ("ヮ", "WA"),
];

/// Kana of any width in capital Latin letters. What is neither kana nor ASCII becomes `?`: a letter that is missing
/// must be seen to be missing.
pub fn romaji(kana: &str) -> String {
    let text: String = kana.nfkc().map(katakana).collect();
    let mut rest = text.as_str();
    let mut out = String::new();
    let mut doubled = false;
    while let Some(c) = rest.chars().next() {
        let (latin, used) = match SYLLABLES.iter().find(|(syllable, _)| rest.starts_with(syllable)) {
            Some((syllable, latin)) => ((*latin).to_owned(), syllable.len()),
            None => (single(c, &out), c.len_utf8()),
        };
        if c == 'ッ' {
            doubled = true;
        } else {
            if std::mem::take(&mut doubled) {
                // ッチ is TCH.
                let first = latin.chars().next().filter(char::is_ascii_alphabetic);
                out.extend(first.map(|c| if c == 'C' { 'T' } else { c }));
            }
            out.push_str(&latin);
        }
        rest = rest.get(used..).unwrap_or("");
    }
    if doubled {
        out.push_str("TSU");
    }
    out
}

fn katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    }
}

/// What is no syllable; a long mark repeats the vowel before it.
fn single(c: char, before: &str) -> String {
    match c {
        'ッ' => String::new(),
        'ー' => before.chars().next_back().filter(|c| "AIUEO".contains(*c)).map_or("-".into(), String::from),
        '・' => ".".into(),
        c if c.is_whitespace() => " ".into(),
        c if c.is_ascii_graphic() => c.to_ascii_uppercase().to_string(),
        _ => "?".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_as_a_passport_nearly_has_them() {
        for (kana, expected) in [
            ("ｱｵﾊﾞ ﾀﾛｳ", "AOBA TAROU"),
            ("ﾔﾏﾓﾄ　ｼﾞｭﾝｲﾁ", "YAMAMOTO JUNICHI"),
            ("ﾊｯﾄﾘ ﾁﾅﾂ", "HATTORI CHINATSU"),
            ("ﾎｯﾁ", "HOTCHI"),
            ("ﾊﾟﾄﾘｼｱ ｶﾞﾙｼｱ", "PATORISHIA GARUSHIA"),
            ("キョウコ", "KYOUKO"),
            ("おおの　ゆうき", "OONO YUUKI"),
            ("ﾛｰﾗ", "ROORA"),
            ("ｼﾞｬﾝ=ﾃｨｴﾘ", "JAN=TIERI"),
            ("ﾔﾏﾀﾞ●", "YAMADA?"),
            ("ｱｯ", "ATSU"),
            ("", ""),
        ] {
            assert_eq!(romaji(kana), expected, "{kana}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_out_is_ascii(text in "\\PC{0,20}|[ｦ-ﾟ ]{0,20}|[ァ-ヿ]{0,20}") {
            prop_assert!(romaji(&text).is_ascii());
        }

        /// Nothing disappears but the small tsu, which doubles what follows it.
        #[test]
        fn every_syllable_is_heard(kana in "[アカサタナハマヤラワンガバパ]{1,12}") {
            prop_assert!(romaji(&kana).len() >= kana.chars().count());
        }
    }
}
