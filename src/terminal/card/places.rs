//! Where the card can be, in the order in which it is looked for: a software card that was named, an agent, a
//! forwarded pcscd, the readers of this machine.

use super::Patience;
use super::leash::Leash;
use super::line::{Line, Side};
use super::trouble::Trouble;
use crate::domain::SafeText;
use std::ffi::OsString;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// How a helper is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelperCommand {
    /// Program.
    pub program: OsString,
    /// Arguments.
    pub arguments: Vec<OsString>,
}

/// One place, and the way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    label: &'static str,
    way: Way,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Process(HelperCommand),
    Socket(PathBuf),
}

impl Place {
    /// What the screen calls it.
    pub fn label(&self) -> &'static str {
        self.label
    }

    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    pub(super) fn side(&self) -> Side {
        match self.way {
            Way::Process(_) => Side::Helper,
            Way::Socket(_) => Side::Agent,
        }
    }

    fn agent(path: PathBuf) -> Self {
        Self { label: "手元の端末のカード読取り（エージェント）", way: Way::Socket(path) }
    }
}

/// All places, best first.
#[derive(Clone, Debug)]
pub struct CardPlaces {
    /// Sockets at which an agent usually listens: used if one answers.
    usual: Vec<PathBuf>,
    /// Where the card is otherwise.
    last: Place,
}

impl CardPlaces {
    /// A software card and nothing else.
    pub fn software(helper: HelperCommand) -> Self {
        let last = Place { label: "訓練用のソフトウェアカード", way: Way::Process(helper) };
        Self { usual: Vec::new(), last }
    }

    /// A named agent and nothing else: who names one does not mean another reader.
    pub fn agent(socket: PathBuf) -> Self {
        Self { usual: Vec::new(), last: Place::agent(socket) }
    }

    /// What the environment says: an agent's socket in the runtime folder, else a helper, which reaches a forwarded
    /// pcscd by the same variable.
    pub fn of_environment(
        helper: HelperCommand,
        user: u32,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let mut usual: Vec<PathBuf> = set("XDG_RUNTIME_DIR").into_iter().map(PathBuf::from).collect();
        let fixed = PathBuf::from(format!("/run/user/{user}"));
        if !usual.contains(&fixed) {
            usual.push(fixed);
        }
        let forwarded = set("PCSCLITE_CSOCK_NAME").is_some();
        let label = if forwarded { "転送された pcscd" } else { "この端末のリーダー" };
        Self {
            usual: usual.into_iter().map(|folder| folder.join("kyukyu-card.sock")).collect(),
            last: Place { label, way: Way::Process(helper) },
        }
    }

    /// Opens a line to the first place that answers; also the socket of an agent that should have, and did not.
    pub(super) fn open(
        &self,
        leash: &Leash,
        patience: &Patience,
    ) -> Result<(Line, Option<SafeText>), Trouble> {
        let mut passed_over = None;
        for socket in self.usual.iter().filter(|socket| is_own_socket(socket)) {
            match Line::open(&Place::agent(socket.clone()), leash, patience.hello) {
                Ok(line) => return Ok((line, passed_over)),
                Err(_) => passed_over = Some(SafeText::new(&socket.to_string_lossy())),
            }
        }
        Ok((Line::open(&self.last, leash, patience.hello)?, passed_over))
    }
}

#[cfg(test)]
impl CardPlaces {
    /// The place that is left when no usual agent answers.
    pub(crate) fn last(&self) -> Place {
        self.last.clone()
    }
}

/// Somebody else's socket is not asked: it would learn what is signed, and by whom.
fn is_own_socket(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|there| {
        there.file_type().is_socket() && there.uid() == rustix::process::geteuid().as_raw()
    })
}
