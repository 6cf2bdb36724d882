//! Helpers and agents that misbehave, each in its way, and one sentence for each; and the watch over a card.

use super::leash::Leash;
use super::line::Line;
use super::places::{CardPlaces, HelperCommand};
use super::watch::keep_watch;
use super::{Found, FromCard, Left, Order, PATIENCE, Patience, Trouble, Watched, look, look_in, sign_at};
use crate::card::helper::{Helper, PinEntry, PinPrompt, Shared, serve};
use crate::card::line::PinFrom;
use crate::card::software::{CardFile, SoftwareReaders, TRAINING_CARDS};
use crate::card::{Certificate, ChallengeText, Gone, Identity, SpkiHash};
use std::io::{Read as _, Write as _};
use std::os::fd::BorrowedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

const HELLO: &str = r#"{"hello":{"program":"kyukyu-card","version":1,"pin":"in_request"}}"#;
/// Ends early in a test that passes.
const LONG: Duration = Duration::from_secs(20);
/// So long a busy machine may need to start a shell.
const SHORT: Duration = Duration::from_secs(2);
const MOMENT: Duration = Duration::from_millis(200);

/// A folder in which fakes leave their traces.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A helper that is a shell script; it leaves its process id.
    fn helper(&self, script: &str) -> HelperCommand {
        let script = format!("echo $$ > '{}'; {script}", self.path("pid").display());
        HelperCommand { program: "sh".into(), arguments: vec!["-c".into(), script.into()] }
    }

    /// Whether the helper's process is there: not even as a zombie.
    fn lives(&self) -> bool {
        let pid = std::fs::read_to_string(self.path("pid")).unwrap_or_default();
        !pid.trim().is_empty() && Path::new("/proc").join(pid.trim()).exists()
    }

    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + LONG;
        while !holds(self) {
            assert!(Instant::now() < end, "never: {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn card(&self, name: &str) -> PathBuf {
        let path = self.path("card.json");
        CardFile::training(name, "2468".into()).unwrap().save(&path).unwrap();
        path
    }
}

fn patience(hello: Duration, answer: Duration) -> Patience {
    Patience { hello, look: answer, sign: answer, person: answer, watch: LONG, blind: MOMENT }
}

fn trouble_of(places: &CardPlaces, patience: &Patience) -> Trouble {
    look_in(places, &Leash::default(), patience).unwrap_err()
}

fn kind(trouble: &Trouble) -> String {
    let debug = format!("{trouble:?}");
    debug.split(['(', ' ']).next().unwrap().to_owned()
}

#[test]
fn a_helper_that_misbehaves_is_one_sentence_and_no_process() {
    let silent = "exec sleep 60";
    let hello = format!("echo '{HELLO}'");
    let table = [
        ("exit 127".to_owned(), "LibraryMissing"),
        ("exit 3".to_owned(), "HelperEndedAtOnce"),
        ("exit 0".to_owned(), "HelperEndedAtOnce"),
        (format!("echo Segmentation fault; {silent}"), "HelperNotUnderstood"),
        (format!("head -c 200000 /dev/zero | tr '\\0' x; {silent}"), "HelperNotUnderstood"),
        (format!("echo '{}'; {silent}", HELLO.replace(":1,", ":2,")), "HelperVersion"),
        (format!("{hello}; read ask; echo '{{\"still_there\":{{}}}}'; {silent}"), "HelperNotUnderstood"),
        (format!("{hello}; read ask; exit 1"), "HelperEnded"),
        (format!("{hello}; exit 1"), "HelperEnded"),
        (format!("{hello}; read ask; exec >&-; {silent}"), "HelperEnded"),
    ];
    for (script, expected) in table {
        let folder = Folder::new();
        let places = CardPlaces::software(folder.helper(&script));
        let trouble = trouble_of(&places, &patience(LONG, LONG));
        assert_eq!(kind(&trouble), expected, "{script}: {trouble:?}");
        assert!(!folder.lives(), "{script}: a process is left");
    }
}

#[test]
fn a_helper_that_says_nothing_is_ended_at_its_deadline() {
    for script in ["exec sleep 60".to_owned(), format!("echo '{HELLO}'; read ask; exec sleep 60")] {
        let folder = Folder::new();
        let trouble = trouble_of(&CardPlaces::software(folder.helper(&script)), &patience(SHORT, MOMENT));
        assert_eq!(kind(&trouble), "HelperSilent", "{script}: {trouble:?}");
        assert!(!folder.lives(), "{script}: a process is left");
    }
}

