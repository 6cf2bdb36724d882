//! One request and the files that may answer it, from one look to the next.

use super::file::{Look, OpenFolder, Stamp};
use super::message::{ContentHash, FolderEvent, OddReason};
use crate::domain::SafeText;
use crate::exchange::answer::{self, AnswerError};
use crate::exchange::dialect::Dialect;
use crate::exchange::request::AnswerFile;
use std::time::{Duration, Instant};

/// A writer that goes on changing a reported answer is told about so often and no more.
const MAX_CONFLICTS: usize = 8;

/// A request whose answers are looked for.
pub(super) struct Tracked {
    pub(super) request: String,
    pub(super) stage: Stage,
    pub(super) slots: Vec<Slot>,
}

/// Where the request itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Of an earlier run, not looked at yet.
    Unknown,
    /// In the request folder since.
    Waiting(Instant),
    /// No longer there.
    Gone,
}

/// One name under which an answer may come.
pub(super) struct Slot {
    pub(super) name: String,
    form: AnswerFile,
    /// The last state of the file that was read.
    last: Option<Stamp>,
    /// Since when something is there that is not whole, and what was wrong with it.
    unfinished: Option<(Instant, AnswerError)>,
    /// An unfinished file that looks unchanged is read again from then on: some shares report a growing file late.
    read_again: Option<Instant>,
    told_unfinished: bool,
    told_odd: Option<OddReason>,
    suspect: Option<OddReason>,
    interim: Option<ContentHash>,
    answer: Option<ContentHash>,
    conflicts: Vec<ContentHash>,
}

/// What a round needs to know.
pub(super) struct Round<'a> {
    pub(super) now: Instant,
    pub(super) whole_within: Duration,
    pub(super) dialect: &'a Dialect,
}

impl Tracked {
    pub(super) fn new(request: String, answers: Vec<String>, stage: Stage) -> Self {
        Self { request, stage, slots: answers.into_iter().map(Slot::new).collect() }
    }

    /// Whether no answer proper has come yet.
    pub(super) fn awaiting(&self) -> bool {
        self.slots.iter().all(|slot| slot.answer.is_none())
    }

    /// Marks an answer that the station already holds.
    pub(super) fn hold(&mut self, name: &str, hash: ContentHash) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.name == name) {
            slot.answer = Some(hash);
        }
    }

    /// Looks whether the request was taken.
    pub(super) fn look_request(
        &mut self,
        folder: &OpenFolder,
        now: Instant,
        tell: &mut dyn FnMut(FolderEvent),
    ) {
        let Some(gone) = folder.gone(&self.request) else { return };
        match (self.stage, gone) {
            (Stage::Unknown, _) => {
                self.stage = if gone { Stage::Gone } else { Stage::Waiting(now) };
                tell(FolderEvent::Found { name: self.request.clone(), waiting: !gone });
            }
            (Stage::Waiting(_), true) => {
                self.stage = Stage::Gone;
                tell(FolderEvent::Taken { name: self.request.clone() });
            }
            _ => {}
        }
    }

    /// Looks at every name under which an answer may come.
    pub(super) fn look_answers(
        &mut self,
        folder: &OpenFolder,
        round: &Round<'_>,
        tell: &mut dyn FnMut(FolderEvent),
    ) {
        for slot in &mut self.slots {
            slot.look(&self.request, folder, round, tell);
        }
    }
}

impl Slot {
    fn new(name: String) -> Self {
        let form = AnswerFile::of_name(&name);
        Self {
            name,
            form,
            last: None,
            unfinished: None,
            read_again: None,
            told_unfinished: false,
            told_odd: None,
            suspect: None,
            interim: None,
            answer: None,
            conflicts: Vec::new(),
        }
    }

