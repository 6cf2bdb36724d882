//! The check of a log as a stream: the same for the store, an exported bundle and an archive.
//!
//! After a fault the verifier goes on from the hash that stands in the log, so that one edited entry gives
//! one fault and not a thousand. What no stream can show by itself, a truncated or wholly rewritten log, is
//! found against heads that somebody else has kept: see [`Verifier::against`].

use super::canonical;
use super::chain::{ChainHash, Head, StoreId, link};
use super::merkle::{Frontier, Node};
use super::note::NoteError;
use super::{Act, Entry, checkpoint::Checkpoint};
use crate::domain::SafeText;

/// How many faults a report lists; the rest are counted.
const LISTED: usize = 100;

/// What the verifier found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many entries were read.
    pub entries: u64,
    /// The lowest number read.
    pub first: Option<u64>,
    /// The highest.
    pub last: Option<u64>,
    /// Where the log stands, by the hashes in it.
    pub head: Head,
    /// The Merkle root over all entries; absent where not all of them were read.
    pub root: Option<Node>,
    /// How many faults there are.
    pub fault_count: u64,
    /// The first of them.
    pub faults: Vec<Fault>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.fault_count == 0
    }
}

/// One thing that is wrong; `Display` is the sentence for an auditor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", match seq { Some(seq) => format!("{seq}番: "), None => String::new() })]
pub struct Fault {
    /// Where.
    pub seq: Option<u64>,
    /// What.
    pub kind: FaultKind,
}

/// What can be wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// The hash does not follow from the bytes and the entry before.
    #[error(
        "ハッシュが本文および直前の記録と一致しません。この記録か直前の記録が書き換え・挿入・削除された疑いがあります"
    )]
    Hash,
    /// Numbers are missing before this one.
    #[error("直前の{missing}件（{from}番から）がありません。削除された疑いがあります")]
    Gap {
        /// The first number that is missing.
        from: u64,
        /// How many.
        missing: u64,
    },
    /// The number is not above the one before.
    #[error("{previous}番の後に置かれています。並べ替え・複製・挿入された疑いがあります")]
    Order {
        /// The number before.
        previous: u64,
    },
    /// The hash of the predecessor, as written beside the entry, is not the predecessor's.
    #[error("記録に添えられた直前のハッシュが、実際の直前の記録と異なります")]
    Previous,
    /// The bytes are not an entry.
    #[error("記録として読み取れないか、書き方が規則と一致しません")]
    Unreadable,
    /// The number inside the bytes is another one.
    #[error("本文中の番号は{inside}番です。付け替えられた疑いがあります")]
    Number {
        /// The number inside.
        inside: u64,
    },
    /// A real entry in a training log, or the other way round.
    #[error("訓練の区分が、このログの最初の記録と異なります")]
    Training,
    /// The log ends before an entry that is known to have been there.
    #[error(
        "末尾の{missing}件がありません（{known}番まで在ったことが分かっています）。切り詰められた疑いがあります"
    )]
    Truncated {
        /// The highest number known.
        known: u64,
        /// How many are missing.
        missing: u64,
    },
    /// The entry's hash is not the one that somebody else has kept.
    #[error("控えのハッシュと一致しません。この記録以前の履歴が書き換えられた疑いがあります")]
    Rewritten,
    /// The index of the store does not lead to it.
    #[error(
        "検索用の索引にないため、検索で見つかりません。索引だけが書き換えられたか、破損した疑いがあります"
    )]
    Unindexed,
    /// The index of the store leads to entries that are none, or not of that kind.
    #[error(
        "検索用の索引に、操作ログと合わない番号が{numbers}個あります。索引だけが書き換えられたか、破損した疑いがあります"
    )]
    IndexExtra {
        /// How many.
        numbers: u64,
    },
    /// The index of the store has rows that nobody has written so.
    #[error(
        "検索用の索引に、正しく読めない行が{rows}行あります。索引だけが書き換えられたか、破損した疑いがあります"
    )]
    IndexBroken {
        /// How many.
        rows: u64,
    },
    /// The root is not the one kept.
    #[error("全体の要約（ルートハッシュ）が控えと一致しません")]
    Root,
    /// A checkpoint beside the entries is not one that the log's key signed.
    #[error("この番号までの署名付きチェックポイントを信用できません: {0}")]
    Seal(NoteError),
    /// A checkpoint beside the entries is of another log.
    #[error("この番号のチェックポイントは別の保管庫のものです。差し替えられた疑いがあります")]
    SealOfAnother,
    /// What was signed is not what stands here.
    #[error(
        "署名付きチェックポイントの要約と一致しません。この番号以前の記録が、署名の後に書き換えられた疑いがあります"
    )]
    Sealed,
}

