//! What can be done, as far as the log is concerned (requirement E1).

use super::Subject;
use super::chain::StoreId;
use super::words::{
    Change, ChoiceField, Consent, EnrolledBy, Link, LoginFailure, Method, Moment, Oddity, Part,
    PreviousStore, ReviewVerdict, Revocation, SessionCause,
};
use crate::domain::SafeText;
use crate::domain::account::{Permission, Permissions, Profession};
use crate::domain::factor::Factor;
use serde::{Deserialize, Serialize};

/// One act. The tag `kind` and the field names are for ever: old entries must stay readable, so a variant is
/// added, never renamed; a field is added only as an `Option` that is left out when empty. Written and read in
/// `tagged.rs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
#[allow(missing_docs)] // the fields; each variant says what it is
pub enum Act {
    // -- the store and the station --------------------------------------------------------------------
    /// The first entry of a store.
    StoreCreated {
        store_id: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<PreviousStore>,
    },
    /// The station started; what the check of the log at start found.
    StoreOpened { version: SafeText, checked: u64, faults: u64, unclean: bool },
    /// The station stopped in order.
    StoreClosed { cause: SafeText },
    /// Nothing happened, and the station was there: silence is bounded.
    Heartbeat { sessions: u32, waiting: u32 },
    /// A part of the station changed between working and not.
    StationState { part: Part, state: Link, detail: SafeText },
    /// Something kept was found damaged, and what was done about it.
    Damage { what: SafeText, done: SafeText },
    /// An administrator has seen the damage: the mark goes from the screens.
    DamageAcknowledged { words: SafeText },
    /// The key that signs the checkpoints was made; from here on they are signed with it.
    LogKeyCreated {
        key: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<SafeText>,
    },
    /// A setting was changed.
    SettingChanged { changes: Vec<Change> },
    /// An authority is believed from now on. `sha256` is that of its whole certificate.
    AuthorityAdded { sha256: SafeText, factor: Factor, subject: SafeText },
    /// It is believed no longer.
    AuthorityRemoved { sha256: SafeText, factor: Factor, subject: SafeText, reason: SafeText },
    /// The folder of revocation lists was read and held something else than before.
    RevocationListsRead { lists: u64, refused: Vec<SafeText> },
    /// The station started with My Number cards switched on, on these grounds.
    MyNumberAllowed { basis: SafeText },

    // -- who ---------------------------------------------------------------------------------------------
    /// The password was right.
    LoginPasswordOk {},
    /// It was not, or the account could not be used.
    LoginPasswordFailed { typed_user: SafeText, why: LoginFailure, failures: u32 },
    /// A fresh challenge was given out for a card to sign.
    CardChallengeIssued { challenge: SafeText },
    /// The card signed it.
    CardAccepted {
        challenge: SafeText,
        factor: Factor,
        certificate: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hc_role: Option<SafeText>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revocation: Option<Revocation>,
    },
    /// It did not, or it is not this person's card.
    CardRefused {
        challenge: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certificate: Option<SafeText>,
        why: SafeText,
        /// For whom the card was to be enrolled, where it was not shown for a login.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<SafeText>,
    },
    /// A session began.
    SessionStarted { factors: Vec<Factor> },
    /// A terminal came back to its session after the line or the station was away.
    SessionResumed {},
    /// The session was locked.
    SessionLocked { cause: SessionCause },
    /// Both factors were proved again.
    SessionUnlocked { factors: Vec<Factor> },
    /// The session ended.
    SessionEnded { cause: SessionCause },
    /// An account was made.
    AccountAdded { user: SafeText, name: SafeText, profession: Profession, permissions: Permissions },
    /// An account's name, profession or record id was changed.
    AccountChanged { user: SafeText, changes: Vec<Change> },
    /// A permission was granted.
    PermissionGranted { user: SafeText, permission: Permission },
    /// A permission was taken away.
    PermissionRevoked { user: SafeText, permission: Permission },
    /// The account can log in no longer.
    AccountDisabled { user: SafeText },
    /// Too many failures: locked for so many seconds.
    AccountLocked { user: SafeText, seconds: u64 },
    /// An administrator ended a lock-out.
    AccountUnlocked { user: SafeText },
    /// A password was set.
    PasswordSet { user: SafeText },
    /// A card was enrolled for an account.
    CardEnrolled {
        user: SafeText,
        factor: Factor,
        certificate: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hc_role: Option<SafeText>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<EnrolledBy>,
    },
    /// A card's enrolment was ended.
    CardRemoved {
        user: SafeText,
        certificate: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<SafeText>,
    },
    /// A fresh challenge was given out, for the card that is to be enrolled for this person.
    EnrolmentChallengeIssued { user: SafeText, challenge: SafeText },
    /// A card is to take the place of another; a second administrator decides.
    CardProposed {
        user: SafeText,
        factor: Factor,
        certificate: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hc_role: Option<SafeText>,
    },
    /// The second administrator said no.
    CardRejected { user: SafeText, certificate: SafeText, reason: SafeText },
    /// The secret of a token was shown to be enrolled; nothing counts yet.
    TokenSecretShown { user: SafeText, token: SafeText, emergency: bool },
    /// The first right code was typed: the token is enrolled.
    TokenEnrolled { user: SafeText, token: SafeText },
    /// The same for an emergency token (A7), with its end in Japanese time.
    EmergencyTokenIssued {
        user: SafeText,
        token: SafeText,
        reason: SafeText,
        until: SafeText,
        priority_review: bool,
    },
    /// A one-time password was right. Every use of an emergency token is to be reviewed.
    TokenAccepted { token: SafeText, factor: Factor, emergency: bool, priority_review: bool },
    /// It was not, or there is no token for it.
    TokenRefused { why: SafeText, failures: u32 },
    /// A token was revoked.
    TokenRevoked { user: SafeText, token: SafeText, reason: SafeText },
    /// An emergency token's time is over.
    EmergencyTokenExpired { user: SafeText, token: SafeText },
    /// 復旧: the emergency is over, and so are its tokens and the sessions that rest on them.
    RecoveryDeclared { words: SafeText, tokens: u32, sessions: u32, priority_review: bool },
    /// A rule refused an act; or what was typed for it (`input`) was incomplete or wrong.
    Refusal {
        act: SafeText,
        reason: SafeText,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        input: bool,
    },
    /// So many more refusals like one that is on record; without a reason they differed in theirs.
    RefusalsCounted {
        act: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<SafeText>,
        times: u64,
        seconds: u64,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        input: bool,
    },

