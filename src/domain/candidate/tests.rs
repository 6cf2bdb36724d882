use super::*;
use crate::domain::synthetic::{someone, today};
use proptest::prelude::*;

fn person(branch: &str, address: &str) -> Person {
    Person {
        reference_number: None,
        insurer_number: "33120015".into(),
        insurer_name: "架空健康保険組合".into(),
        symbol: None,
        insured_number: "123".into(),
        branch_number: (!branch.is_empty()).then(|| branch.into()),
        name: "架空　太郎".into(),
        kana: "ｶｸｳ ﾀﾛｳ".into(),
        birthdate: CalendarDate::from_compact("19640107").ok(),
        sex: Some(Sex::Male),
        address: address.into(),
        validity: Validity::Valid,
    }
}

#[test]
fn only_a_value_that_differs_is_asked_for() {
    let people = [person("01", "東京都架空区1-2-3"), person("02", "東京都架空区1-2-3")];
    assert_eq!(differing(&people), [PersonField::BranchNumber]);
    assert_eq!(to_type(&people, 0), Ok(vec![PersonField::BranchNumber]));
    let typed = |text: &str| vec![(PersonField::BranchNumber, text.to_owned())];
    assert_eq!(confirm(&people, 0, &typed("01"), today()), Ok(()));
    assert_eq!(confirm(&people, 0, &typed("０１"), today()), Ok(()));
    assert_eq!(confirm(&people, 0, &typed("02"), today()), Err(ChoiceError::NotThisOne("枝番")));
    assert_eq!(confirm(&people, 0, &typed(""), today()), Err(ChoiceError::NotTyped("枝番")));
    assert_eq!(
        confirm(&people, 0, &[(PersonField::Kana, "ｶｸｳ ﾀﾛｳ".into())], today()),
        Err(ChoiceError::NotTyped("枝番")),
        "a shared value proves nothing"
    );
}

#[test]
fn two_that_are_alike_cannot_be_chosen() {
    let people = [person("01", "甲"), person("01", "甲"), person("02", "甲")];
    assert_eq!(to_type(&people, 0), Err(ChoiceError::NothingDiffers));
    assert_eq!(to_type(&people, 2), Ok(vec![PersonField::BranchNumber]));
    assert_eq!(to_type(&people, 3), Err(ChoiceError::NoSuchCandidate));
}

#[test]
fn where_none_can_be_chosen_it_is_known_before_one_is_opened() {
    let alike = [person("01", "甲"), person("01", "甲")];
    assert_eq!(none_can_be_chosen(&alike), Some(ChoiceError::NothingDiffers));
    let two_of_three = [person("01", "甲"), person("01", "甲"), person("02", "甲")];
    assert_eq!(none_can_be_chosen(&two_of_three), None);
    // They differ, but neither key can be sent.
    let unusable = [person("01", "甲"), person("02", "甲")].map(|one| Person { birthdate: None, ..one });
    assert_eq!(none_can_be_chosen(&unusable), Some(ChoiceError::Unusable("生年月日")));
    assert_eq!(way_to_choose(&unusable, 0), Err(ChoiceError::Unusable("生年月日")));
    assert_eq!(none_can_be_chosen(&[]), None);
}

#[test]
fn two_values_where_one_is_not_enough() {
    let people = [person("01", "甲町1"), person("01", "乙町2"), person("02", "甲町1")];
    assert_eq!(to_type(&people, 0), Ok(vec![PersonField::BranchNumber, PersonField::Address]));
}

#[test]
fn a_missing_value_cannot_be_typed() {
    let people = [person("", "甲町1"), person("02", "甲町1")];
    assert_eq!(to_type(&people, 0), Err(ChoiceError::NothingDiffers));
    assert!(to_type(&people, 1).is_ok());
}

