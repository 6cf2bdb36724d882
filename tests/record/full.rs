//! The real station on a file system that is really full: nothing answered is lost, what cannot be recorded is refused
//! in plain words, and the same process goes on when there is space again.

use crate::small_disk::{SmallDisk, is_here, run_where_one_may_mount};
use crate::support::audit::{Audit, entries, in_order};
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::client::ClientFault;
use kyukyu::domain::case::CaseDraft;
use kyukyu::log::{Act, Entry, Link, Part};
use kyukyu::protocol::view::Stage;
use kyukyu::protocol::{EndCause, Event, IdempotencyKey, Refusal, RefusalCode, Reply, Request};
use kyukyu::store::{StoreError, Table};
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

/// More than any disk of these tests holds.
const MANY: u64 = 20_000;

fn open_case(bed: &str) -> Request {
    Request::OpenCase { draft: CaseDraft { bed: bed.into(), ..CaseDraft::default() } }
}

/// Waits until these words stand in the banner of a screen on which nobody types.
fn banner(person: &mut Person, wanted: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match person.client.event(Duration::from_millis(200)).unwrap() {
            Some(Event::Banner { words }) if words.as_str().contains(wanted) => return,
            _ => assert!(Instant::now() < deadline, "no banner says {wanted}"),
        }
    }
}

/// Opens cases until it is refused. The beds of those that were answered, and the refusal.
fn until_refused(person: &mut Person, beds: &mut BTreeSet<String>) -> Refusal {
    for _ in 0..MANY {
        let bed = format!("初療室{}", beds.len());
        match person.client.ask(open_case(&bed)) {
            Ok(Reply::Case(_)) => drop(beds.insert(bed)),
            Err(ClientFault::Refused(refusal)) => return refusal,
            other => panic!("{other:?}"),
        }
    }
    panic!("the disk was not full")
}

fn position(entries: &[Entry], what: &str, wanted: impl Fn(&Entry) -> bool) -> usize {
    entries.iter().position(wanted).unwrap_or_else(|| panic!("{what} is not on record"))
}

fn is_disk(entry: &Entry, wanted: Link) -> bool {
    matches!(&entry.act, Act::StationState { part: Part::Disk, state, .. } if *state == wanted)
}

