//! Appends that are acknowledged when they are on the disk: ours, SQLite's, and those of a bare file.

use crate::entries::{ACTS, bytes, entry_of, log_key};

use crate::million::{self, Million, SIGNED};
use crate::sqlite;
use crate::table::{Row, Table, permille};
use kyukyu::log::NewEntry;
use kyukyu::store::{Store, StoreError, Tx};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Each is measured so often, in turn with the others.
const ROUNDS: usize = 3;
/// The longest that anybody of sixteen may wait.
const WORST_MS: f64 = 50.0;

/// How long each append took, in milliseconds, and how long all of it.
#[derive(Default)]
pub struct Timings {
    pub each: Vec<f64>,
    pub seconds: f64,
}

impl Timings {
    fn add(&mut self, other: Self) {
        self.each.extend(other.each);
        self.seconds += other.seconds;
    }

    fn rate(&self) -> f64 {
        self.each.len() as f64 / self.seconds
    }
}

/// What sessions append: each its own enquiries, all at the time of one clock.
struct Work {
    /// Enquiries that were begun.
    cases: AtomicU64,
    /// Entries.
    clock: AtomicU64,
}

impl Work {
    fn after(entries: u64) -> Self {
        Self { cases: AtomicU64::new(entries / ACTS + 1), clock: AtomicU64::new(entries) }
    }
}

/// Runs so many sessions at once, each of which does one append after the other. What is appended is made before its time
/// is taken.
fn together<T>(
    work: &Work,
    sessions: usize,
    time: Duration,
    make: impl Fn(NewEntry) -> T + Sync,
    append: impl Fn(T) + Sync,
) -> Timings {
    let begin = Instant::now();
    let session = || {
        let mut each = Vec::new();
        loop {
            let case = work.cases.fetch_add(1, Ordering::Relaxed);
            for step in 0..ACTS {
                if begin.elapsed() >= time {
                    return each;
                }
                let made = make(entry_of(case, step, work.clock.fetch_add(1, Ordering::Relaxed)));
                let one = Instant::now();
                append(made);
                each.push(one.elapsed().as_secs_f64() * 1000.0);
            }
        }
    };
    let each = std::thread::scope(|scope| {
        let running: Vec<_> = (0..sessions).map(|_| scope.spawn(session)).collect();
        running.into_iter().flat_map(|session| session.join().unwrap()).collect()
    });
    Timings { each, seconds: begin.elapsed().as_secs_f64() }
}

fn ours(store: &Store, work: &Work, sessions: usize, time: Duration) -> Timings {
    together(
        work,
        sessions,
        time,
        |new| new,
        |new| {
            // As the station does it: a checkpoint goes with the entry that makes it due.
            let added = store.transact(move |tx: &mut Tx<'_>| {
                tx.log(&new)?;
                if tx.unsigned()? >= SIGNED { tx.checkpoint(&log_key()).map(drop) } else { Ok(()) }
            });
            added.map_err(|error: StoreError| error).unwrap();
        },
    )
}

fn raw(file: &File, work: &Work, sessions: usize, time: Duration) -> Timings {
    together(
        work,
        sessions,
        time,
        |new| bytes(&new),
        |bytes| {
            let mut file = file;
            file.write_all(&bytes).unwrap();
            file.sync_data().unwrap();
        },
    )
}

/// Everything for 1, 4 and 16 sessions.
pub fn measure(folder: &Path, million: &Million, each: Duration, table: &mut Table) {
    let (full, new) = (million::open(&million.store), million::create(&folder.join("new.redb")));
    let database = folder.join("peer.sqlite");
    sqlite::create(&database);
    let file = OpenOptions::new().append(true).create_new(true).open(folder.join("raw")).unwrap();
    let (in_full, in_new, in_raw) = (Work::after(million.entries), Work::after(2), Work::after(2));
    for sessions in [1, 4, 16] {
        let mut all: [Timings; 4] = Default::default();
        for _ in 0..ROUNDS {
            all[0].add(ours(&full, &in_full, sessions, each));
            all[1].add(ours(&new, &in_new, sessions, each));
            all[2].add(sqlite::appends(&database, sessions, each));
            all[3].add(raw(&file, &in_raw, sessions, each));
        }
        rows(sessions, all, table);
    }
    full.close().unwrap();
    new.close().unwrap();
}

fn rows(sessions: usize, [mut full, mut new, mut sqlite, mut raw]: [Timings; 4], table: &mut Table) {
    let title = if sessions == 1 { "1 session".to_owned() } else { format!("{sessions} sessions") };
    let per_second = |timings: &Timings| format!("{:.0}/s", timings.rate());
    for (place, ours) in [("new store", &new), ("million", &full)] {
        let row = Row::new(format!("append, {title}, {place}"), per_second(ours));
        let beside_sqlite =
            row.clone().beside(format!("SQLite {}", per_second(&sqlite)), ours.rate() / sqlite.rate());
        let beside_raw = row.beside(format!("raw {}", per_second(&raw)), ours.rate() / raw.rate());
        table.row(&if sessions == 16 { beside_sqlite.at_least(3.0) } else { beside_sqlite });
        table.row(&if sessions == 1 { beside_raw.at_least(0.5) } else { beside_raw });
    }
    for (name, place) in [("99 %", 990), ("longest", 1000)] {
        let [full, new, sqlite, raw] =
            [&mut full, &mut new, &mut sqlite, &mut raw].map(|timings| permille(&mut timings.each, place));
        let row = |store: &str, ours: f64| {
            Row::new(format!("  {name}, {title}, {store}"), format!("{ours:.2} ms"))
                .beside(format!("SQLite {sqlite:.2}, raw {raw:.2}"), sqlite / ours)
        };
        for (store, ours) in [("new store", new), ("million", full)] {
            let row = row(store, ours);
            let judged = sessions == 16 && place == 1000;
            table.row(&if judged { row.target(format!("<= {WORST_MS} ms"), ours <= WORST_MS) } else { row });
        }
    }
}