#[test]
fn a_helper_that_is_not_there() {
    let folder = Folder::new();
    let command = |path: &Path| HelperCommand { program: path.into(), arguments: vec![] };
    let missing = CardPlaces::software(command(&folder.path("none")));
    assert_eq!(kind(&trouble_of(&missing, &PATIENCE)), "HelperMissing");
    std::fs::write(folder.path("text"), "no program").unwrap();
    let text = CardPlaces::software(command(&folder.path("text")));
    assert_eq!(kind(&trouble_of(&text, &PATIENCE)), "HelperNotStarted");
}

#[test]
fn each_trouble_has_a_sentence_that_says_what_to_do() {
    let report = crate::card::CardError::LastTry.into();
    for trouble in [
        Trouble::HelperMissing,
        Trouble::LibraryMissing,
        Trouble::HelperEndedAtOnce(1),
        Trouble::HelperEnded,
        Trouble::HelperSilent,
        Trouble::HelperNotUnderstood,
        Trouble::HelperVersion { found: 2 },
        Trouble::AgentAbsent("/x".into()),
        Trouble::AgentLost,
        Trouble::AgentSilent,
        Trouble::AgentNotUnderstood,
        Trouble::AgentVersion { found: 2 },
        Trouble::PinLate,
        Trouble::Refused(report),
        Trouble::ServiceGone,
    ] {
        let words = trouble.words().to_string();
        assert!(words.ends_with("ください") || words.ends_with("必要です"), "{words}");
    }
}

#[test]
fn whoever_stops_waiting_leaves_no_process_and_hears_nothing() {
    let folder = Folder::new();
    let places = CardPlaces::software(folder.helper("exec sleep 60"));
    let (tell, told) = mpsc::channel();
    let conversation = look(&places, move |said| tell.send(said).unwrap());
    folder.until("started", Folder::lives);
    drop(conversation);
    folder.until("ended", |folder| !folder.lives());
    // The thread reports once it has cleared up; nobody waits for it, and its words are of an ended helper.
    assert!(matches!(told.recv_timeout(LONG).unwrap(), FromCard::NotFound(_)));
}

#[test]
fn what_a_helper_complains_of_is_not_drawn_and_what_it_says_is_heard() {
    let folder = Folder::new();
    let script = format!("echo noise >&2; echo '{HELLO}'; read ask; echo '{{\"readers\":[]}}'; exec cat");
    let said = look_in(&CardPlaces::software(folder.helper(&script)), &Leash::default(), &PATIENCE).unwrap();
    let FromCard::Found(found) = said else { panic!("{said:?}") };
    assert_eq!((found.readers.len(), found.pin), (0, PinFrom::InRequest));
    assert!(!folder.lives(), "the process ends with the conversation");
}

// ---- agents -----------------------------------------------------------------------------------------

struct Typed;
impl PinPrompt for Typed {
    fn ask(&mut self, _: &str, _: &Identity, _: Option<BorrowedFd<'_>>) -> Option<PinEntry> {
        Some(PinEntry { pin: "2468".into(), allow_last_try: false })
    }
}

/// An agent that really serves a card, until the test ends.
fn serving(socket: &Path, card: &Path) {
    let readers = Box::new(SoftwareReaders::new(card.to_owned()));
    let shared = Arc::new(Shared::new(Helper::asking_here(readers, Box::new(Typed))));
    answering(socket, move |stream| {
        let _ = serve(stream.try_clone().unwrap(), stream, &shared);
    });
}

/// Something that answers connections, each on its own thread.
fn answering(socket: &Path, answer: impl Fn(UnixStream) + Send + Sync + 'static) {
    let listener = UnixListener::bind(socket).unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer(stream.unwrap()));
        }
    });
}

#[test]
fn an_agent_that_misbehaves_is_one_sentence() {
    let folder = Folder::new();
    let socket = |name: &str| folder.path(name);
    let at = |name: &str| trouble_of(&CardPlaces::agent(socket(name)), &patience(MOMENT, MOMENT));
    assert_eq!(kind(&at("none")), "AgentAbsent");
    drop(UnixListener::bind(socket("stale")).unwrap());
    assert_eq!(kind(&at("stale")), "AgentAbsent");
    // As sshd does when nobody listens at the far end.
    answering(&socket("closing"), drop);
    assert_eq!(kind(&at("closing")), "AgentAbsent");
    let _nobody_accepts = UnixListener::bind(socket("deaf")).unwrap();
    assert_eq!(kind(&at("deaf")), "AgentSilent");
    answering(&socket("web"), |mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n").unwrap();
        let _ = stream.read(&mut [0; 64]);
    });
    assert_eq!(kind(&at("web")), "AgentNotUnderstood");
    answering(&socket("dying"), |mut stream| {
        writeln!(stream, "{HELLO}").unwrap();
        let _ = stream.read(&mut [0; 64]);
    });
    assert_eq!(kind(&at("dying")), "AgentLost");
}

