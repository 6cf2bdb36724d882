use super::*;
use crate::domain::candidate::Validity;
use crate::domain::key::Sex;
use crate::domain::medical::{AnswerContent, EmergencySummary, InOut, Source};
use crate::domain::{CalendarDate, SafeText};
use crate::exchange::dialect::Dialect;
use crate::exchange::request::AnswerFile;
use encoding_rs::SHIFT_JIS;
use proptest::prelude::*;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const ONE: &[u8] = include_bytes!("../../../fixtures/answers/one-person.sjis.xml");
const THREE: &[u8] = include_bytes!("../../../fixtures/answers/three-people.utf8.xml");
const SUMMARY: &[u8] = include_bytes!("../../../fixtures/answers/summary.sjis.xml");
const SUMMARY_UTF8: &[u8] = include_bytes!("../../../fixtures/answers/summary.utf8.xml");
const PDF: &[u8] = include_bytes!("../../../fixtures/answers/summary.pdf");

/// Read once: a debug build takes milliseconds for it, and one table below asks ten thousand times.
fn dialect() -> &'static Dialect {
    static BUILTIN: LazyLock<Dialect> = LazyLock::new(|| Dialect::builtin().unwrap());
    &BUILTIN
}

fn parsed(bytes: &[u8]) -> Result<ParsedAnswer, AnswerError> {
    read(bytes, AnswerFile::Xml, dialect())
}

fn summary_of(bytes: &[u8]) -> EmergencySummary {
    match parsed(bytes).unwrap().content {
        AnswerContent::Summary(summary) => *summary,
        other => panic!("{other:?}"),
    }
}

