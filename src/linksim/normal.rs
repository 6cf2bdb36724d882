//! What the service takes as equal: names, addresses and insurers' names. Card fields are compared as they stand.

use unicode_normalization::UnicodeNormalization;

/// A name: compatibility forms unified, every run of spaces one space.
pub(super) fn name(text: &str) -> String {
    let folded: String = text.nfkc().map(hyphen).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An insurer's name: as a name, without any space.
pub(super) fn tight(text: &str) -> String {
    text.nfkc().map(hyphen).filter(|c| !c.is_whitespace()).collect()
}

/// An address after 都道府県: digits and hyphens unified, 丁目・番地・番・号 read as hyphens.
pub(super) fn address(text: &str) -> String {
    let mut plain = tight(text);
    for prefecture in PREFECTURES {
        if let Some(rest) = plain.strip_prefix(prefecture) {
            plain = rest.to_owned();
            break;
        }
    }
    for word in ["丁目", "番地", "番", "号"] {
        plain = unify_after_digit(&plain, word);
    }
    plain.trim_end_matches('-').to_owned()
}

/// Whether two addresses may be the same place: after normalising, one contains the other. Nothing but the
/// prefecture is no address.
pub(super) fn same_place(one: &str, other: &str) -> bool {
    let (one, other) = (address(one), address(other));
    !one.is_empty() && !other.is_empty() && (one.contains(&other) || other.contains(&one))
}

/// Replaces `word` by a hyphen where a digit stands before it, so that 「番町」 stays a name.
fn unify_after_digit(text: &str, word: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        result.push_str(before);
        if before.ends_with(|c: char| c.is_ascii_digit()) {
            result.push('-');
        } else {
            result.push_str(word);
        }
        rest = after;
    }
    result.push_str(rest);
    result
}

/// The hyphens that people type, and the long vowel sign between digits' favourites.
fn hyphen(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{ff70}' | '\u{2500}' => '-',
        c => c,
    }
}

const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_in_width_and_kind_of_space_only() {
        assert_eq!(name("青葉　太郎"), name("青葉 太郎"));
        assert_eq!(name("パトリシア　ガルシア"), name("ﾊﾟﾄﾘｼｱ ｶﾞﾙｼｱ"));
        assert_ne!(name("髙橋　文子"), name("高橋　文子"));
        assert_ne!(name("青葉　太郎"), name("青葉太郎"));
    }

    #[test]
    fn addresses_are_compared_loosely_after_the_prefecture() {
        let full = "東京都架空区本町１－２－３";
        for same in [
            "東京都架空区本町1-2-3",
            "架空区本町１丁目２番３号",
            "架空区本町１−２",
            "東京都架空区",
            "東京都架空区本町１－２－３　みどり荘１０１",
        ] {
            assert!(same_place(full, same), "{same}");
        }
        for other in ["東京都", "東京都架空区栄町", "架空区本町１－２－４", ""] {
            assert!(!same_place(full, other), "{other}");
        }
    }

    #[test]
    fn a_town_called_bancho_keeps_its_name() {
        assert_eq!(address("東京都架空区一番町２番"), "架空区一番町2");
    }
}
