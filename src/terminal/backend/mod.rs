//! From a frame to as few bytes as will show it.
//!
//! Night staff work over slow lines, and every byte that is written twice is a wait. ratatui's own path from buffer
//! to terminal knows nothing of scrolling, of short ways to move a cursor or of terminals that disagree about
//! widths, so it is used for layout and widgets only: [`Screen`] takes the finished frame, compares it with what
//! the terminal shows, and sends the difference in one write. A frame that changes nothing sends nothing.
//!
//! Only the event loop and tests draw through it.

mod grid;
mod paint;
mod pen;
mod recorder;
mod scroll;
#[cfg(test)]
mod tests;

pub use grid::Grid;
use paint::Painter;
use ratatui::layout::Size;
use ratatui::{Frame, Terminal};
use recorder::Recorder;
use std::io;

/// Where frames go: the tty, or memory in tests.
pub trait Surface {
    /// Writes the bytes of one frame, all of them, with one system call where the terminal takes them at once.
    fn write_frame(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// The size in cells now.
    fn size(&self) -> io::Result<Size>;
}

/// A terminal that is drawn on frame by frame.
pub struct Screen<S> {
    terminal: Terminal<Recorder>,
    painter: Painter,
    surface: S,
}

impl<S: Surface> Screen<S> {
    /// A screen of which nothing is known; the first frame clears it.
    pub fn new(surface: S) -> io::Result<Self> {
        let terminal = Terminal::new(Recorder::new(surface.size()?))?;
        Ok(Self { terminal, painter: Painter::default(), surface })
    }

    /// Draws one frame; gives the number of bytes written.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<usize> {
        self.terminal.backend_mut().resized(self.surface.size()?);
        let frame = self.terminal.draw(view)?;
        let grid = Grid::of(frame.buffer);
        let bytes = self.painter.frame(grid, self.terminal.backend().cursor());
        if !bytes.is_empty() {
            self.surface.write_frame(bytes)?;
        }
        Ok(bytes.len())
    }

    /// The next frame clears the terminal and draws everything (after a resize, or when the user asks).
    pub fn redraw(&mut self) {
        self.painter.forget();
    }

    /// Clears the terminal and its scrollback at once, so that nothing of a patient can be scrolled back to.
    pub fn wipe(&mut self) -> io::Result<()> {
        self.painter.forget();
        self.surface.write_frame(b"\x1b[m\x1b[H\x1b[2J\x1b[3J")
    }

    /// What is drawn on.
    pub fn surface(&self) -> &S {
        &self.surface
    }

    /// What is drawn on.
    pub fn surface_mut(&mut self) -> &mut S {
        &mut self.surface
    }
}

/// A surface of fixed size that keeps the bytes, for tests and for pictures of screens.
#[derive(Debug, Default)]
pub struct Memory {
    /// Everything written and not yet taken.
    pub bytes: Vec<u8>,
    /// Frames written.
    pub writes: usize,
    /// The size to report.
    pub size: Size,
}

impl Memory {
    /// An empty surface of `width` × `height` cells.
    pub fn new(width: u16, height: u16) -> Self {
        Self { size: Size::new(width, height), ..Self::default() }
    }
}

impl Surface for Memory {
    fn write_frame(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        self.writes += 1;
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }
}
