//! The factors a person has proved, and how they are declared (OQSCD041/042).

use serde::{Deserialize, Serialize};

/// 二要素認証要素区分 OQSCD041.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FactorKind {
    /// 1 記憶
    Knowledge,
    /// 2 生体情報
    Biometric,
    /// 3 物理媒体
    Possession,
}

/// One proved factor. The list is open: another provider (`identity::provider`) adds a variant mapped to OQSCD042.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// ID and password: 記憶, 01.
    Password,
    /// HPKI card: 物理媒体, 01 ICカード.
    HpkiCard,
    /// My Number card (JPKI user authentication): 物理媒体, 01 ICカード.
    MyNumberCard,
    /// Training only: the software card, declared as an IC card towards the stand-in link software.
    SoftwareCard,
    /// One-time-password token (RFC 6238): 物理媒体, 02.
    OneTimePassword,
    /// 顔: 生体情報, 02. The word is there before a device is: a site's provider comes as code, the log's words stay.
    Face,
}

impl Factor {
    /// OQSCD041 as an enum.
    pub fn kind(self) -> FactorKind {
        match self {
            Self::Password => FactorKind::Knowledge,
            Self::HpkiCard | Self::MyNumberCard | Self::SoftwareCard | Self::OneTimePassword => {
                FactorKind::Possession
            }
            Self::Face => FactorKind::Biometric,
        }
    }

    /// Whether it is a card, and not another thing that is held.
    pub fn is_card(self) -> bool {
        matches!(self, Self::HpkiCard | Self::MyNumberCard | Self::SoftwareCard)
    }

    /// The pair (OQSCD041, OQSCD042) as declared in a request.
    pub fn declared(self) -> (&'static str, &'static str) {
        match self {
            Self::Password => ("1", "01"),
            Self::HpkiCard | Self::MyNumberCard | Self::SoftwareCard => ("3", "01"),
            Self::OneTimePassword => ("3", "02"),
            Self::Face => ("2", "02"),
        }
    }

    /// The short word of the first line, such as `PW`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Password => "PW",
            Self::HpkiCard => "HPKI",
            Self::MyNumberCard => "マイナンバーカード",
            Self::SoftwareCard => "訓練カード",
            Self::OneTimePassword => "OTP",
            Self::Face => "顔",
        }
    }
}

/// Two factors of different kinds: the condition of viewing (guide 2.2.5). Only [`TwoFactors::of`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Factor>", into = "Vec<Factor>")]
pub struct TwoFactors(Factor, Factor);

/// Two factors are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "二要素認証が済んでいないため照会はできません。カードまたはワンタイムパスワードで認証してください。閲覧履歴の確認はできます"
)]
pub struct TwoFactorsMissing;

impl TwoFactors {
    /// The first two factors of different kinds, if there are two.
    pub fn of(factors: &[Factor]) -> Result<Self, TwoFactorsMissing> {
        let (first, rest) = factors.split_first().ok_or(TwoFactorsMissing)?;
        let second = rest.iter().find(|f| f.kind() != first.kind()).ok_or(TwoFactorsMissing)?;
        Ok(Self(*first, *second))
    }

    /// Both factors, in the order in which they were proved.
    pub fn both(self) -> [Factor; 2] {
        [self.0, self.1]
    }
}

impl TryFrom<Vec<Factor>> for TwoFactors {
    type Error = TwoFactorsMissing;
    fn try_from(factors: Vec<Factor>) -> Result<Self, Self::Error> {
        Self::of(&factors)
    }
}

impl From<TwoFactors> for Vec<Factor> {
    fn from(two: TwoFactors) -> Self {
        two.both().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_the_same_kind_do_not_count() {
        use Factor::{Face, HpkiCard, OneTimePassword, Password};
        let table: [(&[Factor], bool); 8] = [
            (&[], false),
            (&[Password], false),
            (&[HpkiCard], false),
            (&[HpkiCard, OneTimePassword], false),
            (&[Password, HpkiCard], true),
            (&[Password, OneTimePassword], true),
            (&[Password, Face], true),
            (&[HpkiCard, OneTimePassword, Password], true),
        ];
        for (factors, enough) in table {
            assert_eq!(TwoFactors::of(factors).is_ok(), enough, "{factors:?}");
        }
    }
}
