//! Printing for people and for programs. A closed pipe is the reader's right, not an error.

use crate::domain::SafeText;
use serde::Serialize;
use std::io::Write;

/// A line on standard output; whatever came from outside is made safe.
pub(super) fn line(text: impl std::fmt::Display) {
    let safe = SafeText::new(&text.to_string());
    let _ = writeln!(std::io::stdout().lock(), "{safe}");
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
