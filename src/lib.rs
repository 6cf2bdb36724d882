//! kyukyu: 救急時医療情報閲覧 for the terminal.
//!
//! *A terminal asks, the station decides, the folder answers.* Each folder below is a room with one door, its
//! `mod.rs`, which says why the room exists and who may enter. Imports go one way; `tests/imports.rs` holds this
//! table as the law and reads every source for a breach.
//!
//! | room | what it is for | may import |
//! |---|---|---|
//! | [`data_file`] | below all, open to all: TOML files that people write, into types; what is wrong in them, in Japanese | nothing of ours |
//! | [`json`] | below all, open to all: JSON of our own making, strict when read, never in an outgrown buffer when written | nothing of ours |
//! | [`domain`] | ground: the words of the guide and their checks; no I/O, no clock | nothing else of ours |
//! | [`log`] | ground: entries of the record, canonical bytes, chain, verification | `domain` |
//! | [`card`] | ground: cards, APDUs, the login sequence, the software card | `domain` |
//! | [`exchange`] | the file exchange: dialect, requests, folder, answers, matching | ground |
//! | [`identity`] | passwords, lock-out, card proofs, sessions, as rules | ground |
//! | [`store`] | the one file in which anything is kept, on its own thread | ground |
//! | [`archive`] | the log in the formats that others read (CSV, DICOM/ATNA, FHIR), and its way to archives beyond this machine | ground |
//! | [`protocol`] | messages between terminal and station | ground |
//! | [`station`] | joins the rooms and owns every rule that must not be bypassed | ground, `exchange`, `identity`, `store`, `archive`, `protocol`, `clock`, `config` |
//! | [`terminal`] | the screen: draws, reads keys, asks; protects nothing | ground, `protocol` |
//! | [`linksim`] | the stand-in link software, with formats of its own | nothing else of ours |
//! | [`client`] | a blocking line to a station, for the command line and tests | `domain`, `protocol` |
//! | [`clock`] | the host's clocks, read in one place | `domain` |
//! | [`config`] | a station's configuration file | `domain` |
//! | [`demo`] | a whole training site in a temporary folder | ground, `protocol`, `client`, `clock`, `config` and what it starts: `station`, `terminal`, `linksim` |
//! | [`cli`] | one file a sub-command; starts everything | all of them |
//!
//! `exchange`, `identity`, `store` and `archive` never import one another: the station joins them. Nobody imports `cli`, and
//! only `cli` imports `demo`. Of the two programs, `src/main.rs` is one call into `cli`; `src/bin/kyukyu-card/` has
//! only the ground.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod archive;
pub mod card;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod data_file;
pub mod demo;
pub mod domain;
pub mod exchange;
pub mod identity;
pub mod json;
pub mod linksim;
pub mod log;
pub mod protocol;
pub mod station;
pub mod store;
pub mod terminal;
