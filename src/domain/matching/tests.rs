use super::*;
use crate::domain::candidate::Validity;
use crate::domain::key::KeyDraft;
use crate::domain::synthetic::{people, someone, today};
use crate::domain::{CalendarDate, IdentificationMethod};

/// The key as typed from somebody's 資格確認書.
fn certificate(person: &Person) -> EnquiryKey {
    EnquiryKey::Certificate(person.insurance_key().unwrap())
}

/// The key as typed from what somebody's family says.
fn four_items(person: &Person) -> EnquiryKey {
    let draft = KeyDraft {
        method: IdentificationMethod::FourItems,
        name: person.name.as_str().to_owned(),
        birthdate: person.birthdate.unwrap().compact(),
        sex: person.sex,
        address: person.address.as_str().to_owned(),
        ..KeyDraft::default()
    };
    draft.check(today()).unwrap()
}

/// Who passes for whom, everybody for themselves left out.
fn passing(compare: impl Fn(&Person, &Person) -> bool) -> Vec<(&'static str, &'static str)> {
    let people = people();
    assert!(people.iter().all(|(_, person)| compare(person, person)), "everybody passes for themselves");
    let pairs = people.iter().flat_map(|ours| people.iter().map(move |theirs| (ours, theirs)));
    pairs
        .filter(|((a, ours), (b, theirs))| a != b && compare(ours, theirs))
        .map(|((a, _), (b, _))| (*a, *b))
        .collect()
}

#[test]
fn nobody_passes_for_a_chosen_candidate() {
    // Whatever the key was: also where it was mistyped and the candidate chosen from another family's list.
    assert_eq!(passing(|chosen, theirs| with_candidate(chosen, &as_answer(theirs)).is_ok()), []);
    for key in [certificate, four_items] {
        let both = |ours: &Person, theirs: &Person| {
            compare_person(&key(ours), Some(ours), &as_answer(theirs)).is_ok()
        };
        assert_eq!(passing(both), []);
    }
    let (taro, hanako) = (someone("太郎"), someone("花子"));
    let mistyped = compare_person(&certificate(&taro), Some(&hanako), &as_answer(&hanako));
    assert_eq!(mistyped, Err(PersonMismatch::Birthdate), "the key is compared as well");
}

#[test]
fn whom_an_insurance_key_cannot_tell_apart() {
    let wrong = passing(|ours, theirs| compare_person(&certificate(ours), None, &as_answer(theirs)).is_ok());
    // A household's children of one birth, asked for without 枝番: why the person is confirmed by a person.
    assert_eq!(wrong, [("枝番なし", "双子一郎"), ("枝番なし", "双子二郎"), ("枝番なし", "双子の妹")]);
}

#[test]
fn whom_four_items_cannot_tell_apart() {
    let wrong = passing(|ours, theirs| compare_person(&four_items(ours), None, &as_answer(theirs)).is_ok());
    let mut expected = Vec::new();
    // Name, birth date and sex are the same: the service itself returns them as candidates.
    let same = ["太郎", "同日国保", "同日協会", "同日別記号", "失効"];
    for ours in same {
        expected.extend(same.iter().filter(|theirs| **theirs != ours).map(|theirs| (ours, *theirs)));
    }
    expected.extend([("髙橋", "●橋"), ("高橋", "●橋")]);
    expected.extend([("ﾊﾟｸ", "ﾊﾞｸ"), ("ﾊﾞｸ", "ﾊﾟｸ"), ("トメ", "トメ２"), ("トメ２", "トメ")]);
    let sorted = |mut pairs: Vec<_>| {
        pairs.sort_unstable();
        pairs
    };
    assert_eq!(sorted(wrong), sorted(expected));
}

