//! The whole job as a person does it: typed into the real program, at 80×24, in a real pty, against a station and a
//! stand-in link software that are processes of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod agent;
mod bytes;
mod card;
mod flow;
mod hits;
mod input;
mod job;
mod line;
mod looks;
mod plain;
mod review;
mod session;
#[path = "../support/mod.rs"]
mod support;
mod telling;
mod token;
mod trouble;
mod ways;
mod widths;
