//! Where the card can be, in the order in which it is looked for: a software card that was named, an agent, a
//! forwarded pcscd, the readers of this machine.

use super::Patience;
use super::leash::Leash;
use super::line::{Line, Side, connect_now};
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
    /// A helper; the socket of a pcscd that is not this machine's.
    Process(HelperCommand, Option<PathBuf>),
    Socket(PathBuf),
}

impl Place {
    /// Behind a helper that was named, at this machine.
    fn helper(helper: HelperCommand) -> Self {
        Self { label: "この端末のリーダー", way: Way::Process(helper, None) }
    }

    /// What the screen calls it.
    pub fn label(&self) -> &'static str {
        self.label
    }

    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    pub(super) fn side(&self) -> Side {
        match self.way {
            Way::Process(..) => Side::Helper,
            Way::Socket(_) => Side::Agent,
        }
    }

    fn agent(path: PathBuf) -> Self {
        Self { label: "手元の端末のカード読取り（エージェント）", way: Way::Socket(path) }
    }

    fn software(helper: HelperCommand) -> Self {
        Self { label: "訓練用のソフトウェアカード", way: Way::Process(helper, None) }
    }

    fn forwarded(helper: HelperCommand, pcscd: Option<PathBuf>) -> Self {
        Self { label: "転送された pcscd", way: Way::Process(helper, pcscd) }
    }
}

/// All places, best first.
#[derive(Clone, Debug)]
pub struct CardPlaces {
    /// Sockets at which an agent usually listens: used if one answers.
    usual: Vec<PathBuf>,
    /// Places behind sockets to which a pcscd is usually forwarded: used if one takes a connection.
    forwarded: Vec<(PathBuf, Place)>,
    /// Where the card is otherwise.
    last: Place,
}

impl CardPlaces {
    /// A software card and nothing else.
    pub fn software(helper: HelperCommand) -> Self {
        Self::only(Place::software(helper))
    }

    /// A helper that was named and nothing else.
    pub fn helper(helper: HelperCommand) -> Self {
        Self::only(Place::helper(helper))
    }

    /// A named agent and nothing else: who names one does not mean another reader.
    pub fn agent(socket: PathBuf) -> Self {
        Self::only(Place::agent(socket))
    }

    fn only(place: Place) -> Self {
        Self { usual: Vec::new(), forwarded: Vec::new(), last: place }
    }

    /// What the environment says: an agent's socket in the runtime folder, else a helper: with the pcscd of the variable
    /// of libpcsclite, with one forwarded to the runtime folder (who is let in without a shell can set no variable), or
    /// with that of this machine.
    pub fn of_environment(
        helper: HelperCommand,
        user: u32,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let mut folders: Vec<PathBuf> = set("XDG_RUNTIME_DIR").into_iter().map(PathBuf::from).collect();
        let fixed = PathBuf::from(format!("/run/user/{user}"));
        if !folders.contains(&fixed) {
            folders.push(fixed);
        }
        let usual = folders.iter().map(|folder| folder.join("kyukyu-card.sock")).collect();
        if set("PCSCLITE_CSOCK_NAME").is_some() {
            return Self { usual, forwarded: Vec::new(), last: Place::forwarded(helper, None) };
        }
        let sockets = folders.iter().map(|folder| folder.join("pcscd.comm"));
        let forwarded =
            sockets.map(|socket| (socket.clone(), Place::forwarded(helper.clone(), Some(socket)))).collect();
        Self { usual, forwarded, last: Place::helper(helper) }
    }

    /// Asks at the first place that answers; also the socket of an agent that should have, and did not. Of an agent the
    /// hello is not waited for.
    pub(super) fn ask<A>(
        &self,
        leash: &Leash,
        patience: &Patience,
        ask: impl Fn(&mut Line) -> Result<A, Trouble>,
    ) -> Result<(Line, A, Option<SafeText>), Trouble> {
        let mut passed_over = None;
        for socket in self.usual.iter().filter(|socket| is_own_socket(socket)) {
            if let Ok(mut line) = Line::open_at_once(&Place::agent(socket.clone()), leash, patience.hello) {
                match ask(&mut line) {
                    Ok(answer) => return Ok((line, answer, passed_over)),
                    // It is there and meant; what there is to be done is not at this machine.
                    Err(trouble @ (Trouble::AgentVersion { .. } | Trouble::AgentNotUnderstood)) => {
                        return Err(trouble);
                    }
                    Err(trouble) if line.is_greeted() => return Err(trouble),
                    Err(_) => {}
                }
            }
            passed_over = Some(SafeText::new(&socket.to_string_lossy()));
        }
        // One that a broken line left behind takes no connection.
        let mut forwarded = self.forwarded.iter();
        let found = forwarded.find(|(socket, _)| is_own_socket(socket) && connect_now(socket).is_ok());
        let place = found.map_or(&self.last, |(_, place)| place);
        let mut line = Line::open_at_once(place, leash, patience.hello)?;
        let answer = ask(&mut line)?;
        Ok((line, answer, passed_over))
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
