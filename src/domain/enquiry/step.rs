//! What may happen to an enquiry, and what then becomes of it.

use super::request::{CancelOutcome, Delivery, Purpose, Sent};
use super::state::{Because, State};
use crate::domain::SafeText;
use crate::domain::candidate::Person;
use crate::domain::matching::{Agreement, PersonMismatch};

/// What may happen to an enquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open the form again, everything kept. Not once information about somebody is there: see
    /// [`State::is_about_somebody`].
    Redraft,
    /// Put a request on record.
    Send(Sent),
    /// The file stands in the folder.
    Written,
    /// The link software took the file.
    Taken,
    /// 処理中
    Processing,
    /// 0 hits.
    FoundNobody,
    /// 6 hits or more.
    FoundTooMany,
    /// 2 to 5 hits.
    FoundSeveral(Vec<Person>),
    /// Medical information about the right person.
    Answer {
        /// Key of the stored document.
        document: SafeText,
        /// What could not be compared.
        agreement: Agreement,
    },
    /// About somebody else.
    Mismatch(PersonMismatch),
    /// An error from the link software or the folder.
    Fail {
        /// Code.
        code: SafeText,
        /// Message.
        message: SafeText,
    },
    /// The user stops waiting.
    Cancel,
    /// Too long.
    TimeOut,
    /// What became of the withdrawn file.
    Withdrawal(CancelOutcome),
    /// The station restarted after the record and before it knew that the file stood.
    Lost,
    /// The person present is the one returned.
    ConfirmPerson,
    /// The person present is somebody else.
    RejectPerson,
    /// The owner opens an answer that came late; the person is still to be confirmed.
    OpenLate {
        /// Key of the stored document.
        document: SafeText,
        /// What could not be compared.
        agreement: Agreement,
    },
    /// The owner gives up.
    Close,
}

/// A step that is not possible now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("この操作はいまの状態（{state}）ではできません。画面を更新してください")]
pub struct IllegalStep {
    /// Where the enquiry stands.
    pub state: &'static str,
}

impl State {
    /// The state after a step, or a refusal that changes nothing.
    pub fn step(&self, step: Step) -> Result<Self, IllegalStep> {
        match (self, step) {
            (_, Step::Redraft) if self.may_be_left() && !self.is_about_somebody() => {
                Ok(Self::Drafting { because: Because::Again })
            }
            (_, Step::Close) if self.may_be_left() => Ok(Self::Closed),
            (from, Step::Send(sent)) => from.send(sent),
            (Self::Sent(sent) | Self::DeliveryUnknown(sent), step) => self.under_way(sent, step),
            (Self::Cancelled { outcome: before }, Step::Withdrawal(outcome)) if outcome.follows(*before) => {
                Ok(Self::Cancelled { outcome })
            }
            (Self::TimedOut { outcome: before }, Step::Withdrawal(outcome)) if outcome.follows(*before) => {
                Ok(Self::TimedOut { outcome })
            }
            (Self::Answered { document, agreement }, Step::ConfirmPerson) => {
                Ok(Self::Reading { document: document.clone(), agreement: *agreement })
            }
            (Self::Answered { .. }, Step::RejectPerson) => Ok(Self::Rejected),
            (
                Self::Drafting { .. } | Self::Cancelled { .. } | Self::TimedOut { .. },
                Step::OpenLate { document, agreement },
            ) => Ok(Self::Answered { document, agreement }),
            _ => self.illegal(),
        }
    }

    fn illegal(&self) -> Result<Self, IllegalStep> {
        Err(IllegalStep { state: self.label() })
    }

    /// Not while a request is out or its withdrawal is being found out: first it is said what became of it.
    fn may_be_left(&self) -> bool {
        !matches!(
            self,
            Self::Closed
                | Self::Sent(_)
                | Self::Cancelled { outcome: CancelOutcome::Pending }
                | Self::TimedOut { outcome: CancelOutcome::Pending }
        )
    }

    /// A request may be put on record from the form, from the list (about one of its people), from a search that
    /// found exactly one, and again by the owner where it is not known whether the last one went out.
    fn send(&self, sent: Sent) -> Result<Self, IllegalStep> {
        let allowed = match self {
            Self::Drafting { .. } => sent.chosen.is_none(),
            Self::Candidates { people } => {
                sent.purpose == Purpose::Medical && sent.chosen.as_ref().is_some_and(|p| people.contains(p))
            }
            Self::Sent(search) => {
                search.purpose == Purpose::Search && sent.purpose == Purpose::Medical && sent.chosen.is_some()
            }
            Self::DeliveryUnknown(lost) => sent.purpose == lost.purpose && sent.chosen == lost.chosen,
            _ => false,
        };
        // What was not yet written cannot have got any further.
        if allowed && sent.delivery == Delivery::Intended { Ok(Self::Sent(sent)) } else { self.illegal() }
    }

    /// What becomes of a request that is out, or of which it is not known.
    fn under_way(&self, sent: &Sent, step: Step) -> Result<Self, IllegalStep> {
        let further =
            |delivery: Delivery| Self::Sent(Sent { delivery: delivery.max(sent.delivery), ..sent.clone() });
        Ok(match step {
            Step::Written => further(Delivery::Written),
            Step::Taken => further(Delivery::Taken),
            Step::Processing => further(Delivery::Processing),
            Step::FoundNobody => Self::NoMatch,
            Step::FoundTooMany => Self::TooMany,
            Step::FoundSeveral(people) if (2..=5).contains(&people.len()) && sent.chosen.is_none() => {
                Self::Candidates { people }
            }
            Step::Answer { document, agreement } => Self::Answered { document, agreement },
            Step::Mismatch(why) => Self::Mismatch { why },
            Step::Fail { code, message } => Self::Failed { code, message },
            Step::Cancel => Self::Cancelled { outcome: CancelOutcome::Pending },
            Step::TimeOut => Self::TimedOut { outcome: CancelOutcome::Pending },
            Step::Lost if sent.delivery == Delivery::Intended => Self::DeliveryUnknown(sent.clone()),
            _ => return self.illegal(),
        })
    }
}
