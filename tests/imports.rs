//! Who may import whom. The rooms and the reasons are in the module documents; this is the law, as a table.
//!
//! The sources are read as tokens, so that a name in a comment or a string is no import, and `super::super::…`
//! that climbs to the root is one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const GROUND: &[&str] = &["domain", "log", "card"];
/// Rooms that meet only in the station.
const TRADES: &[&str] = &["exchange", "identity", "store", "register", "archive"];
/// What runs; only those who start things may name it.
const STARTED: &[&str] = &["station", "terminal", "linksim"];
/// Below everything and open to everybody, for they know nothing of ours.
const BELOW_ALL: &[&str] = &["data_file", "json"];
const CLOCK_AND_CONFIG: &[&str] = &["clock", "config"];

/// Every room, and the rooms whose door it may go through. A room that is not here does not exist.
fn law() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let law: [(&str, &[&[&str]]); 20] = [
        ("data_file", &[]),
        ("json", &[]),
        ("domain", &[]),
        ("log", &[&["domain"]]),
        ("card", &[&["domain"]]),
        ("exchange", &[GROUND]),
        ("identity", &[GROUND]),
        ("store", &[GROUND]),
        ("register", &[GROUND]),
        ("archive", &[GROUND]),
        ("protocol", &[GROUND]),
        ("station", &[GROUND, TRADES, &["protocol"], CLOCK_AND_CONFIG]),
        ("terminal", &[GROUND, &["protocol"]]),
        // Its own reader and writer of the formats, so that it cannot share a mistake of ours.
        ("linksim", &[]),
        ("client", &[&["domain", "protocol"]]),
        ("clock", &[&["domain"]]),
        ("config", &[&["domain"]]),
        ("doctor", &[GROUND, TRADES, &["protocol"], CLOCK_AND_CONFIG]),
        ("demo", &[GROUND, &["protocol", "client", "doctor"], CLOCK_AND_CONFIG, STARTED]),
        ("cli", &[GROUND, TRADES, &["protocol", "client", "doctor", "demo"], CLOCK_AND_CONFIG, STARTED]),
    ];
    law.into_iter()
        .map(|(room, may)| {
            (room, may.iter().copied().chain([BELOW_ALL]).flatten().copied().chain([room]).collect())
        })
        .collect()
}

/// The programs: `src/main.rs` chooses the role, the card helper has only the ground.
fn may_program(file: &str) -> BTreeSet<&'static str> {
    if file.starts_with("src/bin/kyukyu-card/") {
        return GROUND.iter().chain(BELOW_ALL).copied().collect();
    }
    let mut all: BTreeSet<_> = law().into_keys().collect();
    all.retain(|room| !TRADES.contains(room));
    all
}

// ---- reading ----------------------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    PathSep,
    Other(char),
}

/// Words, `::` and single signs; comments, strings, characters and lifetimes are left out.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |place: usize| chars.get(place).copied().unwrap_or('\0');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        match (at(i), at(i + 1)) {
            ('/', '/') => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            ('/', '*') => {
                let mut depth = 0;
                loop {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 || i >= chars.len() {
                        break;
                    }
                }
            }
            ('"', _) => i = after_string(&chars, i),
            ('\'', _) => i = after_character(&chars, i),
            (':', ':') => {
                found.push(Token::PathSep);
                i += 2;
            }
            (c, _) if word(c) => {
                let start = i;
                while word(at(i)) {
                    i += 1;
                }
                let text: String = chars[start..i].iter().collect();
                let prefix = matches!(text.as_str(), "r" | "br" | "cr");
                match at(i) {
                    '"' if prefix => i = after_raw_string(&chars, i),
                    '#' if prefix && matches!(at(i + 1), '"' | '#') => i = after_raw_string(&chars, i),
                    // `r#crate` does not exist; `r#type` is the word `type`.
                    '#' if text == "r" => i += 1,
                    _ => found.push(Token::Word(text)),
                }
            }
            (c, _) => {
                if !c.is_whitespace() {
                    found.push(Token::Other(c));
                }
                i += 1;
            }
        }
    }
    found
}

