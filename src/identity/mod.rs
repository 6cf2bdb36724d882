//! Who is at the terminal: passwords, lock-out, card proofs and sessions, as rules.
//!
//! Why a room of its own: a mistake here opens the medical record of anybody, so the rules are pure (times, random
//! bytes and stored records are passed in) and can be tested to the last branch. The station asks, the store keeps
//! what these types serialise to; neither judges. Only `domain` and `card` are used from here.
//! A way of proving something beside the password, another kind of device say, is a [`Provider`].

pub mod anchors;
mod chain;
pub mod challenge;
pub mod crl;
mod crl_scope;
pub mod enrolment;
mod extensions;
pub mod lockout;
pub mod otp;
pub mod password;
pub mod policy;
pub mod proof;
pub mod provider;
pub mod session;
pub mod time;
pub mod token;

pub use anchors::{Fingerprint, PinError, TrustStore};
pub use chain::ChainFault;
pub use challenge::{ChallengeError, Challenges};
pub use crl::{Crl, CrlError, RevocationStatus};
pub use enrolment::Enrolment;
pub use lockout::{Decision, Limits, Tally};
pub use password::{HashError, Passwords, StoredPassword};
pub use policy::{Personal, PolicyError, check_password};
pub use proof::{CardProof, CheckedCard, ProofError, check_card, check_certificate, prove, shown_key};
pub use provider::{CardAnswer, Cards, Proved, Provider, Tokens};
pub use session::{CardUsed, LockCause, Phase, Session, SessionError, SessionLimits};
pub use time::{BootId, BootMillis, UnixSeconds};
pub use token::{SessionToken, TokenHash};
