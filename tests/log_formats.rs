//! The export formats against their published definitions, for one entry of every kind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use kyukyu::archive::csv::Table;
use kyukyu::archive::{Source, atna, details, fhir, meaning};
use kyukyu::domain::SafeText;
use kyukyu::log::{Act, Actor, ClockNote, Entry, NewEntry, Stamp, Subject};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn text(plain: &str) -> SafeText {
    SafeText::new(plain)
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

fn source() -> Source {
    Source {
        facility: text("架空総合病院"),
        institution_code: text("1311234567"),
        store_id: text("0123456789abcdef0123456789abcdef"),
    }
}

/// One of every kind, each once in full and once bare (the station's own, nobody logged in).
fn entries() -> Vec<Entry> {
    let person = |user: &str, name: &str| Actor {
        user: text(user),
        name: text(name),
        profession: serde_json::from_str("\"doctor\"").unwrap(),
        record_user: Some(text("EMR 77<1>")),
    };
    let subject: Subject = serde_json::from_str(
        r#"{"insurer_number":"06139901","number":"6789","name":"双葉　光","kana":"ﾌﾀﾊﾞ ﾋｶﾙ","birthdate":"2015-07-07"}"#,
    )
    .unwrap();
    let acts = read("fixtures/log/acts.jsonl");
    let mut entries = Vec::new();
    for (line, act) in acts.lines().enumerate() {
        let act: Act = serde_json::from_str(act).unwrap_or_else(|why| panic!("line {}: {why}", line + 1));
        let at =
            |clock| Stamp { utc_ms: 1_795_000_000_123, boot_ms: 86_400_000, boot_id: text("b00"), clock };
        let bare = NewEntry::of_station(at(ClockNote::Steady), text("er-1"), act);
        let full = NewEntry {
            at: at(ClockNote::Stepped(-3_600_500)),
            actor: Some(person("sato", "佐藤 一郎")),
            on_behalf_of: Some(person("ito", "伊藤 <花子> & \"Co\"")),
            terminal: Some(text("uid:1000  救急1")),
            session: Some(text("s1")),
            case: Some(text("20261126-001")),
            enquiry: Some(text("e1")),
            subject: Some(Box::new(subject.clone())),
            ..bare.clone()
        };
        for new in [bare, full] {
            let seq = entries.len() as u64 + 1;
            entries.push(new.numbered(seq, seq.is_multiple_of(3)));
        }
    }
    entries
}

#[test]
fn the_examples_have_every_kind() {
    let source = read("src/log/act.rs");
    let body = source.split("pub enum Act {").nth(1).unwrap().split("\nimpl").next().unwrap();
    let variants = body.lines().filter_map(|line| {
        let name = line.strip_prefix("    ")?;
        let end = name.find([' ', ',', '{', '(']).unwrap_or(name.len());
        name.starts_with(|c: char| c.is_ascii_uppercase()).then(|| snake(&name[..end]))
    });
    let expected: BTreeSet<String> = variants.collect();
    let found: BTreeSet<String> = entries().iter().map(|entry| details::kind(&entry.act)).collect();
    assert!(expected.len() > 60, "the source was not understood");
    assert_eq!(found, expected);
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[test]
fn the_document_maps_every_kind_as_the_code_does() {
    let mut rows = BTreeSet::new();
    for entry in entries() {
        let meaning = meaning::of(&entry.act);
        let kind = meaning.kind.map_or(String::from("–"), |kind| format!("{} {}", kind.code, kind.meaning));
        rows.insert(format!(
            "| `{}` | {} {} | {kind} | {} | {} | {} |",
            details::kind(&entry.act),
            meaning.event.code,
            meaning.event.meaning,
            meaning.action.code(),
            meaning.outcome.code(),
            meaning.purpose.map_or("–", meaning::Purpose::code),
        ));
    }
    let document = read("docs/log-formats.md");
    let written: BTreeSet<String> =
        document.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect();
    let missing: Vec<_> = rows.difference(&written).collect();
    let extra: Vec<_> = written.difference(&rows).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing:\n{missing:#?}\nnot so:\n{extra:#?}");
}

#[test]
fn every_audit_message_is_valid_by_the_standards_schema() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for entry in entries() {
        let message = atna::message(&entry, &source()).unwrap();
        assert!(message.is_ascii() && !message.contains('\n'), "{message}");
        // Shortened by each step, down to the last, it still is one.
        let shortened = [message.len() - 1, 4_000, 2_000, 0];
        let shortened = shortened.map(|longest| atna::bounded(&entry, &source(), longest).unwrap());
        assert!(shortened.iter().all(|text| text.contains("type=\"shortened\"") || text.len() <= 4_000));
        for (step, message) in std::iter::once(message).chain(shortened).enumerate() {
            let file = folder.path().join(format!("{}-{step}.xml", entry.seq));
            std::fs::write(&file, message).unwrap();
            files.push(file);
        }
    }
    let schema = repository().join("fixtures/schemas/dicom-audit-message.rng");
    let validate = |files: &[std::path::PathBuf]| {
        Command::new("xmllint").args(["--noout", "--relaxng"]).arg(&schema).args(files).output().unwrap()
    };
    let checked = validate(&files);
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
    assert_eq!(said.matches(" validates").count(), files.len(), "{said}");
    // The schema is one that refuses.
    let broken = std::fs::read_to_string(&files[0]).unwrap().replace("EventOutcomeIndicator=\"0\"", "");
    std::fs::write(&files[0], broken).unwrap();
    assert!(!validate(&files[..1]).status.success());
}

#[test]
fn nothing_of_an_entry_is_lost_in_an_audit_message() {
    for entry in entries() {
        let message = atna::message(&entry, &source()).unwrap();
        for detail in details::of(&entry) {
            let value = data_encoding::BASE64.encode(detail.value.as_bytes());
            assert!(message.contains(&format!("type=\"{}\" value=\"{value}\"", detail.name)), "{message}");
        }
    }
}

const VALIDATE: &str = "
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
check = jsonschema.Draft6Validator(schema)
count = 0
for line in open(sys.argv[2], encoding='utf-8'):
    for error in check.iter_errors(json.loads(line)):
        sys.exit(f'line {count + 1}: {list(error.absolute_path)}: {error.message}')
    count += 1
print(count)
";

/// Debian's python3 has the package that tests/run.sh installs; another one in the path may have it too.
fn validate(lines: &str) -> Result<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    std::fs::write(&file, lines).unwrap();
    let has_it = |python: &&str| {
        Command::new(python).args(["-c", "import jsonschema"]).output().is_ok_and(|out| out.status.success())
    };
    let python = ["python3", "/usr/bin/python3"].into_iter().find(has_it);
    let python = python.expect("python3-jsonschema is missing; tests/run.sh installs it");
    let schema = repository().join("fixtures/schemas/fhir-r4-auditevent.schema.json");
    let out =
        Command::new(python).args(["-W", "ignore", "-c", VALIDATE]).arg(schema).arg(&file).output().unwrap();
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).trim().parse().unwrap())
    } else {
        Err(String::from_utf8_lossy(&out.stderr).into_owned())
    }
}

