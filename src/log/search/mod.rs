//! Looking for entries by patient, operator, time, kind and case (E3).
//!
//! What an entry can be found by is decided here and nowhere else: the store makes its indexes of [`terms_of`], and
//! [`Filter::matches`] judges every entry that they lead to. So an index can only make a search quicker; what is found
//! is the same as if every entry had been read.
//!
//! A store has one kind for ever (real or 訓練), and so has every entry in it: there is nothing to filter by.

mod draft;
mod filter;
mod group;
mod patient;
mod term;
#[cfg(test)]
mod tests;

pub use draft::{Draft, DraftField, SearchError};
pub use filter::Filter;
pub use group::Group;
pub use patient::Patient;
pub use term::{Facet, Term, terms_of};

use super::Act;

/// The tag of an act, as in the canonical bytes.
pub fn kind_of(act: &Act) -> String {
    let json = serde_json::to_string(act).unwrap_or_default();
    let tag = json.strip_prefix(r#"{"kind":""#).and_then(|rest| rest.split('"').next());
    tag.unwrap_or_default().to_owned()
}
