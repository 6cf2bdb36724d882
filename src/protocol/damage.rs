//! Damage of the store that was found, and what was done about it.

use crate::domain::{SafeText, UserId};
use serde::{Deserialize, Serialize};

/// About damage of the store. Administrators only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DamageRequest {
    /// What was found.
    Status,
    /// All of it was seen, and is in hand: the mark goes from the screens.
    Acknowledge {
        /// What was found out and done, in words.
        words: String,
    },
}

impl DamageRequest {
    /// The act's name in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status => "damage_status",
            Self::Acknowledge { .. } => "acknowledge_damage",
        }
    }
}

/// Damage that was found, what was acknowledged first, each oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamageView {
    /// Each time that a new store was made.
    pub found: Vec<DamageRow>,
}

/// A new store in the place of one that could not be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamageRow {
    /// `yyyy-MM-dd HH:mm` JST.
    pub at: SafeText,
    /// What was found.
    pub what: SafeText,
    /// Where the old file lies; absent where there was none.
    pub aside: Option<SafeText>,
    /// The old store's id.
    pub store_id: SafeText,
    /// The last number that its log itself can still tell; absent where it can tell none.
    pub readable: Option<u64>,
    /// The last number known of its log, by whoever knows most. Where it cannot tell its end there may have been more.
    pub last_known: u64,
    /// Records that were carried over.
    pub carried: u64,
    /// Records that were there and could not be proved.
    pub lost: u64,
    /// Kinds of records that could not be read to their end.
    pub torn: Vec<SafeText>,
    /// The accounts are as they were at this number of the log: from the copy beside the store.
    pub accounts_of: Option<u64>,
    /// Who acknowledged it; absent where nobody has.
    pub acknowledged: Option<Acknowledged>,
}

/// That an administrator has seen damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// `yyyy-MM-dd HH:mm` JST.
    pub at: SafeText,
    /// By whom.
    pub by: UserId,
    /// What came out, in words.
    pub words: SafeText,
}
