//! A case (B9): a stretcher or bed with a temporary number, and what is known of who lies there.

use super::key::Sex;
use super::{SafeText, UserId};
use serde::{Deserialize, Serialize};

/// 仮番号 `yyyyMMdd-NNN`, given by the station, never reused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseNumber(String);

/// Why a case was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// Not a 仮番号.
    #[error("仮番号の形が正しくありません（例 20261123-001）")]
    Number,
    /// Neither bed nor anything else tells which stretcher this is.
    #[error("ベッド・場所を入力してください（例：初療室2）")]
    Bed,
    /// Too long.
    #[error("{0}は{1}文字以内で入力してください")]
    TooLong(&'static str, usize),
    /// Not an age.
    #[error("見た目の年齢は0～120の数字で入力してください（分からないときは空欄）")]
    Age,
    /// Somebody compared, but nothing says what: the name would be lost.
    #[error(
        "「確認した人」があるときは「身元の根拠」も選んでください（根拠がないときは「確認した人」を空欄にしてください）"
    )]
    Evidence,
    /// A comparison by nobody.
    #[error("身元の根拠に「誰が確認したか」を入力してください")]
    EvidenceBy,
}

impl CaseNumber {
    /// The `n`th case of a day (`yyyyMMdd`).
    pub fn of(day: super::CalendarDate, n: u32) -> Self {
        Self(format!("{}-{n:03}", day.compact()))
    }

    /// Checks the form.
    pub fn parse(text: &str) -> Result<Self, CaseError> {
        let (day, n) = text.split_once('-').ok_or(CaseError::Number)?;
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if day.len() == 8 && (3..=6).contains(&n.len()) && digits(day) && digits(n) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CaseError::Number)
        }
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CaseNumber {
    type Error = CaseError;
    fn try_from(text: String) -> Result<Self, CaseError> {
        Self::parse(&text)
    }
}

impl From<CaseNumber> for String {
    fn from(number: CaseNumber) -> Self {
        number.0
    }
}

/// 身元の根拠: on what the identity rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// カード等の顔写真と照合
    CardPhoto,
    /// 家族・知人の申告
    Family,
    /// 所持品
    Belongings,
    /// 警察・救急隊
    Police,
    /// 本人の申告
    Patient,
}

impl EvidenceKind {
    /// All, in the order of the screen.
    pub const ALL: [Self; 5] = [Self::CardPhoto, Self::Patient, Self::Family, Self::Belongings, Self::Police];

    /// The Japanese words.
    pub fn label(self) -> &'static str {
        match self {
            Self::CardPhoto => "顔写真と照合",
            Self::Family => "家族・知人の申告",
            Self::Belongings => "所持品",
            Self::Police => "警察・救急隊の情報",
            Self::Patient => "本人の申告",
        }
    }

    /// Whether this alone is weak: it then stays in words on every screen of the case.
    pub fn weak(self) -> bool {
        !matches!(self, Self::CardPhoto)
    }
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What.
    pub kind: EvidenceKind,
    /// Who compared or reported it.
    pub by: SafeText,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// 仮番号
    pub number: CaseNumber,
    /// Bed or place.
    pub bed: SafeText,
    /// When the case was opened, `yyyy-MM-dd HH:mm` JST.
    pub arrived: SafeText,
    /// Apparent age in years.
    pub apparent_age: Option<u8>,
    /// Apparent sex.
    pub apparent_sex: Option<Sex>,
    /// The hospital's own patient id, where known.
    pub patient_id: Option<SafeText>,
    /// On what the identity rests.
    pub evidence: Option<Evidence>,
    /// Who opened it.
    pub opened_by: UserId,
    /// Other open cases that claim the same identity; both see this.
    #[serde(default)]
    pub same_identity_as: Vec<CaseNumber>,
}

impl Case {
    /// 「身元の根拠」 in words, where it is missing or weak.
    pub fn weak_identity(&self) -> Option<String> {
        match &self.evidence {
            None => Some("身元の根拠：未確認".to_owned()),
            Some(e) if e.kind.weak() => Some(format!("身元の根拠：{}のみ（{}）", e.kind.label(), e.by)),
            Some(_) => None,
        }
    }
}

