//! Requests and answers, from the first byte to the last.

use super::*;

#[test]
fn a_request_is_whole_from_its_first_moment_and_its_answer_is_found_once() {
    let mut bench = Bench::new();
    let name = request();
    assert_eq!(bench.tell(write(&name)), [Event::Written { name: name.clone() }]);
    assert_eq!(bench.names("req"), [name.as_str()], "no temporary file is left");
    assert_eq!(fs::read(bench.path("req").join(&name)).unwrap(), b"<XmlMsg/>");
    assert_eq!(bench.poll(), []);
    fs::remove_file(bench.path("req").join(&name)).unwrap();
    bench.put(&format!("res/{}", answer("xml")), SUMMARY);
    assert_eq!(bench.poll(), [Event::Taken { name: name.clone() }, answered(SUMMARY)]);
    assert_eq!(bench.poll_for(10), []);
    assert_eq!(bench.names("res"), [answer("xml")], "answers are the link software's to delete");
    fs::remove_file(bench.path("res").join(answer("xml"))).unwrap();
    assert_eq!(bench.poll(), []);
}

#[test]
fn a_second_request_of_one_name_is_refused() {
    let mut bench = Bench::new();
    bench.tell(write(&request()));
    let refused = bench.tell(write(&request()));
    assert!(matches!(refused.as_slice(), [Event::WriteFailed { .. }]), "{refused:?}");
    let mut other = Bench::new();
    other.put(&format!("req/{}", request()), b"somebody's");
    let refused = other.tell(write(&request()));
    assert!(matches!(refused.as_slice(), [Event::WriteFailed { .. }]), "{refused:?}");
    assert_eq!(fs::read(other.path("req").join(request())).unwrap(), b"somebody's");
    assert_eq!(other.names("req"), [request()]);
    for name in ["../x.xml", "a.xml", "", "EMSsimed01req_../../x.xml"] {
        assert!(matches!(other.tell(write(name)).as_slice(), [Event::WriteFailed { .. }]), "{name}");
    }
}

#[test]
fn a_half_written_answer_waits_until_it_is_whole() {
    let mut bench = Bench::new();
    bench.sent();
    let file = format!("res/{}", answer("xml"));
    for end in [0, 1, 40, SUMMARY.len() / 2, SUMMARY.len() - 1] {
        bench.put(&file, &SUMMARY[..end]);
        assert_eq!(bench.poll_for(2), [], "{end} bytes");
    }
    bench.put(&file, SUMMARY);
    assert_eq!(bench.poll_for(3), [answered(SUMMARY)]);

    let pdf = format!("res/{}", answer("pdf"));
    for end in [3, 100, PDF.len() - 3] {
        bench.put(&pdf, &PDF[..end]);
        assert_eq!(bench.poll_for(3), [], "{end} bytes");
    }
    bench.put(&pdf, PDF);
    assert_eq!(bench.poll(), [answered(PDF)]);
}

#[test]
fn a_pdf_with_something_after_its_trailer_must_stand_still() {
    let mut bench = Bench::new();
    bench.sent();
    let long = [PDF, b"% a note of the printer\n"].concat();
    bench.put(&format!("res/{}", answer("pdf")), &long);
    assert_eq!(bench.poll(), []);
    assert_eq!(bench.poll(), [answered(&long)]);
}

