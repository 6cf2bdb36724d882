//! What a terminal may see, as the station cuts it out. Medical content appears only in [`SummaryPage`].

use super::cards::CardNote;
use crate::domain::account::Account;
use crate::domain::candidate::{Person, PersonField};
use crate::domain::case::Case;
use crate::domain::consent::{Confirmation, ConsentDraft};
use crate::domain::enquiry::{CancelOutcome, Delivery, EnquiryId, HeldBecause, Purpose};
use crate::domain::factor::Factor;
use crate::domain::key::{EnquiryKey, KeyDraft, KeyField};
use crate::domain::matching::{Agreement, PersonMismatch};
use crate::domain::medical::{AnswerPerson, DrugRow, TreatmentRow, Visit};
use crate::domain::period::Section;
use crate::domain::{CalendarDate, IdentificationMethod, SafeText, UserId};
use crate::log::{Checked, Verdict, VerifierKey};
use serde::{Deserialize, Serialize};

/// State of the link software, with the start of that state (`HH:MM` JST), never an age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// 連携:正常
    Ok,
    /// 連携:応答なし
    NotResponding {
        /// Since.
        since: SafeText,
        /// What was seen, in words.
        why: SafeText,
    },
    /// Not known yet.
    Unknown,
}

/// A session as its own terminal sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Public id, as logged.
    pub id: SafeText,
    /// The person.
    pub account: Account,
    /// What was proved.
    pub factors: Vec<Factor>,
    /// Two factors of different kinds were proved.
    pub two_factors: bool,
    /// May look: two factors and 救急時閲覧権限.
    pub may_enquire: bool,
    /// Locked; shows nothing else.
    pub locked: bool,
    /// SHA-256 of the enrolled keys (hex), so that the helper can compare before any VERIFY (A3b).
    pub card_keys: Vec<SafeText>,
    /// The card that was proved, where one was.
    #[serde(default)]
    pub card: Option<Box<CardNote>>,
    /// What the person must know about the cards, in words.
    #[serde(default)]
    pub notices: Vec<SafeText>,
    /// A one-time-password token is in force.
    #[serde(default)]
    pub has_token: bool,
}

/// The home screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeView {
    /// The newest cases.
    pub cases: Vec<CaseRow>,
    /// Older ones follow, to be asked for with [`super::Request::OlderCases`].
    pub more: bool,
    /// How many results of the face-authentication reader stand there. A count, never names (B1).
    pub face_results: Option<usize>,
    /// Methods switched on here.
    pub methods: Vec<IdentificationMethod>,
    /// What happened since the last login, in words.
    pub news: Vec<SafeText>,
}

/// A case on the home screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRow {
    /// The case.
    pub case: Case,
    /// One's own enquiries of it, newest first.
    pub enquiries: Vec<EnquiryRow>,
}

/// An enquiry on the home screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnquiryRow {
    /// Which.
    pub id: EnquiryId,
    /// How it stands, in words.
    pub state: SafeText,
    /// Method, once a key was confirmed.
    pub method: Option<IdentificationMethod>,
    /// Opened at, `HH:MM` JST.
    pub opened: SafeText,
    /// Answers held beside it and not yet noticed.
    pub held: usize,
}

/// An enquiry as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnquiryView {
    /// Which.
    pub id: EnquiryId,
    /// Its case.
    pub case: Case,
    /// Where it stands.
    pub stage: Stage,
    /// The checked key, once there is one.
    pub key: Option<EnquiryKey>,
    /// The forms as kept, under the tab that was open: on the card's, with the numbers of the chosen reading.
    pub draft: KeyDraft,
    /// What was typed by hand, for the other tabs.
    pub by_hand: KeyDraft,
    /// Whose card reading it is, on the card's tab once one was chosen.
    pub reading: Option<ReadingView>,
    /// The consent form as kept; confirmations are never carried over.
    pub consent: ConsentDraft,
    /// As recorded.
    pub confirmation: Option<Confirmation>,
    /// Answers held beside it.
    pub held: Vec<HeldView>,
    /// Whether a late answer can be opened.
    pub late_to_open: bool,
    /// Warnings to show with the key (B9: another open case claims the same identity).
    pub warnings: Vec<SafeText>,
}

