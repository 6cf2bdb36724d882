//! A small strict tree over quick-xml.
//!
//! quick-xml 0.42 ends a truncated document as a clean `Eof` and accepts two roots, trailing bytes, an empty file
//! and undeclared entities; every rule below closes one of these.

use super::AnswerError;
use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use std::cell::Cell;

const MAX_DEPTH: usize = 64;
const MAX_ATTRIBUTES: usize = 64;
/// A full record of five years has some tens of thousands; this bounds memory, not medicine.
const MAX_ELEMENTS: usize = 400_000;

/// One element.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Local name, without a namespace prefix.
    pub(super) name: Box<str>,
    /// Its own text, pieces joined; not made safe yet.
    pub(super) text: String,
    pub(super) children: Vec<Node>,
    /// Names of its attributes; the exchange uses none.
    pub(super) attributes: Vec<Box<str>>,
    /// Whether a reader has asked for it; what nobody asked for is reported.
    pub(super) seen: Cell<bool>,
}

/// Parses a whole document to its root.
pub(super) fn parse(text: &str) -> Result<Node, AnswerError> {
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    let mut first = true;
    loop {
        let event = reader.read_event().map_err(|error| classify(&error, text))?;
        match event {
            Event::Start(start) => tree.open(&start)?,
            Event::Empty(start) => {
                tree.open(&start)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(piece) => tree.text(&piece.into_inner())?,
            Event::CData(piece) => tree.cdata(&piece.into_inner())?,
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(c)) => c,
                    Ok(None) => predefined(&reference.into_inner())?,
                    Err(_) => return Err(AnswerError::Malformed("文字参照が正しくない")),
                };
                tree.cdata(resolved.encode_utf8(&mut [0; 4]))?;
            }
            Event::Decl(_) if first => {}
            Event::Decl(_) => return Err(AnswerError::Malformed("XML宣言が先頭にない")),
            Event::DocType(_) => return Err(AnswerError::Malformed("DOCTYPE宣言がある")),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish(),
        }
        first = false;
    }
}

fn predefined(name: &str) -> Result<char, AnswerError> {
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(AnswerError::Malformed("定義のない実体参照がある")),
    }
}

/// Cut off, or wrong whatever follows.
fn classify(error: &Error, text: &str) -> AnswerError {
    let cut = match error {
        Error::Syntax(SyntaxError::InvalidBangMarkup) => {
            text.rfind("<!").and_then(|at| text.get(at..)).is_some_and(|rest| {
                ["<!--", "<![CDATA[", "<!DOCTYPE"].iter().any(|whole| whole.starts_with(rest))
            })
        }
        Error::Syntax(_) => true,
        Error::IllFormed(IllFormedError::UnclosedReference) => {
            let rest = text.rfind('&').and_then(|at| text.get(at + 1..));
            rest.is_some_and(|rest| {
                rest.len() < 12 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
            })
        }
        _ => false,
    };
    if cut { AnswerError::Incomplete } else { AnswerError::Malformed("タグの対応が正しくない") }
}

/// The document while it is being read: the open elements from the root down.
#[derive(Default)]
struct Tree {
    open: Vec<Node>,
    root: Option<Node>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), AnswerError> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(AnswerError::Malformed("一番外側の要素が二つある"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(AnswerError::Malformed("入れ子が深すぎる"));
        }
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(AnswerError::Malformed("要素が多すぎる"));
        }
        let name = start.local_name().into_inner();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > 128 || !name.chars().all(plain) {
            return Err(AnswerError::Malformed("要素名が正しくない"));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| AnswerError::Malformed("属性が正しくない"))?;
            if attributes.len() >= MAX_ATTRIBUTES {
                return Err(AnswerError::Malformed("属性が多すぎる"));
            }
            attributes.push(attribute.key.as_ref().into());
        }
        self.open.push(Node { name: name.into(), attributes, ..Node::default() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), AnswerError> {
        let node = self.open.pop().ok_or(AnswerError::Malformed("タグの対応が正しくない"))?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    /// Blank text may stand anywhere.
    fn text(&mut self, piece: &str) -> Result<(), AnswerError> {
        match self.open.last_mut() {
            Some(node) => node.text.push_str(piece),
            None if piece.bytes().all(|b| b.is_ascii_whitespace()) => {}
            None => return Err(AnswerError::Malformed("一番外側の要素の外に文字がある")),
        }
        Ok(())
    }

    /// Text that is never mere layout.
    fn cdata(&mut self, piece: &str) -> Result<(), AnswerError> {
        let node = self.open.last_mut().ok_or(AnswerError::Malformed("一番外側の要素の外に文字がある"))?;
        node.text.push_str(piece);
        Ok(())
    }

    fn finish(self) -> Result<Node, AnswerError> {
        // A root is closed when it is here, and nothing can be opened after it.
        self.root.ok_or(AnswerError::Incomplete)
    }
}
