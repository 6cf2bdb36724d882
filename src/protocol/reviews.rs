//! 事後確認 and 事後説明 as they are seen: identifiers, acts and kinds of information. Nothing medical passes here.

use crate::domain::SafeText;
use crate::domain::UserId;
use crate::domain::case::CaseNumber;
use crate::domain::enquiry::EnquiryId;
use crate::domain::review::{About, Item, Priority, ReviewId, Verdict};
use serde::{Deserialize, Serialize};

/// A page of open items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewList {
    /// The rows, priority first, then oldest.
    pub rows: Vec<ReviewRow>,
    /// Whether more follow.
    pub more: bool,
    /// Open ones in all.
    pub open: usize,
    /// Of them overdue.
    pub overdue: usize,
    /// Of them looked at first.
    pub priority: usize,
}

/// An item in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRow {
    /// Its number.
    pub review: ReviewId,
    /// What it is about, in words.
    pub about: SafeText,
    /// Why it is looked at first.
    pub priority: Vec<Priority>,
    /// When the access was, `yyyy-MM-dd HH:mm` JST.
    pub at: SafeText,
    /// Until when it is to be reviewed, `yyyy-MM-dd` JST.
    pub due: SafeText,
    /// That day has passed.
    pub overdue: bool,
    /// Who had a part in it, by name.
    pub people: SafeText,
    /// The patient; empty for tokens.
    pub patient: SafeText,
    /// Consent; empty for tokens.
    pub consent: SafeText,
    /// How it stands or ended.
    pub outcome: SafeText,
}

impl ReviewRow {
    /// 優先 and 期限超過 as words, where they are so.
    pub fn marks(&self) -> String {
        let mut marks: Vec<&str> = self.priority.iter().map(|why| why.label()).collect();
        if self.overdue {
            marks.insert(0, "期限超過");
        }
        marks.join("・")
    }
}

/// A page of closed items, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedList {
    /// The rows.
    pub rows: Vec<ClosedRow>,
    /// From where the next page goes back; nothing at the end. A page without rows is none.
    pub next: Option<ReviewId>,
}

/// A closed item in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedRow {
    /// Its number.
    pub review: ReviewId,
    /// What it is about, in words.
    pub about: SafeText,
    /// Why it was looked at first.
    pub priority: Vec<Priority>,
    /// When the access was, `yyyy-MM-dd HH:mm` JST.
    pub at: SafeText,
    /// Who had a part in it, by name.
    pub people: SafeText,
    /// The patient; empty for tokens.
    pub patient: SafeText,
    /// The closed item that it follows (再確認).
    pub follows: Option<ReviewId>,
    /// 適正 …
    pub verdict: Verdict,
    /// The reviewer.
    pub by: UserId,
    /// 氏名
    pub name: SafeText,
    /// The reviewer's words.
    pub words: SafeText,
    /// When it was closed, `yyyy-MM-dd HH:mm` JST.
    pub closed: SafeText,
}

/// One item in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewView {
    /// The item.
    pub item: Item,
    /// When the access was, `yyyy-MM-dd HH:mm` JST.
    pub at: SafeText,
    /// When something was displayed first.
    pub displayed: Option<SafeText>,
    /// Until when it is to be reviewed, `yyyy-MM-dd` JST.
    pub due: SafeText,
    /// That day has passed and it is open.
    pub overdue: bool,
    /// When it was closed.
    pub closed: Option<SafeText>,
    /// Why whoever looks at it cannot close it, where that is so.
    pub refused: Option<SafeText>,
}

impl ReviewView {
    /// Everything as names and values, in the order in which a reviewer asks. What is not known is left out.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let (item, facts) = (&self.item, &self.item.facts);
        let mut lines = vec![("番号", item.id.to_string()), ("内容", item.about.label().to_owned())];
        let mut add = |name, value: String| {
            if !value.is_empty() {
                lines.push((name, value));
            }
        };
        add("優先の理由", item.priority.iter().map(|why| why.label()).collect::<Vec<_>>().join("・"));
        add("日時", self.at.to_string());
        add("確認の期限", format!("{}{}", self.due, if self.overdue { "（期限超過）" } else { "" }));
        for part in &item.parts {
            add(part.role.label(), format!("{}（{}）", part.words(), part.user));
        }
        match &item.about {
            About::Enquiry { enquiry, case } | About::Objection { enquiry, case } => {
                add("症例・照会", format!("{case}・{enquiry}"));
                add("患者", facts.patient.to_string());
                add("必要性", if facts.necessity { "確認あり" } else { "確認なし" }.to_owned());
                add("同意", facts.consent.to_string());
                add("試みたこと", facts.tried.to_string());
                add("事情", facts.words.to_string());
                add("特定の方法", facts.method.to_string());
                add("身元の根拠", facts.evidence.to_string());
                add("照会要求", format!("{}回", facts.requests));
                add("結果", facts.outcome.to_string());
                add("本人確認", facts.person.label().to_owned());
                let since = self.displayed.as_ref().map(|at| format!("（{at}から）")).unwrap_or_default();
                add("表示した情報", format!("{}{since}", facts.displayed_words()));
            }
            About::TokenIssued { token } => {
                add("トークン", token.to_string());
                add("理由", facts.words.to_string());
            }
            About::TokenUsed { token, session } => {
                add("トークン", token.to_string());
                add("セッション", session.to_string());
                add("使用", format!("{}回", facts.uses));
            }
            About::Recovery => add("理由", facts.words.to_string()),
        }
        add("認証", facts.factor_words().to_string());
        if let Some(before) = &item.follows {
            add("再確認", format!("{before} に続く"));
        }
        if let Some(closing) = &item.closing {
            let at = self.closed.as_ref().map(SafeText::as_str).unwrap_or_default();
            add("判定", format!("{}（{at} {} {}）", closing.verdict.label(), closing.by, closing.name));
            add("所見", closing.words.to_string());
        }
        lines
    }
}

/// A page of the report of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPage {
    /// The items that were opened in the month.
    pub items: Vec<ReviewView>,
    /// Whether more follow.
    pub more: bool,
    /// Name of the facility, and 【訓練】 where it is one.
    pub facility: SafeText,
    /// When the report was made, `yyyy-MM-dd HH:mm` JST.
    pub made: SafeText,
    /// What rules refused in the month, by act, with how often. On the first page only.
    pub refusals: Vec<(SafeText, u64)>,
}

/// An explanation that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplanationRow {
    /// Which enquiry.
    pub enquiry: EnquiryId,
    /// Its case.
    pub case: CaseNumber,
    /// The patient.
    pub patient: SafeText,
    /// Who looked.
    pub viewer: SafeText,
    /// Since when it is due, `yyyy-MM-dd HH:mm` JST.
    pub since: SafeText,
    /// Objections so far.
    pub objections: usize,
}

/// The slip: a heading and paragraphs, each to be broken to the width of the paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlipView {
    /// Heading.
    pub title: SafeText,
    /// Paragraphs; an empty one is a blank line.
    pub paragraphs: Vec<SafeText>,
    /// Explanations and objections so far, in words. Not part of the slip.
    pub history: Vec<SafeText>,
}
