//! The record beside its peers, printed as a table. See `record-help.txt`.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

#[path = "record/appends.rs"]
mod appends;
#[path = "record/child.rs"]
mod child;
#[path = "record/entries.rs"]
mod entries;
#[path = "record/million.rs"]
mod million;
#[path = "record/reading.rs"]
mod reading;
#[path = "record/reopen.rs"]
mod reopen;
#[path = "record/slower.rs"]
mod slower;
#[path = "record/sqlite.rs"]
mod sqlite;
#[path = "record/table.rs"]
mod table;

use std::path::PathBuf;
use std::time::Duration;
use table::Table;

/// What was asked for.
struct Options {
    entries: u64,
    dir: PathBuf,
    each: Duration,
    slower: u64,
}

impl Options {
    fn parse(words: &[String]) -> Self {
        let (dir, each) = (std::env::temp_dir(), Duration::from_secs(2));
        let mut options = Self { entries: 1_000_000, dir, each, slower: 0 };
        let mut words = words.iter().filter(|word| *word != "--bench");
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_else(|| panic!("{word} needs a value; see --help"));
            match word.as_str() {
                "--entries" => options.entries = value.parse().expect("a number of entries"),
                "--dir" => options.dir = PathBuf::from(value),
                "--slower" => options.slower = value.parse().expect("microseconds"),
                "--seconds" => options.each = Duration::from_secs_f64(value.parse().expect("seconds")),
                _ => panic!("{word} is not known; see --help"),
            }
        }
        options
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == child::PART) {
        return child::run(&words[1..]);
    }
    // `cargo test --benches` starts this too, without the word: there is nothing in it to be tested.
    if words.iter().any(|word| word == "--help" || word == "-h")
        || !words.iter().any(|word| word == "--bench")
    {
        print!("{}", include_str!("record-help.txt"));
        return;
    }
    let options = Options::parse(&words);
    let folder = tempfile::Builder::new().prefix("kyukyu-record-").tempdir_in(&options.dir).unwrap();
    slower::go_on(options.slower, folder.path());
    let mut table = Table::new();
    let million = million::make(folder.path(), options.entries, &mut table);
    appends::measure(folder.path(), &million, options.each, &mut table);
    child::rows(&["reader".as_ref(), million.store.as_os_str(), million.bodies.as_os_str()], &mut table);
    reopen::measure(&million.store, &mut table);
    table.end();
}