/// What a body says, as far as a check has to know it: bodies can be read in any order and by anybody, for nothing of it
/// depends on what stands before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    seq: u64,
    training: bool,
    log_key: Option<SafeText>,
}

impl Said {
    /// Reads a body; nothing where it is no entry, or is not written as it would be written.
    pub fn read(body: &[u8]) -> Option<Self> {
        Some(Self::of(&canonical::decode(body).ok()?))
    }

    pub(super) fn of(entry: &Entry) -> Self {
        let log_key = if let Act::LogKeyCreated { key, .. } = &entry.act { Some(key.clone()) } else { None };
        Self { seq: entry.seq, training: entry.training, log_key }
    }

    /// The verifier key that signs from here on, in the entry about one.
    pub fn log_key(&self) -> Option<&SafeText> {
        self.log_key.as_ref()
    }
}

/// Reads entries one by one, in the order in which they are kept.
#[derive(Debug)]
pub struct Verifier {
    store: StoreId,
    known: Vec<Head>,
    /// The largest size of a checkpoint beyond the end.
    sealed: u64,
    reads_bodies: bool,
    frontier: Option<Frontier>,
    head: Head,
    training: Option<bool>,
    report: Report,
}

impl Verifier {
    /// A verifier of a whole log, from its first entry.
    pub fn new(store: StoreId) -> Self {
        Self::starting(store, Head::default(), Some(Frontier::default()))
    }

    /// A verifier of what follows a head that is trusted.
    pub fn after(store: StoreId, head: Head) -> Self {
        Self::starting(store, head, None)
    }

    fn starting(store: StoreId, head: Head, frontier: Option<Frontier>) -> Self {
        let report = Report {
            entries: 0,
            first: None,
            last: None,
            head,
            root: None,
            fault_count: 0,
            faults: Vec::new(),
        };
        Self {
            store,
            known: Vec::new(),
            sealed: 0,
            reads_bodies: true,
            frontier,
            head,
            training: None,
            report,
        }
    }

    /// Heads kept by somebody else, in any order.
    #[must_use]
    pub fn against(mut self, known: &[Head]) -> Self {
        self.known.extend_from_slice(known);
        self
    }

    /// Hashes only, without reading what the bytes say: several times faster.
    #[must_use]
    pub fn hashes_only(mut self) -> Self {
        self.reads_bodies = false;
        self
    }

    /// Takes the next entry: its number, the predecessor's hash where the source writes one, its hash, its
    /// canonical bytes. Gives what the bytes say, where they are read, so that nobody has to read them twice.
    pub fn push(&mut self, seq: u64, prev: Option<ChainHash>, hash: ChainHash, body: &[u8]) -> Option<Said> {
        let said = if self.reads_bodies { Said::read(body) } else { None };
        self.link(seq, prev, hash, body);
        if self.reads_bodies {
            self.hear(seq, said.as_ref());
        }
        said
    }

    /// The same with what somebody has read in the bytes already.
    pub(super) fn push_read(&mut self, seq: u64, hash: ChainHash, body: &[u8], said: Option<&Said>) {
        self.link(seq, None, hash, body);
        self.hear(seq, said);
    }

