//! A log against what somebody outside has kept of it: a short code on paper, or a signed note on a stick.
//!
//! A log by itself can only show that it is consistent; whoever owns the host can make another one that is so too.
//! What was written down elsewhere fixes the past: the root over the first `size` entries, computed again from the
//! entries that are there now, must be the one written down.

use super::chain::StoreId;
use super::checkpoint::{SignedCheckpoint, origin};
use super::code::{Code, CodeError};
use super::merkle::Node;
use super::note::{Note, NoteError, VerifierKey};
use super::verify::{Fault, FaultKind, Report};
use serde::{Deserialize, Serialize};

/// Something kept outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// A short code.
    Code(Code),
    /// A signed checkpoint.
    Note {
        /// What it says, and its text.
        signed: SignedCheckpoint,
        /// Its signatures.
        note: Note,
    },
}

/// Why what was given is nothing that anybody kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    /// Not a code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// Not a note.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Outside {
    /// Reads a code, one signed note, or several with empty lines between (as an export holds them): of several, the
    /// one with the most entries, for it fixes everything that the others fix.
    pub fn parse(text: &str) -> Result<Self, OutsideError> {
        if !text.contains("\n\n") {
            return Ok(Self::Code(Code::parse(text.trim())?));
        }
        let mut newest: Option<SignedCheckpoint> = None;
        for note in notes(text.lines().map(|line| Ok::<_, OutsideError>(line.to_owned()))) {
            let read = SignedCheckpoint::unproved(&note?)?;
            if newest.as_ref().is_none_or(|before| before.checkpoint.size < read.checkpoint.size) {
                newest = Some(read);
            }
        }
        let signed = newest.ok_or(NoteError::Form)?;
        let note = Note::parse(&signed.note)?;
        Ok(Self::Note { signed, note })
    }

    /// The one code or note that counts, as text that [`Self::parse`] reads.
    pub fn to_text(&self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            Self::Note { signed, .. } => signed.note.clone(),
        }
    }

    /// How many entries it sums up.
    pub fn size(&self) -> u64 {
        match self {
            Self::Code(code) => code.size,
            Self::Note { signed, .. } => signed.checkpoint.size,
        }
    }

    fn is_of(&self, store: &StoreId) -> bool {
        match self {
            Self::Code(code) => code.is_of(store),
            Self::Note { signed, .. } => signed.checkpoint.origin == origin(store),
        }
    }

    fn is_proved(&self, keys: &[VerifierKey]) -> bool {
        match self {
            Self::Code(_) => true,
            Self::Note { note, .. } => keys.iter().any(|key| note.proved_by(key).is_ok()),
        }
    }

    fn fits(&self, store: &StoreId, root: &Node) -> bool {
        match self {
            Self::Code(code) => Code::of(store, code.size, root) == *code,
            Self::Note { signed, .. } => signed.checkpoint.root == *root,
        }
    }
}

/// The notes of a text, each with its last line feed: a note ends with its lines of signature.
pub(super) fn notes<E>(
    lines: impl Iterator<Item = Result<String, E>>,
) -> impl Iterator<Item = Result<String, E>> {
    let is = |line: Option<&Result<String, E>>, wanted: fn(&str) -> bool| {
        line.is_some_and(|line| line.as_ref().is_ok_and(|line| wanted(line)))
    };
    let mut lines = lines.peekable();
    std::iter::from_fn(move || {
        while is(lines.peek(), str::is_empty) {
            lines.next();
        }
        let mut note = String::new();
        while let Some(line) = lines.next() {
            let line = match line {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            note.push_str(&line);
            note.push('\n');
            if is_signature(&line) && !is(lines.peek(), is_signature) {
                break;
            }
        }
        (!note.is_empty()).then_some(Ok(note))
    })
}

fn is_signature(line: &str) -> bool {
    line.starts_with('\u{2014}')
}

/// What a check comes to: one word for scripts, one sentence for people, one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Verdict {
    /// Nothing is wrong, and what was kept outside fits, where there is any.
    Sound,
    /// Something at or before this number is not what it was.
    Changed {
        /// The number.
        before: u64,
    },
    /// The end is missing, and the log itself still knows of it.
    Truncated {
        /// How far it is known to have gone.
        known: u64,
        /// How far it goes.
        last: u64,
    },
    /// An older state: consistent in itself, but shorter than what was kept outside.
    RolledBack {
        /// How far it is known to have gone.
        known: u64,
        /// How far it goes.
        last: u64,
    },
    /// Two histories: the one here is consistent and signed, and another one was kept outside.
    Forked {
        /// The size at which both are known.
        size: u64,
    },
    /// What was kept outside is of another store.
    OtherStore,
    /// The signature is not of this log's key.
    OtherKey,
}

