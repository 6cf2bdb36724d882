//! The words of the Ministry's guide, as types. Ground: no I/O, no clock, no async, no outside formats.
//!
//! Everything that comes from outside (keyboard, socket, folder) becomes one of these types through a check
//! that can fail, and only then may it be stored, sent or shown.
#![allow(clippy::module_inception)]

pub mod account;
pub mod candidate;
pub mod case;
pub mod caution;
pub mod compare;
pub mod consent;
pub mod date;
pub mod enquiry;
pub mod explanation;
pub mod factor;
#[cfg(test)]
mod guide;
pub mod hc_role;
pub mod institution;
pub mod insurer;
pub mod key;
pub mod matching;
pub mod medical;
mod newest;
pub mod period;
pub mod prefecture;
pub mod review;
pub mod search;
pub mod sendable;
#[cfg(test)]
mod synthetic;
pub mod text;

pub use account::{Account, Permission, Permissions, PersonName, Profession, UserId};
pub use date::{CalendarDate, Month};
pub use key::{EnquiryKey, IdentificationMethod, KeyDraft};
pub use text::SafeText;