#[test]
fn the_differing_end_of_an_address_is_enough() {
    let people = [person("01", "東京都架空区1-2-1"), person("01", "東京都架空区1-2-13")];
    let typed = |text: &str| vec![(PersonField::Address, text.to_owned())];
    for (text, good) in
        [("1", true), ("13", false), ("東京都架空区１－２－１", true), ("3", false), ("2-1", false)]
    {
        assert_eq!(confirm(&people, 0, &typed(text), today()).is_ok(), good, "{text}");
    }
}

#[test]
fn a_part_of_an_address_that_no_other_has_is_enough() {
    let addresses = [
        "大阪府模擬市本町３－３－３",
        "大阪府模擬市栄町４－４－４",
        "大阪府模擬市一番町１－１３",
        "大阪府模擬市十一番町９",
        "大阪府模擬市●町６",
    ];
    let people = |addresses: &[&str]| addresses.iter().map(|of| person("01", of)).collect::<Vec<_>>();
    let choose = |people: &[Person], row: usize, text: &str| {
        confirm(people, row, &[(PersonField::Address, text.to_owned())], today())
    };
    let known = people(&addresses[..4]);
    for (row, text) in [
        (1, "4-4-4"),
        (1, "４－４－４"),
        (1, "4−4‐4"),
        (1, "栄町"),
        (1, "栄町４"),
        (1, "模擬市栄町４－４"),
        (1, "栄町４－４－４"),
        (1, "大阪府模擬市栄町4-4-4"),
        (2, "1-13"),
        (2, "一番町1-13"),
        (3, "十一番町"),
        (0, "本町3-3"),
    ] {
        for other in 0..known.len() {
            assert_eq!(choose(&known, other, text).is_ok(), other == row, "{text} for {other}");
        }
    }
    let little = Err(ChoiceError::NotOnlyThisOne("住所"));
    let other = Err(ChoiceError::NotThisOne("住所"));
    for (row, text, expected) in [
        (1, "4", little),
        (1, "-4-", little),
        (1, "栄", little),
        (1, "模擬市", little),
        (1, "大阪府", little),
        (1, "町", little),
        (2, "1-1", other),
        (2, "3", other),
        (2, "番町1-1", other),
        (3, "一番町", other),
        (1, "栄町5", other),
        (1, "3-3-3", other),
        (1, "-", little),
    ] {
        assert_eq!(choose(&known, row, text), expected, "{text} for {row}");
    }
    assert_eq!(choose(&people(&addresses[..3]), 2, "一番町"), Ok(()));
    assert_eq!(choose(&known, 2, "一番町"), little, "it stands in the next one's too");
    let all = people(&addresses);
    assert_eq!(choose(&all, 1, "栄町"), little, "what could not be expressed may be it");
    assert_eq!(choose(&all, 1, "栄町4"), Ok(()));
}

#[test]
fn what_is_typed_beside_must_be_right_too() {
    let people = [person("01", "甲町1"), person("02", "乙町2")];
    let typed = |branch: &str, address: &str| {
        vec![(PersonField::BranchNumber, branch.to_owned()), (PersonField::Address, address.to_owned())]
    };
    assert_eq!(confirm(&people, 0, &typed("01", ""), today()), Ok(()));
    assert_eq!(confirm(&people, 0, &typed("01", "甲町1"), today()), Ok(()));
    assert_eq!(confirm(&people, 0, &typed("01", "乙町2"), today()), Err(ChoiceError::NotThisOne("住所")));
    assert_eq!(confirm(&people, 0, &typed("", "甲町1"), today()), Err(ChoiceError::NotTyped("枝番")));
    assert_eq!(confirm(&people, 2, &typed("01", ""), today()), Err(ChoiceError::NoSuchCandidate));
}

#[test]
fn the_end_of_one_address_may_be_the_whole_of_another() {
    let people = [person("01", "町町1"), person("01", "町町町1"), person("01", "町外")];
    let typed = |text: &str| vec![(PersonField::Address, text.to_owned())];
    for chosen in 0..3 {
        let good = confirm(&people, chosen, &typed("町町1"), today()).is_ok();
        assert!(!good, "it would be said of two");
    }
    assert_eq!(confirm(&people, 1, &typed("町町町1"), today()), Ok(()));
}