/// Whom the chosen card reading names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingView {
    /// 氏名
    pub person_name: SafeText,
    /// カナ
    pub kana: SafeText,
    /// 生年月日
    pub birthdate: Option<CalendarDate>,
    /// What the form says otherwise than the reading: it may be about somebody else.
    pub corrected: Vec<KeyField>,
}

/// An answer held beside an enquiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldView {
    /// Why.
    pub because: HeldBecause,
    /// When, `HH:MM:SS` JST.
    pub at: SafeText,
}

/// Where an enquiry stands, without anything medical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The form.
    Drafting,
    /// A request is out.
    Sent {
        /// What for.
        purpose: Purpose,
        /// How far.
        delivery: Delivery,
        /// Milliseconds since it was put on record, at the time of this view.
        elapsed_ms: u64,
        /// Seconds after which the station gives up waiting.
        timeout_s: u64,
        /// When it was put on record, `HH:MM:SS` JST.
        sent_at: SafeText,
    },
    /// 0 hits.
    NoMatch,
    /// 6 hits or more.
    TooMany,
    /// 2 to 5 hits.
    Candidates {
        /// The people.
        people: Vec<Person>,
        /// The columns in which they differ.
        differing: Vec<PersonField>,
    },
    /// The person is to be confirmed ([`super::Request::ShowPerson`]).
    Answered,
    /// May be read ([`super::Request::ReadSummary`]).
    Reading,
    /// 別人
    Rejected,
    /// Full stop.
    Mismatch {
        /// In what.
        why: PersonMismatch,
    },
    /// Stopped.
    Cancelled {
        /// 取下げ済 / 送信済の可能性
        outcome: CancelOutcome,
    },
    /// No answer in time.
    TimedOut {
        /// 取下げ済 / 送信済の可能性
        outcome: CancelOutcome,
    },
    /// 送信できたか不明
    DeliveryUnknown,
    /// An error, verbatim.
    Failed {
        /// Code as received.
        code: SafeText,
        /// Message as received.
        message: SafeText,
    },
    /// Given up.
    Closed,
}

/// One candidate alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateView {
    /// Row, from 0.
    pub row: usize,
    /// The person.
    pub person: Person,
    /// What must be typed to choose it.
    pub to_type: Vec<PersonField>,
    /// Why it cannot be chosen, where it cannot.
    pub refused: Option<SafeText>,
}

/// The returned person alone, before any medical content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    /// Names the answer, for [`super::Request::ConfirmPerson`].
    pub document: SafeText,
    /// As returned.
    pub person: AnswerPerson,
    /// What could not be compared.
    pub agreement: Agreement,
    /// The case, for what is known of the person present.
    pub case: Case,
}

/// Rows of one section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// 受診歴
    Visits(Vec<Visit>),
    /// 電子処方箋情報, 薬剤情報
    Drugs(Vec<DrugRow>),
    /// 手術情報, 診療情報
    Treatments(Vec<TreatmentRow>),
    /// 健診実施日
    Checkups(Vec<CalendarDate>),
}

/// A page of a section of the summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryPage {
    /// Whose: name, kana, birth date, sex, key, for line 2.
    pub person: AnswerPerson,
    /// What could not be compared.
    pub agreement: Agreement,
    /// The case.
    pub case: Case,
    /// 作成日 of the summary.
    pub created: Option<CalendarDate>,
    /// The day as of which it speaks: what came later cannot be in it, however late it is read (D3b).
    pub as_of: CalendarDate,
    /// Rows in each section, for the list on the left.
    pub counts: Vec<(Section, usize)>,
    /// This page's section.
    pub section: Section,
    /// First row of this page, from 0.
    pub from: usize,
    /// The rows.
    pub rows: Rows,
    /// 「不明な項目あり」: names of what was not understood.
    pub unknown: Vec<SafeText>,
    /// It came late.
    pub late: bool,
    /// Retrieved at, `yyyy-MM-dd HH:mm` JST.
    pub retrieved: SafeText,
}

