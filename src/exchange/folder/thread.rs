//! The folder's thread, and the one that notices when it hangs.

use super::link::not_responding;
use super::message::{FolderCommand, FolderEvent, LinkTrouble};
use super::watch::Watch;
use super::watchdog::Watchdog;
use super::worker::Worker;
use super::{EventSink, FolderConfig};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Two polls that events ask for are at least so far apart.
const BREATH: Duration = Duration::from_millis(20);

/// What the thread waits for.
pub(super) enum Message {
    /// From the station.
    Command(FolderCommand),
    /// From inotify.
    Wake,
    /// To be called when everything before it is done: a sign of life.
    Mark(Box<dyn FnOnce() + Send>),
    /// The door was closed.
    Stop,
}

/// Starts both threads; gives back the way in.
pub(super) fn start(config: FolderConfig, sink: EventSink) -> std::io::Result<Sender<Message>> {
    let (sender, receiver) = channel();
    let watch = Watch::new(config.watch, &config.dialect, sender.clone());
    let watchdog = Watchdog::new();
    let hang_after = config.hang_after;
    let sink = Arc::new(Mutex::new(sink));
    let tell = {
        let sink = sink.clone();
        move |event| sink.lock().unwrap_or_else(PoisonError::into_inner)(event)
    };
    let worker = Worker::new(config, watch, Box::new(tell));
    let dog = watchdog.clone();
    Builder::new().name("folder-watchdog".to_owned()).spawn(move || {
        dog.watch(hang_after, |taken| {
            let event = FolderEvent::Link(not_responding(LinkTrouble::Hanging, taken));
            sink.lock().unwrap_or_else(PoisonError::into_inner)(event);
        });
    })?;
    let spawned = Builder::new().name("folder".to_owned()).spawn({
        let watchdog = watchdog.clone();
        move || run(worker, &receiver, &watchdog)
    });
    if spawned.is_err() {
        watchdog.end();
    }
    spawned.map(|_| sender)
}

fn run(mut worker: Worker, receiver: &Receiver<Message>, watchdog: &Watchdog) {
    let _end = EndOnDrop(watchdog);
    let mut last = None::<Instant>;
    let mut next = Instant::now();
    loop {
        let command = match receiver.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(Message::Command(command)) => Some(command),
            Ok(Message::Wake) => {
                worker.woken();
                next = last.map_or(next, |last| next.min(last + BREATH));
                None
            }
            Ok(Message::Mark(reached)) => {
                reached();
                None
            }
            Err(RecvTimeoutError::Timeout) => None,
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        };
        if let Some(command) = command {
            let (wrote, hung) = watchdog.during(|| {
                let now = Instant::now();
                worker.handle(command, now);
                now + worker.pace()
            });
            next = next.min(wrote);
            if hung {
                worker.say_link_again(Instant::now());
            }
        }
        if Instant::now() >= next {
            let ((), hung) = watchdog.during(|| worker.poll(Instant::now()));
            let now = Instant::now();
            (last, next) = (Some(now), now + worker.pace());
            if hung {
                worker.say_link_again(now);
            }
        }
    }
}

/// Ends the watching thread also when the worker panics.
struct EndOnDrop<'a>(&'a Watchdog);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
