//! A hand on the terminal: knows where the cursor is and which ink is set, and goes from there the short way.

use super::grid::is_blank;
use crate::terminal::width::is_uncertain;
use ratatui::buffer::Cell;
use ratatui::layout::Size;
use ratatui::style::{Color, Modifier};
use std::io::Write as _;

/// Colours and attributes as they are set in the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Ink {
    pub(super) const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    pub(super) fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a blank written with this ink looks like a cleared cell.
    fn leaves_no_ground(self) -> bool {
        self.bg == Color::Reset && !self.modifier.intersects(Modifier::REVERSED | Modifier::UNDERLINED)
    }
}

#[derive(Debug)]
pub(super) struct Pen {
    pub(super) out: Vec<u8>,
    size: Size,
    /// Unknown after the last column (terminals differ in when they wrap) and after uncertain widths.
    x: Option<u16>,
    y: Option<u16>,
    ink: Option<Ink>,
}

impl Pen {
    /// A pen of which the terminal's state is unknown.
    pub(super) fn lost(size: Size) -> Self {
        Self { out: Vec::new(), size, x: None, y: None, ink: None }
    }

    /// Sends a sequence after which the cursor stands at the top left.
    pub(super) fn homing(&mut self, sequence: &[u8]) {
        self.out.extend_from_slice(sequence);
        (self.x, self.y) = (Some(0), Some(0));
    }

    /// Sends a sequence that moves nothing.
    pub(super) fn raw(&mut self, sequence: &[u8]) {
        self.out.extend_from_slice(sequence);
    }

    /// Whether a cell can be written with the ink now set.
    pub(super) fn suits(&self, cell: &Cell) -> bool {
        self.ink.is_some_and(|ink| ink == Ink::of(cell) || is_blank(cell) && ink.leaves_no_ground())
    }

    /// The column, when the cursor is in row `y` and its column is known.
    pub(super) fn column_in(&self, y: u16) -> Option<u16> {
        self.x.filter(|_| self.y == Some(y))
    }

    /// Goes to a cell by the shortest sequence.
    pub(super) fn go(&mut self, x: u16, y: u16) {
        let way = self.way(x, y);
        self.out.extend_from_slice(&way);
        (self.x, self.y) = (Some(x), Some(y));
    }

    /// The shortest sequence from here to (x, y), zero-based.
    pub(super) fn way(&self, x: u16, y: u16) -> Vec<u8> {
        let absolute = match (x, y) {
            (0, 0) => b"\x1b[H".to_vec(),
            (0, _) => format!("\x1b[{}H", y + 1).into_bytes(),
            (_, 0) => format!("\x1b[;{}H", x + 1).into_bytes(),
            _ => format!("\x1b[{};{}H", y + 1, x + 1).into_bytes(),
        };
        let Some(from) = self.y else { return absolute };
        // Sideways first: an unknown column may be the pending wrap, which only CR and CHA end alike everywhere.
        let mut relative = sideways(self.x, x);
        relative.extend(up_or_down(from, y));
        if relative.len() < absolute.len() { relative } else { absolute }
    }

    /// Sets the ink, sending only what differs.
    pub(super) fn dip(&mut self, ink: Ink) {
        if self.ink == Some(ink) {
            return;
        }
        let fresh = select(Ink::PLAIN, ink, true);
        let best = match self.ink {
            Some(now) => {
                Some(select(now, ink, false)).filter(|change| change.len() < fresh.len()).unwrap_or(fresh)
            }
            None => fresh,
        };
        self.out.extend(best);
        self.ink = Some(ink);
    }

    /// Writes a symbol that takes `cells`.
    pub(super) fn write(&mut self, symbol: &str, cells: u16) {
        self.out.extend_from_slice(symbol.as_bytes());
        self.x =
            self.x.map(|x| x.saturating_add(cells)).filter(|x| *x < self.size.width && !is_uncertain(symbol));
    }
}

fn sideways(from: Option<u16>, to: u16) -> Vec<u8> {
    let absolute = if to == 0 { b"\r".to_vec() } else { format!("\x1b[{}G", to + 1).into_bytes() };
    let Some(from) = from else { return absolute };
    let steps = match to.cmp(&from) {
        std::cmp::Ordering::Equal => return Vec::new(),
        std::cmp::Ordering::Greater => csi(to - from, 'C'),
        std::cmp::Ordering::Less if from - to <= 4 => vec![8; usize::from(from - to)],
        std::cmp::Ordering::Less => csi(from - to, 'D'),
    };
    if steps.len() < absolute.len() { steps } else { absolute }
}

fn up_or_down(from: u16, to: u16) -> Vec<u8> {
    match to.cmp(&from) {
        std::cmp::Ordering::Equal => Vec::new(),
        std::cmp::Ordering::Less => csi(from - to, 'A'),
        // A line feed cannot scroll here: its target is a row of the screen.
        std::cmp::Ordering::Greater if to - from <= 4 => vec![b'\n'; usize::from(to - from)],
        std::cmp::Ordering::Greater => csi(to - from, 'B'),
    }
}

/// A control sequence with one number, which is left out when it is 1.
fn csi(number: u16, last: char) -> Vec<u8> {
    if number == 1 { format!("\x1b[{last}") } else { format!("\x1b[{number}{last}") }.into_bytes()
}

/// The SGR sequence from one ink to another, after a reset or without one.
fn select(from: Ink, to: Ink, reset: bool) -> Vec<u8> {
    let mut codes: Vec<u8> = Vec::new();
    if reset {
        if to == Ink::PLAIN {
            return b"\x1b[m".to_vec();
        }
        codes.push(0);
    }
    for (modifier, on, off) in
        [(Modifier::BOLD, 1, 22), (Modifier::UNDERLINED, 4, 24), (Modifier::REVERSED, 7, 27)]
    {
        match (from.modifier.contains(modifier), to.modifier.contains(modifier)) {
            (false, true) => codes.push(on),
            (true, false) => codes.push(off),
            _ => {}
        }
    }
    if from.fg != to.fg {
        codes.push(colour_code(to.fg));
    }
    if from.bg != to.bg {
        codes.push(colour_code(to.bg) + 10);
    }
    let mut sequence = b"\x1b[".to_vec();
    for (index, code) in codes.iter().enumerate() {
        if index > 0 {
            sequence.push(b';');
        }
        // An empty parameter means 0.
        if *code > 0 {
            let _ = write!(sequence, "{code}");
        }
    }
    sequence.push(b'm');
    sequence
}

fn colour_code(colour: Color) -> u8 {
    match colour {
        Color::Black => 30,
        Color::Red => 31,
        Color::Green => 32,
        Color::Yellow => 33,
        Color::Blue => 34,
        Color::Magenta => 35,
        Color::Cyan => 36,
        Color::Gray => 37,
        Color::DarkGray => 90,
        Color::LightRed => 91,
        Color::LightGreen => 92,
        Color::LightYellow => 93,
        Color::LightBlue => 94,
        Color::LightMagenta => 95,
        Color::LightCyan => 96,
        Color::White => 97,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => 39,
    }
}
