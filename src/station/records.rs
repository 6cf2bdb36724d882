//! What the station keeps in the store beside domain's own types. All of it is sealed.

use crate::domain::case::CaseNumber;
use crate::domain::consent::ConsentDraft;
use crate::domain::enquiry::EnquiryId;
use crate::domain::key::KeyDraft;
use crate::domain::medical::AnswerContent;
use crate::domain::{SafeText, UserId};
use crate::identity::{Enrolment, StoredPassword};
use crate::protocol::Refusal;
use serde::{Deserialize, Serialize};

/// The secrets of an account.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credential {
    /// argon2id.
    pub(crate) password: StoredPassword,
    /// Enrolled cards.
    pub(crate) cards: Vec<Enrolment>,
}

/// The last 復旧 that was declared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recovery {
    /// How many there have been.
    pub(crate) count: u64,
    pub(crate) at_ms: i64,
    pub(crate) by: Option<UserId>,
    pub(crate) words: SafeText,
}

/// What was typed of an enquiry, kept whatever is wrong with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DraftRecord {
    pub(crate) key: KeyDraft,
    pub(crate) consent: ConsentDraft,
    /// The key as a source gave it, before corrections (B6).
    pub(crate) on_file: Option<KeyDraft>,
}

/// An answer as kept. Its bytes are kept whatever they say; its content only where it was believed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) enquiry: EnquiryId,
    pub(crate) request: SafeText,
    pub(crate) file_name: SafeText,
    pub(crate) sha256: SafeText,
    /// The bytes as received, base64.
    pub(crate) raw: String,
    /// What it says; nothing of an answer that was refused, which is kept shut.
    pub(crate) content: Option<AnswerContent>,
    pub(crate) retrieved_ms: i64,
    pub(crate) late: bool,
}

/// What an act came to, for when it is asked again. Nothing that was shown is kept here.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    /// It was done, and there is nothing more to say.
    Nothing,
    /// A case was opened or changed.
    Case(CaseNumber),
    /// An enquiry was moved.
    Enquiry(EnquiryId),
    /// The key of an enquiry was confirmed.
    KeyConfirmed(EnquiryId),
    /// It was refused.
    Refused(Refusal),
}

/// The same with its time.
#[derive(Serialize, Deserialize)]
pub(crate) struct DoneBefore {
    pub(crate) done: Done,
    pub(crate) at_ms: i64,
}

/// Which enquiry a request file belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RequestOf {
    pub(crate) enquiry: EnquiryId,
}
