//! Everything that has to be running before the first frame.

use super::backend::Screen;
use super::event_loop::{Inbox, Post, channel};
use super::tty::{Tty, TtyError};
use super::{input, signals};

/// A terminal that is taken over and listened to.
pub struct Started<T> {
    /// To draw on; dropping it gives the terminal back.
    pub screen: Screen<Tty>,
    /// For other sources of events, such as the connection to the station.
    pub post: Post<T>,
    /// For [`super::event_loop::run`].
    pub inbox: Inbox<T>,
}

/// Takes the terminal over and starts the threads for signals and keys. With `probe`, the terminal is asked how wide
/// an ambiguous character is; what it answers comes as [`super::event_loop::Incoming::Column`].
pub fn start<T: Send + 'static>(probe: bool) -> Result<Started<T>, TtyError> {
    let tty = Tty::enter(if probe { super::probe::ASK } else { b"" })?;
    let (post, inbox) = channel();
    signals::watch(post.clone())?;
    input::start(post.clone(), probe)?;
    Ok(Started { screen: Screen::new(tty)?, post, inbox })
}
