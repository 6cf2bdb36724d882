//! Pages of 80 columns for a printer: each begins with its heading and its number.

use crate::terminal::width;

/// Columns.
pub(super) const COLUMNS: u16 = 80;
/// Lines of a page of A4.
const LINES: usize = 60;
/// Of them at most so many are heading.
const HEAD: usize = 5;

/// Text on its way to paper. Only the page at hand is kept.
pub(super) struct Paper<'a> {
    heading: String,
    below: String,
    put: &'a mut dyn FnMut(&str),
    page: usize,
    line: usize,
}

impl<'a> Paper<'a> {
    /// Begins with the first page's heading.
    pub(super) fn begin(heading: String, below: String, put: &'a mut dyn FnMut(&str)) -> Self {
        let mut paper = Self { heading, below, put, page: 0, line: 0 };
        paper.turn();
        paper
    }

    /// A new page.
    fn turn(&mut self) {
        self.page += 1;
        let number = format!("{}ページ", self.page);
        let room = usize::from(COLUMNS.saturating_sub(width::cells(&self.heading) + width::cells(&number)));
        // A form feed ends the page before.
        let feed = if self.page > 1 { "\u{c}" } else { "" };
        (self.put)(&format!("{feed}{}{}{number}", self.heading, " ".repeat(room)));
        let below = width::wrap(&self.below, COLUMNS);
        self.line = below.len() + 2;
        for line in below {
            (self.put)(line);
        }
        (self.put)(&"-".repeat(usize::from(COLUMNS)));
    }

    /// Lines that belong together, on one page where they fit on one. Long lines are broken and indented.
    pub(super) fn block(&mut self, lines: &[String]) {
        let mut broken = Vec::new();
        for line in lines {
            let indent = if line.starts_with(' ') { "        " } else { "    " };
            let room = COLUMNS.saturating_sub(width::cells(indent));
            let mut parts = width::wrap(line, COLUMNS).into_iter();
            let first = parts.next().unwrap_or_default();
            broken.push(first.to_owned());
            let rest = line.get(first.len()..).unwrap_or_default().trim_start();
            if !rest.is_empty() {
                broken.extend(width::wrap(rest, room).into_iter().map(|part| format!("{indent}{part}")));
            }
        }
        if self.line + broken.len() > LINES && broken.len() + HEAD <= LINES {
            self.turn();
        }
        for line in broken {
            if self.line >= LINES {
                self.turn();
            }
            (self.put)(&line);
            self.line += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_heading_no_line_is_too_wide_and_nothing_is_lost() {
        let mut printed = Vec::new();
        let mut put = |line: &str| printed.push(line.to_owned());
        let mut paper = Paper::begin("事後確認 月次報告".to_owned(), "架空病院".repeat(12), &mut put);
        for n in 0..40 {
            let long = "救急用サマリーの表示".repeat(12);
            paper.block(&[format!("第{n}件"), format!("  {long}"), String::new()]);
        }
        let pages = printed.iter().filter(|line| line.contains("事後確認 月次報告")).count();
        assert!(pages > 2, "{pages}");
        assert_eq!(printed.iter().filter(|line| line.starts_with('\u{c}')).count(), pages - 1);
        assert!(printed.iter().all(|line| width::cells(line.trim_start_matches('\u{c}')) <= COLUMNS));
        for page in printed.join("\n").split('\u{c}') {
            assert!(page.lines().count() <= LINES);
        }
        let text: String = printed.iter().map(|line| line.trim()).collect();
        assert_eq!(text.matches('救').count(), 40 * 12);
    }
}
