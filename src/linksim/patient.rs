//! A synthetic patient, as the data files say it.

use serde::Deserialize;

use super::behaviour::Manner;

/// One insured person and how requests about them are treated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Patient {
    /// Short name for testers, such as `P01`; unique.
    pub(super) id: String,
    /// What happens when this person is asked for, for the report.
    pub(super) title: String,
    /// Key into the insurers.
    pub(super) insurer: String,
    /// 被保険者証記号.
    pub(super) symbol: Option<String>,
    /// 被保険者証番号.
    pub(super) number: String,
    /// 枝番, 2 digits.
    pub(super) branch: Option<String>,
    /// 本人・家族: 1 or 2.
    #[serde(default = "one")]
    pub(super) relation: u8,
    /// InsuredCardClassification.
    #[serde(default = "ordinary")]
    pub(super) card: String,
    /// 氏名 as registered; a person search compares with it.
    pub(super) name: String,
    /// 氏名 as answered, where the server cannot express a character and sends ●.
    pub(super) name_sent: Option<String>,
    /// Other spellings under which a person search finds the person.
    #[serde(default)]
    pub(super) also_named: Vec<String>,
    /// 氏名カナ, half width.
    pub(super) kana: String,
    /// 通称 (NameOfOther).
    pub(super) other_name: Option<String>,
    /// 通称カナ.
    pub(super) other_kana: Option<String>,
    /// 被保険者氏名, where it is somebody else.
    pub(super) insured_name: Option<String>,
    /// 1 男, 2 女, 3 未設定.
    pub(super) sex: u8,
    /// `yyyyMMdd`.
    pub(super) birth: String,
    /// 郵便番号.
    pub(super) post: String,
    /// 住所 with 都道府県.
    pub(super) address: String,
    /// 照会番号.
    pub(super) reference: Option<String>,
    /// 資格取得日, `yyyyMMdd`.
    #[serde(default = "long_ago")]
    pub(super) qualified: String,
    /// 資格喪失, days before today; the answer then says 2 無効（直近有効であった資格）.
    pub(super) lapsed_days_ago: Option<u32>,
    /// A face-reader result lies in `face/`, this many minutes old at the start.
    pub(super) face_minutes_ago: Option<u32>,
    /// Key into the records; nothing means an empty summary.
    pub(super) record: Option<String>,
    /// How requests are treated.
    #[serde(default)]
    pub(super) manner: Manner,
}

impl Patient {
    /// 氏名 as answered.
    pub(super) fn sent_name(&self) -> &str {
        self.name_sent.as_deref().unwrap_or(&self.name)
    }

    /// QualificationValidity: 1 有効, 2 無効（直近有効）.
    pub(super) fn validity(&self) -> &'static str {
        if self.lapsed_days_ago.is_some() { "2" } else { "1" }
    }
}

fn one() -> u8 {
    1
}

fn ordinary() -> String {
    "01".into()
}

fn long_ago() -> String {
    "20200401".into()
}
