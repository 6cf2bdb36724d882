use super::message::{FolderCommand as Command, FolderEvent as Event};
use super::watch::Watch;
use super::worker::Worker;
use super::*;
use crate::domain::SafeText;
use crate::exchange::request::{AnswerFile, RequestFile};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs;
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

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

#[test]
fn a_request_is_whole_from_its_first_moment_and_its_answer_is_found_once() {
    let mut bench = Bench::new();
    let name = request();
    assert_eq!(bench.tell(write(&name)), [Event::Written { name: name.clone() }]);
    assert_eq!(bench.names("req"), [name.clone()], "no temporary file is left");
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
fn what_is_not_a_plain_file_is_never_opened() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), SUMMARY).unwrap();
    type Make = fn(&Path, &Path);
    let table: [(OddReason, Make); 6] = [
        (OddReason::Symlink, |at, secret| std::os::unix::fs::symlink(secret, at).unwrap()),
        (OddReason::Symlink, |at, _| std::os::unix::fs::symlink("/nowhere", at).unwrap()),
        (OddReason::HardLink, |at, _| {
            let other = at.with_extension("other");
            fs::write(&other, SUMMARY).unwrap();
            fs::hard_link(&other, at).unwrap();
        }),
        (OddReason::NotAFile, |at, _| fs::create_dir(at).unwrap()),
        (OddReason::NotAFile, |at, _| mknodat(CWD, at, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap()),
        (OddReason::TooLarge, |at, _| fs::File::create(at).unwrap().set_len(100 * 1024 * 1024).unwrap()),
    ];
    for (why, make) in table {
        let mut bench = Bench::new();
        bench.sent();
        make(&bench.path("res").join(answer("xml")), secret.path());
        let started = Instant::now();
        let told: Vec<Event> = bench
            .poll_for(4)
            .into_iter()
            .filter(|e| !matches!(e, Event::Odd { why: OddReason::Name, .. }))
            .collect();
        assert_eq!(told, [Event::Odd { name: SafeText::new(&answer("xml")), why }]);
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn odd_names_are_noted_safely_and_left_alone() {
    let mut bench = Bench::new();
    bench.sent();
    let odd = [
        format!("{}.tmp", answer("xml")),
        format!("-{}", answer("xml")),
        answer("xml").to_uppercase(),
        format!("EMSsimed01res_{SUFFIX} (1).xml"),
        format!("EMSsimed01res_{SUFFIX}\n\u{1b}[2J.xml"),
    ];
    for name in &odd {
        bench.put(&format!("res/{name}"), SUMMARY);
    }
    use std::os::unix::ffi::OsStrExt as _;
    let mut invalid = answer("xml").into_bytes();
    invalid.push(0xFF);
    fs::write(bench.path("res").join(std::ffi::OsStr::from_bytes(&invalid)), SUMMARY).unwrap();
    let told = bench.poll_for(20);
    assert_eq!(told.len(), odd.len() + 1, "{told:?}");
    for event in &told {
        let Event::Odd { name, why: OddReason::Name } = event else { panic!("{event:?}") };
        assert!(!name.as_str().chars().any(char::is_control), "{name:?}");
    }
    assert_eq!(fs::read_dir(bench.path("res")).unwrap().count(), odd.len() + 1);
}

#[test]
fn ten_thousand_foreign_files_cost_little_and_are_not_touched() {
    let bench = Bench::new();
    let foreign =
        [("YZKsiquc01res_", 7000), ("EMSsimed01res_20261123090507zz99", 3000), ("EMSsimed01res_old", 1000)];
    for (prefix, count) in foreign {
        for i in 0..count {
            std::os::unix::fs::symlink("/nowhere", bench.path("res").join(format!("{prefix}{i:012}.xml")))
                .unwrap();
        }
    }
    for i in 0..1000 {
        bench.put(&format!("res/EMSsimed01res_20251123090507st01{i:012}.xml"), b"<XmlMsg/>");
    }
    for i in 0..1000 {
        bench.put(&format!("req/.kyukyu-20251123090507st01{i:012}.tmp"), b"half");
    }
    let started = Instant::now();
    let (worker, events) = worker(config(bench.root.path(), "st01"));
    let mut bench = Bench { worker, events, ..bench };
    assert_eq!(bench.poll(), [Event::Link(LinkState::Ok)]);
    bench.sent();
    assert_eq!(bench.poll_for(10), []);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(fs::read_dir(bench.path("res")).unwrap().count(), 12_000);
    assert_eq!(bench.names("req").len(), 0, "our own leftovers are gone");
}

#[test]
fn only_leftovers_of_this_station_are_removed() {
    let bench = Bench::new();
    let kept = [
        ".kyukyu-20251123090507st02000000000001.tmp",
        ".kyukyu-notes.tmp",
        "EMSsimed01req_20251123090507st01000000000001.xml",
        "x.tmp",
    ];
    for name in kept.iter().chain(&[".kyukyu-20251123090507st01000000000001.tmp"]) {
        bench.put(&format!("req/{name}"), b"x");
    }
    fs::create_dir(bench.path("req/.kyukyu-20251123090507st01000000000002.tmp")).unwrap();
    let (mut worker, _events) = worker(config(bench.root.path(), "st01"));
    worker.poll(Instant::now());
    let names = bench.names("req");
    assert!(kept.iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    assert_eq!(names.len(), kept.len() + 1, "a folder is not a leftover");
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
fn a_request_that_nobody_takes_is_said_until_one_is_taken() {
    let mut bench = Bench::new();
    bench.tell(write(&request()));
    let told = bench.poll_for(40);
    let [Event::Link(LinkState::NotResponding { trouble, lasted })] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(trouble, &LinkTrouble::NotTaken { request: request() });
    assert_eq!(lasted.as_secs(), 30);
    bench.tell(Command::Withdraw { name: request() });
    assert_eq!(bench.poll_for(10), [], "withdrawing proves nothing");
    let name = request().replace("abcdefghijkl", "abcdefghijkm");
    bench.tell(write(&name));
    fs::remove_file(bench.path("req").join(&name)).unwrap();
    assert_eq!(bench.poll(), [Event::Taken { name }, Event::Link(LinkState::Ok)]);
}

#[test]
fn a_folder_that_vanishes_is_said_and_found_again() {
    let mut bench = Bench::new();
    bench.sent();
    fs::rename(bench.path("res"), bench.path("away")).unwrap();
    let told = bench.poll_for(5);
    assert_eq!(told.len(), 1, "{told:?}");
    let Some(LinkTrouble::Unreachable { folder, .. }) = link_trouble(&told) else { panic!("{told:?}") };
    assert!(folder.as_str().ends_with("/res"));
    fs::write(bench.path("away").join(answer("xml")), SUMMARY).unwrap();
    fs::rename(bench.path("away"), bench.path("res")).unwrap();
    assert_eq!(bench.poll(), [answered(SUMMARY), Event::Link(LinkState::Ok)]);

    fs::remove_dir(bench.path("req")).unwrap();
    let refused = bench.tell(write(&request().replace("abc", "xyz")));
    assert!(matches!(refused.as_slice(), [Event::WriteFailed { .. }, Event::Link(_)]), "{refused:?}");
    fs::write(bench.path("req"), "a file where the folder was").unwrap();
    assert!(link_trouble(&bench.poll()).unwrap().to_string().contains("フォルダではありません"));
}

#[test]
fn a_folder_that_cannot_be_written_is_said_at_once_and_tried_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    let mut config = config(bench.root.path(), "st01");
    let readonly = bench.path("readonly");
    if rustix::process::geteuid().is_root() {
        // No mode stops root, but nobody makes files in here.
        config.requests = "/proc/self/fdinfo".into();
    } else {
        fs::create_dir(&readonly).unwrap();
        fs::set_permissions(&readonly, fs::Permissions::from_mode(0o555)).unwrap();
        config.requests.clone_from(&readonly);
    }
    let (worker, events) = worker(config);
    let mut bench = Bench { worker, events, ..bench };
    let told = bench.poll();
    assert!(matches!(link_trouble(&told), Some(LinkTrouble::Unwritable { .. })), "{told:?}");
    let told = bench.tell(write(&request()));
    let [Event::WriteFailed { why, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert!(why.contains("書き込めません"), "{why}");
    assert_eq!(bench.poll_for(5), []);
    if readonly.exists() {
        fs::set_permissions(&readonly, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(bench.poll(), [Event::Link(LinkState::Ok)]);
        assert_eq!(fs::read_dir(&readonly).unwrap().count(), 0, "no half request");
    }
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

#[test]
fn face_results_are_counted_listed_and_copied_in_place() {
    let mut bench = Bench::new();
    let name = |stamp: &str| format!("OQSsiquc01res_face_1311234567Ab-9_{stamp}.xml");
    bench.put(&format!("face/{}", name("20261123090000")), ONE);
    bench.put(&format!("face/{}", name("20261123091000")), &ONE[..400]);
    bench.put(&format!("face/{}", name("20261123092000")), SUMMARY);
    for foreign in ["OQSsiquc01res_1.xml", "OQSsiquc01res_face_131123456_20261123090000.xml", "thumbs.db"] {
        bench.put(&format!("face/{foreign}"), ONE);
    }
    let link = name("20261123093000");
    std::os::unix::fs::symlink("/etc/hostname", bench.path("face").join(&link)).unwrap();
    let before = bench.names("face");

    assert_eq!(bench.tell(Command::CountFaces), [Event::FaceCount(4)]);
    let told = bench.tell(Command::ListFaces { newest: 10 });
    let [Event::Faces(faces)] = told.as_slice() else { panic!("{told:?}") };
    let shown: Vec<_> = faces
        .iter()
        .map(|f| {
            (f.at.as_str(), f.person.as_ref().map(|p| p.name.as_str()).map_err(|why| why.contains("。")))
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("20261123093000", Err(true)),
            ("20261123092000", Err(true)),
            ("20261123091000", Err(true)),
            ("20261123090000", Ok("架空　太郎"))
        ]
    );
    assert_eq!(faces[3].person.as_ref().unwrap().kana.as_str(), "ｶｸｳ ﾀﾛｳ");
    let copy = Command::CopyFace { name: name("20261123090000") };
    let copied =
        Event::FaceCopied { name: name("20261123090000"), bytes: ONE.to_vec(), hash: ContentHash::of(ONE) };
    assert_eq!(bench.tell(copy), [copied]);
    for refused in
        [link.as_str(), "../req/x", "OQSsiquc01res_1.xml", &name("20261123091000"), &name("20200101000000")]
    {
        let told = bench.tell(Command::CopyFace { name: refused.to_owned() });
        assert!(matches!(told.as_slice(), [Event::FaceFailed { .. }]), "{refused}: {told:?}");
    }
    assert_eq!(bench.names("face"), before, "nothing was moved or deleted");
    let told = bench.tell(Command::ListFaces { newest: 1 });
    assert!(matches!(told.as_slice(), [Event::Faces(faces)] if faces.len() == 1));
}

/// Lets the real threads run until an event fits; everything before it is dropped.
fn wait_for(events: &Receiver<Event>, fits: impl Fn(&Event) -> bool) -> Option<Event> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let event = events.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
        if fits(&event) {
            return Some(event);
        }
    }
}

fn started(root: &Path, station: &str, change: impl FnOnce(&mut FolderConfig)) -> (Folder, Receiver<Event>) {
    let (sender, events) = mpsc::channel();
    let mut config = config(root, station);
    change(&mut config);
    let sink = Box::new(move |event| {
        let _ = sender.send(event);
    });
    (Folder::start(config, sink).unwrap(), events)
}

#[test]
fn two_stations_share_one_folder() {
    let bench = Bench::new();
    let mut stations = Vec::new();
    for station in ["st01", "st02"] {
        let (folder, events) = started(bench.root.path(), station, |config| {
            config.poll_awaiting = Duration::from_millis(20);
        });
        let name = request().replace("st01", station);
        folder.send(write(&name)).unwrap();
        assert!(wait_for(&events, |e| matches!(e, Event::Written { .. })).is_some());
        stations.push((station, name, folder, events));
    }
    let other = |station: &str| if station == "st01" { SUMMARY } else { ONE };
    for (station, name, ..) in &stations {
        fs::remove_file(bench.path("req").join(name)).unwrap();
        bench.put(&format!("res/{}", answer("xml").replace("st01", station)), other(station));
    }
    for (station, name, _folder, events) in &stations {
        let Some(Event::Answer { request, bytes, .. }) =
            wait_for(events, |e| matches!(e, Event::Answer { .. }))
        else {
            panic!("no answer for {station}");
        };
        assert_eq!((&request, bytes.as_slice()), (name, other(station)));
        assert!(events.recv_timeout(Duration::from_millis(200)).is_err(), "nothing of the other station");
    }
}

#[test]
fn events_make_it_fast_and_without_them_the_poll_is_enough() {
    for watch in [true, false] {
        let bench = Bench::new();
        let (folder, events) = started(bench.root.path(), "st01", |config| {
            config.watch = watch;
            // With events the poll would come too late, so an early answer is theirs.
            config.poll_awaiting = Duration::from_millis(if watch { 60_000 } else { 200 });
        });
        assert!(wait_for(&events, |e| matches!(e, Event::Link(LinkState::Ok))).is_some());
        folder.send(write(&request())).unwrap();
        assert!(wait_for(&events, |e| matches!(e, Event::Written { .. })).is_some());
        fs::remove_file(bench.path("req").join(request())).unwrap();
        assert!(wait_for(&events, |e| matches!(e, Event::Taken { .. })).is_some(), "watch: {watch}");
        bench.put("res/.part", SUMMARY);
        fs::rename(bench.path("res/.part"), bench.path("res").join(answer("xml"))).unwrap();
        let found = wait_for(&events, |e| matches!(e, Event::Answer { .. }));
        assert_eq!(found, Some(answered(SUMMARY)), "watch: {watch}");
    }
}

#[test]
fn events_survive_the_folder_being_replaced() {
    let bench = Bench::new();
    let (folder, events) = started(bench.root.path(), "st01", |config| {
        config.poll_awaiting = Duration::from_millis(100);
    });
    folder.send(write(&request())).unwrap();
    fs::rename(bench.path("res"), bench.path("old")).unwrap();
    fs::create_dir(bench.path("res")).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    bench.put(&format!("res/{}", answer("xml")), SUMMARY);
    assert_eq!(wait_for(&events, |e| matches!(e, Event::Answer { .. })), Some(answered(SUMMARY)));
}

#[test]
fn closing_the_door_ends_the_threads() {
    let bench = Bench::new();
    let (folder, events) = started(bench.root.path(), "st01", |_| {});
    assert!(wait_for(&events, |e| matches!(e, Event::Link(_))).is_some());
    drop(folder);
    let ended = loop {
        match events.recv_timeout(Duration::from_secs(5)) {
            Ok(_) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break true,
            Err(mpsc::RecvTimeoutError::Timeout) => break false,
        }
    };
    assert!(ended, "both threads have dropped the sink");
}