#[test]
fn places_are_tried_in_order_and_a_dead_socket_is_passed_over_and_said() {
    let folder = Folder::new();
    let script = format!("echo '{HELLO}'; read ask; echo '{{\"readers\":[]}}'; exec cat");
    let with = |variables: Vec<(&'static str, PathBuf)>| {
        CardPlaces::of_environment(folder.helper(&script), 4_000_000_000, move |name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| value.clone().into_os_string())
        })
    };
    let seen = |places: &CardPlaces| match look_in(places, &Leash::default(), &PATIENCE).unwrap() {
        FromCard::Found(found) => *found,
        other => panic!("{other:?}"),
    };
    let label = |found: &Found| found.place.label();
    let found = seen(&with(vec![]));
    assert_eq!((label(&found), found.passed_over), ("この端末のリーダー", None));
    let found = seen(&with(vec![("PCSCLITE_CSOCK_NAME", folder.path("pcscd.comm"))]));
    assert_eq!(label(&found), "転送された pcscd");

    let runtime = || vec![("XDG_RUNTIME_DIR", folder.path("."))];
    // A pcscd that is forwarded there; what a broken line left behind is none.
    let pcscd = UnixListener::bind(folder.path("pcscd.comm")).unwrap();
    let in_its_words = "echo '{\"readers\":[{\"reader\":\"'$PCSCLITE_CSOCK_NAME'\"}]}'";
    let telling = format!("echo '{HELLO}'; read ask; {in_its_words}; exec cat");
    let told = |variables: Vec<(&'static str, PathBuf)>| {
        seen(&CardPlaces::of_environment(folder.helper(&telling), 4_000_000_000, move |name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| value.clone().into_os_string())
        }))
    };
    let found = told(runtime());
    assert_eq!(label(&found), "転送された pcscd");
    assert!(found.readers[0].reader.as_str().ends_with("/pcscd.comm"), "{found:?}");
    drop(pcscd);
    let found = told(runtime());
    assert_eq!((label(&found), found.readers[0].reader.as_str()), ("この端末のリーダー", ""));
    let socket = folder.path("kyukyu-card.sock");
    std::fs::write(&socket, "no socket").unwrap();
    assert_eq!(seen(&with(runtime())).passed_over, None, "what is no socket is nobody's agent");
    std::fs::remove_file(&socket).unwrap();
    drop(UnixListener::bind(&socket).unwrap());
    let found = seen(&with(runtime()));
    assert_eq!(label(&found), "この端末のリーダー");
    assert!(found.passed_over.unwrap().as_str().ends_with("kyukyu-card.sock"));
    std::fs::remove_file(&socket).unwrap();
    serving(&socket, &folder.card("doctor-1"));
    let found = seen(&with(runtime()));
    assert_eq!(
        (label(&found), found.pin),
        ("手元の端末のカード読取り（エージェント）", PinFrom::AtTheReader)
    );
    assert_eq!(found.readers[0].card.as_ref().unwrap().spki_sha256, doctor());
    // A named agent is the only one meant.
    std::fs::remove_file(&socket).unwrap();
    assert_eq!(kind(&trouble_of(&CardPlaces::agent(socket), &PATIENCE)), "AgentAbsent");
}

fn doctor() -> SpkiHash {
    Certificate::parse(TRAINING_CARDS[0].certificate).unwrap().spki_sha256()
}

fn order() -> Order {
    let challenge = ChallengeText::compose("station-1", "sato", 1_763_856_000, &[7; 32]).unwrap();
    Order { challenge, enrolled: vec![doctor()], pin: None, allow_last_try: false }
}