/// The UTF-8 summary with one change.
fn changed(from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(SUMMARY_UTF8).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

fn three_changed(from: &str, to: &str) -> Result<ParsedAnswer, AnswerError> {
    let text = std::str::from_utf8(THREE).unwrap();
    assert!(text.contains(from), "{from}");
    parsed(text.replacen(from, to, 1).as_bytes())
}

#[test]
fn every_kind_of_answer_is_told_apart() {
    let table: [(&[u8], AnswerContent); 5] = [
        (include_bytes!("../../../fixtures/answers/no-match.sjis.xml"), AnswerContent::NoMatch),
        (include_bytes!("../../../fixtures/answers/too-many.sjis.xml"), AnswerContent::TooMany),
        (include_bytes!("../../../fixtures/answers/processing.sjis.xml"), AnswerContent::Processing),
        (
            include_bytes!("../../../fixtures/answers/error.sjis.xml"),
            AnswerContent::Failed { code: "OQS99001".into(), message: "通信に失敗しました".into() },
        ),
        (
            include_bytes!("../../../fixtures/answers/error-status.utf8.xml"),
            AnswerContent::Failed {
                code: "EMS00099".into(), message: "保険者番号が不正です".into()
            },
        ),
    ];
    for (bytes, expected) in table {
        let answer = parsed(bytes).unwrap();
        assert_eq!(answer.content, expected);
        assert_eq!(answer.identifier, Some("abcdefghijkl".into()));
        assert_eq!(answer.institution, Some("1311234567".into()));
        assert_eq!(answer.unknown, []);
    }
}

#[test]
fn a_person_is_read_as_sent() {
    let answer = parsed(ONE).unwrap();
    assert_eq!((answer.segment, answer.unknown), (Segment::Normal, vec![]));
    let AnswerContent::People(people) = answer.content else { panic!() };
    let [person] = people.as_slice() else { panic!() };
    let shown = [&person.name, &person.kana, &person.insurer_number, &person.insured_number, &person.address]
        .map(SafeText::as_str);
    assert_eq!(shown, ["架空　太郎", "ｶｸｳ ﾀﾛｳ", "33120015", "0012345", "東京都架空区架空町１－２－３"]);
    assert_eq!(person.branch_number, Some("01".into()));
    assert_eq!((person.sex, person.validity), (Some(Sex::Male), Validity::Valid));
    assert_eq!(person.birthdate.unwrap().compact(), "19640107");
    assert!(person.insurance_key().is_ok());
}

#[test]
fn candidates_keep_their_gaps_and_lapses() {
    let AnswerContent::People(people) = parsed(THREE).unwrap().content else { panic!() };
    let branches: Vec<_> = people.iter().map(|p| p.branch_number.as_ref().map(SafeText::as_str)).collect();
    assert_eq!(branches, [Some("01"), Some("02"), None]);
    assert_eq!(people[1].name.as_str(), "架空　●郎");
    assert_eq!(people[2].validity, Validity::LatestLapsed);
}

#[test]
fn both_encodings_give_one_summary() {
    let summary = summary_of(SUMMARY);
    assert_eq!(summary, summary_of(SUMMARY_UTF8));
    assert_eq!(summary.unknown, []);
    assert_eq!(summary.person.name.as_str(), "架空　太郎");
    assert_eq!(summary.person.branch_number, Some("01".into()));
    assert_eq!(summary.created.unwrap().compact(), "20261123");
    let visits: Vec<_> =
        summary.visits.iter().map(|v| (v.date.map(CalendarDate::compact), v.in_out)).collect();
    assert_eq!(
        visits,
        [
            (Some("20261003".into()), InOut::Outpatient),
            (Some("20261017".into()), InOut::Outpatient),
            (None, InOut::Inpatient)
        ]
    );
    let e: Vec<_> =
        summary.e_prescriptions.iter().map(|d| (d.source, d.also_from, d.name.as_str())).collect();
    assert_eq!(
        e,
        [
            (Source::Dispensing, Some(Source::Receipt), "ワーファリン錠１ｍｇ"),
            (Source::Prescription, None, "架空錠５ｍｇ")
        ]
    );
    let warfarin = &summary.e_prescriptions[0];
    assert_eq!(warfarin.prescriber.as_ref().unwrap().name.as_str(), "架空総合病院");
    assert_eq!(warfarin.usage.as_str(), "１日１回朝食後服用");
    assert_eq!(warfarin.prescribed.unwrap().compact(), "20261109");
    assert_eq!(summary.e_prescriptions[1].instruction.as_str(), "粉砕");
    let drugs: Vec<_> =
        summary.drugs.iter().map(|d| (d.name.as_str(), d.amount.as_str(), d.category.as_str())).collect();
    assert_eq!(drugs, [("ｶﾞﾊﾟﾊﾟ散１０％", "1.5", "22")]);
    assert_eq!(summary.operations.len(), 1, "the receipt repeats the operation list");
    let treatments: Vec<_> =
        summary.treatments.iter().map(|t| (t.name.as_str(), t.dialysis, t.amount.as_str())).collect();
    assert_eq!(
        treatments,
        [
            ("血液浄化（架空）", true, "×2"),
            ("人工腎臓（慢性維持透析）（４時間未満）", true, "1 回 ×3"),
            ("心電図検査", false, "")
        ]
    );
    assert_eq!(summary.checkups.len(), 1);
}

#[test]
fn a_file_cut_anywhere_is_never_taken_as_whole() {
    for whole in [ONE, THREE, SUMMARY, SUMMARY_UTF8] {
        assert!(whole.ends_with(b"</XmlMsg>"));
        for end in 0..whole.len() {
            let cut = &whole[..end];
            assert!(is_whole_xml(cut, dialect()).is_err(), "whole at byte {end}");
            assert_eq!(parsed(cut), Err(AnswerError::Incomplete), "at byte {end}");
        }
        assert!(is_whole_xml(whole, dialect()).is_ok());
    }
    for end in 0..PDF.len() - 6 {
        assert_eq!(read(&PDF[..end], AnswerFile::Pdf, dialect()).unwrap_err(), AnswerError::Incomplete);
        assert!(!pdf_has_trailer(&PDF[..end]));
    }
    assert!(pdf_has_trailer(PDF) && read(PDF, AnswerFile::Pdf, dialect()).is_ok());
    assert!(read(b"<html>%%EOF", AnswerFile::Pdf, dialect()).is_err());
}

#[test]
fn documents_that_are_not_answers_are_refused() {
    let good = std::str::from_utf8(SUMMARY_UTF8).unwrap();
    let malformed = |what: &'static str| AnswerError::Malformed(what);
    let table = [
        (format!("{good}<XmlMsg/>"), malformed("一番外側の要素が二つある")),
        (format!("{good}x"), malformed("一番外側の要素の外に文字がある")),
        (format!("{good}\0"), malformed("一番外側の要素の外に文字がある")),
        (format!("{good}&amp;"), malformed("一番外側の要素の外に文字がある")),
        (format!("{good}<![CDATA[ ]]>"), malformed("一番外側の要素の外に文字がある")),
        (format!("{good}</XmlMsg>"), malformed("タグの対応が正しくない")),
        (format!("{good}<?xml version=\"1.0\"?>"), malformed("XML宣言が先頭にない")),
        (String::new(), AnswerError::Incomplete),
        (" \r\n".into(), AnswerError::Incomplete),
        ("<!-- x -->".into(), AnswerError::Incomplete),
        ("abc".into(), malformed("一番外側の要素の外に文字がある")),
        ("<html></html>".into(), AnswerError::WrongRoot("XmlMsg".into())),
        ("<!DOCTYPE XmlMsg><XmlMsg/>".into(), malformed("DOCTYPE宣言がある")),
        (
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><XmlMsg>&x;</XmlMsg>".into(),
            malformed("DOCTYPE宣言がある"),
        ),
        ("<XmlMsg>&x;</XmlMsg>".into(), malformed("定義のない実体参照がある")),
        ("<XmlMsg>&nbsp;</XmlMsg>".into(), malformed("定義のない実体参照がある")),
        ("<XmlMsg>&#xD800;</XmlMsg>".into(), malformed("文字参照が正しくない")),
        ("<XmlMsg>&#0;</XmlMsg>".into(), malformed("文字参照が正しくない")),
        ("<XmlMsg>A & B</XmlMsg>".into(), malformed("タグの対応が正しくない")),
        ("<XmlMsg><A></B></XmlMsg>".into(), malformed("タグの対応が正しくない")),
        ("<XmlMsg><></></XmlMsg>".into(), malformed("要素名が正しくない")),
        ("<XmlMsg><!x></XmlMsg>".into(), malformed("タグの対応が正しくない")),
        ("<XmlMsg a=1/>".into(), malformed("属性が正しくない")),
        ("<XmlMsg a='1' a='2'/>".into(), malformed("属性が正しくない")),
        ("<XmlMsg/>".into(), AnswerError::Missing("MessageHeader".into())),
        ("<XmlMsg><MessageHeader/></XmlMsg>".into(), AnswerError::Missing("SegmentOfResult".into())),
        (
            "<XmlMsg><MessageHeader><SegmentOfResult>7</SegmentOfResult></MessageHeader></XmlMsg>".into(),
            AnswerError::Value { element: "SegmentOfResult".into(), value: "7".into() },
        ),
        (
            "<XmlMsg><MessageHeader><SegmentOfResult>1</SegmentOfResult></MessageHeader></XmlMsg>".into(),
            AnswerError::Missing("MessageBody".into()),
        ),
    ];
    for (text, expected) in table {
        let shown: String = text.chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
        assert_eq!(parsed(text.as_bytes()), Err(expected), "{shown}");
    }
}

#[test]
fn monsters_are_refused_in_bounded_time() {
    let started = Instant::now();
    let nested = "<XmlMsg>".to_owned() + &"<a>".repeat(1_000_000);
    let attributes: String =
        (0..200_000).flat_map(|i| [" a".to_owned(), i.to_string(), "='1'".to_owned()]).collect();
    let wide = format!("<XmlMsg>{}</XmlMsg>", "<a/>".repeat(500_000));
    let table = [
        (nested, "入れ子が深すぎる"),
        (format!("<XmlMsg{attributes}/>"), "属性が多すぎる"),
        (wide, "要素が多すぎる"),
    ];
    for (text, reason) in table {
        assert_eq!(parsed(text.as_bytes()), Err(AnswerError::Malformed(reason)));
    }
    let huge = vec![b' '; usize::try_from(MAX_ANSWER_BYTES).unwrap() + 1];
    assert_eq!(parsed(&huge), Err(AnswerError::TooLarge(MAX_ANSWER_BYTES + 1)));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn the_encoding_is_decided_by_rule_or_refused() {
    let sjis = |declaration: &str, name: &str, code: &str| {
        let text = format!(
            "{declaration}<XmlMsg><MessageHeader><CharacterCodeIdentifier>{code}</CharacterCodeIdentifier>\
             <SegmentOfResult>9</SegmentOfResult><ErrorMessage>{name}</ErrorMessage></MessageHeader></XmlMsg>"
        );
        SHIFT_JIS.encode(&text).0.into_owned()
    };
    let utf8 = |declaration: &str, name: &str, code: &str| {
        let bytes = sjis(declaration, name, code);
        SHIFT_JIS.decode(&bytes).0.into_owned().into_bytes()
    };
    let bom = |bytes: Vec<u8>| [b"\xEF\xBB\xBF".to_vec(), bytes].concat();
    let wide = |text: &[u8], little: bool| -> Vec<u8> {
        let text = std::str::from_utf8(text).unwrap();
        text.encode_utf16().flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
    };
    let (s, u) =
        ("<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>", "<?xml version='1.0' encoding='UTF-8' ?>");
    let none = "<?xml version=\"1.0\"?>";
    let name = "髙﨑　花子";
    let ok: [(&str, Vec<u8>); 9] = [
        ("declared Shift_JIS", sjis(s, name, "1")),
        ("declared UTF-8", utf8(u, name, "0")),
        ("declared Windows-31J", sjis("<?xml version=\"1.0\" encoding=\"Windows-31J\"?>", name, "1")),
        ("BOM", bom(utf8(u, name, "0"))),
        ("BOM alone", bom(utf8("", name, "1"))),
        ("BOM over a wrong declaration", bom(utf8(s, name, "1"))),
        ("identifier, Shift_JIS", sjis(none, name, "1")),
        ("identifier, UTF-8", utf8("", name, "0")),
        ("nothing at all is UTF-8", utf8("", name, "")),
    ];
    for (case, bytes) in ok {
        let answer = parsed(&bytes).map(|answer| answer.content);
        assert_eq!(answer, Ok(AnswerContent::Failed { code: "".into(), message: name.into() }), "{case}");
    }
    let undecodable = AnswerError::Undecodable;
    let refused: [(&str, Vec<u8>, AnswerError); 9] = [
        ("UTF-8 declared as Shift_JIS", utf8(s, name, "0"), undecodable("Shift_JIS")),
        ("mojibake that would decode", utf8(s, "ああ", "1"), undecodable("Shift_JIS")),
        ("Shift_JIS declared as UTF-8", sjis(u, name, "1"), undecodable("UTF-8")),
        ("Shift_JIS without a word", sjis("", name, ""), undecodable("UTF-8")),
        (
            "a wrong byte",
            [sjis(s, name, "1"), b"\xFF".to_vec(), b"<".to_vec()].concat(),
            undecodable("Shift_JIS"),
        ),
        (
            "EUC-JP",
            utf8("<?xml version=\"1.0\" encoding=\"EUC-JP\"?>", "a", ""),
            AnswerError::Encoding("EUC-JP".into()),
        ),
        (
            "UTF-16 with a mark",
            [b"\xFF\xFE".to_vec(), wide(ONE_LINE, true)].concat(),
            AnswerError::Encoding("UTF-16".into()),
        ),
        ("UTF-16 without", wide(ONE_LINE, false), AnswerError::Encoding("UTF-16".into())),
        ("UTF-16 little without", wide(ONE_LINE, true), AnswerError::Encoding("UTF-16".into())),
    ];
    for (case, bytes, error) in refused {
        assert_eq!(parsed(&bytes), Err(error), "{case}");
    }
}

const ONE_LINE: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-16\"?><XmlMsg/>";

#[test]
fn hostile_text_becomes_visible_marks() {
    let table = [
        ("\u{1b}]52;c;eA==\u{7}", "<U+001B>]52;c;eA==<U+0007>"),
        ("&#x1b;[2J&#155;", "<U+001B>[2J<U+009B>"),
        ("<![CDATA[\u{202e}gm01]]>", "<U+202E>gm01"),
        ("1\t0mg", "1<U+0009>0mg"),
        ("A\r\nB", "A<U+000A>B"),
        ("&lt;b&gt;&#38;amp;", "<b>&amp;"),
        ("\u{e000}\u{200b}", "<U+E000><U+200B>"),
    ];
    for (hostile, shown) in table {
        let bytes = changed("架空錠５ｍｇ", hostile);
        let summary = summary_of(&bytes);
        assert_eq!(summary.e_prescriptions[1].name.as_str(), shown, "{hostile:?}");
        let bytes = changed("<CzMeTrDiHNm>架空薬局", &format!("<CzMeTrDiHNm>{hostile}"));
        assert_eq!(summary_of(&bytes).e_prescriptions[0].facility.name.as_str(), shown);
    }
}

#[test]
fn a_missing_mandatory_element_is_named() {
    let cases = [
        ("<Birth>19640107</Birth>", "Birth"),
        ("<Name>架空　太郎</Name>", "Name"),
        ("<AdmGendCode>1</AdmGendCode>", "AdmGendCode"),
        ("<InsurerNumber>33120015</InsurerNumber>", "InsurerNumber"),
        (
            "<InsuredPersonIdentificationNumber>0012345</InsuredPersonIdentificationNumber>",
            "InsuredPersonIdentificationNumber",
        ),
        ("<ResultCode>1</ResultCode>", "ResultCode"),
    ];
    for (element, name) in cases {
        assert_eq!(parsed(&changed(element, "")), Err(AnswerError::Missing(name.into())), "{element}");
        let (open, _) = element.split_once('>').unwrap();
        assert_eq!(
            parsed(&changed(element, &format!("{open}> </{name}>"))).err(),
            Some(AnswerError::Missing(name.into())),
            "{element} empty"
        );
    }
    let sentence = AnswerError::Missing("Birth".into()).to_string();
    assert_eq!(
        sentence,
        "応答ファイルに必須の項目「Birth」がありません。内容は表示しません。照会し直してください"
    );
    for (element, name) in [
        ("<Birthdate>19640107</Birthdate>", "Birthdate"),
        ("<Name>架空　●郎</Name>", "Name"),
        ("<ProcessingResultStatus>1</ProcessingResultStatus>", "ProcessingResultStatus"),
    ] {
        assert_eq!(three_changed(element, ""), Err(AnswerError::Missing(name.into())));
    }
}

#[test]
fn what_is_not_understood_is_listed_and_never_dropped() {
    let table = [
        (
            "<CreationDate>",
            "<Allergy><Drug>ペニシリン</Drug></Allergy><CreationDate>",
            "MessageBody/EmergencySummary/Allergy",
        ),
        (
            "<CzDrugC>",
            "<CzNew>1</CzNew><CzDrugC>",
            "MessageBody/EmergencySummary/CzDiInf/CzDiMonthInf/CzDiDateInfs/CzDiDateInf/CzDrugInfs/CzDrugInf/CzNew",
        ),
        ("<InOut>2</InOut>", "<InOut>8</InOut>", "InOut=8"),
        ("<CzDiDate>20261110</CzDiDate>", "<CzDiDate>20261131</CzDiDate>", "CzDiDate=20261131"),
        ("<MeTrMonth>202609</MeTrMonth>", "<MeTrMonth>2026-9</MeTrMonth>", "MeTrMonth=2026-9"),
        ("<AdmGendCode>1</AdmGendCode>", "<AdmGendCode>4</AdmGendCode>", "AdmGendCode=4"),
        ("<Birth>19640107</Birth>", "<Birth>19640100</Birth>", "Birth=19640100"),
        ("<EffectiveTime>20250610</EffectiveTime>", "", "SpecificHealthCheckupInfo（日付なし）"),
        ("<CzDrugN>ワーファリン錠１ｍｇ</CzDrugN>", "", "CzDrugN（項目なし）"),
        ("<EmergencySummary>", "<EmergencySummary>注意", "MessageBody/EmergencySummary（要素の間の文字）"),
        ("<EmergencySummary>", "<EmergencySummary note='x'>", "MessageBody/EmergencySummary@note"),
        ("<MessageBody>", "<MessageBody><Other/>", "MessageBody/Other"),
        ("</XmlMsg>", "<Extra/></XmlMsg>", "Extra"),
    ];
    for (from, to, note) in table {
        let bytes = changed(from, to);
        let answer = parsed(&bytes).unwrap();
        assert_eq!(answer.unknown, [note.into()], "{to}");
        assert_eq!(summary_of(&bytes).unknown, answer.unknown, "the summary carries them to the screen");
    }
    let nameless = summary_of(&changed("<CzDrugN>ワーファリン錠１ｍｇ</CzDrugN>", ""));
    assert_eq!(nameless.e_prescriptions[0].name.as_str(), "（名称なし）");
    let address = three_changed("<Address>東京都架空区架空町１－２－３</Address>", "").unwrap();
    assert_eq!(address.unknown, ["Address（項目なし）".into()]);
    let many: String = (0..500).flat_map(|i| ["<X".to_owned(), i.to_string(), "/>".to_owned()]).collect();
    assert_eq!(
        parsed(&changed("<CreationDate>", &format!("{many}<CreationDate>"))).unwrap().unknown.len(),
        64
    );
}

#[test]
fn a_value_that_comes_twice_and_differs_is_refused() {
    let same = changed("<Birth>19640107</Birth>", "<Birth>19640107</Birth><Birthday>19640107</Birthday>");
    assert_eq!(parsed(&same).unwrap().unknown, []);
    let table = [
        ("<Birth>19640107</Birth>", "<Birth>19640107</Birth><Birth>19640108</Birth>", "Birth"),
        ("<Birth>19640107</Birth>", "<Birth>19640107</Birth><Birthday>19640108</Birthday>", "Birthday"),
        ("<SegmentOfResult>1", "<SegmentOfResult>9</SegmentOfResult><SegmentOfResult>1", "SegmentOfResult"),
        ("<MessageBody>", "<MessageBody></MessageBody><MessageBody>", "MessageBody"),
        ("<CzDrugN>", "<CzDrugN>別の薬</CzDrugN><CzDrugN>", "CzDrugN"),
    ];
    for (from, to, name) in table {
        assert_eq!(parsed(&changed(from, to)), Err(AnswerError::Ambiguous(name.into())), "{to}");
    }
}

#[test]
fn counts_and_codes_must_agree() {
    let text = std::str::from_utf8(THREE).unwrap();
    let one = |from: &str, to: &str| three_changed(from, to).map(|answer| answer.content);
    let several = "<QualificationValidity>5</QualificationValidity><ResultList>";
    let nobody = "<QualificationValidity>4</QualificationValidity><ResultList>";
    assert_eq!(one(several, nobody), Err(AnswerError::Contradiction));
    let first = text.find("<ResultOfQ").unwrap();
    let end = text.find("</ResultList>").unwrap();
    let people = &text[first..end];
    let single = &people[..people.find("</ResultOfQualificationConfirmation>").unwrap() + 36];
    assert_eq!(one(people, single), Err(AnswerError::Contradiction), "複数該当 with one person");
    assert_eq!(one(people, ""), Err(AnswerError::Missing("ResultOfQualificationConfirmation".into())));
    assert_eq!(one(people, &single.repeat(6)), Ok(AnswerContent::TooMany));
    let empty = text.replace(people, "").replace(several, nobody);
    assert_eq!(parsed(empty.as_bytes()).unwrap().content, AnswerContent::NoMatch);
    assert_eq!(
        one("<ProcessingResultStatus>1", "<ProcessingResultStatus>3"),
        Err(AnswerError::Value { element: "ProcessingResultStatus".into(), value: "3".into() })
    );
    let failed = parsed(&changed(
        "<ResultCode>1</ResultCode>",
        "<ResultCode>9</ResultCode><MessageContents>利用時間外</MessageContents>",
    ));
    assert_eq!(
        failed.unwrap().content,
        AnswerContent::Failed { code: "9".into(), message: "利用時間外".into() }
    );
}

#[test]
fn order_and_prefixes_do_not_matter() {
    let text = std::str::from_utf8(SUMMARY_UTF8).unwrap();
    let (head, body) = text.split_once("<MessageBody>").unwrap();
    let (start, header) = head.split_once("<MessageHeader>").unwrap();
    let body = body.strip_suffix("</XmlMsg>").unwrap();
    let turned = format!("{start}\r\n  <MessageBody>{body}\r\n<MessageHeader>{header}</XmlMsg>\r\n");
    assert_eq!(summary_of(turned.as_bytes()), summary_of(SUMMARY_UTF8));
    let prefixed = text.replace("<XmlMsg>", "<q:XmlMsg xmlns:q='urn:x'>").replace("</XmlMsg>", "</q:XmlMsg>");
    assert_eq!(parsed(prefixed.as_bytes()).unwrap().unknown, []);
}

#[test]
fn a_corrected_dialect_reads_the_corrected_names() {
    let renamed = Dialect::parse(include_str!("../../../fixtures/dialects/renamed.toml")).unwrap();
    for name in ["EmergencySummary", "EmergInf"] {
        let text = std::str::from_utf8(SUMMARY_UTF8).unwrap().replace("EmergencySummary", name);
        let answer = read(text.as_bytes(), AnswerFile::Xml, &renamed).unwrap();
        assert!(matches!(answer.content, AnswerContent::Summary(_)), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_arrives_is_read_or_refused(
        places in proptest::collection::vec((0..SUMMARY.len(), any::<u8>()), 0..4),
        end in 0..=SUMMARY.len(),
        junk in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = SUMMARY.to_vec();
        for (at, byte) in places {
            bytes[at] = byte;
        }
        let tail = bytes.split_off(end);
        for bytes in [[&bytes[..], &junk, &tail].concat(), [&bytes[..], &junk].concat(), junk.clone()] {
            if let Ok(answer) = parsed(&bytes) {
                let shown = serde_json::to_value(&answer).unwrap();
                prop_assert!(!has_control(&shown), "{shown}");
            }
        }
    }
}

fn has_control(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.chars().any(char::is_control),
        serde_json::Value::Array(items) => items.iter().any(has_control),
        serde_json::Value::Object(fields) => fields.values().any(has_control),
        _ => false,
    }
}