    fn link(&mut self, seq: u64, prev: Option<ChainHash>, hash: ChainHash, body: &[u8]) {
        let before = self.head;
        let expected = before.seq.saturating_add(1);
        // Across a gap only the predecessor written beside the entry can tell whether it fits.
        let mut base = before.hash;
        if seq < expected {
            self.fault(seq, FaultKind::Order { previous: before.seq });
            base = prev.unwrap_or(base);
        } else if seq > expected {
            self.fault(seq, FaultKind::Gap { from: expected, missing: seq.saturating_sub(expected) });
            base = prev.unwrap_or(base);
        } else if prev.is_some_and(|written| written != before.hash) {
            self.fault(seq, FaultKind::Previous);
        }
        let fits = link(&self.store, seq, &base, body) == hash;
        if !fits && (seq == expected || prev.is_some()) {
            self.fault(seq, FaultKind::Hash);
        }
        if self.known.iter().any(|known| known.seq == seq && known.hash != hash) {
            self.fault(seq, FaultKind::Rewritten);
        }
        if seq != expected {
            self.frontier = None;
        }
        if let Some(frontier) = &mut self.frontier {
            frontier.append(&hash.0);
        }
        self.head = Head { seq, hash };
        self.report.entries = self.report.entries.saturating_add(1);
        self.report.first = Some(self.report.first.map_or(seq, |first| first.min(seq)));
        self.report.last = Some(self.report.last.map_or(seq, |last| last.max(seq)));
    }

    /// The root over what was read so far; absent after a gap, or where not all was read.
    pub fn root(&self) -> Option<Node> {
        self.frontier.as_ref().map(Frontier::root)
    }

    /// How many entries were read without a gap.
    pub fn size(&self) -> u64 {
        self.frontier.as_ref().map_or(0, Frontier::size)
    }

    /// Takes a checkpoint that is kept beside the entries, after the entry that is its size. Whether the log up to
    /// here is what it sums up.
    pub fn seal(&mut self, checkpoint: &Checkpoint) -> bool {
        let size = checkpoint.size;
        if size > self.report.last.unwrap_or_default() {
            self.sealed = self.sealed.max(size);
            return false;
        }
        let fits = size == self.size() && self.root() == Some(checkpoint.root);
        // After a gap there is no root, and the gap itself has been told.
        if !fits && self.frontier.is_some() {
            self.fault(size, FaultKind::Sealed);
        }
        fits
    }

    /// Notes what is wrong with a checkpoint that is kept beside the entries.
    pub(super) fn bad_seal(&mut self, size: u64, kind: FaultKind) {
        self.fault(size, kind);
    }

    /// Ends the stream. `root` is the Merkle root that ought to come out, where one is known.
    pub fn finish(mut self, root: Option<Node>) -> Report {
        let known = self.known.iter().map(|head| head.seq).max().unwrap_or_default().max(self.sealed);
        let last = self.report.last.unwrap_or(self.head.seq);
        if known > last {
            let missing = known.saturating_sub(last);
            self.add(None, FaultKind::Truncated { known, missing });
        }
        self.report.root = self.frontier.as_ref().map(Frontier::root);
        if let (Some(found), Some(kept)) = (self.report.root, root)
            && found != kept
        {
            self.add(None, FaultKind::Root);
        }
        self.report.head = self.head;
        self.report
    }

    fn hear(&mut self, seq: u64, said: Option<&Said>) {
        let Some(said) = said else { return self.fault(seq, FaultKind::Unreadable) };
        if said.seq != seq {
            self.fault(seq, FaultKind::Number { inside: said.seq });
        }
        if *self.training.get_or_insert(said.training) != said.training {
            self.fault(seq, FaultKind::Training);
        }
    }

    fn fault(&mut self, seq: u64, kind: FaultKind) {
        self.add(Some(seq), kind);
    }

    fn add(&mut self, seq: Option<u64>, kind: FaultKind) {
        self.report.fault_count = self.report.fault_count.saturating_add(1);
        if self.report.faults.len() < LISTED {
            self.report.faults.push(Fault { seq, kind });
        }
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