    // -- the case and the key ----------------------------------------------------------------------------
    /// A case was opened under a 仮番号.
    CaseOpened {},
    /// Something about the case was changed, evidence of identity included.
    CaseChanged { changes: Vec<Change> },
    /// The case was closed.
    CaseClosed { reason: SafeText },
    /// A half-typed key was left and kept for later.
    DraftSaved {},
    /// It was thrown away.
    DraftDropped {},
    /// The whole key was seen and confirmed; where it differs from the key on file, both.
    KeyConfirmed {
        method: Method,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_file: Option<Box<Subject>>,
        sent: Box<Subject>,
    },
    /// A caution of T4.1.4-2 was shown, and confirmed where it asks for that.
    CautionShown { moment: Moment, caution: SafeText },
    /// 必要性 and consent were recorded.
    ConsentRecorded {
        necessity: bool,
        consent: Consent,
        how: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tried: Option<SafeText>,
        priority_review: bool,
    },

    // -- asking --------------------------------------------------------------------------------------------
    /// The last entry before a request file may exist.
    RequestIntended {
        request: SafeText,
        file: SafeText,
        method: Method,
        key: Box<Subject>,
        consent: Consent,
        information: SafeText,
        factors: Vec<Factor>,
    },
    /// The request file stands in the folder.
    RequestWritten { request: SafeText, file: SafeText },
    /// It could not be written; nothing was asked.
    RequestWriteFailed { request: SafeText, why: SafeText },
    /// 取下げ済: the unread request file was taken back.
    RequestWithdrawn { request: SafeText },
    /// 送信済の可能性: it could not be taken back, or a crash left it unknown.
    RequestMaybeSent { request: SafeText, why: SafeText },
    /// The link software took the file.
    RequestTaken { request: SafeText },
    /// A whole answer was read.
    AnswerArrived {
        request: SafeText,
        file: SafeText,
        sha256: SafeText,
        bytes: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hits: Option<u32>,
        result: SafeText,
    },
    /// An answer was not accepted as one.
    AnswerRefused {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<SafeText>,
        file: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<SafeText>,
        why: SafeText,
    },
    /// An answer came after the enquiry had been given up.
    AnswerLate { request: SafeText, file: SafeText, sha256: SafeText },
    /// A second answer to one request says something else.
    AnswerConflict { request: SafeText, file: SafeText, sha256: SafeText, first_sha256: SafeText },
    /// The answer is about somebody else.
    AnswerMismatch { request: SafeText, file: SafeText, sha256: SafeText, fields: Vec<SafeText> },
    /// Two to five people were shown, each with the full key.
    CandidatesShown { candidates: Vec<Subject> },
    /// One was chosen by typing a value that differs. `index` counts from 1.
    CandidateChosen { index: u32, field: ChoiceField, typed: SafeText, candidate: Box<Subject> },
    /// What was typed does not tell the candidate apart, or nothing does.
    CandidateChoiceRefused { index: u32, typed: SafeText, why: SafeText },
    /// Back to the key, everything kept, to search again. `next`: as an enquiry of its own, because information about
    /// somebody had come to this one.
    SearchRefined {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<SafeText>,
    },
    /// The person cancelled while waiting.
    EnquiryCancelled {},
    /// No answer within so many seconds.
    EnquiryTimedOut { seconds: u64 },
    /// The person left an enquiry without a result.
    EnquiryAbandoned {},
    /// A file of the folder was noted and left alone.
    FileNoted { file: SafeText, why: Oddity },
    /// The newest results of the face reader were listed with their names.
    FaceListShown {
        shown: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        people: Vec<Subject>,
    },
    /// The chosen one was copied.
    FaceResultCopied {
        file: SafeText,
        sha256: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Box<Subject>>,
    },

