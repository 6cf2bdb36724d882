//! What can be typed, what it is taken for, and that no kind of entry is out of reach.

use super::{Draft, DraftField, Facet, Filter, Group, Term, kind_of, terms_of};
use crate::domain::SafeText;
use crate::log::{Act, Actor, ClockNote, Entry, NewEntry, Stamp, StoreId, Subject};
use std::collections::BTreeSet;

const STORE: StoreId = StoreId([1; 16]);

/// Types something into the form.
type Typed = fn(&mut Draft);

fn entry(subject: Subject, act: Act) -> Entry {
    let at = Stamp { utc_ms: 0, boot_ms: 1, boot_id: "b".into(), clock: ClockNote::Steady };
    let actor = Actor { user: "sato".into(), name: "佐藤".into(), profession: None, record_user: None };
    let new = NewEntry::of_station(at, "er".into(), act);
    NewEntry { subject: Some(Box::new(subject)), actor: Some(actor), ..new }.numbered(1, true)
}

fn filter(change: impl FnOnce(&mut Draft)) -> Filter {
    let mut draft = Draft::default();
    change(&mut draft);
    draft.check().unwrap()
}

#[test]
fn every_kind_is_in_one_group() {
    let examples = include_str!("../../../fixtures/log/acts.jsonl");
    let kinds: BTreeSet<String> =
        examples.lines().map(|line| kind_of(&serde_json::from_str::<Act>(line).unwrap())).collect();
    let mut grouped: Vec<&str> = Group::ALL.into_iter().flat_map(|group| group.kinds().to_vec()).collect();
    let all = grouped.len();
    grouped.sort_unstable();
    grouped.dedup();
    assert_eq!(grouped.len(), all, "one kind in two groups");
    let grouped: BTreeSet<String> = grouped.into_iter().map(ToOwned::to_owned).collect();
    assert_eq!(grouped, kinds, "a new kind belongs into src/log/search/group.rs");
    for group in Group::ALL {
        assert_eq!(Group::from_tag(group.tag()), Some(group));
        assert!(!Group::knows(group.tag()) || group.kinds() == ["refusal"], "{} is a kind too", group.tag());
    }
}

#[test]
fn spellings_of_one_patient_find_each_other() {
    let subject = Subject {
        patient_id: Some("P001".into()),
        insurer_number: Some("06139999".into()),
        number: Some("12".into()),
        name: Some("山田　太郎".into()),
        kana: Some("ヤマダ　タロウ".into()),
        birthdate: Some("1955-11-03".into()),
        ..Subject::default()
    };
    let there = entry(subject, Act::LogOpened {});
    // Typed as that patient, and whether it is.
    let table: [(Typed, bool); 12] = [
        (|d| d.patient_id = "Ｐ００１".into(), true),
        (|d| d.patient_id = "P002".into(), false),
        (|d| d.name = "山田太郎".into(), true),
        (|d| d.name = "ﾔﾏﾀﾞ ﾀﾛｳ".into(), true),
        (|d| d.name = "やまだたろう".into(), true),
        (|d| d.name = "山田".into(), false),
        (|d| d.birthdate = "昭和30年11月3日".into(), true),
        (|d| d.birthdate = "S30.11.4".into(), false),
        (|d| (d.insurer_number, d.number) = ("０６１３９９９９".into(), "１２".into()), true),
        (|d| (d.insurer_number, d.number) = ("39130001".into(), "12".into()), false),
        (|d| (d.name, d.user) = ("山田太郎".into(), "sato".into()), true),
        (|d| (d.name, d.user) = ("山田太郎".into(), "suzuki".into()), false),
    ];
    let terms = terms_of(&STORE, &there);
    for (place, (change, found)) in table.into_iter().enumerate() {
        let filter = filter(change);
        assert_eq!(filter.matches(&there), found, "{place}");
        let indexed = filter.needles(&STORE).iter().all(|any| any.iter().any(|term| terms.contains(term)));
        // The index may lead to more than is wanted, never to less.
        assert!(indexed || !found, "{place}");
    }
}

