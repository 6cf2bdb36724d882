//! What each kind of entry is in the vocabulary of DICOM PS3.16 (CID 400 and 403), which FHIR uses too.
//!
//! The match is exhaustive on purpose: whoever adds a kind of entry decides here what it means to others, and adds
//! its row to `docs/log-formats.md`, which a test compares with this table.

use crate::log::{Act, Consent, Link};

/// A code of the DICOM coding scheme DCM with its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dcm {
    /// Code value.
    pub code: &'static str,
    /// Code meaning.
    pub meaning: &'static str,
}

const fn dcm(code: &'static str, meaning: &'static str) -> Dcm {
    Dcm { code, meaning }
}

/// CID 400, Audit Event ID.
pub mod event {
    use super::{Dcm, dcm};

    /// The station itself.
    pub const APPLICATION_ACTIVITY: Dcm = dcm("110100", "Application Activity");
    /// The log was read.
    pub const AUDIT_LOG_USED: Dcm = dcm("110101", "Audit Log Used");
    /// Something left the station.
    pub const EXPORT: Dcm = dcm("110106", "Export");
    /// Something came in from elsewhere.
    pub const IMPORT: Dcm = dcm("110107", "Import");
    /// A patient's record.
    pub const PATIENT_RECORD: Dcm = dcm("110110", "Patient Record");
    /// A question to the national system.
    pub const QUERY: Dcm = dcm("110112", "Query");
    /// Rights, settings, refusals, overrides.
    pub const SECURITY_ALERT: Dcm = dcm("110113", "Security Alert");
    /// Logins, locks, logouts.
    pub const USER_AUTHENTICATION: Dcm = dcm("110114", "User Authentication");
}

/// CID 403, Audit Event Type Code.
pub mod kind {
    use super::{Dcm, dcm};

    /// Start of the station.
    pub const APPLICATION_START: Dcm = dcm("110120", "Application Start");
    /// Stop of the station.
    pub const APPLICATION_STOP: Dcm = dcm("110121", "Application Stop");
    /// Login, and each factor of it.
    pub const LOGIN: Dcm = dcm("110122", "Login");
    /// Logout and lock.
    pub const LOGOUT: Dcm = dcm("110123", "Logout");
    /// 同意取得困難: the record is opened without the patient's consent.
    pub const OVERRIDE_STARTED: Dcm = dcm("110127", "Emergency Override Started");
    /// Settings.
    pub const SECURITY_CONFIGURATION: Dcm = dcm("110129", "Security Configuration");
    /// A rule refused.
    pub const RESTRICTED_FUNCTION: Dcm = dcm("110132", "Use of Restricted Function");
    /// The log began.
    pub const RECORDING_STARTED: Dcm = dcm("110134", "Audit Recording Started");
    /// Something kept, or an answer, is not what it should be.
    pub const OBJECT_ATTRIBUTES: Dcm = dcm("110135", "Object Security Attributes Changed");
    /// Permissions.
    pub const ROLES_CHANGED: Dcm = dcm("110136", "Security Roles Changed");
    /// Accounts, passwords, cards.
    pub const USER_ATTRIBUTES: Dcm = dcm("110137", "User security Attributes Changed");
}

/// EventActionCode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// C
    Create,
    /// R
    Read,
    /// U
    Update,
    /// D
    Delete,
    /// E
    Execute,
}

impl Action {
    /// The letter, which is the same in DICOM and in FHIR.
    pub fn code(self) -> &'static str {
        match self {
            Self::Create => "C",
            Self::Read => "R",
            Self::Update => "U",
            Self::Delete => "D",
            Self::Execute => "E",
        }
    }
}

/// EventOutcomeIndicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// 0
    Success,
    /// 4: refused or failed, nothing is broken.
    MinorFailure,
    /// 8: somebody has to look.
    SeriousFailure,
}

impl EventOutcome {
    /// The number, which is the same in DICOM and in FHIR.
    pub fn code(self) -> &'static str {
        match self {
            Self::Success => "0",
            Self::MinorFailure => "4",
            Self::SeriousFailure => "8",
        }
    }
}

/// Why the information is used (HL7 v3 ActReason): only where the entry itself says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// ETREAT: emergency treatment.
    EmergencyTreatment,
    /// BTG: break the glass, without the patient's consent.
    BreakTheGlass,
}

impl Purpose {
    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::EmergencyTreatment => "ETREAT",
            Self::BreakTheGlass => "BTG",
        }
    }

    /// The code's name in its system.
    pub fn display(self) -> &'static str {
        match self {
            Self::EmergencyTreatment => "Emergency Treatment",
            Self::BreakTheGlass => "break the glass",
        }
    }
}

