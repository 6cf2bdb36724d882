//! The bytes, drawn by a terminal emulator, must show the frame; and they must be few.

use super::{Grid, Memory, Screen};
use crate::terminal::put::put;
use crate::terminal::width::is_uncertain;
use proptest::prelude::*;
use ratatui::Frame;
use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

/// A screen with the emulator that receives its bytes.
struct Pair {
    screen: Screen<Memory>,
    emulator: vt100::Parser,
}

impl Pair {
    fn new(width: u16, height: u16) -> Self {
        let mut emulator = vt100::Parser::new(height, width, 0);
        emulator.process(b"left over from the shell\x1b[31m");
        Self { screen: Screen::new(Memory::new(width, height)).unwrap(), emulator }
    }

    /// Draws, lets the emulator read `change(bytes)`, and gives the number of bytes.
    fn draw_through(&mut self, view: impl FnOnce(&mut Frame<'_>), change: fn(&str) -> String) -> usize {
        let written = self.screen.draw(view).unwrap();
        let surface = self.screen.surface_mut();
        let bytes = std::mem::take(&mut surface.bytes);
        assert_eq!(bytes.len(), written);
        assert_eq!(surface.writes, usize::from(written > 0), "one write a frame, none without change");
        surface.writes = 0;
        self.emulator.process(change(std::str::from_utf8(&bytes).unwrap()).as_bytes());
        written
    }

    fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> usize {
        self.draw_through(view, str::to_owned)
    }

    /// Compares the emulator with what the buffer must look like.
    fn check(&self, buf: &Buffer, cursor: Option<Position>) -> Result<(), TestCaseError> {
        let seen = self.emulator.screen();
        for (y, row) in (0u16..).zip(Grid::of(buf).rows()) {
            for (x, (symbol, cell)) in (0u16..).zip(as_emulated(row)) {
                let there = seen.cell(y, x).unwrap();
                let blank = there.contents().is_empty() && !there.is_wide_continuation();
                let got = if blank { " ".to_owned() } else { there.contents() };
                prop_assert_eq!(&got, &symbol, "at {},{}", x, y);
                if symbol.is_empty() {
                    continue;
                }
                prop_assert_eq!(there.bgcolor(), colour(cell.bg), "background at {},{}", x, y);
                prop_assert_eq!(there.inverse(), cell.modifier.contains(Modifier::REVERSED));
                prop_assert_eq!(there.underline(), cell.modifier.contains(Modifier::UNDERLINED));
                if symbol != " " {
                    prop_assert_eq!(there.fgcolor(), colour(cell.fg), "ink at {},{}", x, y);
                    prop_assert_eq!(there.bold(), cell.modifier.contains(Modifier::BOLD));
                }
            }
        }
        prop_assert_eq!(seen.hide_cursor(), cursor.is_none());
        if let Some(at) = cursor {
            prop_assert_eq!(seen.cursor_position(), (at.y, at.x));
        }
        Ok(())
    }
}

/// A row as the emulator splits it: half-width kana and their marks apart, and a blank after an ambiguous character.
fn as_emulated(row: &[Cell]) -> Vec<(String, &Cell)> {
    let mut cells = Vec::new();
    for cell in row.iter().filter(|cell| !cell.symbol().is_empty()) {
        let mut parts: Vec<String> = match cell.symbol() {
            kana if kana.contains(['\u{ff9e}', '\u{ff9f}']) => kana.chars().map(String::from).collect(),
            symbol => vec![symbol.to_owned()],
        };
        let rest = if cell.cell_width() > cell.symbol().cell_width() { " " } else { "" };
        parts.resize(usize::from(cell.cell_width()), rest.to_owned());
        cells.extend(parts.into_iter().map(|part| (part, cell)));
    }
    cells
}

fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Red => vt100::Color::Idx(1),
        Color::Blue => vt100::Color::Idx(4),
        Color::LightYellow => vt100::Color::Idx(11),
        _ => vt100::Color::Default,
    }
}

/// One step of a random session.
#[derive(Clone, Debug)]
enum Step {
    Put(u16, u16, String, Style),
    Plain(u16, u16, String),
    Up(u16, u16),
    Down(u16, u16),
    Clear,
}

const WIDTH: u16 = 24;
const HEIGHT: u16 = 9;

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("漢字"),
        Just("カナ"),
        Just("ﾊﾟﾊﾟ"),
        Just("ｶﾞ"),
        Just("ｱ"),
        Just("abc"),
        Just(" "),
        Just("     "),
        Just("①"),
        Just("→"),
        Just("℃"),
        Just("か\u{3099}"),
        Just("0123456789"),
        Just("\u{1b}[2J"),
    ];
    proptest::collection::vec(part, 0..7).prop_map(|parts| parts.concat())
}

