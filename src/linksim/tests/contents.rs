//! What the medical information says, in which encoding, and as a PDF.

use std::collections::BTreeSet;

use jiff::civil::date;

use super::super::book::Book;
use super::super::coding;
use super::super::xml_read::Element;
use super::{Bench, SUMMARY, all, at_path};

const MED: &str = "EMSsimed01";

/// Institution, date, drug, amount, days of every dispensing in a tree.
fn dispensings(root: &Element, prefix: &str) -> Vec<[String; 5]> {
    let name = |plain: &str| format!("{prefix}{plain}");
    let month_name = if prefix.is_empty() { "MeTrMonthInf".to_owned() } else { "CzDiMonthInf".to_owned() };
    let mut rows = Vec::new();
    for month in all(root, &month_name) {
        let place = month.value(&name("MeTrDiHCd")).unwrap();
        for day in all(month, &name("DiDateInf")) {
            for drug in all(day, &name("DrugInf")) {
                rows.push([
                    place.to_owned(),
                    day.value(&name("DiDate")).unwrap().to_owned(),
                    drug.value(&name("DrugC")).unwrap().to_owned(),
                    drug.value(&name("Qua1")).unwrap().to_owned(),
                    drug.value(&name("Times")).unwrap().to_owned(),
                ]);
            }
        }
    }
    rows
}

#[test]
fn the_ordinary_summary_has_every_section() {
    let mut bench = Bench::new("");
    let answer = bench.medical("P01");
    assert_eq!(at_path(&answer, "MessageBody/EmergencySummary/CreationDate"), Some("20261123"));
    assert_eq!(at_path(&answer, "MessageHeader/InsurerNumber"), Some("  139907"));
    assert_eq!(at_path(&answer, "MessageHeader/QuaInf/KanaName"), Some("ｱｵﾊﾞ ﾀﾛｳ"));
    assert_eq!(at_path(&answer, "MessageHeader/QuaInf/AdmGendCode"), Some("1"));
    for section in
        ["VisHisMonthInf", "CzDiMonthInf", "MeTrMonthInf", "OpeMonthInf", "SpecificHealthCheckupInfo"]
    {
        assert!(!all(&answer, section).is_empty(), "{section}");
    }
    assert!(all(&answer, "DrugN").iter().any(|name| name.text == "ワーファリン錠１ｍｇ"));
    assert!(!all(&bench.medical("P02"), "ShPrMonthInf").is_empty(), "P02 has prescriptions");
    assert!(!all(&bench.medical("P03"), "DialysisMonthInf").is_empty(), "P03 has dialysis");
}

/// 表4.1.4-3 with the data on both sides of the 11th: the newest receipt month moves, the row counts do not.
#[test]
fn the_periods_of_the_summary_are_kept_on_every_day() {
    let table = [
        (date(2026, 11, 10), ["202609", "202608", "202607"]),
        (date(2026, 11, 11), ["202610", "202609", "202608"]),
        (date(2027, 1, 5), ["202611", "202610", "202609"]),
    ];
    for (today, expected) in table {
        let mut bench = Bench::on("", today.at(9, 0, 0, 0));
        let answer = bench.medical("P01");
        let mut months: Vec<&str> =
            all(&answer, "MeTrMonthInf").iter().filter_map(|m| m.value("MeTrMonth")).collect();
        months.dedup();
        assert_eq!(months, expected, "{today}");
        let limit = super::super::calendar::compact(super::super::calendar::days_before(today, 45));
        let dates: Vec<&str> = all(&answer, "CzDiDate").iter().map(|d| d.text.as_str()).collect();
        assert!(dates.iter().all(|day| *day >= limit.as_str()), "{today} {dates:?}");
        assert_eq!(all(&answer, "OpeMonthInf").len(), 1, "the older operation is past five years");
    }
}

#[test]
fn the_full_record_goes_further_back() {
    let mut bench = Bench::new("");
    let suffix = bench.ask_medical("P01", true, &SUMMARY.replace("Pattern>1<", "Pattern>2<"));
    bench.pass(0);
    bench.pass(100);
    let full = bench.answer(MED, &suffix);
    let summary = bench.medical("P01");
    for (name, fewer, more) in [("MeTrMonthInf", 9, 15), ("CzDiDateInf", 2, 3)] {
        assert_eq!(all(&summary, name).len(), fewer, "{name}");
        assert_eq!(all(&full, name).len(), more, "{name}");
    }
}

#[test]
fn the_same_dispensing_comes_from_both_sources() {
    for today in [date(2026, 11, 5), date(2026, 11, 23), date(2026, 3, 10), date(2026, 3, 31)] {
        for id in ["P01", "P02"] {
            let mut bench = Bench::on("", today.at(9, 0, 0, 0));
            let answer = bench.medical(id);
            let (receipts, electronic) = (dispensings(&answer, ""), dispensings(&answer, "Cz"));
            let both = electronic.iter().filter(|row| receipts.contains(row)).count();
            assert!(both >= 2, "{today} {id}: {both}");
            assert!(both < electronic.len(), "{today} {id}: some are only in one");
        }
    }
}