/// What a kind of entry means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Event id.
    pub event: Dcm,
    /// Event type, where there is one.
    pub kind: Option<Dcm>,
    /// What was done to the object.
    pub action: Action,
    /// How it went.
    pub outcome: EventOutcome,
    /// Why, where known.
    pub purpose: Option<Purpose>,
}

impl Meaning {
    const fn of(event: Dcm, kind: Option<Dcm>, action: Action, outcome: EventOutcome) -> Self {
        Self { event, kind, action, outcome, purpose: None }
    }

    const fn on_purpose(self, purpose: Purpose) -> Self {
        Self { purpose: Some(purpose), ..self }
    }
}

/// The meaning of an act.
#[allow(clippy::match_same_arms)] // a table, in the order of the kinds
pub fn of(act: &Act) -> Meaning {
    use Action::{Create, Delete, Execute, Read, Update};
    use EventOutcome::{MinorFailure, SeriousFailure, Success};
    let station = |kind, outcome| Meaning::of(event::APPLICATION_ACTIVITY, kind, Execute, outcome);
    let login = |outcome| Meaning::of(event::USER_AUTHENTICATION, Some(kind::LOGIN), Execute, outcome);
    let logout = Meaning::of(event::USER_AUTHENTICATION, Some(kind::LOGOUT), Execute, Success);
    let alert = |kind, action, outcome| Meaning::of(event::SECURITY_ALERT, Some(kind), action, outcome);
    let account = |action| alert(kind::USER_ATTRIBUTES, action, Success);
    let record = |action| Meaning::of(event::PATIENT_RECORD, None, action, Success);
    let query = |outcome| Meaning::of(event::QUERY, None, Execute, outcome);
    let answer = |outcome| Meaning::of(event::IMPORT, None, Create, outcome);
    let shown = record(Read).on_purpose(Purpose::EmergencyTreatment);
    let odd = alert(kind::OBJECT_ATTRIBUTES, Read, SeriousFailure);
    match act {
        Act::StoreCreated { .. } => alert(kind::RECORDING_STARTED, Create, Success),
        Act::StoreOpened { faults: 0, .. } => station(Some(kind::APPLICATION_START), Success),
        Act::StoreOpened { .. } => station(Some(kind::APPLICATION_START), SeriousFailure),
        Act::StoreClosed { .. } => station(Some(kind::APPLICATION_STOP), Success),
        Act::Heartbeat { .. } => station(None, Success),
        Act::StationState { state: Link::Alive, .. } => station(None, Success),
        Act::StationState { state: Link::Dead, .. } => station(None, MinorFailure),
        Act::Damage { .. } => odd,
        Act::DamageAcknowledged { .. } => alert(kind::SECURITY_CONFIGURATION, Execute, Success),
        Act::SettingChanged { .. } | Act::RevocationListsRead { .. } | Act::MyNumberAllowed { .. } => {
            alert(kind::SECURITY_CONFIGURATION, Update, Success)
        }
        Act::AuthorityAdded { .. } | Act::LogKeyCreated { .. } => {
            alert(kind::SECURITY_CONFIGURATION, Create, Success)
        }
        Act::AuthorityRemoved { .. } => alert(kind::SECURITY_CONFIGURATION, Delete, Success),

        Act::LoginPasswordOk {}
        | Act::CardChallengeIssued { .. }
        | Act::CardAccepted { .. }
        | Act::TokenAccepted { .. }
        | Act::SessionStarted { .. }
        | Act::SessionResumed {}
        | Act::SessionUnlocked { .. } => login(Success),
        Act::LoginPasswordFailed { .. } | Act::CardRefused { .. } | Act::TokenRefused { .. } => {
            login(MinorFailure)
        }
        Act::SessionLocked { .. } | Act::SessionEnded { .. } => logout,
        Act::AccountAdded { .. }
        | Act::CardEnrolled { .. }
        | Act::TokenEnrolled { .. }
        | Act::EmergencyTokenIssued { .. } => account(Create),
        Act::TokenSecretShown { .. } => account(Read),
        Act::AccountChanged { .. }
        | Act::AccountDisabled { .. }
        | Act::AccountLocked { .. }
        | Act::AccountUnlocked { .. }
        | Act::PasswordSet { .. }
        | Act::EnrolmentChallengeIssued { .. }
        | Act::CardProposed { .. } => account(Update),
        Act::CardRemoved { .. }
        | Act::CardRejected { .. }
        | Act::TokenRevoked { .. }
        | Act::EmergencyTokenExpired { .. } => account(Delete),
        Act::RecoveryDeclared { .. } => alert(kind::SECURITY_CONFIGURATION, Execute, Success),
        Act::PermissionGranted { .. } | Act::PermissionRevoked { .. } => {
            alert(kind::ROLES_CHANGED, Update, Success)
        }
        Act::Refusal { .. } | Act::RefusalsCounted { .. } | Act::CandidateChoiceRefused { .. } => {
            alert(kind::RESTRICTED_FUNCTION, Execute, MinorFailure)
        }

        Act::CaseOpened {} => record(Create),
        Act::CaseChanged { .. } | Act::DraftSaved {} | Act::DraftDropped {} | Act::CaseClosed { .. } => {
            record(Update)
        }
        Act::KeyConfirmed { .. } | Act::SearchRefined { .. } => query(Success),
        Act::CautionShown { .. } => station(None, Success),
        Act::ConsentRecorded { consent: Consent::Unobtainable, .. } => {
            alert(kind::OVERRIDE_STARTED, Execute, Success).on_purpose(Purpose::BreakTheGlass)
        }
        Act::ConsentRecorded { consent: Consent::Given, .. } => {
            record(Update).on_purpose(Purpose::EmergencyTreatment)
        }

        Act::RequestIntended { consent, .. } => query(Success).on_purpose(match consent {
            Consent::Given => Purpose::EmergencyTreatment,
            Consent::Unobtainable => Purpose::BreakTheGlass,
        }),
        Act::RequestWritten { .. }
        | Act::RequestWithdrawn { .. }
        | Act::RequestTaken { .. }
        | Act::EnquiryCancelled {}
        | Act::EnquiryAbandoned {} => query(Success),
        Act::RequestWriteFailed { .. } | Act::RequestMaybeSent { .. } | Act::EnquiryTimedOut { .. } => {
            query(MinorFailure)
        }
        Act::AnswerArrived { .. } | Act::AnswerLate { .. } | Act::FaceResultCopied { .. } => answer(Success),
        Act::AnswerRefused { .. } => answer(MinorFailure),
        Act::AnswerConflict { .. } | Act::AnswerMismatch { .. } => answer(SeriousFailure),
        Act::FileNoted { .. } => answer(MinorFailure),
        Act::CandidatesShown { .. } | Act::CandidateChosen { .. } | Act::FaceListShown { .. } => shown,

        Act::PersonShown { .. }
        | Act::SummaryDisplayed { .. }
        | Act::SummarySearched { .. }
        | Act::DocumentDisplayed { .. } => shown,
        Act::PersonConfirmed { .. } => record(Execute).on_purpose(Purpose::EmergencyTreatment),
        Act::PersonRejected { .. } => Meaning::of(event::PATIENT_RECORD, None, Execute, MinorFailure)
            .on_purpose(Purpose::EmergencyTreatment),
        Act::DocumentExported { .. } | Act::DocumentPrinted { .. } => {
            Meaning::of(event::EXPORT, None, Read, Success)
        }
        Act::DocumentDeleted { .. } => record(Delete),

        Act::ReviewListShown { .. } | Act::ClosedReviewsShown { .. } | Act::ReviewShown { .. } => {
            Meaning::of(event::AUDIT_LOG_USED, None, Read, Success)
        }
        Act::ReviewClosed { .. } => Meaning::of(event::AUDIT_LOG_USED, None, Execute, Success),
        Act::ReviewFollowed { .. } => Meaning::of(event::AUDIT_LOG_USED, None, Create, Success),
        Act::ReviewReported { .. } => Meaning::of(event::EXPORT, None, Read, Success),
        Act::ExplanationListShown {} | Act::ExplanationSlipShown {} => record(Read),
        Act::ExplanationGiven { .. } => record(Update),
        Act::ObjectionRaised { .. } => record(Update),

        Act::LogOpened {} | Act::LogSearched { .. } => {
            Meaning::of(event::AUDIT_LOG_USED, None, Read, Success)
        }
        Act::LogExported { .. } | Act::LogExportEnded { whole: true, .. } => {
            Meaning::of(event::AUDIT_LOG_USED, None, Read, Success)
        }
        Act::LogExportEnded { whole: false, .. } => {
            Meaning::of(event::AUDIT_LOG_USED, None, Read, MinorFailure)
        }
        Act::LogVerified { faults: 0, .. } => Meaning::of(event::AUDIT_LOG_USED, None, Execute, Success),
        Act::LogVerified { .. } => Meaning::of(event::AUDIT_LOG_USED, None, Execute, SeriousFailure),
    }
}