/// A result of the face-authentication reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceResultView {
    /// To name it by.
    pub name: SafeText,
    /// When the card was read, `yyyy-MM-dd HH:mm:ss` JST.
    pub at: SafeText,
    /// 氏名
    pub person_name: SafeText,
    /// カナ
    pub kana: SafeText,
    /// 生年月日
    pub birthdate: Option<CalendarDate>,
    /// Why it cannot be used, where it cannot.
    pub unusable: Option<SafeText>,
}

/// A page of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Whether older ones exist.
    pub more: bool,
    /// How many there are in all, where that is known.
    #[serde(default)]
    pub total: Option<u64>,
    /// What was looked for, in words; empty where nothing was filtered.
    #[serde(default)]
    pub words: SafeText,
    /// The short code of the log as it stands, with this look at it.
    #[serde(default)]
    pub code: SafeText,
}

/// One entry of the log as a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Sequence number.
    pub seq: u64,
    /// `yyyy-MM-dd HH:mm:ss` JST.
    pub at: SafeText,
    /// Who.
    pub user: SafeText,
    /// Where.
    pub terminal: SafeText,
    /// What, in words.
    pub words: SafeText,
    /// 【訓練】
    pub training: bool,
    /// The kind of act, for programs.
    pub kind: SafeText,
}

/// One entry of the log, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntryView {
    /// Sequence number.
    pub seq: u64,
    /// `yyyy-MM-dd HH:mm:ss` JST.
    pub at: SafeText,
    /// 【訓練】
    pub training: bool,
    /// Every field: its name and its text.
    pub fields: Vec<(SafeText, SafeText)>,
    /// Its hash in the chain, hex.
    pub hash: SafeText,
}

/// What the check of the chain found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyView {
    /// Entries checked.
    pub entries: u64,
    /// Hash of the newest, hex.
    pub head: SafeText,
    /// Faults, each a sentence; empty is good.
    pub faults: Vec<SafeText>,
    /// Signed checkpoints checked.
    #[serde(default)]
    pub checkpoints: u64,
    /// How far good ones go.
    #[serde(default)]
    pub sealed: u64,
    /// The keys that the log names, each with the number of its entry.
    #[serde(default)]
    pub keys: Vec<(u64, SafeText)>,
    /// What all of it comes to.
    pub verdict: Verdict,
}

impl VerifyView {
    /// What a check found.
    pub fn of(checked: &Checked) -> Self {
        let report = &checked.report;
        let key = |(seq, key): &(u64, VerifierKey)| (*seq, SafeText::new(&key.to_string()));
        Self {
            entries: report.entries,
            head: SafeText::new(&report.head.hash.to_string()),
            faults: report.faults.iter().map(|fault| SafeText::new(&fault.to_string())).collect(),
            checkpoints: checked.checkpoints,
            sealed: checked.sealed,
            keys: checked.keys.iter().map(key).collect(),
            verdict: checked.verdict,
        }
    }
}

/// Where the log stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogHeadView {
    /// How many entries there are.
    pub size: u64,
    /// Hash of the newest, hex.
    pub head: SafeText,
    /// The short code.
    pub code: SafeText,
    /// The key for checking signatures.
    pub key: SafeText,
    /// The size of the newest signed checkpoint.
    pub sealed: u64,
    /// The newest signed checkpoint itself, as it is handed on.
    pub note: String,
    /// Who keeps checkpoints off the host.
    pub witnesses: Vec<WitnessView>,
}

