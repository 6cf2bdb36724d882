//! Times and memory, printed as a table. See `help.txt`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use support::card::{card_file, log_in};
use support::pty::{Pty, Start};
use support::site::{PASSWORD, PIN, Site};

const P01: [&str; 5] = ["139907", "架空１２", "0012345", "01", "1955-11-03"];
/// More than 300 rows.
const P05: [&str; 5] = ["39139902", "", "00567890", "", "1926-12-25"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if arguments.iter().any(|word| word == "--help" || word == "-h") {
        print!("{}", include_str!("help.txt"));
        return;
    }
    let figures: [(&str, fn()); 9] = [
        // Before the others, whose screens and frames would count as its memory.
        ("log", log),
        ("start", start),
        ("answer", || answer("answer", 15, false)),
        ("poll", || answer("poll", 5, true)),
        ("key", key),
        ("station", station),
        ("terminal", terminal),
        ("size", size),
        ("idle", idle),
    ];
    println!("{:<46} {:>22}   target", "figure", "measured");
    for (name, measure) in figures {
        if arguments.is_empty() || arguments.iter().any(|word| word == name) {
            measure();
        }
    }
}

fn row(figure: &str, measured: &str, target: &str) {
    println!("{figure:<46} {measured:>22}   {target}");
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The value below which so many of a hundred lie.
fn percentile(times: &mut [f64], hundredth: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() * hundredth / 100).min(times.len() - 1)]
}

fn start() {
    let site = Site::running();
    card_file(&site, "doctor-1");
    let mut times: Vec<f64> = (0..20)
        .map(|_| {
            let begin = Instant::now();
            let pty = Pty::open(&site);
            pty.wait("訓練");
            milliseconds(pty.last_came() - begin)
        })
        .collect();
    let spread = format!("{:.1} / {:.1} ms", percentile(&mut times, 50), percentile(&mut times, 90));
    row("start to first frame, median / 90 %", &spread, "12 ms");
}

/// A folder in which the stand-in answers, beside the one that the station sees: so the moment at which the answer
/// appears is ours.
struct Aside {
    linksim: Child,
    root: PathBuf,
}

impl Aside {
    fn new(site: &Site) -> Self {
        let root = site.folder.path().join("aside");
        for part in ["req", "res", "face"] {
            fs::create_dir_all(root.join(part)).unwrap();
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_kyukyu"));
        command.arg("linksim").arg("--root").arg(&root).args(["--delay-ms", "1", "--end-with-parent"]);
        let linksim =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { linksim, root }
    }

    /// Takes the request over, and gives the answer once it is whole.
    fn answered(&self, exchange: &Path) -> PathBuf {
        let request = appeared(&exchange.join("req"));
        fs::rename(&request, self.root.join("req").join(request.file_name().unwrap())).unwrap();
        let stem = request.file_stem().unwrap().to_string_lossy().replace("req_", "res_");
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let found = files(&self.root.join("res")).into_iter().find(|file| {
                file.extension().is_some_and(|e| e == "xml") && file.to_string_lossy().contains(&stem)
            });
            if let Some(file) = found {
                return file;
            }
            assert!(Instant::now() < end, "the stand-in did not answer {stem}");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = self.linksim.kill();
        let _ = self.linksim.wait();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn appeared(folder: &Path) -> PathBuf {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let found = files(folder).into_iter().find(|file| file.extension().is_some_and(|e| e == "xml"));
        if let Some(file) = found {
            return file;
        }
        assert!(Instant::now() < end, "no request appeared in {}", folder.display());
        thread::sleep(Duration::from_millis(1));
    }
}

fn answer(name: &str, times: usize, poll_only: bool) {
    let mut site = Site::new();
    site.configure(|config| config.poll_only = poll_only);
    site.start_station();
    let aside = Aside::new(&site);
    let mut pty = at_home(&site, 80, 24);
    let mut opened = Vec::new();
    let mut taken: Vec<f64> = (0..times)
        .map(|_| {
            ask(&mut pty, P01);
            let answer = aside.answered(&site.exchange());
            pty.wait("[x] 連携ソフトが受領");
            pty.settle();
            let into = site.exchange().join("res").join(answer.file_name().unwrap());
            let begin = Instant::now();
            fs::rename(&answer, &into).unwrap();
            pty.wait("本人確認：");
            let time = milliseconds(pty.last_came() - begin);
            // A person must confirm who it is (C5); what the machine does with that is the other half.
            pty.settle();
            pty.keys("<Space>");
            pty.wait("(*) 一致する");
            pty.settle();
            let begin = Instant::now();
            pty.keys("<C-g>");
            pty.wait("救急用サマリー");
            pty.settle();
            opened.push(milliseconds(pty.last_came() - begin));
            pty.go("<Esc>", "ホーム  症例");
            time
        })
        .collect();
    let mut both: Vec<f64> = taken.iter().zip(&opened).map(|(person, summary)| person + summary).collect();
    let spread = format!("{:.1} / {:.1} ms", percentile(&mut taken, 50), percentile(&mut taken, 90));
    let (how, target) = if name == "poll" { ("polling", "1.1 s") } else { ("inotify", "30 ms median") };
    row(&format!("answer in res to person on screen, {how}"), &spread, target);
    let spread = format!("{:.1} / {:.1} ms", percentile(&mut opened, 50), percentile(&mut opened, 90));
    row("  and from the confirmation to the summary", &spread, "in the same");
    let spread = format!("{:.1} / {:.1} ms", percentile(&mut both, 50), percentile(&mut both, 90));
    row("  answer in res to summary, without the person", &spread, target);
}

fn key() {
    let site = Site::running();
    let mut pty = reading(&site, 200, 50);
    let mut times = Vec::new();
    for _ in 0..200 {
        pty.settle();
        let (begin, before) = (Instant::now(), pty.came());
        pty.keys("<Down>");
        while pty.came() == before {
            thread::yield_now();
        }
        pty.settle();
        times.push(milliseconds(pty.last_came() - begin));
    }
    let spread = format!("{:.2} / {:.2} ms", percentile(&mut times, 50), percentile(&mut times, 99));
    row("key to last byte at 200x50, median / 99 %", &spread, "5 ms at 99 %");
}

/// A number of kibibytes in a file of /proc, in MB.
fn megabytes(pid: u32, file: &str, field: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    kibibytes * 1024.0 / 1e6
}

/// The one child of a process.
fn child_of(parent: u32) -> u32 {
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok()) == Some(parent)
    };
    let pids = fs::read_dir("/proc").unwrap().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(is_child).unwrap()
}

