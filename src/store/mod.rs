//! The one place where anything is kept: the log in the clear, every other record sealed.
//!
//! One file, one owner. A thread of its own holds the database (redb) and gathers what is waiting into one
//! durable transaction, so that sixteen sessions cost hardly more than one, and so that an act and its log
//! entry stand or fall together. Nothing is acknowledged before the commit has returned.
//!
//! `station` enters through [`Store`]: [`Store::transact`] to change, [`Store::read`] to look. Everything else
//! here is behind that door; redb's names do not leave the room.

mod audit;
mod ballast;
mod copy;
mod door;
mod error;
mod file;
mod index;
mod job;
mod key;
mod lock;
mod log_key;
mod medium;
mod meta;
mod quarantine;
mod read;
mod renew;
mod rows;
mod salvage;
mod seal;
mod seals;
mod spare;
mod start;
mod table;
mod tx;
mod worker;

pub use audit::check_file;
pub use door::Store;
pub use error::{Cause, StoreError};
pub use file::replace;
pub use index::{Found, IndexReport, Reads};
pub use key::StationKey;
pub use log_key::open_log_key;
pub use medium::quiet_guarded_panics;
pub use meta::StoreKind;
pub use read::ReadTx;
pub use renew::{Before, Carried, finish_renewal, renew};
pub use rows::{Logged, Page};
pub use spare::{Spare, has_spare};
pub use start::Opened;
pub use table::Table;
pub use tx::Tx;

#[cfg(test)]
mod tests;