#[test]
fn a_list_is_refused_whole_when_one_of_it_is_somebody_else() {
    let taro = someone("太郎");
    let twins = [someone("双子一郎"), someone("双子二郎")];
    let table = [
        (four_items(&taro), vec![], Ok(())),
        (four_items(&taro), vec!["太郎", "同日国保", "失効"], Ok(())),
        (four_items(&taro), vec!["太郎", "同姓同名"], Err(PersonMismatch::Birthdate)),
        (four_items(&taro), vec!["太郎", "渡邊"], Err(PersonMismatch::Birthdate)),
        (four_items(&twins[0]), vec!["双子一郎", "双子二郎"], Err(PersonMismatch::Name)),
        (four_items(&twins[0]), vec!["双子一郎", "双子の妹"], Err(PersonMismatch::Sex)),
        (certificate(&someone("枝番なし")), vec!["双子一郎", "双子二郎", "双子の妹"], Ok(())),
        (certificate(&someone("枝番なし")), vec!["双子一郎", "花子"], Err(PersonMismatch::Birthdate)),
        (certificate(&twins[0]), vec!["双子一郎", "双子二郎"], Err(PersonMismatch::BranchNumber)),
        (certificate(&taro), vec!["太郎", "同日協会"], Err(PersonMismatch::InsurerNumber)),
        (four_items(&someone("髙橋")), vec!["髙橋", "高橋"], Err(PersonMismatch::Name)),
        (four_items(&someone("髙橋")), vec!["髙橋", "●橋"], Ok(())),
    ];
    for (key, tags, expected) in table {
        let people: Vec<Person> = tags.iter().map(|tag| someone(tag)).collect();
        assert_eq!(compare_people(&key, &people), expected, "{tags:?}");
    }
}

