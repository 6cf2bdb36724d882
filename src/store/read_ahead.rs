//! Reading what bodies say on a second thread, while this one hashes.
//!
//! Hashes make a chain, so they cannot be shared out; what a body says stands alone. Rows are copied into batches; the
//! other thread takes a batch when it has none, and the batches that it does not get to are read here: so both have
//! work to the end, whatever either costs. What comes out is in the order of the rows, and is the same with one thread.
//! It is here and not in [`crate::log`], which is pure: whoever checks an export there reads each body in its turn.

use crate::log::canonical::MAX_BODY;
use crate::log::{ChainHash, Reader, Said};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};

/// Bytes of bodies in one batch: so few that they are still in the processor's cache when they are hashed.
const BATCH: usize = 64 << 10;
/// Batches that wait for the other thread, beside the one at which it is.
const WAITING: usize = 2;
/// Batches whose turn has not come, at most. Then this thread waits for the other one.
const PENDING: usize = 8;

/// Rows, copied from where they are kept.
struct Batch {
    rows: Vec<Row>,
    bytes: Vec<u8>,
}

struct Row {
    seq: u64,
    hash: ChainHash,
    body: Range<usize>,
    said: Option<Said>,
}

impl Batch {
    fn new() -> Self {
        Self { rows: Vec::new(), bytes: Vec::with_capacity(BATCH.saturating_add(MAX_BODY)) }
    }

    fn add(&mut self, seq: u64, hash: ChainHash, body: &[u8]) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(body);
        self.rows.push(Row { seq, hash, body: begin..self.bytes.len(), said: None });
    }

    fn read(mut self, reader: &mut Reader) -> Self {
        for row in &mut self.rows {
            row.said = self.bytes.get(row.body.clone()).and_then(|body| reader.read(body));
        }
        self
    }
}

/// Whose turn it is, in order.
enum Turn {
    Read(Batch),
    /// Comes back from the other thread.
    Away,
}

/// The other thread, as this one sees it.
struct Helper {
    work: SyncSender<Batch>,
    back: Receiver<Batch>,
}

/// Where rows are put. They come out at `each` with what they say, in order, some time later.
pub(super) struct Ahead<F> {
    helper: Option<Helper>,
    reader: Reader,
    filling: Batch,
    turns: VecDeque<Turn>,
    each: F,
}

/// Gives `rows` somewhere to put rows, and has read and handed on all of them before it returns.
///
/// # Errors
/// Those of `rows` and of `each`, which end it.
pub(super) fn read_ahead<E, F>(each: F, rows: impl FnOnce(&mut Ahead<F>) -> Result<(), E>) -> Result<(), E>
where
    F: FnMut(u64, ChainHash, &[u8], Option<Said>) -> Result<(), E>,
{
    std::thread::scope(|scope| {
        let (work, works) = sync_channel::<Batch>(WAITING);
        let (done, back) = channel();
        let read = move || {
            let mut reader = Reader::new();
            works.into_iter().try_for_each(|batch| done.send(batch.read(&mut reader)))
        };
        // Without a second thread it takes longer, and is no less right.
        let helper = std::thread::Builder::new().name("log-check".to_owned()).spawn_scoped(scope, read);
        let helper = helper.is_ok().then_some(Helper { work, back });
        let mut ahead =
            Ahead { helper, reader: Reader::new(), filling: Batch::new(), turns: VecDeque::new(), each };
        rows(&mut ahead)?;
        ahead.end()
    })
}

