//! The folder's work in a process of its own, through its real door: a worker that is stopped, killed, or never there.
//! A stopped process stands for one that hangs in a dead share: it takes nothing, says nothing, and can be killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use kyukyu::exchange::folder::Question;
use kyukyu::exchange::{
    Dialect, Folder, FolderCommand as Command, FolderConfig, FolderEvent as Event, LinkState, LinkTrouble,
    RequestFile, StationTag,
};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

const SUFFIX: &str = "20261123090507st01abcdefghijk";
const SUMMARY: &[u8] = include_bytes!("../fixtures/answers/summary.sjis.xml");

struct Bench {
    root: tempfile::TempDir,
    folder: Option<Folder>,
    events: Receiver<Event>,
}

fn name(last: char) -> String {
    format!("EMSsimed01req_{SUFFIX}{last}.xml")
}

fn write(name: &str) -> Command {
    Command::Write(RequestFile { name: name.to_owned(), bytes: b"<XmlMsg/>".to_vec() })
}

fn hangs(event: &Event) -> bool {
    matches!(event, Event::Link(LinkState::NotResponding { trouble: LinkTrouble::Hanging, .. }))
}

fn fine(event: &Event) -> bool {
    *event == Event::Link(LinkState::Ok)
}

impl Bench {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["req", "res", "face"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        let dialect = Arc::new(Dialect::builtin().unwrap());
        let mut config = FolderConfig::below(root.path(), dialect, StationTag::parse("st01").unwrap());
        config.poll_awaiting = Duration::from_millis(50);
        config.poll_idle = Duration::from_millis(200);
        // Given up after six times as long.
        config.hang_after = Duration::from_millis(500);
        let (sender, events) = mpsc::channel();
        let sink = Box::new(move |event| drop(sender.send(event)));
        // A shell says which process it becomes.
        let script = r#"echo $$ >> "$0"; exec "$1" folder-worker"#;
        let list = root.path().join("workers").to_str().unwrap().to_owned();
        let arguments = ["-c", script, &list, env!("CARGO_BIN_EXE_kyukyu")].map(str::to_owned).to_vec();
        let folder = Folder::start_worker(config, "/bin/sh".into(), arguments, sink).unwrap();
        let bench = Self { root, folder: Some(folder), events };
        assert!(fine(&bench.wait(|_| true)), "the first event is the state of the link");
        bench
    }

    fn send(&self, command: Command) {
        self.folder.as_ref().unwrap().send(command).unwrap();
    }

    /// The next event that fits.
    fn wait(&self, fits: impl Fn(&Event) -> bool) -> Event {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut others = Vec::new();
        loop {
            match self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) if fits(&event) => return event,
                Ok(other) => others.push(other),
                Err(error) => panic!("{error} after {others:?}"),
            }
        }
    }

    fn written(&self, name: &str) {
        self.send(write(name));
        self.wait(|event| *event == Event::Written { name: name.to_owned() });
    }

    fn path(&self, part: &str, name: &str) -> PathBuf {
        self.root.path().join(part).join(name)
    }

    /// The workers that were started, oldest first.
    fn workers(&self) -> Vec<Pid> {
        let listed = fs::read_to_string(self.root.path().join("workers")).unwrap_or_default();
        listed.lines().map(|pid| Pid::from_raw(pid.parse().unwrap()).unwrap()).collect()
    }

    fn signal(&self, signal: Signal) {
        kill_process(*self.workers().last().unwrap(), signal).unwrap();
    }
}