fn style() -> impl Strategy<Value = Style> {
    let colour = prop_oneof![4 => Just(Color::Reset), 1 => Just(Color::Red), 1 => Just(Color::Blue), 1 => Just(Color::LightYellow)];
    let bits = proptest::sample::select(vec![
        Modifier::empty(),
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::REVERSED,
        Modifier::UNDERLINED,
        Modifier::BOLD.union(Modifier::UNDERLINED),
    ]);
    (colour.clone(), colour, bits).prop_map(|(fg, bg, bits)| Style::new().fg(fg).bg(bg).add_modifier(bits))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..WIDTH, 0..HEIGHT, text(), style()).prop_map(|(x, y, t, s)| Step::Put(x, y, t, s)),
        2 => (0..WIDTH, 0..HEIGHT, text()).prop_map(|(x, y, t)| Step::Plain(x, y, t)),
        1 => (0..HEIGHT, 0..HEIGHT).prop_map(|(a, b)| Step::Up(a.min(b), a.max(b))),
        1 => (0..HEIGHT, 0..HEIGHT).prop_map(|(a, b)| Step::Down(a.min(b), a.max(b))),
        1 => Just(Step::Clear),
    ]
}

fn apply(buf: &mut Buffer, step: &Step) {
    let width = usize::from(WIDTH);
    match step {
        Step::Put(x, y, text, style) => {
            put(buf, *x, *y, WIDTH, text, *style);
        }
        // What other widgets of ratatui do: no room kept, halves left behind.
        Step::Plain(x, y, text) => buf.set_string(*x, *y, text, Style::new()),
        Step::Up(top, bottom) => {
            buf.content[usize::from(*top) * width..usize::from(bottom + 1) * width].rotate_left(width);
        }
        Step::Down(top, bottom) => {
            buf.content[usize::from(*top) * width..usize::from(bottom + 1) * width].rotate_right(width);
        }
        Step::Clear => buf.reset(),
    }
}

/// What a terminal sees that draws ambiguous characters in two cells, such as Tera Term's Japanese default.
fn as_wide(bytes: &str) -> String {
    bytes.chars().map(|c| if is_uncertain(&c.to_string()) { '囗' } else { c }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_emulator_shows_every_frame(
        steps in proptest::collection::vec((step(), proptest::option::of((0..WIDTH, 0..HEIGHT))), 1..12)
    ) {
        let mut pair = Pair::new(WIDTH, HEIGHT);
        let mut buf = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        for (step, cursor) in steps {
            apply(&mut buf, &step);
            let cursor = cursor.map(Position::from);
            let show = |frame: &mut Frame<'_>| {
                *frame.buffer_mut() = buf.clone();
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            };
            pair.draw(show);
            pair.check(&buf, cursor)?;
            prop_assert_eq!(pair.draw(show), 0, "an unchanged frame writes nothing");
        }
    }

    /// Columns stay in place whichever width the terminal gives to ambiguous characters.
    #[test]
    fn columns_hold_where_ambiguous_characters_are_wide(
        rows in proptest::collection::vec((0..WIDTH, 0..HEIGHT, text(), style()), 1..10)
    ) {
        let mut pair = Pair::new(WIDTH, HEIGHT);
        let mut buf = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        for (x, y, text, style) in rows {
            put(&mut buf, x, y, WIDTH, &text.replace("か\u{3099}", ""), style);
            let mut wide = buf.clone();
            for cell in wide.content.iter_mut().filter(|cell| is_uncertain(cell.symbol())) {
                cell.set_symbol("囗");
            }
            pair.draw_through(|frame| *frame.buffer_mut() = buf.clone(), as_wide);
            pair.check(&wide, None)?;
        }
    }
}

/// A list of 300 patients with header and footer, as the screens draw it.
fn list(frame: &mut Frame<'_>, selected: usize, offset: usize) {
    let (width, height) = (frame.area().width, frame.area().height);
    let buf = frame.buffer_mut();
    put(
        buf,
        0,
        0,
        width,
        "中央病院  【訓練】  山田太郎 医師  PW+HPKI",
        Style::new().add_modifier(Modifier::BOLD),
    );
    for line in 0..height - 3 {
        let row = offset + usize::from(line);
        put(buf, 2, line + 1, width, &row_text(row), Style::new());
        if row == selected {
            put(buf, 0, line + 1, 1, ">", Style::new());
        }
    }
    put(buf, 0, height - 1, width, "Enter 開く  Esc 戻る  F1 手引き", Style::new());
}

