//! The whole check of a log in one pass: chain, canonical bytes, root, signed checkpoints, and what was kept outside.
//!
//! Entries and checkpoints come in as they are kept, in order; each body is read once. The keys are found in the log
//! itself, for their making is an entry; an auditor who wrote a key down gives it, and then only that one counts.

use super::against::{Judged, Outside, Verdict};
use super::chain::{ChainHash, Head, StoreId};
use super::checkpoint::{SignedCheckpoint, origin};
use super::merkle::Node;
use super::note::{Note, NoteError, VerifierKey};
use super::verify::{Fault, FaultKind, Report, Said, Verifier};

/// A check at work.
pub struct Check {
    store: StoreId,
    verifier: Verifier,
    trusted: Option<VerifierKey>,
    outside: Option<Outside>,
    keys: Vec<(u64, VerifierKey)>,
    root_then: Option<Node>,
    checkpoints: u64,
    sealed: u64,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Entries, head, root, faults.
    pub report: Report,
    /// How many checkpoints were read.
    pub checkpoints: u64,
    /// How far good ones go.
    pub sealed: u64,
    /// The keys that the log names, each with the number of its entry.
    pub keys: Vec<(u64, VerifierKey)>,
    /// What all of it comes to.
    pub verdict: Verdict,
}

impl Checked {
    /// Adds what is wrong with the index that lies beside the log.
    pub fn add_index(&mut self, faults: Vec<Fault>) {
        let Some(first) = faults.first() else { return };
        if self.verdict == Verdict::Sound {
            self.verdict = Verdict::Changed { before: first.seq.unwrap_or(self.report.head.seq) };
        }
        self.report.fault_count = self.report.fault_count.saturating_add(faults.len() as u64);
        self.report.faults.extend(faults);
    }

    /// Whether the index is among what is wrong.
    pub fn is_index_wrong(&self) -> bool {
        let of_index = |fault: &Fault| {
            use FaultKind::{IndexBroken, IndexExtra, Unindexed};
            matches!(fault.kind, Unindexed | IndexExtra { .. } | IndexBroken { .. })
        };
        self.report.faults.iter().any(of_index)
    }
}

impl Check {
    /// A check of a whole log, from its first entry.
    pub fn new(store: StoreId) -> Self {
        Self {
            store,
            verifier: Verifier::new(store),
            trusted: None,
            outside: None,
            keys: Vec::new(),
            root_then: None,
            checkpoints: 0,
            sealed: 0,
        }
    }

    /// Heads that the log must reach.
    #[must_use]
    pub fn against_heads(mut self, known: &[Head]) -> Self {
        self.verifier = self.verifier.against(known);
        self
    }

    /// What somebody outside has kept.
    #[must_use]
    pub fn against(mut self, outside: Option<Outside>) -> Self {
        self.outside = outside;
        self
    }

    /// The only key to be believed, written down elsewhere.
    #[must_use]
    pub fn trusting(mut self, key: Option<VerifierKey>) -> Self {
        self.trusted = key;
        self
    }

    /// Takes the next entry.
    pub fn entry(&mut self, seq: u64, hash: ChainHash, body: &[u8]) {
        self.read_entry(seq, hash, body, Said::read(body).as_ref());
    }

    /// The same with what its body says, read by a [`Reader`](super::Reader).
    pub fn read_entry(&mut self, seq: u64, hash: ChainHash, body: &[u8], said: Option<&Said>) {
        self.verifier.push_read(seq, hash, body, said);
        if let Some(key) = said.and_then(Said::log_key)
            && let Ok(key) = VerifierKey::parse(key.as_str())
        {
            self.keys.push((seq, key));
        }
        if self.outside.as_ref().is_some_and(|outside| outside.size() == self.verifier.size()) {
            self.root_then = self.verifier.root();
        }
    }

    /// Takes a checkpoint that is kept beside the entries, after the entry whose number is its size.
    pub fn checkpoint(&mut self, size: u64, note: &str) {
        self.checkpoints = self.checkpoints.saturating_add(1);
        let read =
            SignedCheckpoint::unproved(note).and_then(|read| Ok((read.checkpoint, Note::parse(note)?)));
        let (checkpoint, note) = match read {
            Ok((checkpoint, _)) if checkpoint.origin != origin(&self.store) || checkpoint.size != size => {
                return self.verifier.bad_seal(size, FaultKind::SealOfAnother);
            }
            Ok(read) => read,
            Err(error) => return self.verifier.bad_seal(size, FaultKind::Seal(error)),
        };
        let proved = match self.trusted.as_ref().or(self.keys.last().map(|(_, key)| key)) {
            Some(key) => note.proved_by(key).map(drop),
            None => Err(NoteError::OtherKey),
        };
        if let Err(error) = proved {
            return self.verifier.bad_seal(size, FaultKind::Seal(error));
        }
        if self.verifier.seal(&checkpoint) {
            self.sealed = self.sealed.max(size);
        }
    }

    /// Ends the check. `root` is the root that ought to come out, where one is known.
    pub fn finish(self, root: Option<Node>) -> Checked {
        let report = self.verifier.finish(root);
        let known = self.keys.iter().map(|(_, key)| key.clone());
        let keys: Vec<VerifierKey> = self.trusted.map_or_else(|| known.collect(), |key| vec![key]);
        let judged = Judged {
            store: &self.store,
            report: &report,
            keys: &keys,
            root_then: self.root_then,
            sealed: self.sealed,
        };
        let verdict = Verdict::of(&judged, self.outside.as_ref());
        Checked { report, checkpoints: self.checkpoints, sealed: self.sealed, keys: self.keys, verdict }
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
