//! kill -9, two hundred times, at any moment: under load, at the first word of a session that goes on, in the start.

use crate::chance::Random;
use crate::heard::check;
use crate::people::{Person, log_in};
use crate::support::live::kyukyu;
use crate::support::site::{PASSWORD, Site};
use std::path::{Path, PathBuf};
use std::time::Duration;

const ROUNDS: u64 = 200;
/// Every so many rounds everything is checked. That each start in between found nothing wrong is on record.
const LOOK_EVERY: u64 = 10;

/// The newest checkpoint that the witness holds.
fn newest_note(folder: &Path) -> Option<PathBuf> {
    let notes = std::fs::read_dir(folder).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            newest_note(&path)
        } else {
            Some(path).filter(|path| path.extension().is_some_and(|e| e == "note"))
        }
    });
    notes.max()
}

/// `kyukyu log verify` at the running station, against the witness where it has something.
fn verify(site: &Site, witness: &Path, context: &str) {
    let socket = site.socket();
    let mut words = vec!["log", "verify", "--user", "kansa", "--socket", socket.to_str().unwrap()];
    let note = newest_note(witness);
    if let Some(note) = &note {
        words.extend(["--against", note.to_str().unwrap()]);
    }
    let done = kyukyu(&words, &[PASSWORD]);
    assert_eq!(done.code, 0, "{context}: {done:?}");
    assert!(done.out.contains("異常はありません"), "{context}: {done:?}");
    assert_eq!(done.out.contains("外部の控えと一致"), note.is_some(), "{context}: {done:?}");
}

/// Everybody acts, the station is killed meanwhile, everybody notices.
fn life(site: &mut Site, people: Vec<Person>, length: Duration) -> Vec<Person> {
    let acting: Vec<_> = people
        .into_iter()
        .map(|person| {
            let socket = site.socket();
            std::thread::spawn(move || person.round(&socket))
        })
        .collect();
    std::thread::sleep(length);
    site.kill_station();
    acting.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn two_hundred_kills_lose_nothing_that_was_answered_and_do_nothing_twice() {
    let mut site = Site::new();
    let witness = site.folder.path().join("witness");
    std::fs::create_dir(&witness).unwrap();
    site.configure(|config| config.witness_folder = Some(witness.clone()));
    site.start_station();
    let mut people = log_in(&site);
    site.kill_station();
    let (mut random, mut cut_short) = (Random(4_649), 0);
    for round in 1..=ROUNDS {
        let context = format!("round {round}");
        if round % 4 == 0 {
            // A crash during the repair, or just after it.
            site.spawn_station();
            std::thread::sleep(Duration::from_millis(random.below(200)));
            site.kill_station();
            cut_short += 1;
        }
        site.start_station();
        let look = round % LOOK_EVERY == 0;
        if look {
            verify(&site, &witness, &context);
        }
        people = life(&mut site, people, Duration::from_millis(random.below(200)));
        if look {
            let (starts, entries) = check(&site, &people, &context);
            // The very first one too.
            assert!((round + 1..=round + 1 + cut_short).contains(&starts), "{context}: {starts} starts");
            println!("{context}: {entries} entries, {starts} starts");
        }
    }
    let answered: u64 = people.iter().map(|person| person.heard.count()).sum();
    assert!(answered > 20 * ROUNDS, "the loop did nothing: {answered}");
    println!("{answered} acts were answered");
    for person in &people {
        let acts = person.heard.count() - person.heard.resumed;
        assert!(acts > ROUNDS / 10, "{} did nothing: {acts}", person.user);
    }
    assert!(newest_note(&witness).is_some(), "the witness was there all the time");
}
