//! Text from outside, made safe to draw, print and log.

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Text in which no character can act on a terminal, hide or reorder what stands beside it.
///
/// Controls (C0, C1, DEL), bidirectional and zero-width characters, tags, variation selectors, private-use
/// characters (外字) and unassigned code points are replaced by a visible ASCII mark such as `<U+202E>`, so that
/// a reader sees that something was there. Making a `SafeText` twice changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct SafeText(String);

impl SafeText {
    /// Makes any text safe.
    pub fn new(outside: &str) -> Self {
        let mut safe = String::with_capacity(outside.len());
        for c in outside.chars() {
            if is_plain(c) {
                safe.push(c);
            } else {
                use std::fmt::Write as _;
                let _ = write!(safe, "<U+{:04X}>", u32::from(c));
            }
        }
        Self(safe)
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a character may stand on a screen as it is.
pub fn is_plain(c: char) -> bool {
    use GeneralCategory as G;
    if matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}') {
        return false;
    }
    !matches!(
        c.general_category(),
        G::Control
            | G::Format
            | G::Surrogate
            | G::PrivateUse
            | G::Unassigned
            | G::LineSeparator
            | G::ParagraphSeparator
    )
}

impl From<&str> for SafeText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for SafeText {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl std::fmt::Display for SafeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
