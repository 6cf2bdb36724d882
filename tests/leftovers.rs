//! What a finished tree does not hold: files too long to read, notes to oneself, places of somebody's machine,
//! dependencies that would bring a C library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;

const LONGEST: usize = 600;
/// Tables, which are read a line at a time: a source file here may be longer.
const TABLES: [&str; 0] = [];

/// Every text file of the tree, by its path from the top; what cargo and git keep for themselves is left out.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let ours = !matches!(entry.file_name().to_str(), Some("target" | ".git"));
            if kind.is_dir() && ours && !path.join("CACHEDIR.TAG").exists() {
                folders.push(path);
            } else if kind.is_file()
                && let Ok(text) = fs::read_to_string(&path)
            {
                files.push((path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text));
            }
        }
    }
    assert!(files.len() > 20, "the tree was not found");
    files
}

/// Notes to oneself, spelt apart so that this file holds none.
fn notes(text: &str) -> Option<&'static str> {
    const NOTES: [&str; 6] = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("dbg", "!("),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        // With a reason it may be: a test that other tests start as a process of its own.
        concat!("#[ig", "nore]"),
    ];
    NOTES.into_iter().find(|note| text.contains(note))
}

/// A path into a temporary folder or a work folder of one machine.
fn foreign_path(text: &str) -> Option<&str> {
    const PLACES: [&str; 3] = [concat!("/t", "mp"), concat!("/wo", "rk"), concat!("/ro", "ot")];
    PLACES.into_iter().find_map(|place| {
        text.match_indices(place).find_map(|(start, _)| {
            let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '}' | ')');
            let inside = text[..start].ends_with(name);
            let rest = &text[start + place.len()..];
            let longer = rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
            (!inside && !longer).then(|| text[start..].lines().next().unwrap_or_default())
        })
    })
}

#[test]
fn no_source_is_too_long_to_read() {
    let long: Vec<String> = files()
        .into_iter()
        .filter(|(file, _)| {
            file.starts_with("src/") && Path::new(file).extension().is_some_and(|e| e == "rs")
        })
        .filter(|(file, text)| !TABLES.contains(&file.as_str()) && text.lines().count() > LONGEST)
        .map(|(file, text)| format!("{file}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "over {LONGEST} lines:\n{}", long.join("\n"));
}

#[test]
fn no_note_to_oneself_is_left() {
    let left: Vec<String> = files()
        .iter()
        .filter(|(file, _)| file != "Cargo.lock")
        .filter_map(|(file, text)| notes(text).map(|note| format!("{file}: {note}")))
        .collect();
    assert!(left.is_empty(), "\n{}", left.join("\n"));
}

#[test]
fn no_place_of_one_machine_is_named() {
    let left: Vec<String> = files()
        .iter()
        .filter_map(|(file, text)| foreign_path(text).map(|path| format!("{file}: {path}")))
        .collect();
    assert!(left.is_empty(), "\n{}", left.join("\n"));
}

/// What a program is made and built of, by cargo's word.
fn tree(features: &[&str]) -> String {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["tree", "--locked", "--offline", "--edges=normal,build", "--prefix=none"]).args(features);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The same as `deny.toml` says, for hosts without cargo-deny.
#[test]
fn no_dependency_brings_a_library_of_the_system() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"ratatui\""), "not our lock file");
    for banned in ["openssl-sys", "openssl", "native-tls", "aws-lc-sys"] {
        assert!(!lock.contains(&format!("name = \"{banned}\"\n")), "{banned} is in the tree");
    }
    // SQLite, its source built with it, is a peer of the benchmark `record`: no program has it, with any feature.
    for package in lock.split("[[package]]").filter(|package| package.contains("\n \"libsqlite3-sys\"")) {
        assert!(package.contains("name = \"rusqlite\""), "{package}");
    }
    let with_all = tree(&["--all-features"]);
    assert!(!with_all.contains("libsqlite3-sys v") && !with_all.contains("rusqlite v"), "{with_all}");
    // Only rustls brings ring, and only the feature `archive-tls` brings rustls.
    for package in lock.split("[[package]]").filter(|package| package.contains("\n \"ring\"")) {
        assert!(
            package.contains("name = \"rustls\"") || package.contains("name = \"rustls-webpki\""),
            "{package}"
        );
    }
    let without = tree(&[]);
    for banned in ["ring", "rustls", "cc"] {
        assert!(
            without.contains("ratatui v") && !without.contains(&format!("{banned} v")),
            "{banned}:\n{without}"
        );
    }
    assert!(tree(&["--features", "archive-tls"]).contains("ring v"), "the feature is what brings it");
    for line in lock.lines().filter_map(|line| line.strip_prefix("source = ")) {
        assert_eq!(line, "\"registry+https://github.com/rust-lang/crates.io-index\"");
    }
}

#[test]
fn the_search_itself_finds() {
    for note in [concat!("// TO", "DO: later"), concat!("    dbg", "!(x)"), concat!("todo", "!()")] {
        assert!(notes(note).is_some(), "{note}");
    }
    assert_eq!(notes("fn undo() {} // the method of todos"), None);
    let table = [
        (concat!("see /t", "mp/x"), true),
        (concat!("\"/t", "mp\""), true),
        (concat!("`/wo", "rk/main`"), true),
        (concat!("/ro", "ot/.cargo"), true),
        (concat!("https://example.com/wo", "rk"), false),
        (concat!("docs/wo", "rkflow.md"), false),
        (concat!("/wo", "rks"), false),
        (concat!("${DIR}/t", "mp"), false),
    ];
    for (text, found) in table {
        assert_eq!(foreign_path(text).is_some(), found, "{text}");
    }
}
