//! What the entries behind the index come to, remembered since they were written: so that bringing it up reads none of them
//! back. Made of the log like the index itself, and only to save that; where it does not fit, it is not used.

use super::{CHUNK, Fresh};
use crate::log::search::{Term, terms_of};
use crate::log::{Entry, StoreId};

/// Entries one after the other, the newest last.
#[derive(Debug, Default)]
pub(in super::super) struct Recent(Vec<Remembered>);

#[derive(Debug)]
struct Remembered {
    seq: u64,
    utc_ms: i64,
    terms: Vec<Term>,
}

impl Recent {
    /// Takes the next entry.
    pub(in super::super) fn add(&mut self, store: &StoreId, entry: &Entry) {
        let follows = self.0.last().is_none_or(|last| last.seq.checked_add(1) == Some(entry.seq));
        if !follows || self.0.len() as u64 >= CHUNK {
            self.0.clear();
        }
        self.0.push(Remembered { seq: entry.seq, utc_ms: entry.at.utc_ms, terms: terms_of(store, entry) });
    }

    /// Forgets what was written after the entry `head`, and is undone.
    pub(in super::super) fn undo(&mut self, head: u64) {
        let kept = self.0.partition_point(|entry| entry.seq <= head);
        self.0.truncate(kept);
    }

    /// What the entries after `upto` come to, to the one with the number `last`. None where they are not all remembered.
    /// Forgets all.
    pub(super) fn take(&mut self, upto: u64, last: u64) -> Option<Fresh> {
        let mut entries = std::mem::take(&mut self.0);
        let from = entries.partition_point(|entry| entry.seq <= upto);
        let entries = entries.split_off(from);
        let whole = entries.first()?.seq.checked_sub(1) == Some(upto) && entries.last()?.seq == last;
        whole.then(|| {
            let mut fresh = Fresh::default();
            for entry in entries {
                fresh.terms.extend(entry.terms.into_iter().map(|term| (term, entry.seq)));
                fresh.runs.add(entry.seq, entry.utc_ms);
            }
            fresh
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SafeText;
    use crate::log::{Act, ClockNote, NewEntry, Stamp};

    fn entry(seq: u64) -> Entry {
        let at = Stamp { utc_ms: 5, boot_ms: 0, boot_id: SafeText::new("boot"), clock: ClockNote::Steady };
        NewEntry::of_station(at, SafeText::new("er"), Act::LogOpened {}).numbered(seq, false)
    }

    fn of(numbers: impl IntoIterator<Item = u64>) -> Recent {
        let mut recent = Recent::default();
        numbers.into_iter().for_each(|seq| recent.add(&StoreId([1; 16]), &entry(seq)));
        recent
    }

    #[test]
    fn what_was_written_is_given_once() {
        let mut recent = of(3..=9);
        let fresh = recent.take(4, 9).unwrap();
        assert_eq!(fresh.terms.iter().map(|(_, seq)| *seq).collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
        assert!(recent.take(4, 9).is_none());
    }

    #[test]
    fn what_is_not_all_of_it_is_not_given() {
        assert!(of(3..=9).take(1, 9).is_none(), "2 is missing");
        assert!(of(3..=9).take(4, 10).is_none(), "10 is missing");
        assert!(of([3, 4, 6, 7]).take(3, 7).is_none(), "5 is missing");
        assert!(of([3, 4, 4, 5]).take(2, 5).is_none(), "one of them was written twice");
        assert!(of(1..=CHUNK + 1).take(0, CHUNK + 1).is_none(), "it does not grow for ever");
    }

    #[test]
    fn what_is_undone_is_written_again() {
        let mut recent = of(3..=9);
        recent.undo(6);
        recent.add(&StoreId([1; 16]), &entry(7));
        assert!(recent.take(2, 7).is_some());
        let mut recent = of(3..=9);
        recent.undo(1);
        recent.add(&StoreId([1; 16]), &entry(2));
        assert!(recent.take(1, 2).is_some());
    }
}
