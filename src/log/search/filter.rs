//! What is wanted, checked.

use super::{Facet, Patient, Term, kind_of};
use crate::domain::{SafeText, compare};
use crate::log::{Entry, StoreId};

/// Which entries are wanted. Everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Somebody among the entry's patients.
    pub patient: Patient,
    /// The one who operated, by user id.
    pub user: Option<SafeText>,
    /// From this moment on, UTC milliseconds of the wall clock.
    pub from: Option<i64>,
    /// Before this moment.
    pub to: Option<i64>,
    /// Any of these kinds of act, by their tags.
    pub kinds: Vec<String>,
    /// 仮番号.
    pub case: Option<SafeText>,
    /// In words, for the record: what is filtered.
    pub words: Vec<SafeText>,
}

impl Filter {
    /// The entries of one operator.
    pub fn of_user(user: SafeText) -> Self {
        Self { user: Some(user), ..Self::default() }
    }

    /// Whether an entry is wanted.
    pub fn matches(&self, entry: &Entry) -> bool {
        let at = entry.at.utc_ms;
        let user = || entry.actor.as_ref().map(|actor| &actor.user);
        self.from.is_none_or(|from| from <= at)
            && self.to.is_none_or(|to| at < to)
            && self.user.as_ref().is_none_or(|wanted| user() == Some(wanted))
            && self.case.as_ref().is_none_or(|wanted| {
                entry.case.as_ref().is_some_and(|case| compare::same(case.as_str(), wanted.as_str()))
            })
            && (self.kinds.is_empty() || self.kinds.contains(&kind_of(&entry.act)))
            && (self.patient.is_anybody() || entry.subjects().any(|subject| self.patient.is(subject)))
    }

    /// What an index must hold of a wanted entry: of each list at least one.
    pub fn needles(&self, store: &StoreId) -> Vec<Vec<Term>> {
        let mut needles: Vec<Vec<Term>> = Vec::new();
        needles.extend(self.user.as_ref().map(|user| vec![Term::new(store, Facet::User, user.as_str())]));
        if !self.kinds.is_empty() {
            needles.push(self.kinds.iter().map(|kind| Term::new(store, Facet::Kind, kind)).collect());
        }
        let case = self.case.as_ref().map(|case| (Facet::Case, compare::fold(case.as_str())));
        let facets = self.patient.facets().chain(case);
        needles.extend(facets.map(|(facet, text)| vec![Term::new(store, facet, &text)]));
        needles
    }

    /// The stretch of time, where one is given.
    pub fn span(&self) -> Option<(i64, i64)> {
        let given = self.from.is_some() || self.to.is_some();
        given.then(|| (self.from.unwrap_or(i64::MIN), self.to.unwrap_or(i64::MAX)))
    }

    /// Whether everything is wanted.
    pub fn is_everything(&self) -> bool {
        let Self { patient, user, from, to, kinds, case, words: _ } = self;
        patient.is_anybody()
            && user.is_none()
            && from.is_none()
            && to.is_none()
            && kinds.is_empty()
            && case.is_none()
    }

    /// For the record of the search and above its result.
    pub fn in_words(&self) -> SafeText {
        let words: Vec<&str> = self.words.iter().map(SafeText::as_str).collect();
        if words.is_empty() { SafeText::new("条件なし") } else { SafeText::new(&words.join("／")) }
    }
}
