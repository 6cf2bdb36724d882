//! Below 60×15 nothing can be shown without cutting identifiers, so nothing is.

use crate::terminal::put::put;
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The least size.
pub const LEAST: (u16, u16) = (60, 15);

/// Whether nothing but [`draw`] may be drawn into this area.
pub fn is_small(area: Rect) -> bool {
    area.width < LEAST.0 || area.height < LEAST.1
}

/// On a terminal that is too small, says so and gives `true`: draw nothing else then.
pub fn draw(frame: &mut Frame<'_>) -> bool {
    draw_with(frame, &[])
}

/// As [`draw`], with what can be done.
pub fn draw_with(frame: &mut Frame<'_>, more: &[String]) -> bool {
    let area = frame.area();
    if !is_small(area) {
        return false;
    }
    let (width, height) = LEAST;
    let mut text =
        format!("端末が小さすぎます（いま {}x{}、必要 {width}x{height} 以上）", area.width, area.height);
    for line in more {
        text.push('\n');
        text.push_str(line);
    }
    for (line, y) in width::wrap(&text, area.width).into_iter().zip(area.top()..area.bottom()) {
        put(frame.buffer_mut(), area.x, y, area.width, line, Style::new());
    }
    true
}
