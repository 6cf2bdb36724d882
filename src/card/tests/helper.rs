//! The line protocol over a real pair of sockets, with the helper on another thread.

use super::{Certificate, DOCTOR, P384, challenge, spki};
use crate::card::client::{ClientError, HelperClient};
use crate::card::helper::{Helper, PinEntry, PinPrompt, Shared, serve};
use crate::card::line::{Answer, PinFrom, SignAsk};
use crate::card::software::{CardFile, SoftwareReaders};
use crate::card::{Gone, Identity};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

type Client = HelperClient<UnixStream, UnixStream>;

fn helper(path: &Path) -> Helper {
    Helper::new(Box::new(SoftwareReaders::new(path.to_owned())))
}

/// A raw connection to a served helper.
fn wire(helper: Helper) -> UnixStream {
    wire_to(&Arc::new(Shared::new(helper)))
}

fn wire_to(shared: &Arc<Shared>) -> UnixStream {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        let input = theirs.try_clone().unwrap();
        let _ = serve(input, theirs, &shared);
    });
    ours
}

fn client(helper: Helper) -> Client {
    connect(wire(helper))
}

fn connect(ours: UnixStream) -> Client {
    HelperClient::connect(ours.try_clone().unwrap(), ours).unwrap()
}

fn refused(result: Result<impl std::fmt::Debug, ClientError>) -> (String, Option<u8>) {
    match result.unwrap_err() {
        ClientError::Refused(report) => (report.code, report.tries_left),
        other => panic!("{other:?}"),
    }
}

fn card_file() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.json");
    CardFile::training("doctor-1", "2468".into()).unwrap().save(&path).unwrap();
    (folder, path)
}

#[test]
fn list_identify_tries_and_sign() {
    let (_folder, path) = card_file();
    let mut client = client(helper(&path));
    assert_eq!(client.hello().unwrap().pin, PinFrom::InRequest);
    let readers = client.list().unwrap();
    let (reader, card) = client.identify(None).unwrap();
    assert_eq!(readers.len(), 1);
    assert_eq!(readers[0].card.as_ref(), Some(&card));
    assert_eq!((card.spki_sha256, card.profile.as_str()), (spki(DOCTOR), "training"));
    assert_eq!(client.tries(Some(reader.as_str().to_owned())).unwrap(), Some(15));

    let ask = |pin: &str| SignAsk::new(&challenge(), vec![card.spki_sha256]).with_pin(pin.into(), false);
    assert_eq!(refused(client.sign(ask("0000"))), ("wrong_pin".into(), Some(14)));
    assert_eq!(CardFile::load(&path).unwrap().tries_left(), 14, "kept in the file");
    let signed = client.sign(ask("2468")).unwrap();
    assert_eq!(CardFile::load(&path).unwrap().tries_left(), 15);
    assert_eq!(signed.certificate, DOCTOR);
    let key = crate::card::PublicKey::from_spki(Certificate::parse(DOCTOR).unwrap().spki()).unwrap();
    assert_eq!(key.verify(signed.hash, challenge().as_bytes(), &signed.signature), Ok(()));
}

#[test]
fn what_is_refused_spends_no_try() {
    let (_folder, path) = card_file();
    let mut client = client(helper(&path));
    let ours = vec![spki(DOCTOR)];
    let pin = || "2468".into();

    let mut document = SignAsk::new(&challenge(), ours.clone()).with_pin(pin(), false);
    document.challenge = b"kyukyu-login-v1\nI owe you a million".to_vec();
    assert_eq!(refused(client.sign(document)).0, "challenge_refused");

    let stranger = SignAsk::new(&challenge(), vec![spki(P384)]).with_pin(pin(), false);
    assert_eq!(refused(client.sign(stranger)).0, "not_enrolled");

    let silent = SignAsk::new(&challenge(), ours.clone());
    assert_eq!(refused(client.sign(silent)).0, "pin_missing");

    let mut elsewhere = SignAsk::new(&challenge(), ours.clone()).with_pin(pin(), false);
    elsewhere.reader = Some("nowhere".into());
    assert_eq!(refused(client.sign(elsewhere)).0, "unknown_reader");
    assert_eq!(CardFile::load(&path).unwrap().tries_left(), 15);

    CardFile::load(&path).unwrap().with_tries_left(1).save(&path).unwrap();
    let last = |allow| SignAsk::new(&challenge(), vec![spki(DOCTOR)]).with_pin("0000".into(), allow);
    assert_eq!(refused(client.sign(last(false))), ("last_try".into(), Some(1)));
    assert_eq!(refused(client.sign(last(true))), ("locked".into(), Some(0)));

    std::fs::remove_file(&path).unwrap();
    assert_eq!(refused(client.identify(None)).0, "no_card");
    assert_eq!(client.list().unwrap()[0].problem.as_ref().unwrap().code, "no_card");
}

