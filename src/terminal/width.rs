//! How many cells text takes, and how to cut it.
//!
//! Two traps meet here. Half-width voiced kana (`ﾊﾟ`) are two cells on every terminal though Unicode calls the
//! mark zero-width, so only ratatui's [`ratatui::buffer::CellWidth`] is trusted. And characters of ambiguous width (`①`, `→`, `℃`)
//! are one cell on some terminals and two on others: until it is known which kind this one is, two cells are kept
//! free for them, and the painter goes to the next column by its number, so that no column behind them moves on
//! either kind. The terminal is asked once at the start (`terminal::probe`); a setting overrides the answer.

use ratatui::buffer::CellWidth as _;
use std::sync::atomic::{AtomicU8, Ordering};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

/// How many cells this terminal gives to characters of ambiguous width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ambiguous {
    /// Not known: two are kept free.
    #[default]
    Unknown,
    /// One (Windows Terminal, xterm, most others).
    One,
    /// Two (Tera Term in Japanese, and whoever was set so).
    Two,
}

/// One terminal a process: what is known of it. Widths are measured in too many places to hand it to each.
static AMBIGUOUS: AtomicU8 = AtomicU8::new(0);

/// From now on, this is so.
pub fn set_ambiguous(known: Ambiguous) {
    let code = match known {
        Ambiguous::Unknown => 0,
        Ambiguous::One => 1,
        Ambiguous::Two => 2,
    };
    AMBIGUOUS.store(code, Ordering::Relaxed);
}

fn ambiguous() -> Ambiguous {
    match AMBIGUOUS.load(Ordering::Relaxed) {
        1 => Ambiguous::One,
        2 => Ambiguous::Two,
        _ => Ambiguous::Unknown,
    }
}

/// What stands where text was cut.
pub const CUT: &str = "~";

/// The graphemes of a text that can be drawn, each with the cells kept free for it. Controls are left out.
pub fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = (usize, &str, u16)> {
    text.grapheme_indices(true)
        .map(|(at, grapheme)| (at, grapheme, grapheme_cells(grapheme)))
        .filter(|(_, _, cells)| *cells > 0)
}

/// The cells kept free for one grapheme cluster; 0 for controls and lone zero-width characters.
pub fn grapheme_cells(grapheme: &str) -> u16 {
    cells_where(ambiguous(), grapheme)
}

/// As [`grapheme_cells`], on a terminal of a given kind.
pub fn cells_where(known: Ambiguous, grapheme: &str) -> u16 {
    if grapheme.chars().any(char::is_control) {
        return 0;
    }
    let narrow = grapheme.cell_width();
    let certain = grapheme.is_ascii() || (known == Ambiguous::One && !is_odd(grapheme));
    if certain { narrow } else { narrow.max(east_asian(grapheme)) }
}

/// The cells a terminal takes that counts ambiguous characters as two.
fn east_asian(grapheme: &str) -> u16 {
    let marks = grapheme.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count();
    u16::try_from(UnicodeWidthStr::width_cjk(grapheme) + marks).unwrap_or(u16::MAX)
}

/// Whether terminals disagree about the width of this grapheme cluster.
pub fn is_uncertain(grapheme: &str) -> bool {
    is_uncertain_where(ambiguous(), grapheme)
}

fn is_uncertain_where(known: Ambiguous, grapheme: &str) -> bool {
    !grapheme.is_ascii()
        && (is_odd(grapheme) || known == Ambiguous::Unknown && grapheme.cell_width() != east_asian(grapheme))
}

/// Composed characters and emoji: about these, no probe of one character says anything.
fn is_odd(grapheme: &str) -> bool {
    let composed = grapheme.chars().nth(1).is_some_and(|c| !matches!(c, '\u{ff9e}' | '\u{ff9f}'));
    composed || grapheme.chars().any(|c| ('\u{1f000}'..'\u{20000}').contains(&c))
}

/// The cells kept free for a text drawn on one line.
pub fn cells(text: &str) -> u16 {
    graphemes(text).fold(0, |sum, (_, _, cells)| sum.saturating_add(cells))
}

/// The longest beginning of `text` that fits `max` cells, and the cells it takes. Never splits a cluster.
pub fn clip(text: &str, max: u16) -> (&str, u16) {
    let mut used = 0u16;
    for (at, _, cells) in graphemes(text) {
        if used.saturating_add(cells) > max {
            return (text.get(..at).unwrap_or(""), used);
        }
        used += cells;
    }
    (text, used)
}

/// Breaks `text` into lines of at most `max` cells.
///
/// Newlines break; Latin words and numbers stay whole when they fit a line; Japanese breaks between any two
/// characters, except that closing marks (`、` `」` `ー` …) do not begin a line and opening ones do not end it.
/// A cluster wider than a whole line becomes [`CUT`]. No other character is lost. `max` 0 gives no lines.
pub fn wrap(text: &str, max: u16) -> Vec<&str> {
    if max == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(paragraph.strip_suffix('\r').unwrap_or(paragraph), max, &mut lines);
    }
    lines
}

