//! Signals, on a thread of their own, and the watchdog that makes sure that an end is an end.
//!
//! A dropped line must not leave a process behind that burns a processor or holds a session, even if the main loop
//! is stuck in a write to a line that nobody reads.

use super::event_loop::{Incoming, Post, Stop};
use super::tty::{self, THREAD_PREFIX};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use std::io;
use std::process;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long the main loop has to say goodbye.
const GRACE: Duration = Duration::from_millis(500);
/// How long giving the terminal back may take after that.
const LAST_WRITE: Duration = Duration::from_millis(200);

/// Reports signals into the one channel. SIGTSTP is caught and ignored: a suspended session is an unattended one.
pub fn watch<T: Send + 'static>(post: Post<T>) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT])?;
    thread::Builder::new().name(format!("{THREAD_PREFIX}-signals")).spawn(move || {
        for signal in &mut signals {
            match signal {
                SIGTSTP => {}
                SIGWINCH | SIGCONT => {
                    let _ = post.send(Incoming::Resize);
                }
                _ => {
                    arm_watchdog(128 + signal);
                    let _ = post.send(Incoming::Stop(Stop::Signal(signal)));
                }
            }
        }
    })?;
    Ok(())
}

/// Ends the process with `code` if it has not ended by itself within half a second.
pub fn arm_watchdog(code: i32) {
    let watchdog = move || {
        thread::sleep(GRACE);
        let (done, restored) = mpsc::channel();
        let restoring = move || {
            tty::restore();
            let _ = done.send(());
        };
        if thread::Builder::new().name(format!("{THREAD_PREFIX}-restore")).spawn(restoring).is_ok() {
            let _ = restored.recv_timeout(LAST_WRITE);
        }
        process::exit(code);
    };
    if thread::Builder::new().name(format!("{THREAD_PREFIX}-watchdog")).spawn(watchdog).is_err() {
        process::exit(code);
    }
}
