//! What the station asked, what of it is with the worker, and what is known about each request. Pure: what became of
//! the work of a worker that was given up is decided here and tested as a table.

use super::super::message::{ContentHash, Expected, FolderCommand, FolderEvent, Question};
use super::pipe::FromWorker;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Requests of one `Expect`, so that a message stays small.
const EXPECTED_AT_ONCE: usize = 64;

/// How far a request got, as far as the station was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// Handed to a worker, or of an earlier run.
    Nothing,
    Written,
    Taken,
}

/// What must not be said twice about a request when another worker looks at it anew.
#[derive(Debug)]
struct Known {
    said: Said,
    answers: Vec<(String, ContentHash)>,
    /// Those of them that are the answer proper, and its conflicts.
    told: Vec<(String, ContentHash)>,
}

/// What is with the worker.
#[derive(Debug)]
struct Flight {
    command: Option<FolderCommand>,
    answered: bool,
    mark: u64,
    since: Instant,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    queue: VecDeque<FolderCommand>,
    flying: Option<Flight>,
    requests: BTreeMap<String, Known>,
    marks: u64,
}

impl Ledger {
    /// Takes a command in. What needs no worker is answered at once.
    pub(super) fn take(&mut self, command: FolderCommand) -> Option<FolderEvent> {
        match &command {
            // What no worker has seen was never in the folder.
            FolderCommand::Withdraw { name } => {
                let waiting = |queued: &FolderCommand| matches!(queued, FolderCommand::Write(file) if file.name == *name);
                if let Some(place) = self.queue.iter().position(waiting) {
                    self.queue.remove(place);
                    return Some(FolderEvent::Withdrawn { name: name.clone() });
                }
            }
            FolderCommand::Expect(expected) => {
                for one in expected {
                    self.known(&one.request).answers.extend(one.seen.iter().cloned());
                }
            }
            FolderCommand::Forget(names) => names.iter().for_each(|name| drop(self.requests.remove(name))),
            _ => {}
        }
        self.queue.push_back(command);
        None
    }

    fn known(&mut self, request: &str) -> &mut Known {
        let new = || Known { said: Said::Nothing, answers: Vec::new(), told: Vec::new() };
        self.requests.entry(request.to_owned()).or_insert_with(new)
    }

    /// The next thing for a worker that has nothing to do: a command, if there is one, and a mark.
    pub(super) fn next(&mut self, now: Instant, only_mark: bool) -> Option<(Option<FolderCommand>, u64)> {
        if self.flying.is_some() {
            return None;
        }
        let command = self.queue.pop_front();
        if command.is_none() && !only_mark {
            return None;
        }
        if let Some(FolderCommand::Write(file)) = &command {
            self.known(&file.name);
        }
        self.marks += 1;
        let mark = self.marks;
        self.flying = Some(Flight { command: command.clone(), answered: false, mark, since: now });
        Some((command, mark))
    }

    /// How long the worker has been silent about what it has.
    pub(super) fn silent(&self, now: Instant) -> Option<Duration> {
        self.flying.as_ref().map(|flight| now.saturating_duration_since(flight.since))
    }

    /// Whether something waits for a worker.
    pub(super) fn waits(&self) -> bool {
        !self.queue.is_empty()
    }

    /// A mark came back. Whether it is the one that is waited for.
    pub(super) fn reached(&mut self, mark: u64) -> bool {
        self.flying.take_if(|flight| flight.mark == mark).is_some()
    }

    /// What the station is to hear of an event: a worker that was started anew says things again.
    pub(super) fn hear(&mut self, event: FolderEvent) -> Option<FolderEvent> {
        self.answered(&event);
        match event {
            FolderEvent::Found { name, waiting } => self.found(name, waiting),
            FolderEvent::Written { name } => {
                self.known(&name).said = Said::Written;
                Some(FolderEvent::Written { name })
            }
            FolderEvent::Taken { name } => {
                self.known(&name).said = Said::Taken;
                Some(FolderEvent::Taken { name })
            }
            FolderEvent::AlreadyTaken { name } => {
                self.known(&name).said = Said::Taken;
                Some(FolderEvent::AlreadyTaken { name })
            }
            FolderEvent::Withdrawn { name } => {
                self.requests.remove(&name);
                Some(FolderEvent::Withdrawn { name })
            }
            FolderEvent::WriteFailed { name, why } => {
                // A second file of one name is refused; the first goes on being looked at.
                if self.known(&name).said == Said::Nothing {
                    self.requests.remove(&name);
                }
                Some(FolderEvent::WriteFailed { name, why })
            }
            FolderEvent::Answer { request, name, form, bytes, hash, interim } => {
                let (known, told) = (self.known(&request), (name.clone(), hash));
                if known.told.contains(&told) {
                    return None;
                }
                known.told.push(told.clone());
                if !interim {
                    known.answers.push(told);
                }
                Some(FolderEvent::Answer { request, name, form, bytes, hash, interim })
            }
            FolderEvent::Conflict { request, name, bytes, hash } => {
                let (known, told) = (self.known(&request), (name.clone(), hash));
                if known.told.contains(&told) {
                    return None;
                }
                known.told.push(told);
                Some(FolderEvent::Conflict { request, name, bytes, hash })
            }
            other => Some(other),
        }
    }

