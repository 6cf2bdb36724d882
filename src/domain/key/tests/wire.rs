//! What arrives by the socket or from the store goes through the same checks as what is typed.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A key as JSON with one value replaced (or, with `None`, taken out).
fn tampered(key: &EnquiryKey, path: &str, value: Option<Value>) -> Result<EnquiryKey, serde_json::Error> {
    let mut json = serde_json::to_value(key).unwrap();
    let (parent, name) = path.rsplit_once('/').unwrap();
    let object = json.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
    assert!(object.contains_key(name), "{path}");
    match value {
        Some(value) => drop(object.insert(name.to_owned(), value)),
        None => drop(object.remove(name)),
    }
    serde_json::from_value(json)
}

#[test]
fn a_message_cannot_carry_what_the_form_refuses() {
    let certificate = good(Certificate).check(today()).unwrap();
    let table = [
        ("/certificate/insurer_number", json!("33120016")),
        ("/certificate/insurer_number", json!("")),
        ("/certificate/insurer_number", json!(33_120_015)),
        ("/certificate/symbol", json!("")),
        ("/certificate/symbol", json!("1 2")),
        ("/certificate/symbol", json!("1".repeat(21))),
        ("/certificate/insured_number", json!("")),
        ("/certificate/insured_number", json!("𠮷")),
        ("/certificate/insured_number", json!("1\u{1b}")),
        ("/certificate/insured_number", Value::Null),
        ("/certificate/branch_number", json!("0")),
        ("/certificate/branch_number", json!("")),
        ("/certificate/birthdate", json!("19640230")),
        ("/certificate/birthdate", json!("S39.1.7")),
        ("/certificate/birthdate", json!("18670101")),
        ("/certificate/birthdate", Value::Null),
    ];
    for (path, value) in table {
        assert!(tampered(&certificate, path, Some(value.clone())).is_err(), "{path} {value}");
    }
    for path in ["/certificate/insurer_number", "/certificate/insured_number", "/certificate/birthdate"] {
        assert!(tampered(&certificate, path, None).is_err(), "without {path}");
    }
    let both = KeyDraft { insurer_name: "架空組合".into(), ..good(Four) }.check(today()).unwrap();
    let table = [
        ("/four_items/name", json!("架空太郎")),
        ("/four_items/name", json!("𠮷野　太郎")),
        ("/four_items/name", json!("")),
        ("/four_items/sex", json!("4")),
        ("/four_items/sex", Value::Null),
        ("/four_items/place", json!({})),
        ("/four_items/place", Value::Null),
        ("/four_items/place", json!({ "address": "" })),
        ("/four_items/place", json!({ "insurer_name": "組".repeat(101) })),
        ("/four_items/place/both/address", json!(" ")),
        ("/four_items/place/both/address", json!("町".repeat(201))),
        ("/four_items/place/both/insurer_name", json!("組".repeat(101))),
        ("/four_items/place/both/insurer_name", json!("é")),
    ];
    for (path, value) in table {
        assert!(tampered(&both, path, Some(value.clone())).is_err(), "{path} {value}");
    }
    for path in ["/four_items/sex", "/four_items/place", "/four_items/place/both/address"] {
        assert!(tampered(&both, path, None).is_err(), "without {path}");
    }
    // A good value passes the same way, so that the table above proves something.
    assert!(tampered(&certificate, "/certificate/symbol", Some(json!("99"))).is_ok());
    assert!(tampered(&both, "/four_items/place", Some(json!({ "insurer_name": "組".repeat(100) }))).is_ok());
}

