//! One-time passwords (RFC 6238): what takes the card's place on the night its reader is dead (A3, A7).
//!
//! Why so strict: six digits are few. A token answers once a step and never twice, its window follows its own clock but
//! only so far, failures count like wrong passwords, and nothing counts before the person has typed one right code.
//! Seeds are kept in sealed records only, are wiped when a token ends, and have no way to be printed but the one text
//! that the administrator's screen shows once.

mod code;
mod offer;
mod seed;
#[cfg(test)]
mod tests;
mod token;

pub use code::{Code, NotACode};
pub use offer::{Offer, OfferError, Offers, Purpose};
pub use seed::{Hash, Parameters, SEED_BYTES, Seed};
pub use token::{CodeFault, Emergency, Ended, LATE_STEPS, MAX_DRIFT, Token, WINDOW};
