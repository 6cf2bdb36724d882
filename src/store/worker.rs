//! The thread that owns the database: it gathers, commits once, and answers all.

use super::error::StoreError;
use super::index::{self, Recent};
use super::job::Job;
use super::medium::{Medium, guarded};
use super::meta::{Identity, Tail};
use super::seal::Sealer;
use super::start;
use super::table::META;
use super::tx::Tx;
use redb::{Database, ReadTransaction, ReadableDatabase as _, WriteTransaction};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The most jobs in one transaction; bounds what has to be done again when one of them fails.
const BATCH: usize = 256;

/// How long a batch waits for those who were there a moment ago: who was just answered, and who asked meanwhile. They ask again
/// within this time, or are people. Without it sixteen busy sessions fall into two halves, each of which waits for the
/// other's commit. Whoever is alone waits for nobody.
const GATHERING: Duration = Duration::from_micros(200);

/// What reaches the thread.
pub(super) enum Message {
    /// Work to do.
    Job(Box<dyn Job>),
    /// A reader met an error: see whether the handle still works.
    Probe,
    /// A reader made redb panic: see whether the file is whole.
    Examine,
    /// Answer what came before, then close.
    Close,
}

/// What the thread and the readers share.
pub(super) struct Shared {
    medium: Box<dyn Medium>,
    pub(super) sealer: Arc<Sealer>,
    pub(super) identity: Identity,
    /// Or why it cannot be used.
    database: RwLock<Result<Database, StoreError>>,
    /// Set while the space held back is given away.
    short_of_space: AtomicBool,
    /// The thread's own; goes with the handle.
    recent: Mutex<Recent>,
}

/// How one try at a batch ended.
enum Outcome {
    Committed,
    /// The job at this place has to be left out, and everybody else done again.
    Without(usize, Result<(), StoreError>),
    /// No job was begun, for the handle was spoilt before.
    NotBegun(StoreError),
    /// Nobody's work was done.
    Failed(StoreError),
}

impl Shared {
    pub(super) fn new(
        medium: Box<dyn Medium>,
        database: Database,
        sealer: Arc<Sealer>,
        identity: Identity,
    ) -> Self {
        let short_of_space = AtomicBool::new(!medium.hold_ballast());
        let database = RwLock::new(Ok(database));
        Self { medium, sealer, identity, database, short_of_space, recent: Mutex::default() }
    }

    pub(super) fn short_of_space(&self) -> bool {
        self.short_of_space.load(Ordering::Acquire)
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        self.with_database(|database| Ok(database.begin_read()?))
    }

    fn begin_write(&self) -> Result<WriteTransaction, StoreError> {
        self.with_database(|database| {
            let mut txn = database.begin_write()?;
            txn.set_durability(redb::Durability::Immediate)
                .map_err(|cause| StoreError::Io { cause: super::Cause::words(&cause.to_string()) })?;
            txn.set_quick_repair(true);
            Ok(txn)
        })
    }

    fn with_database<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        database.as_ref().map_err(Clone::clone).and_then(|database| guarded(|| work(database)))
    }

    /// Lets go of the handle and opens a new one, with the integrity check. A handle that has met an I/O
    /// error answers nothing else for ever, even when the disk has recovered.
    fn reopen(&self) -> Result<(), StoreError> {
        // What is opened may be another history of the same store.
        *self.recent.lock().unwrap_or_else(PoisonError::into_inner) = Recent::default();
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if let Ok(spoilt) = std::mem::replace(&mut *database, Err(StoreError::Closed)) {
            // It reports the error that brought us here.
            let _ = guarded(|| spoilt.close());
        }
        *database = self.medium.open().and_then(|opened| {
            guarded(|| start::examine(&opened, &self.sealer, self.identity))?;
            Ok(opened)
        });
        database.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    fn close(&self) -> Result<(), StoreError> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *database, Err(StoreError::Closed))
            .and_then(|database| guarded(|| database.close()))
    }

    /// Makes the store usable again after trouble; gives back the space held when there is no other.
    fn recover(&self, from: &StoreError) -> Result<(), StoreError> {
        if matches!(from, StoreError::DiskFull { .. }) {
            self.short_of_space.store(true, Ordering::Release);
            self.medium.release_ballast();
        }
        self.reopen()
    }

    fn is_open(&self) -> bool {
        self.database.read().unwrap_or_else(PoisonError::into_inner).is_ok()
    }
}

