//! The log leaves this machine: one task a target, beside everything else. See `archive::ship` for how it travels.
//!
//! A task reads committed rows, delivers them and moves its cursor, a record of the store, only after the target has
//! said that it has them for good. It waits for nobody's act and nobody's act waits for it. What became of it stands on
//! the [`Board`], for `kyukyu log ship --status` and an administrator's home screen.

mod board;
mod cursor;
mod run;
mod settings;

pub(crate) use board::Board;
pub(super) use run::start;
pub use settings::SettingsError;
pub(super) use settings::{check, targets};
