//! Each misbehaviour, by the patient who has it, and by force.

use super::super::coding;
use super::super::xml_read::{self, Broken};
use super::{Bench, SUMMARY, all, at, at_path, persons};

const MED: &str = "EMSsimed01";

/// Asks for a patient's medical information; the request is taken, no time has passed since.
fn asked(scenario: &str, id: &str) -> (Bench, String) {
    let mut bench = Bench::new(scenario);
    let suffix = bench.ask_medical(id, true, SUMMARY);
    bench.pass(0);
    (bench, suffix)
}

fn request_lies(bench: &Bench, suffix: &str) -> bool {
    bench.path("req", &format!("{MED}req_{suffix}.xml")).exists()
}

#[test]
fn normal_answers_once_after_the_delay_and_cleans_up() {
    let (mut bench, suffix) = asked("delete_after_s = 30", "P01");
    assert!(!request_lies(&bench, &suffix), "taken at once");
    bench.pass(99);
    assert_eq!(bench.answer_bytes(MED, &suffix), None);
    bench.pass(1);
    assert!(bench.answer_bytes(MED, &suffix).is_some());
    assert_eq!(at_path(&bench.answer(MED, &suffix), "MessageHeader/ArbitraryFileIdentifier"), Some("idp01"));
    let foreign = bench.names("res", "OQS").len();
    bench.pass(30_000);
    assert_eq!(bench.answer_bytes(MED, &suffix), None, "deleted by itself");
    assert_eq!(bench.names("res", "OQS").len(), foreign, "other systems' files stay");
    assert!(bench.names("res", ".").is_empty(), "no temporary file stays");
}

#[test]
fn late_answers_after_its_time() {
    let (mut bench, suffix) = asked("[timing]\nlate_ms = 5000", "P45");
    bench.pass(4999);
    assert_eq!(bench.answer_bytes(MED, &suffix), None);
    bench.pass(1);
    let answer = bench.answer(MED, &suffix);
    assert_eq!(at_path(&answer, "MessageHeader/ProcessExecutionTime"), Some("20261123113005"));
}

#[test]
fn late_only_on_the_step_that_is_named() {
    let mut bench = Bench::new("");
    let answer = bench.person("緑川　遅子", "19680315", "2", &at("東京都架空区"));
    assert_eq!(persons(&answer).len(), 1, "P45 is late with medical information only");
    let suffix = bench.ask_person("緑川　遼", "19680316", "1", &at("東京都架空区"));
    bench.pass(0);
    bench.pass(89_999);
    assert_eq!(bench.answer_bytes("EMSsiquc01", &suffix), None, "P46 is late with the search");
    bench.pass(1);
    assert!(bench.answer_bytes("EMSsiquc01", &suffix).is_some());
}

#[test]
fn processing_comes_first_and_the_answer_replaces_it() {
    let (mut bench, suffix) = asked("", "P40");
    bench.pass(100);
    let first = bench.answer(MED, &suffix);
    assert_eq!(at_path(&first, "MessageHeader/SegmentOfResult"), Some("2"));
    assert_eq!(at_path(&first, "MessageHeader/ArbitraryFileIdentifier"), Some("idp40"));
    bench.pass(4000);
    let second = bench.answer(MED, &suffix);
    assert_eq!(at_path(&second, "MessageHeader/QuaInf/Name"), Some("白石　待子"));
    assert_eq!(bench.names("res", MED).len(), 1);
}

#[test]
fn processing_for_ever() {
    let (mut bench, suffix) = asked("", "P41");
    bench.pass(100);
    bench.pass(100_000);
    assert_eq!(at_path(&bench.answer(MED, &suffix), "MessageHeader/SegmentOfResult"), Some("2"));
}

#[test]
fn errors_carry_the_code_and_the_message_of_the_data() {
    let mut bench = Bench::new("");
    let answer = bench.medical("P42");
    assert_eq!(at_path(&answer, "MessageHeader/SegmentOfResult"), Some("9"));
    assert_eq!(at_path(&answer, "MessageHeader/ErrorCode"), Some("EMS30001"));
    assert!(at_path(&answer, "MessageHeader/ErrorMessage").unwrap().contains("混み合って"));

    let answer = bench.medical("P43");
    assert_eq!(at_path(&answer, "MessageBody/ProcessingResultStatus"), Some("2"));
    assert_eq!(at_path(&answer, "MessageBody/ProcessingResultCode"), Some("EMS30002"));
    assert!(at_path(&answer, "MessageBody/ProcessingResultMessage").is_some());

    let answer = bench.medical("P44");
    assert_eq!(at_path(&answer, "MessageHeader/ResultCode"), Some("2"));
    assert!(at_path(&answer, "MessageHeader/MessageContents").unwrap().contains("時間をおいて"));
    assert!(all(&answer, "QuaInf").is_empty(), "no person in a failure");
    let answer = bench.person("黒田　空", "19670212", "2", &at("東京都架空区"));
    assert_eq!(persons(&answer).len(), 1, "the person search goes well");
}