/// Something typed that is often good.
fn a_draft() -> impl Strategy<Value = KeyDraft> {
    let method = prop::sample::select(IdentificationMethod::ALL.to_vec());
    let insurer = prop_oneof![
        4 => prop::sample::select(vec!["33120015", "138057", "00138057", "３９１３１１５６", " 0113 0012 "])
            .prop_map(str::to_owned),
        1 => "\\PC{0,9}",
    ];
    let symbol = "[0-9０-９A-zー－-]{0,9}|[ぁ-んァ-ン]{1,3}|\\PC{0,4}";
    let number = "[0-9０-９ ]{1,9}|[0-9‐−-]{1,9}|\\PC{1,4}";
    let branch = "(0[1-9])?|[０-９]{2}|\\PC{0,3}";
    let birthdate = "(19|20)[0-2][0-9]0[1-9][0-2][1-9]|[MTSHR][1-9]\\.[1-9]\\.[1-9]|\\PC{0,9}";
    let name = "[ァ-ンｦ-ﾝa-z]{1,5}[ 　]{1,2}[一-三山田ぁ-ん]{1,5}|\\PC{0,9}";
    let sex = prop::option::of(prop::sample::select(vec![Sex::Male, Sex::Female, Sex::Unset]));
    let place = || "|[一-三a-zＡ-Ｚ0-9 　－-]{0,9}|\\PC{0,9}";
    (method, insurer, symbol, number, branch, birthdate, name, sex, (place(), place())).prop_map(
        |(method, insurer_number, symbol, insured_number, branch_number, birthdate, name, sex, places)| {
            KeyDraft {
                method,
                insurer_number,
                symbol,
                insured_number,
                branch_number,
                birthdate,
                name,
                sex,
                address: places.0,
                insurer_name: places.1,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn an_accepted_form_is_the_same_key_again(draft in a_draft()) {
        if let Ok(key) = draft.check(today()) {
            prop_assert_eq!(key.to_draft().check(today()), Ok(key.clone()));
            prop_assert_eq!(key.to_draft().differing(&key.to_draft()), []);
            let json = serde_json::to_string(&key).unwrap();
            prop_assert_eq!(serde_json::from_str::<EnquiryKey>(&json).unwrap(), key);
        }
    }

    /// The form and its fields say the same; the form itself goes to the store and back whatever is in it.
    #[test]
    fn the_whole_is_good_where_each_field_is(draft in a_draft()) {
        let fields = KeyField::of(draft.method);
        let each = fields.iter().all(|field| draft.check_field(*field, today()).is_ok());
        prop_assert_eq!(draft.check(today()).is_ok(), each);
        let json = serde_json::to_string(&draft).unwrap();
        prop_assert_eq!(serde_json::from_str::<KeyDraft>(&json).unwrap(), draft);
    }

    /// Reading is the same check as typing, and what it gives can be sent.
    #[test]
    fn reading_a_value_is_typing_it(text in "[0-9０-９A-z一-三 　－-]{0,24}|\\PC{0,8}|[\0-\u{ff}]{0,4}") {
        macro_rules! same {
            ($($name:ident),*) => {$(
                let read = serde_json::from_value::<$name>(json!(text)).ok();
                prop_assert_eq!(&read, &$name::parse(&text).ok());
                if let Some(value) = read {
                    prop_assert_eq!(crate::domain::sendable::first_unsendable(value.as_str()), None);
                    prop_assert!(crate::domain::SafeText::new(value.as_str()).as_str() == value.as_str());
                    prop_assert_eq!($name::parse(value.as_str()), Ok(value.clone()));
                }
            )*};
        }
        same!(Symbol, InsuredNumber, ReferenceNumber, BranchNumber, SendableName);
        let read = serde_json::from_value::<SendableText<5>>(json!(text)).ok();
        prop_assert_eq!(&read, &SendableText::<5>::parse(&text, "住所").ok());
        prop_assert!(read.is_none_or(|value| (1..=5).contains(&value.as_str().chars().count())));
    }
}

/// The generator must make forms that pass, of each method, or the properties above would prove nothing.
#[test]
fn the_generator_makes_good_forms() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut good = [0; 3];
    for _ in 0..1000 {
        let draft = a_draft().new_tree(&mut runner).unwrap().current();
        if let Ok(key) = draft.check(today()) {
            let place = IdentificationMethod::ALL.iter().position(|method| *method == key.method()).unwrap();
            good[place] += 1;
        }
    }
    assert!(good.iter().all(|count| *count > 10), "{good:?}");
}
