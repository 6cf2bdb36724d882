//! The log beyond one machine: a station ships to a real PostgreSQL and a real rsyslog, which are started, stopped and
//! killed by their process ids, in temporary folders with sockets and ports of their own. One program, linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

mod database;
mod fork;
mod log;
mod outage;
mod postgres;
mod process;
mod refused;
mod rsyslog;
mod syslog;
#[cfg(feature = "archive-tls")]
mod tls;
