//! XML of a request as a small tree. Our own reader: it must not share a mistake with the exchange room.

use quick_xml::Reader;
use quick_xml::events::Event;

/// An element with its text and its children, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// The name as written.
    pub(super) name: String,
    /// The text directly inside, character references resolved.
    pub(super) text: String,
    /// The elements directly inside.
    pub(super) children: Vec<Element>,
}

/// Why a text is not a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The end is missing: perhaps the rest is still being written.
    Unfinished,
    /// It can never become a document.
    Malformed,
}

const DEEPEST: usize = 64;

impl Element {
    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

/// Reads exactly one closed root with nothing but white space and comments around it. A DOCTYPE is refused.
pub(super) fn read(text: &str) -> Result<Element, Broken> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|error| stage(&error))? {
            Event::Start(start) => {
                if root.is_some() || open.len() >= DEEPEST {
                    return Err(Broken::Malformed);
                }
                let name: &str = start.name().0;
                open.push(Element { name: name.to_owned(), ..Element::default() });
            }
            Event::Empty(empty) => {
                if root.is_some() {
                    return Err(Broken::Malformed);
                }
                let name: &str = empty.name().0;
                close(Element { name: name.to_owned(), ..Element::default() }, &mut open, &mut root);
            }
            Event::End(_) => {
                let element = open.pop().ok_or(Broken::Malformed)?;
                close(element, &mut open, &mut root);
            }
            Event::Text(part) => add_text(&mut open, &part.xml10_content())?,
            Event::CData(part) => add_text(&mut open, &part.xml10_content())?,
            Event::GeneralRef(reference) => {
                let c = match reference.resolve_char_ref() {
                    Ok(Some(c)) => c,
                    Ok(None) => named(&reference.xml10_content()).ok_or(Broken::Malformed)?,
                    Err(_) => return Err(Broken::Malformed),
                };
                add_text(&mut open, c.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err(Broken::Malformed),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if open.is_empty() { root.ok_or(Broken::Unfinished) } else { Err(Broken::Unfinished) }
}

/// A syntax error is what a text that stops inside a tag gives; every other one stays wrong however it goes on.
fn stage(error: &quick_xml::Error) -> Broken {
    match error {
        quick_xml::Error::Syntax(_) => Broken::Unfinished,
        _ => Broken::Malformed,
    }
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

fn add_text(open: &mut [Element], text: &str) -> Result<(), Broken> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty() => {}
        None => return Err(Broken::Malformed),
    }
    Ok(())
}

fn named(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_text_and_references() {
        let root = read("<?xml version=\"1.0\"?>\r\n<A><B>x&amp;y&#x41;</B><C/></A>\r\n").unwrap();
        assert_eq!(root.value("B"), Some("x&yA"));
        assert_eq!(root.value("C"), Some(""));
        assert_eq!(root.value("D"), None);
    }

    #[test]
    fn every_cut_of_a_document_is_refused() {
        let whole = "<?xml version=\"1.0\"?><A><B>1</B></A>";
        for (cut, _) in whole.char_indices() {
            let (part, _) = whole.split_at(cut);
            assert_eq!(read(part), Err(Broken::Unfinished), "{part}");
        }
    }

    #[test]
    fn what_can_never_become_a_document() {
        for text in
            ["<A></A><B></B>", "<A></A>rest", "<!DOCTYPE A><A></A>", "<A>&unknown;</A>", "<A></B>", "text"]
        {
            assert_eq!(read(text), Err(Broken::Malformed), "{text}");
        }
    }
}
