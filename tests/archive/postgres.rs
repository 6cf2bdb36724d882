//! What arrives in PostgreSQL, and what our role may do there.

use super::database::Database;
use super::log::{fill, rows, until_sent};
use super::support::person::Person;
use kyukyu::log::ChainHash;
use std::process::Command;

#[test]
fn every_body_arrives_unchanged_and_the_archives_own_check_finds_what_is_edited() {
    let database = Database::new();
    let mut site = database.site();
    fill(&site, 700);
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    let sent = until_sent(&mut kanri);
    // Entries of today come after those of the days before.
    Person::sato(&site).case();
    assert!(until_sent(&mut kanri) > sent);
    let shown = Command::new(env!("CARGO_BIN_EXE_kyukyu")).args(["log", "ship"]).output().unwrap();
    assert_eq!(shown.status.code(), Some(2), "what is to be shown has to be said");
    site.stop_station();

    let stored = rows(&site);
    let archived = database.ask(
        "SELECT seq, encode(prev, 'hex'), encode(hash, 'hex'), convert_from(body, 'UTF8') FROM kyukyu_log ORDER BY seq",
    );
    let archived: Vec<&str> = archived.lines().collect();
    assert!(archived.len() > 700 && archived.len() <= stored.len());
    let mut before = ChainHash::default();
    for (line, row) in archived.iter().zip(&stored) {
        let body = std::str::from_utf8(&row.body).unwrap();
        assert_eq!(*line, format!("{}|{before}|{}|{body}", row.seq, row.hash));
        before = row.hash;
    }
    assert_eq!(database.ask("SELECT DISTINCT host FROM kyukyu_log"), site.store().store_id().to_string());

    let newest = site.store().read(kyukyu::store::ReadTx::newest_checkpoint).unwrap().unwrap();
    let note = database.ask("SELECT note FROM kyukyu_checkpoint ORDER BY size DESC LIMIT 1");
    assert_eq!(note, newest.note.trim_end(), "it holds the last checkpoint as a witness");

    assert_eq!(database.check(), "", "a sound archive");
    let host = database.ask("SELECT DISTINCT host FROM kyukyu_log");
    let table = [
        (
            "UPDATE kyukyu_log SET body = convert_to(replace(convert_from(body, 'UTF8'), 'er-1', 'er-2'), 'UTF8') WHERE seq = 40",
            "40|was changed",
        ),
        ("UPDATE kyukyu_log SET hash = sha256(body) WHERE seq = 41", "41|was changed\n42|does not follow"),
        ("UPDATE kyukyu_log SET prev = sha256(body) WHERE seq = 43", "43|does not follow"),
        ("DELETE FROM kyukyu_log WHERE seq = 44", "45|entries before it are missing"),
        ("DELETE FROM kyukyu_log WHERE seq <= 3", "4|entries before it are missing"),
        (
            "UPDATE kyukyu_log AS a SET body = b.body FROM kyukyu_log AS b WHERE a.seq IN (50, 51) AND b.seq = 101 - a.seq",
            "50|was changed\n51|was changed",
        ),
    ];
    for (statement, expected) in table {
        let found = database.after(statement, "packaging/archive-check.sql");
        let expected: Vec<String> = expected.lines().map(|line| format!("{host}|{line}")).collect();
        let found: Vec<&str> = found.lines().collect();
        assert_eq!(found.len(), expected.len(), "{statement}: {found:?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(found.starts_with(expected.as_str()), "{statement}: {found}");
        }
    }
    assert_eq!(database.check(), "", "what was tried was undone");
}

#[test]
fn the_role_adds_and_reads_back_and_nothing_else() {
    let database = Database::new();
    let host = "0123456789abcdef0123456789abcdef";
    let add = |seq: u8| {
        let (prev, hash) = (format!("{seq:02x}").repeat(32), format!("{:02x}", seq + 1).repeat(32));
        format!(
            "INSERT INTO kyukyu_log VALUES ('{host}', {seq}, decode('{prev}', 'hex'), decode('{hash}', 'hex'), 'x')"
        )
    };
    database.as_station(&add(1)).unwrap();
    assert_eq!(database.as_station("SELECT host, seq FROM kyukyu_log").unwrap(), format!("{host}|1"));
    // Only a warning that nothing was granted.
    let _ = database.as_station("GRANT UPDATE, DELETE ON kyukyu_log TO kyukyu_er1");
    let forbidden = [
        "UPDATE kyukyu_log SET body = 'y'",
        "UPDATE kyukyu_log SET seq = 2",
        "DELETE FROM kyukyu_log",
        "TRUNCATE kyukyu_log",
        "DROP TABLE kyukyu_log",
        "SELECT body FROM kyukyu_log",
        "SELECT * FROM kyukyu_log",
        "UPDATE kyukyu_checkpoint SET note = 'y'",
        "DELETE FROM kyukyu_checkpoint",
        "TRUNCATE kyukyu_checkpoint",
        "ALTER TABLE kyukyu_log DISABLE TRIGGER ALL",
    ];
    for statement in forbidden {
        assert!(database.as_station(statement).is_err(), "{statement}");
    }
    let over = add(1).replace("'x'", "'y'") + " ON CONFLICT (host, seq) DO UPDATE SET body = 'y'";
    assert!(database.as_station(&over).unwrap_err().contains("permission denied"));
    // Not even a second row after the same one.
    let branch = add(1).replace(", 1, ", ", 9, ");
    assert!(database.as_station(&branch).unwrap_err().contains("duplicate key"));
    assert_eq!(database.ask("SELECT seq, convert_from(body, 'UTF8') FROM kyukyu_log"), "1|x");
}
