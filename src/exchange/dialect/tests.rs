use super::*;

fn broken(from: &str, to: &str) -> String {
    assert!(BUILTIN.contains(from), "{from}");
    match Dialect::parse(&BUILTIN.replacen(from, to, 1)) {
        Ok(_) => panic!("accepted: {to}"),
        Err(error) => error.to_string(),
    }
}

fn line_of(text: &str) -> usize {
    BUILTIN.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn the_default_is_complete_and_says_what_it_assumes() {
    let dialect = Dialect::builtin().unwrap();
    assert_eq!(dialect.title(), "既定の方言");
    assert_eq!(dialect.steps(), Steps::Two);
    assert!(IdentificationMethod::ALL.into_iter().all(|method| dialect.enables(method)));
    assert!(!dialect.enables_medical_assistance());
    let assumed: Vec<&str> = dialect.assumed().iter().map(|entry| entry.key.as_str()).collect();
    for key in ["steps", "files.person_search_request", "files.emergency_answer", "elements.summary.summary"]
    {
        assert!(assumed.contains(&key), "{key}");
    }
    for key in ["folders.requests", "elements.receipt.drug_code", "codes.consent.unobtainable"] {
        assert!(!assumed.contains(&key), "{key}");
    }
    assert_eq!(assumed.len(), BUILTIN.lines().filter(|line| line.contains("{ assumed = ")).count());
    let entry = dialect.assumed().iter().find(|entry| entry.key == "files.emergency_answer").unwrap();
    assert_eq!((entry.value.as_str(), entry.line), ("EMSsimed01res_", line_of("emergency_answer =")));
}

#[test]
fn every_single_entry_is_needed_and_named_when_it_is_gone() {
    for (index, line) in BUILTIN.lines().enumerate() {
        let Some((key, rest)) = line.split_once(" = ") else { continue };
        if line.starts_with('#') || rest.ends_with('[') {
            continue;
        }
        let text: Vec<&str> =
            BUILTIN.lines().enumerate().filter(|(i, _)| *i != index).map(|(_, l)| l).collect();
        let error = Dialect::parse(&text.join("\n")).expect_err(line).to_string();
        assert!(error.contains(key), "{line}: {error}");
    }
}

#[test]
fn faults_are_named_with_line_and_column() {
    let table = [
        (r#"root = { known = "XmlMsg" }"#, r#"root = { known = "Xml Msg" }"#, "elements.message.root"),
        (r#"root = { known = "XmlMsg" }"#, r#"root = { known = "x:XmlMsg" }"#, "要素名"),
        (r#"root = { known = "XmlMsg" }"#, r#"root = "XmlMsg""#, "{ known = … }"),
        (r#"root = { known = "XmlMsg" }"#, r#"root = { known = "A", assumed = "B" }"#, "どちらか一つ"),
        (r#"root = { known = "XmlMsg" }"#, "root = { known = 3 }", "要素名"),
        (r#"root = { known = "XmlMsg" }"#, "root = { known = [] }", "要素名"),
        (
            r#"root = { known = "XmlMsg" }"#,
            r#"rooot = { known = "XmlMsg" }"#,
            "「rooot」という項目は使いません",
        ),
        (r#"requests = { known = "req" }"#, r#"requests = { known = "../req" }"#, "フォルダ名"),
        (r#"requests = { known = "req" }"#, r#"requests = { known = ["req", "r"] }"#, "フォルダ名"),
        (r#"assumed = "two""#, r#"assumed = "three""#, "一段"),
        (r#"assumed = "EMSsimed01req_""#, r#"assumed = "EMSsimed01req""#, "「_」で終わる"),
        (r#"assumed = "EMSsimed01req_""#, r#"assumed = "EMSsiquc01req_""#, "先頭が重なり"),
        (r#"assumed = "{time}{station}{id}""#, r#"assumed = "{time}{id}""#, "一度ずつ"),
        (r#"assumed = "{time}{station}{id}""#, r#"assumed = "{time}/{station}{id}""#, "一度ずつ"),
        (r#"female = { known = "2" }"#, r#"female = { known = "1" }"#, "同じ値"),
        ("[marks]", "[mark]", "[marks] がありません"),
        (r#"title = "既定の方言""#, "title = 3", "title"),
        ("my_number_card = { known = true }", r#"my_number_card = { known = "yes" }"#, "true か false"),
    ];
    for (from, to, expected) in table {
        let error = broken(from, to);
        assert!(error.contains(expected), "{to}: {error}");
        let place = format!("{}行", line_of(from));
        assert!(error.contains(&place) || error.contains("1行1列"), "{to}: {error}");
    }
    let syntax = broken(r#"root = { known = "XmlMsg" }"#, r#"root = { known = "XmlMsg }"#);
    assert!(syntax.contains(&format!("{}行1列か、その直前", line_of("root = {") + 1)), "{syntax}");
}

#[test]
fn names_of_ours_are_told_from_all_others() {
    let dialect = Dialect::builtin().unwrap();
    let suffix = "20261123090507st01abcdefghijkl";
    assert_eq!(
        dialect.answer_names(&format!("EMSsiquc01req_{suffix}.xml")),
        Some(vec![format!("EMSsiquc01res_{suffix}.xml")])
    );
    let emergency = format!("EMSsimed01req_{suffix}.xml");
    assert_eq!(
        dialect.answer_names(&emergency),
        Some(vec![format!("EMSsimed01res_{suffix}.xml"), format!("EMSsimed01res_{suffix}.pdf")])
    );
    assert_eq!(dialect.temporary_name(&emergency), Some(format!(".kyukyu-{suffix}.tmp")));
    let parts = dialect.request_parts(&emergency).unwrap();
    assert_eq!((parts.station.as_str(), parts.id.as_str()), ("st01", "abcdefghijkl"));
    for other in [
        "EMSsimed01req_1.xml",
        "YZKsiquc01req_20261123090507st01abcdefghijkl.xml",
        "EMSsimed01req_20261123090507ST01abcdefghijkl.xml",
        "EMSsimed01req_20261123090507st01abcdefghijkl.XML",
        "EMSsimed01req_20261123090507st01abcdefghijkl.xml\n",
        "EMSsimed01req_20261123090507st01abcdefghijklm.xml",
        "../EMSsimed01req_20261123090507st01abcdefghijkl.xml",
        "EMSsimed01req_２０26112309050st01abcdefghijkl.xml",
        "",
    ] {
        assert_eq!(dialect.answer_names(other), None, "{other:?}");
        assert_eq!(dialect.temporary_name(other), None, "{other:?}");
    }
}

#[test]
fn request_ids_are_twelve_and_keep_sixty_bits_apart() {
    let table = [(0, "000000000000"), (35, "00000000000z"), (36, "000000000010"), (1 << 60, "000000000000")];
    for (bits, id) in table {
        assert_eq!(RequestId::from_random(bits).as_str(), id);
        assert!(RequestId::parse(id).is_ok());
    }
    assert_ne!(RequestId::from_random(1 << 59), RequestId::from_random(0));
}

#[test]
fn the_variants_in_the_fixtures_differ_only_where_they_say() {
    let one = include_str!("../../../fixtures/dialects/one-step.toml");
    assert_eq!(Dialect::parse(one).unwrap().steps(), Steps::One);
    let changed = BUILTIN.lines().zip(one.lines()).filter(|(a, b)| a != b).count();
    assert_eq!((changed, one.lines().count()), (2, BUILTIN.lines().count()), "title and steps");

    let renamed = Dialect::parse(include_str!("../../../fixtures/dialects/renamed.toml")).unwrap();
    assert!(renamed.assumed().is_empty(), "a vendor has confirmed everything");
    assert_eq!(renamed.folders().requests, "REQUEST");
    assert!(!renamed.enables(IdentificationMethod::FourItems));
    let name = "EMRsimed01req_20261123090507-st01-abcdefghijkl.xml";
    assert_eq!(renamed.request_parts(name).unwrap().id.as_str(), "abcdefghijkl");
}

#[test]
fn a_file_is_loaded_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dialect.toml");
    let error = Dialect::load(&path).unwrap_err();
    assert!(error.to_string().contains("読めません") && std::error::Error::source(&error).is_some());
    std::fs::write(&path, BUILTIN).unwrap();
    let (loaded, builtin) = (Dialect::load(&path).unwrap(), Dialect::builtin().unwrap());
    assert_eq!(loaded.fingerprint(), builtin.fingerprint());
    std::fs::write(&path, format!("{BUILTIN}# corrected\n")).unwrap();
    assert_ne!(Dialect::load(&path).unwrap().fingerprint(), builtin.fingerprint());
    std::fs::write(&path, b"title = \"\x8a\xf9\"").unwrap();
    assert!(matches!(Dialect::load(&path), Err(DialectError::NotAText(_))));
    std::fs::write(&path, " ".repeat(2 << 20)).unwrap();
    assert!(matches!(Dialect::load(&path), Err(DialectError::NotAText(_))));
}
