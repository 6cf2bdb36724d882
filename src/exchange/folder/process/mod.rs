//! The folder's work in a process of its own.
//!
//! A call to a dead SMB mount can hang for ever. A thread that hangs stays as long as its process; a process can be
//! given up. So `kyukyu serve` starts itself once more in a hidden role that does nothing but folder work
//! ([`work`]), and the [`Supervisor`] in the station hands it one command at a time, with a mark behind each: when
//! the mark does not come back in time the link is said to hang; later the process is killed, and another is started
//! as soon as the system lets go of the first. What became of the work at hand is then found out, never guessed
//! ([`ledger`]).

mod ledger;
mod pipe;
mod role;
mod supervisor;

pub use role::{WorkError, work};
pub(super) use supervisor::Supervisor;
