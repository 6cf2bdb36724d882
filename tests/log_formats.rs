//! The export formats against their published definitions, for one entry of every kind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/formats.rs"]
#[allow(unreachable_pub)]
mod formats;

use kyukyu::archive::csv::Table;
use kyukyu::archive::{Source, atna, details, fhir, meaning};
use kyukyu::domain::SafeText;
use kyukyu::log::{Act, Actor, ClockNote, Entry, NewEntry, Stamp, Subject};
use serde_json::Value;
use std::collections::BTreeSet;

fn text(plain: &str) -> SafeText {
    SafeText::new(plain)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(formats::repository().join(path)).unwrap()
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
    let (good, said) = formats::are_messages(&files);
    assert!(good, "{said}");
    assert_eq!(said.matches(" validates").count(), files.len(), "{said}");
    // The schema is one that refuses.
    let broken = std::fs::read_to_string(&files[0]).unwrap().replace("EventOutcomeIndicator=\"0\"", "");
    std::fs::write(&files[0], broken).unwrap();
    assert!(!formats::are_messages(&files[..1]).0);
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

fn validate(lines: &str) -> Result<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    std::fs::write(&file, lines).unwrap();
    formats::count_events(&file)
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

#[test]
fn the_table_is_read_by_others_and_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.csv");
    let mut table = Table::begin(std::fs::File::create(&file).unwrap()).unwrap();
    let entries = entries();
    for entry in &entries {
        table.write(entry).unwrap();
    }
    table.end().unwrap();
    let (rows, last) = (entries.len() + 1, entries.len());
    assert_eq!(formats::read_csv(&file), format!("{rows} 番号 {last}"));
}
