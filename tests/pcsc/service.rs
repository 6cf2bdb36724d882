//! pcscd absent, without readers, frozen, killed, of another version.

use super::bed::cards::PIN;
use super::bed::program::{Helper, challenge_hex, command, json, refused, text};
use super::bed::{Bed, Layout, READERS};
use kyukyu::card::line::Answer;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;

#[test]
fn absent_and_without_readers() {
    let mut bed = Bed::without_service();
    let sign = ["sign", "--challenge-hex", &challenge_hex()];
    for arguments in [&["list"][..], &["tries"], &sign] {
        let outcome = json(command(), arguments, PIN);
        assert_eq!((outcome.error().0, outcome.code), ("no_service", 9), "{arguments:?}");
        let (said, code) = text(arguments, PIN);
        assert!(said.contains("pcscd）が動いていません") && code == 9, "{said}");
    }
    // The helper and the software card do not need it.
    let mut helper = Helper::start();
    assert_eq!(refused(helper.client.list()).unwrap_err().code, "no_service");

    bed.pcscd.start_without_readers();
    assert_eq!(refused(helper.client.list()).unwrap(), vec![]);
    assert_eq!(refused(helper.client.tries(None)).unwrap_err().code, "no_reader");
    let gone = helper.client.tries(Some(READERS[0].into()));
    assert_eq!(refused(gone).unwrap_err().code, "unknown_reader");
    assert_eq!(text(&["list"], ""), ("カードリーダーがありません\n".into(), 0));
}

#[test]
fn killed_in_every_state_and_started_again() {
    let mut bed = Bed::new();
    let layout = Layout::hpki_a();
    let card = bed.insert(0, &layout);
    let mut helper = Helper::start();
    helper.sign(&layout).unwrap();
    let commands = card.take_seen().len();

    // While nothing is asked: the context at hand is dead and says nothing of it.
    bed.pcscd.kill();
    assert_eq!(helper.sign(&layout).unwrap_err().code, "no_service");
    card.pull();
    bed.pcscd.start();
    bed.put_back(&card);
    helper.sign(&layout).unwrap();

    // A restart that nobody noticed.
    card.pull();
    bed.pcscd.kill();
    bed.pcscd.start();
    bed.put_back(&card);
    helper.sign(&layout).unwrap();

    // While it holds the card, at a command of the signing.
    card.take_seen();
    let pid = bed.pcscd.pid();
    card.act_at(commands - 2, move || {
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    });
    let error = helper.sign(&layout).unwrap_err();
    assert_eq!(error.code, "no_service", "{error}");
    bed.pcscd.kill();
    card.pull();
    bed.pcscd.start();
    bed.put_back(&card);
    helper.sign(&layout).unwrap();
    assert_eq!(card.tries_left(), layout.full_tries());
}

#[test]
fn frozen_before_and_in_the_middle_of_an_exchange() {
    let bed = Bed::new();
    let layout = Layout::jpki();
    let card = bed.insert(0, &layout);
    let mut helper = Helper::start();
    helper.sign(&layout).unwrap();
    let commands = card.take_seen().len();
    let pid = bed.pcscd.pid();
    card.act_at(commands - 3, move || {
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    });
    // Frozen while it holds the card.
    let error = helper.sign(&layout).unwrap_err();
    assert_eq!(error.code, "no_answer", "{error}");
    assert!(error.to_string().contains("応答しません"), "{error}");
    // Frozen before the first word, all three at once.
    let challenge = challenge_hex();
    let sign = ["sign", "--challenge-hex", &challenge];
    std::thread::scope(|all| {
        for arguments in [&["list"][..], &["tries"], &sign] {
            all.spawn(move || {
                let outcome = json(command(), arguments, PIN);
                assert_eq!((outcome.error().0, outcome.code), ("no_answer", 9), "{arguments:?}");
            });
        }
    });
    bed.pcscd.thaw();
    // The exchange that was given up lets the card go by itself.
    helper.sign(&layout).unwrap();
    assert_eq!(card.tries_left(), 3);
}

#[test]
fn a_forwarded_pcscd_of_another_version_has_its_own_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pcscd.comm");
    let listener = UnixListener::bind(&path).unwrap();
    let answering = std::thread::spawn(move || {
        let (mut line, _) = listener.accept().unwrap();
        // A header of 8 bytes, then major, minor and a return value, in the order of this machine.
        let mut asked = [0; 20];
        line.read_exact(&mut asked).unwrap();
        let mut answer = [4_u32.to_ne_bytes(), 5_u32.to_ne_bytes()].concat();
        answer.extend(0x8010_001E_u32.to_ne_bytes());
        line.write_all(&answer).unwrap();
    });
    let mut command = command();
    command.env("PCSCLITE_CSOCK_NAME", &path);
    let outcome = json(command, &["list"], "");
    answering.join().unwrap();
    assert_eq!((outcome.error().0, outcome.code), ("version_mismatch", 9));
    assert!(outcome.error().1.contains("版が合いません"), "{:?}", outcome.answer);
    assert!(matches!(outcome.answer, Answer::Error(_)));
}
