//! Times that are passed in, so that a wall clock and a boot clock cannot be mixed up.

use serde::{Deserialize, Serialize};

/// Wall-clock time: seconds since 1970-01-01T00:00:00Z. For validity of certificates and for records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixSeconds(pub u64);

/// Boot-time clock (CLOCK_BOOTTIME) in milliseconds. For deadlines: nobody can set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BootMillis(pub u64);

impl BootMillis {
    /// That many milliseconds later.
    #[must_use]
    pub fn plus(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to here. After a restart of the host the clock begins anew; then the time since
    /// that restart is what surely has passed.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.checked_sub(earlier.0).unwrap_or(self.0)
    }
}

/// Which boot of the host a [`BootMillis`] belongs to (`/proc/sys/kernel/random/boot_id`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BootId(pub String);
