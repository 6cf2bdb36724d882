//! The screen in front of a person: draws, reads keys, asks the station.
//!
//! It runs as the person who logged in, so nothing here protects anything: every rule is the station's. What it
//! must do is be quick on a slow line, never show what is not so, and leave no trace of a patient behind.
//!
//! Entered by `cli` and `demo`, which start it; it imports only ground and `protocol`.

pub mod backend;
pub mod dump;
pub mod event_loop;
pub mod input;
pub mod keymap;
pub mod put;
pub mod signals;
pub mod svg;
pub mod theme;
pub mod tty;
pub mod widgets;
pub mod width;
