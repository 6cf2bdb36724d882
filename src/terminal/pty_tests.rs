//! The device side on a real pty: this test program starts itself again as the child that owns the terminal.

use super::backend::Screen;
use super::event_loop::{Incoming, Program, Stop, run};
use super::keymap::Key;
use super::put::put;
use super::start::{Started, start};
use super::tty::Tty;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::Frame;
use ratatui::style::Style;
use std::io::{Read as _, Write};
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

const MODE: &str = "KYUKYU_TTY_CHILD";
const SECRET: &str = "佐藤花子";

/// Not a test of its own: what the others start.
#[test]
#[ignore = "started by the other tests, in a pty"]
fn child() {
    let Ok(mode) = env::var(MODE) else { return };
    let Started { mut screen, inbox, .. } = start::<()>(false).unwrap();
    if mode == "stuck" {
        let view = |frame: &mut Frame<'_>| {
            put(frame.buffer_mut(), 0, 0, 9, "stuck", Style::new());
        };
        screen.draw(view).unwrap();
        thread::sleep(Duration::from_mins(1));
    }
    let program = Program {
        update: |log: &mut String, _, incoming: Incoming<()>| {
            match incoming {
                Incoming::Key(Key::ESC) | Incoming::Stop(Stop::Signal(_) | Stop::LineLost) => return vec![()],
                Incoming::Key(key) if key == Key::plain('!') => panic!("{SECRET}"),
                Incoming::Key(key) => log.extend(["[", &key.to_string(), "]"]),
                Incoming::Paste(pasted) => log.extend(["<", pasted.as_str(), ">"]),
                Incoming::Column(_) | Incoming::Resize | Incoming::Station(()) | Incoming::Tick => {}
            }
            vec![]
        },
        execute: |_: &mut Screen<Tty>, ()| Ok(ControlFlow::Break(())),
        deadline: |_: &String| None,
        view: |log: &String, frame: &mut Frame<'_>| {
            let area = frame.area();
            put(
                frame.buffer_mut(),
                0,
                0,
                area.width,
                &format!("{}x{}", area.width, area.height),
                Style::new(),
            );
            put(frame.buffer_mut(), 0, 1, area.width, log, Style::new());
        },
    };
    run(&mut screen, &inbox, &mut String::new(), program).unwrap();
}

/// A child in a pty, and what its terminal shows.
struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn Write + Send>>,
    output: mpsc::Receiver<Vec<u8>>,
    seen: Vec<u8>,
    emulator: vt100::Parser,
    modes: String,
}

impl Session {
    fn start(mode: &str, ready: &'static str) -> Self {
        Self::start_reading(mode, ready, true)
    }

    /// Unless asked to keep reading, the reader lets go of the line at `ready`: otherwise the line could not drop.
    fn start_reading(mode: &str, ready: &'static str, keep: bool) -> Self {
        let size = PtySize { rows: 24, cols: 80, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let modes = format!("{:?}", pair.master.get_termios().unwrap());
        let mut command = CommandBuilder::new(env::current_exe().unwrap());
        command.args(["terminal::pty_tests::child", "--exact", "--ignored", "--nocapture"]);
        command.env(MODE, mode);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let (mut bytes, mut all) = ([0; 4096], Vec::new());
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                all.extend(&bytes[..count]);
                let last = !keep && String::from_utf8_lossy(&all).contains(ready);
                if sender.send(bytes[..count].to_vec()).is_err() || last {
                    break;
                }
            }
        });
        let keyboard = Some(pair.master.take_writer().unwrap());
        let emulator = vt100::Parser::new(24, 80, 0);
        let mut session =
            Self { child, master: Some(pair.master), keyboard, output, seen: Vec::new(), emulator, modes };
        session.wait_for(ready);
        session
    }

    fn read(&mut self, time: Duration) {
        if let Ok(bytes) = self.output.recv_timeout(time) {
            self.emulator.process(&bytes);
            self.seen.extend(bytes);
        }
    }

    fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.emulator.screen().contents().contains(text) {
            assert!(Instant::now() < end, "{text} never came:\n{}", self.emulator.screen().contents());
            self.read(Duration::from_millis(50));
        }
    }

    fn press(&mut self, bytes: &[u8]) {
        let keyboard = self.keyboard.as_mut().unwrap();
        keyboard.write_all(bytes).unwrap();
        keyboard.flush().unwrap();
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits until the child is gone; how long that took, and its exit code.
    fn ended(&mut self) -> (Duration, u32) {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (begin.elapsed(), status.exit_code());
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "the process does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The terminal is as a shell expects it, and nothing of the screen remains.
    fn assert_clean(&mut self) {
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(100)) {
            self.emulator.process(&bytes);
            self.seen.extend(bytes);
        }
        let screen = self.emulator.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert!(self.seen.windows(4).any(|four| four == b"\x1b[3J"), "the scrollback is cleared");
        let modes = format!("{:?}", self.master.as_ref().unwrap().get_termios().unwrap());
        assert_eq!(modes, self.modes, "the device's modes are as before");
    }
}

