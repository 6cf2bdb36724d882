//! kill -9 at every awkward moment: nothing acknowledged is lost, nothing is sent twice, and what is not known is said
//! to be so.

use crate::support::audit::{Audit, entries, in_order};
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::{PASSWORD, Site};
use kyukyu::client::{Client, ClientFault};
use kyukyu::domain::case::CaseDraft;
use kyukyu::domain::enquiry::{CancelOutcome, Delivery, HeldBecause};
use kyukyu::domain::period::Section;
use kyukyu::log::Act;
use kyukyu::protocol::view::{EnquiryView, Stage};
use kyukyu::protocol::{Hello, IdempotencyKey, Reply, Request, Secret, VERSION};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

fn in_folder(site: &Site, part: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(site.exchange().join(part)).unwrap();
    let mut ours: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    ours.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("EMS"));
    ours
}

fn until(what: &str, mut wanted: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !wanted() {
        assert!(Instant::now() < deadline, "not yet: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Both factors, with the token kept.
fn sato(site: &Site) -> (Person, Secret) {
    let mut client = Client::connect(&site.socket()).unwrap();
    let login = Request::Login { user: "sato".into(), password: Secret::new(PASSWORD.into()) };
    let Reply::LoggedIn { session, token } = client.ask(login).unwrap() else { panic!() };
    let session = crate::support::card::prove(site, "doctor-1", &mut client, &session);
    (Person { client, session }, token)
}

fn resumed(site: &Site, token: &Secret) -> Person {
    let hello = Hello { version: VERSION, resume: Some(token.clone()) };
    let client = Client::connect_as(&site.socket(), hello).unwrap();
    let session = client.welcome().session.clone().expect("the session goes on");
    Person { client, session }
}

fn intended(site: &Site) -> usize {
    let mut audit = Audit::new(site);
    audit.lines().iter().filter(|line| line.kind.as_str() == "request_intended").count()
}

#[test]
fn an_answer_that_came_while_the_station_was_dead_is_taken_in_and_nothing_is_sent_twice() {
    let mut site = Site::new();
    site.start_linksim(&["--delay-ms", "1500"]);
    site.start_station();
    let (mut person, token) = sato(&site);
    let enquiry = person.ask_for(patient("P01").certificate());
    let with_link = |view: &EnquiryView| matches!(view.stage, Stage::Sent { delivery: Delivery::Taken, .. });
    person.until(&enquiry, with_link);
    site.kill_station();
    until("the answer", || !in_folder(&site, "res").is_empty());
    site.start_station();
    let mut person = resumed(&site, &token);
    assert!(person.session.two_factors, "no new login");
    assert_eq!(person.settled(&enquiry).stage, Stage::Answered);
    person.same_person(&enquiry);
    person.read(&enquiry, Section::Drugs);
    assert_eq!(intended(&site), 1);
    let mut audit = Audit::new(&site);
    in_order(
        &audit.kinds_since(0),
        &["request_intended", "request_taken", "store_opened", "answer_arrived", "person_shown"],
    );
    audit.verify();
    assert!(in_folder(&site, "req").is_empty());
}

#[test]
fn a_request_that_was_taken_while_the_station_was_dead_is_known_to_be_taken() {
    let mut site = Site::new();
    site.start_station();
    let (mut person, token) = sato(&site);
    let enquiry = person.ask_for(patient("P01").certificate());
    let written = |view: &EnquiryView| matches!(view.stage, Stage::Sent { delivery: Delivery::Written, .. });
    person.until(&enquiry, written);
    site.kill_station();
    fs::remove_file(in_folder(&site, "req").remove(0)).unwrap();
    site.start_station();
    let mut person = resumed(&site, &token);
    let with_link = |view: &EnquiryView| matches!(view.stage, Stage::Sent { delivery: Delivery::Taken, .. });
    person.until(&enquiry, with_link);
    let kinds = Audit::new(&site).kinds_since(0);
    in_order(&kinds, &["request_written", "store_opened", "request_taken"]);
    assert_eq!(kinds.iter().filter(|kind| *kind == "request_written").count(), 1, "and said once");
}

#[test]
fn a_late_answer_of_an_earlier_run_is_held_and_survives_the_next() {
    let mut site = Site::new();
    site.configure(|config| config.answer_timeout_s = 5);
    site.start_station();
    let (mut person, token) = sato(&site);
    let enquiry = person.ask_for(patient("P01").certificate());
    // Taken by hand, so that it cannot be withdrawn; the answer comes after the time-out and a restart.
    until("the request", || in_folder(&site, "req").len() == 1);
    let request = in_folder(&site, "req").remove(0);
    let aside = site.folder.path().join("taken");
    fs::rename(&request, &aside).unwrap();
    let maybe_sent = Stage::TimedOut { outcome: CancelOutcome::MaybeSent };
    person.until(&enquiry, |view| view.stage == maybe_sent);
    site.kill_station();
    fs::rename(&aside, &request).unwrap();
    site.start_linksim(&["--delay-ms", "50"]);
    until("the answer", || !in_folder(&site, "res").is_empty());
    site.start_station();
    let mut person = resumed(&site, &token);
    let view = person.until(&enquiry, |view| !view.held.is_empty());
    assert_eq!((view.held[0].because, view.late_to_open), (HeldBecause::Late, true));
    site.kill_station();
    site.start_station();
    let mut person = resumed(&site, &token);
    assert_eq!(person.show(&enquiry).held.len(), 1, "it is held once");
    let view = person.enquiry_view(Request::OpenLate { enquiry: enquiry.clone() });
    assert_eq!(view.stage, Stage::Answered);
    person.same_person(&enquiry);
    assert!(person.read(&enquiry, Section::Visits).late);
}

#[test]
fn what_may_not_have_gone_out_waits_for_its_owner() {
    let mut site = Site::new();
    site.start_station();
    let (mut person, token) = sato(&site);
    let enquiry = person.ask_for(patient("P01").certificate());
    until("the request", || in_folder(&site, "req").len() == 1);
    site.kill_station();
    // As if it had been killed between the record and the file.
    fs::remove_file(in_folder(&site, "req").remove(0)).unwrap();
    site.change_enquiry(&enquiry, |record| record["state"]["delivery"] = "intended".into());
    site.start_station();
    let mut person = resumed(&site, &token);
    person.until(&enquiry, |view| view.stage == Stage::DeliveryUnknown);
    let Reply::Home(home) = person.ask(Request::Home) else { panic!() };
    assert!(home.news.iter().any(|words| words.as_str().contains("送信できたか不明")), "{:?}", home.news);
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(in_folder(&site, "req").is_empty(), "the program sends nothing again");
    site.start_linksim(&["--delay-ms", "50"]);
    person.enquiry_view(Request::SendAgain { enquiry: enquiry.clone() });
    assert_eq!(person.settled(&enquiry).stage, Stage::Answered);
    assert_eq!(intended(&site), 2, "the second by its owner's act");
    in_order(
        &Audit::new(&site).kinds_since(0),
        &["request_intended", "store_opened", "request_maybe_sent", "request_intended", "answer_arrived"],
    );
}

#[test]
fn a_withdrawal_that_a_crash_cut_short_is_found_out() {
    let mut site = Site::new();
    site.start_station();
    let (mut person, token) = sato(&site);
    let ids = ["P01", "P02"].map(|id| person.ask_for(patient(id).certificate()));
    until("the requests", || in_folder(&site, "req").len() == 2);
    let before: Vec<PathBuf> = in_folder(&site, "req");
    site.kill_station();
    for enquiry in &ids {
        let cancelled = serde_json::json!({ "state": "cancelled", "outcome": "pending" });
        site.change_enquiry(enquiry, move |record| record["state"] = cancelled.clone());
    }
    // One was taken meanwhile.
    let gone = site.request_of(&ids[1]);
    fs::remove_file(before.iter().find(|path| path.ends_with(&gone)).unwrap()).unwrap();
    site.start_station();
    let mut person = resumed(&site, &token);
    for (enquiry, outcome) in ids.iter().zip([CancelOutcome::Withdrawn, CancelOutcome::MaybeSent]) {
        person.until(enquiry, |view| view.stage == Stage::Cancelled { outcome });
    }
    assert!(in_folder(&site, "req").is_empty());
}

#[test]
fn a_request_is_on_record_before_its_file_exists() {
    let mut site = Site::new();
    for round in 0..4 {
        site.start_station();
        let (mut person, _) = sato(&site);
        let enquiry = person.enquiry();
        person.confirm(&enquiry, patient("P01").certificate());
        let folder = site.exchange().join("req");
        let (begun, started) = mpsc::channel();
        let watch = std::thread::spawn(move || {
            begun.send(()).unwrap();
            let deadline = Instant::now() + Duration::from_secs(10);
            while Instant::now() < deadline {
                let mut names = fs::read_dir(&folder).unwrap().flatten().map(|e| e.file_name());
                if let Some(name) = names.find(|name| name.to_str().unwrap().starts_with("EMS")) {
                    return name.into_string().unwrap();
                }
            }
            panic!("no request came");
        });
        started.recv().unwrap();
        let key = patient("P01").key();
        let send = Request::Send { enquiry, key, consent: crate::support::person::consent() };
        let asking = std::thread::spawn(move || person.client.ask(send).is_ok());
        let name = watch.join().unwrap();
        site.kill_station();
        let _ = asking.join();
        let on_record = entries(&site)
            .into_iter()
            .any(|entry| matches!(entry.act, Act::RequestIntended { file, .. } if file.as_str() == name));
        assert!(on_record, "round {round}: {name} stood there and was not on record");
        for path in in_folder(&site, "req") {
            fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_request_that_cannot_be_written_was_not_sent_and_says_so() {
    let mut site = Site::new();
    site.start_linksim(&["--delay-ms", "50"]);
    site.start_station();
    let (mut person, _) = sato(&site);
    let (exchange, away) = (site.exchange(), site.folder.path().join("away"));
    site.kill_linksim();
    fs::rename(&exchange, &away).unwrap();
    let (enquiry, stage) = person.outcome(patient("P01").certificate());
    let Stage::Failed { message, .. } = stage else { panic!("{stage:?}") };
    assert!(message.as_str().contains("送信されていません"), "{message}");
    let mut audit = Audit::new(&site);
    audit.find("request_write_failed", "");
    audit.find("station_state", "連携ソフト: 異常");
    fs::rename(&away, &exchange).unwrap();
    site.start_linksim(&["--delay-ms", "50"]);
    person.ask_again(&enquiry, patient("P01").certificate());
    assert_eq!(person.settled(&enquiry).stage, Stage::Answered);
    audit.find("station_state", "連携ソフト: 復旧");
}

/// What a client knows after a round.
struct Asked {
    token: Secret,
    /// Cases whose opening was acknowledged.
    acknowledged: BTreeSet<String>,
    /// The key that had no answer when the station died.
    open: Option<IdempotencyKey>,
    keys: u128,
}

impl Asked {
    /// Opens cases until the station dies; what had no answer is asked again first, under the same key.
    fn round(mut self, socket: &Path, who: u8) -> Self {
        let hello = Hello { version: VERSION, resume: Some(self.token.clone()) };
        let Ok(mut client) = Client::connect_as(socket, hello) else { return self };
        if client.welcome().session.is_none() {
            return self;
        }
        loop {
            let key = self.open.take().unwrap_or_else(|| {
                self.keys += 1;
                IdempotencyKey::from_bits((u128::from(who) << 64 | self.keys).to_be_bytes())
            });
            let draft = CaseDraft { bed: format!("ベッド{who}"), ..CaseDraft::default() };
            match client.ask_once(Request::OpenCase { draft }, key.clone()) {
                Ok(Reply::Case(number)) => drop(self.acknowledged.insert(number.to_string())),
                Ok(other) => panic!("{other:?}"),
                Err(ClientFault::Refused(refusal)) => panic!("{refusal}"),
                Err(_) => {
                    self.open = Some(key);
                    return self;
                }
            }
        }
    }
}

#[test]
fn what_was_acknowledged_is_never_lost_nor_done_twice() {
    let mut site = Site::new();
    site.start_station();
    let cards = [("sato", "doctor-1"), ("tanaka", "doctor-2")];
    let mut people: Vec<Asked> = cards
        .iter()
        .map(|(user, card)| {
            let mut client = Client::connect(&site.socket()).unwrap();
            let login = Request::Login { user: (*user).into(), password: Secret::new(PASSWORD.into()) };
            let Reply::LoggedIn { session, token } = client.ask(login).unwrap() else { panic!() };
            crate::support::card::prove(&site, card, &mut client, &session);
            // The line stays open until the station is dead: nobody says goodbye.
            std::mem::forget(client);
            Asked { token, acknowledged: BTreeSet::new(), open: None, keys: 0 }
        })
        .collect();
    for round in 0..20_u64 {
        if round > 0 {
            site.start_station();
        }
        let threads: Vec<_> = people
            .drain(..)
            .zip(0_u8..)
            .map(|(asked, who)| {
                let socket = site.socket();
                std::thread::spawn(move || asked.round(&socket, who))
            })
            .collect();
        // Spread over the first moments after the start, where a resume, an act or a commit may be under way.
        std::thread::sleep(Duration::from_millis(round * 13 % 120));
        site.kill_station();
        people = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    }
    let all = entries(&site);
    let opened: Vec<String> = all
        .iter()
        .filter(|entry| matches!(entry.act, Act::CaseOpened {}))
        .map(|entry| entry.case.as_ref().unwrap().to_string())
        .collect();
    let on_record: BTreeSet<String> = opened.iter().cloned().collect();
    let acknowledged: BTreeSet<String> = people.iter().flat_map(|p| p.acknowledged.clone()).collect();
    assert!(acknowledged.len() > 20, "the loop did nothing: {}", acknowledged.len());
    assert_eq!(acknowledged.difference(&on_record).count(), 0, "an acknowledged act is lost");
    // At most the last act of each was done without its answer having been heard.
    let asked: u128 = people.iter().map(|p| p.keys).sum();
    assert!(opened.len() as u128 <= asked && opened.len() <= acknowledged.len() + people.len());
    let seqs: Vec<u64> = all.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
}
