//! The thread that sees to the worker: hands it one thing at a time, notices its silence, gives it up, starts another.

use super::super::link::not_responding;
use super::super::message::{FolderCommand, FolderEvent, LinkState, LinkTrouble};
use super::super::{EventSink, FolderConfig, FolderGone};
use super::ledger::{Heard, Ledger};
use super::pipe::{self, FromWorker, Settings, ToWorker};
use std::io::{self, BufReader, BufWriter};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// A worker that has been silent so many times as long as a call may take is given up; twice as long after each in a
/// row, so that a slow share gets its answers over at last.
const GIVE_UP_AFTER: u32 = 6;
const MOST_PATIENT: u32 = 48;
/// Between the end of a worker and the start of the next.
const BREATH: Duration = Duration::from_millis(200);
/// After the door was closed, the work at hand may take so long.
const LAST_WORK: Duration = Duration::from_millis(1_200);

enum Message {
    Command(FolderCommand),
    Said(u64, FromWorker),
    /// The worker of this number says nothing more.
    Silent(u64),
    Stop,
}

/// The door to the thread. Dropping it ends thread and worker after the work at hand.
#[derive(Debug)]
pub(in crate::exchange::folder) struct Supervisor {
    sender: Sender<Message>,
}

impl Supervisor {
    /// Starts the first worker and the thread.
    pub(in crate::exchange::folder) fn start(
        config: FolderConfig,
        program: PathBuf,
        arguments: Vec<String>,
        sink: EventSink,
    ) -> io::Result<Self> {
        let (sender, receiver) = channel();
        let own = sender.clone();
        let (started, start) = channel();
        Builder::new().name("folder".to_owned()).spawn(move || {
            // Here, for the worker is told to end with the very thread that started it.
            let mut thread = Thread::new(config, program, arguments, sink, own);
            let spawned = thread.spawn();
            let failed = spawned.is_err();
            let _ = started.send(spawned);
            if !failed {
                thread.run(&receiver);
            }
        })?;
        start.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self { sender })
    }

    pub(in crate::exchange::folder) fn send(&self, command: FolderCommand) -> Result<(), FolderGone> {
        self.sender.send(Message::Command(command)).map_err(|_| FolderGone)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = self.sender.send(Message::Stop);
    }
}

/// A worker that runs. What is for it goes through a thread of its own: a pipe to a stopped process may be full.
struct Worker {
    number: u64,
    process: Child,
    input: Sender<ToWorker>,
}

struct Thread {
    config: FolderConfig,
    program: PathBuf,
    arguments: Vec<String>,
    sink: EventSink,
    own: Sender<Message>,
    ledger: Ledger,
    worker: Option<Worker>,
    /// Killed, and not yet let go of by the system: no other is started beside it.
    dying: Option<Child>,
    next_number: u64,
    start_again: Instant,
    /// Without a worker since.
    alone: Option<Instant>,
    patience: u32,
    /// When something was last given to the worker or heard from it.
    last_mark: Instant,
    last_link: Option<LinkState>,
    said_hanging: bool,
}

impl Thread {
    fn new(
        config: FolderConfig,
        program: PathBuf,
        arguments: Vec<String>,
        sink: EventSink,
        own: Sender<Message>,
    ) -> Self {
        let now = Instant::now();
        Self {
            config,
            program,
            arguments,
            sink,
            own,
            ledger: Ledger::default(),
            worker: None,
            dying: None,
            next_number: 0,
            start_again: now,
            alone: None,
            patience: GIVE_UP_AFTER,
            last_mark: now,
            last_link: None,
            said_hanging: false,
        }
    }

