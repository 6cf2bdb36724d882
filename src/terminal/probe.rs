//! Asking the terminal once how wide an ambiguous character is (trap 3).
//!
//! At the start one such character is written in the second row, and the terminal is asked where its cursor stands.
//! Nobody waits for the answer: the first frame is drawn with two cells kept free, and when the answer comes the next
//! frame is drawn by it. A terminal that does not answer loses nothing. The answer never gets into the input: the
//! decoder knows it by its row (in the first row it would look like Shift-F3), and as long as it may still come, a
//! sequence that arrives in pieces is waited for longer than an Esc key is.

use super::width::Ambiguous;
use std::time::Duration;

/// Written behind the sequence that enters the alternate screen; the first frame clears it.
pub(super) const ASK: &[u8] = "\x1b[2;1H①\x1b[6n".as_bytes();

/// The row in which it is asked; an answer names it.
pub(super) const ROW: u32 = 2;

/// As long as this after the start, an answer may still be on its way.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// What an answer with this column (from 1) says.
pub(super) fn understood(column: u16) -> Option<Ambiguous> {
    match column {
        2 => Some(Ambiguous::One),
        3 => Some(Ambiguous::Two),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_after_the_character_tells_its_width() {
        assert_eq!(understood(2), Some(Ambiguous::One));
        assert_eq!(understood(3), Some(Ambiguous::Two));
        for column in [0, 1, 4, 80] {
            assert_eq!(understood(column), None);
        }
    }
}
