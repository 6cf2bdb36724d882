//! All keys, from the same table that gives them their meaning.

use super::dialog::{frame_box, inside};
use super::paragraph::Paragraph;
use crate::terminal::keymap::Hint;
use crate::terminal::put::put;
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;

/// The help page: what works here, then what works elsewhere. `hints` come from
/// [`crate::terminal::keymap::Keymap::help`].
pub fn draw(frame: &mut Frame<'_>, area: Rect, theme: Theme, hints: &[Hint], scroll: &Paragraph) {
    let column = hints.iter().map(|hint| width::cells(&hint.keys.join(", "))).max().unwrap_or(0);
    let mut text = String::from("いまの画面で使えるキー\n");
    let mut here = true;
    for hint in hints.iter().filter(|hint| !hint.keys.is_empty()) {
        if here && !hint.now {
            here = false;
            text.push_str("\nほかの画面・いまは使えないキー\n");
        }
        let keys = hint.keys.join(", ");
        let blank = " ".repeat(usize::from(column - width::cells(&keys)));
        // Two keys may have one name: what counts elsewhere says where.
        let place = if hint.now { String::new() } else { format!("（{}）", hint.context.label()) };
        for part in ["  ", &keys, &blank, "  ", &hint.text, &place, "\n"] {
            text.push_str(part);
        }
    }
    scroll.draw(frame, area, theme, text.trim_end());
}

/// What may follow a first key, in a small box at the bottom of `area`.
pub fn draw_after(frame: &mut Frame<'_>, area: Rect, theme: Theme, first: &str, follows: &[Hint]) {
    let area = area.intersection(frame.area());
    let height = u16::try_from(follows.len()).unwrap_or(u16::MAX).saturating_add(2).min(area.height);
    let own = Rect { y: area.bottom() - height, height, ..area };
    frame_box(frame, own, theme, &format!("{first} のあとに押すキー（Esc で取り消し）"));
    let inner = inside(own);
    for (hint, y) in follows.iter().zip(inner.top()..inner.bottom()) {
        let x =
            put(frame.buffer_mut(), inner.x, y, inner.width, &hint.keys.join(", "), theme.style(Role::Key));
        put(
            frame.buffer_mut(),
            x + 2,
            y,
            inner.right().saturating_sub(x + 2),
            &hint.text,
            theme.style(Role::Text),
        );
    }
}
