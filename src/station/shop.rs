//! What every act may look at and none may change.

use crate::clock::{Clock, Now};
use crate::config::Config;
use crate::domain::SafeText;
use crate::exchange::{Dialect, StationTag};
use crate::identity::{BootId, Passwords, SessionLimits, TrustStore};
use crate::log::{ClockNote, Stamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The fixed surroundings of a station.
pub(crate) struct Shop {
    pub(crate) config: Config,
    pub(crate) dialect: Arc<Dialect>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) trust: TrustStore,
    pub(crate) training: bool,
    pub(crate) host: SafeText,
    pub(crate) station_tag: StationTag,
    pub(crate) passwords: Passwords,
    pub(crate) boot_id: BootId,
    /// What the login screen prints, in training only.
    pub(crate) training_hints: Vec<SafeText>,
    /// Wall clock minus boot-time clock at the last stamp, in milliseconds; 0 before the first.
    last_offset_ms: AtomicI64,
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
            training_hints: parts.training_hints,
            last_offset_ms: AtomicI64::new(0),
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

    /// The moment for a log entry, with what is known of the wall clock.
    pub(crate) fn stamp(&self, now: &Now) -> Stamp {
        let offset = now.utc_ms.saturating_sub(i64::try_from(now.boot_ms).unwrap_or(i64::MAX));
        let before = self.last_offset_ms.swap(offset, Ordering::SeqCst);
        let moved = offset.saturating_sub(before);
        let clock =
            if before != 0 && moved.abs() > STEP_MS { ClockNote::Stepped(moved) } else { ClockNote::Steady };
        Stamp { utc_ms: now.utc_ms, boot_ms: now.boot_ms, boot_id: now.boot_id.clone(), clock }
    }
}

/// What a shop is made of.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) dialect: Arc<Dialect>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) trust: TrustStore,
    pub(crate) training: bool,
    pub(crate) station_tag: StationTag,
    pub(crate) passwords: Passwords,
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
