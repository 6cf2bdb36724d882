//! 救急時医療情報: what a doctor reads (D1), every row with its source, every text safe.

use super::candidate::Person;
use super::key::Sex;
use super::{CalendarDate, Month, SafeText};
use serde::{Deserialize, Serialize};

/// 情報要求パターン OQSCD040, as far as this product asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InformationKind {
    /// 1 救急用サマリー
    EmergencySummary,
    /// 2 救急用全量版
    FullRecord,
}

impl InformationKind {
    /// OQSCD040.
    pub fn code(self) -> &'static str {
        match self {
            Self::EmergencySummary => "1",
            Self::FullRecord => "2",
        }
    }

    /// The word of the guide.
    pub fn label(self) -> &'static str {
        match self {
            Self::EmergencySummary => "救急用サマリー",
            Self::FullRecord => "救急用全量版",
        }
    }
}

/// Where a row comes from (D3); always visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// レセプト
    Receipt,
    /// 電子処方箋管理サービス, 調剤結果
    Dispensing,
    /// 電子処方箋管理サービス, 処方
    Prescription,
}

impl Source {
    /// The word beside the row.
    pub fn label(self) -> &'static str {
        match self {
            Self::Receipt => "レセプト",
            Self::Dispensing => "調剤結果",
            Self::Prescription => "処方",
        }
    }
}

/// 入院/外来.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InOut {
    /// 入院
    Inpatient,
    /// 外来
    Outpatient,
    /// Neither code was sent.
    Unknown,
}

impl InOut {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Inpatient => "入院",
            Self::Outpatient => "外来",
            Self::Unknown => "不明",
        }
    }
}

/// A medical institution or pharmacy in the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Facility {
    /// 10 digits, as sent.
    pub code: SafeText,
    /// Name, as sent.
    pub name: SafeText,
}

/// 受診歴: a visit, or a month of visits where no day was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Where.
    pub facility: Facility,
    /// The receipt's month.
    pub month: Option<Month>,
    /// The day, where sent.
    pub date: Option<CalendarDate>,
    /// 入院/外来
    pub in_out: InOut,
}

/// A drug that was prescribed or dispensed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrugRow {
    /// Where the row comes from.
    pub source: Source,
    /// The same dispensing also came from there (D3); this row stands for both.
    pub also_from: Option<Source>,
    /// Who dispensed, or whose receipt it is.
    pub facility: Facility,
    /// Who prescribed, where that differs.
    pub prescriber: Option<Facility>,
    /// 診療年月
    pub month: Option<Month>,
    /// 調剤日/診療日
    pub date: Option<CalendarDate>,
    /// 処方日
    pub prescribed: Option<CalendarDate>,
    /// 入院/外来
    pub in_out: InOut,
    /// 診療識別 21 内服, 22 屯服, 23 外用, 31–33 注射, as sent.
    pub category: SafeText,
    /// 医薬品コード, 9 digits.
    pub code: SafeText,
    /// 医薬品名
    pub name: SafeText,
    /// 一般名/成分名
    pub ingredient: SafeText,
    /// 1回/1日 amount as sent.
    pub amount: SafeText,
    /// 単位
    pub unit: SafeText,
    /// 用法
    pub usage: SafeText,
    /// 特別指示
    pub instruction: SafeText,
    /// 日数/回数 as sent.
    pub times: SafeText,
}

/// An operation, a dialysis or another treatment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreatmentRow {
    /// Where.
    pub facility: Facility,
    /// 診療年月
    pub month: Option<Month>,
    /// The day, where sent.
    pub date: Option<CalendarDate>,
    /// 入院/外来
    pub in_out: InOut,
    /// 診療行為コード
    pub code: SafeText,
    /// 診療行為名
    pub name: SafeText,
    /// Amount, unit and times in one, as sent.
    pub amount: SafeText,
    /// 人工透析: marked wherever it is shown.
    pub dialysis: bool,
}

/// The person that the answer itself names (`QuaInf` and the key of its header).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerPerson {
    /// 氏名
    pub name: SafeText,
    /// カナ
    pub kana: SafeText,
    /// 生年月日
    pub birthdate: Option<CalendarDate>,
    /// 性別
    pub sex: Option<Sex>,
    /// 保険者番号, blanks trimmed.
    pub insurer_number: SafeText,
    /// 記号
    pub symbol: Option<SafeText>,
    /// 番号
    pub insured_number: SafeText,
    /// 枝番
    pub branch_number: Option<SafeText>,
    /// 照会番号
    pub reference_number: Option<SafeText>,
}