/// The time the whole thing may take, with room for a busy test machine.
const SOON: Duration = Duration::from_secs(1);

#[test]
fn keys_pastes_and_sizes_arrive_and_leaving_is_clean() {
    let mut session = Session::start("loop", "80x24");
    // The bytes of an arrow key one by one, as on a serial line: not Esc, which would leave.
    for byte in b"\x1b[A" {
        session.press(&[*byte]);
        thread::sleep(Duration::from_millis(5));
    }
    session.press(b"\x1bOP\x1b[11~\x1b[[A");
    session.press("\x1b[200~佐藤\x1b[201~".as_bytes());
    session.press(b"\x1a");
    session.wait_for("[Up][F1][F1][F1]<佐藤>[Ctrl-Z]");
    session.signal(rustix::process::Signal::TSTP);
    session.emulator.set_size(30, 100);
    session.master.as_ref().unwrap().resize(PtySize { rows: 30, cols: 100, ..PtySize::default() }).unwrap();
    session.wait_for("100x30");
    session.press(b"\x1b");
    let (_, code) = session.ended();
    assert_eq!(code, 0);
    session.assert_clean();
}

#[test]
fn an_idle_screen_sleeps() {
    let mut session = Session::start("loop", "80x24");
    while session.output.recv_timeout(Duration::from_millis(200)).is_ok() {}
    let before = wake_ups(&session);
    session.read(Duration::from_millis(1500));
    assert_eq!(wake_ups(&session), before, "an idle terminal woke up");
    assert!(session.output.try_recv().is_err(), "an idle terminal wrote");
    session.press(b"\x1b");
    session.ended();
}

/// How often the child's threads went to sleep so far.
fn wake_ups(session: &Session) -> u64 {
    let tasks = format!("/proc/{}/task", session.child.process_id().unwrap());
    let status = |task: fs::DirEntry| fs::read_to_string(task.path().join("status")).unwrap_or_default();
    let count = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|count| count.trim().parse::<u64>().ok()).unwrap_or(0)
    };
    fs::read_dir(tasks).unwrap().map(|task| count(status(task.unwrap()))).sum()
}

#[test]
fn a_signal_ends_it_even_when_the_main_loop_is_stuck() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::HUP, rustix::process::Signal::QUIT]
    {
        let mut session = Session::start("stuck", "stuck");
        session.signal(signal);
        let (time, code) = session.ended();
        assert!(time < SOON, "{signal:?} took {time:?}");
        assert_eq!(code, 128 + u32::try_from(signal.as_raw()).unwrap());
        session.assert_clean();
    }
}

#[test]
fn a_signal_ends_a_running_loop_at_once_and_cleanly() {
    let mut session = Session::start("loop", "80x24");
    session.signal(rustix::process::Signal::TERM);
    let (time, code) = session.ended();
    assert!(time < SOON, "{time:?}");
    assert_eq!(code, 0, "the main loop ended by itself");
    session.assert_clean();
}

#[test]
fn a_dropped_line_leaves_no_process() {
    for (mode, ready) in [("loop", "80x24"), ("stuck", "stuck")] {
        let mut session = Session::start_reading(mode, ready, false);
        session.keyboard = None;
        session.master = None;
        let (time, _) = session.ended();
        assert!(time < SOON, "{mode} took {time:?}");
    }
}

#[test]
fn a_panic_gives_the_terminal_back_and_tells_nothing_of_the_screen() {
    let mut session = Session::start("loop", "80x24");
    session.press(b"!");
    session.ended();
    session.assert_clean();
    let seen = String::from_utf8_lossy(&session.seen);
    assert!(seen.contains("内部の誤りのため画面を終了しました"), "{seen}");
    assert!(!seen.contains(SECRET), "{seen}");
}
