//! The log in the formats of others, written by the command from a real station: held against their own definitions,
//! tied to the log, and never half of it under its name.

use crate::store::{rehash, store_id, tamper};
use crate::support::audit::Audit;
use crate::support::formats;
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::{PASSWORD, Site};
use crate::tools::{entries, kyukyu, log, log_by, log_ok};
use kyukyu::domain::period::Section;
use kyukyu::log::{Act, ClockNote, NewEntry, Stamp};
use kyukyu::protocol::{RefusalCode, Reply, Request, ViewFormat};
use kyukyu::store::StoreError;
use redb::{ReadableTable as _, TableDefinition};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FORMATS: [&str; 3] = ["csv", "atna", "fhir"];

/// How many entries a file has, by the reader that belongs to its format.
fn count(format: &str, file: &Path) -> u64 {
    match format {
        "csv" => {
            let read = formats::read_csv(file);
            read.split(' ').next().unwrap().parse::<u64>().unwrap() - 1
        }
        "atna" => {
            let text = fs::read_to_string(file).unwrap();
            assert!(text.is_ascii() && text.ends_with('\n'));
            let folder = tempfile::tempdir().unwrap();
            let one = |(number, line): (usize, &str)| {
                let path = folder.path().join(format!("{number}.xml"));
                fs::write(&path, line).unwrap();
                path
            };
            let files: Vec<PathBuf> = text.lines().enumerate().map(one).collect();
            let (good, said) = formats::are_messages(&files);
            assert!(good, "{said}");
            files.len() as u64
        }
        _ => formats::count_events(file).unwrap() as u64,
    }
}

fn export(site: &Site, format: &str, file: &Path, more: &[&str]) -> Value {
    let words = ["export", "--format", format, "--to", file.to_str().unwrap(), "--json"];
    serde_json::from_str(&log_ok(site, &[&words, more].concat())).unwrap()
}

fn sha256(file: &Path) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(fs::read(file).unwrap()))
}

/// A station that runs, somebody was looked at.
fn looked_at() -> Site {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (enquiry, _) = sato.outcome(patient("P01").certificate());
    sato.same_person(&enquiry);
    sato.read(&enquiry, Section::Drugs);
    site
}

