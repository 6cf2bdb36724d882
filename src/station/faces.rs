//! Questions about the face-reader folder: asked of the folder's thread, answered in the order of asking.

use crate::exchange::folder::{FolderEvent, Question};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// Questions of a kind that may wait at once: a folder that does not answer must not gather them without end.
const WAITING: usize = 64;

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

    /// Takes a place in the queue and asks, so that places and questions have one order. `None` where too many wait.
    pub(crate) fn ask(&self, kind: Kind, ask: impl FnOnce()) -> Option<oneshot::Receiver<FolderEvent>> {
        let (sender, receiver) = oneshot::channel();
        let mut queue = self.queue(kind).lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() >= WAITING {
            return None;
        }
        queue.push_back(sender);
        ask();
        Some(receiver)
    }

    /// An answer of the folder goes to whoever asked first; where none comes, he hears that.
    pub(crate) fn answer(&self, event: FolderEvent) {
        let kind = match &event {
            FolderEvent::FaceCount(_) | FolderEvent::Unanswered(Question::Count) => Kind::Count,
            FolderEvent::Faces(_) | FolderEvent::Unanswered(Question::List) => Kind::List,
            _ => Kind::Copy,
        };
        let waiter = self.queue(kind).lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if let Some(waiter) = waiter.filter(|_| !matches!(event, FolderEvent::Unanswered(_))) {
            let _ = waiter.send(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_their_order_where_one_is_missing_and_where_somebody_has_left() {
        let faces = Faces::default();
        let mut first = faces.ask(Kind::Count, || ()).unwrap();
        drop(faces.ask(Kind::Count, || ()).unwrap());
        let mut third = faces.ask(Kind::Count, || ()).unwrap();
        let mut copy = faces.ask(Kind::Copy, || ()).unwrap();
        for event in
            [FolderEvent::Unanswered(Question::Count), FolderEvent::FaceCount(2), FolderEvent::FaceCount(3)]
        {
            faces.answer(event);
        }
        assert!(first.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
        assert_eq!(third.try_recv(), Ok(FolderEvent::FaceCount(3)));
        assert!(copy.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty));
    }

    #[test]
    fn a_folder_that_does_not_answer_gathers_no_crowd() {
        let faces = Faces::default();
        let mut asked = 0;
        let waiting: Vec<_> = (0..1_000).filter_map(|_| faces.ask(Kind::List, || asked += 1)).collect();
        assert_eq!((waiting.len(), asked), (WAITING, WAITING));
        faces.answer(FolderEvent::Faces(Vec::new()));
        assert!(faces.ask(Kind::List, || ()).is_some() && faces.ask(Kind::List, || ()).is_none());
    }
}
