//! Printing for people and for programs. A closed pipe is the reader's right, not an error.

use crate::domain::SafeText;
use crate::terminal::width;
use serde::Serialize;
use std::io::Write;

/// A line on standard output; whatever came from outside is made safe.
pub(super) fn line(text: impl std::fmt::Display) {
    let safe = SafeText::new(&text.to_string());
    let _ = writeln!(std::io::stdout().lock(), "{safe}");
}

/// A line of our own making, secrets and colours included, as it stands and without a copy.
pub(super) fn own(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
}

/// Nothing of what was shown stays on the terminal, nor in its scrollback.
pub(super) fn wipe() {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(b"\x1b[H\x1b[2J\x1b[3J").and_then(|()| out.flush());
}

/// It was done.
pub(super) fn done(as_json: bool) {
    if as_json {
        json(&serde_json::json!({ "done": true }));
    } else {
        line("完了しました");
    }
}

/// Rows in columns, two cells apart.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) {
    let cells = |text: &String| usize::from(width::cells(text));
    for row in rows {
        let mut text = String::new();
        for (at, cell) in row.iter().enumerate() {
            let widest = rows.iter().filter_map(|row| row.get(at)).map(cells).max().unwrap_or_default();
            text += cell;
            text += &" ".repeat(widest - cells(cell) + 2);
        }
        line(text.trim_end());
    }
}

/// One JSON object on a line.
pub(super) fn json(value: &impl Serialize) {
    let mut out = std::io::stdout().lock();
    if serde_json::to_writer(&mut out, value).is_ok() {
        let _ = writeln!(out);
    }
}

/// A line on standard error.
pub(super) fn note(text: impl std::fmt::Display) {
    let safe = SafeText::new(&text.to_string());
    let _ = writeln!(std::io::stderr().lock(), "{safe}");
}

/// The beginning of a line on standard error, in which something is then typed.
pub(super) fn ask(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(SafeText::new(text).as_str().as_bytes()).and_then(|()| err.flush());
}

/// What went wrong and why, the sentence for people first.
pub(super) fn failure(error: &(dyn std::error::Error + 'static)) {
    for line in error.to_string().lines() {
        note(line);
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        note(format!("  原因: {inner}"));
        cause = inner.source();
    }
}
