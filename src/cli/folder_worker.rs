//! The hidden role that works on the exchange folder for `kyukyu serve`, on standard input and output.

use super::Failure;
use crate::exchange::folder;
use rustix::process::{Signal, set_parent_process_death_signal};
use std::process::ExitCode;

pub(super) fn run() -> Result<ExitCode, Failure> {
    super::serve::no_core_dumps();
    // Not TERM: a stopped process would not hear it.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    folder::work(std::io::stdin().lock(), std::io::stdout())?;
    Ok(ExitCode::SUCCESS)
}
