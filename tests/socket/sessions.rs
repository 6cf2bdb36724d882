//! The life of a session seen from its line: resumed, lost, doubled, stopped; and acts asked twice.

use crate::support::audit::{Audit, entries};
use crate::support::card::{log_in, password};
use crate::support::patients::patient;
use crate::support::person::{Person, consent};
use crate::support::site::{PASSWORD, Site};
use kyukyu::client::{Client, ClientFault};
use kyukyu::domain::case::CaseDraft;
use kyukyu::domain::period::Section;
use kyukyu::domain::{Profession, UserId};
use kyukyu::log::{Act, SessionCause};
use kyukyu::protocol::view::Stage;
use kyukyu::protocol::{
    EndCause, Event, Hello, IdempotencyKey, RefusalCode, Reply, Request, Secret, VERSION,
};
use std::time::{Duration, Instant};

fn key(bits: u8) -> IdempotencyKey {
    IdempotencyKey::from_bits([bits; 16])
}

/// Logged in with the password alone; the token is kept.
fn with_token(site: &Site, user: &str) -> (Client, Secret) {
    let mut client = Client::connect(&site.socket()).unwrap();
    let login = Request::Login { user: user.to_owned(), password: Secret::new(PASSWORD.into()) };
    match client.ask(login).unwrap() {
        Reply::LoggedIn { token, .. } => (client, token),
        other => panic!("{other:?}"),
    }
}

fn resume(site: &Site, token: &Secret) -> Client {
    let hello = Hello { version: VERSION, resume: Some(token.clone()) };
    Client::connect_as(&site.socket(), hello).unwrap()
}

#[test]
fn an_act_asked_twice_is_done_once() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let draft = CaseDraft { bed: "初療室1".into(), ..CaseDraft::default() };
    let open = || Request::OpenCase { draft: draft.clone() };
    let mut number = |bits| match sato.client.ask_once(open(), key(bits)).unwrap() {
        Reply::Case(number) => number,
        other => panic!("{other:?}"),
    };
    assert_eq!(number(1), number(1));
    assert_ne!(number(1), number(2));
    let (enquiry, send) = (sato.enquiry(), key(3));
    sato.confirm(&enquiry, patient("P01").certificate());
    let asked = Request::Send { enquiry: enquiry.clone(), key: patient("P01").key(), consent: consent() };
    for _ in 0..3 {
        assert!(matches!(sato.client.ask_once(asked.clone(), send.clone()), Ok(Reply::Enquiry(_))));
    }
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
    // Asked again after all, it answers how things stand now, and sends nothing.
    let Ok(Reply::Enquiry(view)) = sato.client.ask_once(asked.clone(), send.clone()) else { panic!() };
    assert_eq!(view.stage, Stage::Answered);
    let intended = audit.lines().iter().filter(|line| line.kind.as_str() == "request_intended").count();
    assert_eq!(intended, 1);
    // Another's key is another key.
    let mut tanaka = Person::tanaka(&site);
    let Err(ClientFault::Refused(refusal)) = tanaka.client.ask_once(asked, send) else { panic!() };
    assert_eq!(refusal.code, RefusalCode::NotFound);

    let mut kanri = Person::with_password(&site, "kanri");
    let add = || Request::AddAccount {
        user: UserId::parse("tsuika").unwrap(),
        name: "追加 五郎".into(),
        profession: Profession::Nurse,
        record_user: None,
        password: Secret::new("atarashii-yoru-9".into()),
    };
    for _ in 0..2 {
        assert!(matches!(kanri.client.ask_once(add(), key(4)), Ok(Reply::Done)));
    }
    let added = audit.lines().iter().filter(|line| line.words.as_str().contains("tsuika")).count();
    assert_eq!(added, 1);
}

#[test]
fn asking_twice_shows_nothing_that_a_lock_has_shut() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (enquiry, _) = sato.outcome(patient("P01").certificate());
    sato.same_person(&enquiry);
    let read = || Request::ReadSummary { enquiry: enquiry.clone(), section: Section::Drugs, from: 0 };
    let redraft = || Request::Redraft { enquiry: enquiry.clone() };
    assert!(matches!(sato.client.ask_once(read(), key(1)), Ok(Reply::Summary(_))));
    assert!(matches!(sato.client.ask_once(redraft(), key(2)), Ok(Reply::Enquiry(_))));
    sato.ask(Request::Lock { card_gone: true });
    for (request, bits) in [(read(), 1), (redraft(), 2)] {
        let Err(ClientFault::Refused(refusal)) = sato.client.ask_once(request, key(bits)) else { panic!() };
        assert_eq!(refusal.code, RefusalCode::Locked);
    }
}

#[test]
fn a_lost_line_ends_its_session_within_a_second() {
    let mut site = Site::running();
    let (client, session) = log_in(&site, "sato");
    let mut audit = Audit::new(&site);
    let lost = Instant::now();
    drop(client);
    audit.find("session_ended", "回線断");
    assert!(lost.elapsed() < Duration::from_secs(1), "{:?}", lost.elapsed());
    // The farewells of a terminal say why.
    for (cause, words) in [
        (EndCause::Asked, "本人の操作"),
        (EndCause::Hangup, "端末の切断"),
        (EndCause::Terminated, "端末プログラム"),
    ] {
        let (mut client, _) = log_in(&site, "tanaka");
        client.ask(Request::Logout { cause }).unwrap();
        audit.find("session_ended", words);
        assert!(client.ask(Request::Home).is_err());
    }
    site.kill_station();
    let ended = entries(&site).into_iter().find(|entry| matches!(entry.act, Act::SessionEnded { .. }));
    let ended = ended.unwrap();
    assert_eq!(ended.session, Some(session.id), "the entry names the session");
    assert_eq!(ended.actor.unwrap().user.as_str(), "sato");
}

