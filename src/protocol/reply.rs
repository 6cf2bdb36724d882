//! What a station answers.

use super::Secret;
use super::cards::{CardView, TrustView};
use super::damage::DamageView;
use super::reviews::{ClosedList, ExplanationRow, ReportPage, ReviewList, ReviewView, SlipView};
use super::view::{
    AccountView, CandidateView, CaseRow, EnquiryView, ExportPage, ExportView, FaceResultView, HomeView,
    LogEntryView, LogHeadView, LogPage, PersonView, RecoveryView, SessionView, ShippingView, SummaryPage,
    TokenView, VerifyView,
};
use crate::domain::case::CaseNumber;
use crate::domain::period::Section;
use crate::domain::review::ReviewId;
use crate::domain::{SafeText, UserId};
use serde::{Deserialize, Serialize};

/// The answer to an act that was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Nothing more to say.
    Done,
    /// Logged in with the first factor, or unlocked: the session and its token.
    LoggedIn {
        /// The session.
        session: SessionView,
        /// To resume it after a lost line.
        token: Secret,
    },
    /// The challenge text to sign, as it stands.
    Challenge {
        /// Text with its domain separation; ASCII.
        text: String,
    },
    /// The session after a factor, a lock or an unlock.
    Session(SessionView),
    /// The home screen.
    Home(Box<HomeView>),
    /// Older cases for the home screen.
    OlderCases {
        /// A page of them, newest first.
        cases: Vec<CaseRow>,
        /// Whether more follow.
        more: bool,
    },
    /// A case was opened or changed.
    Case(CaseNumber),
    /// An enquiry as it stands.
    Enquiry(Box<EnquiryView>),
    /// The key of an enquiry was checked and is on record; only this leads to 確認.
    KeyConfirmed(Box<EnquiryView>),
    /// One candidate alone.
    Candidate(Box<CandidateView>),
    /// The returned person alone.
    Person(Box<PersonView>),
    /// A page of the summary.
    Summary(Box<SummaryPage>),
    /// Rows of each section that have the word that was asked for.
    Found {
        /// The word, as it was asked.
        text: SafeText,
        /// Hits.
        hits: Vec<(Section, usize)>,
    },
    /// Results of the face-authentication reader.
    FaceResults(Vec<FaceResultView>),
    /// A page of the log.
    Log(LogPage),
    /// One entry of the log.
    LogEntry(Box<LogEntryView>),
    /// What the check of the chain found.
    Verified(VerifyView),
    /// Where the log stands.
    LogHead(Box<LogHeadView>),
    /// An export was begun and is on record.
    ExportBegun(Box<ExportView>),
    /// Rows of an export.
    ExportRows(ExportPage),
    /// Accounts.
    Accounts {
        /// A page of them.
        accounts: Vec<AccountView>,
        /// Whether more follow.
        more: bool,
    },
    /// A card was not enrolled yet: a second administrator must approve it.
    CardProposed {
        /// SHA-256 of its public key, hex.
        fingerprint: SafeText,
    },
    /// Cards.
    Cards {
        /// A page of them.
        cards: Vec<CardView>,
        /// The person after whom the next page begins, where one follows.
        next: Option<UserId>,
    },
    /// Whom the station believes.
    Trust(Box<TrustView>),
    /// A token's secret, shown this once.
    NewToken {
        /// The token's id.
        token: SafeText,
        /// Base32.
        secret: Secret,
        /// otpauth URI, for a QR code.
        uri: Secret,
    },
    /// Tokens.
    Tokens {
        /// A page of them.
        tokens: Vec<TokenView>,
        /// Whether more follow.
        more: bool,
    },
    /// How things stand with the emergency.
    Recovery(RecoveryView),
    /// Damage that nobody has acknowledged.
    Damage(DamageView),
    /// Open items of 事後確認.
    Reviews(Box<ReviewList>),
    /// Closed items of 事後確認.
    ClosedReviews(Box<ClosedList>),
    /// One item.
    Review(Box<ReviewView>),
    /// A page of the report of a month.
    Report(Box<ReportPage>),
    /// Explanations that are due.
    Explanations {
        /// A page of them.
        rows: Vec<ExplanationRow>,
        /// Whether more follow.
        more: bool,
    },
    /// The slip for a patient.
    Slip(Box<SlipView>),
    /// An objection is on record; the item that it opened.
    Objected {
        /// Its number.
        review: ReviewId,
    },
    /// How far the log has come to the archives.
    Shipping(ShippingView),
}

/// Why an act was refused, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// Not logged in, or the session ended.
    NoSession,
    /// The session is locked.
    Locked,
    /// Wrong user, password or card; one text for all.
    BadCredentials,
    /// Too many failures.
    LockedOut,
    /// The card was refused.
    BadCard,
    /// The one-time password was refused, or another factor that is neither password nor card.
    BadFactor,
    /// 救急時閲覧権限 or another permission is missing.
    NoPermission,
    /// Only one factor.
    OneFactor,
    /// A field is wrong or missing.
    BadInput,
    /// Necessity, consent or caution is missing.
    NoConsent,
    /// Not this session's, or not there. One text for both.
    NotFound,
    /// Not possible now.
    WrongState,
    /// Nothing tells this candidate from another, or the typed value is not its own.
    NotDistinguished,
    /// This method or act is switched off here.
    Unavailable,
    /// The station cannot write its record; nothing was done.
    StoreFailed,
    /// The folder does not answer.
    FolderFailed,
    /// The frame was not understood.
    BadRequest,
}

/// A refusal: what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{words}")]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people.
    pub words: SafeText,
    /// The fields that are wrong, by their protocol names, each with its sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(SafeText, SafeText)>,
    /// Not before so many seconds, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal without fields.
    pub fn new(code: RefusalCode, words: impl std::fmt::Display) -> Self {
        Self { code, words: SafeText::new(&words.to_string()), fields: Vec::new(), retry_after_s: None }
    }
}
