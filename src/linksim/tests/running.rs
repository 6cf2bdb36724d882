//! The loop itself, in real time: folders, files that drop by themselves, the scenario, the end.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{CommandFactory as _, Parser};
use tempfile::TempDir;

use super::super::{Encoding, LinksimError, Options, Steps, coding, run, scenario, xml_read};
use super::{Bench, SUMMARY, at_path, document, medical_header, persons};

/// Runs the stand-in beside `during`, and ends it.
fn running(options: &Options, during: impl FnOnce(&Mutex<Vec<String>>)) -> Vec<String> {
    let stop = AtomicBool::new(false);
    let lines = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let thread =
            scope.spawn(|| run(options, &stop, &mut |line| lines.lock().unwrap().push(line.to_owned())));
        during(&lines);
        stop.store(true, Ordering::Relaxed);
        thread.join().unwrap().unwrap();
    });
    lines.into_inner().unwrap()
}

fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn ask(root: &Path, suffix: &str) {
    let (header, _) = medical_header("P01", true);
    let bytes = coding::cp932(&document(&header, SUMMARY)).unwrap();
    let temporary = root.join("req").join(".part");
    std::fs::write(&temporary, bytes).unwrap();
    std::fs::rename(temporary, root.join("req").join(format!("EMSsimed01req_{suffix}.xml"))).unwrap();
}

#[test]
fn it_makes_the_folders_answers_and_ends() {
    let dir = TempDir::new().unwrap();
    let root = dir.path().join("exchange");
    let mut options = Options::new(&root);
    options.delay_ms = Some(20);
    options.poll_ms = Some(5);
    let lines = running(&options, |_| {
        until("folders", || ["req", "res", "face"].iter().all(|name| root.join(name).is_dir()));
        ask(&root, "1");
        until("answer", || root.join("res/EMSsimed01res_1.xml").exists());
        assert!(!root.join("req/EMSsimed01req_1.xml").exists());
    });
    let said = |part: &str| lines.iter().any(|line| line.contains(part));
    assert!(
        said("【模擬】")
            && said("取り込みました EMSsimed01req_1.xml 該当1件 [P01]")
            && said("応答を書きました")
    );
    assert!(lines.last().unwrap().contains("終了"));
}

#[test]
fn a_lost_folder_is_said_once_and_waited_for() {
    let dir = TempDir::new().unwrap();
    let mut options = Options::new(dir.path());
    options.delay_ms = Some(0);
    options.poll_ms = Some(5);
    let lines = running(&options, |lines| {
        until("start", || dir.path().join("res/YZKsiquc01res_").parent().is_some_and(Path::is_dir));
        until("foreign files", || std::fs::read_dir(dir.path().join("res")).unwrap().count() == 4);
        std::fs::rename(dir.path().join("req"), dir.path().join("away")).unwrap();
        until("complaint", || lines.lock().unwrap().iter().any(|line| line.contains("読み取りできません")));
        std::thread::sleep(Duration::from_millis(50));
        std::fs::rename(dir.path().join("away"), dir.path().join("req")).unwrap();
        ask(dir.path(), "2");
        until("answer", || dir.path().join("res/EMSsimed01res_2.xml").exists());
    });
    assert_eq!(lines.iter().filter(|line| line.contains("読み取りできません")).count(), 1);
}

