//! A store that is not the one that was sent: nothing is overwritten, nothing more is sent, and people are told.

use super::database::Database;
use super::log::{fill, rows, until_row, until_sent};
use super::support::audit::Audit;
use super::support::person::Person;
use super::support::site::Site;
use kyukyu::protocol::view::{ShippingRow, ShippingState};
use kyukyu::protocol::{Reply, Request};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn store(site: &Site) -> PathBuf {
    site.folder.path().join("site/data/store.redb")
}

/// A sum over all rows.
const ROWS: &str = "SELECT md5(string_agg(hash::text || body::text, '' ORDER BY seq)) FROM kyukyu_log";

/// The store as it was, and nothing beside it that knows more.
fn put_back(site: &Site, older: Vec<u8>) {
    fs::write(store(site), older).unwrap();
    fs::remove_file(store(site).with_extension("redb.head")).unwrap();
}

fn stopped(row: &ShippingRow) -> bool {
    row.state == ShippingState::Stopped
}

/// `kyukyu log ship --status` as the administrator.
fn shown(site: &Site, json: bool) -> (Option<i32>, String) {
    use std::io::Write as _;
    let mut command = Command::new(env!("CARGO_BIN_EXE_kyukyu"));
    command.args(["log", "ship", "--status", "--user", "kanri", "--socket"]);
    command.arg(site.socket()).args(json.then_some("--json"));
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", super::support::site::PASSWORD).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// With the checkpoints in the archive the station knows it for a witness, and does not go on with that log.
#[test]
fn a_rolled_back_host_goes_on_with_a_new_log_beside_the_old_one() {
    let database = Database::new();
    let mut site = database.site();
    fill(&site, 30);
    let older = fs::read(store(&site)).unwrap();
    site.start_station();
    Person::sato(&site).case();
    until_sent(&mut Person::with_password(&site, "kanri"));
    site.stop_station();
    let archived = database.ask(ROWS);
    put_back(&site, older);
    site.start_station();
    assert_ne!(site.station_ends(), Some(0), "{}", site.station_log());
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    until_sent(&mut kanri);
    assert_eq!(database.ask("SELECT count(DISTINCT host) FROM kyukyu_log"), "2");
    let of_old = "WHERE host = (SELECT host FROM kyukyu_log GROUP BY host ORDER BY max(seq) DESC LIMIT 1)";
    assert_eq!(database.ask(&format!("{ROWS} {of_old}")), archived, "nothing was overwritten or added");
    assert_eq!(database.check(), "");
}

#[test]
fn a_store_that_was_rolled_back_sends_nothing_and_says_so() {
    let database = Database::new();
    let mut site = database.site();
    fill(&site, 600);
    let older = fs::read(store(&site)).unwrap();
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    until_sent(&mut kanri);
    assert_eq!(shown(&site, false).0, Some(0));
    site.stop_station();
    let archived = database.ask(ROWS);

    // The whole host as it was: the cursor with it, and what lay beside the store. The archive has rows and no checkpoint.
    put_back(&site, older);
    database.ask("DELETE FROM kyukyu_checkpoint");
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    let row = until_row(&mut kanri, "the fork is not seen", stopped);
    assert!(row.words.as_str().contains("forked history"), "{row:?}");
    let (code, text) = shown(&site, false);
    assert!(code == Some(1) && text.contains("forked history"), "{text}");
    let (code, text) = shown(&site, true);
    let view: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &view["targets"][0]["state"]), (Some(1), &"stopped".into()));
    let Reply::Home(home) = kanri.ask(Request::Home) else { panic!("home") };
    assert!(home.news.iter().any(|news| news.as_str().contains("forked history")), "{:?}", home.news);
    let mut audit = Audit::new(&site);
    assert!(
        audit
            .lines()
            .iter()
            .any(|line| line.kind.as_str() == "damage" && line.words.as_str().contains("forked"))
    );
    // Acts go on, and it stays as it is.
    Person::sato(&site).case();
    let row = until_row(&mut kanri, "it is stopped", |row| stopped(row) && row.behind > 0);
    assert!(row.sent <= 600, "{row:?}");
    assert_eq!(database.ask(ROWS), archived, "nothing was overwritten or added");
    assert_eq!(database.check(), "");
    // A restart does not talk it out of that.
    site.stop_station();
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    until_row(&mut kanri, "the fork is not seen", stopped);
}

#[test]
fn a_row_that_the_archive_holds_otherwise_is_a_fork() {
    let database = Database::new();
    let mut site = database.site();
    fill(&site, 20);
    let stored = rows(&site);
    let host = site.store().store_id();
    // Somebody with our role and our id was there before: another row 7, after row 5.
    let add = format!(
        "INSERT INTO kyukyu_log VALUES ('{host}', 7, decode('{}', 'hex'), decode('{}', 'hex'), 'x')",
        stored[4].hash,
        "ab".repeat(32),
    );
    database.as_station(&add).unwrap();
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    let row = until_row(&mut kanri, "the fork is not seen", stopped);
    assert!(row.words.as_str().starts_with("6番"), "row 6 was kept out by another one after row 5: {row:?}");
    assert_eq!(database.rows(), 1, "what was begun was undone");
}
