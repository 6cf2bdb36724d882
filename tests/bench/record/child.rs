//! This program once more, in another process: for memory of its own, for SQLite's way of sharing a file, and to be killed.

use crate::table::{Row, Table};
use crate::{reading, reopen, sqlite};
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// The word that makes it one of these.
pub const PART: &str = "--part";

/// Starts one; its answers are for the caller to read.
pub fn start(words: &[&OsStr]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(PART).args(words).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Runs one to its end; what it says are lines of the table.
pub fn rows(words: &[&OsStr], table: &mut Table) {
    let mut process = start(words);
    for line in BufReader::new(process.stdout.take().unwrap()).lines() {
        table.row(&Row::from_line(&line.unwrap()));
    }
    assert!(process.wait().unwrap().success(), "{words:?}");
}

/// Says a line of the table.
pub fn say(row: &Row) {
    println!("{}", row.to_line());
}

/// Until the parent says something.
pub fn wait_for_order() {
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}

/// In the other process.
pub fn run(words: &[String]) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["sqlite", path, milliseconds] => sqlite::run(path, milliseconds),
        ["reader", store, bodies] => reading::run(store.as_ref(), bodies.as_ref()),
        ["writer", store] => reopen::write_for_ever(store.as_ref()),
        ["opener", store] => reopen::open(store.as_ref()),
        ["plain-opener", store] => reopen::open_plainly(store.as_ref()),
        _ => panic!("no such part: {words:?}"),
    }
}
