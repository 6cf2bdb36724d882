//! The peer: SQLite as others would use it for this, a process a session.

use crate::appends::Timings;
use crate::child;
use crate::entries::{bytes, entry};
use rusqlite::Connection;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// Nobody gives up before: a refusal would be no append.
const PATIENCE: Duration = Duration::from_mins(2);

/// A new database in WAL mode, with one table and no index.
pub fn create(path: &Path) {
    let database = Connection::open(path).unwrap();
    let mode: String = database.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    database.execute_batch("CREATE TABLE log (seq INTEGER PRIMARY KEY, body BLOB NOT NULL)").unwrap();
}

/// So many processes that append, each on its own, from one moment on.
pub fn appends(path: &Path, processes: usize, time: Duration) -> Timings {
    let milliseconds = time.as_millis().to_string();
    let mut running: Vec<_> = (0..processes)
        .map(|_| child::start(&["sqlite".as_ref(), path.as_os_str(), milliseconds.as_ref()]))
        .collect();
    let mut said: Vec<_> =
        running.iter_mut().map(|process| BufReader::new(process.stdout.take().unwrap()).lines()).collect();
    for lines in &mut said {
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
    }
    let begin = Instant::now();
    for process in &mut running {
        process.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    }
    for lines in &mut said {
        assert_eq!(lines.next().unwrap().unwrap(), "done");
    }
    let seconds = begin.elapsed().as_secs_f64();
    let each = said.into_iter().flatten().map(|line| line.unwrap().parse().unwrap()).collect();
    for mut process in running {
        assert!(process.wait().unwrap().success());
    }
    Timings { each, seconds }
}

/// One of these processes.
pub fn run(path: &str, milliseconds: &str) {
    let time = Duration::from_millis(milliseconds.parse().unwrap());
    let database = Connection::open(path).unwrap();
    database.busy_timeout(PATIENCE).unwrap();
    database.execute_batch("PRAGMA synchronous=FULL").unwrap();
    let synchronous: i64 = database.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
    assert_eq!(synchronous, 2);
    // Prepared once, as whoever wants it quick does.
    let [mut begin, mut insert, mut commit] =
        ["BEGIN IMMEDIATE", "INSERT INTO log (body) VALUES (?1)", "COMMIT"]
            .map(|statement| database.prepare(statement).unwrap());
    println!("ready");
    child::wait_for_order();
    let (start, mut each) = (Instant::now(), Vec::new());
    for n in 2.. {
        let bytes = bytes(&entry(n));
        let one = Instant::now();
        begin.execute([]).unwrap();
        insert.execute([&bytes]).unwrap();
        commit.execute([]).unwrap();
        each.push(one.elapsed().as_secs_f64() * 1000.0);
        if start.elapsed() >= time {
            break;
        }
    }
    println!("done");
    let mut out = std::io::stdout().lock();
    for each in each {
        writeln!(out, "{each}").unwrap();
    }
}