#[test]
fn a_changed_scenario_is_taken_over_and_a_wrong_one_is_not() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("scenario.toml");
    let write = |text: &str| {
        let before = std::fs::metadata(&file).and_then(|data| data.modified()).ok();
        until("a new time stamp", || {
            std::fs::write(&file, text).unwrap();
            std::fs::metadata(&file).and_then(|data| data.modified()).ok() != before
        });
    };
    write("[force]\nbehaviour = \"never_taken\"");
    let mut options = Options::new(dir.path());
    options.scenario = Some(file.clone());
    options.delay_ms = Some(0);
    options.poll_ms = Some(5);
    running(&options, |lines| {
        let said = |part: &str| lines.lock().unwrap().iter().any(|line| line.contains(part));
        until("folders", || dir.path().join("req").is_dir());
        ask(dir.path(), "3");
        until("left lying", || said("放置"));
        write("[force]\nbehaviour = \"sometimes\"");
        until("refusal", || said("書き方に誤り"));
        assert!(dir.path().join("req/EMSsimed01req_3.xml").exists(), "the link stays dead");
        write("");
        until("answer", || dir.path().join("res/EMSsimed01res_3.xml").exists());
    });
}

#[test]
fn face_results_and_foreign_files_lie_there_at_the_start() {
    let bench = Bench::new("");
    let names = bench.names("face", "");
    assert_eq!(names.len(), 3);
    let mut times: Vec<&str> = Vec::new();
    let mut people = Vec::new();
    for name in &names {
        let rest = name.strip_prefix("OQSsiquc01res_face_1311234567").expect("the known form");
        let (opaque, time) = rest.strip_suffix(".xml").unwrap().split_once('_').unwrap();
        assert!(opaque.len() >= 10 && opaque.bytes().all(|b| b.is_ascii_digit()), "{name}");
        times.push(time);
        let text = coding::decode(&std::fs::read(bench.path("face", name)).unwrap()).unwrap();
        let root = xml_read::read(&text).unwrap();
        assert_eq!(at_path(&root, "MessageHeader/ReferenceClassification"), Some("1"));
        assert_eq!(at_path(&root, "MessageHeader/ProcessExecutionTime"), Some(time));
        people.push(persons(&root)[0].value("Name").unwrap().to_owned());
    }
    times.sort_unstable();
    assert_eq!(times, ["20261123105900", "20261123111800", "20261123112500"]);
    people.sort();
    assert_eq!(people, ["大森　一郎", "若草　春子", "青葉　太郎"]);
    assert_eq!(bench.names("res", "OQSsiquc01res_").len(), 2);
    assert_eq!(bench.names("res", "YZKsiquc01res_").len(), 1);
    let quiet = Bench::new("[face]\nat_start = false\nforeign = false");
    assert!(quiet.names("face", "").is_empty() && quiet.names("res", "").is_empty());
}

#[test]
fn face_results_go_on_dropping() {
    let mut bench = Bench::new("[face]\nat_start = false\nevery_s = 60\npatients = [\"P29\", \"P02\"]");
    bench.pass(59_999);
    assert!(bench.names("face", "").is_empty());
    bench.pass(1);
    bench.pass(60_000);
    bench.pass(60_000);
    assert_eq!(bench.names("face", "").len(), 3);
    assert!(bench.names("face", "").iter().any(|name| name.ends_with("_20261123113100.xml")));
}

#[test]
fn mistakes_in_a_scenario_are_named() {
    let table = [
        ("dela_ms = 1", "dela_ms"),
        ("delay_ms = \"fast\"", "delay_ms"),
        ("[force]\nbehaviour = \"sometimes\"", "sometimes"),
        ("[patient.P99]\nbehaviour = \"late\"", "この患者はいません"),
        ("[patient.P01]\nbehaviour = \"wrong_person\"", "別の患者のid"),
        ("[force]\nbehaviour = \"wrong_person\"\nwrong_person = \"P99\"", "P99"),
        ("[force]\nbehaviour = \"wrong_person\"", "wrong_person"),
        ("[face]\npatients = [\"P99\"]", "P99"),
        ("institution = \"131\"", "10桁"),
    ];
    for (text, part) in table {
        let dir = TempDir::new().unwrap();
        let mut options = Options::new(dir.path());
        let file = dir.path().join("scenario.toml");
        std::fs::write(&file, text).unwrap();
        options.scenario = Some(file);
        match scenario::load(&options) {
            Err(error @ LinksimError::Scenario { .. }) => {
                assert!(error.to_string().contains(part), "{text}: {error}");
            }
            other => panic!("{text}: {:?}", other.map(|(settings, _)| settings)),
        }
    }
    let mut options = Options::new("/nowhere");
    options.scenario = Some("/nowhere/scenario.toml".into());
    assert!(matches!(scenario::load(&options), Err(LinksimError::Unreadable { .. })));
}

