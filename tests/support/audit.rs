//! The log, as the auditor `kansa` reads it over the socket, and as it lies in the store once nobody owns that.

use super::card::password;
use super::site::{PASSWORD, Site};
use kyukyu::client::Client;
use kyukyu::log::Entry;
use kyukyu::protocol::view::LogLine;
use kyukyu::protocol::{Reply, Request};
use kyukyu::store::StoreError;
use std::time::{Duration, Instant};

/// An auditor's line.
pub struct Audit(Client);

impl Audit {
    pub fn new(site: &Site) -> Self {
        let mut client = Client::connect(&site.socket()).unwrap();
        password(&mut client, "kansa", PASSWORD).unwrap();
        Self(client)
    }

    /// The same when the source of the tests has to wait before anybody can log in.
    pub fn new_later(site: &Site) -> Self {
        let mut client = Client::connect(&site.socket()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while password(&mut client, "kansa", PASSWORD).is_err() {
            assert!(Instant::now() < deadline, "the auditor is kept out");
            std::thread::sleep(Duration::from_millis(200));
        }
        Self(client)
    }

    /// Everything on record, oldest first.
    pub fn lines(&mut self) -> Vec<LogLine> {
        let (mut lines, mut before) = (Vec::new(), None);
        loop {
            let Reply::Log(page) = self.0.ask(Request::ReadLog { before, own: false }).unwrap() else {
                panic!("not a page of the log")
            };
            before = page.lines.last().map(|line| line.seq);
            lines.extend(page.lines);
            if !page.more {
                lines.reverse();
                return lines;
            }
        }
    }

    /// The newest sequence number: what comes after it is what a test did.
    pub fn mark(&mut self) -> u64 {
        self.lines().last().map_or(0, |line| line.seq)
    }

    /// The kinds of what came after a mark, but for the auditor's own.
    pub fn kinds_since(&mut self, mark: u64) -> Vec<String> {
        let lines = self.lines().into_iter();
        lines.filter(|l| l.seq > mark && l.user.as_str() != "kansa").map(|l| l.kind.to_string()).collect()
    }

    /// The newest entry that holds these words, waited for a little: some are written on nobody's request.
    pub fn find(&mut self, kind: &str, words: &str) -> LogLine {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let lines = self.lines();
            let found =
                lines.iter().rev().find(|l| l.kind.as_str() == kind && l.words.as_str().contains(words));
            if let Some(line) = found {
                return line.clone();
            }
            if Instant::now() > deadline {
                let told: Vec<String> = lines
                    .iter()
                    .filter(|l| l.user.as_str() != "kansa")
                    .map(|l| format!("{} {} {} {}", l.seq, l.user, l.kind, l.words))
                    .collect();
                panic!("no {kind} with {words:?} in\n{}", told.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks for the check of the whole chain.
    pub fn verify(&mut self) {
        let Reply::Verified(found) = self.0.ask(Request::VerifyLog).unwrap() else { panic!("not a check") };
        assert!(found.faults.is_empty(), "{found:?}");
    }
}

/// Where the wanted kinds stand, each after the one before; panics where they do not.
pub fn in_order(kinds: &[String], wanted: &[&str]) {
    let mut rest = kinds.iter();
    for kind in wanted {
        assert!(rest.any(|found| found == kind), "{kind} is missing or too early in {kinds:#?}");
    }
}

/// Every entry of a store that nobody owns any more, oldest first; its chain is checked on the way.
pub fn entries(site: &Site) -> Vec<Entry> {
    let store = site.store();
    let report = store.verify_log(&[]).unwrap();
    assert_eq!(report.fault_count, 0, "{:?}", report.faults);
    let mut entries =
        store.read(|tx| Ok::<_, StoreError>(tx.log_page(None, 10_000, |_| true)?.entries)).unwrap();
    entries.reverse();
    entries
}