fn station() {
    let site = Site::running();
    thread::sleep(Duration::from_secs(1));
    let pid = site.station_pid();
    let rest = megabytes(pid, "status", "VmRSS:");
    row("station RSS at rest", &format!("{rest:.1} MB"), "30 MB");
    let worker = megabytes(child_of(pid), "status", "VmRSS:");
    row("  its folder worker", &format!("{worker:.1} MB"), "");
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| log_in(&site, "sato"));
        }
    });
    let peak = megabytes(pid, "status", "VmHWM:");
    row("station RSS during 20 logins, highest", &format!("{peak:.1} MB"), "170 MB");
    thread::sleep(Duration::from_secs(2));
    let after = megabytes(pid, "status", "VmRSS:");
    row("station RSS two seconds after them", &format!("{after:.1} MB"), "");
}

fn terminal() {
    let site = Site::running();
    let pty = at_home(&site, 80, 24);
    let home = megabytes(pty.pid(), "smaps_rollup", "Pss:");
    row("terminal PSS at home", &format!("{home:.1} MB"), "6 MB");
    drop(pty);
    let pty = reading(&site, 200, 50);
    let reading = megabytes(pty.pid(), "smaps_rollup", "Pss:");
    row("terminal PSS, 300 rows at 200x50", &format!("{reading:.1} MB"), "6 MB");
}

#[allow(clippy::cast_precision_loss)]
fn size() {
    let bytes = fs::metadata(env!("CARGO_BIN_EXE_kyukyu")).unwrap().len();
    row("main binary, stripped", &format!("{:.2} MB", bytes as f64 / 1e6), "8 MB");
}

fn idle() {
    let site = Site::running();
    let pty = at_home(&site, 80, 24);
    pty.settle();
    let before = pty.sleeps();
    let bytes = pty.idle(Duration::from_secs(20));
    let wakes = pty.sleeps() - before;
    row("idle home screen, 20 s", &format!("{bytes} B, {wakes} wake-ups"), "0 B, 1 wake-up a minute");
}

