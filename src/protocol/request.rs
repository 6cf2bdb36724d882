//! What a client may ask.

mod shows;

use super::Secret;
use super::cards::{IssuedCard, SignedChallenge};
use super::damage::DamageRequest;
use super::export::ViewFormat;
use crate::card::SpkiHash;
use crate::domain::candidate::PersonField;
use crate::domain::case::{CaseDraft, CaseNumber};
use crate::domain::consent::ConsentDraft;
use crate::domain::enquiry::EnquiryId;
use crate::domain::explanation::ExplainedTo;
use crate::domain::key::{EnquiryKey, KeyDraft};
use crate::domain::period::Section;
use crate::domain::review::{ReviewId, Verdict};
use crate::domain::{Month, Permission, Profession, SafeText, UserId};
use crate::log::search::Draft;
use serde::{Deserialize, Serialize};

/// Why a terminal ends its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// The person asked for it.
    Asked,
    /// SIGHUP: the line of the terminal is gone.
    Hangup,
    /// SIGTERM and its like.
    Terminated,
}

/// An act.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// First factor.
    Login {
        /// As typed; an unknown or impossible id fails like a wrong password.
        user: String,
        /// As typed.
        password: Secret,
    },
    /// A fresh challenge for the card.
    CardChallenge,
    /// Second factor: the card's signature over the challenge.
    CardProof {
        /// The challenge as it was given out.
        challenge: String,
        /// Certificate, DER in base64.
        certificate: String,
        /// Signature, base64.
        signature: String,
        /// The hash that the card signed.
        hash: crate::card::Hash,
    },
    /// The password again, for a locked session; the card follows as at login.
    Unlock {
        /// As typed.
        password: Secret,
    },
    /// Second factor: the one-time password that a token shows, after the password.
    OneTimeProof {
        /// As typed.
        code: Secret,
    },
    /// Locks the session now.
    Lock {
        /// The card was withdrawn.
        card_gone: bool,
    },
    /// Locks the session now: the terminal cannot see any more whether the card still lies there.
    LockUnseen,
    /// Ends the session.
    Logout {
        /// Why.
        cause: EndCause,
    },
    /// Keys are being pressed: not idle.
    Alive,
    /// The home screen.
    Home,
    /// Cases older than those that the home screen shows.
    OlderCases {
        /// The last one shown.
        before: CaseNumber,
    },
    /// A new case.
    OpenCase {
        /// The form as typed.
        draft: CaseDraft,
    },
    /// Corrects a case.
    ChangeCase {
        /// Which.
        case: CaseNumber,
        /// The form as typed.
        draft: CaseDraft,
    },
    /// A new enquiry of a case.
    OpenEnquiry {
        /// Which case.
        case: CaseNumber,
    },
    /// An enquiry as it stands.
    ShowEnquiry {
        /// Which.
        enquiry: EnquiryId,
    },
    /// Keeps what was typed so far, sealed at the station.
    SaveDraft {
        /// Which.
        enquiry: EnquiryId,
        /// The key form as typed.
        key: KeyDraft,
        /// The consent form as filled in.
        consent: ConsentDraft,
    },
    /// Checks the key and puts it on record; the reply carries the cautions to show.
    ConfirmKey {
        /// Which.
        enquiry: EnquiryId,
        /// The form as typed.
        key: KeyDraft,
    },
    /// 「注意事項を確認の上、照会する」
    Send {
        /// Which.
        enquiry: EnquiryId,
        /// The key that was shown and confirmed. Another one confirmed meanwhile, on another screen, is not sent.
        key: EnquiryKey,
        /// Necessity, consent, cautions.
        consent: ConsentDraft,
    },
    /// Stops waiting.
    Cancel {
        /// Which.
        enquiry: EnquiryId,
    },
    /// Back to the form, everything kept.
    Redraft {
        /// Which.
        enquiry: EnquiryId,
    },
    /// Shows one candidate alone; the reply says what must be typed to choose it.
    ShowCandidate {
        /// Which.
        enquiry: EnquiryId,
        /// Row, from 0.
        row: usize,
    },
    /// 「閲覧」: chooses a candidate by typing what differs.
    Choose {
        /// Which.
        enquiry: EnquiryId,
        /// Row, from 0.
        row: usize,
        /// The typed values.
        typed: Vec<(PersonField, String)>,
        /// The caution of the list was confirmed.
        caution: bool,
    },
    /// Sends once more what may not have gone out (after a restart of the station).
    SendAgain {
        /// Which.
        enquiry: EnquiryId,
    },
    /// Opens an answer that came late.
    OpenLate {
        /// Which.
        enquiry: EnquiryId,
    },
    /// The returned person, alone, before any medical content.
    ShowPerson {
        /// Which.
        enquiry: EnquiryId,
    },
    /// How many rows of each section of the summary have a word: the filter of the screen has only one section.
    FindInSummary {
        /// Which.
        enquiry: EnquiryId,
        /// The word as typed.
        text: String,
    },
    /// Whether the person present is the one returned.
    ConfirmPerson {
        /// Which.
        enquiry: EnquiryId,
        /// The document whose person was shown, from the reply to [`Request::ShowPerson`].
        document: SafeText,
        /// Yes or no.
        same: bool,
    },
    /// A page of a section of the summary.
    ReadSummary {
        /// Which.
        enquiry: EnquiryId,
        /// Section.
        section: Section,
        /// First row, from 0.
        from: usize,
    },
    /// The owner gives the enquiry up.
    CloseEnquiry {
        /// Which.
        enquiry: EnquiryId,
    },
    /// The newest results of the face-authentication reader (B1).
    FaceResults,
    /// Copies the chosen result into the enquiry's form.
    UseFaceResult {
        /// Which.
        enquiry: EnquiryId,
        /// The result's name, from the list.
        name: SafeText,
    },
    /// A page of the log, newest first: one's own, or everybody's with the permission.
    ReadLog {
        /// Entries before this sequence number.
        before: Option<u64>,
        /// One's own only.
        own: bool,
    },
    /// A page of the entries that are looked for, newest first. Each search is on record with its filter.
    SearchLog {
        /// The form as typed.
        filter: Box<Draft>,
        /// Entries before this sequence number.
        before: Option<u64>,
        /// One's own only.
        own: bool,
    },
    /// One entry of the log with all its fields.
    ShowLogEntry {
        /// Its sequence number.
        seq: u64,
        /// One's own only.
        own: bool,
    },
    /// Checks the whole chain.
    VerifyLog,
    /// The same against what somebody outside has kept.
    VerifyLogAgainst {
        /// A short code, or a signed note.
        outside: String,
    },
    /// Where the log stands: its short code, its newest checkpoint, its key, its witnesses.
    LogHead,
    /// Begins an export of the whole log as it stands; the export itself is on record first.
    ExportLog {
        /// Where it goes, as the person named it.
        to: String,
    },
    /// The next rows of an export that was begun in this session.
    ExportRows {
        /// From this number on.
        from: u64,
    },
    /// The same in a format that others read, and where that is wanted only of a stretch of time.
    ExportLogAs {
        /// Which.
        format: ViewFormat,
        /// Where it goes, as the person named it.
        to: String,
        /// From this day or minute on, as typed; empty for the beginning.
        from: String,
        /// To this day or minute, included, as typed; empty for now.
        until: String,
    },
    /// The export that was begun in this session is at its end.
    EndExport {
        /// Everything was written and is in its place.
        whole: bool,
        /// SHA-256 of the file that was written, hex.
        sha256: Option<String>,
    },
    /// Accounts (施設管理者), in the order of their ids.
    ListAccounts {
        /// From the first id after this one.
        after: Option<UserId>,
    },
    /// Adds an account.
    AddAccount {
        /// Its id.
        user: UserId,
        /// 氏名
        name: String,
        /// 資格/職種
        profession: Profession,
        /// 電子カルテ user id.
        record_user: Option<String>,
        /// First password.
        password: Secret,
    },
    /// Grants or revokes a permission.
    SetPermission {
        /// Whose.
        user: UserId,
        /// Which.
        permission: Permission,
        /// Grant or revoke.
        granted: bool,
    },
    /// Disables or enables.
    SetDisabled {
        /// Whose.
        user: UserId,
        /// Disable or enable.
        disabled: bool,
    },
    /// Lifts a lock-out.
    UnlockAccount {
        /// Whose.
        user: UserId,
    },
    /// Sets a password: one's own, or another's by an administrator.
    SetPassword {
        /// Whose.
        user: UserId,
        /// New password.
        password: Secret,
    },
    /// Enrols a card by its certificate, before it is there.
    EnrolCard {
        /// Whose.
        user: UserId,
        /// Certificate, DER in base64.
        certificate: String,
    },
    /// A fresh challenge for a card that is to be enrolled for somebody.
    EnrolChallenge {
        /// For whom.
        user: UserId,
    },
    /// Enrols the card that signed such a challenge.
    EnrolSigned {
        /// Whose.
        user: UserId,
        /// What the card signed.
        card: SignedChallenge,
        /// What the card that is enrolled already signed (another challenge); without it, a further card waits for a
        /// second administrator.
        old: Option<SignedChallenge>,
    },
    /// Cards, enrolled and waiting, in the order of their people's ids.
    ListCards {
        /// Of this person only.
        user: Option<UserId>,
        /// From the first person after this one.
        after: Option<UserId>,
    },
    /// Ends the enrolment of a card, and the sessions made with it.
    RevokeCard {
        /// Whose.
        user: UserId,
        /// Which.
        fingerprint: SpkiHash,
        /// Why, in words.
        reason: String,
    },
    /// The second administrator says yes to a waiting card.
    ApproveCard {
        /// Whose.
        user: UserId,
        /// Which.
        fingerprint: SpkiHash,
    },
    /// The second administrator says no.
    RejectCard {
        /// Whose.
        user: UserId,
        /// Which.
        fingerprint: SpkiHash,
        /// Why, in words.
        reason: String,
    },
    /// Pins an authority of cards.
    AddAuthority {
        /// Of which cards.
        card: IssuedCard,
        /// Certificate, DER in base64.
        certificate: String,
        /// Its SHA-256 as the authority publishes it, typed by the administrator.
        sha256: String,
    },
    /// Believes an authority no longer.
    RemoveAuthority {
        /// SHA-256 of its certificate.
        sha256: String,
        /// Why, in words.
        reason: String,
    },
    /// Whom the station believes, and what it knows of revoked cards.
    ListTrust,
    /// Makes a token for somebody; the reply shows its secret once. Nothing counts before [`Request::ConfirmToken`].
    BeginToken {
        /// For whom.
        user: UserId,
    },
    /// The same for an emergency (A7).
    BeginEmergencyToken {
        /// For whom.
        user: UserId,
        /// Why, in words.
        reason: String,
        /// For how long.
        hours: u64,
    },
    /// The first code of the token that this line has begun.
    ConfirmToken {
        /// As typed.
        code: Secret,
    },
    /// Tokens, of one account or of all.
    ListTokens {
        /// Whose.
        user: Option<UserId>,
        /// From the first after this one: account and token.
        after: Option<(UserId, SafeText)>,
    },
    /// Ends a token and the sessions that rest on it.
    RevokeToken {
        /// Whose.
        user: UserId,
        /// Which.
        token: SafeText,
        /// Why, in words.
        reason: String,
    },
    /// 復旧: the emergency is over, and every emergency token with it.
    DeclareRecovery {
        /// In words.
        words: String,
    },
    /// What emergency tokens are in force, and when recovery was last declared.
    RecoveryStatus,
    /// About damage of the store.
    Damage(DamageRequest),
    /// Open items of 事後確認, priority first, then oldest (監査).
    ListReviews {
        /// Only those that are overdue.
        overdue: bool,
        /// From the first after this one.
        after: Option<ReviewId>,
    },
    /// Closed items of 事後確認, newest first (監査).
    ListClosedReviews {
        /// Only those of accesses in this month.
        month: Option<Month>,
        /// From the first before this one.
        before: Option<ReviewId>,
    },
    /// One of them.
    ShowReview {
        /// Which.
        review: ReviewId,
    },
    /// Closes one.
    CloseReview {
        /// Which.
        review: ReviewId,
        /// 適正 …
        verdict: Verdict,
        /// In words.
        words: String,
    },
    /// 再確認: opens a new item that follows a closed one.
    ReviewAgain {
        /// The closed one.
        review: ReviewId,
        /// Why, in words.
        words: String,
    },
    /// Rows of the report of a month.
    ReviewReport {
        /// Which month.
        month: Month,
        /// As it is to be written, for the record.
        csv: bool,
        /// From the first after this one.
        after: Option<ReviewId>,
    },
    /// 事後説明 that are due, oldest first, or those that were given, newest first: everybody's, or one's own.
    ListExplanations {
        /// Those that were given.
        given: bool,
        /// From the first after this one.
        after: Option<EnquiryId>,
    },
    /// The slip for the patient of an enquiry.
    ShowSlip {
        /// Which.
        enquiry: EnquiryId,
    },
    /// It was explained to somebody.
    GiveExplanation {
        /// Which.
        enquiry: EnquiryId,
        /// To whom.
        to: ExplainedTo,
        /// Who explained.
        by: String,
        /// In words.
        words: String,
    },
    /// The patient or the family objects.
    RaiseObjection {
        /// Which.
        enquiry: EnquiryId,
        /// In words.
        words: String,
    },
    /// How far the log has come to the archives.
    ShippingStatus,
}

