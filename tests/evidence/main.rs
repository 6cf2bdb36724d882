//! The log as evidence: exported and checked without us, tampered with and found out, witnessed and rolled back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod bundle;
mod damage;
mod store;
mod tools;
mod views;
mod witness;
