//! Where a line may end.
//!
//! A strength that is cut is read wrongly: `５` at the end of a line, `０ｍｇ` on the next. So a number with the unit
//! after it is never parted while the two fit a line, whatever else must give way. Below that stands what is only
//! hard to read: a word cut in two, a mark in the wrong place.

use super::width::graphemes;
use unicode_normalization::UnicodeNormalization as _;

/// The last place in a text where its line may end, if the text is what no longer fits it.
///
/// Japanese breaks between any two characters, except that closing marks (`、` `」` `ー` …) do not begin a line,
/// opening ones do not end it, and a word after a blank does not leave only its first one or two characters behind
/// (`処` / `方:`). Latin words of either width stay whole. `None` where all of the text is one number with its unit.
pub(super) fn last_break(text: &str) -> Option<usize> {
    let clusters: Vec<_> = graphemes(text).map(|(at, cluster, _)| (at, cluster)).collect();
    let mut quantity = Quantity::None;
    let mut inside = Vec::with_capacity(clusters.len());
    for (i, (_, cluster)) in clusters.iter().enumerate() {
        let belongs;
        (quantity, belongs) = quantity.then(cluster, clusters.get(i + 1).map(|(_, next)| *next));
        inside.push(belongs);
    }
    // Where there is no good place, the last one that cuts no number.
    let mut poor = None;
    for (i, _) in inside.iter().enumerate().skip(1).rev().filter(|(_, inside)| !**inside) {
        let (before, after) = clusters.split_at_checked(i)?;
        let (at, right) = *after.first()?;
        if is_good(before, right) {
            return Some(at);
        }
        poor = poor.or(Some(at));
    }
    poor
}

/// So many characters of a word after a blank are not left behind alone.
const STUB: usize = 2;

/// Whether a line ends as a reader expects it, between what stands before and what comes next.
fn is_good(before: &[(usize, &str)], right: &str) -> bool {
    const NOT_FIRST: &str =
        "、。，．・：；？！ー～）」』】〕〉》］｝ぁぃぅぇぉっゃゅょァィゥェォッャュョ々,.:;?!)]}｡､･ｰﾞﾟｯｬｭｮ%％";
    const NOT_LAST: &str = "（「『【〔〈《［｛([{￥";
    let mut backwards = before.iter().rev().map(|(_, cluster)| *cluster);
    let stub = matches!(backwards.clone().take(STUB + 1).position(is_blank), Some(1..=STUB))
        && !NOT_LAST.contains(right);
    let left = backwards.next().unwrap_or_default();
    let marks = right == " " || NOT_FIRST.contains(right) || NOT_LAST.contains(left);
    let word = is_of_word(left) && is_of_word(right);
    !(stub || marks || word)
}

fn is_blank(cluster: &str) -> bool {
    matches!(cluster, " " | "\u{3000}")
}

/// Of Latin words and what is written like one (`ｍｇ／ｍＬ`, `１－２－３`).
fn is_of_word(cluster: &str) -> bool {
    cluster.chars().all(|c| {
        c.is_ascii_graphic()
            || matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '．' | '，' | '／' | '－' | '＋' | '＆')
            || is_sign_of_unit(c)
    })
}

/// Units that are one character and not a letter.
fn is_sign_of_unit(c: char) -> bool {
    matches!(c, '%' | '％' | '‰' | 'µ' | 'μ' | 'ℓ' | '°' | '℃' | '㌀'..='㍗' | '㍱'..='㏟')
}

/// What may follow a number besides letters: counted things, and what a blank may stand before.
const UNITS: &str = "錠 包 日分 日間 回分 カプセル 単位 枚 本 個 滴 瓶 管 筒 袋 歳 年 月 回 か月 カ月 ヶ月 ヵ月 週間 時間 分 秒 件 \
    吸入 噴霧 キット シート アンプル バイアル ブリスター \
    mg g kg μg ng mcg mL ml L l dL μL cc IU U mEq mmol mol cm mm m MBq kcal %";

/// How far a number with its unit has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Quantity {
    /// No number.
    None,
    /// In the number.
    Number,
    /// In letters after the number.
    Letters,
    /// In one of [`UNITS`], as far as it was read; empty after the blank between number and unit.
    Unit(String),
}

impl Quantity {
    /// What it is with one cluster more, and whether that one still belongs to what stands before it.
    fn then(self, cluster: &str, next: Option<&str>) -> (Self, bool) {
        let number = matches!(self, Self::Number);
        if is_digit(cluster) {
            return (Self::Number, number);
        }
        let separates = matches!(cluster, "." | "．" | "," | "，");
        // Of what stands behind the end nothing is known: the number may go on.
        if number && separates && next.is_none_or(is_digit) {
            return (Self::Number, true);
        }
        let letters = matches!(self, Self::Number | Self::Letters);
        if letters && cluster.chars().all(is_letter) {
            return (Self::Letters, true);
        }
        if number && is_blank(cluster) {
            return (Self::Unit(String::new()), false);
        }
        let read = match self {
            Self::Number => String::new(),
            Self::Unit(read) => read,
            Self::Letters | Self::None => return (Self::None, false),
        };
        let read: String = read.chars().chain(cluster.nfkc()).collect();
        if UNITS.split(' ').any(|unit| unit.starts_with(&read)) {
            (Self::Unit(read), true)
        } else {
            (Self::None, false)
        }
    }
}

