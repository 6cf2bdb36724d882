//! Back-off and temporary lock after wrong passwords (A5), per account and per source.
//!
//! The guideline gives no numbers; these are stated defaults of settings. Whoever knows a user id can lock it for a
//! while, so the lock is short, ends by itself, and an administrator can clear it.

use super::BootMillis;
use serde::{Deserialize, Serialize};

/// Failures of one account, or from one source (a registered terminal).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Failures in a row.
    pub failures: u32,
    /// When the last one was.
    pub last_failure: BootMillis,
}

/// When to make somebody wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Failures before any delay.
    pub free: u32,
    /// Longest delay in milliseconds; delays double from one second.
    pub longest_delay_ms: u64,
    /// Failures after which it is locked.
    pub lock_after: u32,
    /// Length of the lock in milliseconds, from the last failure.
    pub lock_ms: u64,
    /// After that many milliseconds without a failure, all are forgotten.
    pub forget_ms: u64,
}

impl Limits {
    /// For an account: 1, 2, 4 … 30 s, locked for 15 min after 10 failures.
    pub fn account() -> Self {
        Self {
            free: 0,
            longest_delay_ms: 30_000,
            lock_after: 10,
            lock_ms: 15 * 60_000,
            forget_ms: 24 * 3_600_000,
        }
    }

    /// For a source, which several people share: five failures are free, the lock comes after 30.
    pub fn source() -> Self {
        Self { free: 5, lock_after: 30, ..Self::account() }
    }

    /// Milliseconds to wait after that many failures in a row, not counting the lock.
    pub fn delay_ms(&self, failures: u32) -> u64 {
        match failures.saturating_sub(self.free) {
            0 => 0,
            n => 2_u64.saturating_pow(n - 1).saturating_mul(1000).min(self.longest_delay_ms),
        }
    }
}

/// Whether a password may be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Decision {
    /// It may.
    #[error("入力できます")]
    Go,
    /// Not yet; nothing is compared or counted until then.
    #[error("認証に失敗した直後のため、あと{}秒待ってからやり直してください", .wait_ms.div_ceil(1000))]
    Wait {
        /// Milliseconds to wait.
        wait_ms: u64,
    },
    /// Locked for a while.
    #[error(
        "認証の失敗が{failures}回続いたため、一時的にロックしています。あと{}分待つか、施設管理者に解除を依頼してください",
        .wait_ms.div_ceil(60_000)
    )]
    Locked {
        /// Failures in a row.
        failures: u32,
        /// Milliseconds to wait.
        wait_ms: u64,
    },
}

impl Default for Tally {
    fn default() -> Self {
        Self { failures: 0, last_failure: BootMillis(0) }
    }
}

impl Tally {
    /// Whether a try is allowed at `now`.
    pub fn decide(&self, now: BootMillis, limits: &Limits) -> Decision {
        if self.failures == 0 {
            return Decision::Go;
        }
        let passed = now.since(self.last_failure);
        let locked = self.failures >= limits.lock_after;
        let wait = if locked { limits.lock_ms } else { limits.delay_ms(self.failures) };
        match wait.saturating_sub(passed) {
            0 => Decision::Go,
            wait_ms if locked => Decision::Locked { failures: self.failures, wait_ms },
            wait_ms => Decision::Wait { wait_ms },
        }
    }

    /// After a failure at `now`.
    #[must_use]
    pub fn failed(self, now: BootMillis, limits: &Limits) -> Self {
        let forgotten = now.since(self.last_failure) >= limits.forget_ms;
        let before = if forgotten { 0 } else { self.failures };
        Self { failures: before.saturating_add(1), last_failure: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn delays_of_an_account() {
        let limits = Limits::account();
        let seconds: Vec<u64> = (0..=9).map(|n| limits.delay_ms(n) / 1000).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8, 16, 30, 30, 30, 30]);
        assert_eq!((0..8).map(|n| Limits::source().delay_ms(n) / 1000).sum::<u64>(), 3);
    }

    #[test]
    fn decisions() {
        let limits = Limits::account();
        let at = |failures, last| Tally { failures, last_failure: BootMillis(last) };
        let locked = |wait_ms| Decision::Locked { failures: 10, wait_ms };
        let table = [
            (Tally::default(), 0, Decision::Go),
            (at(1, 5000), 5000, Decision::Wait { wait_ms: 1000 }),
            (at(1, 5000), 5999, Decision::Wait { wait_ms: 1 }),
            (at(1, 5000), 6000, Decision::Go),
            (at(9, 5000), 34_999, Decision::Wait { wait_ms: 1 }),
            (at(10, 5000), 5000, locked(900_000)),
            (at(10, 5000), 904_999, locked(1)),
            (at(10, 5000), 905_000, Decision::Go),
            // The host restarted: what the lock lacks is served from the restart on.
            (at(10, 9_000_000), 100_000, locked(800_000)),
            (at(10, 9_000_000), 900_000, Decision::Go),
        ];
        for (tally, now, expected) in table {
            assert_eq!(tally.decide(BootMillis(now), &limits), expected, "{tally:?} at {now}");
        }
        assert_eq!(
            locked(840_001).to_string(),
            "認証の失敗が10回続いたため、一時的にロックしています。あと15分待つか、施設管理者に解除を依頼してください"
        );
    }

    #[test]
    fn failures_add_up_and_are_forgotten_after_a_day() {
        let limits = Limits::account();
        let one = Tally::default().failed(BootMillis(1000), &limits);
        let two = one.failed(BootMillis(3000), &limits);
        assert_eq!((two.failures, two.last_failure), (2, BootMillis(3000)));
        assert_eq!(two.failed(BootMillis(3000 + limits.forget_ms), &limits).failures, 1);
    }

    proptest! {
        #[test]
        fn more_failures_never_wait_less(n in 0u32..200, last in 0u64..1 << 40, passed in 0u64..1 << 24) {
            for limits in [Limits::account(), Limits::source()] {
                let wait = |failures| match (Tally { failures, last_failure: BootMillis(last) })
                    .decide(BootMillis(last + passed), &limits) {
                    Decision::Go => 0,
                    Decision::Wait { wait_ms } | Decision::Locked { wait_ms, .. } => wait_ms,
                };
                prop_assert!(wait(n) <= wait(n + 1));
                prop_assert!(limits.delay_ms(n) <= limits.delay_ms(n + 1));
            }
        }

        #[test]
        fn nobody_is_locked_for_ever(failures in 0u32..200, last: u64, now in 0u64..1 << 40) {
            let limits = Limits::account();
            let tally = Tally { failures, last_failure: BootMillis(last.min(1 << 40)) };
            prop_assert_eq!(tally.decide(BootMillis((1 << 41) + now), &limits), Decision::Go);
        }
    }
}
