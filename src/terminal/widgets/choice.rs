//! Choices with signs that a monochrome terminal shows. Nothing is chosen until a person has chosen it.

use super::prompt::Wants;
use crate::terminal::keymap::Command;
use crate::terminal::put::{put, put_marked};
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

/// One of several, or any of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    options: Vec<String>,
    chosen: Vec<bool>,
    at: usize,
    many: bool,
}

impl Choice {
    /// One of several: `( )` and `(*)`.
    pub fn one_of<S: Into<String>>(options: impl IntoIterator<Item = S>) -> Self {
        let options: Vec<String> = options.into_iter().map(Into::into).collect();
        Self { chosen: vec![false; options.len()], options, at: 0, many: false }
    }

    /// Any of several, or a single box to tick: `[ ]` and `[x]`.
    pub fn any_of<S: Into<String>>(options: impl IntoIterator<Item = S>) -> Self {
        Self { many: true, ..Self::one_of(options) }
    }

    /// One of `all`, where `known` is what the user chose before (a draft that is taken up again).
    pub fn among<T: Copy + PartialEq>(
        all: &[T],
        label: impl Fn(T) -> &'static str,
        known: Option<T>,
    ) -> Self {
        let mut choice = Self::one_of(all.iter().copied().map(label));
        if let Some(at) = all.iter().position(|one| Some(*one) == known) {
            choice.choose(at, true);
        }
        choice
    }

    /// The chosen one of several; `None` until one was chosen.
    pub fn chosen(&self) -> Option<usize> {
        self.chosen.iter().position(|chosen| *chosen)
    }

    /// Whether an option is chosen.
    pub fn is_chosen(&self, option: usize) -> bool {
        self.chosen.get(option).copied().unwrap_or(false)
    }

    /// The options, for a prompt.
    pub fn wants(&self) -> Wants {
        let options = self.chosen.iter().copied().zip(self.options.iter().cloned()).collect();
        Wants::Choice { options, many: self.many }
    }

    /// Chooses as the user did before (a draft that is taken up again).
    pub fn choose(&mut self, option: usize, chosen: bool) {
        if !self.many {
            self.chosen.fill(false);
        }
        if let Some(there) = self.chosen.get_mut(option) {
            *there = chosen;
            self.at = option;
        }
    }

    /// Answers [`Command::PrevChoice`], [`Command::NextChoice`] and [`Command::Toggle`]; `false` for others. Moving
    /// does not choose.
    pub fn edit(&mut self, command: Command) -> bool {
        match command {
            Command::PrevChoice => self.at = self.at.saturating_sub(1),
            Command::NextChoice => self.at = (self.at + 1).min(self.options.len().saturating_sub(1)),
            Command::Toggle => self.choose(self.at, !self.is_chosen(self.at)),
            _ => return false,
        }
        true
    }

    /// Rows that [`Choice::draw`] needs in `width` cells.
    pub fn height(&self, width: u16) -> u16 {
        self.places(width).last().map_or(1, |(_, y)| y + 1)
    }

    /// Draws the options side by side as far as they fit. While focused, `>` stands before the one that Space
    /// chooses, and the cursor on its sign.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme, focused: bool) {
        let area = area.intersection(frame.area());
        for (index, (option, (x, y))) in self.options.iter().zip(self.places(area.width)).enumerate() {
            if y >= area.height {
                break;
            }
            let here = focused && index == self.at;
            let (x, y) = (area.x + x, area.y + y);
            let sign = match (self.many, self.is_chosen(index)) {
                (false, false) => "( ) ",
                (false, true) => "(*) ",
                (true, false) => "[ ] ",
                (true, true) => "[x] ",
            };
            let style = theme.style(if here { Role::Strong } else { Role::Text });
            let text = format!("{}{sign}{option}", if here { ">" } else { " " });
            put_marked(frame.buffer_mut(), x, y, area.right() - x, &text, style);
            if here && x + 2 < area.right() {
                frame.set_cursor_position(Position::new(x + 2, y));
            }
        }
    }

    /// Where each option stands.
    fn places(&self, width: u16) -> Vec<(u16, u16)> {
        let (mut x, mut y) = (0u16, 0u16);
        let mut places = Vec::with_capacity(self.options.len());
        for option in &self.options {
            let cells = width::cells(option).saturating_add(5);
            if x > 0 && x.saturating_add(cells) > width {
                (x, y) = (0, y + 1);
            }
            places.push((x, y));
            x = x.saturating_add(cells).saturating_add(1);
        }
        places
    }
}

/// One line of a list of actions, where only one can be marked; used by dialogs.
pub(super) fn draw_marked(frame: &mut Frame<'_>, area: Rect, theme: Theme, text: &str, marked: bool) {
    let style = theme.style(if marked { Role::Strong } else { Role::Text });
    let mark = if marked { "> " } else { "  " };
    let x = put(frame.buffer_mut(), area.x, area.y, area.width, mark, style);
    put_marked(frame.buffer_mut(), x, area.y, area.right().saturating_sub(x), text, style);
    if marked {
        frame.set_cursor_position(area.as_position());
    }
}