/// Whether a process is there and not only its shadow.
fn runs(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

#[test]
fn a_worker_does_what_the_thread_does() {
    let bench = Bench::new();
    let request = name('a');
    bench.written(&request);
    fs::remove_file(bench.path("req", &request)).unwrap();
    bench.wait(|event| *event == Event::Taken { name: request.clone() });
    fs::write(bench.path("res", &request.replace("req", "res")), SUMMARY).unwrap();
    let Event::Answer { request: of, bytes, .. } = bench.wait(|e| matches!(e, Event::Answer { .. })) else {
        panic!()
    };
    assert_eq!((of, bytes.as_slice()), (request, SUMMARY));
    bench.send(Command::CountFaces);
    bench.wait(|event| *event == Event::FaceCount(0));
}

#[test]
fn a_worker_that_is_stopped_is_said_to_hang_and_goes_on_where_it_was() {
    let bench = Bench::new();
    bench.written(&name('a'));
    bench.signal(Signal::STOP);
    bench.wait(hangs);
    // Two requests meanwhile: one is with the worker, one was never seen by it and is taken back for certain.
    bench.send(write(&name('b')));
    bench.send(write(&name('c')));
    bench.send(Command::Withdraw { name: name('c') });
    bench.wait(|event| *event == Event::Withdrawn { name: name('c') });
    bench.signal(Signal::CONT);
    bench.wait(fine);
    bench.wait(|event| *event == Event::Written { name: name('b') });
    assert_eq!(bench.workers().len(), 1);
    assert!(bench.path("req", &name('b')).exists() && !bench.path("req", &name('c')).exists());
}

#[test]
fn a_worker_that_hangs_is_given_up_and_the_next_finds_out_the_truth() {
    let bench = Bench::new();
    let [waiting, taken, unseen] = ['a', 'b', 'c'].map(name);
    bench.written(&waiting);
    bench.written(&taken);
    bench.signal(Signal::STOP);
    let first = bench.workers()[0];
    bench.wait(hangs);
    bench.send(Command::Withdraw { name: waiting.clone() });
    bench.send(Command::CountFaces);
    bench.send(write(&unseen));
    fs::remove_file(bench.path("req", &taken)).unwrap();
    bench.wait(|event| *event == Event::Unanswered(Question::Count));
    bench.wait(fine);
    // In the order of the names: what stands there is not said again, what was taken meanwhile is; then the rest.
    bench.wait(|event| *event == Event::Taken { name: taken.clone() });
    bench.wait(|event| *event == Event::Withdrawn { name: waiting.clone() });
    bench.wait(|event| *event == Event::Written { name: unseen.clone() });
    assert!(!bench.path("req", &waiting).exists() && bench.path("req", &unseen).exists());
    assert!(!runs(first) && bench.workers().len() == 2);
}

#[test]
fn a_worker_that_is_killed_is_replaced_and_says_nothing_twice() {
    let bench = Bench::new();
    let request = name('a');
    bench.written(&request);
    fs::remove_file(bench.path("req", &request)).unwrap();
    fs::write(bench.path("res", &request.replace("req", "res")), SUMMARY).unwrap();
    bench.wait(|event| matches!(event, Event::Answer { .. }));
    bench.signal(Signal::KILL);
    bench.wait(fine);
    bench.written(&name('b'));
    // The poll after this has seen the answer again.
    std::thread::sleep(Duration::from_millis(300));
    let again: Vec<Event> = bench.events.try_iter().collect();
    assert_eq!(again, []);
    assert_eq!(bench.workers().len(), 2);
}

#[test]
fn closing_the_door_ends_a_worker_also_where_it_hangs() {
    for signal in [None, Some(Signal::STOP)] {
        let mut bench = Bench::new();
        bench.written(&name('a'));
        if let Some(signal) = signal {
            bench.signal(signal);
        }
        let worker = bench.workers()[0];
        let asked = Instant::now();
        drop(bench.folder.take());
        assert!(asked.elapsed() < Duration::from_secs(1), "nobody waits for it");
        let deadline = Instant::now() + Duration::from_secs(10);
        while runs(worker) {
            assert!(Instant::now() < deadline, "{signal:?}: it is still there");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_worker_that_cannot_be_started_is_said_at_once() {
    let root = tempfile::tempdir().unwrap();
    let dialect = Arc::new(Dialect::builtin().unwrap());
    let config = FolderConfig::below(root.path(), dialect, StationTag::parse("st01").unwrap());
    let nowhere = PathBuf::from("/nowhere/kyukyu");
    assert!(Folder::start_worker(config, nowhere, Vec::new(), Box::new(|_| ())).is_err());
}

#[test]
fn the_role_is_not_for_people() {
    let called = std::process::Command::new(env!("CARGO_BIN_EXE_kyukyu"))
        .arg("folder-worker")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(!called.status.success());
    assert!(String::from_utf8_lossy(&called.stderr).contains("ステーションが自動で起動します"));
}
