//! The real program in a real pty, read through a terminal emulator whose widths are right (vt100 0.15 with
//! unicode-width 0.1.10 gives `ﾊﾟ` two cells, as terminals do).
//!
//! Nothing here sleeps and hopes: every wait is for something that must appear, with a deadline, and what was on the
//! screen is printed when it does not.

use super::card::card_file;
use super::site::Site;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// The longest that anything may take on a busy test machine.
const DEADLINE: Duration = Duration::from_secs(20);
/// A screen on which nothing came for so long is complete.
const QUIET: Duration = Duration::from_millis(120);

/// How to start.
pub struct Start<'a> {
    pub columns: u16,
    pub rows: u16,
    /// Name of the software card in the reader.
    pub card: &'a str,
    /// Socket of a card agent, in the place of the software card.
    pub agent: Option<&'a Path>,
    /// The readers of this machine, in the place of the software card.
    pub readers: bool,
    /// Another socket than the station's own.
    pub station: Option<&'a Path>,
    pub arguments: &'a [&'a str],
    pub environment: &'a [(&'a str, &'a str)],
}

impl Default for Start<'_> {
    fn default() -> Self {
        Self {
            columns: 80,
            rows: 24,
            card: "doctor-1",
            agent: None,
            readers: false,
            station: None,
            arguments: &[],
            environment: &[],
        }
    }
}

/// Everything that came from the program.
struct Seen {
    raw: Vec<u8>,
    emulator: vt100::Parser,
    /// Every screen that stood there after a read.
    screens: Vec<String>,
    /// When something last came.
    last: Instant,
    open: bool,
    /// The reader is to let go of the line after what comes next, so that it can drop.
    let_go: bool,
}

struct Shared {
    seen: Mutex<Seen>,
    came: Condvar,
}

/// A terminal with the program in it.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn std::io::Write + Send>>,
    shared: Arc<Shared>,
}

impl Pty {
    /// At 80×24 with the first doctor's card.
    pub fn open(site: &Site) -> Self {
        Self::start(site, &Start::default())
    }

    pub fn start(site: &Site, start: &Start<'_>) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kyukyu"));
        command.arg("--socket");
        command.arg(start.station.map_or_else(|| site.socket(), Path::to_owned));
        match start.agent {
            Some(socket) => command.args(["--card-agent".as_ref(), socket.as_os_str()]),
            // No agent of the person who runs the tests is to be found.
            None if start.readers => command.env("XDG_RUNTIME_DIR", site.folder.path()),
            None => command.args(["--software-card".as_ref(), card_file(site, start.card).as_os_str()]),
        }
        command.args(start.arguments);
        Self::run(command, start)
    }

    /// A sub-command instead of the screen, at 80×24.
    pub fn command(site: &Site, words: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kyukyu"));
        command.args(words);
        command.arg("--socket");
        command.arg(site.socket());
        Self::run(command, &Start::default())
    }

