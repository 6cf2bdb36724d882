//! One line of text with a caret: Japanese is typed, pasted and deleted here by whole characters.
//!
//! What is typed can be a password or a patient's name: every copy is wiped when it is dropped.

use crate::domain::text::is_plain;
use crate::terminal::keymap::Command;
use crate::terminal::put::{put, put_marked};
use crate::terminal::width;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use secrecy::SecretString;
use std::fmt;
use unicode_segmentation::UnicodeSegmentation as _;
use zeroize::Zeroizing;

/// The commands that [`Editor::edit`] answers.
pub const COMMANDS: [Command; 10] = [
    Command::CaretLeft,
    Command::CaretRight,
    Command::CaretStart,
    Command::CaretEnd,
    Command::DeleteBack,
    Command::DeleteForward,
    Command::DeleteWord,
    Command::DeleteToStart,
    Command::DeleteToEnd,
    Command::Undo,
];

const UNDO_STEPS: usize = 100;

/// Why a field does not take what is typed or pasted, and what to do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untyped {
    /// 外字, or nothing that can be seen.
    #[error("この文字は入力できません（外字・見えない文字）。別の字に置き換えてください")]
    NotPlain,
    /// The field holds no more than so many characters.
    #[error("この欄には{0}文字までしか入力できません。不要な文字を消してから入力してください")]
    Full(usize),
}

/// A line editor.
#[derive(Clone, PartialEq, Eq)]
pub struct Editor {
    text: Zeroizing<String>,
    caret: usize,
    limit: usize,
    masked: bool,
    past: Vec<(Zeroizing<String>, usize)>,
    typing: bool,
}

impl Editor {
    /// An empty field for at most `limit` characters.
    pub fn new(limit: usize) -> Self {
        Self { text: Zeroizing::default(), caret: 0, limit, masked: false, past: Vec::new(), typing: false }
    }

    /// A field that holds a text already (a draft that is taken up again). What cannot be typed is left out.
    pub fn with(limit: usize, text: &str) -> Self {
        let mut editor = Self::new(limit);
        editor.set(text);
        editor
    }