impl Request {
    /// The name of the act, for the log of refusals.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Login { .. } => "login",
            Self::CardChallenge => "card_challenge",
            Self::CardProof { .. } => "card_proof",
            Self::Unlock { .. } => "unlock",
            Self::Lock { .. } => "lock",
            Self::LockUnseen => "lock_unseen",
            Self::Logout { .. } => "logout",
            Self::Alive => "alive",
            Self::Home => "home",
            Self::OlderCases { .. } => "older_cases",
            Self::OpenCase { .. } => "open_case",
            Self::ChangeCase { .. } => "change_case",
            Self::OpenEnquiry { .. } => "open_enquiry",
            Self::ShowEnquiry { .. } => "show_enquiry",
            Self::SaveDraft { .. } => "save_draft",
            Self::ConfirmKey { .. } => "confirm_key",
            Self::Send { .. } => "send",
            Self::Cancel { .. } => "cancel",
            Self::Redraft { .. } => "redraft",
            Self::ShowCandidate { .. } => "show_candidate",
            Self::Choose { .. } => "choose",
            Self::SendAgain { .. } => "send_again",
            Self::OpenLate { .. } => "open_late",
            Self::ShowPerson { .. } => "show_person",
            Self::ConfirmPerson { .. } => "confirm_person",
            Self::ReadSummary { .. } => "read_summary",
            Self::FindInSummary { .. } => "find_in_summary",
            Self::CloseEnquiry { .. } => "close_enquiry",
            Self::FaceResults => "face_results",
            Self::UseFaceResult { .. } => "use_face_result",
            Self::ReadLog { .. } => "read_log",
            Self::SearchLog { .. } => "search_log",
            Self::ShowLogEntry { .. } => "show_log_entry",
            Self::VerifyLog => "verify_log",
            Self::VerifyLogAgainst { .. } => "verify_log_against",
            Self::LogHead => "log_head",
            Self::ExportLog { .. } => "export_log",
            Self::ExportRows { .. } => "export_rows",
            Self::ExportLogAs { .. } => "export_log_as",
            Self::EndExport { .. } => "end_export",
            Self::ListAccounts { .. } => "list_accounts",
            Self::AddAccount { .. } => "add_account",
            Self::SetPermission { .. } => "set_permission",
            Self::SetDisabled { .. } => "set_disabled",
            Self::UnlockAccount { .. } => "unlock_account",
            Self::SetPassword { .. } => "set_password",
            Self::EnrolCard { .. } => "enrol_card",
            Self::EnrolChallenge { .. } => "enrol_challenge",
            Self::EnrolSigned { .. } => "enrol_signed",
            Self::ListCards { .. } => "list_cards",
            Self::RevokeCard { .. } => "revoke_card",
            Self::ApproveCard { .. } => "approve_card",
            Self::RejectCard { .. } => "reject_card",
            Self::AddAuthority { .. } => "add_authority",
            Self::RemoveAuthority { .. } => "remove_authority",
            Self::ListTrust => "list_trust",
            Self::OneTimeProof { .. } => "one_time_proof",
            Self::BeginToken { .. } => "begin_token",
            Self::BeginEmergencyToken { .. } => "begin_emergency_token",
            Self::ConfirmToken { .. } => "confirm_token",
            Self::ListTokens { .. } => "list_tokens",
            Self::RevokeToken { .. } => "revoke_token",
            Self::DeclareRecovery { .. } => "declare_recovery",
            Self::RecoveryStatus => "recovery_status",
            Self::Damage(request) => request.name(),
            Self::ListReviews { .. } => "list_reviews",
            Self::ListClosedReviews { .. } => "list_closed_reviews",
            Self::ShowReview { .. } => "show_review",
            Self::CloseReview { .. } => "close_review",
            Self::ReviewAgain { .. } => "review_again",
            Self::ReviewReport { .. } => "review_report",
            Self::ListExplanations { .. } => "list_explanations",
            Self::ShowSlip { .. } => "show_slip",
            Self::GiveExplanation { .. } => "give_explanation",
            Self::RaiseObjection { .. } => "raise_objection",
            Self::ShippingStatus => "shipping_status",
        }
    }
}
