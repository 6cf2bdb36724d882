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
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The most jobs in one transaction; bounds what has to be done again when one of them fails.
const BATCH: usize = 256;

/// How long a batch waits for as many jobs as the one before it had. Whoever was just answered asks again within this time,
/// or is a person: without it sixteen busy sessions fall into two halves, each of which waits for the other's commit.
/// Whoever is alone waits for nobody.
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
        Self { medium, sealer, identity, database: RwLock::new(Ok(database)), short_of_space }
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
    let mut together = 0;
    let mut recent = Recent::default();
    while let Some(gathered) = Gathered::from(inbox, together) {
        together = gathered.batch.len();
        if gathered.examine {
            // Its result is kept where everybody who comes next will find it.
            let _ = shared.reopen();
        }
        execute(shared, &mut recent, gathered.batch);
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
    /// Waits for the first message, and then for a moment until there are as many jobs as there were `before`. None when nobody
    /// is left who could send one.
    fn from(inbox: &Receiver<Message>, before: usize) -> Option<Self> {
        let mut gathered = Self::default();
        gathered.take(inbox.recv().ok()?);
        let mut end = None;
        while !gathered.close && gathered.batch.len() < BATCH {
            let next = inbox.try_recv().ok().or_else(|| {
                let now = Instant::now();
                let left = end.get_or_insert(now + GATHERING).saturating_duration_since(now);
                let awaited = (1..before).contains(&gathered.batch.len());
                awaited.then(|| inbox.recv_timeout(left).ok()).flatten()
            });
            let Some(next) = next else { break };
            gathered.take(next);
        }
        Some(gathered)
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

fn execute(shared: &Shared, recent: &mut Recent, mut batch: Vec<Box<dyn Job>>) {
    if let Err(error) = make_ready(shared) {
        return settle(batch, &Err(error));
    }
    if shared.short_of_space() {
        let cause = super::Cause::words("the space held back for emergencies is in use");
        let (essential, others) = batch.into_iter().partition(|job| job.essential());
        settle(others, &Err(StoreError::DiskFull { cause }));
        batch = essential;
    }
    let mut left_out = Vec::new();
    let mut renewed = false;
    let fate = loop {
        match attempt(shared, recent, &mut batch) {
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
    settle(batch, &fate);
    for (job, own_fate) in left_out {
        // What a failed job said may rest on what the others wrote; it is true only if that was kept.
        job.settle(own_fate.and_then(|()| fate.clone()));
    }
}

/// Opens what is closed, and takes space back when there is some.
fn make_ready(shared: &Shared) -> Result<(), StoreError> {
    if shared.short_of_space() && shared.medium.regain_ballast() {
        shared.short_of_space.store(false, Ordering::Release);
    }
    if shared.is_open() { Ok(()) } else { shared.reopen() }
}

fn settle(batch: Vec<Box<dyn Job>>, fate: &Result<(), StoreError>) {
    for job in batch {
        job.settle(fate.clone());
    }
}

fn attempt(shared: &Shared, recent: &mut Recent, batch: &mut [Box<dyn Job>]) -> Outcome {
    let begun = shared.begin_write().and_then(|txn| {
        let tail = guarded(|| Tail::read(&txn.open_table(META)?))?;
        Ok((txn, tail))
    });
    let (txn, mut tail) = match begun {
        Ok(begun) => begun,
        Err(error) => return Outcome::NotBegun(error),
    };
    let before = tail.clone();
    recent.undo(before.head.seq);
    let mut written = false;
    for (place, job) in batch.iter_mut().enumerate() {
        let mut tx = Tx::new(&txn, &shared.sealer, shared.identity, &mut tail, recent);
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
                index::follow(&txn, shared.identity, recent, before.head.seq, tail.head.seq)?;
            }
        }
        Ok::<(), StoreError>(txn.commit()?)
    });
    ended.map_or_else(Outcome::Failed, |()| Outcome::Committed)
}
