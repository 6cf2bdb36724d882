//! Who is found by what: the table that testers rely on, and the form of every patient's data.

use super::super::book::Book;
use super::super::{coding, insurer};
use super::{Bench, SUMMARY, at, at_path, insured_by, persons};

#[test]
fn the_built_in_data_is_whole_and_large_enough() {
    let book = Book::built_in().unwrap();
    book.check().unwrap();
    assert!(book.patient.len() >= 24, "{}", book.patient.len());
}

#[test]
fn every_insurer_number_has_its_check_digit() {
    for (key, insurer) in &Book::built_in().unwrap().insurer {
        assert!(insurer::is_valid(&insurer.number), "{key} {}", insurer.number);
    }
}

#[test]
fn the_masters_have_their_forms() {
    let book = Book::built_in().unwrap();
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    for (key, place) in &book.institution {
        assert!(digits(&place.code, 10), "{key}");
        assert_eq!(place.code[2..3], place.kind.replace('2', "3"), "{key}: 点数表");
    }
    for (key, drug) in &book.drug {
        assert!(digits(&drug.code, 9) && drug.code.starts_with('6'), "{key}");
    }
    for (key, treatment) in &book.treatment {
        assert!(digits(&treatment.code, 9), "{key}");
    }
    let mut codes: Vec<&str> = book.institution.values().map(|place| place.code.as_str()).collect();
    codes.extend(book.drug.values().map(|drug| drug.code.as_str()));
    codes.extend(book.treatment.values().map(|treatment| treatment.code.as_str()));
    let many = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), many, "a code stands twice");
}

/// What a user types must be something that can be typed and sent.
#[test]
fn every_patients_key_can_be_sent() {
    for patient in &Book::built_in().unwrap().patient {
        let id = &patient.id;
        assert!(patient.number.len() <= 20 && patient.number.bytes().all(|b| b.is_ascii_digit()), "{id}");
        assert!(patient.branch.as_ref().is_none_or(|b| b.len() == 2), "{id}");
        for text in [patient.symbol.as_deref(), patient.reference.as_deref()].into_iter().flatten() {
            assert!(coding::cp932(text).is_some(), "{id} {text}");
        }
        let typed = patient.also_named.first().unwrap_or(&patient.name);
        assert!(coding::cp932(typed).is_some() && typed.contains('\u{3000}'), "{id}");
        assert!(
            patient.kana.contains(' ') && patient.kana.chars().all(|c| c == ' ' || ('ｦ'..='ﾟ').contains(&c)),
            "{id}"
        );
        let area = |prefecture: &str| patient.address.starts_with(prefecture);
        assert!(area("東京都架空区") || area("大阪府模擬市"), "{id}");
    }
}

#[test]
fn four_items_find_these_many() {
    let mut bench = Bench::new("");
    let (mogi, kaku) = (at("大阪府模擬市"), at("東京都架空区"));
    let table: [(&str, &str, &str, &str, usize, &str); 26] = [
        ("該当　なし", "19800101", "1", &mogi, 0, "unknown"),
        ("青葉　太郎", "19551103", "1", &at("東京都架空区本町１－２－３"), 1, "P01"),
        ("青葉　太郎", "19551103", "1", &at("架空区本町1丁目2番3号"), 1, "P01, written otherwise"),
        ("青葉 太郎", "19551103", "1", &at("架空区本町"), 1, "P01, half-width space"),
        ("青葉　太郎", "19551103", "1", &insured_by("架空区"), 1, "P01, by insurer"),
        ("青葉　太郎", "19551103", "2", &kaku, 0, "P01, wrong sex"),
        ("青葉　太郎", "19551104", "1", &kaku, 0, "P01, wrong day"),
        ("青葉　太郎", "19551103", "1", &at("東京都"), 0, "P01, prefecture only"),
        ("青葉　太郎", "19551103", "1", &at("東京都架空区栄町"), 0, "P01, other town"),
        ("双葉　光", "20150707", "2", &kaku, 1, "P06"),
        ("鈴木　一郎", "19500101", "1", &mogi, 2, "P08 P09"),
        ("鈴木　一郎", "19500101", "1", &insured_by("模擬市"), 2, "P08 P09"),
        ("鈴木　一郎", "19500101", "1", &at("大阪府模擬市本町"), 1, "P08"),
        ("田中　実", "19480505", "1", &mogi, 3, "P10 P11 P12"),
        ("田中　実", "19480505", "1", &at("大阪府模擬市北町"), 1, "P10"),
        ("田中　実", "19480505", "1", &insured_by("模擬紡績健康保険組合"), 1, "P12"),
        ("佐藤　和子", "19450303", "2", &mogi, 5, "P13-P17"),
        ("佐藤　和子", "19450303", "2", &insured_by("模擬市"), 2, "P13 P14"),
        ("高橋　清", "19471010", "1", &mogi, 6, "P18-P23"),
        ("高橋　清", "19471010", "1", &insured_by("模擬市"), 3, "P18 P19 P20"),
        ("渡辺　進", "19600606", "1", &kaku, 2, "P24 P25"),
        ("中村　勝", "19520229", "1", &kaku, 2, "P26 P27"),
        ("髙橋　文子", "19500915", "2", &kaku, 1, "P29"),
        ("高橋　文子", "19500915", "2", &kaku, 1, "P29, the usual character"),
        ("辻川　静", "19630404", "2", &insured_by("架空電機健康保険組合"), 1, "P31"),
        ("ﾊﾟﾄﾘｼｱ ｶﾞﾙｼｱ", "19850818", "2", &kaku, 1, "P30, half width"),
    ];
    for (name, birth, sex, place, hits, whom) in table {
        let answer = bench.person(name, birth, sex, place);
        let body = |path: &str| at_path(&answer, &format!("MessageBody/{path}"));
        let (status, code, validity, listed) = match hits {
            0 => ("2", Some("EMS00000"), "4", 0),
            1 => ("1", None, "1", 1),
            2..=5 => ("1", None, "5", hits),
            _ => ("2", Some("EMS00006"), "5", 0),
        };
        assert_eq!(persons(&answer).len(), listed, "{whom}");
        assert_eq!(body("ProcessingResultStatus"), Some(status), "{whom}");
        assert_eq!(body("ProcessingResultCode"), code, "{whom}");
        assert_eq!(body("QualificationValidity"), Some(validity), "{whom}");
    }
}

