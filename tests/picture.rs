//! The picture in the README: a frame of the real program, on a pty, with a synthetic patient.
//!
//! ```sh
//! KYUKYU_PICTURE=write cargo test --test picture
//! ```
//!
//! draws `docs/screen.svg` anew. The screen shows today's date, so the file cannot be compared byte by byte; what does
//! not depend on the day is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code)]
#[path = "pty/flow.rs"]
mod flow;
mod support;

use flow::{IDENTIFY, at_home, certificate, confirm_person, no_consent_possible_and_send};
use kyukyu::terminal::svg;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::fs;
use std::path::Path;
use support::site::Site;

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;
const PICTURE: &str = "docs/screen.svg";

/// What a terminal of that size shows after these bytes, as a frame.
fn frame(bytes: &[u8]) -> Buffer {
    let mut emulator = vt100::Parser::new(ROWS, COLUMNS, 0);
    emulator.process(bytes);
    let screen = emulator.screen();
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
    let mut pty = at_home(&site);
    pty.go("n", "新しい症例");
    let evidence = "<Right><Right><Right><Space><Tab>救急隊";
    pty.go(&format!("初療1<Tab>70<Tab><Space><Tab><Tab>{evidence}<C-g>"), IDENTIFY);
    certificate(&mut pty, ["139907", "架空１２", "0012345", "01", "S30.11.3"]);
    no_consent_possible_and_send(&mut pty);
    confirm_person(&mut pty, "青葉　太郎");
    pty.wait("ワーファリン錠１ｍｇ");
    pty.wait("まだ表示されません");
    pty.settle();
    let svg = svg::picture(&frame(&pty.raw()));

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PICTURE);
    if std::env::var("KYUKYU_PICTURE").is_ok_and(|what| what == "write") {
        fs::write(&path, &svg).unwrap();
    }
    let rows = pty.rows();
    for (row, shown) in rows.iter().enumerate() {
        let plain = without_blanks(shown).replace('>', "&gt;").replace('<', "&lt;");
        assert_eq!(row_of(&svg, row), plain, "row {row} of the picture is row {row} of the screen");
    }
    let kept = fs::read_to_string(&path).unwrap();
    let again = "draw it anew: KYUKYU_PICTURE=write cargo test --test picture";
    for row in [0, rows.len() - 2, rows.len() - 1] {
        assert_eq!(row_of(&kept, row), row_of(&svg, row), "row {row} is another now; {again}");
    }
    for words in ["受診歴", "電子処方箋情報", "薬剤情報", "手術情報", "特定健診等情報"]
    {
        let in_both = [&kept, &svg].map(|svg| (0..rows.len()).any(|row| row_of(svg, row).contains(words)));
        assert_eq!(in_both, [true; 2], "{words}; {again}");
    }
}
