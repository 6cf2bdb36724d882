//! The screen in front of a person: draws, reads keys, asks the station.
//!
//! It runs as the person who logged in, so nothing here protects anything: every rule is the station's. What it
//! must do is be quick on a slow line, never show what is not so, and leave no trace of a patient behind.
//!
//! Entered by `cli` and `demo`, which start it; it imports only ground and `protocol`.
//!
//! The way of an event: [`input`], [`signals`] and the station's connection post into the one channel of
//! [`event_loop`]; there [`keymap`] turns keys into commands, a screen's `update` changes the model and names
//! effects, and its `view` draws the model with [`widgets`] and [`put`]; [`backend`] sends what has changed.
//!
//! ```no_run
//! use kyukyu::terminal::event_loop::{Incoming, Program, run};
//! use kyukyu::terminal::keymap::{Base, Command, Keymap, Meaning, Offers, Place, Presses};
//! use kyukyu::terminal::start::{Started, start};
//! use kyukyu::terminal::theme::Theme;
//! use kyukyu::terminal::widgets::{Footer, Header, small};
//! use std::ops::ControlFlow;
//!
//! enum Effect {
//!     Leave,
//! }
//! let keymap = Keymap::load(Base::Default, None)?;
//! let offers = Offers::new(Place::Bare, [Command::Quit]);
//! let Started { mut screen, inbox, .. } = start::<()>(false)?;
//! let program = Program {
//!     update: |presses: &mut Presses, _now, incoming| match incoming {
//!         Incoming::Key(key) => match presses.press(&keymap, &offers, key) {
//!             Meaning::Command(Command::Quit) => vec![Effect::Leave],
//!             _ => vec![],
//!         },
//!         Incoming::Stop(_) => vec![Effect::Leave],
//!         _ => vec![],
//!     },
//!     execute: |_screen: &mut _, Effect::Leave| Ok(ControlFlow::Break(())),
//!     deadline: |_: &Presses| None,
//!     view: |_: &Presses, frame: &mut ratatui::Frame<'_>| {
//!         if small::draw(frame) {
//!             return;
//!         }
//!         let theme = Theme::Colour;
//!         let rest = Header { facility: "中央病院".into(), ..Header::default() }.draw(frame, frame.area(), theme);
//!         Footer { status: vec![], keys: keymap.footer(&offers) }.draw(frame, rest, theme);
//!     },
//! };
//! run(&mut screen, &inbox, &mut Presses::default(), program)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod app;
pub mod backend;
pub mod card;
pub mod dump;
pub mod event_loop;
pub mod input;
pub mod keymap;
mod line_break;
pub mod link;
pub mod pages;
mod probe;
#[cfg(test)]
mod pty_tests;
pub mod put;
pub mod romaji;
pub mod signals;
pub mod start;
pub mod svg;
pub mod theme;
pub mod tty;
pub mod widgets;
pub mod width;

pub use app::{Options, TerminalError, run};
pub use card::{CardPlaces, Found, HelperCommand, Order, Place, Trouble, look_now, sign_now};