#[test]
fn a_scenario_brings_its_own_patients() {
    let dir = TempDir::new().unwrap();
    let own = "[insurer]\nmine = { number = \"33120015\", name = \"自前\" }\n[[patient]]\nid = \"X1\"\ntitle = \"自前\"\n\
               insurer = \"mine\"\nnumber = \"1\"\nname = \"自前　一\"\nkana = \"ｼﾞﾏｴ ﾊｼﾞﾒ\"\nsex = 1\nbirth = \"20000101\"\n\
               post = \"1000000\"\naddress = \"東京都千代田区\"\n";
    std::fs::write(dir.path().join("own.toml"), own).unwrap();
    let mut options = Options::new(dir.path());
    let file = dir.path().join("scenario.toml");
    options.scenario = Some(file.clone());
    for (builtin, alone) in [(true, false), (false, true)] {
        std::fs::write(&file, format!("patients = [\"own.toml\"]\nbuiltin_patients = {builtin}")).unwrap();
        let (_, book) = scenario::load(&options).unwrap();
        assert!(book.patient("X1").is_some());
        assert_eq!(book.patient.len() == 1, alone);
    }
    std::fs::write(dir.path().join("own.toml"), own.replace("\"mine\"\n", "\"other\"\n")).unwrap();
    assert!(scenario::load(&options).unwrap_err().to_string().contains("insurer「other」がありません"));
}

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    options: Options,
}

#[test]
fn the_command_line_and_its_help() {
    let parsed = Command::try_parse_from([
        "linksim",
        "--root",
        "/x",
        "--encoding",
        "mixed",
        "--steps",
        "one",
        "--delay-ms",
        "5",
    ])
    .unwrap()
    .options;
    assert_eq!(
        (parsed.encoding, parsed.steps, parsed.delay_ms),
        (Some(Encoding::Mixed), Some(Steps::One), Some(5))
    );
    assert!(Command::try_parse_from(["linksim"]).is_err(), "a root is needed");
    assert!(Command::try_parse_from(["linksim", "--root", "/x", "--institution", "131123456"]).is_err());
    let listing = Command::try_parse_from(["linksim", "--list"]).unwrap().options;
    let mut lines = Vec::new();
    run(&listing, &AtomicBool::new(false), &mut |line| lines.push(line.to_owned())).unwrap();
    assert!(lines.iter().any(|line| line.starts_with("| P01 |")) && !Path::new("./req").exists());
    let help = Command::command().render_long_help().to_string();
    for part in [
        "--scenario",
        "never_taken",
        "[force]",
        "[patient.P01]",
        "half_written_ms",
        "fixtures/patients/README.md",
    ] {
        assert!(help.contains(part), "{part}");
    }
}

/// The scenarios that ship, the one in `--help` among them, are read without complaint.
#[test]
fn the_shipped_scenarios_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mut options = Options::new("/nowhere");
        options.scenario = Some(path.clone());
        scenario::load(&options).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        seen += 1;
    }
    assert!(seen >= 5, "{seen}");
}

/// The help names every behaviour, and no other.
#[test]
fn the_help_names_the_behaviours() {
    let (_, list) = super::super::options::HELP.split_once("behaviour の名前\n").unwrap();
    let names: Vec<&str> = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names.len(), 19);
    for name in names {
        let text = format!("[force]\nbehaviour = \"{name}\"\nwrong_person = \"P01\"");
        let bench = Bench::new(&text);
        assert!(!bench.lines.is_empty(), "{name}");
    }
}