/// What is changed in the answer about 太郎, and what a 資格確認書 key, a 4情報 key and the chosen candidate say.
type Row = (&'static str, fn(&mut AnswerPerson), [Result<(), PersonMismatch>; 3]);

#[test]
fn each_difference_is_named() {
    use PersonMismatch as M;
    let table: [Row; 32] = [
        ("nothing", |_| {}, [Ok(()), Ok(()), Ok(())]),
        ("birth date", |p| p.birthdate = CalendarDate::from_compact("19640108").ok(), [Err(M::Birthdate); 3]),
        ("no birth date", |p| p.birthdate = None, [Err(M::Birthdate); 3]),
        ("sex", |p| p.sex = Some(Sex::Female), [Ok(()), Err(M::Sex), Err(M::Sex)]),
        ("sex not set", |p| p.sex = Some(Sex::Unset), [Ok(()), Err(M::Sex), Err(M::Sex)]),
        ("no sex", |p| p.sex = None, [Ok(()), Err(M::Sex), Err(M::Sex)]),
        ("name", |p| p.name = "山田　次郎".into(), [Ok(()), Err(M::Name), Err(M::Name)]),
        ("longer name", |p| p.name = "山田　太郎子".into(), [Ok(()), Err(M::Name), Err(M::Name)]),
        ("name in another width", |p| p.name = "山田 太郎".into(), [Ok(()), Ok(()), Ok(())]),
        ("●", |p| p.name = "山田　●郎".into(), [Ok(()), Ok(()), Ok(())]),
        ("● and another name", |p| p.name = "●田　次郎".into(), [Ok(()), Err(M::Name), Err(M::Name)]),
        ("nothing but ●", |p| p.name = "●●　●●".into(), [Ok(()), Err(M::Name), Ok(())]),
        ("no name", |p| p.name = SafeText::default(), [Err(M::Nameless), Err(M::Nameless), Err(M::Name)]),
        ("a name of blanks", |p| p.name = " 　".into(), [Err(M::Nameless), Err(M::Nameless), Err(M::Name)]),
        ("kana", |p| p.kana = "ﾔﾏﾀ ﾀﾛｳ".into(), [Ok(()), Ok(()), Err(M::Kana)]),
        ("no kana", |p| p.kana = SafeText::default(), [Ok(()), Ok(()), Err(M::Kana)]),
        ("full-width kana", |p| p.kana = "ヤマダ　タロウ".into(), [Ok(()), Ok(()), Ok(())]),
        (
            "insurer",
            |p| p.insurer_number = "01130012".into(),
            [Err(M::InsurerNumber), Ok(()), Err(M::InsurerNumber)],
        ),
        (
            "no insurer",
            |p| p.insurer_number = SafeText::default(),
            [Err(M::InsurerNumber), Ok(()), Err(M::InsurerNumber)],
        ),
        ("symbol", |p| p.symbol = Some("12-35".into()), [Err(M::Symbol), Ok(()), Err(M::Symbol)]),
        ("no symbol", |p| p.symbol = None, [Err(M::Symbol), Ok(()), Err(M::Symbol)]),
        ("symbol in another width", |p| p.symbol = Some("１２－３４".into()), [Ok(()), Ok(()), Ok(())]),
        (
            "number",
            |p| p.insured_number = "568".into(),
            [Err(M::InsuredNumber), Ok(()), Err(M::InsuredNumber)],
        ),
        (
            "number with zeros",
            |p| p.insured_number = "0567".into(),
            [Err(M::InsuredNumber), Ok(()), Err(M::InsuredNumber)],
        ),
        (
            "no number",
            |p| p.insured_number = SafeText::default(),
            [Err(M::InsuredNumber), Ok(()), Err(M::InsuredNumber)],
        ),
        (
            "branch",
            |p| p.branch_number = Some("02".into()),
            [Err(M::BranchNumber), Ok(()), Err(M::BranchNumber)],
        ),
        ("no branch", |p| p.branch_number = None, [Err(M::BranchNumber), Ok(()), Err(M::BranchNumber)]),
        ("branch in another width", |p| p.branch_number = Some("０１".into()), [Ok(()), Ok(()), Ok(())]),
        (
            "reference number",
            |p| p.reference_number = Some("R-2".into()),
            [Ok(()), Ok(()), Err(M::ReferenceNumber)],
        ),
        ("no reference number", |p| p.reference_number = None, [Ok(()), Ok(()), Ok(())]),
        (
            "the wife's name and sex on his number",
            |p| (p.name, p.sex) = ("山田　花子".into(), Some(Sex::Female)),
            [Ok(()), Err(M::Sex), Err(M::Sex)],
        ),
        (
            "controls in the name",
            |p| p.name = "山田\u{1b}[2J　太郎".into(),
            [Ok(()), Err(M::Name), Err(M::Name)],
        ),
    ];
    let taro = Person { reference_number: Some("R-1".into()), ..someone("太郎") };
    for (what, change, expected) in table {
        let mut answer = as_answer(&taro);
        change(&mut answer);
        let certificate = compare_person(&certificate(&taro), None, &answer).map(drop);
        let four = compare_person(&four_items(&taro), None, &answer).map(drop);
        let chosen = with_candidate(&taro, &answer).map(drop);
        assert_eq!([certificate, four, chosen], expected, "{what}");
    }
}

/// What the candidate lacks and the answer has is another person's as well.
#[test]
fn what_only_the_answer_has_is_a_difference() {
    let chosen = someone("枝番なし");
    let key = certificate(&chosen);
    let with = |change: fn(&mut AnswerPerson)| {
        let mut answer = as_answer(&chosen);
        change(&mut answer);
        compare_person(&key, Some(&chosen), &answer).map(drop)
    };
    assert_eq!(with(|p| p.branch_number = Some("03".into())), Err(PersonMismatch::BranchNumber));
    assert_eq!(with(|p| p.symbol = Some("99".into())), Err(PersonMismatch::Symbol));
    let tome = someone("トメ");
    let mut answer = as_answer(&tome);
    answer.symbol = Some("1".into());
    assert_eq!(compare_person(&certificate(&tome), Some(&tome), &answer), Err(PersonMismatch::Symbol));
    answer.symbol = Some(SafeText::default());
    assert!(compare_person(&certificate(&tome), Some(&tome), &answer).is_ok(), "an empty element is none");
}

/// A candidate whose insurance cannot be sent is still compared on it.
#[test]
fn an_insurance_that_is_no_key_is_compared_all_the_same() {
    let chosen =
        Person { insured_number: "5 67".into(), insurer_number: "33120016".into(), ..someone("太郎") };
    assert!(chosen.insurance_key().is_err());
    let key = four_items(&chosen);
    assert!(compare_person(&key, Some(&chosen), &as_answer(&chosen)).is_ok());
    let other = Person { insured_number: "568".into(), ..chosen.clone() };
    assert_eq!(compare_person(&key, Some(&chosen), &as_answer(&other)), Err(PersonMismatch::InsuredNumber));
    let other = Person { insurer_number: "33120017".into(), ..chosen.clone() };
    assert_eq!(compare_person(&key, Some(&chosen), &as_answer(&other)), Err(PersonMismatch::InsurerNumber));
}

#[test]
fn what_was_not_compared_is_said() {
    let no_name = Agreement { name_not_in_key: true, ..Agreement::default() };
    let not_fully = Agreement { name_not_fully_compared: true, ..Agreement::default() };
    let fully = Agreement::default();
    let table = [
        ("髙橋", "髙橋", certificate as fn(&Person) -> EnquiryKey, false, no_name),
        ("髙橋", "髙橋", four_items, false, fully),
        ("髙橋", "髙橋", certificate, true, fully),
        ("髙橋", "髙橋", four_items, true, fully),
        ("髙橋", "●橋", four_items, false, not_fully),
        ("●橋", "●橋", certificate, false, no_name),
        ("●橋", "●橋", certificate, true, not_fully),
        ("●橋", "●橋", four_items, true, not_fully),
    ];
    for (ours, theirs, key, chosen, expected) in table {
        let ours = someone(ours);
        let agreement = compare_person(&key(&ours), chosen.then_some(&ours), &as_answer(&someone(theirs)));
        assert_eq!(agreement, Ok(expected), "{} {theirs}", ours.name);
    }
    // The list had the ●, the information has the character.
    let chosen = someone("●橋");
    let answer = AnswerPerson { name: "髙橋　花子".into(), ..as_answer(&chosen) };
    assert_eq!(compare_person(&certificate(&chosen), Some(&chosen), &answer), Ok(not_fully));
    let answer = AnswerPerson { name: "髙橋　花代".into(), ..as_answer(&chosen) };
    assert_eq!(compare_person(&certificate(&chosen), Some(&chosen), &answer), Err(PersonMismatch::Name));
}

#[test]
fn a_six_digit_insurer_is_the_same_in_eight() {
    let chosen = someone("同日国保");
    for (spelt, good) in
        [("138057", true), ("  138057", true), ("00138057", true), ("１３８０５７", true), ("138058", false)]
    {
        let answer = AnswerPerson { insurer_number: spelt.into(), ..as_answer(&chosen) };
        for chosen in [None, Some(&chosen)] {
            let compared = compare_person(&certificate(&someone("同日国保")), chosen, &answer);
            assert_eq!(compared.is_ok(), good, "{spelt}");
        }
    }
}

#[test]
fn lapsed_insurance_is_the_same_person_and_no_other() {
    let lapsed = someone("失効");
    assert_eq!(lapsed.validity, Validity::LatestLapsed);
    let key = four_items(&lapsed);
    assert!(compare_people(&key, &[someone("太郎"), lapsed.clone()]).is_ok());
    assert!(compare_person(&key, Some(&lapsed), &as_answer(&lapsed)).is_ok());
    assert_eq!(
        compare_person(&key, Some(&lapsed), &as_answer(&someone("太郎"))),
        Err(PersonMismatch::InsurerNumber)
    );
}

/// What a key leaves open is not compared: 記号 was not known, 性別 is 未設定.
#[test]
fn only_what_the_key_holds() {
    let EnquiryKey::Certificate(mut key) = certificate(&someone("同日協会")) else { unreachable!() };
    key.symbol = None;
    let key = EnquiryKey::Certificate(key);
    assert!(compare_person(&key, None, &as_answer(&someone("同日別記号"))).is_ok());
    let unset = someone("未設定");
    for sex in [Some(Sex::Male), Some(Sex::Female), Some(Sex::Unset), None] {
        let answer = AnswerPerson { sex, ..as_answer(&unset) };
        assert!(compare_person(&four_items(&unset), Some(&unset), &answer).is_ok(), "{sex:?}");
    }
}