struct Typed(Option<&'static str>);
impl PinPrompt for Typed {
    fn ask(&mut self, _: &str, card: &Identity, _: Option<BorrowedFd<'_>>) -> Option<PinEntry> {
        assert_eq!(card.tries_left, Some(15), "shown before each attempt");
        self.0.map(|pin| PinEntry { pin: pin.into(), allow_last_try: false })
    }
}

#[test]
fn a_helper_that_asks_at_the_reader_takes_no_pin_from_the_line() {
    let (_folder, path) = card_file();
    let asking = |typed| {
        let readers = Box::new(SoftwareReaders::new(path.clone()));
        client(Helper::asking_here(readers, Box::new(Typed(typed))))
    };
    let ask = || SignAsk::new(&challenge(), vec![spki(DOCTOR)]);
    let mut typing = asking(Some("2468"));
    assert_eq!(typing.hello().unwrap().pin, PinFrom::AtTheReader);
    assert!(typing.sign(ask()).is_ok());
    assert_eq!(refused(typing.sign(ask().with_pin("2468".into(), false))).0, "pin_not_here");
    assert_eq!(refused(asking(None).sign(ask())).0, "pin_cancelled");
}

#[test]
fn nonsense_is_answered_and_not_quoted() {
    let (_folder, path) = card_file();
    let mut ours = wire(helper(&path));
    let mut lines = BufReader::new(ours.try_clone().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with(r#"{"hello":{"program":"kyukyu-card","version":1"#));
    for nonsense in [
        "secret",
        "{}",
        r#"{"sign":{}}"#,
        r#"{"sign":{"challenge_hex":"zz","enrolled":[],"pin_hex":"32343638"}}"#,
        r#"{"sign":{"challenge_hex":"00","enrolled":[],"pin_hex":"secret"}}"#,
        r#"{"list":{},"tries":{}}"#,
        r#"{"hack":{}}"#,
    ] {
        writeln!(ours, "{nonsense}").unwrap();
        let answer = lines.next().unwrap().unwrap();
        assert!(answer.contains("bad_request"), "{nonsense}: {answer}");
        assert!(!answer.contains("secret") && !answer.contains("32343638"), "{answer}");
    }
    // Still there.
    writeln!(ours, r#"{{"tries":{{}}}}"#).unwrap();
    let answer: Answer = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert!(matches!(answer, Answer::Tries { tries_left: Some(15), .. }));
}

#[test]
fn another_version_and_a_dead_helper() {
    let connect = |said: &'static [u8]| HelperClient::connect(said, Vec::new()).map(|_| ()).unwrap_err();
    let other = br#"{"hello":{"program":"kyukyu-card","version":2,"pin":"in_request"}}
"#;
    assert!(matches!(connect(other), ClientError::Version { found: 2 }));
    assert!(matches!(connect(b""), ClientError::Ended(None)));
    assert!(matches!(connect(b"SSH-2.0\n"), ClientError::NotUnderstood));
    assert!(matches!(connect(b"{\"readers\":[]}\n"), ClientError::NotUnderstood));
}

#[test]
fn a_watched_card_is_there_until_it_goes() {
    let (_folder, path) = card_file();
    let shared = Arc::new(Shared::new(helper(&path)).with_longest_watch(Duration::from_millis(10)));
    let mut client = connect(wire_to(&shared));
    let (reader, card) = client.identify(None).unwrap();
    let mut watch = |key| client.watch(reader.as_str(), key).unwrap();
    assert_eq!(watch(card.spki_sha256), None);
    // Work goes on beside, and a try that it costs is not the card's leaving.
    let mut other = connect(wire_to(&shared));
    let wrong = SignAsk::new(&challenge(), vec![card.spki_sha256]).with_pin("0000".into(), false);
    assert_eq!(refused(other.sign(wrong)).0, "wrong_pin");
    assert_eq!(watch(card.spki_sha256), None);
    // Pulled and put back between two questions: it was gone.
    std::fs::remove_file(&path).unwrap();
    CardFile::training("doctor-1", "2468".into()).unwrap().save(&path).unwrap();
    assert_eq!(watch(card.spki_sha256), Some(Gone::Removed));
    assert_eq!(watch(card.spki_sha256), None, "asked anew, it is watched anew");
    CardFile::training("doctor-2", "2468".into()).unwrap().save(&path).unwrap();
    assert_eq!(watch(card.spki_sha256), Some(Gone::Changed));
    assert_eq!(watch(card.spki_sha256), Some(Gone::Changed), "the look finds another key");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(watch(card.spki_sha256), Some(Gone::Removed));
    assert_eq!(client.watch("nowhere", card.spki_sha256).unwrap(), Some(Gone::ReaderGone));
}

#[test]
fn whoever_waits_for_a_card_or_for_a_pin_keeps_nobody_waiting() {
    let (_folder, path) = card_file();
    let (asked, is_asked) = mpsc::channel();
    let (typed, typing) = mpsc::channel();
    let prompt = Box::new(Slow { asked, typing });
    let readers = Box::new(SoftwareReaders::new(path.clone()));
    let shared = Arc::new(Shared::new(Helper::asking_here(readers, prompt)));
    let mut watching = connect(wire_to(&shared));
    let key = spki(DOCTOR);
    let (reader, _) = watching.identify(None).unwrap();
    let watched = std::thread::spawn(move || watching.watch(reader.as_str(), key));
    let mut working = connect(wire_to(&shared));
    let signing = std::thread::spawn(move || working.sign(SignAsk::new(&challenge(), vec![key])));
    is_asked.recv().unwrap();
    // Somebody types; the hello comes all the same, and the watched card is still watched.
    assert_eq!(connect(wire_to(&shared)).hello().unwrap().pin, PinFrom::AtTheReader);
    typed.send("2468").unwrap();
    assert!(signing.join().unwrap().is_ok());
    std::fs::remove_file(&path).unwrap();
    assert_eq!(watched.join().unwrap().unwrap(), Some(Gone::Removed));
}

/// Says that it asks, and waits for the PIN.
struct Slow {
    asked: mpsc::Sender<()>,
    typing: mpsc::Receiver<&'static str>,
}

impl PinPrompt for Slow {
    fn ask(&mut self, _: &str, _: &Identity, _: Option<BorrowedFd<'_>>) -> Option<PinEntry> {
        self.asked.send(()).ok()?;
        let pin = self.typing.recv().ok()?;
        Some(PinEntry { pin: pin.into(), allow_last_try: false })
    }
}

#[test]
fn a_card_that_is_put_down_is_noticed() {
    let (_folder, path) = card_file();
    let shared = Arc::new(Shared::new(helper(&path)).with_longest_watch(Duration::from_millis(10)));
    let mut client = connect(wire_to(&shared));
    let lying: Vec<_> = client.list().unwrap().into_iter().map(|report| report.reader).collect();
    assert!(!client.await_move(lying.clone()).unwrap());
    assert!(client.await_move(Vec::new()).unwrap(), "it came before the question");
    std::fs::remove_file(&path).unwrap();
    assert!(client.await_move(lying).unwrap(), "it was taken away");
    assert!(!client.await_move(Vec::new()).unwrap());
    let shared = Arc::new(Shared::new(helper(&path)));
    let mut client = connect(wire_to(&shared));
    let waiting = std::thread::spawn(move || client.await_move(Vec::new()));
    CardFile::training("doctor-1", "2468".into()).unwrap().save(&path).unwrap();
    assert!(waiting.join().unwrap().unwrap());
}
