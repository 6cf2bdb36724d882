//! The scenario file, and the settings that come of it together with the command line.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use crate::data_file;

use super::behaviour::{Behaviour, Manner};
use super::book::Book;
use super::error::LinksimError;
use super::options::{Encoding, Options, Steps};

/// A scenario file. Everything may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Scenario {
    encoding: Option<Encoding>,
    delay_ms: Option<u64>,
    delete_after_s: Option<u64>,
    steps: Option<Steps>,
    institution: Option<String>,
    patients: Vec<String>,
    builtin_patients: Option<bool>,
    timing: Timing,
    face: Face,
    force: Option<Manner>,
    patient: BTreeMap<String, Manner>,
}

/// Milliseconds of the behaviours.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_field_names, reason = "the names are those of the file, where the unit must be seen")]
pub(super) struct Timing {
    /// Requests are left lying for so long before they are taken.
    pub(super) take_after_ms: u64,
    /// `late`.
    pub(super) late_ms: u64,
    /// `processing`: from the first answer to the answer proper.
    pub(super) processing_ms: u64,
    /// `half_written`: from the first byte to the last.
    pub(super) half_written_ms: u64,
    /// `duplicate_…`: from the first answer to the second.
    pub(super) duplicate_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            take_after_ms: 0,
            late_ms: 90_000,
            processing_ms: 4_000,
            half_written_ms: 3_000,
            duplicate_ms: 3_000,
        }
    }
}

/// What else drops into the folders.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Face {
    /// Face-reader results at the start, for the patients that have `face_minutes_ago`.
    pub(super) at_start: bool,
    /// A further one every so many seconds; 0 is never.
    pub(super) every_s: u64,
    /// Ids of the patients for these, in turn; none means those with `face_minutes_ago`.
    pub(super) patients: Vec<String>,
    /// Files of other systems in `res/`.
    pub(super) foreign: bool,
}

impl Default for Face {
    fn default() -> Self {
        Self { at_start: true, every_s: 0, patients: Vec::new(), foreign: true }
    }
}

/// All that governs a run.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Encoding of answers.
    pub(super) encoding: Encoding,
    /// From taking to answering.
    pub(super) delay: Duration,
    /// From answering to deleting.
    pub(super) delete_after: Duration,
    /// One step or two.
    pub(super) steps: Steps,
    /// 医療機関コード in the names of face-reader results.
    pub(super) institution: String,
    /// Of the behaviours.
    pub(super) timing: Timing,
    /// What drops by itself.
    pub(super) face: Face,
    /// For every request, whoever it is about.
    pub(super) force: Option<Manner>,
}

/// Reads the scenario (if there is one) and the files that it names. What the command line says wins.
pub(super) fn load(options: &Options) -> Result<(Settings, Book), LinksimError> {
    let mut book = Book::built_in().map_err(LinksimError::BuiltIn)?;
    let scenario = match &options.scenario {
        None => Scenario::default(),
        Some(path) => {
            let scenario: Scenario = read(path)?;
            if scenario.builtin_patients == Some(false) {
                book.patient.clear();
            }
            for name in &scenario.patients {
                let file = path.parent().unwrap_or_else(|| Path::new("")).join(name);
                let part: Book = read(&file)?;
                book.merge(part);
            }
            apply(&scenario, &mut book).map_err(|reason| wrong(path, reason))?;
            book.check().map_err(|reason| wrong(path, reason))?;
            scenario
        }
    };
    Ok((settings(options, scenario), book))
}

fn settings(options: &Options, scenario: Scenario) -> Settings {
    let delay = options.delay_ms.or(scenario.delay_ms).unwrap_or(500);
    let delete_after = options.delete_after_s.or(scenario.delete_after_s).unwrap_or(600);
    Settings {
        encoding: options.encoding.or(scenario.encoding).unwrap_or_default(),
        delay: Duration::from_millis(delay),
        delete_after: Duration::from_secs(delete_after),
        steps: options.steps.or(scenario.steps).unwrap_or_default(),
        institution: options
            .institution
            .clone()
            .or(scenario.institution)
            .unwrap_or_else(|| "1311234567".to_owned()),
        timing: scenario.timing,
        face: scenario.face,
        force: scenario.force,
    }
}

/// Puts the scenario's manners over the patients' own.
fn apply(scenario: &Scenario, book: &mut Book) -> Result<(), String> {
    for (id, manner) in &scenario.patient {
        let known = book.patient.iter_mut().find(|patient| patient.id == *id);
        known.ok_or_else(|| format!("[patient.{id}]: この患者はいません"))?.manner = manner.clone();
    }
    for id in &scenario.face.patients {
        book.patient(id).ok_or_else(|| format!("[face] patients: 患者「{id}」はいません"))?;
    }
    if let Some(code) = &scenario.institution {
        super::options::ten_digits(code).map_err(|reason| format!("institution: {reason}"))?;
    }
    let Some(force) = &scenario.force else { return Ok(()) };
    match &force.wrong_person {
        Some(id) if book.patient(id).is_none() => {
            Err(format!("[force] wrong_person: 患者「{id}」はいません"))
        }
        None if force.behaviour == Some(Behaviour::WrongPerson) => {
            Err("[force] wrong_person: 応答に使う患者のidを書いてください".to_owned())
        }
        _ => Ok(()),
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, LinksimError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| LinksimError::Unreadable { path: path.to_owned(), source })?;
    data_file::from_str(&text).map_err(|error| wrong(path, error.to_string()))
}

fn wrong(path: &Path, reason: String) -> LinksimError {
    LinksimError::Scenario { path: path.to_owned(), reason }
}
