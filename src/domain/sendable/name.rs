//! 氏名 as a key: full width, parts separated by one full-width space, every character sendable.

use super::{first_unsendable, is_private_use, widen};
use crate::domain::text::is_plain;

/// The most characters a name is sent with, the separating spaces included.
pub const NAME_LENGTH: usize = 100;

/// Why a name was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing typed.
    #[error("氏名を入力してください（例 山田　太郎）")]
    Missing,
    /// One part only.
    #[error("姓と名の間に空白を1つ入れてください（例 山田　太郎）")]
    NoSeparator,
    /// Longer than [`NAME_LENGTH`].
    #[error("氏名は{NAME_LENGTH}文字までです。いま{0}文字です")]
    Length(usize),
    /// 外字; it has no name, only a code.
    #[error(
        "外字（U+{0:04X}）は送信できません。資格確認書等に印字された字か、外字でない字に置き換えてください"
    )]
    PrivateUse(u32),
    /// A character that draws nothing by itself (control, zero width, 異体字の指定).
    #[error("見えない文字（U+{0:04X}）が入っています。その文字を消すか、氏名を入力し直してください")]
    Invisible(u32),
    /// A character that CP932 cannot carry.
    #[error(
        "「{character}（U+{code:04X}）」は送信できません。連携ソフトに登録された字{example}に置き換えてください",
        code = u32::from(*character),
        example = ordinary(*character).map_or(String::new(), |c| format!("（例：{c}）")),
    )]
    Unsendable {
        /// The first such character.
        character: char,
    },
}

/// Checks a name and brings it into the form in which it is sent.
///
/// Widths and spaces of any kind are folded. Names of more than two parts are allowed: foreign names have them.
pub fn parse_person_name(typed: &str) -> Result<String, NameError> {
    let parts: Vec<&str> = typed.split_whitespace().collect();
    let name = widen(&parts.join("\u{3000}"));
    if name.is_empty() {
        return Err(NameError::Missing);
    }
    if let Some(c) = name.chars().find(|c| is_private_use(*c)) {
        return Err(NameError::PrivateUse(u32::from(c)));
    }
    if let Some(c) = name.chars().find(|c| !is_plain(*c)) {
        return Err(NameError::Invisible(u32::from(c)));
    }
    if let Some(character) = first_unsendable(&name) {
        return Err(NameError::Unsendable { character });
    }
    if parts.len() < 2 {
        return Err(NameError::NoSeparator);
    }
    let length = name.chars().count();
    if length > NAME_LENGTH { Err(NameError::Length(length)) } else { Ok(name) }
}

/// The ordinary form of a character of names that CP932 cannot carry; an example for the sentence, never put in
/// by the program, because only the register knows how the name is kept.
fn ordinary(c: char) -> Option<char> {
    const FORMS: [(char, char); 22] = [
        ('𠮷', '吉'),
        ('𡈽', '土'),
        ('𣘺', '橋'),
        ('𠀋', '丈'),
        ('𠮟', '叱'),
        ('𣜿', '椁'),
        ('鷗', '鴎'),
        ('俠', '侠'),
        ('繫', '繋'),
        ('噓', '嘘'),
        ('瘦', '痩'),
        ('摑', '掴'),
        ('頰', '頬'),
        ('剝', '剥'),
        ('塡', '填'),
        ('簞', '箪'),
        ('醬', '醤'),
        ('蟬', '蝉'),
        ('禱', '祷'),
        ('蠟', '蝋'),
        ('萊', '莱'),
        ('屢', '屡'),
    ];
    FORMS.iter().find_map(|(old, new)| (*old == c).then_some(*new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_brought_into_the_form_in_which_they_are_sent() {
        let table = [
            ("山田　太郎", "山田　太郎"),
            ("山田 太郎", "山田　太郎"),
            ("  山田 　\t 太郎　", "山田　太郎"),
            ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ　タロウ"),
            ("やまだ たろう", "やまだ　たろう"),
            ("SMITH John Paul", "ＳＭＩＴＨ　Ｊｏｈｎ　Ｐａｕｌ"),
            ("髙﨑 神代", "髙﨑　神代"),
            ("メアリ−ジェーン ス ミス", "メアリ－ジェーン　ス　ミス"),
            ("カ\u{3099}ント 花", "ガント　花"),
        ];
        for (typed, name) in table {
            assert_eq!(parse_person_name(typed).as_deref(), Ok(name), "{typed}");
        }
    }

    #[test]
    fn each_mistake_has_its_own_sentence() {
        let long = format!("山田　{}", "あ".repeat(98));
        let table = [
            ("", "氏名を入力してください（例 山田　太郎）"),
            ("　 ", "氏名を入力してください（例 山田　太郎）"),
            ("山田太郎", "姓と名の間に空白を1つ入れてください（例 山田　太郎）"),
            (&long, "氏名は100文字までです。いま101文字です"),
            (
                "𠮷野 太郎",
                "「𠮷（U+20BB7）」は送信できません。連携ソフトに登録された字（例：吉）に置き換えてください",
            ),
            ("山田 é", "「é（U+00E9）」は送信できません。連携ソフトに登録された字に置き換えてください"),
            (
                "山田\u{e000} 太郎",
                "外字（U+E000）は送信できません。資格確認書等に印字された字か、外字でない字に置き換えてください",
            ),
            (
                "葛\u{e0100}城 太郎",
                "見えない文字（U+E0100）が入っています。その文字を消すか、氏名を入力し直してください",
            ),
            (
                "山田\u{200b} 太郎",
                "見えない文字（U+200B）が入っています。その文字を消すか、氏名を入力し直してください",
            ),
            (
                "山田\u{1b}[2J 太郎",
                "見えない文字（U+001B）が入っています。その文字を消すか、氏名を入力し直してください",
            ),
        ];
        for (typed, sentence) in table {
            assert_eq!(
                parse_person_name(typed).map_err(|e| e.to_string()),
                Err(sentence.into()),
                "{typed:?}"
            );
        }
    }

    #[test]
    fn the_longest_name_passes() {
        assert_eq!(
            parse_person_name(&format!("山田　{}", "あ".repeat(97))).map(|n| n.chars().count()),
            Ok(100)
        );
    }

    #[test]
    fn what_is_offered_instead_can_be_sent_and_what_it_replaces_cannot() {
        for c in '\u{80}'..='\u{2ffff}' {
            if let Some(form) = ordinary(c) {
                assert!(first_unsendable(&c.to_string()).is_some(), "{c}");
                assert_eq!(first_unsendable(&form.to_string()), None, "{c} {form}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_name_that_passes_is_sendable_and_passes_unchanged(typed in "\\PC{0,12}|[ぁ-ヶｦ-ﾟa-zA-Z 　-]{0,20}") {
            if let Ok(name) = parse_person_name(&typed) {
                prop_assert_eq!(first_unsendable(&name), None);
                let doubled = name.contains(' ') || name.contains("　　");
                prop_assert!(!doubled);
                prop_assert_eq!(parse_person_name(&name), Ok(name.clone()));
            }
        }
    }
}