impl Verdict {
    /// The exit code of the command line; documented in its help.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Sound => 0,
            Self::Changed { .. } => 3,
            Self::Truncated { .. } => 4,
            Self::RolledBack { .. } => 5,
            Self::Forked { .. } => 6,
            Self::OtherStore => 7,
            Self::OtherKey => 8,
        }
    }

    /// Judges a log.
    pub(super) fn of(log: &Judged<'_>, outside: Option<&Outside>) -> Self {
        let alone = log.alone();
        let Some(outside) = outside else { return alone };
        let (size, last) = (outside.size(), log.report.last.unwrap_or_default());
        if !outside.is_of(log.store) {
            Self::OtherStore
        } else if !outside.is_proved(log.keys) {
            Self::OtherKey
        } else if size > last {
            match alone {
                Self::Sound => Self::RolledBack { known: size, last },
                Self::Truncated { known, .. } => Self::Truncated { known: known.max(size), last },
                worse => worse,
            }
        } else if log.root_then.is_some_and(|root| outside.fits(log.store, &root)) {
            alone
        } else if alone == Self::Sound && log.sealed >= size {
            Self::Forked { size }
        } else {
            Self::Changed { before: log.first_change().unwrap_or(size).min(size) }
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sound => f.write_str("異常はありません"),
            Self::Changed { before } => {
                write!(f, "改変: {before}番以前の記録が、書かれたときのままではありません")
            }
            Self::Truncated { known, last } => {
                write!(f, "切詰め: {known}番まで在った記録が、{last}番で終わっています")
            }
            Self::RolledBack { known, last } => write!(
                f,
                "巻戻し: 外部の控えでは{known}番まで在った記録が、{last}番で終わっています。古い複製に戻された疑いがあります"
            ),
            Self::Forked { size } => write!(
                f,
                "分岐: {size}番までの履歴が2つあります。複製したステーションの併用か、署名鍵を使った書換えの疑いがあります"
            ),
            Self::OtherStore => f.write_str("別の保管庫の控えです。このステーションの控えを指定してください"),
            Self::OtherKey => {
                f.write_str("署名の鍵が、この操作ログの鍵（または指定した検証鍵）と一致しません")
            }
        }
    }
}

/// A log after it was read, to be judged.
pub(super) struct Judged<'a> {
    pub(super) store: &'a StoreId,
    pub(super) report: &'a Report,
    pub(super) keys: &'a [VerifierKey],
    /// The root when the log had the size of what was kept outside.
    pub(super) root_then: Option<Node>,
    /// How far good checkpoints of its own go.
    pub(super) sealed: u64,
}

impl Judged<'_> {
    /// The verdict without anything from outside.
    fn alone(&self) -> Verdict {
        let last = self.report.last.unwrap_or_default();
        if self.report.is_sound() {
            return Verdict::Sound;
        }
        let faults = || self.report.faults.iter();
        let kinds = |wanted: fn(&FaultKind) -> bool| faults().all(|fault: &Fault| wanted(&fault.kind));
        if kinds(|kind| matches!(kind, FaultKind::Seal(NoteError::OtherKey))) {
            return Verdict::OtherKey;
        }
        let known = faults().find_map(|fault| match fault.kind {
            FaultKind::Truncated { known, .. } => Some(known),
            _ => None,
        });
        match known {
            Some(known) if kinds(|kind| matches!(kind, FaultKind::Truncated { .. } | FaultKind::Root)) => {
                Verdict::Truncated { known, last }
            }
            _ => {
                let first = || faults().filter_map(|fault| fault.seq).min();
                Verdict::Changed { before: self.first_change().or_else(first).unwrap_or(last) }
            }
        }
    }

    /// The lowest number at which the entries themselves are known not to be what they were. A checkpoint that
    /// nobody believes says nothing about them.
    fn first_change(&self) -> Option<u64> {
        let of_entries =
            |fault: &&Fault| !matches!(fault.kind, FaultKind::Seal(_) | FaultKind::SealOfAnother);
        self.report.faults.iter().filter(of_entries).filter_map(|fault| fault.seq).min()
    }
}
