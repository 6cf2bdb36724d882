//! The station over its raw socket, as a modified terminal would speak to it: separate `serve` and `linksim`
//! processes, no screen between. One program, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod cards;
mod closed;
mod enrolment;
mod floods;
mod frames;
mod hanging;
mod identity;
mod init;
mod log_search;
mod objection;
mod other_person;
mod pairs;
mod passwords;
mod readings;
mod restart;
mod review;
mod rules;
mod sessions;
mod tokens;
mod trust;
