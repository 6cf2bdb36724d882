//! Opening the store after kill -9 of whoever was writing to it.

use crate::child;
use crate::entries::entry;
use crate::million::key;
use crate::table::{Row, Table, median};
use kyukyu::store::{Store, StoreError, Tx};
use redb::{Database, ReadableDatabase as _, ReadableTableMetadata as _, TableDefinition};
use rustix::fs::Advice;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// So often, each time after a kill of its own.
const ROUNDS: usize = 3;
/// How long it writes before it is killed.
const WRITING: Duration = Duration::from_millis(300);

/// Both ways, and what the check itself takes of ours.
pub fn measure(store: &Path, table: &mut Table) {
    let ours = opened(store, "opener");
    let plain = opened(store, "plain-opener");
    let seconds = |times: &[f64]| times.iter().map(|time| format!("{time:.3}")).collect::<Vec<_>>().join(" ");
    let row = |what: &str, mut times: Vec<f64>, most: f64| {
        let all = seconds(&times);
        let middle = median(&mut times);
        Row::new(what, format!("{middle:.3} s"))
            .target(format!("<= {most} s"), times.iter().all(|time| *time <= most))
            .beside_words(format!("each: {all}"))
    };
    table.row(&row("reopen after kill -9, with integrity check", ours, 1.0));
    table.row(&row("  redb alone without it", plain, 0.1));
    let file = File::open(store).unwrap();
    let read = [false, true].map(|in_memory| {
        let mut times: Vec<f64> = (0..ROUNDS).map(|_| read_through(&file, in_memory)).collect();
        median(&mut times)
    });
    table.row(&Row::new(
        "  reading its file: from disk, from memory",
        format!("{:.3}, {:.3} s", read[0], read[1]),
    ));
    let mut checks: Vec<f64> = (0..ROUNDS).map(|_| open_with_redb(store, true)).collect();
    table.row(&Row::new("  redb's check alone, file in memory", format!("{:.3} s", median(&mut checks))));
}

/// As the check reads it, from the disk, whatever of it is in memory; or what that takes when the disk has no part in it.
fn read_through(mut file: &File, in_memory: bool) -> f64 {
    if !in_memory {
        rustix::fs::fadvise(file, 0, None, Advice::DontNeed).unwrap();
    }
    let mut part = vec![0; 1 << 20];
    file.rewind().unwrap();
    let begin = Instant::now();
    while file.read(&mut part).unwrap() > 0 {}
    begin.elapsed().as_secs_f64()
}

fn opened(store: &Path, opener: &str) -> Vec<f64> {
    let open = || {
        let mut writer = child::start(&["writer".as_ref(), store.as_os_str()]);
        let mut said = BufReader::new(writer.stdout.take().unwrap()).lines();
        assert_eq!(said.next().unwrap().unwrap(), "writing");
        std::thread::sleep(WRITING);
        writer.kill().unwrap();
        writer.wait().unwrap();
        let mut opener = child::start(&[opener.as_ref(), store.as_os_str()]);
        let said = BufReader::new(opener.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        assert!(opener.wait().unwrap().success());
        said.parse().unwrap()
    };
    (0..ROUNDS).map(|_| open()).collect()
}

/// The one that will be killed.
pub fn write_for_ever(path: &Path) {
    let store = crate::million::open(path);
    let from = store.read(kyukyu::store::ReadTx::log_len).map_err(|error: StoreError| error).unwrap();
    println!("writing");
    std::thread::scope(|scope| {
        for session in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for n in (from + session..).step_by(4) {
                    let added = store.transact(move |tx: &mut Tx<'_>| tx.log(&entry(n)).map(drop));
                    added.map_err(|error: StoreError| error).unwrap();
                }
            });
        }
    });
}

/// As the station opens it.
pub fn open(path: &Path) {
    let begin = Instant::now();
    let (store, opened) = Store::open(path, &key()).unwrap();
    let took = begin.elapsed().as_secs_f64();
    assert!(opened.check.is_sound() && !opened.ended_in_order, "{:?}", opened.check.faults);
    println!("{took}");
    store.close().unwrap();
}

/// As redb opens it when it trusts what it wrote: the product never does.
pub fn open_plainly(path: &Path) {
    println!("{}", open_with_redb(path, false));
}

fn open_with_redb(path: &Path, check: bool) -> f64 {
    const LOG: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("log");
    let begin = Instant::now();
    let mut builder = Database::builder();
    let database = builder.set_cache_size(16 << 20).set_check_integrity_on_open(check).open(path).unwrap();
    let log = database.begin_read().unwrap().open_table(LOG).unwrap();
    let took = begin.elapsed().as_secs_f64();
    assert!(log.len().unwrap() > 0);
    took
}
