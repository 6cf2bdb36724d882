//! The terminal's own line editing, which the linear mode leaves on, but for what must not happen there.
//!
//! Passwords are not echoed. Ctrl-C ends a line and means 終了, so that it asks as everywhere; Ctrl-Z does nothing: a
//! suspended session is an unattended one.

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr, tcsetattr};
use std::io;

/// The byte of Ctrl-C.
pub(super) const CTRL_C: u8 = 3;

/// The modes as they were, given back at the end.
#[derive(Debug)]
pub(super) struct Echo {
    before: Option<Termios>,
    on: bool,
}

impl Echo {
    pub(super) fn start() -> io::Result<Self> {
        let before = if isatty(io::stdin()) { Some(tcgetattr(io::stdin())?) } else { None };
        let mut echo = Self { before, on: false };
        echo.set(true);
        Ok(echo)
    }

    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    /// Switches the echo of what is typed.
    pub(super) fn set(&mut self, on: bool) {
        if self.on == on {
            return;
        }
        self.on = on;
        let Some(mut modes) = self.before.clone() else { return };
        modes.local_modes.insert(LocalModes::ICANON);
        modes.local_modes.set(LocalModes::ECHO, on);
        modes.local_modes.remove(LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