#[test]
fn an_answer_that_stays_half_is_told_once_and_still_welcome() {
    let mut bench = Bench::new();
    bench.sent();
    let file = format!("res/{}", answer("xml"));
    bench.put(&file, &SUMMARY[..500]);
    let told = bench.poll_for(60);
    let [Event::Incomplete { request: of, name, why }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((of, name), (&request(), &answer("xml")));
    assert!(why.contains("途中で切れています"), "{why}");
    bench.put(&file, SUMMARY);
    assert_eq!(bench.poll(), [answered(SUMMARY)]);

    let mut bench = Bench::new();
    bench.sent();
    bench.put(&file.clone(), b"<!DOCTYPE x><x/>");
    let told = bench.poll_for(60);
    let [Event::Incomplete { why, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert!(why.contains("DOCTYPE"), "{why}");
}

#[test]
fn the_same_bytes_again_are_nothing_and_other_bytes_a_conflict() {
    let mut bench = Bench::new();
    bench.sent();
    let file = format!("res/{}", answer("xml"));
    bench.put(&file, SUMMARY);
    assert_eq!(bench.poll(), [answered(SUMMARY)]);
    fs::remove_file(bench.path(&file)).unwrap();
    bench.poll();
    bench.put(&file, SUMMARY);
    assert_eq!(bench.poll_for(3), []);
    bench.put(&file, ONE);
    let conflict = Event::Conflict {
        request: request(),
        name: answer("xml"),
        bytes: ONE.to_vec(),
        hash: ContentHash::of(ONE),
    };
    assert_eq!(bench.poll_for(3), [conflict]);
    bench.put(&file, SUMMARY);
    assert_eq!(bench.poll(), [], "back to the first");
}

#[test]
fn an_interim_answer_is_followed_by_the_answer_proper() {
    let mut bench = Bench::new();
    bench.sent();
    let file = format!("res/{}", answer("xml"));
    bench.put(&file, PROCESSING);
    assert_eq!(bench.poll_for(3), [answered(PROCESSING)]);
    assert_eq!(bench.worker.pace(), Duration::from_secs(1), "still awaited");
    bench.put(&file, SUMMARY);
    assert_eq!(bench.poll_for(3), [answered(SUMMARY)]);
    assert_eq!(bench.worker.pace(), Duration::from_secs(5));
}

#[test]
fn a_request_is_taken_back_before_and_not_after() {
    let mut bench = Bench::new();
    let name = request();
    bench.tell(write(&name));
    assert_eq!(
        bench.tell(Command::Withdraw { name: name.clone() }),
        [Event::Withdrawn { name: name.clone() }]
    );
    assert_eq!(bench.names("req").len(), 0);
    bench.put(&format!("res/{}", answer("xml")), SUMMARY);
    assert_eq!(bench.poll_for(3), [], "a withdrawn request has no answer");
    fs::remove_file(bench.path("res").join(answer("xml"))).unwrap();

    let mut bench = Bench::new();
    bench.sent();
    assert_eq!(
        bench.tell(Command::Withdraw { name: name.clone() }),
        [Event::AlreadyTaken { name: name.clone() }]
    );
    bench.put(&format!("res/{}", answer("xml")), SUMMARY);
    assert_eq!(bench.poll(), [answered(SUMMARY)], "its answer may still come");

    let other = name.replace("st01", "st02");
    bench.put(&format!("req/{other}"), b"x");
    for foreign in [other.as_str(), "YZKsiquc01req_1.xml", "../res/x.xml"] {
        let told = bench.tell(Command::Withdraw { name: foreign.to_owned() });
        assert!(matches!(told.as_slice(), [Event::WithdrawUnclear { .. }]), "{told:?}");
    }
    assert_eq!(bench.names("req"), [other]);
}

#[test]
fn after_a_restart_the_station_finds_what_it_left() {
    let bench = Bench::new();
    let names =
        ["000000000001", "000000000002", "000000000003"].map(|id| request().replace("abcdefghijkl", id));
    let result = |id: &str| answer("xml").replace("abcdefghijkl", id);
    bench.put(&format!("req/{}", names[0]), b"x");
    bench.put(&format!("res/{}", result("000000000002")), SUMMARY);
    bench.put(&format!("res/{}", result("000000000003")), ONE);
    let (worker, events) = worker(config(bench.root.path(), "st01"));
    let mut bench = Bench { worker, events, ..bench };
    bench.poll();
    let expected = |request: &String, seen: &[u8], id: &str| Expected {
        request: request.clone(),
        seen: if seen.is_empty() { vec![] } else { vec![(result(id), ContentHash::of(seen))] },
    };
    let told = bench.tell(Command::Expect(vec![
        expected(&names[0], b"", ""),
        expected(&names[1], SUMMARY, "000000000002"),
        expected(&names[2], SUMMARY, "000000000003"),
    ]));
    let found = |index: usize, waiting| Event::Found { name: names[index].clone(), waiting };
    let [first, second, third, conflict] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!([first, second, third], [&found(0, true), &found(1, false), &found(2, false)]);
    assert!(matches!(conflict, Event::Conflict { bytes, .. } if bytes == ONE));
    assert_eq!(bench.poll_for(3), []);
    bench.tell(Command::Forget(names.to_vec()));
    bench.put(&format!("res/{}", result("000000000001")), SUMMARY);
    assert_eq!(bench.poll_for(3), [], "forgotten");
}
