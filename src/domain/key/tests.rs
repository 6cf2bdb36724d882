//! What is typed, and the sentence or the key that comes of it.

use super::*;
use crate::domain::CalendarDate;
use crate::domain::synthetic::today;
use IdentificationMethod::{Certificate, FourItems as Four, MyNumberCard};

mod wire;

/// A form with nothing wrong in it.
fn good(method: IdentificationMethod) -> KeyDraft {
    KeyDraft {
        method,
        insurer_number: "33120015".into(),
        symbol: "12-34".into(),
        insured_number: "0567".into(),
        branch_number: "01".into(),
        birthdate: "S39.1.7".into(),
        name: "架空　太郎".into(),
        sex: Some(Sex::Male),
        address: "千葉県架空市1-2-3".into(),
        insurer_name: String::new(),
    }
}

fn with(field: KeyField, typed: &str) -> KeyDraft {
    let mut draft = good(
        if matches!(field, KeyField::Name | KeyField::Sex | KeyField::Address | KeyField::InsurerName) {
            Four
        } else {
            Certificate
        },
    );
    let place = match field {
        KeyField::InsurerNumber => &mut draft.insurer_number,
        KeyField::Symbol => &mut draft.symbol,
        KeyField::InsuredNumber => &mut draft.insured_number,
        KeyField::BranchNumber => &mut draft.branch_number,
        KeyField::Birthdate => &mut draft.birthdate,
        KeyField::Name => &mut draft.name,
        KeyField::Address => &mut draft.address,
        KeyField::InsurerName => &mut draft.insurer_name,
        KeyField::Sex => panic!("性別 is not typed"),
    };
    typed.clone_into(place);
    draft
}