    /// The first look of a new worker at a request, in the words of what was said before.
    fn found(&mut self, name: String, waiting: bool) -> Option<FolderEvent> {
        let known = self.known(&name);
        let before = known.said;
        known.said = if waiting { Said::Written } else { Said::Taken };
        match (before, waiting) {
            (Said::Nothing, _) => Some(FolderEvent::Found { name, waiting }),
            (Said::Written, false) => Some(FolderEvent::Taken { name }),
            (Said::Written, true) | (Said::Taken, _) => None,
        }
    }

    /// Notes that the command at hand has its answer, though not yet its mark.
    fn answered(&mut self, event: &FolderEvent) {
        let Some(flight) = &mut self.flying else { return };
        flight.answered |= match (&flight.command, event) {
            (
                Some(FolderCommand::Withdraw { name }),
                FolderEvent::Withdrawn { name: of }
                | FolderEvent::AlreadyTaken { name: of }
                | FolderEvent::WithdrawUnclear { name: of, .. },
            )
            | (
                Some(FolderCommand::Write(crate::exchange::RequestFile { name, .. })),
                FolderEvent::Written { name: of } | FolderEvent::WriteFailed { name: of, .. },
            ) => name == of,
            (Some(command), event) => {
                question(command).is_some_and(|question| answers(event) == Some(question))
            }
            (None, _) => false,
        };
    }

    /// The worker is gone. A withdrawal is asked again, which does no harm; a request that may or may not have been
    /// written is looked for by the next worker; whoever asked about card results is told that nothing comes.
    pub(super) fn lost(&mut self) -> Vec<FolderEvent> {
        let mut questions = Vec::new();
        if let Some(flight) = self.flying.take()
            && let Some(command) = flight.command.filter(|_| !flight.answered)
        {
            match command {
                FolderCommand::Withdraw { .. } => self.queue.push_front(command),
                command => questions.extend(question(&command)),
            }
        }
        self.queue.retain(|queued| {
            questions.extend(question(queued));
            question(queued).is_none()
        });
        questions.into_iter().map(FolderEvent::Unanswered).collect()
    }

    /// What a new worker has to look for comes before everything else.
    pub(super) fn begin_anew(&mut self) {
        // What waits as `Expect` is in the requests too.
        self.queue.retain(|queued| !matches!(queued, FolderCommand::Expect(_)));
        let all: Vec<Expected> = self
            .requests
            .iter()
            .map(|(request, known)| Expected { request: request.clone(), seen: known.answers.clone() })
            .collect();
        for some in all.chunks(EXPECTED_AT_ONCE).rev() {
            self.queue.push_front(FolderCommand::Expect(some.to_vec()));
        }
    }
}

/// Which kind of question about card results a command is.
fn question(command: &FolderCommand) -> Option<Question> {
    match command {
        FolderCommand::CountFaces => Some(Question::Count),
        FolderCommand::ListFaces { .. } => Some(Question::List),
        FolderCommand::CopyFace { .. } => Some(Question::Copy),
        _ => None,
    }
}

/// Which kind of question an event answers.
fn answers(event: &FolderEvent) -> Option<Question> {
    match event {
        FolderEvent::FaceCount(_) => Some(Question::Count),
        FolderEvent::Faces(_) => Some(Question::List),
        FolderEvent::FaceCopied { .. } | FolderEvent::FaceFailed { .. } => Some(Question::Copy),
        _ => None,
    }
}

/// A mark, as the worker gives it back, or an event as the station is to hear it.
pub(super) enum Heard {
    /// The worker has done what it was given.
    Reached,
    /// To be told.
    Event(FolderEvent),
    /// Nothing new.
    Nothing,
}

impl Ledger {
    /// Takes in what a worker says.
    pub(super) fn heard(&mut self, said: FromWorker) -> Heard {
        match said {
            FromWorker::Mark(mark) if self.reached(mark) => Heard::Reached,
            FromWorker::Mark(_) => Heard::Nothing,
            FromWorker::Event(event) => self.hear(event).map_or(Heard::Nothing, Heard::Event),
        }
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