    fn look(
        &mut self,
        request: &str,
        folder: &OpenFolder,
        round: &Round<'_>,
        tell: &mut dyn FnMut(FolderEvent),
    ) {
        match folder.look(&self.name) {
            Look::Absent => {
                (self.last, self.unfinished, self.suspect) = (None, None, None);
            }
            Look::Odd(why) => self.odd(why, tell),
            Look::Busy => self.not_whole(AnswerError::Incomplete, request, round, tell),
            Look::Regular(stamp) => {
                self.suspect = None;
                let still = self.last == Some(stamp);
                match &self.unfinished {
                    None if still => return,
                    Some((_, why)) if still && self.read_again.is_some_and(|at| round.now < at) => {
                        return self.not_whole(why.clone(), request, round, tell);
                    }
                    _ => {}
                }
                let Some(bytes) = folder.read(&self.name, stamp) else {
                    return self.not_whole(AnswerError::Incomplete, request, round, tell);
                };
                self.last = Some(stamp);
                let megabytes = bytes.len() as u64 / (1024 * 1024);
                self.read_again = Some(round.now + Duration::from_secs(megabytes));
                match whole(&bytes, self.form, still, round.dialect) {
                    Ok(interim) => self.found(request, bytes, interim, tell),
                    Err(why) => self.not_whole(why, request, round, tell),
                }
            }
        }
    }

    /// A second name may be the writer's own way of publishing, hence two looks before it is odd.
    fn odd(&mut self, why: OddReason, tell: &mut dyn FnMut(FolderEvent)) {
        let passing = why == OddReason::HardLink && self.suspect != Some(why);
        self.suspect = Some(why);
        if !passing && self.told_odd != Some(why) {
            self.told_odd = Some(why);
            tell(FolderEvent::Odd { name: SafeText::new(&self.name), why });
        }
    }

    fn not_whole(
        &mut self,
        why: AnswerError,
        request: &str,
        round: &Round<'_>,
        tell: &mut dyn FnMut(FolderEvent),
    ) {
        let since = self.unfinished.as_ref().map_or(round.now, |(since, _)| *since);
        let late = round.now.saturating_duration_since(since) >= round.whole_within;
        if late && !self.told_unfinished {
            self.told_unfinished = true;
            let (request, name) = (request.to_owned(), self.name.clone());
            tell(FolderEvent::Incomplete { request, name, why: why.to_string() });
        }
        self.unfinished = Some((since, why));
    }

    fn found(&mut self, request: &str, bytes: Vec<u8>, interim: bool, tell: &mut dyn FnMut(FolderEvent)) {
        self.unfinished = None;
        let hash = ContentHash::of(&bytes);
        let (request, name) = (request.to_owned(), self.name.clone());
        match self.answer {
            None if interim && self.interim == Some(hash) => {}
            None => {
                *(if interim { &mut self.interim } else { &mut self.answer }) = Some(hash);
                tell(FolderEvent::Answer { request, name, form: self.form, bytes, hash, interim });
            }
            Some(first) if first == hash || self.conflicts.contains(&hash) => {}
            Some(_) if self.conflicts.len() < MAX_CONFLICTS => {
                self.conflicts.push(hash);
                tell(FolderEvent::Conflict { request, name, bytes, hash });
            }
            Some(_) => {}
        }
    }
}

/// Whether the bytes are a whole file, and if so whether they only say 処理中.
///
/// An XML is whole when it parses to one closed root. A PDF is whole when it ends with its trailer, or when its
/// trailer is near the end and the file has stood still between two looks.
fn whole(bytes: &[u8], form: AnswerFile, settled: bool, dialect: &Dialect) -> Result<bool, AnswerError> {
    match form {
        AnswerFile::Xml => answer::is_whole_xml(bytes, dialect),
        AnswerFile::Pdf if answer::pdf_has_trailer(bytes) => Ok(false),
        AnswerFile::Pdf if settled => answer::read(bytes, form, dialect).map(|_| false),
        AnswerFile::Pdf => Err(AnswerError::Incomplete),
    }
}
