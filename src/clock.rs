//! The clocks, read in one place, so that tests can own them.
//!
//! Wall clocks jump: what must not be fooled (lock-out, idle, time-outs) runs on the boot-time clock.
//! Time of day is JST, fixed +09:00, whatever the host says.

mod timedate;

use crate::domain::{CalendarDate, Month, SafeText};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Both clocks at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// Wall clock, UTC milliseconds.
    pub utc_ms: i64,
    /// Boot-time clock (counts while suspended), milliseconds.
    pub boot_ms: u64,
    /// The kernel's id of this boot; boot-time clocks compare only where it is equal.
    pub boot_id: SafeText,
}

impl Now {
    /// Today in Japan.
    pub fn today(&self) -> CalendarDate {
        CalendarDate::from_civil(jst(self.utc_ms).date())
    }

    /// `HH:MM` in Japan.
    pub fn hour_minute(&self) -> SafeText {
        hour_minute(self.utc_ms)
    }
}

/// A wall-clock moment in Japan.
pub fn jst(utc_ms: i64) -> DateTime {
    let zone = TimeZone::fixed(Offset::constant(9));
    Timestamp::from_millisecond(utc_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone).datetime()
}

/// `HH:MM` in Japan.
pub fn hour_minute(utc_ms: i64) -> SafeText {
    SafeText::new(&jst(utc_ms).strftime("%H:%M").to_string())
}

/// `HH:MM:SS` in Japan.
pub fn time_of_day(utc_ms: i64) -> SafeText {
    SafeText::new(&jst(utc_ms).strftime("%H:%M:%S").to_string())
}

/// `yyyy-MM-dd HH:MM` in Japan.
pub fn minute(utc_ms: i64) -> SafeText {
    SafeText::new(&jst(utc_ms).strftime("%Y-%m-%d %H:%M").to_string())
}

/// `yyyy-MM-dd HH:MM:SS` in Japan.
pub fn second(utc_ms: i64) -> SafeText {
    SafeText::new(&jst(utc_ms).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// The first moment of a month in Japan, UTC milliseconds.
pub fn month_start(month: Month) -> i64 {
    let zone = TimeZone::fixed(Offset::constant(9));
    let first = month.first_day().civil().to_zoned(zone);
    first.map(|at| at.timestamp().as_millisecond()).unwrap_or_default()
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Both clocks.
    fn now(&self) -> Now;

    /// Whether somebody keeps the wall clock right; nothing where the host does not say. It may take long.
    fn synchronised(&self) -> Option<bool>;
}

/// The host's clocks.
#[derive(Debug)]
pub struct SystemClock {
    boot_id: SafeText,
}

impl SystemClock {
    /// Reads the boot id once.
    pub fn new() -> Self {
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self { boot_id: SafeText::new(boot_id.trim()) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let seconds = u64::try_from(boot.tv_sec).unwrap_or_default();
        let millis = u64::try_from(boot.tv_nsec / 1_000_000).unwrap_or_default();
        Now {
            utc_ms: Timestamp::now().as_millisecond(),
            boot_ms: seconds * 1000 + millis,
            boot_id: self.boot_id.clone(),
        }
    }

    fn synchronised(&self) -> Option<bool> {
        timedate::synchronised()
    }
}

/// A clock that tests move by hand, on top of the host's.
#[derive(Clone, Debug, Default)]
pub struct ShiftedClock {
    ahead_ms: Arc<AtomicU64>,
    stepped_ms: Arc<AtomicI64>,
    synchronised: Arc<Mutex<Option<bool>>>,
}

impl ShiftedClock {
    /// Moves both clocks forward.
    pub fn advance(&self, ms: u64) {
        self.ahead_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Moves the wall clock alone, as an administrator or a time server does.
    pub fn step(&self, ms: i64) {
        self.stepped_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// What the host says of whoever keeps it.
    pub fn synchronise(&self, answer: Option<bool>) {
        *self.synchronised.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Now {
        let ahead = self.ahead_ms.load(Ordering::SeqCst);
        let stepped = self.stepped_ms.load(Ordering::SeqCst);
        let now = SystemClock::new().now();
        let forward = stepped.saturating_add(i64::try_from(ahead).unwrap_or(i64::MAX));
        Now { utc_ms: now.utc_ms.saturating_add(forward), boot_ms: now.boot_ms.saturating_add(ahead), ..now }
    }

    fn synchronised(&self) -> Option<bool> {
        *self.synchronised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japan_is_nine_hours_ahead_whatever_the_host_says() {
        let table = [
            (0, "1970-01-01 09:00:00"),
            // A new day in Japan, and the last moment of the one before.
            (1_763_823_600_000, "2025-11-23 00:00:00"),
            (1_763_823_599_999, "2025-11-22 23:59:59"),
            (-1, "1970-01-01 08:59:59"),
        ];
        for (utc_ms, expected) in table {
            let now = Now { utc_ms, boot_ms: 0, boot_id: SafeText::default() };
            assert_eq!(second(utc_ms).as_str(), expected);
            assert_eq!(minute(utc_ms).as_str(), &expected[..16]);
            assert_eq!(time_of_day(utc_ms).as_str(), &expected[11..]);
            assert_eq!(now.hour_minute().as_str(), &expected[11..16]);
            assert_eq!(now.today().compact(), expected[..10].replace('-', ""));
        }
    }

    #[test]
    fn the_hosts_clocks_move_and_can_be_moved() {
        let clock = ShiftedClock::default();
        let before = clock.now();
        assert!(!before.boot_id.is_empty());
        clock.advance(3_600_000);
        let after = clock.now();
        assert!(after.boot_ms >= before.boot_ms + 3_600_000 && after.utc_ms >= before.utc_ms + 3_600_000);
        assert_eq!(after.boot_id, before.boot_id);
    }
}
