//! Cards in the readers of this machine, or of another whose pcscd is forwarded here (`PCSCLITE_CSOCK_NAME`, which
//! libpcsclite reads itself).
//!
//! Every call of libpcsclite may block for ever: a stopped pcscd answers not even the first one. So a [`Worker`]'s
//! thread makes all the calls and this side waits for it with a deadline; a thread that does not come back is left
//! behind and ends by itself once its call returns, resetting the card that it holds. Waiting for the card to leave
//! has a thread and a context of its own ([`watch`]), because a context that waits for an event answers nothing else.

mod exchange;
mod fault;
mod tpdu;
mod watch;
mod worker;

use kyukyu::card::{Readers, Transport, TransportError, Watcher};
use std::sync::Arc;
use std::time::Duration;
use watch::PcscWatcher;
use worker::{Order, Reply, Worker};
use zeroize::Zeroizing;

/// Longest that one call of the card service may take. The slowest of a card's own steps is a signature, about 1.5 s.
const LONGEST_CALL: Duration = Duration::from_secs(5);
/// Longest wait for another program's transaction to end.
const LONGEST_TURN: Duration = Duration::from_secs(3);
/// Longest that the service may take to show that it lives.
const LONGEST_PROBE: Duration = Duration::from_secs(2);
/// Threads that may hang at the same time before the service is not even tried any more.
const MOST_HUNG: usize = 8;

/// The readers that pcscd knows.
#[derive(Default)]
pub(crate) struct PcscReaders {
    worker: Option<Worker>,
    /// Held by every thread as long as it runs.
    threads: Arc<()>,
}

impl PcscReaders {
    /// Asks the worker, starting one where there is none. One that does not answer in time is given up.
    fn ask<T>(
        &mut self,
        longest: Duration,
        order: impl FnOnce(Reply<T>) -> Order,
    ) -> Result<T, TransportError> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None if Arc::strong_count(&self.threads) > MOST_HUNG => return Err(TransportError::NoAnswer),
            None => Worker::start(Arc::clone(&self.threads))?,
        };
        let answer = worker.ask(longest, order);
        if !matches!(answer, Err(TransportError::NoAnswer)) {
            self.worker = Some(worker);
        }
        answer
    }

    /// Why a turn did not come: the service hangs, or another program keeps the card.
    fn who_is_in_the_way(&mut self) -> TransportError {
        match self.ask(LONGEST_PROBE, Order::Names) {
            Ok(_) => TransportError::InUse,
            Err(error) => error,
        }
    }
}

impl Readers for PcscReaders {
    fn names(&mut self) -> Result<Vec<String>, TransportError> {
        self.ask(LONGEST_CALL, Order::Names)
    }

    fn open(&mut self, reader: &str) -> Result<Box<dyn Transport + '_>, TransportError> {
        let name = reader.to_owned();
        // Connecting waits for the end of another program's transaction as well.
        let atr = match self.ask(LONGEST_CALL, |reply| Order::Open(name, reply)) {
            Err(TransportError::NoAnswer) => return Err(self.who_is_in_the_way()),
            opened => opened?,
        };
        Ok(Box::new(PcscCard { readers: self, atr, lost: None }))
    }

    fn lying(&mut self) -> Option<Result<Vec<(String, u32)>, TransportError>> {
        Some(self.ask(LONGEST_CALL, Order::Lying))
    }

    fn watcher(&mut self, reader: &str) -> Result<Box<dyn Watcher + Send>, TransportError> {
        Ok(Box::new(PcscWatcher::begin(reader)?))
    }
}

/// A connected card. Nothing is sent after the worker that holds it was given up.
struct PcscCard<'r> {
    readers: &'r mut PcscReaders,
    atr: Vec<u8>,
    lost: Option<TransportError>,
}

impl PcscCard<'_> {
    fn ask<T>(
        &mut self,
        longest: Duration,
        order: impl FnOnce(Reply<T>) -> Order,
    ) -> Result<T, TransportError> {
        if let Some(error) = &self.lost {
            return Err(error.clone());
        }
        let answer = self.readers.ask(longest, order);
        if matches!(answer, Err(TransportError::NoAnswer)) {
            self.lost = Some(TransportError::NoAnswer);
        }
        answer
    }
}

impl Transport for PcscCard<'_> {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn begin(&mut self) -> Result<(), TransportError> {
        match self.ask(LONGEST_TURN, Order::Begin) {
            Err(TransportError::NoAnswer) => {
                let error = self.readers.who_is_in_the_way();
                self.lost = Some(error.clone());
                Err(error)
            }
            begun => begun,
        }
    }

    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, TransportError> {
        let apdu = Zeroizing::new(apdu.to_vec());
        self.ask(LONGEST_CALL, |reply| Order::Transmit(apdu, reply))
    }

    fn end_with_reset(&mut self) -> Result<(), TransportError> {
        self.ask(LONGEST_CALL, Order::End)
    }
}

impl Drop for PcscCard<'_> {
    fn drop(&mut self) {
        // Whether the card could be let go is of no use to anybody.
        let _ = self.ask(LONGEST_CALL, Order::Close);
    }
}
