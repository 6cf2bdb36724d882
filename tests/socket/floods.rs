//! Refusals without end: the log does not grow with them, and yet tells exactly how many there were.

use crate::support::audit::{Audit, entries};
use crate::support::card::password;
use crate::support::person::Person;
use crate::support::site::{PASSWORD, Site};
use kyukyu::client::{Client, ClientFault};
use kyukyu::log::{Act, Entry};
use kyukyu::protocol::{RefusalCode, Request};
use kyukyu::store::{StoreError, Table};
use std::time::Duration;

const WRONG: &str = "machigai-no-yoru-1";

fn refused(client: &mut Client, request: Request) -> RefusalCode {
    match client.ask(request) {
        Err(ClientFault::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

/// How many refusals of an act the log speaks of, and in how many entries.
fn told(entries: &[Entry], act: &str) -> (u64, usize) {
    let each = entries.iter().filter_map(|entry| match &entry.act {
        Act::Refusal { act: of, .. } if of.as_str() == act => Some(1),
        Act::RefusalsCounted { act: of, times, .. } if of.as_str() == act => Some(*times),
        _ => None,
    });
    let all: Vec<u64> = each.collect();
    (all.iter().sum(), all.len())
}

#[test]
fn a_line_that_asks_what_is_refused_has_one_entry_and_one_count() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let mark = audit.mark();
    let mut stranger = Client::connect(&site.socket()).unwrap();
    for _ in 0..300 {
        assert_eq!(refused(&mut stranger, Request::Home), RefusalCode::NoSession);
    }
    assert_eq!(audit.kinds_since(mark), ["refusal"], "the first at once, the others counted");
    drop(stranger);
    audit.find("refusals_counted", "同じ拒否がさらに299回: ホーム画面の表示");
    assert_eq!(audit.kinds_since(mark), ["refusal", "refusals_counted"]);
    // The end of a session closes its count, with whose it was.
    let mut suzuki = Person::with_password(&site, "suzuki");
    for _ in 0..5 {
        suzuki.refused_as(Request::VerifyLog, RefusalCode::NoPermission);
    }
    suzuki.ask(Request::Logout { cause: kyukyu::protocol::EndCause::Asked });
    let line = audit.find("refusals_counted", "さらに4回: 操作ログの検証");
    assert_eq!(line.user.as_str(), "suzuki");
    audit.verify();
}

#[test]
fn whoever_comes_anew_or_varies_what_he_asks_gains_nothing() {
    let mut site = Site::new();
    site.start_station();
    for _ in 0..200 {
        let mut stranger = Client::connect(&site.socket()).unwrap();
        assert_eq!(refused(&mut stranger, Request::Home), RefusalCode::NoSession);
    }
    let mut sato = Person::sato(&site);
    for number in 0..200 {
        let enquiry = kyukyu::domain::enquiry::EnquiryId::parse(&format!("{number:012}")).unwrap();
        sato.refused_as(Request::ShowEnquiry { enquiry }, RefusalCode::NotFound);
    }
    site.stop_station();
    let all = entries(&site);
    let (home, show) = (told(&all, "home"), told(&all, "show_enquiry"));
    assert_eq!((home.0, show.0), (200, 200), "every one is told");
    // Sixty a minute are entries of their own; each may have a count beside it.
    assert!(home.1 + show.1 <= 2 * 60 + 4, "{home:?} {show:?}");
    assert!(home.1 >= 30, "{home:?}");
}

#[test]
fn what_was_counted_survives_a_crash_to_the_last() {
    let mut site = Site::new();
    site.start_station();
    let mut stranger = Client::connect(&site.socket()).unwrap();
    for _ in 0..50 {
        refused(&mut stranger, Request::Home);
    }
    site.kill_station();
    site.start_station();
    site.stop_station();
    assert_eq!(told(&entries(&site), "home"), (50, 2));
    let left: Result<Vec<(String, serde_json::Value)>, StoreError> =
        site.store().read(|tx| tx.scan_prefix(Table::Repeats, ""));
    assert_eq!(left.unwrap(), []);
}

#[test]
fn a_flood_of_logins_is_counted_and_the_tally_is_exact() {
    let mut site = Site::new();
    site.start_station();
    let socket = site.socket();
    let tries: Vec<_> = (0..6)
        .map(|_| {
            let socket = socket.clone();
            std::thread::spawn(move || {
                let mut client = Client::connect(&socket).unwrap();
                let mut codes = Vec::new();
                for _ in 0..20 {
                    match password(&mut client, "sato", WRONG) {
                        Err(ClientFault::Refused(refusal)) => codes.push(refusal.code),
                        other => panic!("{other:?}"),
                    }
                }
                codes
            })
        })
        .collect();
    // Somebody else is let in meanwhile, in his turn.
    password(&mut Client::connect(&socket).unwrap(), "kansa", PASSWORD).unwrap();
    let codes: Vec<RefusalCode> = tries.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let judged = codes.iter().filter(|code| **code == RefusalCode::BadCredentials).count() as u64;
    assert!(codes.len() == 120 && judged >= 1);
    std::thread::sleep(Duration::from_millis(200));
    site.stop_station();
    let all = entries(&site);
    let failed = |entry: &&Entry| matches!(entry.act, Act::LoginPasswordFailed { .. });
    let written = all.iter().filter(failed).count() as u64;
    assert_eq!(written + told(&all, "login").0, 120, "every try is told");
    // Each line and each length of the tally has one entry at most; without the counts there were 120.
    assert!(written < 60, "{written}");
    let tally: Result<Option<serde_json::Value>, StoreError> =
        site.store().read(|tx| tx.get(Table::Tallies, "user/sato"));
    assert_eq!(
        tally.unwrap().unwrap()["failures"].as_u64(),
        Some(judged),
        "the tally counts what was judged"
    );
}