/// The thread. The result is that of closing.
pub(super) fn run(shared: &Shared, inbox: &Receiver<Message>) -> Result<(), StoreError> {
    let mut next = Gathered::default();
    let mut expected = 0;
    while next.wait(inbox, expected) {
        let gathered = std::mem::take(&mut next);
        if gathered.examine {
            // Its result is kept where everybody who comes next will find it.
            let _ = shared.reopen();
        }
        let done = execute(shared, gathered.batch);
        if !done.is_empty() {
            // None of those who came meanwhile is one of those who are about to be answered.
            next.drain(inbox);
            expected = done.len().saturating_add(next.batch.len());
        }
        for (job, fate) in done {
            job.settle(fate);
        }
        if gathered.close {
            break;
        }
    }
    shared.close()
}

/// What is done at once.
#[derive(Default)]
struct Gathered {
    batch: Vec<Box<dyn Job>>,
    examine: bool,
    close: bool,
}

impl Gathered {
    /// Waits until there is something to do, and then for a moment until there are as many jobs as are `expected`. False when
    /// nobody is left who could send anything.
    fn wait(&mut self, inbox: &Receiver<Message>, expected: usize) -> bool {
        if self.batch.is_empty() && !self.examine && !self.close {
            let Ok(first) = inbox.recv() else { return false };
            self.take(first);
        }
        self.drain(inbox);
        let end = Instant::now() + GATHERING;
        while !self.is_complete() && (1..expected).contains(&self.batch.len()) {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(message) = inbox.recv_timeout(left) else { break };
            self.take(message);
        }
        true
    }

    /// Takes what is there.
    fn drain(&mut self, inbox: &Receiver<Message>) {
        while !self.is_complete()
            && let Ok(message) = inbox.try_recv()
        {
            self.take(message);
        }
    }

    fn is_complete(&self) -> bool {
        self.close || self.batch.len() >= BATCH
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Job(job) => self.batch.push(job),
            Message::Probe => {}
            Message::Examine => self.examine = true,
            Message::Close => self.close = true,
        }
    }
}

/// Does all jobs of a batch, or none where the store fails; what became of each is for [`Job::settle`].
fn execute(shared: &Shared, mut batch: Vec<Box<dyn Job>>) -> Vec<Done> {
    if let Err(error) = make_ready(shared) {
        return with_fate(batch, &Err(error)).collect();
    }
    let mut done = Vec::with_capacity(batch.len());
    if shared.short_of_space() {
        let cause = super::Cause::words("the space held back for emergencies is in use");
        let (essential, others) = batch.into_iter().partition(|job| job.essential());
        done.extend(with_fate(others, &Err(StoreError::DiskFull { cause })));
        batch = essential;
    }
    let mut left_out = Vec::new();
    let mut renewed = false;
    let fate = loop {
        match attempt(shared, &mut batch) {
            Outcome::Committed => break Ok(()),
            Outcome::Without(place, fate) => {
                let panicked = fate.is_err();
                left_out.push((batch.remove(place), fate));
                // It may have been redb that panicked, on a damaged page: the integrity check will tell.
                if panicked && let Err(error) = shared.reopen() {
                    break Err(error);
                }
            }
            Outcome::NotBegun(error) if !renewed => match shared.recover(&error) {
                Ok(()) => renewed = true,
                Err(error) => break Err(error),
            },
            // What the disk did with a failed commit is unknown; only the caller may ask for it again.
            Outcome::NotBegun(error) | Outcome::Failed(error) => {
                break Err(shared.recover(&error).err().unwrap_or(error));
            }
        }
    };
    done.extend(with_fate(batch, &fate));
    // What a failed job said may rest on what the others wrote; it is true only if that was kept.
    done.extend(left_out.into_iter().map(|(job, own_fate)| (job, own_fate.and_then(|()| fate.clone()))));
    done
}

/// A job and what became of it.
type Done = (Box<dyn Job>, Result<(), StoreError>);

fn with_fate(batch: Vec<Box<dyn Job>>, fate: &Result<(), StoreError>) -> impl Iterator<Item = Done> {
    let fate = fate.clone();
    batch.into_iter().map(move |job| (job, fate.clone()))
}

/// Opens what is closed, and takes space back when there is some.
fn make_ready(shared: &Shared) -> Result<(), StoreError> {
    if shared.short_of_space() && shared.medium.regain_ballast() {
        shared.short_of_space.store(false, Ordering::Release);
    }
    if shared.is_open() { Ok(()) } else { shared.reopen() }
}