#[test]
fn both_address_and_insurer_narrow_together() {
    let mut bench = Bench::new("");
    let place = format!("{}{}", at("大阪府模擬市"), insured_by("模擬市"));
    let answer = bench.person("田中　実", "19480505", "1", &place);
    assert_eq!(persons(&answer).len(), 1);
}

#[test]
fn insurance_keys_find_these_many() {
    let mut bench = Bench::new("");
    let table = [
        ("P01", true, 1),
        ("P01", false, 1),
        ("P03", true, 1),
        ("P06", true, 1),
        ("P06", false, 2),
        ("P24", true, 2),
        ("P26", true, 2),
    ];
    for (id, branch, hits) in table {
        let suffix = bench.ask_medical(id, branch, SUMMARY);
        bench.pass(0);
        bench.pass(100);
        let answer = bench.answer("EMSsimed01", &suffix);
        let summary = at_path(&answer, "MessageBody/EmergencySummary").is_some();
        assert_eq!(summary, hits == 1, "{id} {branch}");
        assert_eq!(persons(&answer).len(), if hits == 1 { 0 } else { hits }, "{id} {branch}");
    }
}

/// Width is part of 記号 and 番号: what is sent in another one is nobody's.
#[test]
fn an_identifier_in_another_width_finds_nobody() {
    let mut bench = Bench::new("");
    let symbol = |text: &str| format!("<InsuranceCardSymbol>{text}</InsuranceCardSymbol>");
    let number = |text: &str| format!(">{text}</InsuredPersonIdentificationNumber>");
    let table = [
        ("P33", symbol("33-5"), symbol("33-5"), true),
        ("P33", symbol("33-5"), symbol("３３－５"), false),
        ("P33", symbol("33-5"), symbol("33ｰ5"), false),
        ("P02", symbol("１００"), symbol("100"), false),
        ("P01", symbol("架空１２"), symbol("架空12"), false),
        ("P02", number("2345"), number("２３４５"), false),
        ("P02", number("2345"), number("02345"), false),
    ];
    for (id, right, sent, found) in table {
        let (header, _) = super::medical_header(id, true);
        assert!(header.contains(&right), "{id}: {right} in {header}");
        let suffix = bench.ask("EMSsimed01", &header.replace(&right, &sent), SUMMARY);
        bench.pass(0);
        bench.pass(100);
        let answer = bench.answer("EMSsimed01", &suffix);
        let summary = at_path(&answer, "MessageBody/EmergencySummary").is_some();
        assert_eq!(summary, found, "{id}: {sent}");
        let code = at_path(&answer, "MessageBody/ProcessingResultCode");
        assert_eq!(code, (!found).then_some("EMS00000"), "{id}: {sent}");
    }
}

#[test]
fn a_reference_number_chooses_between_those_who_differ_in_nothing_else() {
    let mut bench = Bench::new("");
    let (header, _) = super::medical_header("P27", true);
    let header = header.replace(
        "<ArbitraryFileIdentifier>",
        "<ReferenceNumber>K0002727</ReferenceNumber><ArbitraryFileIdentifier>",
    );
    let suffix = bench.ask("EMSsimed01", &header, SUMMARY);
    bench.pass(0);
    bench.pass(100);
    let answer = bench.answer("EMSsimed01", &suffix);
    assert_eq!(at_path(&answer, "MessageHeader/ReferenceNumber"), Some("K0002727"));
}

