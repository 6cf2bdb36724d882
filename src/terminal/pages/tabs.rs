//! What can be switched between, side by side: the open one in brackets.

use crate::terminal::put::put;
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws the tabs, over several lines where they do not fit one; gives what is left below.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, theme: Theme, tabs: &[(bool, String)]) -> Rect {
    let (mut x, mut y) = (area.x, area.y);
    for (open, label) in tabs {
        let text = if *open { format!("[{label}]") } else { format!(" {label} ") };
        let cells = width::cells(&text);
        if x > area.x && x.saturating_add(cells) > area.right() {
            (x, y) = (area.x, y.saturating_add(1));
        }
        if y >= area.bottom() {
            break;
        }
        let role = if *open { Role::Strong } else { Role::Text };
        x = put(frame.buffer_mut(), x, y, area.right() - x, &text, theme.style(role));
        x = x.saturating_add(1).min(area.right());
    }
    let y = y.saturating_add(1).min(area.bottom());
    Rect { y, height: area.bottom() - y, ..area }
}
