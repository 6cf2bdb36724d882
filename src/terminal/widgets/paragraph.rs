//! Long text: cautions, notes, help. Wrapped, scrolled, and saying so when there is more.

use super::scroll::{Total, Window, place};
use crate::terminal::keymap::Command;
use crate::terminal::put::put;
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;

/// How far a text is scrolled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paragraph {
    window: Window,
}

impl Paragraph {
    /// Answers scrolling commands; `false` for others.
    pub fn scroll(&self, command: Command) -> bool {
        let page = isize::try_from(self.window.height()).unwrap_or(isize::MAX);
        match command {
            Command::Up => self.window.by(-1),
            Command::Down => self.window.by(1),
            // One row of the page before stays in sight.
            Command::PageUp => self.window.by(-(page - 1).max(1)),
            Command::PageDown => self.window.by((page - 1).max(1)),
            Command::Top => self.window.set_top(0),
            Command::Bottom => self.window.to_end(),
            _ => return false,
        }
        true
    }

    /// Whether the last line was in sight when last drawn.
    pub fn is_at_end(&self) -> bool {
        self.window.at_end()
    }

    /// Draws the text. When it does not fit, the last row says which lines are in sight.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme, text: &str) {
        self.draw_parts(frame, area, theme, &[(Role::Text, text)]);
    }

    /// Whether there is more than fits, as last drawn.
    pub fn overflows(&self) -> bool {
        self.window.overflows()
    }

    /// Draws parts of different meaning one below the other.
    pub fn draw_parts(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme, parts: &[(Role, &str)]) {
        let area = area.intersection(frame.area());
        let lines: Vec<(Role, &str)> = parts
            .iter()
            .flat_map(|(role, text)| width::wrap(text, area.width).into_iter().map(|line| (*role, line)))
            .collect();
        let height = usize::from(area.height);
        let rows = if lines.len() > height { height.saturating_sub(1) } else { height };
        let top = self.window.drawn(lines.len(), rows);
        let buf = frame.buffer_mut();
        for (y, (role, line)) in (area.y..).zip(lines.iter().skip(top).take(rows)) {
            put(buf, area.x, y, area.width, line, theme.style(*role));
        }
        if rows < height {
            let more = if self.window.at_end() { "ここまで" } else { "続きがあります" };
            let seen = place(top + 1, (top + rows).min(lines.len()), lines.len(), Total::Here);
            let status = format!("-- {seen} 行 {more} --");
            put(buf, area.x, area.bottom() - 1, area.width, &status, theme.style(Role::Strong));
        }
    }
}
