//! The lines that are open now, and how an event finds its screens.

use super::effect::Audience;
use crate::domain::{SafeText, UserId};
use crate::protocol::{Event, StationFrame};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};

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
    /// Dropped with the line, which tells the task that serves it to end.
    _end: oneshot::Sender<()>,
}

/// A new line, as the task that serves it holds it.
pub(crate) struct Opened {
    /// Its number.
    pub(crate) number: u64,
    /// Where frames for it go in.
    pub(crate) out: mpsc::Sender<StationFrame>,
    /// Where they come out.
    pub(crate) frames: mpsc::Receiver<StationFrame>,
    /// Resolves when the line is to end.
    pub(crate) end: oneshot::Receiver<()>,
}

/// All open lines.
#[derive(Default)]
pub(crate) struct Lines {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Line>>,
}

impl Lines {
    /// A new line.
    pub(crate) fn open(&self) -> Opened {
        let (out, frames) = mpsc::channel(BACKLOG);
        let (end_line, end) = oneshot::channel();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let line = Line { out: out.clone(), holder: None, _end: end_line };
        self.with(|open| open.insert(number, line));
        Opened { number, out, frames, end }
    }

    /// The line is gone.
    pub(crate) fn close(&self, number: u64) {
        self.with(|open| open.remove(&number));
    }

    /// A session begins, or ends, on a line. A session is held by one line: where another had it, that one ends.
    pub(crate) fn hold(&self, number: u64, holder: Option<Holder>) {
        self.with(|open| {
            if let Some(new) = &holder {
                let same = |line: &Line| line.holder.as_ref().is_some_and(|h| h.session == new.session);
                open.retain(|other, line| *other == number || !same(line));
            }
            if let Some(line) = open.get_mut(&number) {
                line.holder = holder;
            }
        });
    }

    /// Whether a line holds this session.
    pub(crate) fn is_held(&self, session: &SafeText) -> bool {
        let holds = |line: &Line| line.holder.as_ref().is_some_and(|holder| holder.session == *session);
        self.with(|open| open.values().any(holds))
    }

    /// Sessions with a line.
    pub(crate) fn sessions(&self) -> usize {
        self.with(|open| open.values().filter(|line| line.holder.is_some()).count())
    }

    /// Ends every line.
    pub(crate) fn end_all(&self) {
        self.with(HashMap::clear);
    }

    /// Sends an event to its audience. A line whose backlog is full ends: its terminal does not read, and nobody
    /// knows who stands before it.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(session: &str, user: &str) -> Holder {
        Holder { session: session.into(), user: UserId::parse(user).unwrap() }
    }

    fn ended(opened: &mut Opened) -> bool {
        opened.end.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn an_event_finds_its_audience_and_nobody_else() {
        let lines = Lines::default();
        let mut all: Vec<Opened> = (0..4).map(|_| lines.open()).collect();
        for (line, (session, user)) in all.iter().zip([("s1", "sato"), ("s2", "sato"), ("s3", "tanaka")]) {
            lines.hold(line.number, Some(holder(session, user)));
        }
        let table = [
            (Audience::All, [1, 1, 1, 1]),
            (Audience::User(UserId::parse("sato").unwrap()), [1, 1, 0, 0]),
            (Audience::Session("s3".into()), [0, 0, 1, 0]),
            (Audience::Session("s9".into()), [0, 0, 0, 0]),
        ];
        for (audience, expected) in table {
            lines.push(&audience, &Event::HomeChanged);
            let heard: Vec<usize> =
                all.iter_mut().map(|l| std::iter::from_fn(|| l.frames.try_recv().ok()).count()).collect();
            assert_eq!(heard, expected, "{audience:?}");
        }
        assert_eq!(lines.sessions(), 3);
    }

    #[test]
    fn who_does_not_read_is_cut_off_and_the_others_go_on() {
        let lines = Lines::default();
        let (mut slow, mut quick) = (lines.open(), lines.open());
        lines.hold(slow.number, Some(holder("s1", "sato")));
        for _ in 0..=BACKLOG {
            lines.push(&Audience::All, &Event::HomeChanged);
            assert!(quick.frames.try_recv().is_ok());
        }
        assert!(ended(&mut slow) && !ended(&mut quick));
        assert!(!lines.is_held(&"s1".into()));
    }

    #[test]
    fn a_session_is_on_one_line() {
        let lines = Lines::default();
        let (mut first, mut second) = (lines.open(), lines.open());
        lines.hold(first.number, Some(holder("s1", "sato")));
        lines.hold(second.number, Some(holder("s1", "sato")));
        assert!(ended(&mut first) && !ended(&mut second) && lines.is_held(&"s1".into()));
        lines.close(first.number);
        assert!(lines.is_held(&"s1".into()), "the end of the first takes nothing from the second");
        lines.hold(second.number, None);
        assert!(!lines.is_held(&"s1".into()));
        lines.end_all();
        assert!(ended(&mut second));
    }
}