#[test]
fn an_agent_signs_without_a_pin_and_a_person_who_is_late_is_told() {
    let folder = Folder::new();
    serving(&folder.path("agent"), &folder.card("doctor-1"));
    let place = CardPlaces::agent(folder.path("agent")).last();
    let signed = sign_at(&place, order(), &Leash::default(), &PATIENCE).unwrap();
    assert_eq!(signed.certificate, TRAINING_CARDS[0].certificate);
    answering(&folder.path("slow"), |mut stream| {
        writeln!(stream, "{}", HELLO.replace("in_request", "at_the_reader")).unwrap();
        let mut lines = Vec::new();
        let _ = stream.read_to_end(&mut lines);
    });
    let place = CardPlaces::agent(folder.path("slow")).last();
    let late = sign_at(&place, order(), &Leash::default(), &patience(LONG, MOMENT)).unwrap_err();
    assert_eq!(kind(&late), "PinLate");
}

// ---- watching ---------------------------------------------------------------------------------------

fn watched(folder: &Folder, socket: &str) -> Watched {
    Watched {
        place: CardPlaces::agent(folder.path(socket)).last(),
        reader: crate::card::software::file::SOFTWARE_READER.to_owned(),
        key: doctor(),
    }
}

/// Watches on another thread.
fn watching(watched: Watched, leash: &Leash) -> std::thread::JoinHandle<Option<Left>> {
    let leash = leash.clone();
    std::thread::spawn(move || keep_watch(&watched, &leash, &patience(LONG, LONG)))
}

#[test]
fn a_card_that_goes_is_noticed_however_it_goes() {
    let remove: fn(&Folder) = |folder| std::fs::remove_file(folder.path("card.json")).unwrap();
    let change: fn(&Folder) = |folder| drop(folder.card("doctor-2"));
    for (act, why) in [(remove, Gone::Removed), (change, Gone::Changed)] {
        let folder = Folder::new();
        serving(&folder.path("agent"), &folder.card("doctor-1"));
        let watch = watching(watched(&folder, "agent"), &Leash::default());
        act(&folder);
        assert_eq!(watch.join().unwrap(), Some(Left::Gone(why)));
        // Gone already when the watch begins.
        let watch = watching(watched(&folder, "agent"), &Leash::default());
        assert_eq!(watch.join().unwrap(), Some(Left::Gone(why)));
    }
}

#[test]
fn a_line_that_breaks_is_taken_up_again_and_one_that_stays_away_locks_with_the_reason() {
    let folder = Folder::new();
    let card = folder.card("doctor-1");
    let shared = Arc::new(Shared::new(Helper::new(Box::new(SoftwareReaders::new(card.clone())))));
    let (came, seen) = mpsc::channel();
    let first = std::sync::atomic::AtomicBool::new(true);
    answering(&folder.path("restarting"), move |mut stream| {
        came.send(()).unwrap();
        if first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            writeln!(stream, "{HELLO}").unwrap();
            let _ = stream.read(&mut [0; 64]);
        } else {
            let _ = serve(stream.try_clone().unwrap(), stream, &shared);
        }
    });
    let leash = Leash::default();
    let watch = watching(watched(&folder, "restarting"), &leash);
    seen.recv_timeout(LONG).unwrap();
    seen.recv_timeout(LONG).expect("a second connection");
    std::fs::remove_file(&card).unwrap();
    assert_eq!(watch.join().unwrap(), Some(Left::Gone(Gone::Removed)));

    answering(&folder.path("dead"), drop);
    let left = watching(watched(&folder, "dead"), &leash).join().unwrap().unwrap();
    let Left::OutOfSight(why) = &left else { panic!("{left:?}") };
    assert!(why.as_str().contains("dead"), "{why}");
    assert!(left.words().starts_with("カードを確認できないため、画面をロックしました。"));
}

#[test]
fn a_watch_that_is_ended_says_nothing() {
    let folder = Folder::new();
    let (came, seen) = mpsc::channel();
    answering(&folder.path("agent"), move |mut stream| {
        writeln!(stream, "{HELLO}").unwrap();
        let _ = stream.read(&mut [0; 1024]);
        came.send(()).unwrap();
        assert_eq!(stream.read(&mut [0; 64]).unwrap_or(0), 0, "the line ends with the watch");
        came.send(()).unwrap();
    });
    let leash = Leash::default();
    let watch = watching(watched(&folder, "agent"), &leash);
    seen.recv_timeout(LONG).unwrap();
    leash.end();
    assert_eq!(watch.join().unwrap(), None);
    seen.recv_timeout(LONG).unwrap();
    let ended = Line::open(&watched(&folder, "agent").place, &leash, LONG).map(|_| ());
    assert!(ended.is_err(), "what was ended begins nothing new");
}
