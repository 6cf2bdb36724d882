//! What the documents say about the program is so: links, commands, names on the wire.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The documents for people.
fn documents() -> Vec<(PathBuf, String)> {
    let beside = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = beside.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    paths.push(root().join("README.md"));
    assert!(paths.len() >= 5, "the documents were not found");
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for (path, text) in documents() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            seen += 1;
            let place = path.parent().unwrap().join(target);
            assert!(place.exists(), "{}: {target}", path.display());
        }
    }
    assert!(seen > 10, "the links were not found");
}

#[test]
fn the_readme_opens_with_two_commands_and_a_picture_and_stays_short() {
    let readme = read("README.md");
    let commands: Vec<&str> = readme
        .lines()
        .take_while(|line| !line.starts_with("!["))
        .filter(|line| line.starts_with("cargo ") || line.starts_with("bash ") || line.starts_with("kyukyu "))
        .collect();
    assert_eq!(commands, ["cargo run --release -- demo", "bash tests/run.sh"]);
    assert!(readme.contains("](docs/screen.svg)"));
    assert!(readme.lines().count() < 250);
}

/// The lines of a document's shell blocks that run the program, without what runs it.
fn command_lines(text: &str) -> Vec<&str> {
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines);
    lines
        .filter_map(|line| line.strip_prefix("cargo run --release -- ").or(line.strip_prefix("kyukyu ")))
        .collect()
}

/// Asks the program for its help on the command that a line names; arguments may stay.
fn help_on(line: &str) -> String {
    let words = line.split_whitespace().take_while(|word| !word.starts_with("--"));
    let asked = Command::new(env!("CARGO_BIN_EXE_kyukyu")).args(words).arg("--help").output().unwrap();
    assert!(asked.status.success(), "there is no such command: {line}");
    String::from_utf8(asked.stdout).unwrap()
}

#[test]
fn every_command_of_the_documents_exists_with_its_options() {
    let mut seen = 0;
    for (path, text) in documents() {
        for line in command_lines(&text) {
            seen += 1;
            let help = help_on(line);
            for option in line.split(' ').filter(|word| word.starts_with("--")) {
                let known = help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n"));
                assert!(known, "{}: {line}: {option}\n{help}", path.display());
            }
        }
    }
    assert!(seen > 15, "the commands were not found");
}

/// Every command of the program stands in the README.
#[test]
fn no_command_is_left_out() {
    let readme = read("README.md");
    let help = help_on("");
    let commands = help.split("コマンド:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<&str> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 5, "{help}");
    for name in names {
        let shown =
            [format!("kyukyu {name}"), format!("-- {name}")].iter().any(|words| readme.contains(words));
        assert!(shown, "{name} is not in the README");
    }
}

/// The first name of every entry of the dialect, by its place, with its mark.
fn names(of: &toml::Table, place: &str, found: &mut BTreeMap<String, (bool, String)>) {
    for (key, value) in of {
        let here = format!("{place}.{key}");
        let Some(table) = value.as_table() else { continue };
        let marked = table.get("known").or(table.get("assumed"));
        let Some(value) = marked else {
            names(table, &here, found);
            continue;
        };
        let first = value.as_array().map_or(Some(value), |all| all.first()).and_then(|v| v.as_str());
        if let Some(name) = first {
            found.insert(here, (table.contains_key("assumed"), name.to_owned()));
        }
    }
}

#[test]
fn the_dialect_is_described_name_by_name() {
    let dialect: toml::Table = read("src/exchange/dialect.toml").parse().unwrap();
    let mut found = BTreeMap::new();
    names(&dialect, "", &mut found);
    assert!(found.len() > 150 && found.values().filter(|(assumed, _)| *assumed).count() > 30, "{found:?}");
    let text = read("docs/dialect.md");
    let missing: Vec<_> = found.iter().filter(|(_, (_, name))| !text.contains(name)).collect();
    assert!(missing.is_empty(), "not in docs/dialect.md: {missing:#?}");
}

/// The recipe for auditors gives what the program's own test pins.
#[test]
fn the_example_of_the_log_is_the_tested_one() {
    let (recipe, code) = (read("docs/log.md"), read("src/log/chain.rs"));
    let hashes: Vec<&str> = recipe
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(seq, hash)| seq.parse::<u8>().is_ok() && hash.len() == 64)
        .map(|(_, hash)| hash)
        .collect();
    assert_eq!(hashes.len(), 2);
    assert!(hashes.iter().all(|hash| code.contains(hash)), "{hashes:?}");
    for kind in ["refusal", "request_intended"] {
        let variant: String = kind.split('_').map(|w| w[..1].to_uppercase() + &w[1..]).collect();
        assert!(read("src/log/act.rs").contains(&format!("    {variant} {{")), "{kind}");
    }
}
