//! 患者特定方式 and the fields that each has.

use serde::{Deserialize, Serialize};

/// 患者特定方式 (T1.1-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentificationMethod {
    /// マイナンバーカード (PIN無し認証 at the hospital's face-authentication reader).
    #[default]
    MyNumberCard,
    /// 資格確認書等
    Certificate,
    /// 4情報
    FourItems,
}

impl IdentificationMethod {
    /// All three, in the order of the tabs.
    pub const ALL: [Self; 3] = [Self::MyNumberCard, Self::Certificate, Self::FourItems];

    /// The word of the guide.
    pub fn label(self) -> &'static str {
        match self {
            Self::MyNumberCard => "マイナンバーカード",
            Self::Certificate => "資格確認書等",
            Self::FourItems => "4情報",
        }
    }
}

/// A field of the key, for messages beside it and for moving the cursor there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyField {
    /// 保険者番号
    InsurerNumber,
    /// 記号
    Symbol,
    /// 番号
    InsuredNumber,
    /// 枝番
    BranchNumber,
    /// 生年月日
    Birthdate,
    /// 氏名
    Name,
    /// 性別
    Sex,
    /// 住所
    Address,
    /// 保険者名称
    InsurerName,
}

impl KeyField {
    /// The label beside the field.
    pub fn label(self) -> &'static str {
        match self {
            Self::InsurerNumber => "保険者番号",
            Self::Symbol => "記号",
            Self::InsuredNumber => "番号",
            Self::BranchNumber => "枝番",
            Self::Birthdate => "生年月日",
            Self::Name => "氏名",
            Self::Sex => "性別",
            Self::Address => "住所",
            Self::InsurerName => "保険者名称",
        }
    }

    /// The fields of a method, in the order of the form.
    pub fn of(method: IdentificationMethod) -> &'static [Self] {
        match method {
            IdentificationMethod::MyNumberCard | IdentificationMethod::Certificate => {
                &[Self::InsurerNumber, Self::Symbol, Self::InsuredNumber, Self::BranchNumber, Self::Birthdate]
            }
            IdentificationMethod::FourItems => {
                &[Self::Name, Self::Birthdate, Self::Sex, Self::Address, Self::InsurerName]
            }
        }
    }
}
