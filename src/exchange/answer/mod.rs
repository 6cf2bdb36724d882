//! Reading an answer: bytes that nobody vouches for become the domain's types, or a sentence that says why not.
//!
//! Four steps, each of which can refuse: decoding (which encoding, every byte valid), a small
//! strict tree (one closed root, no DOCTYPE, bounded), the elements of the dialect (mandatory ones present, unknown
//! ones noted, ambiguous ones refused), and the domain's types. Nothing is guessed and nothing is dropped silently.

mod decode;
mod error;
mod fields;
mod pdf;
mod person;
mod read;
mod summary;
mod xml;

pub use error::AnswerError;
pub use read::{ParsedAnswer, Segment, read};

/// An answer is not larger than this, in bytes.
pub const MAX_ANSWER_BYTES: u64 = 20 * 1024 * 1024;

pub(super) use pdf::has_trailer as pdf_has_trailer;
pub(super) use read::is_whole_xml;

#[cfg(test)]
mod tests;
