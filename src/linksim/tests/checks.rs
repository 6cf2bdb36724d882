//! What the service refuses, and how requests of every shape are taken.

use super::super::coding;
use super::{Bench, DECLARED, SUMMARY, at, at_path, document, medical_header, person_body};

const HEAD: &str = "<QualificationConfirmationDate>20261123</QualificationConfirmationDate>\
    <MedicalInstitutionCode>1311234567</MedicalInstitutionCode>\
    <ArbitraryFileIdentifier>abc123</ArbitraryFileIdentifier>";

/// ErrorCode and ErrorMessage of the answer to a request.
fn refusal(bench: &mut Bench, operation: &str, header: &str, body: &str) -> Option<(String, String)> {
    let suffix = bench.ask(operation, header, body);
    bench.pass(0);
    bench.pass(1100);
    bench.pass(200);
    let answer = bench.answer(operation, &suffix);
    let segment = at_path(&answer, "MessageHeader/SegmentOfResult").unwrap();
    let text = |name| at_path(&answer, &format!("MessageHeader/{name}")).map(str::to_owned);
    assert_eq!(segment == "9", text("ErrorCode").is_some(), "{segment}");
    Some((text("ErrorCode")?, text("ErrorMessage")?))
}

#[test]
fn a_search_is_checked_as_the_service_would() {
    let mut bench = Bench::new("");
    let header = format!("{HEAD}{DECLARED}");
    let place = at("東京都架空区");
    let body = person_body("青葉　太郎", "19551103", "1", &place);
    let table: &[(&str, &str, &str)] = &[
        ("EmergencyViewAuthority>1<", "EmergencyViewAuthority>0<", "EMS20001"),
        ("<EmergencyViewAuthority>1</EmergencyViewAuthority>", "", "EMS10002"),
        ("AuthElement>3<", "AuthElement>1<", "EMS20002"),
        ("AuthElement>3<", "AuthElement>4<", "EMS10003"),
        (
            "AuthElement>1</AuthElement><AuthMethod>01",
            "AuthElement>1</AuthElement><AuthMethod>04",
            "EMS10003",
        ),
        ("EmergencyConsFlg>3<", "EmergencyConsFlg>0<", "EMS20003"),
        ("EmergencyConsFlg>3<", "EmergencyConsFlg>2<", "EMS20003"),
        ("Code>1311234567<", "Code>131123456<", "EMS10003"),
        ("Identifier>abc123<", "Identifier>ABC<", "EMS10003"),
        ("Identifier>abc123<", "Identifier>aaaaaaaaaabbbbbbbbbbc<", "EMS10003"),
        ("Date>20261123<", "Date>20261131<", "EMS10003"),
        ("<Sex>1<", "<Sex>4<", "EMS10003"),
        ("Birthdate>19551103<", "Birthdate>S301103<", "EMS10003"),
        ("Name>青葉　太郎<", "Name><", "EMS10002"),
        ("<Address>東京都架空区</Address>", "", "EMS10003"),
        ("<Address>東京都架空区</Address>", "<Address></Address>", "EMS10003"),
        ("<Address>", "<Fax>1</Fax><Address>", "EMS10004"),
        ("<Sex>1</Sex>", "<Sex>1</Sex><Sex>1</Sex>", "EMS10004"),
        ("<TwoFactorAuthInfos>", "<TwoFactorAuthInfos><Other/>", "EMS10004"),
        ("MessageBody>", "MessageRumpf>", "EMS10004"),
    ];
    assert_eq!(refusal(&mut bench, "EMSsiquc01", &header, &body), None, "the request itself is good");
    for (from, to, code) in table {
        let whole = document(&header, &body);
        assert!(whole.contains(from), "{from}");
        let suffix = bench.put("EMSsiquc01", &coding::cp932(&whole.replace(from, to)).unwrap());
        bench.pass(0);
        bench.pass(100);
        let answer = bench.answer("EMSsiquc01", &suffix);
        assert_eq!(at_path(&answer, "MessageHeader/SegmentOfResult"), Some("9"), "{from} {to}");
        assert_eq!(at_path(&answer, "MessageHeader/ErrorCode"), Some(*code), "{from} {to}");
        let message = at_path(&answer, "MessageHeader/ErrorMessage").unwrap();
        assert!(message.chars().count() > 10, "{message}");
        assert!(at_path(&answer, "MessageBody").unwrap().trim().is_empty(), "no person in an error");
    }
}

#[test]
fn a_request_for_medical_information_is_checked_too() {
    let mut bench = Bench::new("");
    let (header, _) = medical_header("P01", true);
    assert_eq!(refusal(&mut bench, "EMSsimed01", &header, SUMMARY), None);
    let table: &[(&str, &str, &str)] = &[
        ("InsurerNumber>  139907<", "InsurerNumber>00139907<", "EMS10003"),
        ("InsurerNumber>  139907<", "InsurerNumber>139907<", "EMS10003"),
        ("InsurerNumber>  139907<", "InsurerNumber>  139908<", "EMS10003"),
        ("BranchNumber>01<", "BranchNumber>1<", "EMS10003"),
        ("BranchNumber>01<", "BranchNumber><", "EMS10003"),
        ("Birthdate>19551103<", "Birthdate>19551303<", "EMS10003"),
        ("TreatmentFlag>4<", "TreatmentFlag>1<", "EMS20004"),
        ("Pattern>1<", "Pattern>6<", "EMS10005"),
        ("FileCategory>2<", "FileCategory>3<", "EMS10003"),
        ("<FileCategory>2</FileCategory>", "", "EMS10002"),
        (
            "<FileCategory>",
            "<PersonSearchInfo><Name>青葉　太郎</Name></PersonSearchInfo><FileCategory>",
            "EMS10003",
        ),
        ("InsuranceCardSymbol>", "InsuredCardSymbol>", "EMS10004"),
    ];
    for (from, to, code) in table {
        let (header, body) = (header.replace(from, to), SUMMARY.replace(from, to));
        let (found, _) = refusal(&mut bench, "EMSsimed01", &header, &body).unwrap_or_default();
        assert_eq!(found, *code, "{from} {to}");
    }
}

