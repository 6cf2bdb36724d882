//! The lines that are open now, and how an event finds its screens.

use super::effect::Audience;
use crate::domain::{SafeText, UserId};
use crate::protocol::{Event, StationFrame};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Frames that may wait for a slow reader before its line is cut: others must not suffer for it.
const BACKLOG: usize = 256;

/// Whose line it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) session: SafeText,
    pub(crate) user: UserId,
}

struct Line {
    out: mpsc::Sender<StationFrame>,
    holder: Option<Holder>,
}

/// All open lines.
#[derive(Default)]
pub(crate) struct Lines {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Line>>,
}

impl Lines {
    /// A new line; its number and where its frames come out.
    pub(crate) fn open(&self) -> (u64, mpsc::Sender<StationFrame>, mpsc::Receiver<StationFrame>) {
        let (out, frames) = mpsc::channel(BACKLOG);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.with(|open| open.insert(number, Line { out: out.clone(), holder: None }));
        (number, out, frames)
    }

    /// The line is gone; who held it.
    pub(crate) fn close(&self, number: u64) -> Option<Holder> {
        self.with(|open| open.remove(&number)).and_then(|line| line.holder)
    }

    /// A session begins, or ends, on a line.
    pub(crate) fn hold(&self, number: u64, holder: Option<Holder>) {
        self.with(|open| {
            if let Some(line) = open.get_mut(&number) {
                line.holder = holder;
            }
        });
    }

    /// Lines open now.
    pub(crate) fn count(&self) -> usize {
        self.with(|open| open.len())
    }

    /// Sends an event to its audience. A line whose backlog is full is dropped: its terminal will reconnect.
    pub(crate) fn push(&self, audience: &Audience, event: &Event) {
        self.with(|open| {
            open.retain(|_, line| {
                let meant = match (audience, &line.holder) {
                    (Audience::All, _) => true,
                    (Audience::Session(session), Some(holder)) => holder.session == *session,
                    (Audience::User(user), Some(holder)) => holder.user == *user,
                    (_, None) => false,
                };
                !meant || line.out.try_send(StationFrame::Event(Box::new(event.clone()))).is_ok()
            });
        });
    }

    /// A poisoned lock only says that a thread panicked while it held it; the map itself is whole.
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<u64, Line>) -> T) -> T {
        act(&mut self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
