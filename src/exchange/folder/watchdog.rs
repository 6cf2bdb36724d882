//! Notices that a call to the file system does not return. A thread cannot be killed, but it can be reported.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Busy(Instant),
    Hanging,
    Ended,
}

/// Shared by the thread that works and the one that watches it.
#[derive(Clone)]
pub(super) struct Watchdog(Arc<(Mutex<State>, Condvar)>);

impl Watchdog {
    pub(super) fn new() -> Self {
        Self(Arc::new((Mutex::new(State::Idle), Condvar::new())))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) -> State {
        let before = std::mem::replace(&mut *self.state(), state);
        self.0.1.notify_all();
        before
    }

    /// Does file work under watch. The second value says that it was reported as hanging.
    pub(super) fn during<T>(&self, work: impl FnOnce() -> T) -> (T, bool) {
        self.set(State::Busy(Instant::now()));
        let done = work();
        (done, self.set(State::Idle) == State::Hanging)
    }

    /// Ends the watching thread.
    pub(super) fn end(&self) {
        self.set(State::Ended);
    }

    /// Watches until [`Watchdog::end`], and calls back once for each piece of work that takes longer than `limit`,
    /// with how long it had taken.
    pub(super) fn watch(&self, limit: Duration, mut report: impl FnMut(Duration)) {
        let mut state = self.state();
        loop {
            let condvar = &self.0.1;
            state = match *state {
                State::Ended => return,
                State::Idle | State::Hanging => condvar.wait(state).unwrap_or_else(PoisonError::into_inner),
                State::Busy(since) => {
                    let taken = since.elapsed();
                    if taken >= limit {
                        *state = State::Hanging;
                        drop(state);
                        report(taken);
                        self.state()
                    } else {
                        let left = limit.saturating_sub(taken);
                        condvar.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                    }
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn only_work_that_does_not_return_is_reported_and_once() {
        let dog = Watchdog::new();
        let (sender, reports) = mpsc::channel();
        let watching = dog.clone();
        let thread = std::thread::spawn(move || {
            watching.watch(Duration::from_millis(50), |d| sender.send(d).unwrap());
        });
        assert_eq!(dog.during(|| 1), (1, false));
        let (taken, hung) = dog.during(|| {
            let taken = reports.recv_timeout(Duration::from_secs(5)).unwrap();
            assert!(reports.recv_timeout(Duration::from_millis(150)).is_err(), "said once");
            taken
        });
        assert!(hung && taken >= Duration::from_millis(50));
        assert_eq!(dog.during(|| 2), (2, false));
        dog.end();
        thread.join().unwrap();
        assert!(reports.recv().is_err());
    }
}