#[test]
fn two_sessions_of_one_account_are_two_and_a_login_on_a_line_ends_the_one_before() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let (mut one, first) = log_in(&site, "sato");
    let (mut other, second) = log_in(&site, "sato");
    assert_ne!(first.id, second.id);
    one.ask(Request::Lock { card_gone: false }).unwrap();
    assert!(other.ask(Request::Home).is_ok(), "the other is not locked with it");
    // Another person at the locked terminal: a new session, and the old one is over.
    let tanaka = password(&mut one, "tanaka", PASSWORD).unwrap();
    assert_eq!(tanaka.account.user.as_str(), "tanaka");
    let ended = audit.find("session_ended", "本人の操作");
    let Reply::Home(home) = one.ask(Request::Home).unwrap() else { panic!() };
    assert!(home.cases.is_empty());
    assert!(ended.seq > 0);
}

#[test]
fn a_session_survives_the_station_and_says_so() {
    let mut site = Site::running();
    let (mut client, token) = with_token(&site, "sato");
    client.ask(Request::Lock { card_gone: false }).unwrap();
    let (_other, live) = with_token(&site, "tanaka");
    site.kill_station();
    site.start_station();
    assert!(client.ask(Request::Home).is_err(), "the line is gone");
    let locked = resume(&site, &token).welcome().session.clone().unwrap();
    assert!(locked.locked, "a restart unlocks nothing");
    let mut live = resume(&site, &live);
    assert_eq!(live.welcome().session.as_ref().unwrap().account.user.as_str(), "tanaka");
    assert!(live.ask(Request::Home).is_ok());
    let mut audit = Audit::new(&site);
    audit.find("session_resumed", "");
    audit.find("store_opened", "異常終了");
    audit.verify();
}

#[test]
fn a_station_that_is_told_to_stop_says_so_and_ends_its_log_in_order() {
    let mut site = Site::running();
    let (mut client, token) = with_token(&site, "sato");
    site.stop_station();
    let mut words = Vec::new();
    while let Ok(Some(event)) = client.event(Duration::from_secs(2)) {
        words.push(event);
    }
    assert!(
        words.iter().any(|e| matches!(e, Event::Banner { words } if words.as_str().contains("停止します"))),
        "{words:?}"
    );
    let last = entries(&site).pop().unwrap();
    assert!(matches!(last.act, Act::StoreClosed { .. }), "{last:?}");
    assert!(!site.socket().exists());
    site.start_station();
    assert!(resume(&site, &token).welcome().session.is_some(), "terminals resume");
    let opened = Audit::new(&site).find("store_opened", "");
    assert!(!opened.words.as_str().contains("異常終了"), "{}", opened.words);
}

#[test]
fn idle_sessions_are_locked_and_ended_by_the_station_itself() {
    let mut site = Site::new();
    site.configure(|config| {
        config.idle_lock_min = 1;
        config.locked_end_min = 1;
    });
    site.start_station();
    // A minute is too long for a test: the record is made older, as if the person had gone a minute before.
    let (client, session) = log_in(&site, "sato");
    site.kill_station();
    drop(client);
    site.age_sessions(59_000);
    site.start_station();
    let mut audit = Audit::new(&site);
    audit.find("session_locked", "無操作");
    site.kill_station();
    let locked =
        entries(&site).into_iter().rev().find(|e| matches!(e.act, Act::SessionLocked { .. })).unwrap();
    assert_eq!(locked.session, Some(session.id.clone()), "the station's own acts name the session too");
    assert_eq!(locked.actor.unwrap().user.as_str(), "sato");
    site.age_sessions(60_000);
    site.start_station();
    Audit::new(&site).find("session_ended", "有効時間");
    site.kill_station();
    let ended = entries(&site)
        .into_iter()
        .rev()
        .find(|e| matches!(e.act, Act::SessionEnded { cause: SessionCause::Expired }));
    assert_eq!(ended.unwrap().session, Some(session.id));
}

#[test]
fn a_second_station_is_told_that_one_is_running() {
    let site = Site::running();
    let second = Site::try_serve(&site.config());
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("既に動いています") && said.contains(&site.station_pid().to_string()), "{said}");
    // Another store behind the same socket.
    let other = Site::new();
    let socket = site.socket();
    other.configure(|config| config.socket = socket);
    let third = Site::try_serve(&other.config());
    let said = String::from_utf8_lossy(&third.stderr).into_owned();
    assert!(!third.status.success() && said.contains("すでに動いています"), "{said}");
    assert!(Client::connect(&site.socket()).is_ok(), "the first goes on");
}

#[test]
fn a_mistaken_place_for_the_socket_costs_no_file() {
    let site = Site::new();
    let precious = site.folder.path().join("precious");
    std::fs::write(&precious, "kept").unwrap();
    let socket = precious.clone();
    site.configure(|config| config.socket = socket);
    let refused = Site::try_serve(&site.config());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("待受ソケット"), "{said}");
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "kept");
}