#[test]
fn the_same_answer_twice() {
    let (mut bench, suffix) = asked("", "P47");
    bench.pass(100);
    let first = bench.answer_bytes(MED, &suffix).unwrap();
    std::fs::remove_file(bench.path("res", &format!("{MED}res_{suffix}.xml"))).unwrap();
    bench.pass(3000);
    assert_eq!(bench.answer_bytes(MED, &suffix).unwrap(), first);
}

#[test]
fn another_answer_to_the_same_question() {
    let (mut bench, suffix) = asked("", "P48");
    bench.pass(100);
    let first = bench.answer(MED, &suffix);
    bench.pass(3000);
    let second = bench.answer(MED, &suffix);
    assert_eq!(all(&first, "QuaInf"), all(&second, "QuaInf"), "about the same person");
    assert_ne!(all(&first, "DrugInf").len(), all(&second, "DrugInf").len(), "but it says something else");

    let search = bench.ask_person("赤木　違", "19690419", "1", &at("東京都架空区"));
    bench.pass(0);
    bench.pass(100);
    let first = bench.answer_bytes("EMSsiquc01", &search).unwrap();
    bench.pass(3000);
    assert_ne!(bench.answer_bytes("EMSsiquc01", &search).unwrap(), first);
}

#[test]
fn half_written_grows_until_it_is_whole() {
    let (mut bench, suffix) = asked("", "P49");
    let mut lengths = Vec::new();
    for ms in [100, 1500, 1500] {
        bench.pass(ms);
        let bytes = bench.answer_bytes(MED, &suffix).unwrap();
        // The cut may fall inside a character; what matters is that no cut reads as a document.
        let whole = coding::decode(&bytes).ok().map(|text| xml_read::read(&text));
        assert_eq!(matches!(whole, Some(Ok(_))), lengths.len() == 2, "{}", bytes.len());
        lengths.push(bytes.len());
    }
    assert!(lengths.is_sorted() && lengths[0] > 0 && lengths[0] < lengths[1], "{lengths:?}");
    assert_eq!(at_path(&bench.answer(MED, &suffix), "MessageHeader/QuaInf/Name"), Some("桃井　途"));
}

#[test]
fn truncated_and_empty_stay_so() {
    let (mut bench, suffix) = asked("encoding = \"utf8\"", "P50");
    bench.pass(100);
    bench.pass(60_000);
    let text = String::from_utf8_lossy(&bench.answer_bytes(MED, &suffix).unwrap()).into_owned();
    assert_eq!(xml_read::read(&text), Err(Broken::Unfinished));
    let (mut bench, suffix) = asked("", "P51");
    bench.pass(100);
    assert_eq!(bench.answer_bytes(MED, &suffix).unwrap(), b"");
}

#[test]
fn the_wrong_person_under_the_right_name_and_identifier() {
    let mut bench = Bench::new("");
    let answer = bench.medical("P52");
    assert_eq!(at_path(&answer, "MessageHeader/ArbitraryFileIdentifier"), Some("idp52"));
    assert_eq!(at_path(&answer, "MessageHeader/QuaInf/Name"), Some("紫藤　実"));
    let answer = bench.person("紫藤　誠", "19710623", "1", &at("東京都架空区"));
    assert_eq!(persons(&answer)[0].value("Name"), Some("紫藤　誠"), "P52 goes wrong in the second step only");
    let answer = bench.person("紫藤　薫", "19710625", "2", &at("東京都架空区"));
    assert_eq!(persons(&answer)[0].value("Name"), Some("紫藤　実"), "P54 in the first");
}

#[test]
fn the_identifier_of_another_request() {
    let mut bench = Bench::new("");
    let answer = bench.medical("P55");
    assert_eq!(at_path(&answer, "MessageHeader/ArbitraryFileIdentifier"), Some("zzidp55"));
    assert_eq!(at_path(&answer, "MessageHeader/QuaInf/Name"), Some("紫藤　宛"));
}

#[test]
fn dead_links() {
    let (mut bench, suffix) = asked("", "P56");
    bench.pass(1_000_000);
    assert!(!request_lies(&bench, &suffix), "P56 is taken");
    assert_eq!(bench.answer_bytes(MED, &suffix), None);
    let (mut bench, suffix) = asked("", "P57");
    bench.pass(1_000_000);
    assert!(request_lies(&bench, &suffix), "P57 is not taken");
    assert_eq!(bench.answer_bytes(MED, &suffix), None);
    assert_eq!(bench.lines.iter().filter(|line| line.contains("放置")).count(), 1, "said once");
    std::fs::remove_file(bench.path("req", &format!("{MED}req_{suffix}.xml"))).unwrap();
    bench.pass(1000);
}

#[test]
fn a_request_can_be_withdrawn_before_it_is_taken() {
    let (mut bench, suffix) = asked("[timing]\ntake_after_ms = 5000", "P01");
    bench.pass(4000);
    assert!(request_lies(&bench, &suffix));
    std::fs::remove_file(bench.path("req", &format!("{MED}req_{suffix}.xml"))).unwrap();
    bench.pass(10_000);
    bench.pass(10_000);
    assert!(bench.names("res", "EMS").is_empty());
}

