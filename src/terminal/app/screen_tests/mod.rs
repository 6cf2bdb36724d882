//! The program on the screen without a screen: how it looks, and how it changes.

mod card_steps;
mod damage;
mod grace;
mod log;
mod offers;
mod readings;
mod review;
pub(super) mod sample;
mod screens;
mod steps;

use super::{Goto, Model};
use crate::terminal::keymap::{Base, Keymap};

/// A model at a page; the person is logged in.
pub(super) fn at(to: Goto) -> Model {
    let mut model = Model::new(Keymap::load(Base::Default, None).unwrap(), sample::shell().theme);
    model.shell = sample::shell();
    model.go(to);
    model
}
