//! The archive is away, stopped, killed or full of what was sent before.

use super::database::Database;
use super::log::{fill, rows, status, until_row, until_sent};
use super::process::until;
use super::support::audit::Audit;
use super::support::person::Person;
use super::support::site::Site;
use kyukyu::protocol::view::{LogLine, ShippingState};
use kyukyu::protocol::{Reply, Request};
use kyukyu::store::{StoreError, Table};

/// More than three days of a busy emergency room.
const DAYS: u64 = 20_000;

/// The station remembers nothing of what it sent.
fn forget(site: &Site) {
    let store = site.store();
    let forgotten = store.transact(|tx| tx.remove(Table::Shipping, "postgres"));
    assert!(forgotten.map_err(|error: StoreError| error).unwrap(), "there was a cursor");
    store.close().unwrap();
}

#[test]
fn what_days_have_left_is_caught_up_through_kills_and_sent_again_without_doubles() {
    let mut database = Database::new();
    let mut site = database.site();
    fill(&site, DAYS);
    site.start_station();
    // Killed in the middle, both of them, more than once.
    for share in 1..=2 {
        until("nothing arrives", || {
            let rows = database.rows();
            if rows >= DAYS / 4 * share { Ok(rows) } else { Err(format!("{rows} rows")) }
        });
        database.kill();
        database.start();
        // Before the station has tried again.
        assert!(database.rows() < DAYS, "it was killed in the middle");
    }
    site.kill_station();
    let before = database.rows();
    assert_eq!(database.check(), "");
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    let sent = until_sent(&mut kanri);
    assert!(before <= sent && database.rows() >= sent, "{before} {sent}");
    site.stop_station();

    // All of it once more.
    forget(&site);
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    assert!(until_sent(&mut kanri) > DAYS);
    site.stop_station();
    let (stored, archived) = (rows(&site).len() as u64, database.rows());
    assert!(archived <= stored && archived > DAYS, "{archived} of {stored}");
    assert_eq!(database.ask("SELECT max(seq) FROM kyukyu_log"), archived.to_string());
    assert_eq!(database.check(), "");
}

/// A backup that was put back, a replica that took over without the newest rows.
#[test]
fn what_the_archive_has_lost_it_gets_again_and_that_is_on_record() {
    let database = Database::new();
    let mut site = database.site();
    fill(&site, 1_300);
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    until_sent(&mut kanri);
    for lost in ["seq > 300", "true"] {
        database.ask(&format!("DELETE FROM kyukyu_log WHERE {lost}"));
        Person::sato(&site).case();
        let sent = until_sent(&mut kanri);
        assert!(database.rows() >= sent);
        assert_eq!(database.check(), "", "{lost}");
    }
    let mut audit = Audit::new(&site);
    for held in ["300番までしかありません", "0番までしかありません"] {
        let told = |line: &LogLine| line.kind.as_str() == "damage" && line.words.as_str().contains(held);
        assert!(audit.lines().iter().any(told), "{held}");
    }
}

#[test]
fn a_server_that_is_stopped_or_gone_holds_up_no_act() {
    let mut database = Database::new();
    let mut site = database.site();
    site.start_linksim(&["--delay-ms", "50"]);
    site.start_station();
    let (mut kanri, mut sato) = (Person::with_password(&site, "kanri"), Person::sato(&site));
    until_sent(&mut kanri);
    database.stop();
    let mut done = 0;
    for _ in 0..50 {
        let case = sato.case();
        sato.enquiry_view(Request::OpenEnquiry { case });
        done += 2;
    }
    // Still stopped: nothing of this has waited for the server.
    assert!(database.process().is_stopped() && done == 100);
    let row = status(&mut kanri).targets.remove(0);
    assert!(row.behind >= 50, "{row:?}");
    database.go_on();
    until_sent(&mut kanri);

    // Gone: the same, and the administrator is told, with words that say what to do.
    database.kill();
    for _ in 0..50 {
        sato.case();
    }
    let row = until_row(&mut kanri, "nobody is told", |row| row.state == ShippingState::Waiting);
    assert!(row.words.as_str().contains("確認してください"), "{row:?}");
    let Reply::Home(home) = kanri.ask(Request::Home) else { panic!("home") };
    assert!(home.news.iter().any(|news| news.as_str().contains("から送信できません")), "{:?}", home.news);
    let Reply::Home(home) = sato.ask(Request::Home) else { panic!("home") };
    assert!(!home.news.iter().any(|news| news.as_str().contains("送信")), "{:?}", home.news);
    database.start();
    let sent = until_sent(&mut kanri);
    assert!(database.rows() >= sent);
    assert_eq!(database.check(), "");
    let Reply::Home(home) = kanri.ask(Request::Home) else { panic!("home") };
    assert!(!home.news.iter().any(|news| news.as_str().contains("送信")), "{:?}", home.news);
}
