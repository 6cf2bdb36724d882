//! One ordered channel, one owner of the state, at most one frame for all that is waiting.
//!
//! The loop sleeps until something happens; it has no tick, so an idle screen costs nothing. A screen that must
//! change by itself (a late answer, a lock coming near) names a moment with `deadline`.

use super::backend::{Screen, Surface};
use super::keymap::Key;
use ratatui::Frame;
use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Instant;
use zeroize::Zeroizing;

/// Everything that can happen to the terminal, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming<T> {
    /// A key.
    Key(Key),
    /// Text that was pasted, as one piece.
    Paste(Pasted),
    /// The terminal says in which column its cursor stood after the probe.
    Column(u16),
    /// The window has another size, or was drawn over.
    Resize,
    /// The program has to end now.
    Stop(Stop),
    /// Something from the station.
    Station(T),
    /// The moment that `deadline` named has come.
    Tick,
}

/// The sending end of the one channel; every source of events has a clone.
#[derive(Debug)]
pub struct Post<T>(Sender<Vec<Incoming<T>>>);

/// The receiving end of the one channel.
#[derive(Debug)]
pub struct Inbox<T>(Receiver<Vec<Incoming<T>>>);

/// The loop has ended; nobody reads any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("画面はすでに終了しています")]
pub struct LoopGone;

/// Makes the one channel.
pub fn channel<T>() -> (Post<T>, Inbox<T>) {
    let (sender, receiver) = mpsc::channel();
    (Post(sender), Inbox(receiver))
}

impl<T> Post<T> {
    /// Sends one event.
    pub fn send(&self, incoming: Incoming<T>) -> Result<(), LoopGone> {
        self.send_all(vec![incoming])
    }

    /// Sends events that came together, so that no frame is drawn between them.
    pub fn send_all(&self, incoming: Vec<Incoming<T>>) -> Result<(), LoopGone> {
        self.0.send(incoming).map_err(|_| LoopGone)
    }
}

impl<T> Clone for Post<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// So many pieces of mail are taken in before a frame is due, even from a sender that never pauses.
const DRAIN: usize = 4096;

/// Why the program has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A signal, by its number.
    Signal(i32),
    /// The line to the terminal is gone.
    LineLost,
}

/// Pasted text; it may be a password, so it is wiped on drop and not printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Pasted(Zeroizing<String>);

impl Pasted {
    /// Takes over a text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text as it came, controls included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pasted({} bytes)", self.0.len())
    }
}

/// What the loop calls. `M` is the model, `E` an effect, `T` what the station says, `R` why the loop ended.
pub struct Program<U, X, D, V> {
    /// `FnMut(&mut M, Instant, Incoming<T>) -> Vec<E>`: changes the model; gets the present time and does no I/O.
    pub update: U,
    /// `FnMut(&mut Screen<S>, E) -> io::Result<ControlFlow<R>>`: the one place where effects happen.
    pub execute: X,
    /// `Fn(&M) -> Option<Instant>`: when to wake with [`Incoming::Tick`] if nothing else happens.
    pub deadline: D,
    /// `Fn(&M, &mut Frame)`: draws the model.
    pub view: V,
}

