//! The verifier of cards against an independent one, `openssl`: chains and revocation lists that break one rule each,
//! signatures that openssl made, and bytes changed at random.
//!
//! Needs openssl 3 on the path (tests/run.sh installs it). Every time is passed in, so nothing here goes out of date.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod flips;
mod openssl;
mod signatures;
mod table;

use kyukyu::identity::{CrlError, PinError, ProofError};

/// A file of fixtures/cards.
fn fixture(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cards").join(name);
    std::fs::read(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// Where a card is refused: at one of the files that a station reads when it starts, or at the card.
#[derive(Debug)]
enum Refused {
    Pin(PinError),
    Crl(CrlError),
    Proof(ProofError),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // What the decoder did not like is not the table's business.
            Self::Crl(CrlError::Malformed(_)) => f.write_str("Crl(Malformed)"),
            Self::Proof(ProofError::Certificate(_)) => f.write_str("Certificate"),
            Self::Pin(error) => write!(f, "Pin({error:?})"),
            Self::Crl(error) => write!(f, "Crl({error:?})"),
            Self::Proof(error) => write!(f, "{error:?}"),
        }
    }
}
