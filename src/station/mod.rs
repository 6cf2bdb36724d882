//! The station decides. It joins the rooms: store, folder, identity, log; and owns every rule that must not be
//! bypassed. A terminal reaches it only through the protocol.
//!
//! An act runs as *one* store transaction over a `desk::Desk`: rules are checked, states stepped and log entries
//! written there, all or nothing. What the act wants done in the world (a request file, a message to a screen) is a
//! list of `effect::Effect`s that run only after the commit. So nothing happens that is not on record, and two
//! acts never see half of one another.

pub mod acts;
mod answers;
mod claims;
mod crls;
mod cut;
mod damage;
mod desk;
mod discipline;
mod effect;
mod faces;
mod init;
mod kept;
mod left_open;
mod lines;
mod looking;
mod places;
mod records;
mod repeats;
mod reviews;
mod rounds;
mod sealing;
mod serve;
mod shelf;
mod shipping;
mod shop;
mod slip;
mod start;
mod transact;
mod trust;
mod waiting;
mod witness;

#[cfg(test)]
mod test_site;

pub use init::{FirstAccount, InitError, Initialised, NewStation, initialise};
pub use serve::{ServeError, serve};
pub use shipping::SettingsError;
pub use start::{StartError, Station};
