//! Full and half width: 氏名 is sent full width, identifiers half width, 氏名カナ half width.

use unicode_normalization::char::compose;

/// U+FF61 to U+FF9F in their order, as full width.
const KANA: [char; 63] = [
    '。', '「', '」', '、', '・', 'ヲ', 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ャ', 'ュ', 'ョ', 'ッ', 'ー', 'ア',
    'イ', 'ウ', 'エ', 'オ', 'カ', 'キ', 'ク', 'ケ', 'コ', 'サ', 'シ', 'ス', 'セ', 'ソ', 'タ', 'チ', 'ツ',
    'テ', 'ト', 'ナ', 'ニ', 'ヌ', 'ネ', 'ノ', 'ハ', 'ヒ', 'フ', 'ヘ', 'ホ', 'マ', 'ミ', 'ム', 'メ', 'モ',
    'ヤ', 'ユ', 'ヨ', 'ラ', 'リ', 'ル', 'レ', 'ロ', 'ワ', 'ン', '゛', '゜',
];

/// The distance between `!` and `！`.
const WIDE: u32 = 0xFEE0;

/// A full-width digit becomes the half-width one; everything else stays.
pub fn halve_digit(c: char) -> char {
    match c {
        '０'..='９' => shift_down(c),
        other => other,
    }
}

/// Everything full width: Latin letters, digits, signs, spaces and half-width kana, whose voiced marks join
/// their kana (`ﾀﾞ` → `ダ`, also from the two code points that macOS writes).
///
/// The four signs that Windows-31J spells with another code point than other systems (− 〜 — ‖) take its spelling.
pub fn widen(text: &str) -> String {
    let mut wide: Vec<char> = Vec::with_capacity(text.len());
    for c in text.chars() {
        if let Some(mark) = combining_voice(c)
            && let Some(last) = wide.last_mut()
            && let Some(voiced) = compose(*last, mark)
        {
            *last = voiced;
            continue;
        }
        wide.push(match c {
            '!'..='~' => char::from_u32(u32::from(c) + WIDE).unwrap_or(c),
            ' ' | '\u{a0}' => '\u{3000}',
            '\u{ff61}'..='\u{ff9f}' => {
                let place = usize::try_from(u32::from(c) - 0xFF61).unwrap_or(usize::MAX);
                KANA.get(place).copied().unwrap_or(c)
            }
            '¥' => '￥',
            '\u{2212}' => '－',
            '\u{301c}' => '～',
            '\u{2014}' => '―',
            '\u{2016}' => '∥',
            other => other,
        });
    }
    wide.into_iter().collect()
}

/// Identifiers half width: Latin letters, digits, signs and spaces; every hyphen becomes `-`. Kana and kanji stay.
pub fn halve(text: &str) -> String {
    text.chars().map(halve_char).collect()
}

fn halve_char(c: char) -> char {
    match c {
        '！'..='～' => shift_down(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '￥' | '¥' => '\\',
        other => other,
    }
}

/// 氏名カナ half width: kana of either kind (`だ`, `ダ` → `ﾀﾞ`), Latin letters, digits and spaces. What has no
/// half-width form (`ヰ`, kanji) stays.
pub fn kana_half(text: &str) -> String {
    let mut half = String::with_capacity(text.len());
    for c in text.chars() {
        let katakana = super::super::compare::to_katakana(c);
        if let Some(plain) = half_kana(katakana) {
            half.push(plain);
        } else if let Some((plain, mark)) = unvoiced(katakana) {
            half.extend([plain, mark]);
        } else {
            half.push(match combining_voice(c) {
                Some('\u{3099}') => 'ﾞ',
                Some(_) => 'ﾟ',
                None if is_wide_latin(c) => halve_char(c),
                None => c,
            });
        }
    }
    half
}

fn is_wide_latin(c: char) -> bool {
    matches!(c, '！'..='～' | '\u{3000}')
}

fn half_kana(full: char) -> Option<char> {
    let place = KANA.iter().position(|kana| *kana == full)?;
    char::from_u32(0xFF61 + u32::try_from(place).ok()?)
}

/// A voiced kana as its half-width kana and mark.
fn unvoiced(voiced: char) -> Option<(char, char)> {
    [('\u{3099}', 'ﾞ'), ('\u{309a}', 'ﾟ')].into_iter().find_map(|(combining, mark)| {
        let plain = KANA.iter().find(|plain| compose(**plain, combining) == Some(voiced))?;
        Some((half_kana(*plain)?, mark))
    })
}

/// A voiced mark of any form as the combining one.
fn combining_voice(c: char) -> Option<char> {
    match c {
        'ﾞ' | '\u{3099}' => Some('\u{3099}'),
        'ﾟ' | '\u{309a}' => Some('\u{309a}'),
        _ => None,
    }
}

fn shift_down(c: char) -> char {
    char::from_u32(u32::from(c).saturating_sub(WIDE)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn widened() {
        let table = [
            ("", ""),
            ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ　タロウ"),
            ("ﾊﾟﾊﾞｶﾞｳﾞﾜﾞｦﾞ", "パバガヴヷヺ"),
            ("ﾞｱﾟﾝﾞ", "゛ア゜ン゛"),
            ("か\u{3099}ハ\u{309a}", "がパ"),
            ("｡｢｣､･ｰ", "。「」、・ー"),
            ("John-Smith 2~'\"\\", "Ｊｏｈｎ－Ｓｍｉｔｈ　２～＇＂＼"),
            ("−〜—‖¥", "－～―∥￥"),
            ("山田　𠮷", "山田　𠮷"),
        ];
        for (typed, wide) in table {
            assert_eq!(widen(typed), wide, "{typed}");
        }
    }

    #[test]
    fn halved() {
        let table = [
            ("", ""),
            ("１２３ＡＢｃ", "123ABc"),
            ("１２－３４", "12-34"),
            ("1‐2–3—4−5", "1-2-3-4-5"),
            ("国１　－　２", "国1 - 2"),
            ("ｶガー", "ｶガー"),
        ];
        for (typed, half) in table {
            assert_eq!(halve(typed), half, "{typed}");
        }
        assert_eq!(['０', '９', '0', 'Ａ'].map(halve_digit), ['0', '9', '0', 'Ａ']);
    }

    #[test]
    fn kana_halved() {
        let table = [
            ("ヤマダ　タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("やまだ たろう", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("パピプヴッャー・", "ﾊﾟﾋﾟﾌﾟｳﾞｯｬｰ･"),
            ("か\u{3099}", "ｶﾞ"),
            ("ＡＢ１", "AB1"),
            ("ﾔﾏﾀﾞ", "ﾔﾏﾀﾞ"),
            ("ヰヱ山", "ヰヱ山"),
        ];
        for (typed, half) in table {
            assert_eq!(kana_half(typed), half, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn half_width_kana_come_back(half in "[ｦ-ﾝ ]{0,20}") {
            prop_assert_eq!(kana_half(&widen(&half)), half);
        }

        #[test]
        fn widening_and_halving_twice_change_nothing(text in "\\PC{0,20}|[ -~！-～ｦ-ﾟぁ-ヶ]{0,20}") {
            let once = [widen(&text), halve(&text), kana_half(&text)];
            prop_assert_eq!(widen(&once[0]), once[0].clone());
            prop_assert_eq!(halve(&once[1]), once[1].clone());
            prop_assert_eq!(kana_half(&once[2]), once[2].clone());
        }
    }
}