#[test]
fn what_is_given_must_hold_for_one_and_the_same_patient() {
    let named = |name: &str, birthdate: &str| Subject {
        name: Some(name.into()),
        birthdate: Some(birthdate.into()),
        ..Subject::default()
    };
    let people = vec![named("山田　太郎", "1955-11-03"), named("鈴木　花子", "1960-01-01")];
    let there = entry(Subject::default(), Act::CandidatesShown { candidates: people });
    let of = |name: &str, birthdate: &str| {
        filter(|draft| (draft.name, draft.birthdate) = (name.to_owned(), birthdate.to_owned()))
    };
    assert!(of("鈴木花子", "19600101").matches(&there));
    assert!(!of("鈴木花子", "19551103").matches(&there), "the name of one, the birth date of the other");
}

#[test]
fn dates_are_japanese_days_and_their_ends_are_included() {
    const DAY: i64 = 86_400_000;
    let midnight = 1_795_359_600_000; // 2026-11-23 00:00 in Japan
    let table = [
        ("2026-11-23", "2026-11-23", midnight, midnight + DAY),
        ("令和8年11月23日", "R8.11.24", midnight, midnight + 2 * DAY),
        (
            "2026-11-23 03:15",
            "２０２６／１１／２３　０３：１５",
            midnight + 11_700_000,
            midnight + 11_760_000,
        ),
    ];
    for (from, to, begin, end) in table {
        let found = filter(|draft| (draft.from, draft.to) = (from.to_owned(), to.to_owned()));
        assert_eq!((found.from, found.to), (Some(begin), Some(end)), "{from} {to}");
    }
}

#[test]
fn what_is_wrong_is_said_beside_its_field() {
    let table: [(Typed, DraftField, &str); 9] = [
        (|d| d.insurer_number = "06139999".into(), DraftField::InsurerNumber, "保険者番号だけでは"),
        (|d| d.birthdate = "きのう".into(), DraftField::Birthdate, ""),
        (|d| d.from = "2026-11-23 25:99".into(), DraftField::From, "時刻は"),
        (|d| d.from = "03:15".into(), DraftField::From, "時刻は"),
        (|d| (d.from, d.to) = ("2026-11-23".into(), "2026-11-22".into()), DraftField::To, "前になって"),
        (|d| d.user = "佐藤 一郎".into(), DraftField::User, "利用者ID"),
        (|d| d.case = "1".into(), DraftField::Case, "仮番号"),
        (|d| d.kinds = vec!["x\u{1b}".into()], DraftField::Kinds, "「x<U+001B>」という種別はありません"),
        (|d| d.name = "あ".repeat(101), DraftField::Name, "100文字以内"),
    ];
    for (change, field, words) in table {
        let mut draft = Draft::default();
        change(&mut draft);
        let wrong = draft.check().unwrap_err();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].0, field);
        assert!(wrong[0].1.to_string().contains(words), "{}", wrong[0].1);
    }
}

#[test]
fn the_record_says_who_was_looked_for() {
    let found = filter(|draft| {
        draft.name = "山田太郎".into();
        draft.birthdate = "19551103".into();
        draft.user = "sato".into();
        draft.from = "20261123".into();
        draft.kinds = vec!["viewing".into(), "log_opened".into()];
        draft.case = "20261123-001".into();
    });
    assert_eq!(
        found.in_words().as_str(),
        "患者: 氏名・カナ 山田太郎・生年月日 1955年11月3日（昭和30年11月3日）／利用者: sato／\
         期間: 2026年11月23日（令和8年11月23日） から 現在 まで／種別: 表示・持ち出し・log_opened／症例: 20261123-001"
    );
    assert_eq!(Filter::default().in_words(), SafeText::from("条件なし"));
    assert!(Draft::default().is_empty());
}

#[test]
fn a_term_is_of_its_store_facet_and_text() {
    let base = Term::new(&STORE, Facet::Name, "a");
    let others = [
        Term::new(&StoreId([2; 16]), Facet::Name, "a"),
        Term::new(&STORE, Facet::Case, "a"),
        Term::new(&STORE, Facet::Name, "b"),
        Term::unreadable(&STORE),
    ];
    assert!(others.iter().all(|other| *other != base));
    // For ever: an index is kept, and is compared with what this gives.
    assert_eq!(base.number(), 9_330_931_116_018_659_265);
}
