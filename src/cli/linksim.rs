//! `kyukyu linksim`

use super::{Failure, out};
use crate::linksim;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The stand-in link software.
#[derive(Debug, clap::Args)]
#[group(id = "linksim-process")]
pub(super) struct Options {
    #[command(flatten)]
    linksim: linksim::Options,
    /// Ends with the process that started it.
    #[arg(long, hide = true)]
    end_with_parent: bool,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    if options.end_with_parent {
        super::end_with_parent()?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    linksim::run(&options.linksim, &stop, &mut |line| out::line(line))?;
    Ok(ExitCode::SUCCESS)
}
