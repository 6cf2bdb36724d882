//! The stand-in for the link software (オンライン資格確認等連携ソフト).
//!
//! Why: nobody can try the real one without a hospital's line, and a program that is only ever tried against its
//! own writer agrees with its own mistakes. So this room reads requests and writes answers with code of its own,
//! from `docs/dialect.md` alone, and imports nothing of ours. It runs as a separate process over a real folder
//! (`kyukyu linksim`), and misbehaves on demand: every misbehaviour is data, in `fixtures/patients/` or in a
//! scenario file.
//!
//! Who may enter: the command line and `demo`, through [`run`], [`check_scenario`] and [`Options`].

mod answer;
mod behaviour;
mod book;
mod calendar;
mod check;
mod coding;
mod engine;
mod error;
mod face;
mod folder;
mod insurer;
mod normal;
mod options;
mod patient;
mod plan;
mod record;
mod request;
mod rows;
mod scenario;
mod script;
mod search;
#[cfg(test)]
mod tests;
mod xml_read;
mod xml_write;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

pub use error::LinksimError;
pub use options::{Encoding, Options, Steps};

use engine::Engine;
use folder::Folder;

/// A changed scenario file is noticed within this time.
const SCENARIO_POLL: Duration = Duration::from_millis(500);

/// Plays the link software until `stop` becomes true. Blocks; `report` gets one Japanese line an event.
///
/// Only what prevents the start is an error. Later the folder may vanish and come back, and the scenario may
/// be wrong for a while; both are reported and outlived.
pub fn run(options: &Options, stop: &AtomicBool, report: &mut dyn FnMut(&str)) -> Result<(), LinksimError> {
    if options.list {
        options::PATIENTS.lines().for_each(report);
        return Ok(());
    }
    let folder = Folder::open(&options.root)?;
    let (settings, book) = scenario::load(options)?;
    report(&format!(
        "【模擬】連携ソフトの代わりに {} で応答します。合成患者{}名",
        options.root.display(),
        book.patient.len()
    ));
    let mut engine = Engine::start(folder, settings, book, Instant::now(), calendar::now(), report);
    let poll = Duration::from_millis(options.poll_ms.unwrap_or(50).max(1));
    let mut version = options.scenario.as_deref().and_then(modified);
    let mut looked = Instant::now();
    let mut unreachable_folder = false;
    while !stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        if now.duration_since(looked) >= SCENARIO_POLL {
            looked = now;
            let current = options.scenario.as_deref().and_then(modified);
            if current.is_some() && current != version {
                version = current;
                reload(&mut engine, options, now, report);
            }
        }
        match engine.step(now, calendar::now(), report) {
            Ok(()) => unreachable_folder = false,
            // A share comes back; say it once and go on looking.
            Err(error) if !unreachable_folder => {
                unreachable_folder = true;
                report(&error.to_string());
            }
            Err(_) => {}
        }
        std::thread::sleep(poll);
    }
    report("【模擬】連携ソフトを終了します");
    Ok(())
}

/// Reads a scenario and the files that it names, and says what is wrong before anything is started.
pub fn check_scenario(file: &Path) -> Result<(), LinksimError> {
    let options = Options { scenario: Some(file.to_owned()), ..Options::new("") };
    scenario::load(&options).map(drop)
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|data| data.modified()).ok()
}

fn reload(engine: &mut Engine, options: &Options, now: Instant, report: &mut dyn FnMut(&str)) {
    match scenario::load(options) {
        Ok((settings, book)) => {
            engine.change(settings, book, now);
            report("シナリオを読み直しました");
        }
        Err(error) => report(&format!("{error}。前の内容のまま続けます")),
    }
}