#[test]
fn bytes_that_are_not_what_they_declare_are_answered_with_an_error() {
    let mut bench = Bench::new("");
    let whole = coding::cp932(&document(&format!("{HEAD}{DECLARED}"), "")).unwrap();
    let mut broken = whole.clone();
    broken.splice(whole.len() - 30..whole.len() - 30, *b"\x81\x20\xff");
    let table: [(&[u8], bool); 4] =
        [(&broken, true), (b"", true), (&whole[..whole.len() - 5], true), (b"not xml", false)];
    for (bytes, may_still_grow) in table {
        let suffix = bench.put("EMSsiquc01", bytes);
        bench.pass(0);
        let lies = bench.path("req", &format!("EMSsiquc01req_{suffix}.xml")).exists();
        assert_eq!(lies, may_still_grow, "{bytes:?}");
        bench.pass(1000);
        bench.pass(100);
        let answer = bench.answer("EMSsiquc01", &suffix);
        assert_eq!(at_path(&answer, "MessageHeader/ErrorCode"), Some("EMS10001"));
    }
}

#[test]
fn a_request_that_grows_is_taken_when_it_is_whole() {
    let mut bench = Bench::new("");
    let (header, _) = medical_header("P02", true);
    let whole = coding::cp932(&document(&header, SUMMARY)).unwrap();
    let suffix = bench.put("EMSsimed01", &whole[..whole.len() / 2]);
    bench.pass(0);
    bench.pass(500);
    std::fs::write(bench.path("req", &format!("EMSsimed01req_{suffix}.xml")), &whole).unwrap();
    bench.pass(50);
    bench.pass(100);
    let answer = bench.answer("EMSsimed01", &suffix);
    assert_eq!(at_path(&answer, "MessageHeader/ResultCode"), Some("1"));
}

#[test]
fn a_utf8_request_is_taken_as_well() {
    let mut bench = Bench::new("");
    let (header, _) = medical_header("P01", true);
    let text = document(&header, SUMMARY).replace("Shift_JIS", "UTF-8");
    let suffix = bench.put("EMSsimed01", text.as_bytes());
    bench.pass(0);
    bench.pass(100);
    assert_eq!(at_path(&bench.answer("EMSsimed01", &suffix), "MessageHeader/ResultCode"), Some("1"));
}

#[test]
fn what_is_not_a_request_stays_where_it_is() {
    let mut bench = Bench::new("");
    for name in [".kyukyu-1.tmp", "EMSsiquc01req_1.xml.tmp", "readme.txt", "EMSsiquc01res_1.xml"] {
        std::fs::write(bench.path("req", name), "<XmlMsg/>").unwrap();
    }
    std::fs::create_dir(bench.path("req", "EMSsiquc01req_dir.xml")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", bench.path("req", "EMSsiquc01req_link.xml")).unwrap();
    bench.pass(0);
    bench.pass(2000);
    assert_eq!(bench.names("req", "").len(), 6);
    assert!(bench.names("res", "EMS").is_empty());
}

#[test]
fn other_operations_are_answered_with_an_error() {
    let mut bench = Bench::new("");
    for operation in ["YZKsiquc01", "OQSsiimm01", "EMSsiquc09"] {
        let (code, _) = refusal(&mut bench, operation, "", "").unwrap();
        assert_eq!(code, "EMS90001");
    }
}

#[test]
fn one_step_answers_four_items_with_medical_information_at_once() {
    let mut bench = Bench::new("steps = \"one\"");
    let header = format!("{HEAD}{DECLARED}");
    let whom = |name: &str, birth: &str, place: &str| {
        format!("{}{SUMMARY}", person_body(name, birth, "1", &at(place)))
    };
    let suffix = bench.ask("EMSsimed01", &header, &whom("青葉　太郎", "19551103", "東京都架空区"));
    let several = bench.ask("EMSsimed01", &header, &whom("田中　実", "19480505", "大阪府模擬市"));
    let refused =
        bench.ask("EMSsiquc01", &header, &person_body("青葉　太郎", "19551103", "1", &at("東京都架空区")));
    bench.pass(0);
    bench.pass(100);
    let answer = bench.answer("EMSsimed01", &suffix);
    assert_eq!(at_path(&answer, "MessageHeader/QuaInf/Name"), Some("青葉　太郎"));
    assert_eq!(at_path(&answer, "MessageHeader/ArbitraryFileIdentifier"), Some("abc123"));
    assert_eq!(super::persons(&bench.answer("EMSsimed01", &several)).len(), 3);
    assert_eq!(
        at_path(&bench.answer("EMSsiquc01", &refused), "MessageHeader/ErrorCode"),
        Some("EMS90001"),
        "there is no first step in a one-step facility"
    );
}
