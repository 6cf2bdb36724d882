//! What the service knows of a patient's care, as the data files say it: keys into the masters and relative dates.

use serde::Deserialize;

/// One patient's care. Several patients may share one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Record {
    /// 健診実施日, in days before today.
    pub(super) checkups: Vec<u32>,
    /// Receipts (薬剤, 診療); they also make the 受診歴.
    pub(super) receipt: Vec<Receipt>,
    /// 調剤結果 of electronic prescriptions.
    pub(super) dispensing: Vec<Dispensing>,
    /// 処方 of electronic prescriptions.
    pub(super) prescription: Vec<Dispensing>,
    /// 手術.
    pub(super) operation: Vec<Operation>,
    /// 透析.
    pub(super) dialysis: Vec<Dialysis>,
}

/// Care that repeats in several receipt months on the same days.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receipt {
    /// Months back from the newest receipt month: 0, 1, 2 are in the summary.
    pub(super) months: Vec<u8>,
    /// Days of the month (31 is the last one).
    #[serde(default)]
    pub(super) days: Vec<i8>,
    /// Instead of days: 1 Monday to 7 Sunday.
    #[serde(default)]
    pub(super) weekdays: Vec<i8>,
    /// The institution (or pharmacy) that sent the receipt.
    pub(super) at: String,
    /// The prescribing institution of a pharmacy's receipt.
    pub(super) by: Option<String>,
    /// 1 入院, 2 外来.
    #[serde(default = "outpatient")]
    pub(super) in_out: u8,
    /// 薬剤.
    #[serde(default)]
    pub(super) drugs: Vec<DrugLine>,
    /// 診療行為.
    #[serde(default)]
    pub(super) treatments: Vec<TreatmentLine>,
    /// The same dispensing is in 調剤結果 too, identical.
    #[serde(default)]
    pub(super) also_dispensed: bool,
}

/// One dispensing (or prescription) known from the electronic prescription service, weeks before any receipt.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dispensing {
    /// Days before today.
    pub(super) days_ago: u32,
    /// The pharmacy; for a prescription the prescribing institution.
    pub(super) at: String,
    /// The prescribing institution.
    pub(super) by: Option<String>,
    /// The drugs.
    pub(super) drugs: Vec<DrugLine>,
}

/// 手術.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operation {
    /// Days before today.
    pub(super) days_ago: u32,
    /// Where.
    pub(super) at: String,
    /// What.
    pub(super) treatments: Vec<TreatmentLine>,
}

/// 透析, on the same weekdays for months.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dialysis {
    /// Months back from the newest receipt month.
    pub(super) months: Vec<u8>,
    /// 1 Monday to 7 Sunday.
    pub(super) weekdays: Vec<i8>,
    /// Where.
    pub(super) at: String,
    /// What.
    pub(super) treatments: Vec<TreatmentLine>,
}

/// A drug with its amount.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DrugLine {
    /// Key into the drug master.
    pub(super) drug: String,
    /// 用量 (per day for 内服), as written in the answer.
    pub(super) amount: String,
    /// Days for 内服, times for 屯服, 1 for 外用 and 注射.
    pub(super) times: u32,
    /// Instead of the drug's usual 用法.
    pub(super) usage: Option<String>,
    /// 特別指示.
    pub(super) note: Option<String>,
}

/// A treatment with its count.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TreatmentLine {
    /// Key into the treatment master.
    pub(super) treatment: String,
    /// 数量.
    pub(super) amount: Option<String>,
    /// 回数.
    #[serde(default = "once")]
    pub(super) times: u32,
}

fn outpatient() -> u8 {
    2
}

fn once() -> u32 {
    1
}
