//! Keys and pastes, read from the terminal on a thread of their own.
//!
//! crossterm's reader is not used: it spins for ever when the line drops (crossterm-rs/crossterm#793), and it takes
//! the first byte of an arrow key for Esc when the rest comes in the next packet, which on a serial line is the
//! rule, and here would mean "back".

mod decode;
#[cfg(test)]
mod tests;

use super::event_loop::{Incoming, Post, Stop};
use super::probe;
use super::signals::arm_watchdog;
use super::tty::THREAD_PREFIX;
pub use decode::{Decoded, Decoder};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io;
use std::thread;
use std::time::Instant;
use zeroize::Zeroize as _;

/// How long the rest of a sequence may take before a lone Esc byte is the Esc key, in nanoseconds.
const ESC_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// The same while the terminal's answer to the probe may be what has begun.
const PROBE_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };

/// Starts the thread that sends keys and pastes into the one channel, and the end of the line when it comes.
/// With `probing`, the answer to `terminal::probe` may still come.
pub fn start<T: Send + 'static>(post: Post<T>, probing: bool) -> io::Result<()> {
    thread::Builder::new().name(format!("{THREAD_PREFIX}-input")).spawn(move || {
        // On whatever way this thread ends, nobody could end the program by a key any more.
        let _line = Line(post.clone());
        read(probing, |decoded| {
            let incoming = decoded.into_iter().map(|one| match one {
                Decoded::Key(key) => Incoming::Key(key),
                Decoded::Paste(pasted) => Incoming::Paste(pasted),
                Decoded::Column(column) => Incoming::Column(column),
            });
            post.send_all(incoming.collect()).is_ok()
        });
    })?;
    Ok(())
}

/// Reports the lost line when dropped.
struct Line<T>(Post<T>);

impl<T> Drop for Line<T> {
    fn drop(&mut self) {
        if self.0.send(Incoming::Stop(Stop::LineLost)).is_ok() {
            arm_watchdog(129);
        }
    }
}

/// Reads until the line is gone or nobody listens.
fn read(probing: bool, mut send: impl FnMut(Vec<Decoded>) -> bool) {
    let mut probing = probing.then(Instant::now);
    let mut decoder = Decoder::default();
    let mut bytes = [0u8; 4096];
    loop {
        let stdin = io::stdin();
        probing = probing.filter(|since| since.elapsed() < probe::PATIENCE);
        let esc = if probing.is_some() { &PROBE_WAIT } else { &ESC_WAIT };
        let wait = decoder.is_waiting().then_some(esc);
        let events = match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], wait) {
            Ok(0) => decoder.flush(),
            Ok(_) => match rustix::io::read(&stdin, &mut bytes) {
                Ok(0) => return,
                Ok(count) => {
                    let keys = decoder.feed(bytes.get(..count).unwrap_or(&[]));
                    bytes.zeroize();
                    keys
                }
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(_) => return,
            },
            Err(Errno::INTR) => continue,
            Err(_) => return,
        };
        if events.iter().any(|one| matches!(one, Decoded::Column(_))) {
            probing = None;
        }
        if !events.is_empty() && !send(events) {
            return;
        }
    }
}
