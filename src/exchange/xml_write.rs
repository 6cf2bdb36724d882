//! Writing our requests: escaped XML in CP932, and not one character that the encoding would change.

use crate::domain::sendable;
use encoding_rs::SHIFT_JIS;

/// A text cannot stand in a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WriteError {
    /// CP932 or XML cannot carry this character; in the element of this name.
    #[error("U+{:04X} in <{element}>", u32::from(*.character))]
    Character {
        /// The element's name.
        element: String,
        /// The first character that cannot be sent.
        character: char,
    },
    /// The whole did not survive the round trip, though every text did.
    #[error("the request as a whole does not survive CP932")]
    RoundTrip,
}

/// Builds one document, element by element.
pub(super) struct XmlWriter {
    text: String,
    fault: Option<WriteError>,
}

impl XmlWriter {
    /// Begins with the declaration that the link software expects.
    pub(super) fn new() -> Self {
        let declaration = "<?xml version=\"1.0\" encoding=\"Shift_JIS\" standalone=\"no\"?>\r\n";
        Self { text: declaration.to_owned(), fault: None }
    }

    /// An element that holds elements.
    pub(super) fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.tag("<", name);
        inside(self);
        self.tag("</", name);
    }

    /// An element that holds text.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        let unsendable = sendable::first_unsendable(text);
        let control = text.chars().find(|c| c.is_control());
        if let (Some(character), None) = (unsendable.or(control), &self.fault) {
            self.fault = Some(WriteError::Character { element: name.to_owned(), character });
        }
        self.tag("<", name);
        for c in text.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&apos;"),
                other => self.text.push(other),
            }
        }
        self.tag("</", name);
    }

    /// An element that is left out where there is nothing to say.
    pub(super) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    fn tag(&mut self, open: &str, name: &str) {
        self.text.push_str(open);
        self.text.push_str(name);
        self.text.push('>');
    }

    /// The bytes in CP932. The encoder replaces what it cannot carry without a word, hence the way back.
    pub(super) fn finish(self) -> Result<Vec<u8>, WriteError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let (bytes, _, lost) = SHIFT_JIS.encode(&self.text);
        let back = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes);
        if lost || back.is_none_or(|back| back != self.text.as_str()) {
            return Err(WriteError::RoundTrip);
        }
        Ok(bytes.into_owned())
    }
}
