//! The hidden role that plays the card helper with a software card, on standard input and output.

use super::Failure;
use crate::card::helper::{self, Helper};
use crate::card::software::SoftwareReaders;
use std::path::PathBuf;
use std::process::ExitCode;

/// The helper.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// File of the software card.
    #[arg(long, value_name = "FILE")]
    software_card: PathBuf,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let readers = SoftwareReaders::new(options.software_card.clone());
    helper::serve_stdio(Helper::new(Box::new(readers)))?;
    Ok(ExitCode::SUCCESS)
}