fn attempt(shared: &Shared, batch: &mut [Box<dyn Job>]) -> Outcome {
    let begun = shared.begin_write().and_then(|txn| {
        let tail = guarded(|| Tail::read(&txn.open_table(META)?))?;
        Ok((txn, tail))
    });
    let (txn, mut tail) = match begun {
        Ok(begun) => begun,
        Err(error) => return Outcome::NotBegun(error),
    };
    let before = tail.clone();
    let mut recent = shared.recent.lock().unwrap_or_else(PoisonError::into_inner);
    recent.undo(before.head.seq);
    let mut written = false;
    for (place, job) in batch.iter_mut().enumerate() {
        let mut tx = Tx::new(&txn, &shared.sealer, shared.identity, &mut tail, &mut recent);
        let succeeded = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
        let (wrote, trouble) = tx.end();
        let undo = match (succeeded, trouble) {
            (_, Some(trouble)) => Outcome::Failed(trouble),
            (Err(_), None) => Outcome::Without(place, Err(StoreError::Panicked)),
            (Ok(false), None) if wrote => Outcome::Without(place, Ok(())),
            (Ok(_), None) => {
                written |= wrote;
                continue;
            }
        };
        return match guarded(|| txn.abort()) {
            Ok(()) => undo,
            Err(error) => Outcome::Failed(error),
        };
    }
    let ended = guarded(|| {
        if !written {
            return Ok(txn.abort()?);
        }
        if tail != before {
            tail.write(&txn)?;
            // What is held back for emergencies is for entries, which are found without their index.
            if !shared.short_of_space() {
                index::follow(&txn, shared.identity, &mut recent, before.head.seq, tail.head.seq)?;
            }
        }
        Ok::<(), StoreError>(txn.commit()?)
    });
    ended.map_or_else(Outcome::Failed, |()| Outcome::Committed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    struct Nothing;

    impl Job for Nothing {
        fn essential(&self) -> bool {
            false
        }

        fn run(&mut self, _: &mut Tx<'_>) -> bool {
            true
        }

        fn settle(self: Box<Self>, _: Result<(), StoreError>) {}
    }

    fn job() -> Message {
        Message::Job(Box::new(Nothing))
    }

    fn sent(messages: impl IntoIterator<Item = Message>) -> (Sender<Message>, Receiver<Message>) {
        let (sender, inbox) = channel();
        messages.into_iter().for_each(|message| sender.send(message).unwrap());
        (sender, inbox)
    }

    fn gathered(inbox: &Receiver<Message>, expected: usize) -> Option<(usize, bool, bool)> {
        let mut next = Gathered::default();
        next.wait(inbox, expected).then_some((next.batch.len(), next.examine, next.close))
    }

    #[test]
    fn what_is_there_is_done_at_once_up_to_the_close() {
        let (_sender, inbox) = sent([job(), Message::Probe, job(), Message::Examine, job()]);
        assert_eq!(gathered(&inbox, 0), Some((3, true, false)));
        let (_sender, inbox) = sent([job(), Message::Close, job()]);
        assert_eq!(gathered(&inbox, 9), Some((1, false, true)), "nobody is waited for");
        let (_sender, inbox) = sent((0..=BATCH).map(|_| job()));
        assert_eq!(gathered(&inbox, usize::MAX), Some((BATCH, false, false)));
        assert_eq!(gathered(&inbox, 1), Some((1, false, false)));
    }

    #[test]
    fn who_is_expected_is_waited_for_and_nobody_for_ever() {
        let (sender, inbox) = sent([job()]);
        assert_eq!(gathered(&inbox, 2), Some((1, false, false)), "whoever did not come");
        sender.send(Message::Probe).unwrap();
        assert_eq!(gathered(&inbox, 2), Some((0, false, false)), "a probe waits for nobody");
        sender.send(job()).unwrap();
        drop(sender);
        assert_eq!(gathered(&inbox, 2), Some((1, false, false)));
        assert_eq!(gathered(&inbox, 2), None);
    }

    #[test]
    fn what_came_meanwhile_is_kept_for_the_next_time() {
        let (_sender, inbox) = sent([job(), job()]);
        let mut next = Gathered::default();
        next.drain(&inbox);
        assert_eq!(next.batch.len(), 2);
        assert!(next.wait(&inbox, 2), "without another message");
        assert_eq!(next.batch.len(), 2);
    }
}