#[test]
fn one_record_is_long_and_one_is_empty() {
    for today in [date(2026, 11, 5), date(2026, 11, 23), date(2027, 3, 1)] {
        let mut bench = Bench::on("", today.at(9, 0, 0, 0));
        let long = bench.medical("P05");
        let rows = all(&long, "DrugInf").len() + all(&long, "MeTrInf").len();
        assert!(rows >= 300, "{today} {rows}");
        let empty = bench.medical("P04");
        let summary = all(&empty, "EmergencySummary")[0];
        assert_eq!(summary.children.len(), 1, "only the day of creation");
    }
}

/// Every element of an answer about any patient is one that the dialect names; of the prescriptions it says "the
/// same with Sh…", and the interface notes name the prescriber differently.
#[test]
fn no_element_outside_the_dialect() {
    let dialect = include_str!("../../../docs/dialect.md");
    let named: BTreeSet<&str> = dialect.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let known = |name: &str| {
        named.contains(name)
            || ["ShPrHCd", "ShPrHNm"].contains(&name)
            || name.strip_prefix("Sh").is_some_and(|rest| named.contains(format!("Cz{rest}").as_str()))
    };
    let mut bench = Bench::new("[force]\nbehaviour = \"normal\"");
    for patient in &Book::built_in().unwrap().patient {
        let answer = bench.medical(&patient.id);
        let mut stack = vec![&answer];
        while let Some(element) = stack.pop() {
            assert!(known(&element.name), "{}: {}", patient.id, element.name);
            stack.extend(&element.children);
        }
    }
}

#[test]
fn encodings_are_what_they_declare() {
    let table = [
        ("shift_jis", vec!["Shift_JIS", "Shift_JIS"]),
        ("utf8", vec!["UTF-8", "UTF-8"]),
        ("mixed", vec!["Shift_JIS", "UTF-8", "BOM", "Shift_JIS"]),
    ];
    for (encoding, expected) in table {
        let mut bench = Bench::new(&format!("encoding = \"{encoding}\""));
        for kind in expected {
            let suffix = bench.ask_medical("P01", true, SUMMARY);
            bench.pass(0);
            bench.pass(100);
            let bytes = bench.answer_bytes(MED, &suffix).unwrap();
            let bom = bytes.starts_with(b"\xef\xbb\xbf");
            assert_eq!(bom, kind == "BOM");
            let text = match kind {
                "Shift_JIS" => encoding_rs::SHIFT_JIS
                    .decode_without_bom_handling_and_without_replacement(&bytes)
                    .unwrap()
                    .into_owned(),
                _ => String::from_utf8(bytes).unwrap(),
            };
            let (name, identifier) = if kind == "Shift_JIS" { ("Shift_JIS", "1") } else { ("UTF-8", "0") };
            assert!(
                text.contains(&format!("encoding=\"{name}\" standalone=\"no\"?>\r\n")),
                "{encoding} {kind}"
            );
            assert!(text.contains(&format!("<CharacterCodeIdentifier>{identifier}<")), "{encoding} {kind}");
            assert!(text.contains("青葉　太郎") && text.contains("ｱｵﾊﾞ ﾀﾛｳ"), "{encoding} {kind}");
        }
    }
}

#[test]
fn a_pdf_is_a_pdf() {
    let mut bench = Bench::new("");
    let body = SUMMARY.replace("FileCategory>2<", "FileCategory>1<");
    let suffix = bench.ask_medical("P05", true, &body);
    let several = bench.ask_medical("P24", true, &body);
    bench.pass(0);
    bench.pass(100);
    assert_eq!(bench.answer_bytes(MED, &suffix), None);
    let bytes = std::fs::read(bench.path("res", &format!("{MED}res_{suffix}.pdf"))).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("%PDF-1.4\n") && text.ends_with("%%EOF\n"));
    let (before, after) = text.rsplit_once("startxref\n").unwrap();
    let table: usize = after.lines().next().unwrap().parse().unwrap();
    assert!(text[table..].starts_with("xref\n0 8\n"));
    for (number, line) in before[table..].lines().skip(3).take(7).enumerate() {
        let offset: usize = line.split(' ').next().unwrap().parse().unwrap();
        assert!(text[offset..].starts_with(&format!("{} 0 obj\n", number + 1)), "{line}");
        assert_eq!(line.len(), 19, "an entry and its line end are 20 bytes");
    }
    let (_, stream) = text.split_once("/Length ").unwrap();
    let (length, rest) = stream.split_once(" >>\nstream\n").unwrap();
    assert_eq!(rest.find("\nendstream"), length.parse().ok());
    let name = data_encoding::HEXUPPER.encode(&coding::cp932("長谷川　多恵子").unwrap());
    assert!(rest.contains(&name));
    assert_eq!(
        super::persons(&bench.answer(MED, &several)).len(),
        2,
        "candidates are XML whatever was wanted"
    );
}
