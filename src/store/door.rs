//! The door: opening a store, and asking its thread.

use super::error::{Cause, StoreError};
use super::file;
use super::index::{self, Recent};
use super::job::{Job, Work};
use super::key::StationKey;
use super::lock::OwnerLock;
use super::medium::{FileMedium, Medium, guarded};
use super::meta::{Identity, StoreKind, Tail};
use super::read::ReadTx;
use super::seal::Sealer;
use super::start::{self, Opened};
use super::table::{CHECKPOINTS, LOG};
use super::tx::Tx;
use super::worker::{self, Message, Shared};
use crate::log::{Checked, Head, NewEntry, Outside, Report, StoreId};
use redb::{Database, ReadableDatabase as _};
use rustix::fs::{CWD, RenameFlags};
use std::convert::Infallible;
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The store. Clones share one thread and one file; the last one dropped closes it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    queue: Sender<Message>,
    thread: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
}

impl Store {
    /// Makes a new store of a kind that it keeps for ever, with its first entry, and opens it.
    ///
    /// It is built under another name and renamed when it is whole, so that no half store is ever found.
    ///
    /// # Errors
    /// There is a store already; the folder is open to others; the file cannot be written.
    pub fn create(
        path: &Path,
        kind: StoreKind,
        key: &StationKey,
        first: impl FnOnce(StoreId) -> NewEntry,
    ) -> Result<Self, StoreError> {
        let lock = OwnerLock::take(path)?;
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        let building = file::beside(path, ".new");
        match std::fs::remove_file(&building) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::file(&building, cause));
            }
            _ => {}
        }
        let identity = Identity::new(kind)?;
        let database = FileMedium::create(&building)?;
        guarded(|| set_up(&database, identity, key, &first(identity.store)))?;
        guarded(|| database.close())?;
        rustix::fs::renameat_with(CWD, &building, CWD, path, RenameFlags::NOREPLACE)
            .map_err(|errno| file::creating(path, errno.into()))?;
        file::sync_parent(path)?;
        Self::start(Box::new(FileMedium::new(path)), key, Some(lock)).map(|(store, _)| store)
    }

    /// Opens an existing store, checks it, and says what was found. Never makes one.
    ///
    /// # Errors
    /// It is missing, in use, of the wrong owner or mode, damaged, or of another key.
    pub fn open(path: &Path, key: &StationKey) -> Result<(Self, Opened), StoreError> {
        let lock = OwnerLock::take(path)?;
        Self::start(Box::new(FileMedium::new(path)), key, Some(lock))
    }

    /// The same, unless `judge` finds a reason not to: then it is closed again, and nothing was written to it but what
    /// opening writes.
    pub fn open_if<T>(
        path: &Path,
        key: &StationKey,
        judge: impl FnOnce(&ReadTx, &Opened) -> Result<Option<T>, StoreError>,
    ) -> Result<Result<(Self, Opened), T>, StoreError> {
        let lock = OwnerLock::take(path)?;
        Self::start_if(Box::new(FileMedium::new(path)), key, Some(lock), judge)
    }

    pub(super) fn start(
        medium: Box<dyn Medium>,
        key: &StationKey,
        lock: Option<OwnerLock>,
    ) -> Result<(Self, Opened), StoreError> {
        match Self::start_if(medium, key, lock, |_, _| Ok(None::<Infallible>))? {
            Ok(started) => Ok(started),
            Err(never) => match never {},
        }
    }

    fn start_if<T>(
        medium: Box<dyn Medium>,
        key: &StationKey,
        lock: Option<OwnerLock>,
        judge: impl FnOnce(&ReadTx, &Opened) -> Result<Option<T>, StoreError>,
    ) -> Result<Result<(Self, Opened), T>, StoreError> {
        let database = medium.open()?;
        let (identity, sealer, opened, against) = guarded(|| {
            let (identity, sealer) = start::identify(&database, key)?;
            start::examine(&database, &sealer, identity)?;
            start::add_tables(&database)?;
            let opened = start::check(&database, &sealer, identity)?;
            let read = ReadTx::new(database.begin_read()?, Arc::clone(&sealer), identity);
            let against = judge(&read, &opened)?;
            drop(read);
            if against.is_none() {
                start::index(&database, identity)?;
            }
            Ok::<_, StoreError>((identity, sealer, opened, against))
        })?;
        if let Some(against) = against {
            guarded(|| database.close())?;
            return Ok(Err(against));
        }
        let shared = Arc::new(Shared::new(medium, database, sealer, identity));
        let (queue, inbox) = mpsc::channel();
        let owned = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                let closed = worker::run(&owned, &inbox);
                drop(lock);
                closed
            })
            .map_err(|cause| StoreError::Host { cause: Cause::new(cause) })?;
        Ok(Ok((Self(Arc::new(Inner { shared, queue, thread: Mutex::new(Some(thread)) })), opened)))
    }

    /// Real or training.
    pub fn kind(&self) -> StoreKind {
        self.0.shared.identity.kind
    }

    /// The store's id.
    pub fn store_id(&self) -> StoreId {
        self.0.shared.identity.store
    }

    /// Whether the disk ran full and has not recovered: only essential jobs are done.
    pub fn short_of_space(&self) -> bool {
        self.0.shared.short_of_space()
    }

    /// How many sealed records were opened so far: what a look costs, for whoever keeps it in proportion.
    pub fn records_opened(&self) -> u64 {
        self.0.shared.sealer.opened()
    }

    /// Does a job in a durable transaction and waits, blocking the thread: not for use on an async one.
    ///
    /// The job may be called more than once: when another job of the batch fails, all writes are undone and
    /// the rest done again. It must therefore have no effect but through [`Tx`]. When it returns an error or
    /// panics, nothing it wrote is kept; to refuse an act *and* log the refusal, return the refusal as `Ok`.
    ///
    /// # Errors
    /// The job's own, or the store's: then what was asked must be taken as not done, though after a failure
    /// of the disk it may be found done.
    pub fn transact<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.block_on(false, job)
    }

    /// As [`Self::transact`], for what must be written even when the disk is full: the end of a session,
    /// a refusal, the note that the disk is full. It may use the space held back for that.
    pub fn transact_essential<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.block_on(true, job)
    }

    /// As [`Self::transact`], for async callers. The job is done even if the future is dropped.
    pub async fn transact_async<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.wait_for(false, job).await
    }

    /// As [`Self::transact_essential`], for async callers.
    pub async fn transact_essential_async<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.wait_for(true, job).await
    }

    /// Looks at the newest commit, on the caller's own thread, without waiting for writers or delaying them.
    ///
    /// Single records and pages take microseconds; whole scans belong on a blocking thread.
    pub fn read<T, E: From<StoreError>>(&self, look: impl FnOnce(&ReadTx) -> Result<T, E>) -> Result<T, E> {
        let shared = &self.0.shared;
        let txn = shared.begin_read().inspect_err(|_| self.tell(Message::Probe))?;
        let read = ReadTx::new(txn, Arc::clone(&shared.sealer), shared.identity);
        let seen = guarded(|| Ok::<_, StoreError>(look(&read)));
        // redb panics on a page that was damaged since the store was opened.
        let said = seen.inspect_err(|_| self.tell(Message::Examine))?;
        said.inspect_err(|_| self.tell(Message::Probe))
    }

    /// Checks the whole log, against heads that somebody else has kept and against the store's own.
    pub fn verify_log(&self, known: &[Head]) -> Result<Report, StoreError> {
        self.read(|tx| tx.verify_log(known))
    }

    /// The same with everything that speaks for the log: its signed checkpoints and what somebody outside has kept.
    pub fn check_log(&self, outside: Option<&Outside>) -> Result<Checked, StoreError> {
        self.read(|tx| tx.check_log(outside, &[]))
    }

    /// Does what is waiting, closes the file and reports how that went; dropping does the same silently.
    /// Later calls, through any clone, get [`StoreError::Closed`].
    pub fn close(&self) -> Result<(), StoreError> {
        self.tell(Message::Close);
        self.0.join()
    }

    fn tell(&self, message: Message) {
        // If the thread is gone, the store is closed and there is nothing to mend.
        let _ = self.0.queue.send(message);
    }

    fn send(&self, job: Box<dyn Job>) {
        // If the thread is gone the job is dropped, and with it the answer's sender: the waiter sees Closed.
        self.tell(Message::Job(job));
    }

    fn block_on<T, E, F>(&self, essential: bool, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        self.send(Box::new(Work::new(essential, job, move |said| drop(answer.send(said)))));
        answered.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    async fn wait_for<T, E, F>(&self, essential: bool, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.send(Box::new(Work::new(essential, job, move |said| drop(answer.send(said)))));
        answered.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("id", &self.store_id())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn join(&self) -> Result<(), StoreError> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        match thread.take() {
            // A job that held the last clone drops it on the store's own thread, which cannot wait for itself.
            Some(handle) if handle.thread().id() == std::thread::current().id() => Ok(()),
            Some(handle) => handle.join().unwrap_or(Err(StoreError::Panicked)),
            None => Ok(()),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = self.queue.send(Message::Close);
        let _ = self.join();
    }
}

/// Writes everything that a store has from its first moment, in one transaction.
pub(super) fn set_up(
    database: &Database,
    identity: Identity,
    key: &StationKey,
    first: &NewEntry,
) -> Result<(), StoreError> {
    let sealer = Sealer::new(key, identity.store);
    let mut txn = database.begin_write()?;
    txn.set_quick_repair(true);
    txn.open_table(LOG)?;
    identity.write(&txn, &sealer)?;
    let mut tail = Tail::default();
    Tx::new(&txn, &sealer, identity, &mut tail, &mut Recent::default()).log(first)?;
    tail.write(&txn)?;
    index::begin(&txn, identity, tail.head.seq)?;
    for table in super::Table::ALL {
        txn.open_table(table.definition())?;
    }
    txn.open_table(CHECKPOINTS)?;
    Ok(txn.commit()?)
}
