//! The last two lines of every screen: how things stand, and the keys that work now.

use crate::terminal::keymap::{Command, Hint};
use crate::terminal::put::put;
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;

/// What stands at the bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footer {
    /// The link software, open messages. Times of beginning, never running ages: an idle screen writes nothing.
    pub status: Vec<(Role, String)>,
    /// From [`crate::terminal::keymap::Keymap::footer`], or `after` while a second key is waited for.
    pub keys: Vec<Hint>,
}

impl Footer {
    /// The area that is left above it. The keys do not count: they have one line however many there are.
    pub fn above(&self, area: Rect) -> Rect {
        let lines = u16::try_from(self.lines(area.width).len()).unwrap_or(u16::MAX);
        let height = area.height.checked_sub(lines.saturating_add(1)).unwrap_or(area.height);
        Rect { height, ..area }
    }

    /// Draws it and gives the area that is left above. Where not all keys fit, the first ones are shown, and the key
    /// that shows the others is always there.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) -> Rect {
        let area = area.intersection(frame.area());
        let status = self.lines(area.width);
        let lines = u16::try_from(status.len()).unwrap_or(u16::MAX);
        let Some(rest) = area.height.checked_sub(lines.saturating_add(1)) else { return area };
        let buf = frame.buffer_mut();
        for (y, line) in (area.y + rest..).zip(status) {
            let mut x = area.x;
            for (role, text) in line {
                x = put(buf, x, y, area.right() - x, text, theme.style(role));
                x = x.saturating_add(GAP).min(area.right());
            }
        }
        let (help, others): (Vec<&Hint>, Vec<&Hint>) = self
            .keys
            .iter()
            .filter(|hint| !hint.keys.is_empty())
            .partition(|hint| hint.command == Command::Help);
        let ends = |first: u16| {
            others.iter().scan(first, |end, hint| {
                *end = end.saturating_add(cells(hint)).saturating_add(GAP);
                Some(*end)
            })
        };
        let cells_of_help = |text: &str| {
            let key = help.first().and_then(|hint| hint.keys.first()).map_or(0, |key| width::cells(key));
            key.saturating_add(1).saturating_add(width::cells(text)).saturating_add(GAP)
        };
        let all = area.right().saturating_add(GAP);
        let own = help.first().map_or("", |hint| hint.text.as_str());
        // What is not shown is not passed over in silence: the key to the others then says so.
        let fits = ends(area.x.saturating_add(cells_of_help(own))).all(|end| end <= all);
        let help_text = if fits { own } else { MORE };
        let fitting = ends(area.x.saturating_add(cells_of_help(help_text))).filter(|end| *end <= all).count();
        let shown = others.iter().take(fitting).map(|hint| (*hint, hint.text.as_str()));
        let mut x = area.x;
        for (hint, text) in shown.chain(help.first().map(|hint| (*hint, help_text))) {
            let y = area.bottom() - 1;
            let key = hint.keys.first().map_or("", String::as_str);
            x = put(buf, x, y, area.right() - x, key, theme.style(Role::Key));
            x = put(buf, x, y, area.right() - x, &format!(" {text}"), theme.style(Role::Text));
            x = x.saturating_add(GAP).min(area.right());
        }
        Rect { height: rest, ..area }
    }

    /// The status in lines: side by side as far as it fits; what is longer than a line is wrapped, never cut.
    fn lines(&self, width: u16) -> Vec<Vec<(Role, &str)>> {
        let mut lines: Vec<Vec<(Role, &str)>> = vec![Vec::new()];
        let mut used = 0u16;
        for (role, text) in &self.status {
            for piece in width::wrap(text, width) {
                let cells = width::cells(piece).saturating_add(GAP);
                if used > 0 && used.saturating_add(cells) > width.saturating_add(GAP) {
                    lines.push(Vec::new());
                    used = 0;
                }
                used = used.saturating_add(cells);
                if let Some(line) = lines.last_mut() {
                    line.push((*role, piece));
                }
            }
        }
        lines
    }
}

const GAP: u16 = 2;
/// What stands at the help key when not all keys fit.
const MORE: &str = "その他";

fn cells(hint: &Hint) -> u16 {
    let key = hint.keys.first().map_or(0, |key| width::cells(key));
    key.saturating_add(1).saturating_add(width::cells(&hint.text))
}
