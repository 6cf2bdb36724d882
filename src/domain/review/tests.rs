//! The life of an item: whatever happens in whatever order, a closed one never changes and nobody reviews himself.

use super::*;
use crate::domain::case::CaseNumber;
use crate::domain::enquiry::EnquiryId;
use crate::domain::{Account, PersonName, Profession, SafeText, UserId};
use proptest::prelude::*;

const WHO: [(&str, &str); 4] =
    [("sato", "佐藤 一郎"), ("tanaka", "田中 二郎"), ("kansa", "監査 四郎"), ("ito", "伊藤 五郎")];

fn account(user: &str, name: &str) -> Account {
    Account {
        user: UserId::parse(user).unwrap(),
        name: PersonName::parse(name).unwrap(),
        profession: Profession::Doctor,
        record_user: None,
        permissions: std::iter::empty().collect(),
        disabled: false,
    }
}

fn someone(n: usize) -> Account {
    let (user, name) = WHO[n % WHO.len()];
    account(user, name)
}

/// An enquiry of sato's, judged by somebody who was typed by name.
fn item(judge: &str) -> Item {
    let about = About::Enquiry {
        enquiry: EnquiryId::parse("0123456789ab").unwrap(),
        case: CaseNumber::parse("20261126-001").unwrap(),
    };
    let typed = SafeText::from(judge);
    let judged = Part { role: Role::Judged, user: typed.clone(), name: typed, profession: None };
    Item {
        id: ReviewId::of(12),
        about,
        opened_ms: 1_000,
        priority: Vec::new(),
        parts: vec![Part::of(Role::Looked, &someone(0)), judged],
        facts: Facts::default(),
        follows: None,
        closing: None,
    }
}

#[test]
fn numbers() {
    assert_eq!(ReviewId::of(12).as_str(), "R000012");
    assert_eq!(ReviewId::of(12_345_678).as_str(), "R12345678");
    for (typed, good) in [
        ("R000012", true),
        (" r000012 ", true),
        ("000012", false),
        ("R12", false),
        ("R00001x", false),
        ("R", false),
        ("", false),
        ("R000012/..", false),
        ("R00000000000000000000", false),
        ("Ｒ000012", false),
    ] {
        assert_eq!(ReviewId::parse(typed).is_ok(), good, "{typed}");
    }
}

#[test]
fn who_had_a_part_does_not_review_it() {
    let table = [
        ("田中 二郎", "sato", "佐藤 一郎", Some(Role::Looked)),
        ("田中 二郎", "tanaka", "田中 二郎", Some(Role::Judged)),
        ("田中　二郎", "tanaka", "田中 二郎", Some(Role::Judged)),
        ("田中二郎", "tanaka", "田中 二郎", Some(Role::Judged)),
        ("TANAKA", "tanaka", "田中 二郎", Some(Role::Judged)),
        ("田中 二郎", "kansa", "監査 四郎", None),
        // Of the one who looked the id is known: a namesake is not that person.
        ("田中 二郎", "sato2", "佐藤 一郎", None),
    ];
    for (judge, user, name, role) in table {
        let found = item(judge).reviewable_by(&account(user, name));
        assert_eq!(found.err(), role.map(CloseError::HadAPart), "{judge} {user}");
    }
    let refused = item("x").close(&someone(0), Verdict::Proper, "よし", 2).unwrap_err().to_string();
    assert!(refused.contains("閲覧者として関わった件は確認できません"), "{refused}");
}

#[test]
fn a_verdict_needs_words() {
    for (words, good) in [
        ("", false),
        ("  \n", false),
        ("確認した", true),
        (&"長".repeat(300), true),
        (&"長".repeat(301), false),
    ] {
        let mut one = item("田中 二郎");
        let before = one.clone();
        let closed = one.close(&someone(2), Verdict::Improper, words, 5);
        assert_eq!(closed.is_ok(), good, "{words}");
        if !good {
            assert_eq!(one, before);
        }
    }
}

