//! One thing to be looked at, and how its life goes.

use super::facts::Facts;
use super::id::ReviewId;
use super::words::{Priority, Role, Verdict};
use crate::domain::account::{Account, Profession};
use crate::domain::case::CaseNumber;
use crate::domain::enquiry::EnquiryId;
use crate::domain::{SafeText, UserId};
use serde::{Deserialize, Serialize};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Characters of a reviewer's words.
pub const LONGEST_WORDS: usize = 300;

/// What an item is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum About {
    /// An enquiry: its requests and displays.
    Enquiry {
        /// Which.
        enquiry: EnquiryId,
        /// Its case.
        case: CaseNumber,
    },
    /// An emergency token was issued.
    TokenIssued {
        /// Which.
        token: SafeText,
    },
    /// One was used in a session.
    TokenUsed {
        /// Which.
        token: SafeText,
        /// Public id of the session.
        session: SafeText,
    },
    /// The emergency was declared over.
    Recovery,
    /// The patient or the family objects to an enquiry.
    Objection {
        /// To which.
        enquiry: EnquiryId,
        /// Its case.
        case: CaseNumber,
        /// What is objected, in words.
        #[serde(default)]
        words: SafeText,
        /// The items about the enquiry itself, where what was done is reviewed.
        #[serde(default)]
        accesses: Vec<ReviewId>,
    },
}

impl About {
    /// The Japanese words.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Enquiry { .. } => "救急時の照会・閲覧",
            Self::TokenIssued { .. } => "緊急トークンの発行",
            Self::TokenUsed { .. } => "緊急トークンの使用",
            Self::Recovery => "復旧の宣言",
            Self::Objection { .. } => "異議の申し出",
        }
    }

    /// What is objected in words, and the numbers of the items about what was done. Both empty where it is no objection.
    pub fn objection(&self) -> (&str, String) {
        match self {
            Self::Objection { words, accesses, .. } => {
                let numbers: Vec<&str> = accesses.iter().map(ReviewId::as_str).collect();
                (words.as_str(), numbers.join("・"))
            }
            _ => ("", String::new()),
        }
    }

    /// The enquiry, where it is about one.
    pub fn enquiry(&self) -> Option<&EnquiryId> {
        match self {
            Self::Enquiry { enquiry, .. } | Self::Objection { enquiry, .. } => Some(enquiry),
            _ => None,
        }
    }
}

/// Somebody who had a part in it. Such a person does not review it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which part.
    pub role: Role,
    /// User id, or what was typed of somebody without an account.
    pub user: SafeText,
    /// 氏名
    pub name: SafeText,
    /// 資格/職種, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profession: Option<Profession>,
}

impl Part {
    /// Of somebody with an account.
    pub fn of(role: Role, account: &Account) -> Self {
        Self {
            role,
            user: account.user.as_str().into(),
            name: account.name.as_str().into(),
            profession: Some(account.profession),
        }
    }

    /// Whether it is this person. Who judged was typed by somebody else: blanks and capitals do not tell people apart.
    pub fn is(&self, account: &Account) -> bool {
        let same = |typed: &SafeText, own: &str| folded(typed.as_str()) == folded(own);
        same(&self.user, account.user.as_str())
            || (self.profession.is_none() && same(&self.name, account.name.as_str()))
    }

    /// Name and profession.
    pub fn words(&self) -> String {
        match self.profession {
            Some(profession) => format!("{} {}", profession.label(), self.name),
            None => self.name.to_string(),
        }
    }
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// How an item was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// By whom.
    pub by: UserId,
    /// 氏名
    pub name: SafeText,
    /// 適正 …
    pub verdict: Verdict,
    /// In words.
    pub words: SafeText,
    /// UTC milliseconds.
    pub at_ms: i64,
}

/// An item of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its number.
    pub id: ReviewId,
    /// What it is about.
    pub about: About,
    /// When it was opened: when the access was put on record. UTC milliseconds.
    pub opened_ms: i64,
    /// Why it is looked at first, where it is.
    pub priority: Vec<Priority>,
    /// Who had a part in it.
    pub parts: Vec<Part>,
    /// What is known.
    pub facts: Facts,
    /// The closed item that it follows (再確認).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<ReviewId>,
    /// How it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
}

/// Words that do not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("所見・事情を1～{LONGEST_WORDS}文字で入力してください")]
pub struct WordsError;

