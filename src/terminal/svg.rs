//! A frame as an SVG picture, for documents. Every character is placed by its cell, so columns hold whatever font
//! the reader has.

use super::backend::Grid;
use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

const CELL: (u32, u32) = (9, 19);
const MARGIN: u32 = 12;
const INK: &str = "#e6e6e6";
const GROUND: &str = "#1c1f24";

/// The picture, as text of an SVG 1.1 file.
pub fn picture(buf: &Buffer) -> String {
    let grid = Grid::of(buf);
    let size = grid.size();
    let width = u32::from(size.width) * CELL.0 + 2 * MARGIN;
    let height = u32::from(size.height) * CELL.1 + 2 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"'Noto Sans Mono CJK JP','MS Gothic',monospace\" font-size=\"15\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{GROUND}\"/>\n"
    );
    for (y, row) in (0u32..).zip(grid.rows()) {
        let top = MARGIN + y * CELL.1;
        for (x, cell) in (0u32..).zip(row).filter(|(_, cell)| !cell.symbol().is_empty()) {
            draw_cell(&mut out, MARGIN + x * CELL.0, top, cell);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn draw_cell(out: &mut String, x: u32, top: u32, cell: &Cell) {
    let width = u32::from(cell.cell_width().max(1)) * CELL.0;
    let (mut ink, mut ground) = (colour(cell.fg).unwrap_or(INK), colour(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        (ink, ground) = (ground.unwrap_or(GROUND), Some(ink));
    }
    if let Some(ground) = ground {
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{ground}\"/>",
            CELL.1
        );
    }
    if cell.modifier.contains(Modifier::UNDERLINED) {
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"1\" fill=\"{ink}\"/>",
            top + CELL.1 - 2
        );
    }
    if cell.symbol() != " " {
        let weight = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{ink}\"{weight}>{}</text>",
            top + CELL.1 - 5,
            escaped(cell.symbol())
        );
    }
}

fn colour(colour: Color) -> Option<&'static str> {
    Some(match colour {
        Color::Black => "#000000",
        Color::Red => "#c62828",
        Color::Green => "#66bb6a",
        Color::Yellow => "#f9c846",
        Color::Blue => "#5c9dff",
        Color::Magenta => "#c678dd",
        Color::Cyan => "#56c7d6",
        Color::Gray => "#d0d0d0",
        Color::DarkGray => "#808080",
        Color::LightRed => "#ff6b6b",
        Color::LightGreen => "#98e09a",
        Color::LightYellow => "#ffe27a",
        Color::LightBlue => "#8ab8ff",
        Color::LightMagenta => "#dda0f0",
        Color::LightCyan => "#8be4ee",
        Color::White => "#ffffff",
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::put::put;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn every_character_stands_at_its_cell() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 10, 2));
        put(&mut buf, 0, 0, 10, "患<ﾊﾟ", Style::new().fg(Color::Red));
        put(&mut buf, 1, 1, 10, "x", Style::new().add_modifier(Modifier::REVERSED));
        let svg = picture(&buf);
        for expected in [
            "<text x=\"12\" y=\"26\" textLength=\"18\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#c62828\">患</text>",
            "<text x=\"30\" y=\"26\" textLength=\"9\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#c62828\">&lt;</text>",
            "<text x=\"39\" y=\"26\" textLength=\"18\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#c62828\">ﾊﾟ</text>",
            "<rect x=\"21\" y=\"31\" width=\"9\" height=\"19\" fill=\"#e6e6e6\"/>",
        ] {
            assert!(svg.contains(expected), "{expected}\n{svg}");
        }
        assert_eq!(svg.matches("<text").count(), 4);
    }
}