fn is_digit(cluster: &str) -> bool {
    cluster.chars().all(|c| matches!(c, '0'..='9' | '０'..='９'))
}

fn is_letter(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ') || is_sign_of_unit(c)
}

#[cfg(test)]
mod tests {
    use super::super::width::{cells, wrap};
    use proptest::prelude::*;

    #[test]
    fn a_strength_is_never_cut_while_it_fits_a_line() {
        for (text, max, expected) in [
            (
                "ピルシカイニド塩酸塩カプセル５０ｍｇ「サワイ」",
                30,
                vec!["ピルシカイニド塩酸塩カプセル", "５０ｍｇ「サワイ」"],
            ),
            ("ケトプロフェンテープ４０ｍｇ（久光）", 22, vec!["ケトプロフェンテープ", "４０ｍｇ（久光）"]),
            ("ＯＤ錠２ｍｇ「杏林」", 10, vec!["ＯＤ錠", "２ｍｇ「杏", "林」"]),
            ("オメプラゾール錠２０ｍｇ）", 22, vec!["オメプラゾール錠", "２０ｍｇ）"]),
            ("レボチロ錠１２．５μｇ", 20, vec!["レボチロ錠", "１２．５μｇ"]),
            ("ヘパリン１，０００単位", 18, vec!["ヘパリン", "１，０００単位"]),
            ("点眼液０．１％", 12, vec!["点眼液", "０．１％"]),
            ("散５０㎎", 6, vec!["散", "５０㎎"]),
            ("毎朝10カプセル", 10, vec!["毎朝", "10カプセル"]),
            ("血圧 50 mg x", 9, vec!["血圧 ", "50 mg x"]),
            ("食後１４日分", 8, vec!["食後", "１４日分"]),
            ("注５００ｍｇ／５ｍＬ", 16, vec!["注", "５００ｍｇ／", "５ｍＬ"]),
            ("ＡＢＣＤＥＦ５０ｍｇ", 12, vec!["ＡＢＣＤＥＦ", "５０ｍｇ"]),
            ("（50mg", 5, vec!["（", "50mg"]),
            ("１２３４５６ｍｇ", 8, vec!["１２３４", "５６ｍｇ"]),
        ] {
            assert_eq!(wrap(text, max), expected, "{text:?} in {max}");
        }
    }

    #[test]
    fn words_stay_whole_where_there_is_room() {
        for (text, max, expected) in [
            ("錠ＥＣＭＯ", 8, vec!["錠", "ＥＣＭＯ"]),
            ("薬局  処方: 架空", 8, vec!["薬局  ", "処方: ", "架空"]),
            ("薬局  外来", 8, vec!["薬局  ", "外来"]),
            ("薬局  処方日 2026", 12, vec!["薬局  ", "処方日 2026"]),
            ("薬 外来", 4, vec!["薬 ", "外来"]),
            ("外来", 2, vec!["外", "来"]),
            ("青葉　太郎（男）", 12, vec!["青葉　太郎", "（男）"]),
        ] {
            assert_eq!(wrap(text, max), expected, "{text:?} in {max}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// The numbers are known from how the text was made, not from what the wrapping takes for one.
        #[test]
        fn no_line_ends_in_a_quantity_that_fits(
            parts in proptest::collection::vec((between(), quantity()), 1..5), max in 2_u16..30
        ) {
            let mut text = String::new();
            let mut whole = Vec::new();
            for (between, quantity) in &parts {
                text.push_str(between);
                if cells(quantity) <= max {
                    whole.push(text.len()..text.len() + quantity.len());
                }
                text.push_str(quantity);
            }
            let lines = wrap(&text, max);
            prop_assert_eq!(lines.concat(), text.as_str());
            let mut end = 0;
            for line in &lines {
                prop_assert!(cells(line) <= max);
                end += line.len();
                let cut = whole.iter().find(|range| range.start < end && end < range.end);
                prop_assert!(cut.is_none(), "{:?} in {} gives {:?}", text, max, lines);
            }
        }
    }

    /// Ends in nothing that a number could belong to.
    fn between() -> impl Strategy<Value = String> {
        "[あ漢ー、「」（）ＡＢab ]{0,12}[漢、「）]"
    }

    fn quantity() -> impl Strategy<Value = String> {
        "[0-9]{1,4}([.,][0-9]{1,3})?(mg|g|mL|%|μg|錠|日分|カプセル)|[０-９]{1,4}([．，][０-９]{1,3})?(ｍｇ|ｇ|ｍＬ|％|μｇ|㎎|錠|包|回|単位)"
    }
}
