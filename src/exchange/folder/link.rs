//! How the link software is, said once at each change.

use super::message::{FolderEvent, LinkState, LinkTrouble};
use std::time::{Duration, Instant};

#[derive(Debug, Default, PartialEq, Eq)]
enum Said {
    #[default]
    Nothing,
    Fine,
    Trouble(LinkTrouble),
}

/// Remembers what was said, and what is known about requests that nobody takes.
#[derive(Default)]
pub(super) struct Link {
    /// The folders cannot be opened or written, since.
    folder: Option<(LinkTrouble, Instant)>,
    /// A request waits too long, since it was written. Stays until something is taken or answered.
    untaken: Option<(String, Instant)>,
    said: Said,
}

impl Link {
    /// The folders can be opened and, as far as is known, written.
    pub(super) fn folders_fine(&mut self) {
        self.folder = None;
    }

    /// A folder cannot be opened or written.
    pub(super) fn folder_trouble(&mut self, trouble: LinkTrouble, now: Instant) {
        let since = match &self.folder {
            Some((before, since)) if *before == trouble => *since,
            _ => now,
        };
        self.folder = Some((trouble, since));
    }

    /// Whether the request folder could not be written last time.
    pub(super) fn unwritable(&self) -> bool {
        matches!(self.folder, Some((LinkTrouble::Unwritable { .. }, _)))
    }

    /// The oldest request that waits longer than it should.
    pub(super) fn untaken(&mut self, request: &str, since: Instant) {
        if self.untaken.is_none() {
            self.untaken = Some((request.to_owned(), since));
        }
    }

    /// Something was taken or answered: the link software lives.
    pub(super) fn alive(&mut self) {
        self.untaken = None;
    }

    /// Has the state said again even if it is the same, after somebody else has spoken.
    pub(super) fn again(&mut self) {
        self.said = Said::Nothing;
    }

    /// Says the state if it is another than last time.
    pub(super) fn say(&mut self, now: Instant, tell: &mut dyn FnMut(FolderEvent)) {
        let untaken = self.untaken.clone().map(|(request, since)| (LinkTrouble::NotTaken { request }, since));
        let trouble = self.folder.clone().or(untaken);
        let say = trouble.as_ref().map_or(Said::Fine, |(trouble, _)| Said::Trouble(trouble.clone()));
        if self.said == say {
            return;
        }
        self.said = say;
        tell(FolderEvent::Link(match trouble {
            None => LinkState::Ok,
            Some((trouble, since)) => not_responding(trouble, now.saturating_duration_since(since)),
        }));
    }
}

/// The state while there is trouble.
pub(super) fn not_responding(trouble: LinkTrouble, lasted: Duration) -> LinkState {
    LinkState::NotResponding { trouble, lasted }
}
