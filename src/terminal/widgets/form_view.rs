//! How a form looks.

use super::form::{Field, Form, Kind};
use super::scroll::{Total, place};
use crate::terminal::put::{put, put_marked};
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

impl<K: Copy + PartialEq> Form<K> {
    /// Draws the form; the field that has the focus is always wholly in sight, and the cursor at its caret, except
    /// while the person pages through the form.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        self.draw_part(frame, area, theme, |_| true);
    }

    /// Rows that the form needs in `width` cells.
    pub fn height(&self, width: u16) -> u16 {
        let label = self.label_cells(width);
        self.fields.iter().map(|field| measure(field, width, label)).fold(0, u16::saturating_add)
    }

    fn label_cells(&self, width: u16) -> u16 {
        let labels =
            self.fields.iter().filter(|field| matches!(field.kind, Kind::Text(..) | Kind::Choice(_)));
        labels.map(|field| width::cells(&field.label)).max().unwrap_or(0).min(width / 3)
    }

    /// Draws the notes on the left and the fields on the right, where the window is wide enough for both.
    pub fn draw_beside_notes(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let left = Rect { width: (area.width - GUTTER) / 2, ..area };
        let right = Rect { x: left.right() + GUTTER, width: area.width - left.width - GUTTER, ..area };
        let notes = self.fields.iter().filter(|field| field.is_note());
        let height: usize = notes.map(|field| usize::from(measure(field, left.width, 0))).sum();
        if height > usize::from(area.height) {
            return self.draw(frame, area, theme);
        }
        let mut y = left.y;
        for field in self.fields.iter().filter(|field| field.is_note()) {
            let height = measure(field, left.width, 0);
            draw_field(frame, Rect { y, height, ..left }, theme, field, 0, false);
            y = y.saturating_add(height);
        }
        self.draw_part(frame, right, theme, |field| !field.is_note());
    }

    fn draw_part(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme, shown: impl Fn(&Field<K>) -> bool) {
        let area = area.intersection(frame.area());
        if area.is_empty() {
            return;
        }
        let label = self.label_cells(area.width);
        let height_of = |field| if shown(field) { measure(field, area.width, label) } else { 0 };
        let heights: Vec<u16> = self.fields.iter().map(height_of).collect();
        let total: usize = heights.iter().map(|height| usize::from(*height)).sum();
        let top_of =
            |index: usize| heights.iter().take(index).map(|height| usize::from(*height)).sum::<usize>();
        let height = usize::from(area.height);
        let mut top = self.window.drawn(total, height);
        if !self.paging {
            // What stands above the first field belongs to it: a caution is read before it is ticked.
            let first = !self.fields.iter().take(self.focus).any(Field::takes_focus);
            let (begin, end) = if first { (0, self.focus + 1) } else { (top_of(self.focus), self.focus + 2) };
            // The field after it is in sight too, so that one sees where Enter leads.
            top = top.min(begin).max(top_of(end).saturating_sub(height)).min(top_of(self.focus));
            self.window.set_top(top);
        }
        for (index, field) in self.fields.iter().enumerate().filter(|(_, field)| shown(field)) {
            // A field is drawn wholly or not at all, except one that is higher than the area.
            let Some(skip) = top_of(index).checked_sub(top) else { continue };
            let Some(y) = u16::try_from(skip).ok().filter(|y| *y < area.height) else { break };
            let own = Rect { y: area.y + y, height: area.height - y, ..area };
            draw_field(frame, own, theme, field, label, index == self.focus && field.takes_focus());
        }
        if total > height {
            let more = match (top > 0, top + height < total) {
                (true, true) => "^v",
                (true, false) => "^",
                _ => "v",
            };
            let seen = place(top + 1, (top + height).min(total), total, Total::Here);
            say_place(frame, area, theme, &format!(" {more} {seen} 行"));
        }
    }
}

/// Says where one is at the right end of the lowest row that is free there; where none is, the lowest gives way.
fn say_place(frame: &mut Frame<'_>, area: Rect, theme: Theme, words: &str) {
    let cells = width::cells(words).min(area.width);
    let x = area.right() - cells;
    let buf = frame.buffer_mut();
    let free =
        |y: &u16| (x..area.right()).all(|x| buf.cell((x, *y)).is_some_and(|cell| cell.symbol() == " "));
    let y = (area.top()..area.bottom()).rev().find(free).unwrap_or(area.bottom() - 1);
    put(buf, x, y, cells, words, theme.style(Role::Strong));
}

