//! Checked keys.

use super::value::{BranchNumber, InsuredNumber, SendableName, SendableText, Symbol};
use super::{IdentificationMethod, KeyDraft, Sex};
use crate::domain::CalendarDate;
use crate::domain::insurer::InsurerNumber;
use serde::{Deserialize, Serialize};

/// 資格確認書等情報 (T1.2-2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InsuranceKey {
    /// 保険者番号
    pub insurer_number: InsurerNumber,
    /// 記号
    pub symbol: Option<Symbol>,
    /// 番号
    pub insured_number: InsuredNumber,
    /// 枝番
    pub branch_number: Option<BranchNumber>,
    /// 生年月日
    pub birthdate: CalendarDate,
}

/// Where the person is looked for: 住所, 保険者名称, or both; never neither.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// 住所
    Address(SendableText),
    /// 保険者名称
    InsurerName(SendableText<100>),
    /// Both were entered; both are sent.
    Both {
        /// 住所
        address: SendableText,
        /// 保険者名称
        insurer_name: SendableText<100>,
    },
}

impl Place {
    /// 住所, where given.
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::Address(address) | Self::Both { address, .. } => Some(address.as_str()),
            Self::InsurerName(_) => None,
        }
    }

    /// 保険者名称, where given.
    pub fn insurer_name(&self) -> Option<&str> {
        match self {
            Self::InsurerName(name) | Self::Both { insurer_name: name, .. } => Some(name.as_str()),
            Self::Address(_) => None,
        }
    }
}

/// 4情報 (T1.2-2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FourItems {
    /// 氏名
    pub name: SendableName,
    /// 生年月日
    pub birthdate: CalendarDate,
    /// 性別
    pub sex: Sex,
    /// 住所 or 保険者名称
    pub place: Place,
}

/// A checked key: nothing else can be sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnquiryKey {
    /// Read from the 資格確認 result that the face-authentication reader dropped.
    Card(InsuranceKey),
    /// Typed from a 資格確認書 or taken from the register.
    Certificate(InsuranceKey),
    /// 4情報
    FourItems(FourItems),
}

impl EnquiryKey {
    /// 患者特定方式.
    pub fn method(&self) -> IdentificationMethod {
        match self {
            Self::Card(_) => IdentificationMethod::MyNumberCard,
            Self::Certificate(_) => IdentificationMethod::Certificate,
            Self::FourItems(_) => IdentificationMethod::FourItems,
        }
    }

    /// The birth date, which every key holds.
    pub fn birthdate(&self) -> CalendarDate {
        match self {
            Self::Card(key) | Self::Certificate(key) => key.birthdate,
            Self::FourItems(key) => key.birthdate,
        }
    }

    /// The insurance key, unless this is 4情報.
    pub fn insurance(&self) -> Option<&InsuranceKey> {
        match self {
            Self::Card(key) | Self::Certificate(key) => Some(key),
            Self::FourItems(_) => None,
        }
    }

    /// The key as a typed form, for correction. [`KeyDraft::check`] of it gives the key back.
    pub fn to_draft(&self) -> KeyDraft {
        let mut draft = KeyDraft { method: self.method(), ..KeyDraft::default() };
        draft.birthdate = self.birthdate().compact();
        match self {
            Self::Card(key) | Self::Certificate(key) => {
                key.insurer_number.as_str().clone_into(&mut draft.insurer_number);
                draft.symbol = key.symbol.clone().map(String::from).unwrap_or_default();
                key.insured_number.as_str().clone_into(&mut draft.insured_number);
                draft.branch_number = key.branch_number.clone().map(String::from).unwrap_or_default();
            }
            Self::FourItems(key) => {
                key.name.as_str().clone_into(&mut draft.name);
                draft.sex = Some(key.sex);
                key.place.address().unwrap_or_default().clone_into(&mut draft.address);
                key.place.insurer_name().unwrap_or_default().clone_into(&mut draft.insurer_name);
            }
        }
        draft
    }
}
