//! What a station pushes.

use super::view::{Link, SessionView};
use crate::domain::SafeText;
use crate::domain::enquiry::EnquiryId;
use serde::{Deserialize, Serialize};

/// Something happened that a screen may want to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An enquiry of this session's person moved; ask for it anew.
    EnquiryChanged {
        /// Which.
        enquiry: EnquiryId,
    },
    /// The home screen's content changed.
    HomeChanged,
    /// The session was locked.
    Locked(SessionView),
    /// The session ended.
    Ended {
        /// Why, in words.
        words: SafeText,
    },
    /// The session ends soon for want of keys.
    IdleSoon {
        /// Minutes left, 2 or 1.
        minutes: u8,
    },
    /// The link software's state changed.
    Link(Link),
    /// Damage of the store was found, or acknowledged.
    Damage(bool),
    /// A message for the banner.
    Banner {
        /// In words.
        words: SafeText,
    },
}
