//! What whole-program tests share: a real site of separate processes, and a real pty.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

pub mod card;
pub mod pty;
pub mod site;
