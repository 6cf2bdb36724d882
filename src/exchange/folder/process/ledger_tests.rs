//! Commands and events in, and what the station and the next worker hear.

use super::*;
use crate::exchange::{AnswerFile, RequestFile};

fn write(name: &str) -> FolderCommand {
    FolderCommand::Write(RequestFile { name: name.to_owned(), bytes: b"<XmlMsg/>".to_vec() })
}

fn withdraw(name: &str) -> FolderCommand {
    FolderCommand::Withdraw { name: name.to_owned() }
}

fn event(kind: &str, name: &str) -> FolderEvent {
    let name = name.to_owned();
    match kind {
        "written" => FolderEvent::Written { name },
        "taken" => FolderEvent::Taken { name },
        "withdrawn" => FolderEvent::Withdrawn { name },
        "already taken" => FolderEvent::AlreadyTaken { name },
        "failed" => FolderEvent::WriteFailed { name, why: "x".to_owned() },
        "there" => FolderEvent::Found { name, waiting: true },
        "not there" => FolderEvent::Found { name, waiting: false },
        other => panic!("{other}"),
    }
}

fn answer(request: &str, bytes: &[u8], interim: bool) -> FolderEvent {
    FolderEvent::Answer {
        request: request.to_owned(),
        name: format!("{request}.res"),
        form: AnswerFile::Xml,
        bytes: bytes.to_vec(),
        hash: ContentHash::of(bytes),
        interim,
    }
}

/// Hands everything that waits to a worker that does it at once.
fn hand_over(ledger: &mut Ledger) -> Vec<FolderCommand> {
    let mut handed = Vec::new();
    while let Some((command, mark)) = ledger.next(Instant::now(), false) {
        handed.extend(command);
        assert!(ledger.reached(mark));
    }
    handed
}

/// A ledger that has handed over a request and heard these events about it.
fn after(heard: &[&str]) -> Ledger {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.take(write("r")), None);
    hand_over(&mut ledger);
    for kind in heard {
        assert_eq!(ledger.hear(event(kind, "r")), Some(event(kind, "r")));
    }
    ledger
}

#[test]
fn one_thing_is_with_the_worker_at_a_time_and_only_its_own_mark_frees_it() {
    let (mut ledger, now) = (Ledger::default(), Instant::now());
    assert_eq!(ledger.next(now, false), None);
    ledger.take(write("a"));
    ledger.take(write("b"));
    let (first, mark) = ledger.next(now, false).unwrap();
    assert_eq!((first, ledger.next(now, true)), (Some(write("a")), None));
    let later = now + Duration::from_secs(9);
    assert_eq!(ledger.silent(later), Some(Duration::from_secs(9)));
    assert!(!ledger.reached(mark + 1) && ledger.reached(mark));
    assert_eq!((ledger.silent(later), ledger.waits()), (None, true));
    assert_eq!(ledger.next(now, false).unwrap().0, Some(write("b")));
}

#[test]
fn a_request_that_no_worker_has_seen_is_withdrawn_for_certain() {
    let mut ledger = Ledger::default();
    ledger.take(write("a"));
    ledger.take(write("b"));
    ledger.next(Instant::now(), false);
    assert_eq!(ledger.take(withdraw("b")), Some(event("withdrawn", "b")));
    // The one that is with the worker may have been written.
    assert_eq!(ledger.take(withdraw("a")), None);
    assert_eq!(ledger.lost(), []);
    ledger.begin_anew();
    let expected = Expected { request: "a".into(), seen: Vec::new() };
    assert_eq!(hand_over(&mut ledger), [FolderCommand::Expect(vec![expected]), withdraw("a")]);
}