#[test]
fn each_format_has_every_entry_is_valid_by_its_own_definition_and_is_tied_to_the_log() {
    let site = looked_at();
    for format in FORMATS {
        let file = site.folder.path().join(format!("log.{format}"));
        let told = export(&site, format, &file, &[]);
        let last = told["log"]["last"].as_u64().unwrap();
        assert!(last > 30, "{told}");
        assert_eq!((&told["entries"], &told["sound"]), (&Value::from(last), &Value::from(true)), "{told}");
        assert_eq!(count(format, &file), last, "{format}");
        let text = fs::read_to_string(&file).unwrap();
        if format != "atna" {
            assert!(text.contains(patient("P01").number), "{format}");
        }
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!site.folder.path().join(format!("log.{format}.partial")).exists());

        // Whoever has the file and what was printed finds both in the log.
        assert_eq!(told["sha256"], sha256(&file));
        let mut audit = Audit::new(&site);
        let ended = audit.find("log_export_ended", &sha256(&file));
        assert!(ended.words.as_str().contains(&format!("が完了（{format}・{last}件")), "{}", ended.words);
        let begun = audit.find("log_exported", &format!("（{format}・1～{last}番）"));
        assert_eq!((begun.seq, begun.user.as_str()), (last, "kansa"), "it is the last entry of what leaves");
        let Reply::LogEntry(entry) =
            Person::with_password(&site, "kansa").ask(Request::ShowLogEntry { seq: last, own: false })
        else {
            panic!()
        };
        assert_eq!(told["log"]["head"], entry.hash.as_str());
        log_ok(&site, &["verify", "--against", told["log"]["code"].as_str().unwrap()]);
    }
    // For a person the same is printed.
    let file = site.folder.path().join("for-a-person.csv");
    let said = log_ok(&site, &["export", "--format", "csv", "--to", file.to_str().unwrap()]);
    for words in ["書き出しました", "照合コード", "ハッシュ値", &sha256(&file)] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_is_there_is_never_overwritten_and_whoever_may_not_see_all_gets_nothing() {
    let mut site = Site::new();
    site.start_station();
    let file = site.folder.path().join("log.csv");
    let place = file.to_str().unwrap();
    fs::write(&file, "mine").unwrap();
    for format in FORMATS {
        let words = ["export", "--format", format, "--to", place];
        let again = log(&site, &words);
        assert!(again.code == 1 && again.said.contains("上書きはしません"), "{again:?}");
        let elsewhere = format!("{place}-2");
        let refused = log_by(&site, "sato", &["export", "--format", format, "--to", &elsewhere]);
        assert!(refused.code == 1 && refused.said.contains("監査権限"), "{refused:?}");
        assert!(!Path::new(&elsewhere).exists() && !Path::new(&format!("{elsewhere}.partial")).exists());
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let mut audit = Audit::new(&site);
    audit.find("refusal", "操作ログの書き出し");
    assert!(audit.lines().iter().all(|line| line.kind.as_str() != "log_exported"));
    let unknown = log(&site, &["export", "--format", "xml", "--to", "x"]);
    assert!(
        unknown.code == 2 && unknown.said.contains("指定できる値: bundle、csv、atna、fhir"),
        "{unknown:?}"
    );
}

/// Entries of the station at some time, written while it does not run.
fn write_entries(site: &Site, count: u64, utc_ms: i64) {
    let store = site.store();
    let written = store.transact(move |tx| {
        for n in 0..count {
            let at = Stamp { utc_ms, boot_ms: n, boot_id: "b00".into(), clock: ClockNote::Steady };
            tx.log(&NewEntry::of_station(at, "er-1".into(), Act::Heartbeat { sessions: 0, waiting: 0 }))?;
        }
        Ok::<_, StoreError>(())
    });
    written.unwrap();
    store.close().unwrap();
}

/// 2020-01-15 12:00 in Japan.
const LONG_AGO: i64 = 1_579_057_200_000;

#[test]
fn a_stretch_of_time_is_all_that_was_written_in_it_and_nothing_else() {
    let mut site = Site::new();
    // More between than a page looks at.
    write_entries(&site, 3, LONG_AGO);
    write_entries(&site, 25_000, LONG_AGO + 40 * 86_400_000);
    write_entries(&site, 2, LONG_AGO - 1);
    site.start_station();
    for format in FORMATS {
        let file = site.folder.path().join(format!("day.{format}"));
        let told = export(&site, format, &file, &["--from", "令和2年1月15日", "--until", "2020-01-15"]);
        assert_eq!((&told["entries"], &told["sound"]), (&Value::from(5), &Value::from(true)), "{told}");
        assert_eq!(count(format, &file), 5, "{format}");
    }
    let file = site.folder.path().join("minute.csv");
    let told = export(&site, "csv", &file, &["--from", "2020-01-15 12:00", "--until", "2020-01-15 12:00"]);
    assert_eq!((&told["entries"], count("csv", &file)), (&Value::from(3), 3), "{told}");
    let mut audit = Audit::new(&site);
    audit.find("log_exported", "期間: 2020");
    audit.find("log_export_ended", "5件");

    let nothing = site.folder.path().join("nothing.fhir");
    let told = export(&site, "fhir", &nothing, &["--until", "1990-01-01"]);
    assert_eq!((&told["entries"], fs::metadata(&nothing).unwrap().len()), (&Value::from(0), 0));
    for (words, said) in [
        (&["--format", "csv", "--from", "2026-13-01"][..], "--from: "),
        (
            &["--format", "csv", "--from", "2026-02-01", "--until", "2026-01-01"],
            "--until: 終わりが始まりより前",
        ),
        (&["--from", "2026-01-01"], "bundle は操作ログ全体"),
    ] {
        let done = log(&site, &[&["export", "--to", "x"], words].concat());
        assert!(done.code == 2 && done.said.contains(said), "{words:?}: {done:?}");
    }
    // A terminal that asks past our command is told the same.
    let mut kansa = Person::with_password(&site, "kansa");
    let (to, until) = (String::new(), String::new());
    let wrong = Request::ExportLogAs { format: ViewFormat::Csv, to, from: "いつか".into(), until };
    let refusal = kansa.refused_as(wrong, RefusalCode::BadInput);
    assert_eq!(refusal.fields[0].0.as_str(), "from");
}

/// `kyukyu log export` as a process of its own, with the password already typed.
fn exporting(site: &Site, shell: &str, format: &str, file: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    let script = format!("{shell} exec \"$0\" \"$@\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_kyukyu"), "log", "export"]);
    command
        .args(["--format", format, "--to"])
        .arg(file)
        .args(["--user", "kansa", "--socket"])
        .arg(site.socket());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The entries of a kind, newest first, once there are so many: some are written on nobody's request.
