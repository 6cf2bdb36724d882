//! `kyukyu-card` over real PC/SC: a real pcscd, virtual readers, cards that answer real APDUs, and every way in which
//! that can break.
//!
//! pcscd has one socket a machine, so there is one at a time: each test takes the lock of the [`bed`], starts pcscd and
//! ends it by its process id. Whatever is missing fails the test with a sentence; nothing is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

mod bed;

mod captive;
mod forwarded;
mod linkage;
mod live;
mod login;
mod opensc;
mod pins;
mod pulled;
mod service;
mod sharing;
mod signing;
mod watching;