    // -- looking -------------------------------------------------------------------------------------------
    /// The returned person was shown alone, before any medical content (C5).
    PersonShown { person: Box<Subject> },
    /// It is the person present.
    PersonConfirmed { against: SafeText },
    /// It is not.
    PersonRejected { why: SafeText },
    /// 救急用サマリー was displayed.
    SummaryDisplayed { request: SafeText, information: Vec<SafeText>, sections: Vec<SafeText> },
    /// A word was looked for in 救急用サマリー; the sections in which it stands. The word itself is medical and stays out.
    SummarySearched { request: SafeText, sections: Vec<SafeText> },
    /// Another document was displayed.
    DocumentDisplayed { request: SafeText, information: SafeText, sha256: SafeText },
    /// A document left the store as a file.
    DocumentExported { document: SafeText, sha256: SafeText, to: SafeText },
    /// A document was sent to a printer.
    DocumentPrinted { document: SafeText, sha256: SafeText, printer: SafeText, pages: u32 },
    /// A document was deleted from the store.
    DocumentDeleted { document: SafeText, sha256: SafeText, why: SafeText },

    // -- looking back ----------------------------------------------------------------------------------------
    /// The list of 事後確認 was shown: how many were open, and of them overdue.
    ReviewListShown { open: u64, overdue: u64 },
    /// Closed ones were listed, of one month or of all.
    ClosedReviewsShown {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        month: Option<SafeText>,
    },
    /// One of them was shown.
    ReviewShown { review: SafeText },
    /// A reviewer closed it. From then on it does not change.
    ReviewClosed { review: SafeText, about: SafeText, verdict: ReviewVerdict, words: SafeText },
    /// 再確認: a new one follows a closed one.
    ReviewFollowed { review: SafeText, follows: SafeText, words: SafeText },
    /// The report of a month left the station.
    ReviewReported { month: SafeText, format: SafeText },
    /// The list of 事後説明 was shown.
    ExplanationListShown {},
    /// The slip for the patient was shown or printed.
    ExplanationSlipShown {},
    /// It was explained to somebody; by whom may be somebody without an account.
    ExplanationGiven { to: SafeText, by: SafeText, words: SafeText },
    /// The patient or the family objects. A review is opened by it.
    ObjectionRaised { review: SafeText, words: SafeText, priority_review: bool },

    // -- the log itself ------------------------------------------------------------------------------------
    /// The log was opened.
    LogOpened {},
    /// It was searched.
    LogSearched { filter: SafeText },
    /// It was exported: on record before the first byte leaves. Of a period, only what was written in it.
    LogExported {
        format: SafeText,
        first: u64,
        last: u64,
        to: SafeText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        period: Option<SafeText>,
    },
    /// An export ended: how many rows were given, and whether whoever wrote them said that all of them are in their
    /// place, with the file's hash.
    LogExportEnded {
        format: SafeText,
        last: u64,
        rows: u64,
        whole: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<SafeText>,
    },
    /// It was verified.
    LogVerified { entries: u64, faults: u64 },
}

impl Act {
    /// The store that this one follows, where this is the first entry of one that does.
    pub fn follows(&self) -> Option<StoreId> {
        match self {
            Self::StoreCreated { previous: Some(previous), .. } => StoreId::parse(previous.store_id.as_str()),
            _ => None,
        }
    }

    /// The patients named within the act.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &Subject> {
        let (first, second, many): (Option<&Subject>, Option<&Subject>, &[Subject]) = match self {
            Self::KeyConfirmed { on_file, sent, .. } => (on_file.as_deref(), Some(sent), &[]),
            Self::RequestIntended { key, .. } => (Some(key), None, &[]),
            Self::CandidateChosen { candidate, .. } => (Some(candidate), None, &[]),
            Self::PersonShown { person } => (Some(person), None, &[]),
            Self::FaceResultCopied { person, .. } => (person.as_deref(), None, &[]),
            Self::CandidatesShown { candidates: many } | Self::FaceListShown { people: many, .. } => {
                (None, None, many)
            }
            _ => (None, None, &[]),
        };
        first.into_iter().chain(second).chain(many)
    }
}