    fn run(&mut self, receiver: &Receiver<Message>) {
        loop {
            match receiver.recv_timeout(self.pause()) {
                Ok(Message::Command(command)) => {
                    if let Some(event) = self.ledger.take(command) {
                        self.tell(event);
                    }
                }
                Ok(Message::Said(number, said)) => self.hear(number, said),
                Ok(Message::Silent(number)) => {
                    if self.worker.as_ref().is_some_and(|worker| worker.number == number) {
                        tracing::warn!("the folder's worker has ended");
                        self.give_up();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return self.finish(receiver),
            }
            self.see_to_it(Instant::now());
        }
    }

    /// How long nothing has to be looked at.
    fn pause(&self) -> Duration {
        if self.worker.is_none() { BREATH } else { self.config.hang_after / 4 }
    }

    fn tell(&self, event: FolderEvent) {
        (self.sink)(event);
    }

    /// What a worker said before its end is true also after it.
    fn hear(&mut self, number: u64, said: FromWorker) {
        let living = self.worker.as_ref().is_some_and(|worker| worker.number == number);
        match self.ledger.heard(said) {
            Heard::Reached if living => {
                self.last_mark = Instant::now();
                self.patience = GIVE_UP_AFTER;
                if std::mem::take(&mut self.said_hanging)
                    && let Some(link) = self.last_link.clone()
                {
                    self.tell(FolderEvent::Link(link));
                }
            }
            Heard::Event(FolderEvent::Link(link)) if living => self.link(link),
            // How the link is, only the worker knows that runs.
            Heard::Event(event) if !matches!(event, FolderEvent::Link(_)) => self.tell(event),
            Heard::Event(_) | Heard::Reached | Heard::Nothing => {}
        }
    }

    /// The worker has a watch of its own, which sees a call that hangs; this thread sees a process that does.
    fn link(&mut self, link: LinkState) {
        let hangs = matches!(link, LinkState::NotResponding { trouble: LinkTrouble::Hanging, .. });
        let said = std::mem::replace(&mut self.said_hanging, hangs);
        if !hangs {
            self.last_link = Some(link.clone());
        }
        if !(hangs && said) {
            self.tell(FolderEvent::Link(link));
        }
    }

    fn see_to_it(&mut self, now: Instant) {
        if self.dying.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None))) {
            self.dying = None;
        }
        let hang_after = self.config.hang_after;
        if self.worker.is_none() {
            if self.dying.is_none()
                && now >= self.start_again
                && let Err(error) = self.spawn()
            {
                tracing::error!(%error, "the folder's worker cannot be started");
                self.start_again = now + hang_after;
            }
            let alone = self.alone.map(|since| now.saturating_duration_since(since));
            return self.say_hanging(alone.filter(|_| self.worker.is_none()));
        }
        let silent = self.ledger.silent(now);
        self.say_hanging(silent);
        if silent.is_some_and(|silent| silent >= hang_after * self.patience) {
            tracing::warn!("the folder's worker hangs and is given up");
            self.patience = (self.patience * 2).min(MOST_PATIENT);
            return self.give_up();
        }
        let overdue = now.saturating_duration_since(self.last_mark) >= hang_after;
        if let Some((command, mark)) = self.ledger.next(now, overdue)
            && let Some(worker) = &self.worker
        {
            // If its writing thread has ended, so has the worker, and that is said.
            let messages = command.map(ToWorker::Command).into_iter().chain([ToWorker::Mark(mark)]);
            messages.for_each(|message| drop(worker.input.send(message)));
        }
    }

    fn say_hanging(&mut self, silent: Option<Duration>) {
        let Some(silent) = silent.filter(|silent| *silent >= self.config.hang_after) else { return };
        if !std::mem::replace(&mut self.said_hanging, true) {
            self.tell(FolderEvent::Link(not_responding(LinkTrouble::Hanging, silent)));
        }
    }

    /// Kills the worker. Where it hangs in the kernel it stays until that lets it go; nobody waits for it.
    fn give_up(&mut self) {
        let Some(mut worker) = self.worker.take() else { return };
        let _ = worker.process.kill();
        self.dying = Some(worker.process);
        let now = Instant::now();
        (self.start_again, self.alone) = (now + BREATH, Some(now));
        self.ledger.lost().into_iter().for_each(|event| self.tell(event));
    }

    fn spawn(&mut self) -> io::Result<()> {
        let mut process = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What the keyboard sends to the station is not meant for it.
            .process_group(0)
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let number = self.next_number;
        self.next_number += 1;
        let (sender, messages) = channel();
        let settings = ToWorker::Settings(Box::new(Settings::from(&self.config)));
        let threads = Builder::new()
            .name("folder-to-worker".to_owned())
            .spawn(move || {
                let mut input = BufWriter::new(input);
                let all = std::iter::once(settings).chain(messages);
                all.map_while(|message| pipe::write(&mut input, &message).ok()).for_each(drop);
            })
            .and_then(|_| {
                let own = self.own.clone();
                Builder::new().name("folder-from-worker".to_owned()).spawn(move || {
                    let mut output = BufReader::new(output);
                    while let Ok(Some(said)) = pipe::read(&mut output) {
                        if own.send(Message::Said(number, said)).is_err() {
                            return;
                        }
                    }
                    let _ = own.send(Message::Silent(number));
                })
            });
        if let Err(error) = threads {
            let _ = process.kill();
            self.dying = Some(process);
            return Err(error);
        }
        self.ledger.begin_anew();
        self.worker = Some(Worker { number, process, input: sender });
        (self.alone, self.last_mark) = (None, Instant::now());
        Ok(())
    }

    /// Hands over what waits, lets the worker end, and ends it where it does not.
    fn finish(&mut self, receiver: &Receiver<Message>) {
        let deadline = Instant::now() + LAST_WORK;
        loop {
            let now = Instant::now();
            let busy = self.worker.is_some() && (self.ledger.waits() || self.ledger.silent(now).is_some());
            if !busy || now >= deadline {
                break;
            }
            self.see_to_it(now);
            if let Ok(Message::Said(number, said)) = receiver.recv_timeout(BREATH / 10) {
                self.hear(number, said);
            }
        }
        let Some(Worker { mut process, input, .. }) = self.worker.take() else { return };
        drop(input);
        while Instant::now() < deadline && matches!(process.try_wait(), Ok(None)) {
            std::thread::sleep(BREATH / 10);
        }
        let _ = process.kill();
        let _ = process.try_wait();
    }
}
