//! 必要性 and 救急時同意情報 (C1): who judged, what was asked, and why consent could not be had.

use super::SafeText;
use serde::{Deserialize, Serialize};

/// How the patient's own consent was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentHow {
    /// 口頭
    Oral,
    /// うなずき・身ぶり
    Gesture,
    /// 書面
    Written,
}

impl ConsentHow {
    /// All, in the order of the screen.
    pub const ALL: [Self; 3] = [Self::Oral, Self::Gesture, Self::Written];

    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Oral => "口頭",
            Self::Gesture => "うなずき・身ぶり",
            Self::Written => "書面",
        }
    }
}

/// Why the patient's consent could not be had. A refusal counts as such (T1.2-2) and is reviewed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnobtainableReason {
    /// 意識障害
    ImpairedConsciousness,
    /// 時間的猶予なし
    NoTime,
    /// 家族の同意のみ
    FamilyOnly,
    /// 拒否
    Refused,
    /// その他
    Other,
}

impl UnobtainableReason {
    /// All, in the order of the screen.
    pub const ALL: [Self; 5] =
        [Self::ImpairedConsciousness, Self::NoTime, Self::FamilyOnly, Self::Refused, Self::Other];

    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::ImpairedConsciousness => "意識障害",
            Self::NoTime => "時間的猶予なし",
            Self::FamilyOnly => "家族の同意のみ",
            Self::Refused => "拒否",
            Self::Other => "その他",
        }
    }

    /// Whether a reason in words is demanded.
    pub fn needs_words(self) -> bool {
        matches!(self, Self::Refused | Self::Other)
    }
}

/// 救急時同意情報 as recorded, with what OQSCD016 will say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// 同意あり: the patient's own.
    Given {
        /// 口頭 …
        how: ConsentHow,
    },
    /// 同意取得困難
    Unobtainable {
        /// Sub-reason.
        reason: UnobtainableReason,
        /// What was tried to obtain consent.
        tried: SafeText,
        /// The reason in words.
        words: SafeText,
    },
}

impl Consent {
    /// OQSCD016: 1 あり, 3 同意取得困難.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Given { .. } => "1",
            Self::Unobtainable { .. } => "3",
        }
    }

    /// One line for screens and the log.
    pub fn describe(&self) -> String {
        match self {
            Self::Given { how } => format!("同意あり（{}）", how.label()),
            Self::Unobtainable { reason, .. } => format!("同意取得困難（{}）", reason.label()),
        }
    }

    /// Whether a reviewer must look at this one first.
    pub fn priority_review(&self) -> bool {
        matches!(self, Self::Unobtainable { reason: UnobtainableReason::Refused, .. })
    }
}

/// What must be on record before a request may be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The consent, or why it could not be had.
    pub consent: Consent,
    /// Who judged that it is necessary, where that is not the operator (代行, A9).
    pub judged_by: Option<SafeText>,
}

/// A field of the confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentField {
    /// The cautions of T4.1.4-2.
    Caution,
    /// 必要性
    Necessity,
    /// 同意あり / 同意取得困難
    Choice,
    /// 口頭 …
    How,
    /// 意識障害 …
    Reason,
    /// What was tried.
    Tried,
    /// In words.
    Words,
    /// 代行
    JudgedBy,
}

/// What is missing, as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The cautions were not confirmed.
    #[error("注意事項を確認してください")]
    Caution,
    /// Necessity not confirmed.
    #[error("患者の生命、身体の保護のために必要であることを確認してください")]
    Necessity,
    /// Neither chosen.
    #[error("「同意あり」か「同意取得困難」を選んでください")]
    Choice,
    /// 口頭 … not chosen.
    #[error("同意の方法を選んでください")]
    How,
    /// Sub-reason not chosen.
    #[error("同意取得困難の理由を選んでください")]
    Reason,
    /// What was tried is empty.
    #[error("同意を得るために試みたことを入力してください（例：呼びかけに応答なし）")]
    Tried,
    /// Words are demanded.
    #[error("この理由では、具体的な事情の入力が必要です")]
    Words,
    /// Too long.
    #[error("200文字以内で入力してください")]
    TooLong,
}

/// 同意あり or 同意取得困難, once chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentChoice {
    /// 同意あり
    Given,
    /// 同意取得困難
    Unobtainable,
}

/// The confirmation as filled in; nothing is preselected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsentDraft {
    /// The cautions shown were confirmed.
    pub caution: bool,
    /// 必要性
    pub necessity: bool,
    /// 同意あり / 同意取得困難
    pub choice: Option<ConsentChoice>,
    /// 口頭 …
    pub how: Option<ConsentHow>,
    /// 意識障害 …
    pub reason: Option<UnobtainableReason>,
    /// What was tried.
    pub tried: String,
    /// In words.
    pub words: String,
    /// Who judged, where not the operator.
    pub judged_by: String,
}

