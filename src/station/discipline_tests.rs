//! The wall clock under a running station: nobody keeps it, it goes back an hour, it goes forward ten years.

use super::*;
use crate::clock::Clock as _;
use crate::domain::case::CaseDraft;
use crate::domain::{Permission, UserId};
use crate::identity::{BootMillis, Limits, Tally};
use crate::log::{Act, ClockNote, Entry, Link, Part};
use crate::protocol::{RefusalCode, Reply};
use crate::station::acts::{cases, home};
use crate::station::desk::Origin;
use crate::station::test_site::TestSite;
use crate::store::Table;

const HOUR: i64 = 3_600_000;
const YEARS: i64 = 10 * 365 * 24 * HOUR;

async fn asked(site: &TestSite, answer: Option<bool>) {
    site.clock.synchronise(answer);
    site.station.ask_about_clock().unwrap().join().unwrap();
    site.station.look_at_clock().await.unwrap();
}

async fn open_case(site: &TestSite, sato: &Origin) -> Entry {
    let draft = CaseDraft { bed: "初療室1".into(), ..CaseDraft::default() };
    site.station.line_act(sato, None, move |desk| cases::open(desk, &draft)).await.unwrap();
    site.entries().pop().unwrap()
}

async fn news(site: &TestSite, sato: &Origin) -> Vec<SafeText> {
    let Reply::Home(home) = site.station.line_act(sato, None, home::show).await.unwrap() else { panic!() };
    home.news
}

/// What the log says of the clock, oldest first.
fn told(site: &TestSite) -> Vec<Link> {
    let of_clock = site.entries().into_iter().filter_map(|entry| match entry.act {
        Act::StationState { part: Part::Clock, state, .. } => Some(state),
        _ => None,
    });
    of_clock.collect()
}

#[tokio::test]
async fn a_clock_that_nobody_keeps_is_on_record_once_and_in_every_stamp() {
    let site = TestSite::prepared(|store| {
        let administers = store.transact(|tx| {
            let mut account: Account = tx.get(Table::Accounts, "sato")?.unwrap();
            account.permissions.insert(Permission::Administer);
            tx.put(Table::Accounts, "sato", &account)
        });
        administers.map_err(|error: StoreError| error).unwrap();
    })
    .await;
    let sato = site.session();
    // Answers of the host, what is on record after each, and the stamp that follows.
    let (steady, missing) = (ClockNote::Steady, ClockNote::Unsynchronised);
    let table = [
        (None, vec![], steady),
        (Some(true), vec![], steady),
        (Some(false), vec![Link::Dead], missing),
        (Some(false), vec![Link::Dead], missing),
        // No answer is no news.
        (None, vec![Link::Dead], missing),
        (Some(true), vec![Link::Dead, Link::Alive], steady),
        (None, vec![Link::Dead, Link::Alive], steady),
        (Some(false), vec![Link::Dead, Link::Alive, Link::Dead], missing),
    ];
    for (step, (answer, expected, note)) in table.into_iter().enumerate() {
        asked(&site, answer).await;
        assert_eq!(told(&site), expected, "{step}");
        assert_eq!(open_case(&site, &sato).await.at.clock, note, "{step}");
        let said = news(&site, &sato).await;
        let warned = said.iter().any(|words| words.as_str().contains("時刻サーバーと同期していません"));
        assert_eq!(warned, note == missing, "{step}: {said:?}");
    }
    // A step says more than that.
    site.clock.step(HOUR);
    assert!(matches!(open_case(&site, &sato).await.at.clock, ClockNote::Stepped(_)));
    assert_eq!(open_case(&site, &sato).await.at.clock, missing);
}

#[tokio::test]
async fn only_an_administrator_is_told() {
    let site = TestSite::new().await;
    let sato = site.session();
    asked(&site, Some(false)).await;
    assert_eq!(told(&site), [Link::Dead]);
    assert_eq!(news(&site, &sato).await, Vec::<SafeText>::new());
}

#[tokio::test]
async fn a_step_of_the_wall_clock_is_noted_and_moves_nothing_but_the_time_of_day() {
    let site = TestSite::prepared(|store| {
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_sec;
        let now = BootMillis(u64::try_from(boot).unwrap() * 1_000);
        let limits = Limits::account();
        let tally = (0..10).fold(Tally::default(), |tally, _| tally.failed(now, &limits));
        let locked = store.transact(move |tx| tx.put(Table::Tallies, "user/suzuki", &tally));
        locked.map_err(|error: StoreError| error).unwrap();
    })
    .await;
    let station = &site.station;
    let sato = site.session();
    station.waiting.begin("EMSREQ.xml".to_owned(), site.clock.now().boot_ms);
    let first = open_case(&site, &sato).await;
    assert_eq!(first.at.clock, ClockNote::Steady);
    for step in [-HOUR, HOUR, YEARS, -YEARS] {
        site.clock.step(step);
        let entry = open_case(&site, &sato).await;
        let ClockNote::Stepped(noted) = entry.at.clock else { panic!("{step}: {:?}", entry.at.clock) };
        assert!((noted - step).abs() < 1_000, "{step}: {noted}");
        assert_eq!(open_case(&site, &sato).await.at.clock, ClockNote::Steady, "noted once");
        // Nothing is over, and nothing is let off: session, time-out, lock-out.
        station.look_at_sessions().await.unwrap();
        assert_eq!(station.waiting.due(site.clock.now().boot_ms).len(), 0, "{step}");
        let stranger =
            Origin { line: 2, terminal: "uid7 pts/1".into(), source: "uid7".into(), session: None };
        let refused = station.line_value(&stranger, |desk| {
            let suzuki = UserId::parse("suzuki").unwrap();
            let held = crate::station::acts::login::held_up(desk, Some(&suzuki))?;
            Ok(held.map(|held| held.refusal.code))
        });
        assert_eq!(refused.await.unwrap(), Some(RefusalCode::LockedOut), "{step}");
    }
    // The order is that of the numbers, whatever the times say.
    let entries = site.entries();
    assert!(entries.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
    assert!(entries.windows(2).any(|pair| pair[0].at.utc_ms > pair[1].at.utc_ms + HOUR / 2));
    assert!(entries.windows(2).all(|pair| pair[0].at.boot_ms <= pair[1].at.boot_ms));
    assert!(
        entries
            .iter()
            .all(|entry| !matches!(entry.act, Act::SessionLocked { .. } | Act::SessionEnded { .. }))
    );
    // What is to end ends by the clock that does not jump.
    site.clock.advance(12 * 60_000);
    assert_eq!(station.waiting.due(site.clock.now().boot_ms).len(), 1);
    station.look_at_sessions().await.unwrap();
    assert!(matches!(site.entries().pop().unwrap().act, Act::SessionLocked { .. }));
}