#[test]
fn each_wrong_value_has_its_own_sentence() {
    use KeyField as F;
    let twenty_one = "1".repeat(21);
    let long_address = "町".repeat(201);
    let long_insurer = "組".repeat(101);
    let table = [
        (F::InsurerNumber, "", "保険者番号を入力してください（8桁。国民健康保険は6桁）"),
        (F::InsurerNumber, "3312001", "保険者番号は8桁（国民健康保険は6桁）です。いま7桁です"),
        (F::InsurerNumber, "3312001O", "保険者番号は数字だけで入力してください（「O」は使えません）"),
        (F::InsurerNumber, "33120010", "保険者番号の検証番号が合いません。1桁ずつ見直してください"),
        (F::Symbol, &twenty_one, "記号は20文字以内で入力してください（いま21文字です）"),
        (F::Symbol, "12 34", "記号に空白は入れられません。詰めて入力してください"),
        (F::Symbol, "12　34", "記号に空白は入れられません。詰めて入力してください"),
        (F::Symbol, "𠮷", "記号の「𠮷」（U+20BB7）は連携ソフトに送信できません。別の字に直してください"),
        (F::Symbol, "外\u{e000}", "記号の外字（U+E000）は送信できません。外字でない字に置き換えてください"),
        (F::InsuredNumber, "", "番号を入力してください"),
        (F::InsuredNumber, " 　", "番号を入力してください"),
        (F::InsuredNumber, &twenty_one, "番号は20文字以内で入力してください（いま21文字です）"),
        (F::InsuredNumber, "1 2", "番号に空白は入れられません。詰めて入力してください"),
        (
            F::InsuredNumber,
            "1\u{200b}2",
            "番号に見えない文字（U+200B）が入っています。その文字を消すか、入力し直してください",
        ),
        (
            F::InsuredNumber,
            "1\u{1b}[2J",
            "番号に見えない文字（U+001B）が入っています。その文字を消すか、入力し直してください",
        ),
        (
            F::BranchNumber,
            "1",
            "枝番は2桁の数字です。分からないときは空欄にしてください（00は「分からない」の意味ではありません）",
        ),
        (
            F::BranchNumber,
            "001",
            "枝番は2桁の数字です。分からないときは空欄にしてください（00は「分からない」の意味ではありません）",
        ),
        (
            F::BranchNumber,
            "1a",
            "枝番は2桁の数字です。分からないときは空欄にしてください（00は「分からない」の意味ではありません）",
        ),
        (
            F::BranchNumber,
            "é",
            "枝番は2桁の数字です。分からないときは空欄にしてください（00は「分からない」の意味ではありません）",
        ),
        (F::Birthdate, "", "生年月日を入力してください"),
        (F::Birthdate, "1990/2/30", "1990年2月は28日までです（30日になっています）。日を見直してください"),
        (
            F::Birthdate,
            "64.1.7",
            "年が1～2桁では年号が分かりません。年号を付ける（例 S64.1.7）か、西暦を4桁で入力してください（例 1989/1/7）",
        ),
        (
            F::Birthdate,
            "20261124",
            "2026年11月24日（令和8年11月24日）は未来の日付です。今日（2026年11月23日）までの日付を入力してください",
        ),
        (F::Name, "", "氏名を入力してください"),
        (F::Name, "架空太郎", "姓と名の間に空白を1つ入れてください（例 山田　太郎）"),
        (
            F::Name,
            "𠮷野 太郎",
            "「𠮷（U+20BB7）」は送信できません。連携ソフトに登録された字（例：吉）に置き換えてください",
        ),
        (F::Address, "", "住所または保険者名称のどちらかを入力してください"),
        (F::Address, &long_address, "住所は200文字以内で入力してください（いま201文字です）"),
        (
            F::Address,
            "架空市\t1",
            "住所に見えない文字（U+0009）が入っています。その文字を消すか、入力し直してください",
        ),
        (
            F::Address,
            "架空市\u{202e}1",
            "住所に見えない文字（U+202E）が入っています。その文字を消すか、入力し直してください",
        ),
        (
            F::Address,
            "葛\u{e0100}城市",
            "住所に見えない文字（U+E0100）が入っています。その文字を消すか、入力し直してください",
        ),
        (
            F::Address,
            "架空市〜",
            "住所の「〜」（U+301C）は連携ソフトに送信できません。別の字に直してください",
        ),
        (F::InsurerName, &long_insurer, "保険者名称は100文字以内で入力してください（いま101文字です）"),
        (
            F::InsurerName,
            "é組合",
            "保険者名称の「é」（U+00E9）は連携ソフトに送信できません。別の字に直してください",
        ),
    ];
    for (field, typed, sentence) in table {
        let draft = with(field, typed);
        let alone = draft.check_field(field, today()).map_err(|e| e.to_string());
        assert_eq!(alone, Err(sentence.to_owned()), "{} {typed:?}", field.label());
        let whole = draft.check(today()).unwrap_err();
        assert!(whole.iter().any(|(f, e)| *f == field && e.to_string() == sentence), "{whole:?}");
    }
}

#[test]
fn no_sentence_repeats_what_could_act_on_a_terminal() {
    for field in
        [KeyField::Symbol, KeyField::InsuredNumber, KeyField::Name, KeyField::Address, KeyField::InsurerName]
    {
        for c in ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{9b}', '\u{200b}', '\u{202e}', '\u{fe0f}', '\u{e000}']
        {
            let error = with(field, &format!("架{c}空 太郎")).check_field(field, today()).unwrap_err();
            assert!(!error.to_string().contains(c), "{error:?}");
        }
    }
}

#[test]
fn everything_wrong_is_named_in_the_order_of_the_form() {
    use KeyField as F;
    let empty = |method| KeyDraft { method, ..KeyDraft::default() };
    let fields = |draft: KeyDraft| -> Vec<KeyField> {
        draft.check(today()).unwrap_err().into_iter().map(|(field, _)| field).collect()
    };
    for method in [Certificate, MyNumberCard] {
        assert_eq!(fields(empty(method)), [F::InsurerNumber, F::InsuredNumber, F::Birthdate]);
    }
    assert_eq!(fields(empty(Four)), [F::Name, F::Birthdate, F::Sex, F::Address, F::InsurerName]);
    let no_sex = KeyDraft { sex: None, ..good(Four) };
    let wrong = no_sex.check(today()).unwrap_err();
    assert_eq!(wrong[0].1.to_string(), "性別を選んでください");
    // What another method asks for is kept, and does not matter to this one.
    let other = KeyDraft { insurer_number: "x".into(), insured_number: String::new(), ..good(Four) };
    assert!(other.check(today()).is_ok());
}