impl ConsentDraft {
    /// The fields that matter for what is chosen so far, in the order of the screen.
    pub fn fields(&self) -> Vec<ConsentField> {
        use ConsentField as F;
        let mut fields = vec![F::Caution, F::Necessity, F::Choice];
        match self.choice {
            Some(ConsentChoice::Given) => fields.push(F::How),
            Some(ConsentChoice::Unobtainable) => fields.extend([F::Reason, F::Tried, F::Words]),
            None => {}
        }
        fields.push(F::JudgedBy);
        fields
    }

    /// Checks one field.
    pub fn check_field(&self, field: ConsentField) -> Result<(), ConsentError> {
        let long = |text: &str| text.chars().count() > 200;
        let ok_or = |good: bool, error| if good { Ok(()) } else { Err(error) };
        match field {
            ConsentField::Caution => ok_or(self.caution, ConsentError::Caution),
            ConsentField::Necessity => ok_or(self.necessity, ConsentError::Necessity),
            ConsentField::Choice => ok_or(self.choice.is_some(), ConsentError::Choice),
            ConsentField::How => ok_or(self.how.is_some(), ConsentError::How),
            ConsentField::Reason => ok_or(self.reason.is_some(), ConsentError::Reason),
            ConsentField::Tried if long(&self.tried) => Err(ConsentError::TooLong),
            ConsentField::Tried => ok_or(!self.tried.trim().is_empty(), ConsentError::Tried),
            ConsentField::Words if long(&self.words) => Err(ConsentError::TooLong),
            ConsentField::Words => {
                let needed = self.reason.is_some_and(UnobtainableReason::needs_words);
                ok_or(!needed || !self.words.trim().is_empty(), ConsentError::Words)
            }
            ConsentField::JudgedBy => ok_or(!long(&self.judged_by), ConsentError::TooLong),
        }
    }

    /// Checks everything; every missing field is named, in the order of the screen.
    pub fn check(&self) -> Result<Confirmation, Vec<(ConsentField, ConsentError)>> {
        let wrong: Vec<_> = self
            .fields()
            .into_iter()
            .filter_map(|field| self.check_field(field).err().map(|error| (field, error)))
            .collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let safe = |text: &str| SafeText::new(text.trim());
        let consent = match (self.choice, self.how, self.reason) {
            (Some(ConsentChoice::Given), Some(how), _) => Consent::Given { how },
            (Some(ConsentChoice::Unobtainable), _, Some(reason)) => {
                Consent::Unobtainable { reason, tried: safe(&self.tried), words: safe(&self.words) }
            }
            _ => return Err(vec![(ConsentField::Choice, ConsentError::Choice)]),
        };
        let judged_by = Some(safe(&self.judged_by)).filter(|judge| !judge.is_empty());
        Ok(Confirmation { consent, judged_by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unobtainable(reason: UnobtainableReason) -> ConsentDraft {
        ConsentDraft {
            caution: true,
            necessity: true,
            choice: Some(ConsentChoice::Unobtainable),
            reason: Some(reason),
            tried: "呼びかけに応答なし".into(),
            ..ConsentDraft::default()
        }
    }

    #[test]
    fn nothing_is_preselected_and_everything_missing_is_named() {
        let wrong = ConsentDraft::default().check().unwrap_err();
        assert_eq!(
            wrong,
            [
                (ConsentField::Caution, ConsentError::Caution),
                (ConsentField::Necessity, ConsentError::Necessity),
                (ConsentField::Choice, ConsentError::Choice),
            ]
        );
    }

    #[test]
    fn consent_becomes_its_code() {
        let given = ConsentDraft {
            caution: true,
            necessity: true,
            choice: Some(ConsentChoice::Given),
            how: Some(ConsentHow::Oral),
            ..ConsentDraft::default()
        };
        assert_eq!(given.check().unwrap().consent.code(), "1");
        let impaired = unobtainable(UnobtainableReason::ImpairedConsciousness).check().unwrap();
        assert_eq!(impaired.consent.code(), "3");
        assert!(!impaired.consent.priority_review());
    }

    #[test]
    fn a_refusal_needs_words_and_is_reviewed_first() {
        let mut refused = unobtainable(UnobtainableReason::Refused);
        assert_eq!(refused.check().unwrap_err(), [(ConsentField::Words, ConsentError::Words)]);
        refused.words = "見ないでほしいと話したが、出血量が多く薬剤の確認が必要".into();
        assert!(refused.check().unwrap().consent.priority_review());
    }

    #[test]
    fn what_was_tried_is_demanded() {
        let mut draft = unobtainable(UnobtainableReason::NoTime);
        draft.tried = " \u{3000}".into();
        assert_eq!(draft.check().unwrap_err(), [(ConsentField::Tried, ConsentError::Tried)]);
    }
}
