//! The share hangs. A stopped worker process stands for one that a dead mount holds: it takes nothing and says nothing.

use crate::support::audit::{Audit, in_order};
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::domain::enquiry::{CancelOutcome, Delivery};
use kyukyu::protocol::view::{EnquiryView, Link, Stage};
use kyukyu::protocol::{Event, Reply, Request};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs;
use std::time::{Duration, Instant};

/// The station's folder worker: its only child.
fn worker(site: &Site) -> Pid {
    let station = site.station_pid().to_string();
    let parent = |stat: &str| stat.rsplit_once(") ")?.1.split(' ').nth(1).map(str::to_owned);
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            (!stat.contains(") Z ") && parent(&stat)? == station).then_some(pid)
        });
        if let Some(pid) = pids.into_iter().next() {
            return Pid::from_raw(pid).unwrap();
        }
        assert!(Instant::now() < deadline, "no worker: {}", site.station_log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn was_written(view: &EnquiryView) -> bool {
    matches!(view.stage, Stage::Sent { delivery: Delivery::Written | Delivery::Taken, .. })
}

fn requests(site: &Site) -> usize {
    let names = fs::read_dir(site.exchange().join("req")).unwrap().flatten();
    names.filter(|entry| entry.file_name().to_str().unwrap().starts_with("EMS")).count()
}

#[test]
fn who_waits_for_a_folder_that_hangs_is_told_so_and_goes_on_and_hears_the_truth() {
    let mut site = Site::new();
    site.start_station();
    let mut sato = Person::sato(&site);
    let mut tanaka = Person::tanaka(&site);
    let enquiry = sato.ask_for(patient("P01").certificate());
    sato.until(&enquiry, was_written);
    assert_eq!(requests(&site), 1);
    let worker = worker(&site);
    kill_process(worker, Signal::STOP).unwrap();
    let view = sato.enquiry_view(Request::Cancel { enquiry: enquiry.clone() });
    assert_eq!(view.stage, Stage::Cancelled { outcome: CancelOutcome::Pending });
    let unanswered = Stage::Cancelled { outcome: CancelOutcome::Unanswered };
    sato.until(&enquiry, |view| view.stage == unanswered);
    // Everybody hears that the folder hangs, and nobody is held up by it.
    let hears = std::iter::from_fn(|| tanaka.client.event(Duration::from_secs(10)).unwrap());
    assert!({ hears }.any(|event| matches!(
        event,
        Event::Link(Link::NotResponding { why, .. }) if why.as_str().contains("応答しません")
    )));
    for _ in 0..20 {
        let Reply::Home(home) = tanaka.ask(Request::Home) else { panic!() };
        assert_eq!(home.face_results, None, "it is not said to be none");
    }
    let other = tanaka.enquiry();
    tanaka.confirm(&other, patient("P02").certificate());
    // Its owner goes on with another method; what is sent waits, and is taken back for certain.
    sato.enquiry_view(Request::Redraft { enquiry: enquiry.clone() });
    sato.confirm(&enquiry, patient("P01").four_items());
    sato.send(&enquiry);
    sato.enquiry_view(Request::Cancel { enquiry: enquiry.clone() });
    let withdrawn = Stage::Cancelled { outcome: CancelOutcome::Withdrawn };
    sato.until(&enquiry, |view| view.stage == withdrawn);
    assert_eq!(requests(&site), 1, "the first still stands there");
    kill_process(worker, Signal::CONT).unwrap();
    let heard = std::iter::from_fn(|| sato.client.event(Duration::from_secs(10)).unwrap());
    assert!({ heard }.any(|event| matches!(
        event,
        Event::Banner { words } if words.as_str().contains("「取下げ済」と分かりました")
    )));
    assert_eq!(requests(&site), 0);
    in_order(
        &Audit::new(&site).kinds_since(0),
        &[
            "request_written",
            "enquiry_cancelled",
            "request_maybe_sent",
            "request_intended",
            "enquiry_cancelled",
            "request_withdrawn",
            "request_withdrawn",
        ],
    );
    let mut audit = Audit::new(&site);
    audit.find("request_maybe_sent", "応答しない");
    audit.find("station_state", "連携ソフト: 復旧");
}

#[test]
fn what_was_left_open_when_the_station_stopped_is_found_out_by_the_next() {
    let mut site = Site::new();
    site.start_station();
    let mut sato = Person::sato(&site);
    let enquiry = sato.ask_for(patient("P01").certificate());
    sato.until(&enquiry, was_written);
    let worker = worker(&site);
    kill_process(worker, Signal::STOP).unwrap();
    sato.enquiry_view(Request::Cancel { enquiry: enquiry.clone() });
    let unanswered = Stage::Cancelled { outcome: CancelOutcome::Unanswered };
    sato.until(&enquiry, |view| view.stage == unanswered);
    sato.enquiry_view(Request::Redraft { enquiry: enquiry.clone() });
    // A folder that hangs holds nobody up who stops the station, and its worker goes too.
    site.stop_station();
    let deadline = Instant::now() + Duration::from_secs(10);
    while test_kill_process(worker).is_ok() {
        assert!(Instant::now() < deadline, "the worker outlives its station");
        std::thread::sleep(Duration::from_millis(10));
    }
    site.start_station();
    Audit::new(&site).find("request_withdrawn", "");
    assert_eq!(requests(&site), 0, "a request that was given up is not left for the link software");
}

#[test]
fn a_worker_that_dies_costs_nothing() {
    let mut site = Site::new();
    site.start_linksim(&["--delay-ms", "1500"]);
    site.start_station();
    let mut sato = Person::sato(&site);
    let enquiry = sato.ask_for(patient("P01").certificate());
    // Killed before it has said so, nobody could know whether it was written.
    sato.until(&enquiry, was_written);
    kill_process(worker(&site), Signal::KILL).unwrap();
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
    let (_, stage) = sato.outcome(patient("P02").certificate());
    assert_eq!(stage, Stage::Answered);
    let kinds = Audit::new(&site).kinds_since(0);
    assert_eq!(kinds.iter().filter(|kind| *kind == "request_written").count(), 2, "{kinds:#?}");
}