/// 救急用サマリー (D1), as read from one whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencySummary {
    /// Whom it is about.
    pub person: AnswerPerson,
    /// 作成日
    pub created: Option<CalendarDate>,
    /// 受診歴
    pub visits: Vec<Visit>,
    /// 電子処方箋情報: 調剤結果, and 処方 as received.
    pub e_prescriptions: Vec<DrugRow>,
    /// 薬剤情報 (レセプト)
    pub drugs: Vec<DrugRow>,
    /// 手術情報
    pub operations: Vec<TreatmentRow>,
    /// 診療情報, 透析 marked
    pub treatments: Vec<TreatmentRow>,
    /// 特定健診等の実施日
    pub checkups: Vec<CalendarDate>,
    /// 「不明な項目あり」: elements that were not understood, by name, never dropped silently.
    pub unknown: Vec<SafeText>,
}

impl EmergencySummary {
    /// Marks receipt rows that repeat a dispensing of the e-prescription service: the dispensing says so and the
    /// receipt row goes (D3). Only where institution, date, drug, amount and days are identical and present.
    #[must_use]
    pub fn merged(mut self) -> Self {
        let dispensings = &mut self.e_prescriptions;
        self.drugs.retain(|receipt| {
            let twin = dispensings.iter_mut().find(|row| {
                row.source == Source::Dispensing && row.also_from.is_none() && same_dispensing(row, receipt)
            });
            match twin {
                Some(row) => {
                    row.also_from = Some(Source::Receipt);
                    false
                }
                None => true,
            }
        });
        self
    }
}

fn same_dispensing(a: &DrugRow, b: &DrugRow) -> bool {
    let key = |row: &DrugRow| {
        [&row.facility.code, &row.code, &row.amount, &row.unit, &row.times].map(|t| t.as_str().to_owned())
    };
    a.date.is_some() && a.date == b.date && key(a) == key(b) && key(a).iter().all(|part| !part.is_empty())
}

/// What an answer file said, once it was whole, decoded and parsed. Whose it is was not judged yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerContent {
    /// 処理中: the answer proper comes later.
    Processing,
    /// 0 hits.
    NoMatch,
    /// 6 hits or more.
    TooMany,
    /// One to five people: one is a hit, two to five are candidates.
    People(Vec<Person>),
    /// The medical information of one person.
    Summary(Box<EmergencySummary>),
    /// A PDF version, kept as it is.
    Pdf(Vec<u8>),
    /// C6: an error, shown verbatim.
    Failed {
        /// Its code, where sent.
        code: SafeText,
        /// Its message, where sent.
        message: SafeText,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(source: Source, times: &str) -> DrugRow {
        DrugRow {
            source,
            also_from: None,
            facility: Facility { code: "1341234567".into(), name: "架空薬局".into() },
            prescriber: None,
            month: None,
            date: CalendarDate::from_compact("20261101").ok(),
            prescribed: None,
            in_out: InOut::Outpatient,
            category: "21".into(),
            code: "610406079".into(),
            name: "ワーファリン錠１ｍｇ".into(),
            ingredient: SafeText::default(),
            amount: "2".into(),
            unit: "錠".into(),
            usage: SafeText::default(),
            instruction: SafeText::default(),
            times: times.into(),
        }
    }

    fn summary(e: Vec<DrugRow>, r: Vec<DrugRow>) -> EmergencySummary {
        EmergencySummary {
            person: AnswerPerson {
                name: "架空　太郎".into(),
                kana: "ｶｸｳ ﾀﾛｳ".into(),
                birthdate: None,
                sex: None,
                insurer_number: SafeText::default(),
                symbol: None,
                insured_number: SafeText::default(),
                branch_number: None,
                reference_number: None,
            },
            created: None,
            visits: vec![],
            e_prescriptions: e,
            drugs: r,
            operations: vec![],
            treatments: vec![],
            checkups: vec![],
            unknown: vec![],
        }
    }

    #[test]
    fn only_identical_dispensings_are_shown_once() {
        let merged = summary(vec![row(Source::Dispensing, "14")], vec![row(Source::Receipt, "14")]).merged();
        assert_eq!(merged.e_prescriptions[0].also_from, Some(Source::Receipt));
        assert!(merged.drugs.is_empty());

        for (e, r) in [
            (row(Source::Dispensing, "14"), row(Source::Receipt, "28")),
            (row(Source::Prescription, "14"), row(Source::Receipt, "14")),
            (row(Source::Dispensing, ""), row(Source::Receipt, "")),
        ] {
            let kept = summary(vec![e], vec![r]).merged();
            assert_eq!(kept.drugs.len(), 1);
        }
        let twice = summary(
            vec![row(Source::Dispensing, "14")],
            vec![row(Source::Receipt, "14"), row(Source::Receipt, "14")],
        )
        .merged();
        assert_eq!(twice.drugs.len(), 1, "one dispensing stands for one receipt row only");
    }
}
