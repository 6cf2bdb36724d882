//! The first lines of every screen: who is working where, and about whom.

use crate::terminal::put::{put, put_marked};
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;

/// What stands at the top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The institution.
    pub facility: String,
    /// 【訓練】, EMR停止中: never cut.
    pub banners: Vec<String>,
    /// Name, profession and factors; empty before the login.
    pub user: String,
    /// Minutes to the automatic lock, when two or fewer are left.
    pub lock_in: Option<u8>,
    /// Two identifiers of the patient and the insurance key: never cut, wrapped where they do not fit.
    pub patient: Vec<String>,
}

impl Header {
    /// Draws it and gives the area that is left below.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) -> Rect {
        let area = area.intersection(frame.area());
        if area.is_empty() {
            return area;
        }
        let buf = frame.buffer_mut();
        let mut left = area.x;
        for banner in &self.banners {
            left = put(buf, left, area.y, area.right() - left, banner, theme.style(Role::Banner));
            left = (left + 1).min(area.right());
        }
        let mut right = area.right();
        if let Some(minutes) = self.lock_in {
            let text = format!(" あと{minutes}分でロック ");
            let cells = width::cells(&text).min(right - left);
            right -= cells;
            put(buf, right, area.y, cells, &text, theme.style(Role::Caution));
        }
        // The user gives way to the banners, the facility to the user.
        let cells = width::cells(&self.user).min((right - left).saturating_sub(8));
        put_marked(buf, right - cells, area.y, cells, &self.user, theme.style(Role::Text));
        let room = (right - cells).saturating_sub(left).saturating_sub(1);
        put_marked(buf, left, area.y, room, &self.facility, theme.style(Role::Text));
        let mut y = area.y + 1;
        for line in pack(&self.patient, area.width) {
            for piece in width::wrap(&line, area.width) {
                if y < area.bottom() {
                    put(buf, area.x, y, area.width, piece, theme.style(Role::Strong));
                    y += 1;
                }
            }
        }
        Rect { y, height: area.bottom() - y, ..area }
    }
}

/// Puts pieces side by side as far as they fit.
fn pack(pieces: &[String], max: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        match lines.last_mut() {
            Some(line) if width::cells(line) + 2 + width::cells(piece) <= max => {
                line.push_str("  ");
                line.push_str(piece);
            }
            _ => lines.push(piece.clone()),
        }
    }
    lines
}
