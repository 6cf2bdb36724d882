//! Looking elements up by local name, in any order, and keeping account of what was not understood.

use super::AnswerError;
use super::xml::Node;
use crate::domain::{CalendarDate, Month, SafeText};
use crate::exchange::dialect::Terms;
use std::cell::RefCell;

/// More notes than this say nothing new to a reader.
const MAX_NOTES: usize = 64;

/// What was not understood, in the order of the reading, each once.
#[derive(Debug, Default)]
pub(super) struct Notes(RefCell<Vec<SafeText>>);

impl Notes {
    /// Adds a note unless it is there or the list is full.
    pub(super) fn add(&self, note: &str) {
        let note = SafeText::new(note);
        let mut notes = self.0.borrow_mut();
        if notes.len() < MAX_NOTES && !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// A value that has no meaning for its element.
    pub(super) fn value(&self, element: &str, value: &str) {
        let short: String = value.chars().take(40).collect();
        self.add(&format!("{element}={short}"));
    }

    /// All notes.
    pub(super) fn take(self) -> Vec<SafeText> {
        self.0.into_inner()
    }
}

impl Node {
    /// The text without the blanks around it.
    pub(super) fn value(&self) -> &str {
        self.text.trim_matches(|c: char| c.is_ascii_whitespace())
    }

    /// The text made safe; a line end is one mark, however it was written.
    pub(super) fn safe(&self) -> SafeText {
        let value = self.value();
        if value.contains('\r') { SafeText::new(&value.replace("\r\n", "\n")) } else { SafeText::new(value) }
    }

    /// Every child of these names.
    pub(super) fn all<'n>(&'n self, names: &Terms) -> impl Iterator<Item = &'n Self> {
        self.children.iter().filter(|child| names.has(&child.name)).inspect(|child| child.seen.set(true))
    }

    /// The one child of these names. Repeated with the same value it is one; with another it is refused.
    pub(super) fn one<'n>(&'n self, names: &Terms) -> Result<Option<&'n Self>, AnswerError> {
        let mut found: Option<&'n Self> = None;
        for child in self.all(names) {
            match found {
                Some(first) if first.value() != child.value() || !child.children.is_empty() => {
                    return Err(AnswerError::Ambiguous(child.name.to_string()));
                }
                Some(_) => {}
                None => found = Some(child),
            }
        }
        Ok(found)
    }

    /// The one child, which must be there.
    pub(super) fn must<'n>(&'n self, names: &Terms) -> Result<&'n Self, AnswerError> {
        self.one(names)?.ok_or_else(|| AnswerError::Missing(names.first().to_owned()))
    }

    /// The text of the one child, which must be there and not empty.
    pub(super) fn must_say<'n>(&'n self, names: &Terms) -> Result<&'n str, AnswerError> {
        match self.must(names)?.value() {
            "" => Err(AnswerError::Missing(names.first().to_owned())),
            value => Ok(value),
        }
    }

    /// The safe text of the one child; empty where it is missing.
    pub(super) fn text_of(&self, names: &Terms) -> Result<SafeText, AnswerError> {
        Ok(self.one(names)?.map(Self::safe).unwrap_or_default())
    }

    /// The safe text of the one child, `None` where it is missing or empty.
    pub(super) fn optional(&self, names: &Terms) -> Result<Option<SafeText>, AnswerError> {
        Ok(self.one(names)?.map(Self::safe).filter(|text| !text.is_empty()))
    }

    /// The date of the one child; noted where there is a text that is no date.
    pub(super) fn date(&self, names: &Terms, notes: &Notes) -> Result<Option<CalendarDate>, AnswerError> {
        let Some(child) = self.one(names)? else { return Ok(None) };
        let date = CalendarDate::from_compact(child.value()).ok();
        if date.is_none() && !child.value().is_empty() {
            notes.value(&child.name, child.value());
        }
        Ok(date)
    }

    /// The month of the one child; noted where there is a text that is no month.
    pub(super) fn month(&self, names: &Terms, notes: &Notes) -> Result<Option<Month>, AnswerError> {
        let Some(child) = self.one(names)? else { return Ok(None) };
        let month = Month::try_from(child.value().to_owned()).ok();
        if month.is_none() && !child.value().is_empty() {
            notes.value(&child.name, child.value());
        }
        Ok(month)
    }

    /// Understood, and deliberately not shown: the children of these names with all below them.
    pub(super) fn pass(&self, names: &Terms) {
        self.all(names).for_each(Self::pass_whole);
    }

    /// Understood, and deliberately not shown: this element with all below it.
    pub(super) fn pass_whole(&self) {
        self.seen.set(true);
        self.children.iter().for_each(Self::pass_whole);
    }

    /// Notes every element that no reader asked for, by its path from here, and text between elements.
    pub(super) fn note_unseen(&self, path: &str, notes: &Notes) {
        for attribute in &self.attributes {
            if !attribute.starts_with("xmlns") && !attribute.starts_with("xsi:") {
                notes.add(&format!("{path}@{attribute}"));
            }
        }
        if !self.children.is_empty() && !self.value().is_empty() {
            notes.add(&format!("{path}（要素の間の文字）"));
        }
        for child in &self.children {
            let below =
                if path.is_empty() { child.name.to_string() } else { format!("{path}/{}", child.name) };
            if child.seen.get() { child.note_unseen(&below, notes) } else { notes.add(&below) }
        }
    }
}
