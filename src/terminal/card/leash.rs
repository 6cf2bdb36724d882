//! What a conversation is held by, so that it can be ended from outside: the process or the connection it uses.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by the conversation and by whoever may end it.
#[derive(Clone, Debug, Default)]
pub(super) struct Leash(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    ended: bool,
    held: Option<Held>,
}

/// A process or a connection.
#[derive(Debug)]
pub(super) enum Held {
    /// A helper.
    Process(Child),
    /// An agent's line.
    Socket(UnixStream),
}

impl Held {
    /// Whoever reads from it reads the end. Does not wait.
    fn cut(&mut self) {
        let _: io::Result<()> = match self {
            Self::Process(child) => child.kill(),
            Self::Socket(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Leash {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the conversation now, and whatever it would begin later.
    pub(super) fn end(&self) {
        let mut inner = self.lock();
        inner.ended = true;
        if let Some(held) = &mut inner.held {
            held.cut();
        }
    }

    /// Whether it was ended from outside.
    pub(super) fn is_ended(&self) -> bool {
        self.lock().ended
    }

    /// Holds what the conversation uses from now on; false, and cut already, if it was ended meanwhile.
    pub(super) fn hold(&self, mut held: Held) -> bool {
        let mut inner = self.lock();
        if inner.ended {
            held.cut();
        }
        inner.held = Some(held);
        !inner.ended
    }

    /// Ends what the conversation used, and waits for the process, which takes nobody with it: the lock is not held
    /// meanwhile.
    pub(super) fn release(&self) -> Option<std::process::ExitStatus> {
        let mut held = self.lock().held.take()?;
        held.cut();
        match held {
            Held::Process(mut child) => child.wait().ok(),
            Held::Socket(_) => None,
        }
    }

    /// The exit code of a process that has ended by itself.
    pub(super) fn exit_code(&self) -> Option<i32> {
        match &mut self.lock().held {
            Some(Held::Process(child)) => child.try_wait().ok().flatten().and_then(|status| status.code()),
            _ => None,
        }
    }
}
