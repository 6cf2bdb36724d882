//! XML of an answer, written by hand: one element a line, CR LF, escaped.

use std::fmt::Write as _;

/// How characters that XML 1.0 forbids (C0 controls other than tab, CR, LF) are put into the text. A correct
/// service has none; the fixtures do, because a screen must survive them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Controls {
    /// As references such as `&#27;`.
    #[default]
    Referenced,
    /// As the bytes themselves.
    Raw,
}

/// A text that grows element by element.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
    controls: Controls,
}

impl Writer {
    /// Begins with the declaration, and with a DOCTYPE where a misbehaviour asks for it.
    pub(super) fn new(encoding: &str, controls: Controls, doctype: bool) -> Self {
        let mut text = format!("<?xml version=\"1.0\" encoding=\"{encoding}\" standalone=\"no\"?>\r\n");
        if doctype {
            text.push_str("<!DOCTYPE XmlMsg [<!ENTITY extra SYSTEM \"file:///etc/hostname\">]>\r\n");
        }
        Self { text, controls }
    }

    /// An element around what `inside` writes.
    pub(super) fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push_str(">\r\n");
        inside(self);
        self.end(name);
    }

    /// An element around a text.
    pub(super) fn leaf(&mut self, name: &str, value: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
        for c in value.chars() {
            self.escape(c);
        }
        self.end(name);
    }

    /// An element around a text, or nothing where there is no text.
    pub(super) fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.leaf(name, value);
        }
    }

    /// The document as it stands.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn end(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\r\n");
    }

    fn escape(&mut self, c: char) {
        match c {
            '&' => self.text.push_str("&amp;"),
            '<' => self.text.push_str("&lt;"),
            '>' => self.text.push_str("&gt;"),
            '\r' => self.text.push_str("&#13;"),
            '\t' | '\n' => self.text.push(c),
            c if u32::from(c) < 0x20 && self.controls == Controls::Referenced => {
                let _ = write!(self.text, "&#{};", u32::from(c));
            }
            c => self.text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_would_be_markup_and_marks_controls() {
        for (controls, expected) in [(Controls::Referenced, "&#27;"), (Controls::Raw, "\u{1b}")] {
            let mut writer = Writer::new("UTF-8", controls, false);
            writer.element("A", |w| {
                w.leaf("B", "1<2&3>0\u{1b}\t");
                w.optional("C", None);
                w.optional("D", Some(""));
            });
            let text = writer.finish();
            assert_eq!(
                text,
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\r\n\
                     <A>\r\n<B>1&lt;2&amp;3&gt;0{expected}\t</B>\r\n</A>\r\n"
                )
            );
        }
    }

    proptest::proptest! {
        /// Whatever a text holds, a reader gets it back, and nothing in it becomes markup.
        #[test]
        fn a_text_survives_the_way_through_a_document(text in "[\\PC\\t\\n\\r<>&\"\\u{1b}]*") {
            let mut writer = Writer::new("UTF-8", Controls::Referenced, false);
            writer.element("A", |w| w.leaf("B", &text));
            let root = super::super::xml_read::read(&writer.finish()).unwrap();
            proptest::prop_assert_eq!(root.value("B"), Some(text.as_str()));
            proptest::prop_assert_eq!(root.children.len(), 1);
        }
    }
}