fn shown(site: &Site, kind: &str, wanted: usize) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let lines = log_ok(site, &["show", "--kind", kind, "--json"]);
        if lines.lines().count() >= wanted {
            return lines;
        }
        assert!(Instant::now() < deadline, "{wanted} of {kind}:\n{lines}");
    }
}

#[test]
fn what_is_wrong_with_a_question_is_said_by_the_option_that_asked_it() {
    let site = Site::running();
    let question = ["show", "--from", "きのう", "--case", "1", "--patient", "birthdate=x"];
    let refused = log(&site, &question);
    assert_eq!(refused.code, 2, "{refused:?}");
    for option in ["--from: ", "--case: ", "--patient の birthdate: "] {
        assert!(refused.said.contains(option), "{}", refused.said);
    }
}

fn until_something_is_in(file: &Path) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while fs::metadata(file).map_or(0, |file| file.len()) == 0 {
        assert!(Instant::now() < deadline, "nothing is written");
        std::thread::yield_now();
    }
}

#[test]
fn half_a_file_never_has_the_name_and_its_end_is_on_record() {
    let mut site = Site::new();
    write_entries(&site, 60_000, LONG_AGO);
    site.start_station();
    let file = site.folder.path().join("log.csv");
    let half = site.folder.path().join("log.csv.partial");

    // Killed on the way.
    let mut child = exporting(&site, "", "csv", &file).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    until_something_is_in(&half);
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(half.exists() && !file.exists());
    assert!(shown(&site, "log_exported", 1).contains("csv・1～"));
    let ended = shown(&site, "log_export_ended", 1);
    assert!(ended.contains("が中断（csv・") && ended.contains("\"kansa\""), "{ended}");
    let refused = log(&site, &["export", "--format", "csv", "--to", file.to_str().unwrap()]);
    assert!(refused.code == 1 && refused.said.contains("消してからやり直してください"), "{refused:?}");
    fs::remove_file(&half).unwrap();

    // Ended by the person who sits there: nothing of it stays.
    let mut child = exporting(&site, "", "fhir", &file).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    until_something_is_in(&half);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.code() == Some(1) && said.contains("書き出しを中止しました"), "{said}");
    assert!(!half.exists() && !file.exists());

    // No room: what was written goes away, and what to do is said.
    let mut child = exporting(&site, "trap '' XFSZ; ulimit -f 64;", "csv", &file).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.code() == Some(1) && said.contains("空きを確認してください"), "{said}");
    assert!(!half.exists() && !file.exists());
    assert_eq!(
        shown(&site, "log_export_ended", 3).matches("が中断").count(),
        3,
        "it told the station itself"
    );

    // Then all of it, with a word on the way.
    let done = log(&site, &["export", "--format", "csv", "--to", file.to_str().unwrap()]);
    assert!(done.code == 0 && done.said.contains("書き出し中: "), "{done:?}");
    let newest: Value =
        serde_json::from_str(shown(&site, "log_exported", 4).lines().next().unwrap()).unwrap();
    assert_eq!(newest["seq"], count("csv", &file));

    // With less memory than the file has bytes: it is written as it comes.
    let file = site.folder.path().join("log.ndjson");
    let mut child = exporting(&site, "ulimit -v 80000;", "fhir", &file).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let bytes = fs::metadata(&file).unwrap().len();
    assert!(bytes > 90_000_000, "{bytes}: more than the 80 MB of addresses");
}

