//! Questions about the face-reader folder: asked of the folder's thread, answered in the order of asking.

use crate::exchange::folder::FolderEvent;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// Who waits for which kind of answer. Every question has exactly one answer, in order, so a waiter that gave up
/// still takes its turn.
#[derive(Default)]
pub(crate) struct Faces {
    counts: Mutex<VecDeque<oneshot::Sender<FolderEvent>>>,
    lists: Mutex<VecDeque<oneshot::Sender<FolderEvent>>>,
    copies: Mutex<VecDeque<oneshot::Sender<FolderEvent>>>,
}

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Count,
    List,
    Copy,
}

impl Faces {
    fn queue(&self, kind: Kind) -> &Mutex<VecDeque<oneshot::Sender<FolderEvent>>> {
        match kind {
            Kind::Count => &self.counts,
            Kind::List => &self.lists,
            Kind::Copy => &self.copies,
        }
    }

    /// Takes a place in the queue and asks, so that places and questions have one order.
    pub(crate) fn ask(&self, kind: Kind, ask: impl FnOnce()) -> oneshot::Receiver<FolderEvent> {
        let (sender, receiver) = oneshot::channel();
        let mut queue = self.queue(kind).lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(sender);
        ask();
        receiver
    }

    /// An answer of the folder goes to whoever asked first.
    pub(crate) fn answer(&self, event: FolderEvent) {
        let kind = match &event {
            FolderEvent::FaceCount(_) => Kind::Count,
            FolderEvent::Faces(_) => Kind::List,
            _ => Kind::Copy,
        };
        let mut queue = self.queue(kind).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiter) = queue.pop_front() {
            let _ = waiter.send(event);
        }
    }
}