/// Of the pair in which nothing differs, the two answers differ in nothing at all.
#[test]
fn the_pair_in_which_nothing_differs() {
    let mut bench = Bench::new("");
    let answer = bench.person("渡辺　進", "19600606", "1", &at("東京都架空区"));
    let [one, other] = persons(&answer)[..] else { panic!("two persons") };
    assert_eq!(one, other);
    let answer = bench.person("中村　勝", "19520229", "1", &at("東京都架空区"));
    let [one, other] = persons(&answer)[..] else { panic!("two persons") };
    let differing: Vec<&str> = one
        .children
        .iter()
        .zip(&other.children)
        .filter(|(a, b)| a != b)
        .map(|(a, _)| a.name.as_str())
        .collect();
    assert_eq!(differing, ["ReferenceNumber"]);
}

#[test]
fn lapsed_insurance_says_so_in_both_places() {
    let mut bench = Bench::new("");
    let answer = bench.person("小川　渡", "19890107", "1", &at("東京都架空区"));
    let person = persons(&answer)[0];
    assert_eq!(at_path(&answer, "MessageBody/QualificationValidity"), Some("2"));
    assert_eq!(person.value("QualificationValidity"), Some("2"));
    assert_eq!(person.value("DisqualificationDate"), Some("20261014"));
    let answer = bench.person("佐藤　和子", "19450303", "2", &at("大阪府模擬市"));
    let validities: Vec<_> = persons(&answer).iter().map(|p| p.value("QualificationValidity")).collect();
    assert_eq!(validities, [Some("1"), Some("1"), Some("2"), Some("1"), Some("1")]);
}

#[test]
fn a_person_is_written_as_the_qualification_response_has_it() {
    let mut bench = Bench::new("");
    let answer = bench.person("双葉　光", "20150707", "2", &at("東京都架空区"));
    let person = persons(&answer)[0];
    let fields: Vec<(&str, &str)> =
        person.children.iter().map(|child| (child.name.as_str(), child.text.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("InsuredCardClassification", "01"),
            ("InsurerNumber", "06139901"),
            ("InsuredCardSymbol", "２００"),
            ("InsuredIdentificationNumber", "6789"),
            ("InsuredBranchNumber", "02"),
            ("PersonalFamilyClassification", "2"),
            ("InsuredName", "双葉　健"),
            ("Name", "双葉　光"),
            ("NameKana", "ﾌﾀﾊﾞ ﾋｶﾙ"),
            ("Sex1", "2"),
            ("Birthdate", "20150707"),
            ("Address", "東京都架空区西町２－２"),
            ("PostNumber", "1000006"),
            ("QualificationDate", "20200401"),
            ("InsurerName", "架空電機健康保険組合"),
            ("ReferenceNumber", "K0000606"),
            ("QualificationValidity", "1"),
        ]
    );
}

#[test]
fn names_come_back_as_the_server_can_express_them() {
    let mut bench = Bench::new("");
    let answer = bench.person("髙橋　文子", "19500915", "2", &at("東京都架空区"));
    assert_eq!(persons(&answer)[0].value("Name"), Some("●橋　文子"));
    let answer = bench.person("パトリシア　ガルシア", "19850818", "2", &at("東京都架空区"));
    assert_eq!(persons(&answer)[0].value("NameKana"), Some("ﾊﾟﾄﾘｼｱ ｶﾞﾙｼｱ"));
    let answer = bench.medical("P31");
    assert_eq!(at_path(&answer, "MessageHeader/QuaInf/Name"), Some("\u{e0a1}川　静"));
    assert_eq!(at_path(&answer, "MessageHeader/CharacterCodeIdentifier"), Some("0"), "外字 only in UTF-8");
}

/// The table for testers names every patient, with the keys that are typed.
#[test]
fn the_readme_names_every_patient_and_key() {
    let readme = include_str!("../../../fixtures/patients/README.md");
    let book = Book::built_in().unwrap();
    for patient in &book.patient {
        let row = readme
            .lines()
            .find(|line| line.starts_with(&format!("| {} |", patient.id)))
            .unwrap_or_else(|| panic!("{} is missing", patient.id));
        let insurer = &book.insurer[&patient.insurer];
        let typed = patient.also_named.first().unwrap_or(&patient.name);
        let era = format!("{}-{}-{}", &patient.birth[..4], &patient.birth[4..6], &patient.birth[6..]);
        let address = patient.address.replace('\u{e0a1}', "辻");
        for value in [
            insurer.number.as_str(),
            patient.symbol.as_deref().unwrap_or("なし"),
            &patient.number,
            patient.branch.as_deref().unwrap_or("なし"),
            typed,
            &era,
            &address,
            &insurer.name,
        ] {
            assert!(row.contains(&format!(" {value} ")), "{}: {value} in {row}", patient.id);
        }
    }
}
