//! Where an enquiry may stand.

use super::request::{CancelOutcome, Sent};
use crate::domain::SafeText;
use crate::domain::candidate::Person;
use crate::domain::matching::{Agreement, PersonMismatch};
use serde::{Deserialize, Serialize};

/// Why the form is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// A new enquiry.
    New,
    /// The user refines, corrects or starts over; everything typed is kept.
    Again,
}

/// Where an enquiry stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// The form is open; a key may already have been checked.
    Drafting {
        /// Why.
        because: Because,
    },
    /// A request is out.
    Sent(Sent),
    /// 0 hits.
    NoMatch,
    /// 6 hits or more.
    TooMany,
    /// 2 to 5 hits.
    Candidates {
        /// The people, as returned.
        people: Vec<Person>,
    },
    /// The medical information is here; the person is not yet confirmed.
    Answered {
        /// Key of the stored document.
        document: SafeText,
        /// What could not be compared.
        agreement: Agreement,
    },
    /// The person was confirmed; the document may be read.
    Reading {
        /// Key of the stored document.
        document: SafeText,
        /// What could not be compared.
        agreement: Agreement,
    },
    /// The person present is not the one returned; the document stays shut.
    Rejected,
    /// The answer was about somebody else. Shut.
    Mismatch {
        /// In what.
        why: PersonMismatch,
    },
    /// Stopped by the user.
    Cancelled {
        /// What became of the request file.
        outcome: CancelOutcome,
    },
    /// No answer in time.
    TimedOut {
        /// What became of the request file.
        outcome: CancelOutcome,
    },
    /// 送信できたか不明: the station ended between the record and the file.
    DeliveryUnknown(Sent),
    /// C6, or the request could not be written.
    Failed {
        /// The error code, as received.
        code: SafeText,
        /// The message, as received.
        message: SafeText,
    },
    /// Given up by its owner.
    Closed,
}

impl State {
    /// The word of lists and of the log.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Drafting { .. } => "入力中",
            Self::Sent(_) => "照会中",
            Self::NoMatch => "該当なし（0件）",
            Self::TooMany => "該当多数（6件以上）",
            Self::Candidates { .. } => "候補あり",
            Self::Answered { .. } => "本人確認待ち",
            Self::Reading { .. } => "閲覧可",
            Self::Rejected => "別人と判断",
            Self::Mismatch { .. } => "不一致のため停止",
            Self::Cancelled { .. } => "中止",
            Self::TimedOut { .. } => "時間切れ",
            Self::DeliveryUnknown(_) => "送信できたか不明",
            Self::Failed { .. } => "エラー",
            Self::Closed => "終了",
        }
    }

    /// Information about somebody came and was taken for an answer. Who is asked about next may be somebody else, and
    /// each of them is owed an explanation and a review: so it is asked in an enquiry of its own.
    pub fn is_about_somebody(&self) -> bool {
        matches!(self, Self::Answered { .. } | Self::Reading { .. } | Self::Rejected)
    }

    /// The request that an answer may still belong to.
    pub fn awaiting(&self) -> Option<&Sent> {
        match self {
            Self::Sent(sent) | Self::DeliveryUnknown(sent) => Some(sent),
            _ => None,
        }
    }
}
