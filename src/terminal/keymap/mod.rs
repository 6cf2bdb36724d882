//! Keys become commands here, before any screen sees them.
//!
//! One table (`keymaps/*.toml`) says in which context which keys mean which command, and what the command is called
//! in Japanese. Meaning, bottom line, help page and the list after a first key are all made from that table and
//! from what the screen [`Offers`] now, so none of them can promise a key that does nothing.

mod command;
mod key;
mod load;
mod table;
#[cfg(test)]
mod tests;

pub use command::{Command, Context, Offers, Place};
pub use key::{Code, Key, KeyError};
pub use load::{Base, KeymapError, Problem};
pub use table::{Binding, Hint, Keymap, Meaning, Presses};
