//! The record of who looked (T4.1.4-1(3)): what is written down, and how it is proved afterwards.
//!
//! It stands apart because an auditor must be able to check an exported log without our station, our store
//! or our word for it: this room alone, or `sha256sum` and thirty lines of Python, is enough. Hence it is
//! pure: no clock, no file, no store. Everybody may enter; it knows nothing of ours but
//! [`crate::domain::SafeText`] and the domain's words for people.
//!
//! An [`Entry`] is an act and its circumstances. Its [canonical bytes](canonical) are chained by
//! [hash](chain), summed up by a Merkle [frontier](merkle), signed as [checkpoints](Checkpoint), and
//! [verified](verify) as a stream, alone or [against](Outside) what somebody outside has kept.
//! Entries hold identifiers and acts, never medical content.

mod act;
mod against;
pub mod bundle;
pub mod canonical;
pub mod chain;
mod check;
mod checkpoint;
mod code;
mod describe;
mod detail;
mod entry;
pub mod merkle;
mod note;
mod reader;
pub mod search;
mod tagged;
pub mod verify;
mod words;

pub use act::Act;
pub use against::{Outside, OutsideError, Verdict};
pub use chain::{ChainHash, Head, StoreId};
pub use check::{Check, Checked};
pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, origin};
pub use code::{Code, CodeError};
pub use describe::describe;
pub use detail::details;
pub use entry::{Actor, ClockNote, Entry, NewEntry, Stamp, Subject};
pub use merkle::Frontier;
pub use note::{LogKey, Note, NoteError, VerifierKey};
pub use reader::Reader;
pub use verify::{Fault, FaultKind, Report, Said, Verifier};
pub use words::{
    Change, ChoiceField, Consent, EnrolledBy, Link, LoginFailure, Method, Moment, Oddity, Part,
    PreviousStore, ReviewVerdict, Revocation, SessionCause, Witnessed, act_label,
};
