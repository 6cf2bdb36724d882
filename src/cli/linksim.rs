//! `kyukyu linksim`

use super::{Failure, out};
pub(super) use crate::linksim::Options;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    crate::linksim::run(options, &stop, &mut |line| out::line(line))?;
    Ok(ExitCode::SUCCESS)
}