#[test]
fn a_new_worker_finds_out_and_nothing_is_said_twice() {
    // What was heard before, what the new worker finds, and what the station hears of it.
    let table: &[(&[&str], &str, Option<&str>)] = &[
        (&[], "there", Some("there")),
        (&[], "not there", Some("not there")),
        (&["written"], "there", None),
        (&["written"], "not there", Some("taken")),
        (&["written", "taken"], "not there", None),
        (&["written", "already taken"], "not there", None),
    ];
    for (before, found, hears) in table {
        let mut ledger = after(before);
        ledger.lost();
        ledger.begin_anew();
        let expected = Expected { request: "r".into(), seen: Vec::new() };
        assert_eq!(hand_over(&mut ledger), [FolderCommand::Expect(vec![expected])], "{before:?}");
        assert_eq!(ledger.hear(event(found, "r")), hears.map(|kind| event(kind, "r")), "{before:?} {found}");
        // And the worker after that says nothing new at all.
        assert_eq!(ledger.hear(event(found, "r")), None, "{before:?} {found}");
    }
    for gone in ["withdrawn", "failed"] {
        let mut ledger = after(&[gone]);
        ledger.begin_anew();
        assert_eq!(hand_over(&mut ledger), [], "{gone}");
    }
    let mut ledger = after(&["written"]);
    ledger.take(FolderCommand::Forget(vec!["r".into()]));
    hand_over(&mut ledger);
    ledger.begin_anew();
    assert_eq!(hand_over(&mut ledger), []);
}

#[test]
fn answers_are_told_once_however_many_workers_see_them() {
    let mut ledger = after(&["written", "taken"]);
    let conflict = |bytes: &[u8]| FolderEvent::Conflict {
        request: "r".into(),
        name: "r.res".into(),
        bytes: bytes.to_vec(),
        hash: ContentHash::of(bytes),
    };
    for told in [answer("r", b"wait", true), answer("r", b"yes", false), conflict(b"no")] {
        assert_eq!(ledger.hear(told.clone()), Some(told.clone()));
        assert_eq!(ledger.hear(told), None);
    }
    ledger.begin_anew();
    let seen = vec![("r.res".to_owned(), ContentHash::of(b"yes"))];
    assert_eq!(hand_over(&mut ledger), [FolderCommand::Expect(vec![Expected { request: "r".into(), seen }])]);
    assert!(ledger.hear(conflict(b"another")).is_some());
}

#[test]
fn a_withdrawal_that_was_under_way_is_asked_again_unless_it_was_answered() {
    for (answered, again) in [(None, true), (Some("already taken"), false)] {
        let mut ledger = after(&["written"]);
        ledger.take(withdraw("r"));
        ledger.next(Instant::now(), false);
        if let Some(kind) = answered {
            ledger.hear(event(kind, "r"));
        }
        assert_eq!(ledger.lost(), []);
        assert_eq!(hand_over(&mut ledger).contains(&withdraw("r")), again);
    }
}

#[test]
fn every_question_about_card_results_has_one_answer_in_its_order() {
    let mut ledger = Ledger::default();
    let copy = |name: &str| FolderCommand::CopyFace { name: name.into() };
    for command in [copy("x"), FolderCommand::CountFaces, copy("y"), write("r")] {
        ledger.take(command);
    }
    ledger.next(Instant::now(), false);
    let unanswered = [Question::Copy, Question::Count, Question::Copy].map(FolderEvent::Unanswered);
    assert_eq!(ledger.lost(), unanswered);
    assert_eq!(hand_over(&mut ledger), [write("r")], "the rest waits on");
    // One that was answered before the end is not answered twice.
    ledger.take(FolderCommand::CountFaces);
    ledger.next(Instant::now(), false);
    ledger.hear(FolderEvent::FaceCount(3));
    assert_eq!(ledger.lost(), []);
}

#[test]
fn many_requests_are_expected_in_small_messages() {
    let mut ledger = Ledger::default();
    for number in 0..200 {
        ledger.take(write(&format!("r{number:03}")));
    }
    hand_over(&mut ledger);
    ledger.begin_anew();
    let handed = hand_over(&mut ledger);
    let names: Vec<String> = handed
        .iter()
        .flat_map(|command| match command {
            FolderCommand::Expect(some) => some.iter().map(|one| one.request.clone()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(handed.len(), 4);
    assert_eq!(names, (0..200).map(|n| format!("r{n:03}")).collect::<Vec<_>>());
}
