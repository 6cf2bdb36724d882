//! The folder that keeps signed checkpoints off the host, and the code on the screen.

use crate::support::audit::Audit;
use crate::support::person::Person;
use crate::support::site::Site;
use crate::tools::{entries, head, kyukyu, log, log_ok};
use kyukyu::protocol::{RefusalCode, Reply, Request};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn notes(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(notes(&path));
        } else if path.extension().is_some_and(|ending| ending == "note") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn with_stick() -> (Site, PathBuf) {
    let mut site = Site::new();
    let stick = site.folder.path().join("stick");
    fs::create_dir(&stick).unwrap();
    site.configure(|config| config.witness_folder = Some(stick.clone()));
    site.start_station();
    (site, stick)
}

/// What `log head` says of the witness once it says what is wanted.
fn standing(site: &Site, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let witness = head(site)["witnesses"][0].clone();
        if wanted(&witness) {
            return witness;
        }
        assert!(Instant::now() < deadline, "{witness}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn every_checkpoint_reaches_the_stick_and_a_missing_one_catches_up() {
    let (mut site, stick) = with_stick();
    entries(&site, 1);
    standing(&site, |witness| witness["behind"] == 0 && witness["kept"].is_u64());
    let held = notes(&stick).len();
    assert!(held >= 1);

    let away = site.folder.path().join("in a pocket");
    fs::rename(&stick, &away).unwrap();
    for _ in 0..2 {
        entries(&site, 1);
    }
    let lag =
        standing(&site, |witness| witness["behind"].as_u64() >= Some(2) && witness["trouble"].is_string());
    assert!(lag["trouble"].as_str().unwrap().contains("接続してください"), "{lag}");
    let said = log_ok(&site, &["head"]);
    assert!(said.contains("未保存") && said.contains("【注意】"), "{said}");
    Audit::new(&site).find("station_state", "控えのフォルダ");
    assert!(!stick.exists(), "its place is not filled");

    fs::rename(&away, &stick).unwrap();
    entries(&site, 1);
    standing(&site, |witness| witness["behind"] == 0 && witness["trouble"].is_null());
    site.stop_station();
    let store = site.store();
    let kept = store.read(|tx| tx.checkpoints(0..=u64::MAX)?.collect::<Result<Vec<_>, _>>()).unwrap();
    let found = notes(&stick);
    assert!(found.len() >= held + 3, "{found:?}");
    let (_, last) = kept.last().unwrap();
    assert_eq!(
        &fs::read_to_string(found.last().unwrap()).unwrap(),
        last,
        "the last word of a clean stop as well"
    );
    for path in &found {
        let text = fs::read_to_string(path).unwrap();
        assert!(kept.iter().any(|(_, note)| *note == text), "{}", path.display());
    }
    drop(store);

    // Each of them speaks for the log that follows.
    site.start_station();
    for path in [found.first().unwrap(), found.last().unwrap()] {
        let verified = log(&site, &["verify", "--against", path.to_str().unwrap()]);
        assert_eq!(verified.code, 0, "{verified:?}");
    }
}

/// The host put back to yesterday, the stick not: nobody has to ask, the station says so itself.
#[test]
fn a_host_that_was_rolled_back_is_told_by_its_stick() {
    let (mut site, stick) = with_stick();
    entries(&site, 1);
    site.stop_station();
    let file = site.folder.path().join("site/data/store.redb");
    let older = fs::read(&file).unwrap();
    site.start_station();
    entries(&site, 12);
    entries(&site, 12);
    site.stop_station();
    let held = notes(&stick);
    fs::write(&file, older).unwrap();
    fs::remove_file(file.with_extension("redb.head")).unwrap();
    site.start_station();
    let line = Audit::new(&site).find("damage", "一致しません");
    assert!(line.words.as_str().contains("控え"), "{}", line.words);
    let standing = standing(&site, |witness| witness["kept"].is_u64());
    assert_eq!(standing["conflict"], false, "the new log is another one: {standing}");
    site.stop_station();
    assert!(held.iter().all(|note| notes(&stick).contains(note)), "what the stick holds is left as it is");
}

/// The stick comes back only when the station already runs: it stops, for its next entries would have numbers that
/// somebody else knows otherwise, and what systemd starts then goes on with a new log.
#[test]
fn a_witness_that_comes_late_stops_the_station() {
    let (mut site, stick) = with_stick();
    entries(&site, 1);
    site.stop_station();
    let file = site.folder.path().join("site/data/store.redb");
    let older = fs::read(&file).unwrap();
    site.start_station();
    entries(&site, 12);
    entries(&site, 12);
    site.stop_station();
    fs::write(&file, older).unwrap();
    fs::remove_file(file.with_extension("redb.head")).unwrap();
    let away = site.folder.path().join("in a pocket");
    fs::rename(&stick, &away).unwrap();
    site.start_station();
    assert!(!file.with_extension("redb.damaged-1").exists(), "nobody here knows better");
    fs::rename(&away, &stick).unwrap();
    assert_ne!(site.station_ends(), Some(0), "so that systemd starts it again");
    assert!(site.station_log().contains("新しい操作ログで始めます"), "{}", site.station_log());
    site.start_station();
    assert!(file.with_extension("redb.damaged-1").exists());
    let line = Audit::new(&site).find("damage", "新しい操作ログで開始");
    assert!(line.words.as_str().contains("控えのフォルダ"), "{}", line.words);
    standing(&site, |witness| witness["kept"].is_u64() && witness["conflict"] == false);
    assert!(!file.with_extension("redb.conflict").exists());
}

#[test]
fn the_code_on_the_screen_is_one_that_verifies_later() {
    let mut site = Site::new();
    site.start_station();
    let mut sato = Person::with_password(&site, "sato");
    let Reply::Log(page) = sato.ask(Request::ReadLog { before: None, own: true }) else { panic!("no page") };
    let code = page.code.to_string();
    assert!(code.starts_with(&format!("{}-", page.lines[0].seq)), "{code} with this very look");
    for typed in [code.clone(), code.to_lowercase().replace('-', " ")] {
        let verified = log(&site, &["verify", "--against", &typed]);
        assert_eq!(verified.code, 0, "{typed}: {verified:?}");
    }
    let mistyped = log(&site, &["verify", "--against", &format!("1{code}")]);
    assert!(mistyped.code == 1 && mistyped.said.contains("写し間違い"), "{mistyped:?}");
    let mut kansa = Person::with_password(&site, "kansa");
    kansa.refused_as(Request::VerifyLogAgainst { outside: "\n\n".into() }, RefusalCode::BadInput);
    Audit::new(&site).find("refusal", "操作ログの検証");
    let said = log_ok(&site, &["head"]);
    assert!(said.contains("照合コード") && said.contains("外部の控え   なし"), "{said}");
}

#[test]
fn a_burst_of_entries_is_signed_before_three_hundred() {
    let mut site = Site::new();
    site.start_station();
    let mut audit = Person::with_password(&site, "kansa");
    let begin = sealed(&mut audit);
    for _ in 0..300 {
        audit.ask(Request::ReadLog { before: None, own: true });
    }
    let now = sealed(&mut audit);
    assert!(now.0 > begin.0 && now.1 - now.0 < 256, "{begin:?} {now:?}");
    assert!(kyukyu(&["log", "verify", "--help"], "").out.contains("8 署名の鍵が違う"));
}

/// How far the log is signed, and how long it is.
fn sealed(person: &mut Person) -> (u64, u64) {
    let Reply::LogHead(head) = person.ask(Request::LogHead) else { panic!("no head") };
    (head.sealed, head.size)
}