/// Words of a person: not empty, not too long.
pub fn words(typed: &str) -> Result<SafeText, WordsError> {
    let typed = typed.trim();
    if typed.is_empty() || typed.chars().count() > LONGEST_WORDS {
        Err(WordsError)
    } else {
        Ok(SafeText::new(typed))
    }
}

/// A closed item is never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "この事後確認は完了しているため変更できません。見直すときは「再確認」で新しい事後確認を開いてください"
)]
pub struct IsClosed;

/// Only a closed item can be followed by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("この事後確認はまだ完了していません。一覧から開き、判定を記録してください")]
pub struct StillOpen;

/// Why somebody cannot close an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// It is closed.
    #[error(transparent)]
    Closed(#[from] IsClosed),
    /// Nobody reviews what he had a part in.
    #[error("ご自身が{}として関わった件は確認できません。関わっていない監査担当に依頼してください", .0.label())]
    HadAPart(Role),
    /// Without words.
    #[error(transparent)]
    Words(#[from] WordsError),
}

impl Item {
    /// Whether it waits for a reviewer.
    pub fn is_open(&self) -> bool {
        self.closing.is_none()
    }

    /// Whether it is looked at before others.
    pub fn is_priority(&self) -> bool {
        !self.priority.is_empty()
    }

    /// Whether it has waited for longer than it may.
    pub fn is_overdue(&self, now_ms: i64, due_days: u64) -> bool {
        self.is_open() && self.opened_ms <= overdue_before(now_ms, due_days)
    }

    /// From when on it is overdue.
    pub fn due_ms(&self, due_days: u64) -> i64 {
        self.opened_ms.saturating_add(days_ms(due_days))
    }

    /// Something more is known. Not of a closed one.
    pub fn learn(&mut self, change: impl FnOnce(&mut Facts)) -> Result<(), IsClosed> {
        if !self.is_open() {
            return Err(IsClosed);
        }
        change(&mut self.facts);
        Ok(())
    }

    /// A reason to look at it first. Not of a closed one; a reason is never taken away.
    pub fn raise(&mut self, why: Priority) -> Result<(), IsClosed> {
        if !self.is_open() {
            return Err(IsClosed);
        }
        if !self.priority.contains(&why) {
            self.priority.push(why);
        }
        Ok(())
    }

    /// One more person who had a part.
    pub fn involve(&mut self, part: Part) -> Result<(), IsClosed> {
        if !self.is_open() {
            return Err(IsClosed);
        }
        if !self.parts.contains(&part) {
            self.parts.push(part);
        }
        Ok(())
    }

    /// Whether this person may review it: nobody who had a part in it does.
    pub fn reviewable_by(&self, reviewer: &Account) -> Result<(), CloseError> {
        match self.parts.iter().find(|part| part.is(reviewer)) {
            Some(part) => Err(CloseError::HadAPart(part.role)),
            None => Ok(()),
        }
    }

    /// Closes it, once. A refusal changes nothing.
    pub fn close(
        &mut self,
        reviewer: &Account,
        verdict: Verdict,
        typed: &str,
        at_ms: i64,
    ) -> Result<(), CloseError> {
        if !self.is_open() {
            return Err(IsClosed.into());
        }
        self.reviewable_by(reviewer)?;
        let (by, name) = (reviewer.user.clone(), reviewer.name.as_str().into());
        self.closing = Some(Closing { by, name, verdict, words: words(typed)?, at_ms });
        Ok(())
    }

    /// What is known of an enquiry from all items about it together, oldest first. An item that another one follows is
    /// left out: what it knew, the other one knows.
    pub fn known_of(items: &[Self]) -> Option<Facts> {
        let followed = |item: &Self| items.iter().any(|other| other.follows.as_ref() == Some(&item.id));
        let last = items.iter().filter(|item| !followed(item)).map(|item| item.facts.clone());
        last.reduce(Facts::and_then)
    }

    /// 再確認: a new item about the same, with the same people kept out.
    pub fn again(&self, id: ReviewId, at_ms: i64) -> Result<Self, StillOpen> {
        if self.is_open() {
            return Err(StillOpen);
        }
        Ok(Self { id, opened_ms: at_ms, follows: Some(self.id.clone()), closing: None, ..self.clone() })
    }
}

/// What was opened at or before this moment is overdue.
pub fn overdue_before(now_ms: i64, due_days: u64) -> i64 {
    now_ms.saturating_sub(days_ms(due_days))
}

fn days_ms(days: u64) -> i64 {
    i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_MS)
}