#[test]
fn an_entry_that_cannot_be_read_is_named_and_nobody_takes_the_file_for_a_sound_log() {
    const LOG: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("log");
    const CHECKPOINTS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("checkpoints");
    let mut site = Site::new();
    site.start_station();
    entries(&site, 4);
    entries(&site, 4);
    site.stop_station();
    // The chain is made anew over it, without the signatures: the start finds nothing wrong with the hashes.
    let store = store_id(&site);
    tamper(&site, |txn| {
        let mut log = txn.open_table(LOG).unwrap();
        let row = log.get(5).unwrap().unwrap().value().to_vec();
        log.insert(5, [&row[..], b" "].concat().as_slice()).unwrap();
        drop(log);
        rehash(txn, &store);
        txn.open_table(CHECKPOINTS).unwrap().retain(|_, _| false).unwrap();
    });
    fs::remove_file(site.folder.path().join("site/data/store.redb.head")).unwrap();
    site.start_station();
    for (format, more) in [("csv", &[][..]), ("atna", &[]), ("fhir", &["--from", "2020-01-01"])] {
        let file = site.folder.path().join(format!("log.{format}"));
        let words = ["export", "--format", format, "--to", file.to_str().unwrap(), "--json"];
        let done = log(&site, &[&words, more].concat());
        assert_eq!(done.code, 3, "{done:?}");
        assert!(done.said.contains("読み取れない記録が1件") && done.said.contains("5番"), "{done:?}");
        let told: Value = serde_json::from_str(&done.out).unwrap();
        let last = told["log"]["last"].as_u64().unwrap();
        assert_eq!((&told["unreadable"], &told["unreadable_numbers"][0]), (&Value::from(1), &Value::from(5)));
        assert_eq!((&told["entries"], count(format, &file)), (&Value::from(last - 1), last - 1));
    }
}

/// Only what was begun is ended, once; and another session's export is none of this one's.
#[test]
fn the_end_of_an_export_is_told_once() {
    let mut site = Site::new();
    site.start_station();
    let mut kansa = Person::with_password(&site, "kansa");
    let end = |sha256: Option<&str>| Request::EndExport { whole: true, sha256: sha256.map(str::to_owned) };
    kansa.refused_as(end(None), RefusalCode::WrongState);
    let (from, until) = (String::new(), String::new());
    let begin = Request::ExportLogAs { format: ViewFormat::Fhir, to: "x".into(), from, until };
    kansa.ask(begin.clone());
    Person::with_password(&site, "kanri").refused_as(end(None), RefusalCode::WrongState);
    kansa.refused_as(end(Some("not a hash")), RefusalCode::BadInput);
    kansa.ask(end(Some(&"9f".repeat(32))));
    kansa.refused_as(end(None), RefusalCode::WrongState);
    kansa.refused_as(Request::ExportRows { from: 1 }, RefusalCode::WrongState);
    // Rows that are asked for twice are given twice, and counted once; another export's format is not this one's.
    let (to, from, until) = (String::new(), String::new(), String::new());
    let Reply::ExportBegun(begun) =
        kansa.ask(Request::ExportLogAs { format: ViewFormat::Csv, to, from, until })
    else {
        panic!()
    };
    for _ in 0..2 {
        let Reply::ExportRows(page) = kansa.ask(Request::ExportRows { from: 1 }) else { panic!() };
        assert_eq!((page.rows.len() as u64, page.next), (begun.last, None));
        assert!(page.checkpoints.is_empty(), "only a bundle has them");
    }
    kansa.ask(Request::EndExport { whole: false, sha256: None });
    Audit::new(&site).find("log_export_ended", &format!("が中断（csv・{}件）", begun.last));
    // One that is begun over another, and one that is left open.
    kansa.ask(begin.clone());
    kansa.ask(begin);
    drop(kansa);
    let mut audit = Audit::new(&site);
    audit.find("session_ended", "");
    let ends = |audit: &mut Audit, words: &str| {
        let lines = audit.lines();
        let ended = lines.iter().filter(|line| line.kind.as_str() == "log_export_ended");
        ended.filter(|line| line.words.as_str().contains(words)).count()
    };
    let deadline = Instant::now() + Duration::from_secs(5);
    while ends(&mut audit, "が中断（fhir・0件）") < 2 {
        assert!(Instant::now() < deadline, "{:?}", audit.lines());
    }
    assert_eq!(ends(&mut audit, "が完了（fhir・0件・SHA-256 9f9f"), 1);
    let told = kyukyu(&["log", "export", "--help"], "");
    assert!(told.code == 0 && told.out.contains("csv") && told.out.contains("NDJSON"), "{told:?}");
}
