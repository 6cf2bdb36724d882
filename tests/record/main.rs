//! The record of a real station on its worst days: killed two hundred times in the middle of everything, and on a disk
//! that is really full. Separate `serve` processes, a real socket, a real file system.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "../support/mod.rs"]
mod support;

mod chance;
mod full;
mod heard;
mod kill;
mod people;
mod small_disk;
