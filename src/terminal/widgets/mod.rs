//! The pieces that screens are made of.
//!
//! They draw with [`super::put`] only, so that no character is half drawn; frames are ASCII, because box characters
//! are two cells wide on some Japanese terminals; meaning is always also in words or signs, so that colour may be
//! missing. Where something was cut, a `~` says so.

pub mod banner;
pub mod choice;
pub mod dialog;
pub mod editor;
#[cfg(test)]
mod editor_tests;
pub mod footer;
pub mod form;
mod form_view;
pub mod header;
pub mod help;
pub mod paragraph;
pub mod prompt;
pub mod scroll;
pub mod small;
pub mod table;
#[cfg(test)]
mod tests;

pub use choice::Choice;
pub use dialog::Dialog;
pub use editor::{Editor, Untyped};
pub use footer::Footer;
pub use form::{Change, Field, Form, Kind};
pub use header::Header;
pub use paragraph::Paragraph;
pub use prompt::{Prompt, Wants};
pub use scroll::Total;
pub use table::{Column, Extent, Fit, Selection, Table};
