//! How many cells text takes, and how to cut it.
//!
//! Two traps meet here. Half-width voiced kana (`ﾊﾟ`) are two cells on every terminal though Unicode calls the
//! mark zero-width, so only ratatui's [`ratatui::buffer::CellWidth`] is trusted. And characters of ambiguous width (`①`, `→`, `℃`)
//! are one cell on some terminals and two on others: until it is known which kind this one is, two cells are kept
//! free for them, and the painter goes to the next column by its number, so that no column behind them moves on
//! either kind. The terminal is asked once at the start (`terminal::probe`); a setting overrides the answer.

use super::line_break::last_break;
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
pub fn graphemes(text: &str) -> impl Iterator<Item = (usize, &str, u16)> {
    measured(text).map(|(at, grapheme, measure)| (at, grapheme, measure.kept))
}

/// As [`graphemes`], with all that is known of their widths.
pub fn measured(text: &str) -> impl Iterator<Item = (usize, &str, Measure)> {
    let known = ambiguous();
    let mut next = 0;
    let clusters = std::iter::from_fn(move || {
        let at = next;
        let (grapheme, measure) = first(known, text.get(at..)?)?;
        next += grapheme.len();
        Some((at, grapheme, measure))
    });
    clusters.filter(|(_, _, measure)| measure.kept > 0)
}

/// The first cluster of a text that begins with one.
fn first(known: Ambiguous, text: &str) -> Option<(&str, Measure)> {
    let mut chars = text.chars();
    let plain = plain_cells(chars.next()?);
    let rest = chars.as_str();
    let alone = chars.next().is_none_or(|after| plain_cells(after).is_some());
    if let Some(cells) = plain.filter(|_| alone) {
        return Some((text.get(..text.len() - rest.len())?, Measure::certain(cells)));
    }
    let grapheme = text.graphemes(true).next()?;
    Some((grapheme, measure_where(known, grapheme)))
}

/// What is known of the width of a grapheme cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The cells that ratatui counts; 0 for controls.
    pub own: u16,
    /// The cells kept free for it; 0 for controls and lone zero-width characters.
    pub kept: u16,
    /// Whether terminals disagree about it.
    pub uncertain: bool,
}

impl Measure {
    fn certain(cells: u16) -> Self {
        Self { own: cells, kept: cells, uncertain: false }
    }
}

/// Measures one grapheme cluster.
pub fn measure(grapheme: &str) -> Measure {
    measure_where(ambiguous(), grapheme)
}

fn measure_where(known: Ambiguous, grapheme: &str) -> Measure {
    let mut chars = grapheme.chars();
    let alone = chars.next().filter(|_| chars.as_str().is_empty());
    if let Some(cells) = alone.and_then(plain_cells) {
        return Measure::certain(cells);
    }
    by_tables(known, grapheme)
}

fn by_tables(known: Ambiguous, grapheme: &str) -> Measure {
    if grapheme.chars().any(char::is_control) {
        return Measure::certain(0);
    }
    let own = grapheme.cell_width();
    let odd = is_odd(grapheme);
    if grapheme.is_ascii() || (known == Ambiguous::One && !odd) {
        return Measure::certain(own);
    }
    let wide = east_asian(grapheme);
    Measure { own, kept: own.max(wide), uncertain: odd || known == Ambiguous::Unknown && own != wide }
}

/// The cells of a character of the kinds that nearly all text is made of; `None` for any other. About these all
/// terminals agree, and a cluster has no two of them, so the tables need not be asked: on every key the whole screen
/// is measured.
fn plain_cells(c: char) -> Option<u16> {
    match c {
        ' '..='~' | '｡'..='ﾝ' => Some(1),
        '\u{3000}'..='〟' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' | '・'..='ヾ' | '一'..='\u{9fff}' | '！'..='｠' => {
            Some(2)
        }
        _ => None,
    }
}

/// The cells kept free for one grapheme cluster, on a terminal of a given kind; 0 for controls and lone zero-width
/// characters.
pub fn cells_where(known: Ambiguous, grapheme: &str) -> u16 {
    measure_where(known, grapheme).kept
}