/// One witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessView {
    /// What people call it.
    pub name: SafeText,
    /// The largest size that it holds; none yet.
    pub kept: Option<u64>,
    /// Checkpoints that it does not hold yet.
    pub behind: u64,
    /// What is wrong with it.
    pub trouble: Option<SafeText>,
    /// It holds another history of this log.
    pub conflict: bool,
}

/// An export that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportView {
    /// The store's id, hex.
    pub store_id: SafeText,
    /// A training store.
    pub training: bool,
    /// The last number of the export: the entry that says it was made.
    pub last: u64,
    /// Its hash, hex.
    pub head: SafeText,
    /// The root over all, hex.
    pub root: SafeText,
    /// The key for checking signatures.
    pub key: SafeText,
    /// The short code.
    pub code: SafeText,
    /// Name of the facility.
    pub facility: SafeText,
    /// 医療機関コード, 10 digits.
    pub institution_code: SafeText,
}

/// Rows of an export, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportPage {
    /// Number, chain hash in hex, canonical bytes (ASCII).
    pub rows: Vec<(u64, SafeText, String)>,
    /// Signed checkpoints with sizes among those numbers; only of a bundle.
    pub checkpoints: Vec<(u64, String)>,
    /// Where the next page begins; nothing at the end. A page without rows is none.
    pub next: Option<u64>,
}

/// An account as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// The account.
    pub account: Account,
    /// Locked out now.
    pub locked_out: bool,
    /// A card is enrolled.
    pub card_enrolled: bool,
    /// hcRoles of the enrolled cards. Shown, and never the ground of a permission.
    #[serde(default)]
    pub hc_roles: Vec<SafeText>,
}

/// A token as an administrator sees it; never its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenView {
    /// Its id.
    pub token: SafeText,
    /// Whose.
    pub user: UserId,
    /// In force now.
    pub in_force: bool,
    /// How it stands, in words.
    pub state: SafeText,
    /// Enrolled at, `yyyy-MM-dd HH:mm` JST.
    pub made: SafeText,
    /// By whom.
    pub made_by: UserId,
    /// Last used, or ended, at.
    pub last: SafeText,
    /// Seconds by which its clock differs from the station's.
    pub drift_s: i64,
    /// Why and until when, for an emergency token.
    pub emergency: Option<EmergencyView>,
}

/// An emergency token's reason and end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyView {
    /// In words.
    pub reason: SafeText,
    /// `yyyy-MM-dd HH:mm` JST.
    pub until: SafeText,
}

/// How things stand with the emergency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryView {
    /// Emergency tokens in force.
    pub tokens: u32,
    /// Until when the last of them is, `yyyy-MM-dd HH:mm` JST.
    pub until: Option<SafeText>,
    /// The last 復旧 that was declared.
    pub last: Option<RecoveryRow>,
}

/// A 復旧 that was declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryRow {
    /// `yyyy-MM-dd HH:mm` JST.
    pub at: SafeText,
    /// By whom.
    pub by: UserId,
    /// In words.
    pub words: SafeText,
}

/// How far the log has come to the archives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingView {
    /// Entries in the log.
    pub entries: u64,
    /// Each target that is configured.
    pub targets: Vec<ShippingRow>,
}

/// One target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingRow {
    /// `postgres` or `syslog`.
    pub target: SafeText,
    /// Where.
    pub place: SafeText,
    /// The last entry that it has.
    pub sent: u64,
    /// Entries that it has not.
    pub behind: u64,
    /// How it stands.
    pub state: ShippingState,
    /// Since when, JST.
    pub since: SafeText,
    /// What is wrong and what to do; empty when nothing is.
    pub words: SafeText,
}

/// How a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingState {
    /// All is well.
    Sending,
    /// It is away; tried again and again.
    Waiting,
    /// It holds another history: not tried again.
    Stopped,
}