#[test]
fn every_audit_event_is_valid_by_fhirs_schema() {
    let events: Vec<Value> = entries().iter().map(|entry| fhir::audit_event(entry, &source())).collect();
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let lines = lines.join("\n");
    assert_eq!(validate(&lines), Ok(events.len()));
    // The schema is one that refuses.
    for broken in ["agent", "source", "type"] {
        let mut event = events[0].clone();
        event.as_object_mut().unwrap().remove(broken);
        assert!(validate(&format!("{event}\n")).is_err(), "without {broken}");
    }
    let id = format!("{}-{}", source().store_id, 1);
    assert_eq!(events[0]["id"], Value::String(id));
}

#[test]
fn an_override_is_a_broken_glass_in_both() {
    let unobtainable: Vec<Entry> =
        entries().into_iter().filter(|entry| details::kind(&entry.act) == "consent_recorded").collect();
    assert!(!unobtainable.is_empty());
    for entry in unobtainable {
        let event = fhir::audit_event(&entry, &source());
        assert_eq!(event["purposeOfEvent"][0]["coding"][0]["code"], "BTG");
        assert_eq!(event["type"]["code"], "110113");
        let message = atna::message(&entry, &source()).unwrap();
        assert!(message.contains("csd-code=\"110127\""), "{message}");
    }
}

/// Python's reader of CSV sees the same columns in every row, and no cell that a spreadsheet would run.
#[test]
fn the_table_is_read_by_others_and_runs_nothing() {
    const READ: &str = "
import csv, sys
rows = list(csv.reader(open(sys.argv[1], encoding='utf-8-sig', newline='')))
assert len({len(row) for row in rows}) == 1, {len(row) for row in rows}
for row in rows:
    for cell in row:
        assert not cell.lstrip()[:1] in tuple('=+-@|%'), cell
        assert not any(c in cell for c in '\\t\\r\\n'), cell
print(len(rows), rows[0][0], rows[-1][0])
";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.csv");
    let mut table = Table::begin(std::fs::File::create(&file).unwrap()).unwrap();
    let entries = entries();
    for entry in &entries {
        table.write(entry).unwrap();
    }
    table.end().unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"\xEF\xBB\xBF"), "Excel needs the mark");
    let out = Command::new("python3").args(["-c", READ]).arg(&file).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let said = String::from_utf8_lossy(&out.stdout);
    assert_eq!(said.trim(), format!("{} 番号 {}", entries.len() + 1, entries.len()));
}
