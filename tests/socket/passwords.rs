//! Wrong passwords (A5): one text, waiting, a lock that an administrator lifts; never a hint who exists.

use crate::support::audit::Audit;
use crate::support::card::password;
use crate::support::person::Person;
use crate::support::site::{PASSWORD, Site};
use kyukyu::client::{Client, ClientFault};
use kyukyu::domain::UserId;
use kyukyu::protocol::{Refusal, RefusalCode, Request};
use std::time::{Duration, Instant};

const WRONG: &str = "machigai-no-yoru-1";

fn refused(client: &mut Client, user: &str, text: &str) -> Refusal {
    match password(client, user, text) {
        Err(ClientFault::Refused(refusal)) => refusal,
        other => panic!("{user}: {other:?}"),
    }
}

#[test]
fn who_exists_cannot_be_found_out() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let mut client = Client::connect(&site.socket()).unwrap();
    let mut times = Vec::new();
    let mut first = None;
    let long = "名".repeat(10_000);
    for user in ["sato", "nanashi", "", "../etc", long.as_str()] {
        let asked = Instant::now();
        let refusal = refused(&mut client, user, WRONG);
        times.push(asked.elapsed());
        assert_eq!(refusal.code, RefusalCode::BadCredentials, "{user:.20}");
        assert_eq!(*first.get_or_insert(refusal.clone()), refusal, "{user:.20}");
        if UserId::parse(user).is_ok() {
            // The second try has to wait, for whoever exists and for whoever does not.
            let refusal = refused(&mut client, user, PASSWORD);
            assert_eq!((refusal.code, refusal.retry_after_s), (RefusalCode::LockedOut, Some(1)), "{user}");
        }
    }
    // All of them paid for a hash; on a busy machine no closer comparison holds.
    let least = times.iter().min().unwrap();
    assert!(*least > Duration::from_millis(30), "{times:?}");
    for (user, why) in [("sato", "パスワード相違"), ("nanashi", "未登録")] {
        assert!(audit.lines().iter().any(|line| {
            let words = line.words.as_str();
            line.kind.as_str() == "login_password_failed" && words.contains(user) && words.contains(why)
        }));
    }
    std::thread::sleep(Duration::from_millis(1_050));
    password(&mut client, "sato", PASSWORD).unwrap();
}

#[test]
fn many_tries_at_one_moment_are_one_try() {
    let site = Site::running();
    let (socket, began) = (site.socket(), Instant::now());
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let socket = socket.clone();
            std::thread::spawn(move || refused(&mut Client::connect(&socket).unwrap(), "sato", WRONG).code)
        })
        .collect();
    let codes: Vec<RefusalCode> = tries.into_iter().map(|thread| thread.join().unwrap()).collect();
    let judged = codes.iter().filter(|code| **code == RefusalCode::BadCredentials).count();
    // One, and on a busy machine one more for each wait (1, 2, 4 s) that has passed meanwhile.
    let waited = began.elapsed().as_secs() + 1;
    assert!(judged <= 1 + waited.ilog2() as usize, "{judged} in {waited} s: {codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == RefusalCode::LockedOut).count(), 8 - judged);
}

#[test]
fn a_shared_terminal_is_not_locked_by_people_who_mistype_and_then_log_in() {
    let site = Site::running();
    let mut client = Client::connect(&site.socket()).unwrap();
    for round in 0..7 {
        let user = ["sato", "tanaka", "suzuki", "kanri"][round % 4];
        assert_eq!(refused(&mut client, user, WRONG).code, RefusalCode::BadCredentials, "{round}");
        std::thread::sleep(Duration::from_millis(1_010));
        password(&mut client, user, PASSWORD).unwrap();
    }
}

#[test]
fn who_tries_one_account_after_the_other_has_to_wait_too() {
    let site = Site::running();
    let mut client = Client::connect(&site.socket()).unwrap();
    let codes: Vec<RefusalCode> =
        (0..8).map(|n| refused(&mut client, &format!("nanashi-{n}"), WRONG).code).collect();
    // Five failures of a source are free; the sixth begins the waiting.
    assert!(codes[..6].iter().all(|code| *code == RefusalCode::BadCredentials), "{codes:?}");
    assert!(codes[6..].contains(&RefusalCode::LockedOut), "{codes:?}");
    Audit::new_later(&site).find("login_password_failed", "接続元");
}

#[test]
fn a_locked_account_is_opened_by_an_administrator_and_stays_locked_over_a_restart() {
    let mut site = Site::new();
    site.start_station();
    let mut client = Client::connect(&site.socket()).unwrap();
    // Five wrong tries wait 1, 2, 4, 8, 16 s; five are enough to see that waiting grows and is kept.
    for wait in [1, 2] {
        assert_eq!(refused(&mut client, "tanaka", WRONG).code, RefusalCode::BadCredentials);
        assert_eq!(refused(&mut client, "tanaka", PASSWORD).retry_after_s, Some(wait));
        std::thread::sleep(Duration::from_millis(wait * 1000 + 50));
    }
    assert_eq!(refused(&mut client, "tanaka", WRONG).code, RefusalCode::BadCredentials);
    site.kill_station();
    site.start_station();
    let mut client = Client::connect(&site.socket()).unwrap();
    let refusal = refused(&mut client, "tanaka", PASSWORD);
    assert_eq!(refusal.code, RefusalCode::LockedOut, "a restart forgives nothing");
    let mut kanri = Person::with_password(&site, "kanri");
    kanri.ask(Request::UnlockAccount { user: UserId::parse("tanaka").unwrap() });
    password(&mut client, "tanaka", PASSWORD).unwrap();
    Audit::new(&site).find("account_unlocked", "tanaka");
}

#[test]
fn an_account_with_a_card_manages_nothing_with_its_password_alone() {
    use kyukyu::domain::Permission;
    let site = Site::running();
    let user = UserId::parse("tanaka").unwrap();
    let mut kanri = Person::with_password(&site, "kanri");
    for permission in [Permission::Administer, Permission::Audit] {
        kanri.ask(Request::SetPermission { user: user.clone(), permission, granted: true });
    }
    let mut half = Person::with_password(&site, "tanaka");
    let acts = [
        Request::ListAccounts { after: None },
        Request::UnlockAccount { user: UserId::parse("sato").unwrap() },
        Request::ReadLog { before: None, own: false },
        Request::SearchLog { filter: Box::default(), before: None, own: false },
        Request::ShowLogEntry { seq: 1, own: false },
        Request::VerifyLog,
        Request::VerifyLogAgainst { outside: String::new() },
        Request::LogHead,
        Request::ListClosedReviews { month: None, before: None },
    ];
    for act in acts.into_iter().chain(crate::rules::exports()) {
        half.refused_as(act, RefusalCode::OneFactor);
    }
    let mut whole = Person::tanaka(&site);
    whole.ask(Request::ListAccounts { after: None });
    whole.ask(Request::VerifyLog);
}
