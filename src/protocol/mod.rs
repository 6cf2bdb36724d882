//! What a terminal and a station say to one another. Entered by `station` and `terminal` only.
//!
//! Length-delimited JSON over a Unix socket: four bytes, big endian, then that many bytes of JSON, at most
//! [`frame::MAX`]. The first frame of each side is a hello with [`VERSION`]. Requests carry a number of their
//! own and an idempotency key, so that a terminal that lost the line may ask again without doing twice.
//! Domain types appear here directly because they deserialize only through their own checks; what a person
//! typed appears as a draft, to be checked by the station again.

pub mod cards;
pub mod damage;
pub mod event;
pub mod export;
pub mod frame;
pub mod reply;
pub mod request;
pub mod reviews;
pub mod secret;
pub mod view;

pub use cards::{IssuedCard, SignedChallenge};
pub use damage::{DamageRequest, DamageRow, DamageView};
pub use event::Event;
pub use export::ViewFormat;
pub use reply::{Refusal, RefusalCode, Reply};
pub use request::{EndCause, Request};
pub use secret::Secret;

use crate::domain::SafeText;
use serde::{Deserialize, Serialize};

/// The protocol's version; both sides must say the same.
pub const VERSION: u32 = 2;

/// What a client sends.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientFrame {
    /// First, and only first.
    Hello(Hello),
    /// An act.
    Ask {
        /// Counts up; the answer carries it.
        number: u64,
        /// The same act asked twice has the same key.
        idempotency: IdempotencyKey,
        /// The act.
        request: Box<Request>,
    },
}

/// What a station sends.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StationFrame {
    /// First, and only first.
    Welcome(Box<Welcome>),
    /// The answer to an act.
    Answer {
        /// The act's number.
        number: u64,
        /// What came of it.
        outcome: Result<Box<Reply>, Refusal>,
    },
    /// Something happened.
    Event(Box<Event>),
}

/// 22 characters of base64url: 128 random bits made by the client.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// Not an idempotency key.
#[derive(Debug, thiserror::Error)]
#[error("要求の識別子が不正です")]
pub struct BadIdempotencyKey;

impl IdempotencyKey {
    /// From 128 random bits.
    pub fn from_bits(bits: [u8; 16]) -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(&bits))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = BadIdempotencyKey;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        match data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()) {
            Ok(bits) if bits.len() == 16 => Ok(Self(text)),
            _ => Err(BadIdempotencyKey),
        }
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

/// The client's first word.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`].
    pub version: u32,
    /// The token of a session to go on with, after a lost line or a restarted station.
    pub resume: Option<Secret>,
}

/// The station's first word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// [`VERSION`].
    pub version: u32,
    /// Name of the facility, for line 1.
    pub facility: SafeText,
    /// A training store: 【訓練】 on every screen.
    pub training: bool,
    /// What the login screen prints in training only: accounts, passwords, the training card's PIN.
    pub training_hints: Vec<SafeText>,
    /// Minutes without a key after which a session is locked; a screen that hears no more locks itself.
    pub idle_lock_min: u64,
    /// State of the link software.
    pub link: view::Link,
    /// Whether the store was found damaged and nobody has acknowledged it: told on every screen.
    #[serde(default)]
    pub damage: bool,
    /// The session that was resumed, where one was.
    pub session: Option<view::SessionView>,
}