    /// An empty field for a password or PIN: shown as `*`, without undo, in memory that is not copied as it grows.
    pub fn masked(limit: usize) -> Self {
        let text = Zeroizing::new(String::with_capacity(limit * 4));
        Self { text, masked: true, ..Self::new(limit) }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether this is a password or PIN.
    pub fn is_masked(&self) -> bool {
        self.masked
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// A copy of a password or PIN to hand on.
    pub fn secret(&self) -> SecretString {
        // Of the exact size, so that no copy is left where it was shrunk.
        let mut copy = String::with_capacity(self.text.len());
        copy.push_str(&self.text);
        SecretString::from(copy)
    }

    /// Empties the field for good: undo does not bring it back.
    pub fn wipe(&mut self) {
        let fresh = if self.masked { Self::masked(self.limit) } else { Self::new(self.limit) };
        *self = fresh;
    }

    /// Replaces the text, as one edit, with the caret at the end. What cannot be typed is left out.
    pub fn set(&mut self, text: &str) {
        self.remember(false);
        self.text.clear();
        self.caret = 0;
        self.push(text);
    }

    /// Types one character, unless it cannot be shown or the field is full.
    pub fn insert(&mut self, c: char) -> Result<(), Untyped> {
        if !is_plain(c) {
            return Err(Untyped::NotPlain);
        }
        if self.room() == 0 {
            return Err(Untyped::Full(self.limit));
        }
        self.remember(true);
        self.push(c.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    /// Pastes as one edit. Line ends and tabs become one blank, other controls and invisible characters are left
    /// out, blanks at both ends too; [`Untyped::Full`] when not all of it had room.
    pub fn paste(&mut self, text: &str) -> Result<(), Untyped> {
        self.remember(false);
        let words: Vec<&str> =
            text.split(['\r', '\n', '\t']).map(str::trim).filter(|w| !w.is_empty()).collect();
        if self.push(&Zeroizing::new(words.join(" "))) { Ok(()) } else { Err(Untyped::Full(self.limit)) }
    }

    /// Answers an editing command; `false` for commands that are none.
    pub fn edit(&mut self, command: Command) -> bool {
        match command {
            Command::CaretLeft => self.go(self.before()),
            Command::CaretRight => self.go(self.after()),
            Command::CaretStart => self.go(0),
            Command::CaretEnd => self.go(self.text.len()),
            Command::DeleteBack => self.delete(self.before(), self.caret),
            Command::DeleteForward => self.delete(self.caret, self.after()),
            Command::DeleteWord => self.delete(self.word_start(), self.caret),
            Command::DeleteToStart => self.delete(0, self.caret),
            Command::DeleteToEnd => self.delete(self.caret, self.text.len()),
            Command::Undo => self.undo(),
            _ => return false,
        }
        true
    }

    fn room(&self) -> usize {
        self.limit.saturating_sub(self.text.chars().count())
    }

    /// Inserts what is plain and has room; whether all that is plain had room.
    fn push(&mut self, text: &str) -> bool {
        let room = self.room();
        let mut plain = text.chars().filter(|c| is_plain(*c));
        for c in plain.by_ref().take(room) {
            self.text.insert(self.caret, c);
            self.caret += c.len_utf8();
        }
        // A combining character joins its neighbour: the caret stays between characters.
        self.caret = self.boundary_from(self.caret);
        plain.next().is_none()
    }

    fn boundaries(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.text.grapheme_indices(true).map(|(at, _)| at)
    }

    fn boundary_from(&self, start: usize) -> usize {
        self.boundaries().find(|at| *at >= start).unwrap_or(self.text.len())
    }

    fn before(&self) -> usize {
        self.boundaries().rev().find(|at| *at < self.caret).unwrap_or(0)
    }

    fn after(&self) -> usize {
        self.boundaries().find(|at| *at > self.caret).unwrap_or(self.text.len())
    }

    /// Where the word before the caret begins; blanks directly before the caret belong to it.
    fn word_start(&self) -> usize {
        let left = self.text.get(..self.caret).unwrap_or("");
        let kept = left.trim_end().split_word_bound_indices().next_back().map_or(0, |(at, _)| at);
        self.boundaries().rev().find(|at| *at <= kept).unwrap_or(0)
    }

    fn go(&mut self, to: usize) {
        self.caret = to;
        self.typing = false;
    }

    fn delete(&mut self, from: usize, to: usize) {
        if from < to {
            self.remember(false);
            self.text.drain(from..to);
            self.caret = from;
            // What stood on both sides may have become one character.
            self.caret = self.boundary_from(from);
        }
    }

    /// Keeps the present state for undo; characters typed one after the other are one step.
    fn remember(&mut self, typing: bool) {
        if self.masked || (typing && self.typing) {
            return;
        }
        self.typing = typing;
        if self.past.len() == UNDO_STEPS {
            self.past.remove(0);
        }
        self.past.push((self.text.clone(), self.caret));
    }

    fn undo(&mut self) {
        if let Some((text, caret)) = self.past.pop() {
            (self.text, self.caret, self.typing) = (text, caret, false);
        }
    }

    /// Draws the field on the first row of `area`, filled to its width; gives the cell of the caret.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, style: Style) -> Option<Position> {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return None;
        }
        let window = self.window(area.width);
        let blank = " ".repeat(usize::from(area.width));
        put(buf, area.x, area.y, area.width, &blank, style);
        let mut x = area.x;
        if window.cut {
            x = put(buf, x, area.y, 1, width::CUT, style);
        }
        put_marked(buf, x, area.y, area.right() - x, &window.shown, style);
        Some(Position::new(area.x + window.caret, area.y))
    }

    /// The part to show in `width` cells. It depends on text and caret alone and moves by half a window, so that
    /// typing at the end of a long text repaints the field seldom.
    fn window(&self, width: u16) -> Window {
        let shown = self.shown();
        let at =
            if self.masked { self.boundaries().filter(|at| *at < self.caret).count() } else { self.caret };
        let caret = width::cells(shown.get(..at).unwrap_or(""));
        if width::cells(&shown) < width {
            return Window { cut: false, shown, caret };
        }
        if width < 4 {
            // Too narrow for marks: the character at the caret is all that can be shown.
            return Window { cut: false, shown: rest_of(&shown, at), caret: 0 };
        }
        let inner = width - 2;
        if caret < inner {
            return Window { cut: false, shown, caret };
        }
        let page = (inner / 2).max(1);
        let first = ((caret - inner) / page + 1) * page;
        let mut column = 0;
        let start = width::graphemes(&shown)
            .find(|(_, _, cells)| {
                let here = column;
                column += cells;
                here >= first
            })
            .map_or(at, |(start, _, _)| start.min(at));
        let caret = 1 + width::cells(shown.get(start..at).unwrap_or(""));
        Window { cut: true, shown: rest_of(&shown, start), caret }
    }

    fn shown(&self) -> Zeroizing<String> {
        if self.masked { Zeroizing::new("*".repeat(self.boundaries().count())) } else { self.text.clone() }
    }
}

struct Window {
    cut: bool,
    shown: Zeroizing<String>,
    caret: u16,
}

fn rest_of(text: &str, start: usize) -> Zeroizing<String> {
    Zeroizing::new(text.get(start..).unwrap_or("").to_owned())
}

impl fmt::Debug for Editor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Editor({} characters)", self.text.chars().count())
    }
}