/// On the small disk. Alone it does nothing.
#[test]
fn with_the_data_on_a_full_disk() {
    if !is_here() {
        return;
    }
    let mut site = Site::new();
    let disk = SmallDisk::over(&site.folder.path().join("site/data"), 64);
    site.start_linksim(&["--delay-ms", "50"]);
    site.start_station();
    let mut sato = Person::sato(&site);
    let mut tanaka = Person::tanaka(&site);
    let mut suzuki = Person::with_password(&site, "suzuki");
    let mut kansa = Person::with_password(&site, "kansa");
    let enquiry = sato.ask_for(patient("P01").certificate());
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);

    disk.fill();
    let mut beds = BTreeSet::new();
    let refused = until_refused(&mut sato, &mut beds);
    println!("{} acts were answered on the full disk before the first was refused", beds.len());
    assert_eq!(refused.code, RefusalCode::StoreFailed, "{refused}");
    let sentence =
        "ディスクの空きがないため記録できず、操作を中止しました。管理者に連絡し、空きを作ってください";
    assert_eq!(refused.words.as_str(), sentence);

    // Everybody is told, without a key; and stays told: nothing is half possible.
    banner(&mut tanaka, "ディスクの空きがないため、新しい照会や入力を記録できません");
    let key = IdempotencyKey::from_bits([7; 16]);
    for _ in 0..3 {
        let again = sato.client.ask_once(open_case("満杯のとき"), key.clone());
        assert!(
            matches!(&again, Err(ClientFault::Refused(r)) if r.code == RefusalCode::StoreFailed),
            "{again:?}"
        );
    }
    // What is looked at is recorded first: so nothing is shown either.
    kansa.refused_as(Request::ReadLog { before: None, own: false }, RefusalCode::StoreFailed);
    sato.refused_as(Request::ShowPerson { enquiry: enquiry.clone() }, RefusalCode::StoreFailed);
    // Who leaves can leave, on record.
    assert!(matches!(suzuki.ask(Request::Logout { cause: EndCause::Asked }), Reply::Done));
    assert!(matches!(tanaka.ask(Request::Lock { card_gone: true }), Reply::Done));

    disk.free();
    banner(&mut sato, "ディスクの空きが戻りました");
    let Ok(Reply::Case(number)) = sato.client.ask_once(open_case("満杯のとき"), key.clone()) else {
        panic!()
    };
    let Ok(Reply::Case(same)) = sato.client.ask_once(open_case("満杯のとき"), key) else { panic!() };
    assert_eq!(number, same, "asked again it is done once");
    sato.same_person(&enquiry);
    beds.insert("満杯のとき".to_owned());
    Audit::new(&site).verify();
    site.stop_station();

    let entries = entries(&site);
    let full = position(&entries, "the full disk", |entry| is_disk(entry, Link::Dead));
    let left = position(&entries, "the end of a session", |entry| {
        matches!(entry.act, Act::SessionEnded { .. })
            && entry.actor.as_ref().is_some_and(|actor| actor.user.as_str() == "suzuki")
    });
    let locked = position(&entries, "the lock", |entry| matches!(entry.act, Act::SessionLocked { .. }));
    let again = position(&entries, "the space", |entry| is_disk(entry, Link::Alive));
    assert!(full < again && left < again && locked < again, "{full} {left} {locked} {again}");
    assert_eq!(entries.iter().filter(|entry| matches!(entry.act, Act::StoreOpened { .. })).count(), 1);
    let opened = entries.iter().filter(|entry| matches!(entry.act, Act::CaseOpened {})).count();
    let cases: Vec<(String, serde_json::Value)> =
        site.store().read(|tx| tx.scan_prefix(Table::Cases, "")).map_err(|error: StoreError| error).unwrap();
    let kept: Vec<String> = cases.iter().map(|(_, case)| case["bed"].as_str().unwrap().to_owned()).collect();
    // One more: that of the enquiry.
    assert_eq!((kept.len(), opened), (beds.len() + 1, beds.len() + 1), "each once");
    assert!(beds.iter().all(|bed| kept.contains(bed)), "an answered act is lost");
}

#[test]
fn a_station_whose_disk_is_full_refuses_in_words_and_goes_on_without_a_restart() {
    run_where_one_may_mount("full::with_the_data_on_a_full_disk");
}

/// On the small disk. Alone it does nothing.
#[test]
fn with_the_exchange_folder_on_a_full_disk() {
    if !is_here() {
        return;
    }
    let mut site = Site::new();
    let disk = SmallDisk::over(&site.exchange(), 16);
    site.start_station();
    let mut sato = Person::sato(&site);
    disk.fill();
    let (enquiry, stage) = sato.outcome(patient("P01").certificate());
    let Stage::Failed { message, .. } = stage else { panic!("{stage:?}") };
    assert!(message.as_str().contains("送信されていません"), "{message}");
    let left: Vec<_> =
        fs::read_dir(site.exchange().join("req")).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.is_empty(), "no half request, under no name: {left:?}");

    disk.free();
    site.start_linksim(&["--delay-ms", "50"]);
    sato.ask_again(&enquiry, patient("P01").certificate());
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
    let mut audit = Audit::new(&site);
    in_order(
        &audit.kinds_since(0),
        &[
            "request_intended",
            "request_write_failed",
            "request_intended",
            "request_written",
            "answer_arrived",
        ],
    );
    audit.verify();
}

#[test]
fn a_full_exchange_folder_leaves_no_half_request() {
    run_where_one_may_mount("full::with_the_exchange_folder_on_a_full_disk");
}
