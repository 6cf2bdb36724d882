//! The picture in the README: a frame of the real program, on a pty, with a synthetic patient.
//!
//! ```sh
//! KYUKYU_PICTURE=write cargo test --test picture
//! ```
//!
//! draws `docs/screen.svg` anew. The screen shows today's date, so the file cannot be compared byte by byte; what does
//! not depend on the day is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use kyukyu::terminal::svg;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::fs;
use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use support::card::card_file;
use support::site::{PASSWORD, PIN, Site};

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;
const PICTURE: &str = "docs/screen.svg";

/// `kyukyu` at a terminal, and what it shows.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: mpsc::Receiver<Vec<u8>>,
    emulator: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn open(site: &Site, card: &str) -> Self {
        let size = PtySize { rows: ROWS, cols: COLUMNS, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kyukyu"));
        command.arg("--socket");
        command.arg(site.socket());
        command.arg("--software-card");
        command.arg(card_file(site, card));
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        let emulator = vt100::Parser::new(ROWS, COLUMNS, 0);
        Self { child, keyboard, output, emulator, _master: pair.master }
    }

    fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while !self.emulator.screen().contents().contains(text) {
            assert!(Instant::now() < end, "{text} never came:\n{}", self.emulator.screen().contents());
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(50)) {
                self.emulator.process(&bytes);
            }
        }
    }

    /// Presses keys, then waits until the screen shows a text.
    fn press(&mut self, keys: &str, text: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
        self.wait_for(text);
    }

    /// The screen as a frame.
    fn frame(&self) -> Buffer {
        let screen = self.emulator.screen();
        let mut frame = Buffer::empty(Rect::new(0, 0, COLUMNS, ROWS));
        for (x, y) in (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (x, y))) {
            let cell = screen.cell(y, x).unwrap();
            // The second half of a wide character stays the blank that a frame has there.
            if cell.is_wide_continuation() {
                continue;
            }
            let mut style = Style::new().fg(colour(cell.fgcolor())).bg(colour(cell.bgcolor()));
            for (is, modifier) in [
                (cell.bold(), Modifier::BOLD),
                (cell.inverse(), Modifier::REVERSED),
                (cell.underline(), Modifier::UNDERLINED),
            ] {
                if is {
                    style = style.add_modifier(modifier);
                }
            }
            let text = cell.contents();
            let symbol = if text.is_empty() { " " } else { text.as_str() };
            frame[(x, y)].set_symbol(symbol).set_style(style);
        }
        frame
    }

    /// Takes in what comes until nothing does for a moment.
    fn settle(&mut self) {
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.emulator.process(&bytes);
        }
    }

    /// Whether the row with a text is the marked one.
    fn marked(&self, text: &str) -> bool {
        let row = (0..usize::from(ROWS)).map(|at| self.row(at)).find(|row| row.contains(text));
        row.expect(text).starts_with('>')
    }

    fn row(&self, at: usize) -> String {
        self.emulator.screen().rows(0, COLUMNS).nth(at).unwrap()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn colour(colour: vt100::Color) -> Color {
    const NAMED: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match colour {
        vt100::Color::Idx(at) => NAMED.get(usize::from(at)).copied().unwrap_or(Color::Reset),
        vt100::Color::Default | vt100::Color::Rgb(..) => Color::Reset,
    }
}

/// The texts of a picture, by their place.
fn texts(svg: &str) -> Vec<(&str, &str)> {
    svg.lines()
        .filter_map(|line| line.strip_prefix("<text ")?.split_once(" textLength"))
        .map(|(place, rest)| (place, rest.split(['>', '<']).nth(1).unwrap()))
        .collect()
}

/// The characters of one row of a picture, in order, without blanks.
fn row_of(svg: &str, row: usize) -> String {
    let y = format!("y=\"{}\"", 12 + row * 19 + 14);
    texts(svg).into_iter().filter(|(place, _)| place.ends_with(&y)).map(|(_, text)| text).collect()
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| *c != ' ').collect()
}

#[test]
fn the_picture_is_of_the_program_as_it_is() {
    let site = Site::running();
    let mut terminal = Terminal::open(&site, "doctor-1");
    terminal.wait_for("連携:正常");
    // Tab between fields, Ctrl-G for what the screen is about.
    terminal.press(&format!("sato\t{PASSWORD}\x07"), "残り回数");
    terminal.press(&format!("{PIN}\x07"), "ホーム");
    terminal.press("n", "新しい症例");
    let case = "初療1\t70\t \t\t\x1b[C\x1b[C\x1b[C \t救急隊\x07";
    terminal.press(case, "患者特定");
    terminal.wait_for("青葉");
    while !terminal.marked("青葉") {
        terminal.press("\x1b[B", "青葉");
        terminal.settle();
    }
    terminal.press("\r", "0012345");
    terminal.press("\x07", "照会内容の確認");
    terminal.press(" \t \t\x1b[C ", "意識障害");
    terminal.press("\t \t呼びかけに応答なし\x07", "目の前の患者と");
    terminal.press(" \x07", "救急用サマリー");
    terminal.wait_for("薬剤情報)は");
    let svg = svg::picture(&terminal.frame());

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PICTURE);
    if std::env::var("KYUKYU_PICTURE").is_ok_and(|what| what == "write") {
        fs::write(&path, &svg).unwrap();
    }
    for row in 0..usize::from(ROWS) {
        let plain = without_blanks(&terminal.row(row)).replace('>', "&gt;").replace('<', "&lt;");
        assert_eq!(row_of(&svg, row), plain, "row {row} of the picture is row {row} of the screen");
    }
    let kept = fs::read_to_string(&path).unwrap();
    let again = "draw it anew: KYUKYU_PICTURE=write cargo test --test picture";
    assert_eq!(texts(&kept).is_empty(), texts(&svg).is_empty(), "{again}");
    for row in [0, usize::from(ROWS) - 2, usize::from(ROWS) - 1] {
        assert_eq!(row_of(&kept, row), row_of(&svg, row), "row {row} is another now; {again}");
    }
    for words in ["受診歴", "電子処方箋情報", "薬剤情報", "手術情報", "特定健診等情報"]
    {
        let in_both =
            [&kept, &svg].map(|svg| (0..usize::from(ROWS)).any(|row| row_of(svg, row).contains(words)));
        assert_eq!(in_both, [true; 2], "{words}; {again}");
    }
}
