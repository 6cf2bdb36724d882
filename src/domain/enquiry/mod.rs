//! The enquiry: the heart. A pure state machine, driven by the station, drawn by the terminal.
//!
//! ```text
//! Drafting -> Sent(search) -> NoMatch | TooMany | Candidates | Sent(medical) | Failed | Mismatch
//! Sent(medical) -> Answered -> Reading | Rejected
//! ```
//! `Sent` means *intended*: it is committed before the request file exists. After a crash nothing is sent again by
//! the program: the enquiry is `DeliveryUnknown` until its owner decides.

mod held;
mod id;
mod request;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub use held::{Held, HeldBecause};
pub use id::{BadEnquiryId, EnquiryId};
pub use request::{CancelOutcome, Delivery, PastRequest, Purpose, Sent};
pub use state::{Because, State};
pub use step::{IllegalStep, Step};

use super::UserId;
use super::case::CaseNumber;
use super::consent::Confirmation;
use super::key::EnquiryKey;
use crate::domain::SafeText;
use serde::{Deserialize, Serialize};

/// An enquiry of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enquiry {
    /// Its id.
    pub id: EnquiryId,
    /// The case it belongs to.
    pub case: CaseNumber,
    /// Who owns it; nobody else's session may see or move it.
    pub owner: UserId,
    /// Where it stands.
    pub state: State,
    /// The checked key, once confirmed.
    pub key: Option<EnquiryKey>,
    /// Necessity and consent, once recorded.
    pub confirmation: Option<Confirmation>,
    /// Every request ever put on record, oldest first.
    pub requests: Vec<PastRequest>,
    /// Answers held beside it.
    pub held: Vec<Held>,
    /// To whom the person of which answer was shown last: only that can be confirmed.
    pub person_shown: Option<PersonShown>,
    /// When it was opened, UTC milliseconds.
    pub opened_ms: i64,
}

/// The person of an answer was shown, alone, to a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonShown {
    /// Public id of the session.
    pub session: SafeText,
    /// Key of the stored document.
    pub document: SafeText,
}

impl Enquiry {
    /// The request that the enquiry is about as it stands; none while the form is open.
    pub fn current_request(&self) -> Option<&PastRequest> {
        let of = |request: &str| self.requests.iter().find(|past| past.sent.request.as_str() == request);
        match &self.state {
            State::Drafting { .. } | State::Closed => None,
            State::Sent(sent) | State::DeliveryUnknown(sent) => of(sent.request.as_str()),
            State::Answered { document, .. } | State::Reading { document, .. } => {
                document.as_str().rsplit('/').next().and_then(of)
            }
            _ => self.requests.last(),
        }
    }

    /// A new one, with the form open.
    pub fn open(id: EnquiryId, case: CaseNumber, owner: UserId, now_ms: i64) -> Self {
        Self {
            id,
            case,
            owner,
            state: State::Drafting { because: Because::New },
            key: None,
            confirmation: None,
            requests: Vec::new(),
            held: Vec::new(),
            person_shown: None,
            opened_ms: now_ms,
        }
    }

    /// Notes what became of a request that was to be withdrawn; it may be an earlier one than the last.
    pub fn note_withdrawal(&mut self, file: &SafeText, outcome: CancelOutcome) {
        let past = self.requests.iter_mut().find(|past| past.sent.file_name == *file);
        if let Some(past) = past {
            past.withdrawal = Some(outcome);
        }
    }

    /// Takes a step; a refusal changes nothing.
    pub fn take(&mut self, step: Step) -> Result<(), IllegalStep> {
        self.state = self.state.step(step)?;
        Ok(())
    }
}
