//! Whose patient is to be told, on the way between the list, the slip and the forms.

use crate::domain::enquiry::EnquiryId;
use crate::domain::review::{ReviewId, Role};
use crate::protocol::reviews::{ExplanationRow, ReviewView};

/// What is put on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// It was explained.
    Explained,
    /// The patient or the family objects.
    Objection,
}

/// An enquiry that is explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub enquiry: EnquiryId,
    /// Patient, and who looked when: what a person knows it by.
    pub about: String,
    /// The item of 事後確認 from which it was opened.
    pub from: Option<ReviewId>,
}

impl Told {
    /// From the list of explanations.
    pub fn of_row(row: &ExplanationRow) -> Self {
        let about = format!("{}  閲覧者 {}  {}", row.patient, row.viewer, row.since);
        Self { enquiry: row.enquiry.clone(), about, from: None }
    }

    /// From an item that is about an enquiry.
    pub fn of_review(view: &ReviewView) -> Option<Self> {
        let viewer = view.item.parts.iter().find(|part| part.role == Role::Looked);
        let viewer = viewer.map_or("", |part| part.name.as_str());
        let about = format!("{}  閲覧者 {viewer}  {}", view.item.facts.patient, view.at);
        let enquiry = view.item.about.enquiry()?.clone();
        Some(Self { enquiry, about, from: Some(view.item.id.clone()) })
    }
}
