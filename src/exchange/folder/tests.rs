use super::message::{FolderCommand as Command, FolderEvent as Event};
use super::watch::Watch;
use super::worker::Worker;
use super::*;
use crate::domain::SafeText;
use crate::exchange::request::{AnswerFile, RequestFile};
use std::fs;
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

mod answers;
mod link;
mod odd;
mod threads;

const ONE: &[u8] = include_bytes!("../../../fixtures/answers/one-person.sjis.xml");
const SUMMARY: &[u8] = include_bytes!("../../../fixtures/answers/summary.sjis.xml");
const PROCESSING: &[u8] = include_bytes!("../../../fixtures/answers/processing.sjis.xml");
const PDF: &[u8] = include_bytes!("../../../fixtures/answers/summary.pdf");
const SUFFIX: &str = "20261123090507st01abcdefghijkl";

/// A worker in a real folder with a clock of its own: no test below has to sleep.
struct Bench {
    root: tempfile::TempDir,
    worker: Worker,
    events: Receiver<Event>,
    now: Instant,
}

fn config(root: &Path, station: &str) -> FolderConfig {
    let dialect = Arc::new(Dialect::builtin().unwrap());
    FolderConfig::below(root, dialect, StationTag::parse(station).unwrap())
}

fn worker(config: FolderConfig) -> (Worker, Receiver<Event>) {
    let (sender, events) = mpsc::channel();
    let watch = Watch::new(false, &config.dialect, mpsc::channel().0);
    (Worker::new(config, watch, Box::new(move |event| sender.send(event).unwrap())), events)
}

impl Bench {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["req", "res", "face"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        let (worker, events) = worker(config(root.path(), "st01"));
        let mut bench = Self { root, worker, events, now: Instant::now() };
        assert_eq!(bench.poll(), [Event::Link(LinkState::Ok)], "the first event is the state of the link");
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn poll(&mut self) -> Vec<Event> {
        self.now += Duration::from_secs(1);
        self.worker.poll(self.now);
        self.events.try_iter().collect()
    }

    fn poll_for(&mut self, seconds: usize) -> Vec<Event> {
        (0..seconds).flat_map(|_| self.poll()).collect()
    }

    fn tell(&mut self, command: Command) -> Vec<Event> {
        self.worker.handle(command, self.now);
        self.events.try_iter().collect()
    }

    /// Writes a request and lets the link software take it.
    fn sent(&mut self) -> String {
        let name = request();
        assert_eq!(self.tell(write(&name)), [Event::Written { name: name.clone() }]);
        fs::remove_file(self.path("req").join(&name)).unwrap();
        assert_eq!(self.poll(), [Event::Taken { name: name.clone() }]);
        name
    }
}

fn request() -> String {
    format!("EMSsimed01req_{SUFFIX}.xml")
}

fn answer(extension: &str) -> String {
    format!("EMSsimed01res_{SUFFIX}.{extension}")
}

fn write(name: &str) -> Command {
    Command::Write(RequestFile { name: name.to_owned(), bytes: b"<XmlMsg/>".to_vec() })
}

fn answered(bytes: &[u8]) -> Event {
    let (form, extension) =
        if bytes.starts_with(b"%PDF") { (AnswerFile::Pdf, "pdf") } else { (AnswerFile::Xml, "xml") };
    Event::Answer {
        request: request(),
        name: answer(extension),
        form,
        bytes: bytes.to_vec(),
        hash: ContentHash::of(bytes),
        interim: bytes == PROCESSING,
    }
}

fn link_trouble(events: &[Event]) -> Option<&LinkTrouble> {
    events.iter().rev().find_map(|event| match event {
        Event::Link(LinkState::NotResponding { trouble, .. }) => Some(trouble),
        _ => None,
    })
}