#[test]
fn hostile_text_arrives_unchanged() {
    let mut bench = Bench::new("");
    let answer = bench.medical("P58");
    let names: String = all(&answer, "DrugN").iter().map(|element| element.text.as_str()).collect();
    for c in [
        '\t',
        '\u{9b}',
        '\u{9d}',
        '\u{7f}',
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{feff}',
        '\u{e000}',
        '\u{e0041}',
        '\u{e0100}',
    ] {
        assert!(names.contains(c), "{c:?}");
    }
    assert!(names.contains("タブ錠1\t0mg"));
    assert!(names.contains("ﾊﾟﾊﾟ"));
    assert!(all(&answer, "UsageN").iter().any(|usage| usage.text.contains('\n')));
}

#[test]
fn escapes_as_references_and_as_bytes() {
    let (mut bench, suffix) = asked("", "P59");
    bench.pass(100);
    let bytes = bench.answer_bytes(MED, &suffix).unwrap();
    assert!(!bytes.contains(&0x1b));
    assert!(String::from_utf8_lossy(&bytes).contains("&#27;]52;c;"));
    let (mut bench, suffix) = asked("", "P60");
    bench.pass(100);
    let bytes = bench.answer_bytes(MED, &suffix).unwrap();
    assert!(bytes.windows(7).any(|window| window == b"\x1b]52;c;"));
}

#[test]
fn a_doctype_and_a_false_declaration() {
    let (mut bench, suffix) = asked("", "P61");
    bench.pass(100);
    let text = coding::decode(&bench.answer_bytes(MED, &suffix).unwrap()).unwrap();
    assert!(text.contains("<!DOCTYPE XmlMsg [<!ENTITY"));
    assert_eq!(xml_read::read(&text), Err(Broken::Malformed));
    let (mut bench, suffix) = asked("", "P62");
    bench.pass(100);
    let bytes = bench.answer_bytes(MED, &suffix).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("encoding=\"Shift_JIS\"") && text.contains("茶木"));
    assert!(coding::decode(&bytes).is_err(), "it cannot be read as declared");
}

#[test]
fn force_overrides_every_patient_and_the_command_line_the_file() {
    let mut bench = Bench::new(
        "delay_ms = 60000\n[force]\nbehaviour = \"error\"\nerror_code = \"EMS39999\"\nerror_message = \"試験です\"",
    );
    for id in ["P01", "P45", "P57"] {
        let answer = bench.medical(id);
        assert_eq!(at_path(&answer, "MessageHeader/ErrorCode"), Some("EMS39999"), "{id}");
        assert_eq!(at_path(&answer, "MessageHeader/ErrorMessage"), Some("試験です"), "{id}");
    }
    let answer = bench.person("該当　なし", "19800101", "1", &at("大阪府模擬市"));
    assert_eq!(at_path(&answer, "MessageHeader/ErrorCode"), Some("EMS39999"), "even where nobody is found");
}

#[test]
fn force_with_a_step_leaves_the_other_step_alone() {
    let mut bench = Bench::new("[force]\nbehaviour = \"error\"\non = \"medical\"");
    let answer = bench.person("青葉　太郎", "19551103", "1", &at("東京都架空区"));
    assert_eq!(persons(&answer).len(), 1);
    assert_eq!(at_path(&bench.medical("P01"), "MessageHeader/SegmentOfResult"), Some("9"));
}

#[test]
fn a_forced_delay_keeps_the_patients_own_behaviour() {
    let (mut bench, suffix) = asked("[force]\ndelay_ms = 300", "P42");
    bench.pass(299);
    assert_eq!(bench.answer_bytes(MED, &suffix), None);
    bench.pass(1);
    assert_eq!(at_path(&bench.answer(MED, &suffix), "MessageHeader/ErrorCode"), Some("EMS30001"));
}

#[test]
fn a_scenario_changes_one_patient() {
    let (mut bench, suffix) = asked("[patient.P01]\nbehaviour = \"late\"\ndelay_ms = 700", "P01");
    bench.pass(699);
    assert_eq!(bench.answer_bytes(MED, &suffix), None);
    bench.pass(1);
    assert!(bench.answer_bytes(MED, &suffix).is_some());
}

#[test]
fn a_forced_failure_of_delivery_applies_to_candidates_as_well() {
    let mut bench = Bench::new("[force]\nbehaviour = \"half_written\"");
    let suffix = bench.ask_person("田中　実", "19480505", "1", &at("大阪府模擬市"));
    bench.pass(0);
    bench.pass(100);
    let short = bench.answer_bytes("EMSsiquc01", &suffix).unwrap().len();
    bench.pass(3000);
    assert!(bench.answer_bytes("EMSsiquc01", &suffix).unwrap().len() > short);
    assert_eq!(persons(&bench.answer("EMSsiquc01", &suffix)).len(), 3);
}