#[test]
fn a_column_is_typed_as_it_is_shown_or_in_another_spelling() {
    use PersonField as F;
    let with = |change: Change| {
        let mut other = someone("太郎");
        change(&mut other);
        [someone("太郎"), other]
    };
    let table = [
        (with(|p| p.branch_number = Some("02".into())), F::BranchNumber, "０１", "02"),
        (
            with(|p| p.birthdate = CalendarDate::from_compact("19640108").ok()),
            F::Birthdate,
            "S39.1.7",
            "S39.1.8",
        ),
        (with(|p| p.address = "千葉県架空市9".into()), F::Address, "１－２－３", "9"),
        (with(|p| p.insured_number = "568".into()), F::InsuredNumber, "５６７", "568"),
        (with(|p| p.symbol = Some("99".into())), F::Symbol, "12－34", "99"),
        (with(|p| p.insurer_number = "138057".into()), F::InsurerNumber, "３３１２００１５", "138057"),
        (with(|p| p.insurer_name = "架空市".into()), F::InsurerName, "架空保険者３３１２００１５", "架空市"),
        (with(|p| p.sex = Some(Sex::Female)), F::Sex, "男", "女"),
        (with(|p| p.kana = "ﾔﾏﾀﾞ ｲﾁﾛｳ".into()), F::Kana, "やまだ　たろう", "やまだ いちろう"),
        (with(|p| p.name = "山田　一郎".into()), F::Name, "山田太郎", "山田一郎"),
    ];
    for (people, field, own, other) in table {
        assert_eq!(differing(&people), [field]);
        assert_eq!(to_type(&people, 0), Ok(vec![field]));
        let typed = |text: &str| vec![(field, text.to_owned())];
        assert_eq!(confirm(&people, 0, &typed(own), today()), Ok(()), "{own}");
        assert_eq!(confirm(&people, 1, &typed(other), today()), Ok(()), "{other}");
        let refused = Err(ChoiceError::NotThisOne(field.label()));
        assert_eq!(confirm(&people, 0, &typed(other), today()), refused, "{other}");
        assert_eq!(confirm(&people, 1, &typed(own), today()), refused, "{own}");
        let nothing = Err(ChoiceError::NotTyped(field.label()));
        assert_eq!(confirm(&people, 0, &typed("　"), today()), nothing);
    }
}

/// What is changed in somebody.
type Change = fn(&mut Person);

#[test]
fn what_cannot_be_sent_cannot_be_chosen() {
    let table: [(Change, &str); 7] = [
        (|p| p.insurer_number = "33120016".into(), "保険者番号"),
        (|p| p.symbol = Some("1 2".into()), "記号"),
        (|p| p.insured_number = SafeText::default(), "番号"),
        (|p| p.branch_number = Some("0".into()), "枝番"),
        (|p| p.birthdate = None, "生年月日"),
        (|p| p.symbol = Some("外\u{e000}".into()), "記号"),
        (|p| p.insured_number = "1\u{1b}".into(), "番号"),
    ];
    assert!(someone("太郎").insurance_key().is_ok());
    let empty = Person {
        symbol: Some(SafeText::default()),
        branch_number: Some(" ".trim().into()),
        ..someone("トメ")
    };
    assert_eq!(empty.insurance_key(), someone("トメ").insurance_key(), "an empty element is none");
    for (change, label) in table {
        let mut person = someone("太郎");
        change(&mut person);
        assert_eq!(person.insurance_key(), Err(ChoiceError::Unusable(label)));
    }
}