    /// Another program than the screen, at 80×24.
    pub fn program(program: &str, arguments: &[&OsStr]) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        Self::run(command, &Start::default())
    }

    /// Waits until the program answers at its socket.
    pub fn until_answering(&self, socket: &Path) {
        let end = Instant::now() + DEADLINE;
        while UnixStream::connect(socket).is_err() {
            assert!(Instant::now() < end, "nobody answers there. The screen:\n{}\n", self.screen());
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn run(mut command: CommandBuilder, start: &Start<'_>) -> Self {
        let window = PtySize { rows: start.rows, cols: start.columns, ..PtySize::default() };
        let pair = native_pty_system().openpty(window).unwrap();
        for unwanted in ["NO_COLOR", "LC_ALL", "LC_CTYPE"] {
            command.env_remove(unwanted);
        }
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "ja_JP.UTF-8")] {
            command.env(name, value);
        }
        for (name, value) in start.environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let reader = pair.master.try_clone_reader().unwrap();
        let keyboard = Some(pair.master.take_writer().unwrap());
        let emulator = vt100::Parser::new(start.rows, start.columns, 0);
        let seen = Seen {
            raw: Vec::new(),
            emulator,
            screens: Vec::new(),
            last: Instant::now(),
            open: true,
            let_go: false,
        };
        let shared = Arc::new(Shared { seen: Mutex::new(seen), came: Condvar::new() });
        let own = Arc::clone(&shared);
        thread::spawn(move || own.read(reader));
        Self { child, master: Some(pair.master), keyboard, shared }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Types. `<Tab>` and the like are keys, everything else is typed as it stands; all in one write, as a paste
    /// from a fast line would come.
    pub fn keys(&mut self, keys: &str) {
        let bytes = in_bytes(keys);
        self.write(&bytes);
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        let keyboard = self.keyboard.as_mut().unwrap();
        keyboard.write_all(bytes).unwrap();
        keyboard.flush().unwrap();
    }

    /// Waits until the screen shows a text. Blanks and line ends do not count: long sentences are wrapped.
    pub fn wait(&self, text: &str) {
        self.wait_until(&format!("「{text}」"), |screen| squeezed(screen).contains(&squeezed(text)));
    }

    /// Waits until the screen does not show a text any more.
    pub fn wait_gone(&self, text: &str) {
        self.wait_until(&format!("no 「{text}」"), |screen| !squeezed(screen).contains(&squeezed(text)));
    }

    /// Waits until the screen is as it should be.
    pub fn wait_until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let end = Instant::now() + DEADLINE;
        let mut seen = self.seen();
        loop {
            let screen = seen.emulator.screen().contents();
            if holds(&screen) {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && seen.open, "{what} never came. The screen:\n{screen}\n");
            seen = self.shared.came.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Types, and waits for what it leads to.
    pub fn go(&mut self, keys: &str, expected: &str) {
        self.keys(keys);
        self.wait(expected);
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.seen().emulator.screen().contents()
    }

    /// Whether the screen shows a text now.
    pub fn shows(&self, text: &str) -> bool {
        squeezed(&self.screen()).contains(&squeezed(text))
    }

    /// The row in which the cursor stands.
    pub fn cursor_row(&self) -> String {
        let seen = self.seen();
        let screen = seen.emulator.screen();
        let (row, _) = screen.cursor_position();
        screen.rows(0, screen.size().1).nth(usize::from(row)).unwrap_or_default()
    }

    /// The rows of the screen.
    pub fn rows(&self) -> Vec<String> {
        let seen = self.seen();
        let screen = seen.emulator.screen();
        screen.rows(0, screen.size().1).collect()
    }

    /// Whether a text ever stood on a screen, or was ever sent.
    pub fn ever_showed(&self, text: &str) -> bool {
        let seen = self.seen();
        let wanted = squeezed(text);
        seen.screens.iter().any(|screen| squeezed(screen).contains(&wanted))
            || String::from_utf8_lossy(&seen.raw).contains(text)
    }

    /// All bytes that came so far.
    pub fn raw(&self) -> Vec<u8> {
        self.seen().raw.clone()
    }

    /// Waits until nothing more comes.
    pub fn settle(&self) {
        let mut seen = self.seen();
        loop {
            let before = seen.raw.len();
            seen = self.shared.came.wait_timeout(seen, QUIET).unwrap().0;
            if seen.raw.len() == before {
                return;
            }
        }
    }

    /// The bytes that something brings about, until nothing more comes.
    pub fn bytes_of(&mut self, act: impl FnOnce(&mut Self)) -> Vec<u8> {
        self.settle();
        let begin = self.seen().raw.len();
        act(self);
        self.settle();
        self.seen().raw[begin..].to_vec()
    }

    /// When something last came.
    pub fn last_came(&self) -> Instant {
        self.seen().last
    }

    /// How many bytes came so far.
    pub fn came(&self) -> usize {
        self.seen().raw.len()
    }

    /// How many bytes came within a time.
    pub fn idle(&self, time: Duration) -> usize {
        self.settle();
        let begin = self.seen().raw.len();
        let end = Instant::now() + time;
        let mut seen = self.seen();
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            seen = self.shared.came.wait_timeout(seen, left).unwrap().0;
        }
        seen.raw.len() - begin
    }

    /// How often the program has called write(2).
    pub fn writes(&self) -> u64 {
        self.proc_number("io", "syscw:")
    }

    /// How often the program's threads went to sleep.
    pub fn sleeps(&self) -> u64 {
        let tasks = format!("/proc/{}/task", self.pid());
        let count = |task: fs::DirEntry| number_in(&task.path().join("status"), "voluntary_ctxt_switches:");
        fs::read_dir(tasks).unwrap().map(|task| count(task.unwrap())).sum()
    }

    fn proc_number(&self, file: &str, field: &str) -> u64 {
        number_in(format!("/proc/{}/{file}", self.pid()).as_ref(), field)
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// The emulator keeps two columns and two rows: in less it subtracts with overflow when something drawn for the
    /// window as it was before still comes.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.seen().emulator.set_size(rows.max(2), columns.max(2));
        let size = PtySize { rows, cols: columns, ..PtySize::default() };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.pid()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Drops the line, as a network that fails does.
    pub fn hang_up(&mut self) {
        self.settle();
        self.seen().let_go = true;
        self.keys("<C-l>");
        let mut seen = self.seen();
        while seen.open {
            seen = self.shared.came.wait_timeout(seen, DEADLINE).unwrap().0;
        }
        drop(seen);
        self.keyboard = None;
        self.master = None;
    }

    /// Waits until the program is gone; how long that took, and its exit code.
    pub fn ended(&mut self) -> (Duration, u32) {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (begin.elapsed(), status.exit_code());
            }
            assert!(begin.elapsed() < DEADLINE, "the program does not end:\n{}", self.screen());
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shared {
    fn read(&self, mut reader: Box<dyn std::io::Read + Send>) {
        let mut bytes = vec![0; 65_536];
        loop {
            let count = reader.read(&mut bytes).unwrap_or(0);
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if count == 0 {
                seen.open = false;
                self.came.notify_all();
                return;
            }
            seen.last = Instant::now();
            seen.raw.extend_from_slice(&bytes[..count]);
            seen.emulator.process(&bytes[..count]);
            let screen = seen.emulator.screen().contents();
            if seen.screens.last() != Some(&screen) {
                seen.screens.push(screen);
            }
            seen.open = !seen.let_go;
            self.came.notify_all();
            if !seen.open {
                return;
            }
        }
    }
}

fn number_in(file: &std::path::Path, field: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or("0");
    line.trim().parse().unwrap_or(0)
}

/// Without blanks and line ends.
pub fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn in_bytes(keys: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|after| after.split_once('>'));
        match named {
            Some((name, after)) => {
                bytes.extend(key(name));
                rest = after;
            }
            None => {
                bytes.extend(c.to_string().as_bytes());
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    bytes
}

fn key(name: &str) -> Vec<u8> {
    if let Some(letter) = name.strip_prefix("C-") {
        return vec![letter.as_bytes()[0] & 0x1f];
    }
    match name {
        "Tab" => b"\t".to_vec(),
        "BackTab" => b"\x1b[Z".to_vec(),
        "Enter" => b"\r".to_vec(),
        "Esc" => b"\x1b".to_vec(),
        "Space" => b" ".to_vec(),
        "Back" => b"\x7f".to_vec(),
        "Up" => b"\x1b[A".to_vec(),
        "Down" => b"\x1b[B".to_vec(),
        "Right" => b"\x1b[C".to_vec(),
        "Left" => b"\x1b[D".to_vec(),
        "Home" => b"\x1b[H".to_vec(),
        "End" => b"\x1b[F".to_vec(),
        "PageUp" => b"\x1b[5~".to_vec(),
        "PageDown" => b"\x1b[6~".to_vec(),
        "F1" => b"\x1bOP".to_vec(),
        "F2" => b"\x1bOQ".to_vec(),
        "F3" => b"\x1bOR".to_vec(),
        "F6" => b"\x1b[17~".to_vec(),
        "F10" => b"\x1b[21~".to_vec(),
        _ => panic!("no key is called <{name}>"),
    }
}

/// The places of a byte string in another.
pub fn places(of: &[u8], within: &[u8]) -> Vec<Range<usize>> {
    (0..within.len().saturating_sub(of.len() - 1))
        .filter(|at| &within[*at..*at + of.len()] == of)
        .map(|at| at..at + of.len())
        .collect()
}

/// Bytes for a message of a failed test.
pub fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    for c in String::from_utf8_lossy(bytes).chars() {
        if c.is_control() {
            let _ = write!(text, "\\x{:02x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}