/// Between notes and fields that stand side by side.
const GUTTER: u16 = 2;
/// The mark and the blank after it.
const MARGIN: u16 = 2;

/// The place of a field's own content, and of its message when that fits beside it.
fn columns<K>(field: &Field<K>, width: u16, label: u16) -> (u16, u16, bool) {
    let x = MARGIN + label + 1;
    let room = width.saturating_sub(x);
    let own = match &field.kind {
        Kind::Text(_, cells) => (*cells).min(room),
        _ => room,
    };
    let beside = match (&field.kind, &field.message) {
        (Kind::Text(..), Some((_, message))) => width::cells(message) < room.saturating_sub(own),
        _ => false,
    };
    (x, own, beside)
}

fn measure<K>(field: &Field<K>, width: u16, label: u16) -> u16 {
    let lines = |text: &str, cells: u16| u16::try_from(width::wrap(text, cells).len()).unwrap_or(u16::MAX);
    let (x, own, beside) = columns(field, width, label);
    let body = match &field.kind {
        Kind::Text(..) => 1,
        Kind::Choice(choice) => choice.height(own),
        Kind::Button | Kind::Note(_) => lines(&field.label, width.saturating_sub(MARGIN)),
    };
    let below = match &field.message {
        Some((_, message)) if !beside => lines(message, width.saturating_sub(x)),
        _ => 0,
    };
    body.max(1).saturating_add(below)
}

fn draw_field<K>(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: Theme,
    field: &Field<K>,
    label: u16,
    focused: bool,
) {
    let (x, own, beside) = columns(field, area.width, label);
    let x = area.x.saturating_add(x);
    let style = theme.style(if focused { Role::Strong } else { Role::Text });
    if focused {
        put(frame.buffer_mut(), area.x, area.y, 1.min(area.width), ">", style);
    }
    let mut below = area.y + 1;
    match &field.kind {
        Kind::Text(editor, _) => {
            put_marked(
                frame.buffer_mut(),
                area.x + MARGIN.min(area.width),
                area.y,
                label,
                &field.label,
                style,
            );
            if theme == Theme::Plain {
                // Where nothing can be underlined, the ends of the field are marked.
                put(frame.buffer_mut(), x.saturating_sub(1), area.y, 1, "[", style);
                put(frame.buffer_mut(), x.saturating_add(own), area.y, 1, "]", style);
            }
            let line = theme.style(if focused { Role::Focus } else { Role::Field });
            let caret = editor.draw(frame.buffer_mut(), Rect::new(x, area.y, own, 1), line);
            if let Some(caret) = caret.filter(|_| focused) {
                frame.set_cursor_position(caret);
            }
        }
        Kind::Choice(choice) => {
            put_marked(
                frame.buffer_mut(),
                area.x + MARGIN.min(area.width),
                area.y,
                label,
                &field.label,
                style,
            );
            choice.draw(frame, Rect::new(x, area.y, own, area.height), theme, focused);
            below = area.y + choice.height(own);
        }
        Kind::Button | Kind::Note(_) => {
            let style = if let Kind::Note(role) = field.kind { theme.style(role) } else { style };
            let x = area.x + MARGIN.min(area.width);
            for (line, y) in
                width::wrap(&field.label, area.right() - x).into_iter().zip(area.y..area.bottom())
            {
                put(frame.buffer_mut(), x, y, area.right() - x, line, style);
                below = y + 1;
            }
            if focused {
                frame.set_cursor_position(Position::new(area.x, area.y));
            }
        }
    }
    if let Some((role, message)) = &field.message {
        let style = theme.style(*role);
        let room = area.right().saturating_sub(x);
        if beside {
            put(frame.buffer_mut(), x + own + 1, area.y, room.saturating_sub(own + 1), message, style);
        } else {
            for (line, y) in width::wrap(message, room).into_iter().zip(below..area.bottom()) {
                put(frame.buffer_mut(), x, y, room, line, style);
            }
        }
    }
}
