//! The backend that ratatui sees: it knows the size and notes where the frame wants the cursor. Cells do not pass
//! through it; [`super::Screen`] takes the whole frame instead.

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use std::io;

pub(super) struct Recorder {
    size: Size,
    at: Position,
    visible: bool,
}

impl Recorder {
    pub(super) fn new(size: Size) -> Self {
        Self { size, at: Position::ORIGIN, visible: false }
    }

    pub(super) fn resized(&mut self, size: Size) {
        self.size = size;
    }

    /// Where the last frame wants the cursor.
    pub(super) fn cursor(&self) -> Option<Position> {
        self.visible.then_some(self.at)
    }
}

impl Backend for Recorder {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, _: I) -> io::Result<()> {
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.visible = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.visible = true;
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.at)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.at = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