/// Runs until an effect breaks with a value; `None` when nobody is left who could send anything.
pub fn run<S, M, E, T, R, U, X, D, V>(
    screen: &mut Screen<S>,
    inbox: &Inbox<T>,
    model: &mut M,
    mut program: Program<U, X, D, V>,
) -> io::Result<Option<R>>
where
    S: Surface,
    U: FnMut(&mut M, Instant, Incoming<T>) -> Vec<E>,
    X: FnMut(&mut Screen<S>, E) -> io::Result<ControlFlow<R>>,
    D: Fn(&M) -> Option<Instant>,
    V: Fn(&M, &mut Frame<'_>),
{
    loop {
        screen.draw(|frame| (program.view)(model, frame))?;
        let Some(first) = wait(inbox, (program.deadline)(model)) else { return Ok(None) };
        for incoming in first.into_iter().chain(inbox.0.try_iter().take(DRAIN).flatten()) {
            if matches!(incoming, Incoming::Resize) {
                screen.redraw();
            }
            for effect in (program.update)(model, Instant::now(), incoming) {
                if let ControlFlow::Break(reason) = (program.execute)(screen, effect)? {
                    return Ok(Some(reason));
                }
            }
        }
    }
}

impl<T> Inbox<T> {
    /// Waits for what comes next, or for the deadline; `None` when nobody is left who could send anything.
    pub fn next(&self, deadline: Option<Instant>) -> Option<Vec<Incoming<T>>> {
        wait(self, deadline)
    }
}

fn wait<T>(inbox: &Inbox<T>, deadline: Option<Instant>) -> Option<Vec<Incoming<T>>> {
    let Some(deadline) = deadline else { return inbox.0.recv().ok() };
    match inbox.0.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(incoming) => Some(incoming),
        Err(RecvTimeoutError::Timeout) => Some(vec![Incoming::Tick]),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::backend::Memory;
    use crate::terminal::put::put;
    use ratatui::style::Style;
    use std::time::Duration;

    /// A model that counts keys and ticks, and ends on Esc.
    #[derive(Default)]
    struct Counter {
        keys: usize,
        ticks: usize,
        wake: Option<Instant>,
    }

    fn play(
        model: &mut Counter,
        incoming: Vec<Incoming<()>>,
        keep_open: bool,
    ) -> (Option<&'static str>, usize) {
        let (post, inbox) = channel();
        for one in incoming {
            post.send(one).unwrap();
        }
        let open = keep_open.then_some(post);
        let mut screen = Screen::new(Memory::new(80, 24)).unwrap();
        let program = Program {
            update: |model: &mut Counter, _, incoming: Incoming<()>| match incoming {
                Incoming::Key(Key::ESC) => vec!["left"],
                Incoming::Key(_) => {
                    model.keys += 1;
                    vec![]
                }
                Incoming::Tick => {
                    model.ticks += 1;
                    model.wake = None;
                    vec!["woke"]
                }
                Incoming::Stop(_) => vec!["stopped"],
                _ => vec![],
            },
            execute: |_: &mut Screen<Memory>, effect| Ok(ControlFlow::Break(effect)),
            deadline: |model: &Counter| model.wake,
            view: |model: &Counter, frame: &mut Frame<'_>| {
                put(frame.buffer_mut(), 0, 0, 20, &model.keys.to_string(), Style::new());
            },
        };
        let ended = run(&mut screen, &inbox, model, program).unwrap();
        drop(open);
        (ended, screen.surface().writes)
    }

    #[test]
    fn fifty_keys_in_one_go_are_at_most_two_frames() {
        let mut model = Counter::default();
        let (ended, frames) = play(&mut model, vec![Incoming::Key(Key::plain('x')); 50], false);
        assert_eq!((ended, model.keys), (None, 50));
        assert!(frames <= 2, "{frames} frames");
    }

    #[test]
    fn what_changes_nothing_writes_nothing() {
        let (_, frames) = play(&mut Counter::default(), vec![Incoming::Station(()); 5], false);
        assert_eq!(frames, 1);
    }

    #[test]
    fn effects_happen_in_order_and_end_the_loop() {
        let mut model = Counter::default();
        let keys =
            vec![Incoming::Key(Key::plain('x')), Incoming::Key(Key::ESC), Incoming::Key(Key::plain('x'))];
        assert_eq!(play(&mut model, keys, true).0, Some("left"));
        assert_eq!(model.keys, 1);
        let stop = vec![Incoming::Stop(Stop::LineLost)];
        assert_eq!(play(&mut Counter::default(), stop, true).0, Some("stopped"));
    }

    #[test]
    fn a_deadline_wakes_the_loop_once() {
        let wake = Some(Instant::now() + Duration::from_millis(5));
        let mut model = Counter { wake, ..Counter::default() };
        assert_eq!(play(&mut model, vec![], true).0, Some("woke"));
        assert_eq!(model.ticks, 1);
    }

    #[test]
    fn a_paste_does_not_show_in_debug_output() {
        let pasted: Incoming<()> = Incoming::Paste(Pasted::new("hunter2".into()));
        assert_eq!(format!("{pasted:?}"), "Paste(Pasted(7 bytes))");
    }
}
