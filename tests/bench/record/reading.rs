//! Searching and verifying, in a process that does nothing else, so that its memory is theirs.

use crate::child::say;
use crate::entries::{birthdate, name, number, patient_of};
use crate::million;
use crate::table::{Row, median, permille};
use kyukyu::log::search::{Draft, Filter};
use kyukyu::store::{ReadTx, Store, StoreError};
use rustix::fs::Advice;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// So many entries on a page.
const PAGE: usize = 60;
/// The longest that a first page may take.
const PAGE_MS: f64 = 10.0;
/// So often, in turn with the peer.
const ROUNDS: usize = 3;

/// In the order in which it matters: memory is read after each.
pub fn run(path: &Path, bodies: &Path) {
    let store = million::open(path);
    memory("  memory after opening", "VmRSS:");
    search(&store, path);
    memory("  memory after searching", "VmRSS:");
    verify(&store, bodies);
    memory("  memory after verifying", "VmRSS:");
    memory("memory, highest", "VmHWM:");
    store.close().unwrap();
}

fn milliseconds(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1000.0
}

fn questions() -> Vec<(&'static str, Filter)> {
    let of = |change: &dyn Fn(&mut Draft)| {
        let mut draft = Draft::default();
        change(&mut draft);
        draft.check().unwrap()
    };
    let patient = patient_of(77);
    vec![
        ("everything", of(&|_| ())),
        ("a patient by 番号", of(&|draft| draft.number = number(patient))),
        (
            "a patient by 氏名 and 生年月日",
            of(&|draft| {
                (draft.name, draft.birthdate) = (name(patient), birthdate(patient));
            }),
        ),
        (
            "a patient and an operator",
            of(&|draft| {
                (draft.number, draft.user) = (number(patient), "user37".to_owned());
            }),
        ),
        ("an operator", of(&|draft| draft.user = "user2".into())),
        (
            "an operator and a kind",
            of(&|draft| {
                (draft.user, draft.kinds) = ("user2".to_owned(), vec!["summary_displayed".to_owned()]);
            }),
        ),
        (
            "a month of an operator",
            of(&|draft| {
                (draft.user, draft.from, draft.to) =
                    ("user2".to_owned(), "20260101".to_owned(), "20260131".to_owned());
            }),
        ),
        ("a year", of(&|draft| (draft.from, draft.to) = ("20251123".to_owned(), "20261122".to_owned()))),
        ("a case", of(&|draft| draft.case = "20251123-000077".into())),
        ("nobody", of(&|draft| draft.name = "だれでもない".into())),
    ]
}

fn search(store: &Store, path: &Path) {
    let file = File::open(path).unwrap();
    for (what, filter) in questions() {
        let mut hits = 0;
        let mut ask = || {
            let begin = Instant::now();
            let found = store.read(|tx| tx.search_log(&filter, None, PAGE, true));
            hits = found.map_err(|error: StoreError| error).unwrap().page.entries.len();
            milliseconds(begin)
        };
        rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).unwrap();
        let cold = ask();
        let mut warm: Vec<f64> = (0..20).map(|_| ask()).collect();
        let longest = permille(&mut warm, 1000);
        let row = Row::new(format!("search, {what}: {hits}"), format!("{cold:.2} ms"))
            .beside_words(format!("then {:.2}, at most {longest:.2} ms", median(&mut warm)));
        say(&row.target(format!("<= {PAGE_MS} ms"), cold.max(longest) <= PAGE_MS));
    }
}

fn verify(store: &Store, bodies: &Path) {
    let (mut ours, mut busy, mut peer, mut index) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // Entries have come since the first ones were written out.
    let bytes = million::write_bodies(store, bodies) as f64 / 1e6;
    // One of each goes before, so that both read from memory.
    for round in 0..=ROUNDS {
        let (begin, before) = (Instant::now(), processor());
        let checked = store.check_log(None).unwrap();
        let (took, used) = (milliseconds(begin), processor() - before);
        assert!(checked.report.is_sound() && checked.checkpoints > 0, "{:?}", checked.report.faults);
        let begin = Instant::now();
        let summed = Command::new("sha256sum").arg(bodies).stdout(Stdio::null()).status().unwrap();
        let summing = milliseconds(begin);
        assert!(summed.success());
        if round > 0 {
            ours.push(took / 1000.0);
            busy.push(used);
            peer.push(summing / 1000.0);
        }
    }
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let report = store.read(ReadTx::check_index).map_err(|error: StoreError| error).unwrap();
        assert_eq!(report.fault_count, 0);
        index.push(milliseconds(begin) / 1000.0);
    }
    let (ours, peer) = (median(&mut ours), median(&mut peer));
    say(&Row::new("verify", format!("{ours:.2} s, {:.0} MB/s", bytes / ours))
        .beside(format!("sha256sum {peer:.2} s, {:.0} MB/s", bytes / peer), peer / ours)
        .at_least(0.7));
    say(&Row::new("  processor time of both its threads", format!("{:.2} s", median(&mut busy))));
    say(&Row::new("  and the index against the log", format!("{:.2} s", median(&mut index))));
}

/// Of all threads of this process, in seconds.
fn processor() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Of this process, in MB.
fn memory(what: &str, field: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    let megabytes = kibibytes * 1024.0 / 1e6;
    say(&Row::new(what, format!("{megabytes:.1} MB")).target("<= 64 MB", megabytes <= 64.0));
}
