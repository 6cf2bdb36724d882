//! What an entry is found by, as numbers of equal length.

use super::{kind_of, patient};
use crate::domain::compare;
use crate::log::{Entry, StoreId};
use sha2::{Digest as _, Sha256};

/// Separates these hashes from every other use of SHA-256.
const DOMAIN: &[u8] = b"kyukyu-log-term-v1\0";

/// In what respect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Facet {
    /// Who operated, by user id.
    User = 1,
    /// What was done, by the tag of the act.
    Kind = 2,
    // 3 was used before, and stays free.
    /// 仮番号.
    Case = 4,
    /// 患者番号 of a patient.
    PatientId = 5,
    /// 照会番号.
    Reference = 6,
    /// 番号 of an insurance key.
    Number = 7,
    /// 氏名 or カナ.
    Name = 8,
    /// 生年月日.
    Birthdate = 9,
    /// Cannot be read as an entry, and so is found by everything.
    Unreadable = 10,
}

/// A value of a facet: the first eight bytes of a hash over the store's id, the facet and the folded text.
///
/// The index is no second list of patients: it shows nothing that the log beside it does not hold in the clear.
/// Two values that meet in one number cost a look at an entry that is then passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u64);

impl Term {
    /// The term of a text that is already folded.
    pub fn new(store: &StoreId, facet: Facet, folded: &str) -> Self {
        let mut sha = Sha256::new();
        sha.update(DOMAIN);
        sha.update(store.0);
        sha.update([facet as u8]);
        sha.update(folded.as_bytes());
        let hash: [u8; 32] = sha.finalize().into();
        Self(hash.first_chunk().map_or(0, |first| u64::from_be_bytes(*first)))
    }

    /// What is found by nothing that can be asked for, and so has to be shown whatever is asked for.
    pub fn unreadable(store: &StoreId) -> Self {
        Self::new(store, Facet::Unreadable, "")
    }

    /// As the index keeps it.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Everything that an entry is found by, each once, in order.
pub fn terms_of(store: &StoreId, entry: &Entry) -> Vec<Term> {
    let kind = kind_of(&entry.act);
    let mut terms = vec![Term::new(store, Facet::Kind, &kind)];
    if let Some(actor) = &entry.actor {
        terms.push(Term::new(store, Facet::User, actor.user.as_str()));
    }
    if let Some(case) = &entry.case {
        terms.push(Term::new(store, Facet::Case, &compare::fold(case.as_str())));
    }
    for subject in entry.subjects() {
        terms.extend(patient::facets(subject).map(|(facet, text)| Term::new(store, facet, &text)));
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}
