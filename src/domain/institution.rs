//! The hospital that asks.

use serde::{Deserialize, Serialize};

/// 医療機関コード, 10 digits: 都道府県2 + 点数表1 (1 医科, 3 歯科, 4 調剤) + 7.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstitutionCode(String);

/// Why an institution was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstitutionError {
    /// Not ten digits.
    #[error("医療機関コードは10桁の数字（都道府県2桁＋点数表1桁＋7桁）で指定してください")]
    Code,
    /// 都道府県 out of 01 to 47.
    #[error("医療機関コードの先頭2桁（都道府県番号）は01から47です")]
    Prefecture,
    /// 点数表 is not 1: a pharmacy or a dental practice.
    #[error(
        "医療機関コードの3桁目（点数表）は病院では1（医科）です。調剤・歯科では救急時医療情報閲覧を利用できません"
    )]
    Table,
    /// A8: 診療所 and 薬局 may not use the emergency view.
    #[error("救急時医療情報閲覧は病院を対象とした機能です。診療所・薬局では利用できません")]
    NotAHospital,
    /// Not a known word.
    #[error("機関の種類は hospital（病院）・clinic（診療所）・pharmacy（薬局）のいずれかで指定してください")]
    Kind,
}

/// 機関の種類. Only a hospital may look (guide 1.1, 図0-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstitutionKind {
    /// 病院
    Hospital,
    /// 診療所
    Clinic,
    /// 薬局
    Pharmacy,
}

impl std::str::FromStr for InstitutionKind {
    type Err = InstitutionError;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "hospital" | "病院" => Ok(Self::Hospital),
            "clinic" | "診療所" => Ok(Self::Clinic),
            "pharmacy" | "薬局" => Ok(Self::Pharmacy),
            _ => Err(InstitutionError::Kind),
        }
    }
}

impl InstitutionCode {
    /// Checks the ten digits, the prefecture and the 点数表.
    pub fn parse(text: &str) -> Result<Self, InstitutionError> {
        if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InstitutionError::Code);
        }
        let (prefecture, rest) = text.split_at(2);
        if !("01"..="47").contains(&prefecture) {
            return Err(InstitutionError::Prefecture);
        }
        if !rest.starts_with('1') {
            return Err(InstitutionError::Table);
        }
        Ok(Self(text.to_owned()))
    }

    /// The ten digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for InstitutionCode {
    type Error = InstitutionError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<InstitutionCode> for String {
    fn from(code: InstitutionCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hospital_of_medicine() {
        let table = [
            ("1311234567", Ok(())),
            ("131123456", Err(InstitutionError::Code)),
            ("4811234567", Err(InstitutionError::Prefecture)),
            ("1341234567", Err(InstitutionError::Table)),
            ("13112345６7", Err(InstitutionError::Code)),
        ];
        for (code, expected) in table {
            assert_eq!(InstitutionCode::parse(code).map(|_| ()), expected, "{code}");
        }
    }
}