#[test]
fn overdue_is_counted_in_days_from_the_access_and_ends_with_the_verdict() {
    const DAY: i64 = 86_400_000;
    let mut one = item("田中 二郎");
    assert!(!one.is_overdue(1_000 + 7 * DAY - 1, 7));
    assert!(one.is_overdue(1_000 + 7 * DAY, 7));
    assert_eq!(one.due_ms(7), 1_000 + 7 * DAY);
    assert!(!one.is_overdue(i64::MIN, u64::MAX) && one.is_overdue(i64::MAX, 7), "no moment breaks it");
    one.close(&someone(2), Verdict::Proper, "確認した", 9).unwrap();
    assert!(!one.is_overdue(i64::MAX, 7));
}

#[test]
fn verdicts_by_their_words() {
    for verdict in Verdict::ALL {
        assert_eq!(verdict.label().parse(), Ok(verdict));
    }
    assert_eq!("proper".parse::<Verdict>(), Err(NotAVerdict));
    assert_eq!("".parse::<Verdict>(), Err(NotAVerdict));
}

#[derive(Clone, Debug)]
enum Op {
    Learn(String),
    Raise(Priority),
    Involve(usize),
    Close(usize, Verdict, String),
    Again,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => "[あ-お]{1,3}".prop_map(Op::Learn),
        1 => prop::sample::select(vec![Priority::ConsentRefused, Priority::SomebodyElse]).prop_map(Op::Raise),
        2 => (0..4_usize).prop_map(Op::Involve),
        3 => (0..4_usize, prop::sample::select(Verdict::ALL.to_vec()), "[か-こ]{0,2}")
            .prop_map(|(who, verdict, words)| Op::Close(who, verdict, words)),
        1 => Just(Op::Again),
    ]
}

proptest! {
    #[test]
    fn a_closed_item_never_changes_and_nobody_reviews_what_he_had_a_part_in(ops in prop::collection::vec(op(), 0..40)) {
        let mut items = vec![item("田中 二郎")];
        for (n, op) in ops.into_iter().enumerate() {
            let at_ms = i64::try_from(n).unwrap();
            let closed: Vec<Item> = items.iter().filter(|item| !item.is_open()).cloned().collect();
            let last = items.last_mut().unwrap();
            let before = last.clone();
            let done = match op {
                Op::Learn(kind) => last.learn(|facts| assert!(at_ms >= 0 && (facts.displayed(&kind.as_str().into(), at_ms) || !facts.displayed.is_empty()))).is_ok(),
                Op::Raise(why) => last.raise(why).is_ok(),
                Op::Involve(who) => last.involve(Part::of(Role::Looked, &someone(who))).is_ok(),
                Op::Close(who, verdict, words) => {
                    let reviewer = someone(who);
                    let closed = last.close(&reviewer, verdict, &words, at_ms);
                    if closed.is_ok() {
                        prop_assert!(!before.parts.iter().any(|part| part.is(&reviewer)));
                        prop_assert!(!words.is_empty());
                    }
                    closed.is_ok()
                }
                Op::Again => {
                    let next = last.again(ReviewId::of(100 + n as u64), at_ms);
                    prop_assert_eq!(next.is_ok(), !before.is_open());
                    if let Ok(next) = next {
                        prop_assert_eq!(next.follows.as_ref(), Some(&before.id));
                        prop_assert!(next.is_open() && next.parts == before.parts);
                        items.push(next);
                    }
                    true
                }
            };
            let kept = items.iter().find(|item| item.id == before.id).unwrap();
            if !done || !before.is_open() {
                prop_assert_eq!(kept, &before, "a refusal, or a closed item, changes nothing");
            }
            prop_assert!(before.priority.iter().all(|why| kept.priority.contains(why)), "a reason stays");
            prop_assert!(before.parts.iter().all(|part| kept.parts.contains(part)), "nobody is let off");
            for old in closed {
                prop_assert!(items.contains(&old), "a closed item is as it was");
            }
        }
    }
}