fn row_text(row: usize) -> String {
    format!("{row:04} 佐藤 花子{row}  ｻﾄｳ ﾊﾅｺ  昭和{}年3月5日  女  06139999", 10 + row % 50)
}

#[test]
fn budgets_of_a_list() {
    for (width, height, first_screen) in [(80, 24, 4_000), (200, 50, 9_000)] {
        let mut pair = Pair::new(width, height);
        let first = pair.draw(|frame| list(frame, 0, 0));
        assert!(first <= first_screen, "first screen {first}");
        for selected in 1..10 {
            let moved = pair.draw(|frame| list(frame, selected, 0));
            assert!(moved <= 30, "a move took {moved} bytes");
        }
        let mut spent = 0;
        for step in 1..=100 {
            let selected = usize::from(height) - 4 + step;
            spent += pair.draw(|frame| list(frame, selected, step));
            spent -= row_text(selected).len();
            if step % 20 == 0 {
                pair.check(&frame_of(width, height, |frame| list(frame, selected, step)), None).unwrap();
            }
        }
        assert!(spent <= 100 * 40, "scrolling took {} bytes a row beside its text", spent / 100);
        let back = pair.draw(|frame| list(frame, 99, 99));
        assert!(back <= row_text(99).len() + 80, "scrolling back took {back} bytes");
    }
}

#[test]
fn a_typed_character_is_cheap() {
    let mut pair = Pair::new(80, 24);
    let field = |frame: &mut Frame<'_>, typed: &str| {
        list(frame, 0, 0);
        let style = Style::new().add_modifier(Modifier::UNDERLINED);
        let end = put(frame.buffer_mut(), 20, 12, 30, &format!("{typed:30}"), style);
        let caret = put(frame.buffer_mut(), 20, 12, 30, typed, style);
        assert!(end >= caret);
        frame.set_cursor_position((caret, 12));
    };
    pair.draw(|frame| field(frame, ""));
    for typed in ["a", "ab", "ab漢", "ab漢ﾊﾟ", "ab漢ﾊ"] {
        let bytes = pair.draw(|frame| field(frame, typed));
        assert!(bytes <= 40, "{typed} took {bytes} bytes");
    }
}

#[test]
fn a_wipe_leaves_nothing_and_the_next_frame_draws_all() {
    let mut pair = Pair::new(80, 24);
    pair.draw(|frame| list(frame, 0, 0));
    pair.screen.wipe().unwrap();
    let bytes = std::mem::take(&mut pair.screen.surface_mut().bytes);
    assert!(bytes.windows(4).any(|four| four == b"\x1b[3J"), "the scrollback is cleared");
    pair.emulator.process(&bytes);
    assert_eq!(pair.emulator.screen().contents(), "");
    pair.screen.surface_mut().writes = 0;
    pair.draw(|frame| list(frame, 0, 0));
    pair.check(&frame_of(80, 24, |frame| list(frame, 0, 0)), None).unwrap();
}

#[test]
fn a_resize_draws_all_anew() {
    let mut pair = Pair::new(80, 24);
    pair.draw(|frame| list(frame, 0, 0));
    pair.screen.surface_mut().size = ratatui::layout::Size::new(132, 43);
    pair.emulator.set_size(43, 132);
    pair.draw(|frame| list(frame, 0, 0));
    pair.check(&frame_of(132, 43, |frame| list(frame, 0, 0)), None).unwrap();
}

#[test]
fn nothing_that_acts_on_a_terminal_is_sent_from_a_cell() {
    let mut pair = Pair::new(20, 2);
    pair.draw(|frame| {
        let mut cell = Cell::EMPTY;
        cell.set_symbol("\u{1b}]0;title\u{7}");
        frame.buffer_mut()[(3, 0)] = cell;
        frame.buffer_mut()[(4, 0)].set_symbol("x");
    });
    assert_eq!(pair.emulator.screen().contents(), "    x");
    assert_eq!(pair.emulator.screen().title(), "");
}

#[test]
fn a_covered_wide_character_gives_way() {
    let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
    buf.set_string(0, 0, "漢字", Style::new());
    buf[(1, 0)].set_symbol("|");
    let grid = Grid::of(&buf);
    let symbols: Vec<_> = grid.rows().next().unwrap().iter().map(Cell::symbol).collect();
    assert_eq!(symbols, [" ", "|", "字", "", " ", " "]);
    assert!(grid.rows().flatten().all(|cell| cell.cell_width() <= 2));
}

fn frame_of(width: u16, height: u16, view: impl FnOnce(&mut Frame<'_>)) -> Buffer {
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(width, height)).unwrap();
    terminal.draw(view).unwrap().buffer.clone()
}
