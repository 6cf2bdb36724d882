//! The pieces that screens are made of.
//!
//! They draw with [`super::put`] only, so that no character is half drawn; frames are ASCII, because box characters
//! are two cells wide on some Japanese terminals; meaning is always also in words or signs, so that colour may be
//! missing. Where something was cut, a `~` says so.

pub mod editor;