/// People who differ in little, in spellings that fold together and addresses that end alike.
fn little_differs() -> impl Strategy<Value = Vec<Person>> {
    let one = (
        prop::sample::select(vec!["", "01", "02", "０１"]),
        "[町1-]{1,5}|東京都[12]-[12]{1,2}|",
        prop::sample::select(vec!["", "1", "１", "2"]),
        prop::sample::select(vec!["", "19640107", "19640108"]),
        prop::sample::select(vec!["ｶｸｳ ﾀﾛｳ", "カクウ　タロウ", "ｶｸｳ ｼﾞﾛｳ"]),
    );
    let one = one.prop_map(|(branch, address, symbol, birthdate, kana)| Person {
        symbol: (!symbol.is_empty()).then(|| symbol.into()),
        birthdate: CalendarDate::from_compact(birthdate).ok(),
        kana: kana.into(),
        ..person(branch, &address)
    });
    prop::collection::vec(one, 2..=5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Typed as demanded for one of them, each value whole, or the end of it.
    #[test]
    fn what_is_typed_for_one_is_refused_for_every_other(people in little_differs(), cut in 0_usize..6) {
        for chosen in 0..people.len() {
            let Ok(fields) = to_type(&people, chosen) else { continue };
            let end = |field: PersonField| -> String {
                let value: Vec<char> = people[chosen].value(field).chars().collect();
                let cut = if field == PersonField::Address { cut.min(value.len() - 1) } else { 0 };
                value[cut..].iter().collect()
            };
            let typed: Vec<_> = fields.iter().map(|field| (*field, end(*field))).collect();
            if confirm(&people, chosen, &typed, today()).is_ok() {
                for other in (0..people.len()).filter(|other| *other != chosen) {
                    prop_assert!(confirm(&people, other, &typed, today()).is_err(), "{:?} {}", typed, other);
                }
            } else {
                prop_assert!(cut > 0 || fields.contains(&PersonField::Address), "whole values are accepted");
            }
        }
    }

    /// Whatever is typed, in whatever columns: it is said of one at most.
    #[test]
    fn nothing_that_is_typed_fits_two(
        people in little_differs(),
        typed in prop::collection::vec((0_usize..10, 0_usize..5, 0_usize..6, 1_usize..8), 0..6),
    ) {
        let typed: Vec<(PersonField, String)> = typed
            .into_iter()
            .map(|(field, whose, cut, length)| {
                let field = PersonField::ALL[field];
                let value: Vec<char> = people[whose % people.len()].value(field).chars().collect();
                (field, value.iter().skip(cut).take(length).collect())
            })
            .collect();
        let accepted: Vec<usize> =
            (0..people.len()).filter(|&one| confirm(&people, one, &typed, today()).is_ok()).collect();
        prop_assert!(accepted.len() <= 1, "{:?} for {:?}", typed, accepted);
    }

    /// What is asked for tells the chosen one from every other, and nothing shared is asked for alone.
    #[test]
    fn what_is_demanded_tells_apart(people in little_differs()) {
        let same = |a: &Person, b: &Person, field| compare::fold(&a.value(field)) == compare::fold(&b.value(field));
        for chosen in 0..people.len() {
            let others = || people.iter().enumerate().filter(|(i, _)| *i != chosen).map(|(_, other)| other);
            match to_type(&people, chosen) {
                Ok(fields) => {
                    prop_assert!(!fields.is_empty());
                    prop_assert!(fields.iter().all(|field| !people[chosen].value(*field).is_empty()));
                    prop_assert!(fields.iter().all(|field| differing(&people).contains(field)));
                    for other in others() {
                        prop_assert!(fields.iter().any(|field| !same(&people[chosen], other, *field)));
                    }
                }
                Err(error) => {
                    prop_assert_eq!(error, ChoiceError::NothingDiffers);
                    let told = |other: &Person| PersonField::ALL.into_iter().any(|field| {
                        !people[chosen].value(field).is_empty() && !same(&people[chosen], other, field)
                    });
                    prop_assert!(others().any(|other| !told(other)));
                }
            }
        }
    }
}