#[test]
fn what_is_sent() {
    let key = with(KeyField::InsuredNumber, " ００１２ー３ ").check(today());
    assert!(key.is_ok(), "a long vowel mark is a character like others: {key:?}");
    let table = [
        (KeyField::InsurerNumber, "１３８０５７", "138057"),
        (KeyField::Symbol, "　１２－３４　", "１２－３４"),
        (KeyField::Symbol, "国－１", "国－１"),
        (KeyField::Symbol, " ＡＢｃ　", "ＡＢｃ"),
        (KeyField::InsuredNumber, "０００１", "０００１"),
        (KeyField::BranchNumber, "０９", "09"),
        (KeyField::BranchNumber, "00", "00"),
        (KeyField::Birthdate, "昭和39年1月7日", "19640107"),
        (KeyField::Name, "ｶｸｳ ﾀﾛｳ", "カクウ　タロウ"),
        (KeyField::Address, "　東京都架空区 1-2　", "東京都架空区 1-2"),
        (KeyField::InsurerName, " 架空組合 ", "架空組合"),
    ];
    for (field, typed, sent) in table {
        let draft = with(field, typed).check(today()).unwrap().to_draft();
        assert_eq!(draft.text(field), sent, "{typed}");
    }
    let longest = [
        (KeyField::Symbol, "1".repeat(20)),
        (KeyField::InsuredNumber, "1".repeat(20)),
        (KeyField::Address, "町".repeat(200)),
        (KeyField::InsurerName, "組".repeat(100)),
    ];
    for (field, text) in longest {
        assert!(with(field, &text).check(today()).is_ok(), "{}", field.label());
    }
}

#[test]
fn what_may_be_left_out() {
    for field in [KeyField::Symbol, KeyField::BranchNumber] {
        let key = with(field, " 　").check(today()).unwrap();
        assert_eq!(key.to_draft().text(field), "", "left out, not sent empty");
    }
    let place = |address: &str, insurer_name: &str| {
        let draft = KeyDraft { address: address.into(), insurer_name: insurer_name.into(), ..good(Four) };
        match draft.check(today()) {
            Ok(EnquiryKey::FourItems(items)) => {
                let owned = |text: Option<&str>| text.map(str::to_owned);
                Some((owned(items.place.address()), owned(items.place.insurer_name())))
            }
            _ => None,
        }
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(place("架空市", ""), Some((text("架空市"), None)));
    assert_eq!(place("", "架空組合"), Some((None, text("架空組合"))));
    assert_eq!(place("架空市", "架空組合"), Some((text("架空市"), text("架空組合"))));
    assert_eq!(place(" ", "　"), None);
}

#[test]
fn the_method_is_the_one_of_the_tab() {
    for method in IdentificationMethod::ALL {
        let key = good(method).check(today()).unwrap();
        assert_eq!(key.method(), method);
        assert_eq!(key.insurance().is_some(), method != Four);
        assert_eq!(key.birthdate(), CalendarDate::from_compact("19640107").unwrap());
    }
    for (code, sex) in
        [("1", Some(Sex::Male)), ("2", Some(Sex::Female)), ("3", Some(Sex::Unset)), ("0", None), ("", None)]
    {
        assert_eq!(Sex::from_code(code), sex);
        assert!(sex.is_none_or(|sex| sex.code() == code));
    }
}

#[test]
fn what_a_correction_changed() {
    let before = good(Certificate);
    let table = [
        (good(Certificate), vec![]),
        (KeyDraft { insured_number: "０５６７".into(), ..good(Certificate) }, vec![]),
        (KeyDraft { insured_number: "0568".into(), ..good(Certificate) }, vec![KeyField::InsuredNumber]),
        (KeyDraft { branch_number: String::new(), ..good(Certificate) }, vec![KeyField::BranchNumber]),
        (KeyDraft { sex: None, name: "別人".into(), ..good(Certificate) }, vec![]),
    ];
    for (after, fields) in table {
        assert_eq!(before.differing(&after), fields);
    }
    let other_sex = KeyDraft { sex: Some(Sex::Female), ..good(Four) };
    assert_eq!(good(Four).differing(&other_sex), [KeyField::Sex]);
}
