//! 事後確認 (E4): every emergency access is looked at afterwards, by somebody who had no part in it.
//!
//! An [`Item`] is opened in the transaction of the act that it is about, grows while it is open, and is closed once. From
//! then on nothing changes it: who wants to look again opens a new one that follows it (再確認).

mod facts;
mod id;
mod item;
#[cfg(test)]
mod tests;
mod words;

pub use facts::{Facts, PersonConfirmed};
pub use id::{BadReviewId, ReviewId};
pub use item::{
    About, CloseError, Closing, IsClosed, Item, LONGEST_WORDS, Part, StillOpen, WordsError, overdue_before,
    words,
};
pub use words::{NotAVerdict, Priority, Role, Verdict};
