//! `kyukyu demo`: a training station, the stand-in link software and a terminal, started together in a temporary
//! folder, as separate processes over the same socket and folder that a hospital uses. Nothing is left behind.
//!
//! The only room, with `cli`, that starts both ends.

mod script;
mod site;

pub use script::play;
pub use site::{DemoError, Site};
