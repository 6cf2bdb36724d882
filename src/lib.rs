//! kyukyu: 救急時医療情報閲覧 for the terminal.
//!
//! A terminal asks, the station decides, the folder answers. Each folder below is a room with one door;
//! `tests/imports.rs` enforces who may enter which.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod card;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod demo;
pub mod domain;
pub mod exchange;
pub mod identity;
pub mod linksim;
pub mod log;
pub mod protocol;
pub mod station;
pub mod store;
pub mod terminal;
