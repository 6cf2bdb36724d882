//! `kyukyu demo` leaves nothing behind, however it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const KYUKYU: &str = env!("CARGO_BIN_EXE_kyukyu");

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The folders of demos below a temporary folder.
fn sites(temporary: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(temporary).unwrap().flatten();
    entries.map(|e| e.path()).filter(|p| p.to_str().unwrap().contains("kyukyu-demo-")).collect()
}

/// Processes whose command line names a folder.
fn processes_about(folder: &Path) -> usize {
    let name = folder.to_str().unwrap();
    let lines =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|e| fs::read(e.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(name)).count()
}

fn signal(pid: &str, name: &str) {
    let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status().unwrap();
    assert!(sent.success());
}

#[test]
fn the_script_plays_the_main_job_and_leaves_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let done =
        Command::new(KYUKYU).args(["demo", "--script"]).env("TMPDIR", temporary.path()).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    for step in
        ["【訓練】", "二要素認証が済みました", "照会要求を送りました", "本人確認:", "異常はありません"]
    {
        assert!(said.contains(step), "{step} is missing:\n{said}");
    }
    assert_eq!(sites(temporary.path()), Vec::<PathBuf>::new());
    until("no process of the site", || processes_about(temporary.path()) == 0);
}

/// A demo in a pty, up to the login screen.
struct Screen {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    /// Held: closing it hangs up.
    master: Option<Box<dyn portable_pty::MasterPty + Send>>,
}

impl Screen {
    fn open(temporary: &Path) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(KYUKYU);
        command.arg("demo");
        command.env("TMPDIR", temporary);
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (to_test, drawn) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut all = Vec::new();
            let mut some = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut some) {
                all.extend_from_slice(&some[..n]);
                if String::from_utf8_lossy(&all).contains("訓練用の利用者") {
                    break;
                }
            }
            // The pty hangs up only when nobody holds it any more.
            drop(reader);
            let _ = to_test.send(());
        });
        drawn.recv_timeout(Duration::from_secs(30)).expect("the login screen");
        Self { child, master: Some(pair.master) }
    }
}

#[test]
fn a_hang_up_or_a_signal_leaves_nothing() {
    for ending in ["HUP", "TERM", "the pty closes"] {
        let temporary = tempfile::tempdir().unwrap();
        let mut screen = Screen::open(temporary.path());
        assert_eq!(processes_about(temporary.path()), 2, "a station and a stand-in link software");
        match ending {
            "the pty closes" => drop(screen.master.take()),
            name => signal(&screen.child.process_id().unwrap().to_string(), name),
        }
        until("the demo ends", || screen.child.try_wait().unwrap().is_some());
        assert_eq!(sites(temporary.path()), Vec::<PathBuf>::new(), "after {ending}");
        until("no process of the site", || processes_about(temporary.path()) == 0);
    }
}

#[test]
fn what_a_kill_leaves_is_swept_by_the_next_and_what_runs_is_not() {
    let temporary = tempfile::tempdir().unwrap();
    let mut killed = Screen::open(temporary.path());
    let left = sites(temporary.path());
    let running = Screen::open(temporary.path());
    let both = sites(temporary.path());
    assert_eq!((left.len(), both.len()), (1, 2), "a second demo leaves the first alone");
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    until("its processes end too", || processes_about(&left[0]) == 0);
    let next =
        Command::new(KYUKYU).args(["demo", "--script"]).env("TMPDIR", temporary.path()).output().unwrap();
    assert!(next.status.success());
    let now = sites(temporary.path());
    assert_eq!(now.len(), 1);
    assert_ne!(now, left, "the folder of the killed one is gone, that of the running one is not");
    drop(running.master);
    until("no folder", || sites(temporary.path()).is_empty());
}

/// Alone, and as a shell or a service manager ends a whole group: the station gets it too and still writes.
#[test]
fn a_script_that_is_interrupted_leaves_nothing() {
    // What the station writes at its end is a matter of milliseconds: some tries of several meet it.
    for (name, group) in [("INT", false)].into_iter().chain([("TERM", true); 6]) {
        let temporary = tempfile::tempdir().unwrap();
        let mut child = Command::new(KYUKYU)
            .args(["demo", "--script"])
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let whom = if group { format!("-{}", child.id()) } else { child.id().to_string() };
        signal(&whom, name);
        assert!(!child.wait().unwrap().success());
        assert_eq!(sites(temporary.path()), Vec::<PathBuf>::new(), "{name}");
        until("no process of the site", || processes_about(temporary.path()) == 0);
    }
}

#[test]
fn a_scenario_that_cannot_be_used_is_told_as_the_stand_in_tells_it() {
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("scenario.toml");
    let told = |words: &[&str]| {
        let mut command = Command::new(KYUKYU);
        command.args(words).arg("--scenario").arg(&file).env("TMPDIR", temporary.path());
        let done = command.output().unwrap();
        assert_eq!(done.status.code(), Some(1), "{done:?}");
        String::from_utf8(done.stderr).unwrap()
    };
    let root = temporary.path().join("exchange");
    for (written, words) in [
        (None, "場所と権限を確認してください"),
        (Some(b"delay = 3".as_slice()), "1行目"),
        (Some(b"# \x95\x61\x89\x40".as_slice()), "UTF-8を選んで保存し直してください"),
    ] {
        if let Some(bytes) = written {
            fs::write(&file, bytes).unwrap();
        }
        let said = told(&["demo", "--script"]);
        assert!(said.contains("シナリオのファイル") && said.contains(words), "{said}");
        assert_eq!(said, told(&["linksim", "--root", root.to_str().unwrap()]));
        assert_eq!(sites(temporary.path()), Vec::<PathBuf>::new(), "nothing was started");
    }
}