fn wrap_paragraph<'a>(text: &'a str, max: u16, lines: &mut Vec<&'a str>) {
    let mut start = 0;
    let mut used = 0u16;
    let mut allowed: Option<usize> = None;
    let mut before: Option<&str> = None;
    for (at, grapheme, cells) in graphemes(text) {
        if cells > max {
            lines.extend(text.get(start..at).filter(|piece| !piece.is_empty()));
            lines.push(CUT);
            (start, used, allowed, before) = (at + grapheme.len(), 0, None, None);
            continue;
        }
        if before.is_some_and(|before| may_break(before, grapheme)) {
            allowed = Some(at);
        }
        while used.saturating_add(cells) > max {
            let cut = allowed.take().unwrap_or(at);
            lines.extend(text.get(start..cut));
            used = text.get(cut..at).map_or(0, self::cells);
            start = cut;
        }
        used += cells;
        before = Some(grapheme);
    }
    let rest = text.get(start..).unwrap_or("");
    if start == 0 || !rest.is_empty() {
        lines.push(rest);
    }
}

/// Whether a line may end between two neighbours.
fn may_break(left: &str, right: &str) -> bool {
    const NOT_FIRST: &str =
        "、。，．・：；？！ー～）」』】〕〉》］｝ぁぃぅぇぉっゃゅょァィゥェォッャュョ々,.:;?!)]}｡､･ｰﾞﾟｯｬｭｮ%％";
    const NOT_LAST: &str = "（「『【〔〈《［｛([{￥";
    if right == " " || NOT_FIRST.contains(right) || NOT_LAST.contains(left) {
        return false;
    }
    let word = |g: &str| g.chars().all(|c| c.is_ascii_graphic());
    !(word(left) && word(right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_cells_as_terminals_do() {
        for (text, expected) in [
            ("", 0),
            ("abc", 3),
            ("漢字", 4),
            ("ﾊﾟﾊﾟ", 4),
            ("ｶﾞｯｺｳ", 5),
            ("パパ", 4),
            ("①℃", 4),
            ("→a", 3),
            ("a\tb\u{1b}", 2),
            ("か\u{3099}", 2),
        ] {
            assert_eq!(cells(text), expected, "{text:?}");
        }
    }

    #[test]
    fn knows_where_terminals_disagree() {
        for certain in ["a", "漢", "ｶ", "ﾊﾟ", "あ", "~", "|"] {
            assert!(!is_uncertain(certain), "{certain}");
        }
        for uncertain in ["①", "→", "℃", "±", "●", "─", "※", "…", "か\u{3099}", "😀"] {
            assert!(is_uncertain(uncertain), "{uncertain}");
        }
    }

    #[test]
    fn once_the_terminal_is_known_no_cell_is_kept_for_nothing() {
        for (known, grapheme, cells, uncertain) in [
            (Ambiguous::Unknown, "①", 2, true),
            (Ambiguous::One, "①", 1, false),
            (Ambiguous::Two, "①", 2, false),
            (Ambiguous::One, "±", 1, false),
            (Ambiguous::Two, "─", 2, false),
            (Ambiguous::One, "漢", 2, false),
            (Ambiguous::Two, "ﾊﾟ", 2, false),
            (Ambiguous::Two, "a", 1, false),
            (Ambiguous::One, "か\u{3099}", 2, true),
            (Ambiguous::One, "😀", 2, true),
        ] {
            assert_eq!(cells_where(known, grapheme), cells, "{known:?} {grapheme}");
            assert_eq!(is_uncertain_where(known, grapheme), uncertain, "{known:?} {grapheme}");
        }
    }

    #[test]
    fn wraps_as_a_reader_expects() {
        for (text, max, expected) in [
            ("", 10, vec![""]),
            ("a\nb", 10, vec!["a", "b"]),
            ("アムロジピンOD錠5mg", 10, vec!["アムロジピ", "ンOD錠5mg"]),
            ("服用した、夜", 8, vec!["服用し", "た、夜"]),
            ("one two three", 8, vec!["one two ", "three"]),
            ("あ「い」う", 4, vec!["あ", "「い", "」う"]),
            ("漢a", 1, vec!["~", "a"]),
            ("abcdef", 4, vec!["abcd", "ef"]),
        ] {
            assert_eq!(wrap(text, max), expected, "{text:?} in {max}");
        }
    }

    proptest! {
        #[test]
        fn a_clip_fits_and_is_the_longest(text in any_text(), max in 0u16..30) {
            let (piece, used) = clip(&text, max);
            prop_assert!(text.starts_with(piece));
            prop_assert_eq!(cells(piece), used);
            prop_assert!(used <= max);
            if let Some((_, _, next)) = text.get(piece.len()..).and_then(|rest| graphemes(rest).next()) {
                prop_assert!(used + next > max);
            }
        }

        #[test]
        fn wrapped_lines_fit_and_lose_nothing(text in any_text(), max in 2u16..30) {
            let lines = wrap(&text, max);
            for line in &lines {
                prop_assert!(cells(line) <= max);
            }
            prop_assert_eq!(lines.concat(), text.replace('\n', ""));
        }

        #[test]
        fn wrapping_survives_any_width(text in "\\PC{0,40}", max in 0u16..5) {
            for line in wrap(&text, max) {
                prop_assert!(cells(line) <= max);
            }
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![
                Just("漢"),
                Just("ﾊﾟ"),
                Just("ｶ"),
                Just("a"),
                Just("7"),
                Just(" "),
                Just("、"),
                Just("①"),
                Just("「"),
                Just("」"),
                Just("\n"),
                Just("か\u{3099}"),
                Just("ー"),
            ],
            0..40,
        )
        .prop_map(|parts| parts.concat())
    }
}
