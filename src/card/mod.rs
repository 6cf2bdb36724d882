//! Everything a card is asked and answers, without a reader.
//!
//! Why a room of its own: the same rules must hold for a card in a PC/SC reader, for a card behind a thin
//! terminal's agent and for the software card of the training mode, and they must be testable byte by byte. So all
//! of it is written over the [`Transport`] trait; programs that own a reader implement that trait and nothing else.
//! The order *select, read the certificate, compare it with the enrolment, count the tries, verify the PIN, sign* is
//! a chain of types in [`session`]: no PIN can be spent on a card that was not compared first.
//!
//! Anyone may enter (ground). The room does no I/O, but for the edge of the helper processes: [`software::file`], which
//! keeps the file of a software card (and watches it), and [`helper::serve_stdio`].

pub mod apdu;
pub mod certificate;
pub mod challenge;
pub mod client;
pub mod error;
mod hcrole;
pub mod helper;
mod hex;
pub mod line;
mod line_reader;
pub mod login;
pub mod profile;
mod profile_file;
pub mod publickey;
pub mod session;
mod sign;
pub mod software;
pub mod status;
pub mod transport;
mod watch;

pub use certificate::{Certificate, CertificateError, SpkiHash};
pub use challenge::{ChallengeRefused, ChallengeText};
pub use error::CardError;
pub use login::{Identity, SignOrder, Signed, identify, sign_challenge};
pub use profile::{CardKind, Hash, Profile, Profiles};
pub use profile_file::ProfilesRefused;
pub use publickey::{KeyError, PublicKey};
pub use status::StatusWord;
pub use transport::{Gone, Readers, Transport, TransportError, Watcher};

#[cfg(test)]
mod tests;
