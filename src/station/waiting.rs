//! Requests that were sent in this run or shortly before: when each is given up, and when its late answer is no
//! longer looked out for. Counted on the boot-time clock, which nobody can set.

use crate::domain::SafeText;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// For so long after a request a late answer is looked out for, in milliseconds: one day.
pub(super) const LOOK_OUT_MS: u64 = 24 * 3_600_000;

/// Within this the folder says what became of a request that is to be withdrawn, in milliseconds. After it the person
/// who waits is told that it does not answer, and may go on.
const WITHDRAWAL_MS: u64 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Deadlines {
    give_up: Option<u64>,
    forget: u64,
}

/// The deadlines, by the name of the request file; all moments are milliseconds of the boot-time clock.
#[derive(Debug)]
pub(super) struct Waiting {
    timeout_ms: u64,
    files: Mutex<HashMap<String, Deadlines>>,
    /// Until when the folder should have said what became of a withdrawal.
    withdrawals: Mutex<HashMap<String, u64>>,
}

impl Waiting {
    pub(super) fn new(timeout_ms: u64) -> Self {
        Self { timeout_ms, files: Mutex::default(), withdrawals: Mutex::default() }
    }

    fn files(&self) -> MutexGuard<'_, HashMap<String, Deadlines>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request goes out now.
    pub(super) fn begin(&self, file: String, now: u64) {
        self.go_on(file, now, 0, true);
    }

    /// A request of an earlier run, that many milliseconds old; a wall clock that was set may say anything.
    pub(super) fn go_on(&self, file: String, now: u64, age_ms: u64, awaited: bool) {
        let left = |of: u64| now.saturating_add(of.saturating_sub(age_ms));
        let give_up = awaited.then(|| left(self.timeout_ms));
        self.files().insert(file, Deadlines { give_up, forget: left(LOOK_OUT_MS) });
    }

    /// Takes out what is to be given up by now.
    pub(super) fn due(&self, now: u64) -> Vec<SafeText> {
        let mut files = self.files();
        let due = files.iter_mut().filter_map(|(file, deadlines)| {
            deadlines.give_up.take_if(|at| *at <= now).map(|_| SafeText::new(file))
        });
        due.collect()
    }

    /// It could not be put on record: once more at the next look.
    pub(super) fn again(&self, file: &SafeText, now: u64) {
        if let Some(deadlines) = self.files().get_mut(file.as_str()) {
            deadlines.give_up = Some(now);
        }
    }

    fn withdrawals(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.withdrawals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder is asked now to take a request back.
    pub(super) fn withdraw(&self, file: String, now: u64) {
        self.withdrawals().insert(file, now.saturating_add(WITHDRAWAL_MS));
    }

    /// It said what became of it.
    pub(super) fn withdrawn(&self, file: &str) {
        self.withdrawals().remove(file);
    }

    /// Takes out the withdrawals of which the folder should have spoken by now.
    pub(super) fn unanswered(&self, now: u64) -> Vec<SafeText> {
        self.withdrawals().extract_if(|_, by| *by <= now).map(|(file, _)| SafeText::new(&file)).collect()
    }

    /// Those not yet given up.
    pub(super) fn open(&self) -> Vec<SafeText> {
        let files = self.files();
        files.iter().filter(|(_, d)| d.give_up.is_some()).map(|(file, _)| SafeText::new(file)).collect()
    }

    /// Takes out what need no longer be looked out for.
    pub(super) fn old(&self, now: u64) -> Vec<String> {
        self.files().extract_if(|_, deadlines| deadlines.forget <= now).map(|(file, _)| file).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_given_up_once_and_forgotten_after_a_day() {
        let waiting = Waiting::new(90_000);
        waiting.begin("a".into(), 1_000);
        assert_eq!((waiting.due(90_999), waiting.open()), (vec![], vec!["a".into()]));
        assert_eq!(waiting.due(91_000), ["a".into()]);
        assert!(waiting.due(u64::MAX).is_empty() && waiting.open().is_empty());
        waiting.again(&"a".into(), 91_000);
        assert_eq!(waiting.due(91_000), ["a".into()]);
        assert!(waiting.old(999 + LOOK_OUT_MS).is_empty());
        assert_eq!(waiting.old(1_000 + LOOK_OUT_MS), ["a"]);
        assert!(waiting.old(u64::MAX).is_empty());
    }

    #[test]
    fn a_restart_takes_away_the_time_that_has_passed() {
        let waiting = Waiting::new(90_000);
        waiting.go_on("young".into(), 5_000, 30_000, true);
        waiting.go_on("old".into(), 5_000, 200_000, true);
        waiting.go_on("given up".into(), 5_000, 200_000, false);
        assert_eq!(waiting.due(5_000), ["old".into()]);
        assert_eq!(waiting.due(65_000), ["young".into()]);
        assert_eq!(waiting.old(5_000 + LOOK_OUT_MS - 200_000).len(), 2);
    }

    #[test]
    fn a_withdrawal_of_which_nobody_speaks_is_told_once_in_its_time() {
        let waiting = Waiting::new(90_000);
        for file in ["silent", "answered"] {
            waiting.withdraw(file.into(), 1_000);
        }
        waiting.withdrawn("answered");
        assert_eq!(waiting.unanswered(1_000 + WITHDRAWAL_MS - 1), []);
        assert_eq!(waiting.unanswered(1_000 + WITHDRAWAL_MS), ["silent".into()]);
        assert_eq!(waiting.unanswered(u64::MAX), []);
    }
}
