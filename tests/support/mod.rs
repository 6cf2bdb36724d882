//! What whole-program tests share: a real site of separate processes, people at its socket, a real pty, its log.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unused_self
)]

pub mod audit;
pub mod authority;
pub mod card;
pub mod formats;
pub mod live;
pub mod packaging;
pub mod patients;
pub mod person;
pub mod pty;
pub mod site;
pub mod token;
pub mod wire;
