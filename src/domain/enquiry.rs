//! The enquiry: the heart. A pure state machine, driven by the station, drawn by the terminal.
//!
//! ```text
//! Drafting -> Sent(search) -> NoMatch | TooMany | Candidates | Sent(medical) | Failed | Mismatch
//! Sent(medical) -> Answered -> Reading | Rejected
//! ```
//! `Sent` means *intended*: it is committed before the request file exists. After a crash nothing is sent again by
//! the program: the enquiry is `DeliveryUnknown` until its owner decides.

use super::candidate::Person;
use super::consent::Confirmation;
use super::key::EnquiryKey;
use super::matching::{Agreement, PersonMismatch};
use super::{SafeText, UserId, case::CaseNumber};
use serde::{Deserialize, Serialize};

/// Identifies an enquiry at its station: 12 of `0-9a-z`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnquiryId(String);

/// Not an enquiry id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("照会の番号が正しくありません。ホーム画面から選び直してください")]
pub struct BadEnquiryId;

impl EnquiryId {
    /// Checks the form.
    pub fn parse(text: &str) -> Result<Self, BadEnquiryId> {
        let good = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        if good { Ok(Self(text.to_owned())) } else { Err(BadEnquiryId) }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for EnquiryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EnquiryId {
    type Error = BadEnquiryId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<EnquiryId> for String {
    fn from(id: EnquiryId) -> Self {
        id.0
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// 4情報による患者特定 (IF-047).
    Search,
    /// 救急時医療情報の取得.
    Medical,
}

/// How far a request got, as far as we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// On record; the file may or may not exist yet.
    Intended,
    /// The file stands in the request folder.
    Written,
    /// The link software took it.
    Taken,
    /// 処理中: it said that it works on it.
    Processing,
}

/// A request that is out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// What it asks for.
    pub purpose: Purpose,
    /// The request's id, also its ArbitraryFileIdentifier.
    pub request: SafeText,
    /// The request file's name.
    pub file_name: SafeText,
    /// When it was put on record, UTC milliseconds.
    pub at_ms: i64,
    /// How far it got.
    pub delivery: Delivery,
    /// The person it is about, once a search found or a user chose one.
    pub chosen: Option<Box<Person>>,
}

/// Why the form is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// A new enquiry.
    New,
    /// The user refines, corrects or starts over; everything typed is kept.
    Again,
}

/// What became of a request that the user cancelled (C3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelOutcome {
    /// 取下げ済: our unread file is gone.
    Withdrawn,
    /// 送信済の可能性: the link software had it already.
    MaybeSent,
    /// Being found out.
    Pending,
}

impl CancelOutcome {
    /// The word of the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Withdrawn => "取下げ済",
            Self::MaybeSent => "送信済の可能性",
            Self::Pending => "取下げを確認中",
        }
    }
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

    /// The request that an answer may still belong to.
    pub fn awaiting(&self) -> Option<&Sent> {
        match self {
            Self::Sent(sent) | Self::DeliveryUnknown(sent) => Some(sent),
            _ => None,
        }
    }
}

/// What may happen to an enquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open the form again, everything kept.
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
        let illegal = || Err(IllegalStep { state: self.label() });
        match (self, step) {
            (Self::Closed, _) => illegal(),
            (
                Self::Sent(_) | Self::Cancelled { outcome: CancelOutcome::Pending },
                Step::Redraft | Step::Close,
            )
            | (Self::TimedOut { outcome: CancelOutcome::Pending }, Step::Redraft | Step::Close) => illegal(),
            (_, Step::Redraft) => Ok(Self::Drafting { because: Because::Again }),
            (_, Step::Close) => Ok(Self::Closed),
            (from, Step::Send(sent)) => from.send(sent),
            (Self::Sent(sent) | Self::DeliveryUnknown(sent), step) => Self::out(sent, step, self.label()),
            (Self::Cancelled { outcome: CancelOutcome::Pending }, Step::Withdrawal(outcome)) => {
                Ok(Self::Cancelled { outcome })
            }
            (Self::TimedOut { outcome: CancelOutcome::Pending }, Step::Withdrawal(outcome)) => {
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
            _ => illegal(),
        }
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
        if allowed { Ok(Self::Sent(sent)) } else { Err(IllegalStep { state: self.label() }) }
    }

    fn out(sent: &Sent, step: Step, state: &'static str) -> Result<Self, IllegalStep> {
        let illegal = Err(IllegalStep { state });
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
            _ => return illegal,
        })
    }
}

/// Why an answer is held beside the enquiry instead of being its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBecause {
    /// It came after the time-out, the cancellation or a newer request.
    Late,
    /// A second, different answer to the same request.
    Conflict,
    /// It is about somebody else.
    Mismatch,
}

impl HeldBecause {
    /// The words of the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Late => "遅れて届いた応答",
            Self::Conflict => "内容の異なる2つ目の応答",
            Self::Mismatch => "別人の可能性がある応答",
        }
    }
}

/// An answer that is kept, and shown only as what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Why.
    pub because: HeldBecause,
    /// The request it belongs to.
    pub request: SafeText,
    /// Key of the stored document, where it could be read.
    pub document: Option<SafeText>,
    /// When it came, UTC milliseconds.
    pub at_ms: i64,
    /// The owner has seen that it is there.
    pub noticed: bool,
}

/// A request that was put on record at some time, for matching late answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRequest {
    /// As it was sent.
    pub sent: Sent,
    /// The key it was sent with.
    pub key: EnquiryKey,
    /// SHA-256 of the answer already taken in, hex.
    pub answer_sha256: Option<SafeText>,
}

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
    /// When it was opened, UTC milliseconds.
    pub opened_ms: i64,
}

impl Enquiry {
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
            opened_ms: now_ms,
        }
    }

    /// Takes a step; a refusal changes nothing.
    pub fn take(&mut self, step: Step) -> Result<(), IllegalStep> {
        self.state = self.state.step(step)?;
        Ok(())
    }
}