/// The cells a terminal takes that counts ambiguous characters as two.
fn east_asian(grapheme: &str) -> u16 {
    let marks = grapheme.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count();
    u16::try_from(UnicodeWidthStr::width_cjk(grapheme) + marks).unwrap_or(u16::MAX)
}

/// Whether terminals disagree about the width of this grapheme cluster.
pub fn is_uncertain(grapheme: &str) -> bool {
    measure(grapheme).uncertain
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
/// Newlines break; a line ends where `line_break` says, so that a number is never cut or parted from its unit when the
/// two fit a line. A cluster wider than a whole line becomes [`CUT`]. No other character is lost. `max` 0 gives no
/// lines.
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
    // No character takes more cells than bytes.
    if text.len() <= usize::from(max) {
        lines.push(text);
        return;
    }
    let mut start = 0;
    let mut used = 0u16;
    for (at, grapheme, cells) in graphemes(text) {
        let after = at + grapheme.len();
        if cells > max {
            lines.extend(text.get(start..at).filter(|piece| !piece.is_empty()));
            lines.push(CUT);
            (start, used) = (after, 0);
            continue;
        }
        while used.saturating_add(cells) > max {
            let cut = text.get(start..after).and_then(last_break).map_or(at, |inside| start + inside);
            lines.extend(text.get(start..cut));
            used = text.get(cut..at).map_or(0, self::cells);
            start = cut;
        }
        used += cells;
    }
    let rest = text.get(start..).unwrap_or("");
    if start == 0 || !rest.is_empty() {
        lines.push(rest);
    }
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
            assert_eq!(measure_where(known, grapheme).uncertain, uncertain, "{known:?} {grapheme}");
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

    #[test]
    fn plain_characters_are_what_the_tables_say() {
        let plain: Vec<char> = ('\0'..=char::MAX).filter(|c| plain_cells(*c).is_some()).collect();
        for c in &plain {
            let mut bytes = [0; 4];
            let grapheme: &str = c.encode_utf8(&mut bytes);
            for known in KINDS {
                assert_eq!(
                    measure_where(known, grapheme),
                    by_tables(known, grapheme),
                    "{known:?} {grapheme}"
                );
            }
        }
        // One cluster each, whichever stands before or after: clusters are made of kinds, and all of these are of one.
        let text: String = plain.iter().collect();
        assert_eq!(text.graphemes(true).count(), plain.len());
        let text: String = plain.iter().rev().collect();
        assert_eq!(text.graphemes(true).count(), plain.len());
    }

    const KINDS: [Ambiguous; 3] = [Ambiguous::Unknown, Ambiguous::One, Ambiguous::Two];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn clusters_are_what_the_tables_say(text in clustering_text()) {
            for known in KINDS {
                let mut rest = text.as_str();
                for grapheme in text.graphemes(true) {
                    prop_assert_eq!(first(known, rest), Some((grapheme, by_tables(known, grapheme))));
                    prop_assert!(usize::from(by_tables(known, grapheme).kept) <= grapheme.len(), "{:?}", grapheme);
                    rest = &rest[grapheme.len()..];
                }
                prop_assert_eq!(first(known, rest), None);
            }
        }
    }

    /// Whatever joins what stands before it or after it, between characters of every kind.
    fn clustering_text() -> impl Strategy<Value = String> {
        const JOINING: &str = "\u{200d}\u{fe0f}\u{fe0e}\u{20e3}\u{3099}\u{309a}\u{301}\u{338}\u{ff9e}\u{ff9f}\u{302a}\u{1f3fb}\u{1f1ef}\
            \u{1f1f5}👩☎©\r\n\t\u{85}\u{200b}\u{600}\u{110bd}\u{1100}\u{1161}\u{11a8}가각\u{915}\u{94d}\u{937}\u{93f}\u{e33}\
            ①→～〰゛㊗葛\u{e0100}";
        let of = |text: &str| proptest::sample::select(text.chars().collect::<Vec<_>>());
        let (joining, plain) = (of(JOINING), of("a1# =漢かハﾊｱ。（Ａ\u{3000}"));
        let one = prop_oneof![4 => joining, 4 => plain, 1 => any::<char>()];
        proptest::collection::vec(one, 0..12).prop_map(String::from_iter)
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