/// A log of a million entries in which one patient is named three times.
fn log() {
    use kyukyu::domain::SafeText;
    use kyukyu::log::search::Draft;
    use kyukyu::log::{Act, Actor, ClockNote, NewEntry, Stamp, Subject};
    use kyukyu::store::{StationKey, Store, StoreError, StoreKind, Tx};
    const ALL: u64 = 1_000_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let entry = |n: u64| {
        let name = if n % 300_000 == 9 {
            "架空　一人".to_owned()
        } else {
            format!("架空　患者{}", n % 30_000)
        };
        let subject = Subject {
            name: Some(SafeText::new(&name)),
            number: Some(SafeText::new(&(n % 30_000).to_string())),
            birthdate: Some("1955-11-03".into()),
            ..Subject::default()
        };
        let user = SafeText::new(&format!("user{}", n % 40));
        let at = 1_700_000_000_000 + i64::try_from(n).unwrap() * 30_000;
        let at = Stamp { utc_ms: at, boot_ms: n, boot_id: "boot".into(), clock: ClockNote::Steady };
        NewEntry {
            actor: Some(Actor { user, name: "氏名".into(), profession: None, record_user: None }),
            case: Some(SafeText::new(&format!("20261123-{:06}", n / 50))),
            subject: Some(Box::new(subject)),
            ..NewEntry::of_station(
                at,
                "er".into(),
                if n.is_multiple_of(2) { Act::LogOpened {} } else { Act::CaseOpened {} },
            )
        }
    };
    let key = StationKey::from_bytes([7; 32]);
    let store = Store::create(&path, StoreKind::Training, &key, |_| entry(0)).unwrap();
    let begin = Instant::now();
    for from in (0..ALL).step_by(10_000) {
        let added = store.transact(move |tx: &mut Tx<'_>| {
            (from..from + 10_000).try_for_each(|n| tx.log(&entry(n)).map(drop))
        });
        added.map_err(|error: StoreError| error).unwrap();
    }
    row("a million entries with their index", &format!("{:.0} s", begin.elapsed().as_secs_f64()), "");
    let size = fs::metadata(&path).unwrap().len() / 1_000_000;
    row("  their file", &format!("{size} MB"), "");
    let begin = Instant::now();
    for n in 0..200 {
        let added = store.transact(move |tx: &mut Tx<'_>| tx.log(&entry(n)));
        added.map_err(|error: StoreError| error).unwrap();
    }
    let each = milliseconds(begin.elapsed()) / 200.0;
    row("  one more entry, one at a time", &format!("{each:.2} ms"), "");
    let of = |change: fn(&mut Draft)| {
        let mut draft = Draft::default();
        change(&mut draft);
        draft.check().unwrap()
    };
    let questions = [
        ("everything", of(|_| ())),
        ("a patient who is named four times", of(|d| d.name = "架空一人".into())),
        ("a patient and an operator", of(|d| (d.name, d.user) = ("架空患者7".into(), "user7".into()))),
        (
            "an operator and a kind that never meet",
            of(|d| (d.user, d.kinds) = ("user2".into(), vec!["case_opened".into()])),
        ),
        (
            "a year of an operator",
            of(|d| (d.user, d.from, d.to) = ("user2".into(), "20240101".into(), "20241231".into())),
        ),
        ("nobody", of(|d| d.name = "だれでもない".into())),
    ];
    for (what, filter) in questions {
        let mut times: Vec<f64> = (0..20)
            .map(|_| {
                let begin = Instant::now();
                let found = store.read(|tx| tx.search_log(&filter, None, 60, true));
                found.map_err(|error: StoreError| error).unwrap();
                milliseconds(begin.elapsed())
            })
            .collect();
        let spread = format!("{:.2} / {:.2} ms", percentile(&mut times, 50), percentile(&mut times, 100));
        row(&format!("  first page: {what}"), &spread, "10 ms");
    }
    let begin = Instant::now();
    let report = store.read(kyukyu::store::ReadTx::check_index).map_err(|error: StoreError| error).unwrap();
    assert_eq!(report.fault_count, 0);
    row("  check of the index", &format!("{:.1} s", begin.elapsed().as_secs_f64()), "");
    row("  RSS, highest", &format!("{:.1} MB", megabytes(std::process::id(), "status", "VmHWM:")), "64 MB");
}

fn at_home(site: &Site, columns: u16, rows: u16) -> Pty {
    let mut pty = Pty::start(site, &Start { columns, rows, ..Start::default() });
    pty.wait("訓練");
    pty.go(&format!("sato<Tab>{PASSWORD}<C-g>"), "PINの残り回数");
    pty.go(&format!("{PIN}<C-g>"), "ホーム  症例");
    pty
}

/// From home: a case, its key, consent; the request is sent.
fn ask(pty: &mut Pty, key: [&str; 5]) {
    pty.go("n", "新しい症例");
    pty.go("1<C-g>", "[マイナンバーカード]");
    pty.go("<C-n>", "[資格確認書等]");
    pty.keys(&key.join("<Tab>"));
    pty.go("<C-g>", "照会内容の確認");
    pty.keys("<Space><Tab><Space><Tab><Space><Tab><Space>");
    pty.wait_until("all ticked", |screen| screen.matches("(*)").count() == 2);
    pty.keys("<C-g>");
}

/// Reading the long record, past its first window.
fn reading(site: &Site, columns: u16, rows: u16) -> Pty {
    let mut pty = at_home(site, columns, rows);
    ask(&mut pty, P05);
    pty.wait("本人確認：");
    pty.keys("<Space>");
    pty.wait("(*) 一致する");
    pty.go("<C-g>", "救急用サマリー");
    pty.keys("<Down><PageDown>");
    pty.settle();
    pty
}