/// The form of a case as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseDraft {
    /// Bed or place.
    pub bed: String,
    /// Apparent age.
    pub apparent_age: String,
    /// Apparent sex.
    pub apparent_sex: Option<Sex>,
    /// The hospital's own patient id.
    pub patient_id: String,
    /// On what the identity rests.
    pub evidence: Option<EvidenceKind>,
    /// Who compared or reported it.
    pub evidence_by: String,
}

/// A field of the case form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseField {
    /// Bed or place.
    Bed,
    /// Apparent age.
    Age,
    /// Apparent sex.
    Sex,
    /// The hospital's own patient id.
    PatientId,
    /// 身元の根拠
    Evidence,
    /// By whom.
    EvidenceBy,
}

/// The checked values of a case form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFacts {
    /// Bed or place.
    pub bed: SafeText,
    /// Apparent age in years.
    pub apparent_age: Option<u8>,
    /// Apparent sex.
    pub apparent_sex: Option<Sex>,
    /// The hospital's own patient id.
    pub patient_id: Option<SafeText>,
    /// On what the identity rests.
    pub evidence: Option<Evidence>,
}

impl CaseDraft {
    /// Checks the form; every wrong field is named.
    pub fn check(&self) -> Result<CaseFacts, Vec<(CaseField, CaseError)>> {
        let mut wrong = Vec::new();
        let bed = self.bed.trim();
        if bed.is_empty() {
            wrong.push((CaseField::Bed, CaseError::Bed));
        } else if bed.chars().count() > 30 {
            wrong.push((CaseField::Bed, CaseError::TooLong("ベッド・場所", 30)));
        }
        let digits = super::sendable::halve(self.apparent_age.trim());
        let apparent_age = digits.parse::<u8>().ok().filter(|age| *age <= 120);
        if apparent_age.is_none() && !digits.is_empty() {
            wrong.push((CaseField::Age, CaseError::Age));
        }
        if self.patient_id.trim().chars().count() > 20 {
            wrong.push((CaseField::PatientId, CaseError::TooLong("患者ID", 20)));
        }
        let by = self.evidence_by.trim();
        if self.evidence.is_none() && !by.is_empty() {
            wrong.push((CaseField::Evidence, CaseError::Evidence));
        }
        if self.evidence.is_some() && by.is_empty() {
            wrong.push((CaseField::EvidenceBy, CaseError::EvidenceBy));
        } else if by.chars().count() > 40 {
            wrong.push((CaseField::EvidenceBy, CaseError::TooLong("確認した人", 40)));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(CaseFacts {
            bed: SafeText::new(bed),
            apparent_age,
            apparent_sex: self.apparent_sex,
            patient_id: Some(SafeText::new(self.patient_id.trim())).filter(|id| !id.is_empty()),
            evidence: self.evidence.map(|kind| Evidence { kind, by: SafeText::new(by) }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_field_is_named() {
        let draft = CaseDraft {
            apparent_age: "121".into(),
            evidence: Some(EvidenceKind::Family),
            patient_id: "9".repeat(21),
            ..CaseDraft::default()
        };
        let wrong = draft.check().unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|(f, _)| *f).collect();
        assert_eq!(fields, [CaseField::Bed, CaseField::Age, CaseField::PatientId, CaseField::EvidenceBy]);
        let good =
            CaseDraft { bed: "初療室2".into(), apparent_age: "７０".into(), ..CaseDraft::default() };
        assert_eq!(good.check().unwrap().apparent_age, Some(70));
    }

    #[test]
    fn evidence_and_who_saw_it_go_together() {
        let check = |evidence, by: &str| {
            let draft =
                CaseDraft {
                    bed: "初療室2".into(), evidence, evidence_by: by.into(), ..CaseDraft::default()
                };
            draft.check().map(|facts| facts.evidence)
        };
        let kind = EvidenceKind::Family;
        assert_eq!(check(None, "　"), Ok(None));
        assert_eq!(check(Some(kind), "妻"), Ok(Some(Evidence { kind, by: "妻".into() })));
        assert_eq!(check(None, "妻"), Err(vec![(CaseField::Evidence, CaseError::Evidence)]));
        assert_eq!(check(Some(kind), ""), Err(vec![(CaseField::EvidenceBy, CaseError::EvidenceBy)]));
    }

    #[test]
    fn numbers() {
        for (text, good) in [("20261123-001", true), ("20261123-1", false), ("x-001", false), ("", false)] {
            assert_eq!(CaseNumber::parse(text).is_ok(), good, "{text}");
        }
    }
}