fn after_string(chars: &[char], quote: usize) -> usize {
    let mut i = quote + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn after_raw_string(chars: &[char], start: usize) -> usize {
    let hashes = chars[start..].iter().take_while(|c| **c == '#').count();
    let mut i = start + hashes + 1;
    while i < chars.len() {
        if chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            return i + 1 + hashes;
        }
        i += 1;
    }
    i
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn after_character(chars: &[char], quote: usize) -> usize {
    match (chars.get(quote + 1), chars.get(quote + 2)) {
        (Some('\\'), _) => {
            let mut i = quote + 3;
            while i < chars.len() && chars[i] != '\'' {
                i += 1;
            }
            i + 1
        }
        (Some(_), Some('\'')) => quote + 3,
        _ => quote + 1,
    }
}

/// How many modules deep a file of the library is: `src/store/mod.rs` 1, `src/store/table.rs` 2.
fn depth_of(file: &str) -> usize {
    let inside = file.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    if matches!(inside, "lib" | "main") { 0 } else { inside.split('/').count() }
}

/// What a file imports from the root of the library: names of rooms, `*` or `as` where it takes the root whole.
fn imports(file: &str, source: &str) -> BTreeSet<String> {
    let program = file == "src/main.rs" || file.starts_with("src/bin/");
    let tokens = tokens(source);
    let is = |place: usize, text: &str| matches!(tokens.get(place), Some(Token::Word(w)) if w == text);
    let sep = |place: usize| tokens.get(place) == Some(&Token::PathSep);
    let mut found = BTreeSet::new();
    // Braces that are open; true where one is the body of a module.
    let mut braces = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match &tokens[i] {
            Token::Other('{') => {
                let module = i >= 2 && is(i - 2, "mod") && matches!(tokens[i - 1], Token::Word(_));
                braces.push(module);
            }
            Token::Other('}') => drop(braces.pop()),
            // In the library `crate`, in a program the library's name.
            Token::Word(w) if w == "kyukyu" || (w == "crate" && !program) => {
                if sep(i + 1) {
                    firsts(&tokens, i + 2, &mut found);
                } else if is(i + 1, "as") {
                    found.insert("as".to_owned());
                }
            }
            Token::Word(w) if w == "super" && !program => {
                let mut end = i + 1;
                let mut climbed = 1;
                while sep(end) && is(end + 1, "super") {
                    climbed += 1;
                    end += 2;
                }
                let inline = braces.iter().filter(|module| **module).count();
                // More only where `#[path]` makes a file a child of its neighbour.
                if climbed >= depth_of(file) + inline && sep(end) {
                    firsts(&tokens, end + 1, &mut found);
                }
                i = end - 1;
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// The first words of a path or of each path of a `{group}` that begins at a place.
fn firsts(tokens: &[Token], place: usize, found: &mut BTreeSet<String>) {
    match tokens.get(place) {
        Some(Token::Word(word)) => drop(found.insert(word.clone())),
        Some(Token::Other('*')) => drop(found.insert("*".to_owned())),
        Some(Token::Other('{')) => {
            let (mut depth, mut i) = (1, place + 1);
            firsts(tokens, i, found);
            while depth > 0 && i < tokens.len() {
                match tokens[i] {
                    Token::Other('{') => depth += 1,
                    Token::Other('}') => depth -= 1,
                    Token::Other(',') if depth == 1 => firsts(tokens, i + 1, found),
                    _ => {}
                }
                i += 1;
            }
        }
        _ => {}
    }
}

/// The imports of a file that the law does not allow.
fn violations(file: &str, source: &str) -> Vec<String> {
    let imported = imports(file, source);
    let room = file.strip_prefix("src/").unwrap().split(['/', '.']).next().unwrap();
    let may = match room {
        "lib" => BTreeSet::new(),
        "main" | "bin" => may_program(file),
        _ => law().remove(room).unwrap_or_default(),
    };
    imported
        .into_iter()
        .filter(|name| !may.contains(name.as_str()))
        .map(|name| format!("{file}: {room} may not import `{name}`"))
        .collect()
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

// ---- the law is kept --------------------------------------------------------------------------------

#[test]
fn every_import_is_allowed() {
    let sources = sources();
    assert!(sources.len() > 20, "the sources were not found");
    let wrong: Vec<String> = sources.iter().flat_map(|(file, source)| violations(file, source)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_law() {
    let law = law();
    for (file, _) in sources() {
        let room = file.strip_prefix("src/").unwrap().split(['/', '.']).next().unwrap();
        let known = matches!(room, "lib" | "main" | "bin") || law.contains_key(room);
        assert!(known, "{file}: give the room `{room}` its line in the law");
    }
    for (room, may) in &law {
        assert!(may.iter().all(|other| law.contains_key(other)), "{room} may enter a room that is none");
    }
}

#[test]
fn no_file_is_pulled_in_from_another_place() {
    for (file, source) in sources() {
        assert!(!moved(&source), "{file}: `#[path]` would take a file out of its room");
    }
    assert!(moved("#[path = \"../store/x.rs\"] mod x;"));
    assert!(!moved("#[path = \"verify_tests.rs\"] mod tests;"));
}

/// Whether a `#[path]` leads to another folder; to a file beside, it may.
fn moved(source: &str) -> bool {
    source.split("#[path").skip(1).any(|rest| rest.split('"').nth(1).is_none_or(|place| place.contains('/')))
}

/// The words and the record are pure: times, bytes and folders are handed in.
#[test]
fn what_is_pure_touches_nothing() {
    const PURE: [&str; 3] = ["src/domain/", "src/log/", "src/protocol/"];
    // Compiled for tests only: compares the data files with the guide's text beside them.
    const TEST_ONLY: [&str; 1] = ["src/domain/guide.rs"];
    let mut seen = 0;
    for (file, source) in sources() {
        if !PURE.iter().any(|room| file.starts_with(room)) || TEST_ONLY.contains(&file.as_str()) {
            continue;
        }
        seen += 1;
        assert_eq!(impurities(&source), BTreeSet::<String>::new(), "{file}");
    }
    assert!(seen > 20, "the pure rooms were not found");
}

fn impurities(source: &str) -> BTreeSet<String> {
    const OF_STD: [&str; 6] = ["fs", "net", "env", "process", "thread", "os"];
    const ANYWHERE: [&str; 6] = ["SystemTime", "Instant", "Timestamp", "Zoned", "tokio", "rustix"];
    let tokens = tokens(source);
    let mut found = BTreeSet::new();
    for (place, token) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        if word == "std" && tokens.get(place + 1) == Some(&Token::PathSep) {
            let mut of_std = BTreeSet::new();
            firsts(&tokens, place + 2, &mut of_std);
            found.extend(of_std.into_iter().filter(|name| OF_STD.contains(&name.as_str())));
        } else if ANYWHERE.contains(&word.as_str()) {
            found.insert(word.clone());
        }
    }
    found
}

// ---- the reading itself -----------------------------------------------------------------------------

#[test]
fn imports_are_found_in_every_spelling() {
    let table: &[(&str, &str, &[&str])] = &[
        ("src/domain/key.rs", "use crate::store;", &["store"]),
        ("src/domain/key.rs", "pub use crate::store::{Store, Table};", &["store"]),
        (
            "src/domain/key.rs",
            "use crate::{log::Entry, store::{self, Table}, card};",
            &["card", "log", "store"],
        ),
        ("src/domain/key.rs", "use crate::{store};", &["store"]),
        ("src/domain/key.rs", "fn f() -> crate::station::Desk { todo() }", &["station"]),
        ("src/domain/key.rs", "let x = <crate :: store :: Store>::new();", &["store"]),
        ("src/domain/key.rs", "macro_rules! m { () => { $crate::identity::f() } }", &["identity"]),
        ("src/domain/key.rs", "use crate::*;", &["*"]),
        ("src/domain/key.rs", "use crate as all;", &["as"]),
        ("src/domain/key.rs", "use crate::{self as all};", &["self"]),
        ("src/domain/key.rs", "use ::kyukyu::store::Store;", &["store"]),
        ("src/domain/key.rs", "use super::super::store::Store;", &["store"]),
        ("src/domain/key.rs", "use super::super::{store::Store, log};", &["log", "store"]),
        ("src/domain/key.rs", "use super::store::Store;", &[]),
        ("src/domain/mod.rs", "use super::store::Store;", &["store"]),
        ("src/clock.rs", "use super::store::Store;", &["store"]),
        ("src/domain/date/parse.rs", "use super::super::super::store::Store;", &["store"]),
        ("src/domain/date/mod.rs", "use super::super::store::Store;", &["store"]),
        ("src/domain/key.rs", "mod tests { use super::super::store::X; }", &[]),
        ("src/domain/key.rs", "mod tests { use super::super::super::store::X; }", &["store"]),
        ("src/domain/key.rs", "mod a { fn f() {} } use super::super::store::X;", &["store"]),
        ("src/domain/key.rs", "pub(crate) fn f() {} pub(super) fn g() {}", &[]),
        ("src/domain/key.rs", "// use crate::store;\n/* /* */ crate::store */ /// [`crate::store`]\n", &[]),
        (
            "src/domain/key.rs",
            r##"const A: &str = "\"crate::store"; const B: &str = r#""crate::store"#;"##,
            &[],
        ),
        ("src/domain/key.rs", "const A: char = '\"'; use crate::store::X; const B: char = '\"';", &["store"]),
        ("src/domain/key.rs", "const A: char = '\\''; use crate::store::X;", &["store"]),
        ("src/domain/key.rs", "fn f<'a>(x: &'a str) -> crate::store::X<'a> {}", &["store"]),
        ("src/domain/key.rs", "let r#type = br\"crate::log\"; crate::store::f(r#type)", &["store"]),
        ("src/main.rs", "use kyukyu::{demo, station::serve}; use crate::help;", &["demo", "station"]),
        ("src/bin/kyukyu-card/agent.rs", "use kyukyu::card; use super::reader; use crate::log;", &["card"]),
    ];
    for (file, source, expected) in table {
        let expected: BTreeSet<String> = expected.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(imports(file, source), expected, "{file}: {source}");
    }
}

#[test]
fn a_breach_is_found() {
    let table = [
        ("src/domain/key.rs", "use crate::log::Entry;", true),
        ("src/log/entry.rs", "use crate::domain::SafeText;", false),
        ("src/log/entry.rs", "use crate::card::Apdu;", true),
        ("src/card/mod.rs", "use crate::log::Entry;", true),
        ("src/store/mod.rs", "use crate::{domain, log, card};", false),
        ("src/store/mod.rs", "use crate::identity::Session;", true),
        ("src/exchange/mod.rs", "use crate::store::Store;", true),
        ("src/archive/mod.rs", "use crate::exchange::Folder;", true),
        ("src/exchange/mod.rs", "use crate::clock::Clock;", true),
        ("src/protocol/mod.rs", "use crate::domain::SafeText;", false),
        ("src/protocol/mod.rs", "use crate::station::Desk;", true),
        ("src/station/mod.rs", "use crate::{store, identity, exchange, protocol, clock, config};", false),
        ("src/station/mod.rs", "use crate::terminal::Screen;", true),
        ("src/station/mod.rs", "use crate::linksim::Scenario;", true),
        ("src/terminal/app.rs", "use crate::{domain::SafeText, protocol::Request};", false),
        ("src/terminal/app.rs", "use crate::station::Desk;", true),
        ("src/terminal/app.rs", "use crate::store::Store;", true),
        ("src/terminal/app.rs", "use crate::clock::Clock;", true),
        ("src/terminal/app.rs", "fn f() { crate::exchange::write() }", true),
        ("src/linksim/mod.rs", "use crate::linksim::reader;", false),
        ("src/linksim/mod.rs", "use crate::domain::CalendarDate;", true),
        ("src/linksim/mod.rs", "use super::domain::CalendarDate;", true),
        ("src/doctor/mod.rs", "use crate::{clock, config, exchange};", false),
        ("src/doctor/mod.rs", "use crate::station::serve;", true),
        ("src/demo/mod.rs", "use crate::{station, linksim, terminal, clock};", false),
        ("src/demo/mod.rs", "use crate::cli::Args;", true),
        ("src/cli/serve.rs", "use crate::{station::serve, config::Config};", false),
        ("src/clock.rs", "use crate::config::Config;", true),
        ("src/domain/key.rs", "use crate::*;", true),
        ("src/lib.rs", "pub use crate::store::Store;", true),
        ("src/cellar/mod.rs", "use crate::domain::SafeText;", true),
        ("src/main.rs", "use kyukyu::cli;", false),
        ("src/main.rs", "use kyukyu::store::Store;", true),
        ("src/bin/kyukyu-card/main.rs", "use kyukyu::card;", false),
        ("src/bin/kyukyu-card/main.rs", "use kyukyu::station;", true),
    ];
    for (file, source, breach) in table {
        assert_eq!(!violations(file, source).is_empty(), breach, "{file}: {source}");
    }
}

#[test]
fn a_look_at_the_world_is_found() {
    let table = [
        ("use std::fs::File;", true),
        ("use std::{fmt, fs};", true),
        ("let now = std::time::SystemTime::now();", true),
        ("use std::time::{Duration, Instant};", true),
        ("use jiff::Timestamp;", true),
        ("async fn f() { tokio::task::yield_now().await }", true),
        ("use std::{fmt, io};", false),
        ("use jiff::civil::Date; // std::fs", false),
    ];
    for (source, found) in table {
        assert_eq!(!impurities(source).is_empty(), found, "{source}");
    }
}
