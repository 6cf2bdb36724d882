//! Below 60×15 nothing can be shown without cutting identifiers, so nothing is.

use crate::terminal::put::put;
use crate::terminal::width;
use ratatui::Frame;
use ratatui::style::Style;

/// The least size.
pub const LEAST: (u16, u16) = (60, 15);

/// On a terminal that is too small, says so and gives `true`: draw nothing else then.
pub fn draw(frame: &mut Frame<'_>) -> bool {
    let area = frame.area();
    let (width, height) = LEAST;
    if area.width >= width && area.height >= height {
        return false;
    }
    let text =
        format!("端末が小さすぎます（いま {}x{}、必要 {width}x{height} 以上）", area.width, area.height);
    for (line, y) in width::wrap(&text, area.width).into_iter().zip(area.top()..area.bottom()) {
        put(frame.buffer_mut(), area.x, y, area.width, line, Style::new());
    }
    true
}