impl<E, F> Ahead<F>
where
    F: FnMut(u64, ChainHash, &[u8], Option<Said>) -> Result<(), E>,
{
    /// Takes the next row.
    pub(super) fn row(&mut self, seq: u64, hash: ChainHash, body: &[u8]) -> Result<(), E> {
        self.filling.add(seq, hash, body);
        if self.filling.bytes.len() < BATCH {
            return Ok(());
        }
        let batch = std::mem::replace(&mut self.filling, Batch::new());
        self.dispatch(batch);
        self.hand_on(PENDING)
    }

    fn end(mut self) -> Result<(), E> {
        let last = std::mem::replace(&mut self.filling, Batch::new());
        self.dispatch(last);
        self.hand_on(0)
    }

    fn dispatch(&mut self, batch: Batch) {
        let turn = match &self.helper {
            None => Turn::Read(batch.read(&mut self.reader)),
            Some(helper) => match helper.work.try_send(batch) {
                Ok(()) => Turn::Away,
                Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) => {
                    Turn::Read(batch.read(&mut self.reader))
                }
            },
        };
        self.turns.push_back(turn);
    }

    /// Hands on what is read, in order, and waits for the other thread while more than `most` batches are left.
    fn hand_on(&mut self, most: usize) -> Result<(), E> {
        while let Some(turn) = self.turns.pop_front() {
            let away = match turn {
                Turn::Read(batch) => Ok(batch),
                Turn::Away => self.came_back(self.turns.len() >= most).ok_or(Turn::Away),
            };
            match away {
                Ok(batch) => {
                    for Row { seq, hash, body, said } in batch.rows {
                        (self.each)(seq, hash, batch.bytes.get(body).unwrap_or_default(), said)?;
                    }
                }
                Err(turn) => {
                    self.turns.push_front(turn);
                    break;
                }
            }
        }
        Ok(())
    }

    fn came_back(&self, wait: bool) -> Option<Batch> {
        let back = &self.helper.as_ref()?.back;
        // Nothing comes back of a thread that panicked, and its scope passes that on.
        if wait { back.recv().ok() } else { back.try_recv().ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Act, ClockNote, NewEntry, Stamp, canonical};

    /// Many batches; every seventh body is not as it would be written, and some say another number.
    fn bodies() -> Vec<Vec<u8>> {
        let body = |seq: u64| {
            let at = Stamp { utc_ms: 1, boot_ms: seq, boot_id: "boot".into(), clock: ClockNote::Steady };
            let filter = "患者".repeat(usize::try_from(seq % 90).unwrap()).into();
            let new = NewEntry::of_station(at, "er".into(), Act::LogSearched { filter });
            let mut body =
                canonical::encode_bounded(&new, if seq.is_multiple_of(11) { 1 } else { seq }, false).unwrap();
            if seq.is_multiple_of(7) {
                body.insert(1, b' ');
            }
            body
        };
        (1..=3_000).map(body).collect()
    }

    fn hash(seq: u64) -> ChainHash {
        let mut hash = ChainHash::default();
        hash.0[..8].copy_from_slice(&seq.to_be_bytes());
        hash
    }

    /// What comes out, and how it ended, where the rows end with an error after so many, or what they are given to does.
    fn through(
        bodies: &[Vec<u8>],
        rows_fail: usize,
        each_fails: usize,
    ) -> (Vec<Row>, Result<(), &'static str>) {
        let mut came = Vec::new();
        let each = |seq, hash, body: &[u8], said: Option<Said>| {
            if came.len() == each_fails {
                return Err("each");
            }
            assert_eq!(body, bodies[usize::try_from(seq).unwrap() - 1]);
            came.push(Row { seq, hash, body: 0..body.len(), said });
            Ok(())
        };
        let ended = read_ahead(each, |ahead| {
            for (seq, body) in (1..).zip(bodies.iter().take(rows_fail)) {
                ahead.row(seq, hash(seq), body)?;
            }
            if rows_fail < bodies.len() { Err("rows") } else { Ok(()) }
        });
        (came, ended)
    }

    #[test]
    fn rows_come_out_in_order_with_what_they_say() {
        let bodies = bodies();
        assert!(bodies.iter().map(Vec::len).sum::<usize>() > 3 * PENDING * BATCH, "too few batches");
        let (came, ended) = through(&bodies, usize::MAX, usize::MAX);
        assert_eq!((came.len(), ended), (bodies.len(), Ok(())));
        for (row, seq) in came.iter().zip(1..) {
            let body = &bodies[usize::try_from(seq).unwrap() - 1];
            assert_eq!((row.seq, row.hash), (seq, hash(seq)));
            assert_eq!(row.said, Said::read(body), "{seq}");
            assert_eq!(row.said.is_none(), seq.is_multiple_of(7), "{seq}");
        }
        assert!(through(&[], usize::MAX, usize::MAX).0.is_empty());
    }

    #[test]
    fn it_ends_where_either_side_fails() {
        let bodies = bodies();
        let (came, ended) = through(&bodies, usize::MAX, 1_234);
        assert_eq!((came.len(), ended), (1_234, Err("each")));
        let (came, ended) = through(&bodies, 2_345, usize::MAX);
        assert_eq!(ended, Err("rows"));
        assert!(came.len() <= 2_345);
    }
}
