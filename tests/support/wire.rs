//! A recording between two ends of a Unix socket: what a wiretapper on a forwarded line would see. It can also be as
//! slow as a long line.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Everything that went over the line, in each direction.
#[derive(Clone, Default)]
pub struct Wire {
    there: Arc<Mutex<Vec<u8>>>,
    back: Arc<Mutex<Vec<u8>>>,
    /// For each connection, how often the far end spoke after the near end had: each time somebody waited for it.
    trips: Arc<Mutex<Vec<usize>>>,
    /// How long everything takes in one direction.
    way: Duration,
}

/// One direction of one connection.
struct Direction {
    record: Arc<Mutex<Vec<u8>>>,
    trips: Arc<Mutex<Vec<usize>>>,
    connection: usize,
    /// Whether the near end spoke last.
    asked: Arc<Mutex<bool>>,
    back: bool,
}

impl Wire {
    /// Listens at `here` and passes on to `far`, as `ssh -R` does; connections to a far end that is gone are closed.
    pub fn tap(here: &Path, far: PathBuf) -> Self {
        Self::slow(here, far, Duration::ZERO)
    }

    /// The same over a line on which a question and its answer take so long.
    pub fn slow(here: &Path, far: PathBuf, round_trip: Duration) -> Self {
        let wire = Self { way: round_trip / 2, ..Self::default() };
        let (own, listener) = (wire.clone(), UnixListener::bind(here).unwrap());
        thread::spawn(move || {
            for near in listener.incoming() {
                let near = near.unwrap();
                let Ok(far) = UnixStream::connect(&far) else { continue };
                own.join(near, far);
            }
        });
        wire
    }

    fn join(&self, near: UnixStream, far: UnixStream) {
        let connection = {
            let mut trips = self.trips.lock().unwrap();
            // Whoever connects waits for the first word of the other side: that counts as a question.
            trips.push(0);
            trips.len() - 1
        };
        let asked = Arc::new(Mutex::new(true));
        for (from, to, record, back) in [
            (near.try_clone().unwrap(), far.try_clone().unwrap(), &self.there, false),
            (far, near, &self.back, true),
        ] {
            let (record, trips) = (Arc::clone(record), Arc::clone(&self.trips));
            let direction = Direction { record, trips, connection, asked: Arc::clone(&asked), back };
            let way = self.way;
            thread::spawn(move || pass_on(from, to, way, direction));
        }
    }

    /// What went to the far end.
    pub fn there(&self) -> Vec<u8> {
        self.there.lock().unwrap().clone()
    }

    /// What came back.
    pub fn back(&self) -> Vec<u8> {
        self.back.lock().unwrap().clone()
    }

    /// How often somebody has waited for the far end, on each connection so far.
    pub fn round_trips(&self) -> Vec<usize> {
        self.trips.lock().unwrap().clone()
    }
}

impl Direction {
    fn note(&self, bytes: &[u8]) {
        self.record.lock().unwrap().extend_from_slice(bytes);
        let mut asked = self.asked.lock().unwrap();
        if self.back && *asked {
            self.trips.lock().unwrap()[self.connection] += 1;
        }
        *asked = !self.back;
    }
}

/// Reads and hands on; what is under way on a long line does not keep what follows from setting out.
fn pass_on(mut from: UnixStream, mut to: UnixStream, way: Duration, direction: Direction) {
    // The first word of the far end had to wait until the connection arrived there.
    let earliest = Instant::now() + if direction.back { way * 2 } else { way };
    let (out, under_way) = mpsc::channel::<(Instant, Vec<u8>)>();
    let near = from.try_clone().unwrap();
    // What the near end sees, when it sees it: its own words as it says them, the others' as they arrive.
    let direction = Arc::new(direction);
    let seen = Arc::clone(&direction);
    let arriving = thread::spawn(move || {
        while let Ok((due, bytes)) = under_way.recv() {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if seen.back {
                seen.note(&bytes);
            }
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = (near.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
    let mut bytes = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if !direction.back {
            direction.note(&bytes[..count]);
        }
        let due = (Instant::now() + way).max(earliest);
        if out.send((due, bytes[..count].to_vec())).is_err() {
            break;
        }
    }
    drop(out);
    let _ = arriving.join();
}
