//! The thread that calls libpcsclite, and how it is asked.

use super::{exchange, fault};
use kyukyu::card::TransportError;
use pcsc::{Context, ReaderState, Scope, State};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;
use zeroize::Zeroizing;

/// Where an answer goes. The asker may be gone by then.
pub(super) type Reply<T> = Sender<Result<T, TransportError>>;

/// What a worker is asked for.
pub(super) enum Order {
    /// The readers' names.
    Names(Reply<Vec<String>>),
    /// The readers in which a card lies, with what pcscd has counted there.
    Lying(Reply<Vec<(String, u32)>>),
    /// Connects to the card in a reader; its answer to reset.
    Open(String, Reply<Vec<u8>>),
    /// Begins the transaction.
    Begin(Reply<()>),
    /// One command, which may hold a PIN.
    Transmit(Zeroizing<Vec<u8>>, Reply<Vec<u8>>),
    /// Resets the card and ends the transaction.
    End(Reply<()>),
    /// Lets the card go.
    Close(Reply<()>),
}

impl Order {
    /// Answers an order that does not fit where the exchange stands.
    pub(super) fn refuse(self, error: TransportError) {
        // An asker who is gone needs no answer.
        let _ = match self {
            Self::Names(reply) => reply.send(Err(error)).is_ok(),
            Self::Lying(reply) => reply.send(Err(error)).is_ok(),
            Self::Open(_, reply) | Self::Transmit(_, reply) => reply.send(Err(error)).is_ok(),
            Self::Begin(reply) | Self::End(reply) | Self::Close(reply) => reply.send(Err(error)).is_ok(),
        };
    }
}

/// The asking side of a thread; the thread ends once this is dropped and its last call has come back.
pub(super) struct Worker {
    orders: Sender<Order>,
}

impl Worker {
    /// Starts the thread, which keeps `alive` as long as it runs.
    pub(super) fn start(alive: Arc<()>) -> Result<Self, TransportError> {
        let (orders, received) = mpsc::channel();
        start_thread("pcsc", move || {
            serve(&received);
            drop(alive);
        })?;
        Ok(Self { orders })
    }

    /// Asks and waits, at most so long.
    pub(super) fn ask<T>(
        &self,
        longest: Duration,
        order: impl FnOnce(Reply<T>) -> Order,
    ) -> Result<T, TransportError> {
        let (reply, answer) = mpsc::channel();
        self.orders.send(order(reply)).map_err(|_| TransportError::Broken)?;
        answer.recv_timeout(longest).unwrap_or_else(|waited| Err(not_answered(waited)))
    }
}

/// What no answer means.
pub(super) fn not_answered(waited: RecvTimeoutError) -> TransportError {
    match waited {
        RecvTimeoutError::Timeout => TransportError::NoAnswer,
        RecvTimeoutError::Disconnected => TransportError::Broken,
    }
}

pub(super) fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), TransportError> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map(drop).map_err(|error| TransportError::Other(error.to_string()))
}

fn serve(orders: &Receiver<Order>) {
    let mut service = Service { context: None };
    while let Ok(order) = orders.recv() {
        match order {
            Order::Names(reply) => drop(reply.send(service.names())),
            Order::Lying(reply) => drop(reply.send(service.lying())),
            Order::Open(reader, reply) => exchange::open(&mut service, &reader, &reply, orders),
            // Of a card that was let go meanwhile.
            Order::Close(reply) => drop(reply.send(Ok(()))),
            order => order.refuse(TransportError::Broken),
        }
    }
}

/// The connection to pcscd.
pub(super) struct Service {
    context: Option<Context>,
}

impl Service {
    /// Acts with the context at hand. One that turns out to be dead is replaced by a new one and the act repeated, so
    /// it must be one that may be: after a restart of pcscd an old context says that it is valid and never recovers.
    pub(super) fn with<T>(
        &mut self,
        act: impl Fn(&Context) -> Result<T, pcsc::Error>,
    ) -> Result<T, pcsc::Error> {
        if let Some(context) = &self.context {
            match act(context) {
                Err(error) if fault::is_dead(error) => self.context = None,
                done => return done,
            }
        }
        let context = establish()?;
        let done = act(&context);
        if !done.as_ref().is_err_and(|error| fault::is_dead(*error)) {
            self.context = Some(context);
        }
        done
    }

    /// Lets the context go if this error means that it is dead.
    pub(super) fn doubt(&mut self, error: pcsc::Error) {
        if fault::is_dead(error) {
            self.context = None;
        }
    }

    fn names(&mut self) -> Result<Vec<String>, TransportError> {
        let names = self.with(Context::list_readers_owned).map_err(|error| fault::of_service(error, ""))?;
        Ok(names.iter().map(|name| name.to_string_lossy().into_owned()).collect())
    }

    fn lying(&mut self) -> Result<Vec<(String, u32)>, TransportError> {
        let readers = self.with(|context| {
            let names = context.list_readers_owned()?.into_iter();
            let mut readers: Vec<ReaderState> =
                names.map(|name| ReaderState::new(name, State::UNAWARE)).collect();
            if !readers.is_empty() {
                context.get_status_change(Duration::ZERO, &mut readers)?;
            }
            Ok(readers)
        });
        let readers = readers.map_err(|error| fault::of_service(error, ""))?;
        let occupied = readers.iter().filter(|reader| reader.event_state().contains(State::PRESENT));
        Ok(occupied
            .map(|reader| (reader.name().to_string_lossy().into_owned(), reader.event_count()))
            .collect())
    }
}

/// A new context. Another protocol version shows here and nowhere else.
pub(super) fn establish() -> Result<Context, pcsc::Error> {
    Context::establish(Scope::System)
}
