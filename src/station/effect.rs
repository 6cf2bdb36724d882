//! What an act wants done in the world, after its commit.

use crate::domain::{SafeText, UserId};
use crate::exchange::folder::FolderCommand;
use crate::protocol::Event;

/// One thing to do.
#[derive(Debug)]
pub(crate) enum Effect {
    /// For the exchange folder.
    Folder(FolderCommand),
    /// A checkpoint was signed: for the witnesses.
    Sealed,
    /// For screens.
    Push(Audience, Event),
}

/// Whose screens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The line of this session.
    Session(SafeText),
    /// All lines of this person.
    User(UserId),
    /// Everybody.
    All,
}
