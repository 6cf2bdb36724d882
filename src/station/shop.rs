//! What every act may look at and none may change.

use super::discipline::Discipline;
use super::shipping::Board;
use super::trust::Trust;
use crate::clock::{Clock, Now};
use crate::config::Config;
use crate::domain::SafeText;
use crate::exchange::{Dialect, StationTag};
use crate::identity::{self, BootId, BootMillis, Passwords, SessionLimits, UnixSeconds};
use crate::log::{ClockNote, LogKey, Stamp};
use std::sync::{Arc, Mutex, PoisonError};

/// The fixed surroundings of a station.
pub(crate) struct Shop {
    pub(crate) config: Config,
    pub(crate) dialect: Arc<Dialect>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) trust: Trust,
    pub(crate) training: bool,
    pub(crate) host: SafeText,
    pub(crate) station_tag: StationTag,
    pub(crate) passwords: Passwords,
    pub(crate) boot_id: BootId,
    /// Signs the log's checkpoints.
    pub(crate) log_key: LogKey,
    /// What the login screen prints, in training only.
    pub(crate) training_hints: Vec<SafeText>,
    /// How the log comes to other machines.
    pub(crate) shipping: Board,
    /// Whether somebody keeps the wall clock right.
    pub(crate) discipline: Arc<Discipline>,
    offset: Offset,
}

/// A wall clock that moves more than this against the boot-time clock was stepped.
const STEP_MS: i64 = 1_000;

impl Shop {
    pub(crate) fn new(parts: Parts) -> Self {
        let boot_id = BootId(parts.clock.now().boot_id.as_str().to_owned());
        Self {
            config: parts.config,
            dialect: parts.dialect,
            clock: parts.clock,
            trust: parts.trust,
            training: parts.training,
            host: host(),
            station_tag: parts.station_tag,
            passwords: parts.passwords,
            boot_id,
            log_key: parts.log_key,
            training_hints: parts.training_hints,
            shipping: Board::default(),
            discipline: Arc::default(),
            offset: Offset::default(),
        }
    }

    /// How long sessions last here.
    pub(crate) fn session_limits(&self) -> SessionLimits {
        SessionLimits {
            idle_ms: self.config.idle_lock_min * 60_000,
            longest_ms: self.config.session_hours * 3_600_000,
        }
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    /// A moment in the words of `identity`.
    pub(crate) fn when(&self, now: &Now) -> identity::session::Now<'_> {
        identity::session::Now {
            wall: UnixSeconds(u64::try_from(now.utc_ms / 1000).unwrap_or_default()),
            boot: BootMillis(now.boot_ms),
            boot_id: &self.boot_id,
        }
    }

    /// The moment for a log entry, with what is known of the wall clock.
    pub(crate) fn stamp(&self, now: &Now) -> Stamp {
        let clock = match self.offset.note(now.utc_ms, now.boot_ms) {
            ClockNote::Steady if self.discipline.is_missing() => ClockNote::Unsynchronised,
            note => note,
        };
        Stamp { utc_ms: now.utc_ms, boot_ms: now.boot_ms, boot_id: now.boot_id.clone(), clock }
    }
}

/// Wall clock minus boot-time clock at the last stamp, in milliseconds.
#[derive(Debug, Default)]
struct Offset(Mutex<Option<i64>>);

impl Offset {
    /// What became of the wall clock since the last stamp. Moments may be handed in slightly out of order.
    fn note(&self, utc_ms: i64, boot_ms: u64) -> ClockNote {
        let offset = utc_ms.saturating_sub(i64::try_from(boot_ms).unwrap_or(i64::MAX));
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(offset);
        let moved = before.map_or(0, |before| offset.saturating_sub(before));
        if moved.abs() > STEP_MS { ClockNote::Stepped(moved) } else { ClockNote::Steady }
    }
}

/// What a shop is made of.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) dialect: Arc<Dialect>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) trust: Trust,
    pub(crate) training: bool,
    pub(crate) station_tag: StationTag,
    pub(crate) passwords: Passwords,
    pub(crate) log_key: LogKey,
    pub(crate) training_hints: Vec<SafeText>,
}

/// This host's name, as logged.
pub(crate) fn host() -> SafeText {
    SafeText::new(&rustix::system::uname().nodename().to_string_lossy())
}

/// Random bytes from the kernel; without them nothing secret or unique can be made.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// The kernel gave no randomness.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("OSの乱数が得られないため処理できません。システム管理者に連絡してください")]
pub struct NoRandomness;

/// Twelve of `0-9a-z`: 60 random bits, enough that two stations never meet in a folder.
pub(crate) fn random_id() -> Result<String, NoRandomness> {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bytes: [u8; 12] = random()?;
    Ok(bytes.iter().filter_map(|b| DIGITS.get(usize::from(b & 31))).map(|b| char::from(*b)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_the_wall_clock_is_noted_once() {
        let offset = Offset::default();
        let years = 10 * 365 * 86_400_000;
        // Wall clock, boot-time clock, and what is said of the step between this stamp and the one before.
        let table = [
            (1_000_000, 5_000, ClockNote::Steady),
            (1_060_000, 65_000, ClockNote::Steady),
            (1_060_900, 65_000, ClockNote::Steady),
            (1_060_900 - 3_600_000, 65_000, ClockNote::Stepped(-3_600_000)),
            (1_061_900 - 3_600_000, 66_000, ClockNote::Steady),
            (1_061_900 - 3_600_000 + years, 66_000, ClockNote::Stepped(years)),
        ];
        for (utc_ms, boot_ms, expected) in table {
            assert_eq!(offset.note(utc_ms, boot_ms), expected, "{utc_ms} {boot_ms}");
        }
    }

    #[test]
    fn ids_are_of_their_alphabet_and_never_the_same() {
        let ids: std::collections::HashSet<String> = (0..1_000).map(|_| random_id().unwrap()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| crate::domain::enquiry::EnquiryId::parse(id).is_ok()));
    }
}
