//! The key of an enquiry (資格確認書等情報 or 4情報) and its checks, the same in the form and at the station.

use super::compare;
use super::date::{CalendarDate, DateError};
use super::insurer::{InsurerNumber, InsurerNumberError};
use super::sendable;
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

/// 性別 as the exchange codes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 1 男
    Male,
    /// 2 女
    Female,
    /// 3 未設定
    Unset,
}

impl Sex {
    /// From the code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "1" => Some(Self::Male),
            "2" => Some(Self::Female),
            "3" => Some(Self::Unset),
            _ => None,
        }
    }

    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
            Self::Unset => "3",
        }
    }

    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
            Self::Unset => "未設定",
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

/// What is wrong with a field: a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// 保険者番号
    #[error(transparent)]
    Insurer(#[from] InsurerNumberError),
    /// 生年月日
    #[error(transparent)]
    Date(#[from] DateError),
    /// 氏名
    #[error(transparent)]
    Name(#[from] sendable::NameError),
    /// A required field is empty.
    #[error("{0}を入力してください")]
    Missing(&'static str),
    /// Too long.
    #[error("{0}は{1}文字以内で入力してください（いま{2}文字です）")]
    TooLong(&'static str, usize, usize),
    /// CP932 cannot carry it.
    #[error("{0}の「{1}」（U+{code:04X}）は連携ソフトに送信できません。別の字に直してください", code = u32::from(*.1))]
    Unsendable(&'static str, char),
    /// A blank inside a value that has none.
    #[error("{0}に空白は入れられません。詰めて入力してください")]
    Blank(&'static str),
    /// 枝番 is not two digits.
    #[error("枝番は2桁の数字です。分からないときは空欄にしてください（00は入れないでください）")]
    Branch,
    /// Neither 住所 nor 保険者名称.
    #[error("住所または保険者名称のどちらかを入力してください")]
    Place,
    /// 性別 not chosen.
    #[error("性別を選んでください")]
    Sex,
}

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $label:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks length and characters of a value without blanks; full-width letters and digits become half.
            pub fn parse(typed: &str) -> Result<Self, KeyError> {
                let value = sendable::halve(typed.trim());
                check_text(&value, $label, $max)?;
                if value.contains([' ', '\u{3000}']) {
                    return Err(KeyError::Blank($label));
                }
                Ok(Self(value))
            }

            /// The value as sent.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = KeyError;
            fn try_from(text: String) -> Result<Self, KeyError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

checked_text!(
    /// 記号 `symbol`, at most 20 characters; 後期高齢 and 公費 have none.
    Symbol,
    "記号",
    20
);
checked_text!(
    /// 番号 `insured_number`, at most 20 characters, leading zeros kept.
    InsuredNumber,
    "番号",
    20
);
checked_text!(
    /// 照会番号 `reference_number`, at most 50 characters.
    ReferenceNumber,
    "照会番号",
    50
);

fn check_text(value: &str, label: &'static str, max: usize) -> Result<(), KeyError> {
    if value.is_empty() {
        return Err(KeyError::Missing(label));
    }
    let length = value.chars().count();
    if length > max {
        return Err(KeyError::TooLong(label, max, length));
    }
    match sendable::first_unsendable(value) {
        Some(c) => Err(KeyError::Unsendable(label, c)),
        None => Ok(()),
    }
}

/// 枝番 `branch_number`: two digits. Unknown is not `00`: it is left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchNumber(String);

impl BranchNumber {
    /// Two digits, full-width ones taken as half.
    pub fn parse(typed: &str) -> Result<Self, KeyError> {
        let digits = sendable::halve(typed.trim());
        if digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()) && digits != "00" {
            Ok(Self(digits))
        } else {
            Err(KeyError::Branch)
        }
    }

    /// The two digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BranchNumber {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::parse(&text)
    }
}

impl From<BranchNumber> for String {
    fn from(branch: BranchNumber) -> Self {
        branch.0
    }
}

/// A free text that is sent as it stands: 住所 (≤200) or 保険者名称 (≤100).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SendableText(String);

impl SendableText {
    fn parse(typed: &str, label: &'static str, max: usize) -> Result<Self, KeyError> {
        let value = typed.trim().trim_matches('\u{3000}').to_owned();
        check_text(&value, label, max)?;
        Ok(Self(value))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SendableText {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::parse(&text, "住所・保険者名称", 200)
    }
}

impl From<SendableText> for String {
    fn from(text: SendableText) -> Self {
        text.0
    }
}

/// 氏名 as sent: full width, parts separated by one full-width space.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SendableName(String);

impl SendableName {
    /// Widens, checks the space between 姓 and 名 and every character.
    pub fn parse(typed: &str) -> Result<Self, KeyError> {
        Ok(Self(sendable::parse_person_name(typed)?))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SendableName {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::parse(&text)
    }
}

impl From<SendableName> for String {
    fn from(name: SendableName) -> Self {
        name.0
    }
}

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
    InsurerName(SendableText),
    /// Both were entered; both are sent.
    Both {
        /// 住所
        address: SendableText,
        /// 保険者名称
        insurer_name: SendableText,
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

    /// The key as a typed form, for correction. `parse` of it gives the key back.
    pub fn to_draft(&self) -> KeyDraft {
        let mut draft = KeyDraft { method: self.method(), ..KeyDraft::default() };
        draft.birthdate = self.birthdate().compact();
        match self {
            Self::Card(key) | Self::Certificate(key) => {
                key.insurer_number.as_str().clone_into(&mut draft.insurer_number);
                draft.symbol = key.symbol.as_ref().map(|s| s.as_str().to_owned()).unwrap_or_default();
                key.insured_number.as_str().clone_into(&mut draft.insured_number);
                draft.branch_number =
                    key.branch_number.as_ref().map(|s| s.as_str().to_owned()).unwrap_or_default();
            }
            Self::FourItems(key) => {
                key.name.as_str().clone_into(&mut draft.name);
                draft.sex = Some(key.sex);
                draft.address = key.place.address().unwrap_or_default().to_owned();
                draft.insurer_name = key.place.insurer_name().unwrap_or_default().to_owned();
            }
        }
        draft
    }
}

/// The form as typed: kept whole whatever is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyDraft {
    /// Which tab.
    pub method: IdentificationMethod,
    /// 保険者番号
    pub insurer_number: String,
    /// 記号
    pub symbol: String,
    /// 番号
    pub insured_number: String,
    /// 枝番
    pub branch_number: String,
    /// 生年月日
    pub birthdate: String,
    /// 氏名
    pub name: String,
    /// 性別
    pub sex: Option<Sex>,
    /// 住所
    pub address: String,
    /// 保険者名称
    pub insurer_name: String,
}

/// A field and what is wrong with it.
pub type FieldError = (KeyField, KeyError);

impl KeyDraft {
    /// The typed text of a field (性別 has none).
    pub fn text(&self, field: KeyField) -> &str {
        match field {
            KeyField::InsurerNumber => &self.insurer_number,
            KeyField::Symbol => &self.symbol,
            KeyField::InsuredNumber => &self.insured_number,
            KeyField::BranchNumber => &self.branch_number,
            KeyField::Birthdate => &self.birthdate,
            KeyField::Name => &self.name,
            KeyField::Sex => "",
            KeyField::Address => &self.address,
            KeyField::InsurerName => &self.insurer_name,
        }
    }

    /// Checks one field alone, as it is typed. An empty optional field is good.
    pub fn check_field(&self, field: KeyField, today: CalendarDate) -> Result<(), KeyError> {
        let typed = self.text(field);
        let blank = typed.trim().is_empty();
        match field {
            KeyField::InsurerNumber => InsurerNumber::parse(typed).map(drop).map_err(Into::into),
            KeyField::Symbol if blank => Ok(()),
            KeyField::Symbol => Symbol::parse(typed).map(drop),
            KeyField::InsuredNumber => InsuredNumber::parse(typed).map(drop),
            KeyField::BranchNumber if blank => Ok(()),
            KeyField::BranchNumber => BranchNumber::parse(typed).map(drop),
            KeyField::Birthdate if blank => Err(KeyError::Missing("生年月日")),
            KeyField::Birthdate => CalendarDate::parse(typed, today).map(drop).map_err(Into::into),
            KeyField::Name if blank => Err(KeyError::Missing("氏名")),
            KeyField::Name => SendableName::parse(typed).map(drop),
            KeyField::Sex => self.sex.map(drop).ok_or(KeyError::Sex),
            KeyField::Address | KeyField::InsurerName if blank => {
                if self.address.trim().is_empty() && self.insurer_name.trim().is_empty() {
                    Err(KeyError::Place)
                } else {
                    Ok(())
                }
            }
            KeyField::Address => SendableText::parse(typed, "住所", 200).map(drop),
            KeyField::InsurerName => SendableText::parse(typed, "保険者名称", 100).map(drop),
        }
    }

    /// Checks the whole form; every wrong field is named, in the order of the form.
    pub fn check(&self, today: CalendarDate) -> Result<EnquiryKey, Vec<FieldError>> {
        let wrong: Vec<FieldError> = KeyField::of(self.method)
            .iter()
            .filter_map(|&field| self.check_field(field, today).err().map(|error| (field, error)))
            .collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        self.build(today).map_err(|error| vec![error])
    }

    fn build(&self, today: CalendarDate) -> Result<EnquiryKey, FieldError> {
        let at = |field: KeyField| move |error: KeyError| (field, error);
        let birthdate =
            CalendarDate::parse(&self.birthdate, today).map_err(|e| (KeyField::Birthdate, e.into()))?;
        if self.method == IdentificationMethod::FourItems {
            let address = optional(&self.address, |t| SendableText::parse(t, "住所", 200))
                .map_err(at(KeyField::Address))?;
            let insurer_name = optional(&self.insurer_name, |t| SendableText::parse(t, "保険者名称", 100))
                .map_err(at(KeyField::InsurerName))?;
            let place = match (address, insurer_name) {
                (Some(address), Some(insurer_name)) => Place::Both { address, insurer_name },
                (Some(address), None) => Place::Address(address),
                (None, Some(insurer_name)) => Place::InsurerName(insurer_name),
                (None, None) => return Err((KeyField::Address, KeyError::Place)),
            };
            return Ok(EnquiryKey::FourItems(FourItems {
                name: SendableName::parse(&self.name).map_err(at(KeyField::Name))?,
                birthdate,
                sex: self.sex.ok_or((KeyField::Sex, KeyError::Sex))?,
                place,
            }));
        }
        let key = InsuranceKey {
            insurer_number: InsurerNumber::parse(&self.insurer_number)
                .map_err(|e| (KeyField::InsurerNumber, e.into()))?,
            symbol: optional(&self.symbol, Symbol::parse).map_err(at(KeyField::Symbol))?,
            insured_number: InsuredNumber::parse(&self.insured_number)
                .map_err(at(KeyField::InsuredNumber))?,
            branch_number: optional(&self.branch_number, BranchNumber::parse)
                .map_err(at(KeyField::BranchNumber))?,
            birthdate,
        };
        Ok(if self.method == IdentificationMethod::MyNumberCard {
            EnquiryKey::Card(key)
        } else {
            EnquiryKey::Certificate(key)
        })
    }

    /// The fields in which two drafts differ once folded for comparison; for the log of a correction (B6).
    pub fn differing(&self, other: &Self) -> Vec<KeyField> {
        KeyField::of(self.method)
            .iter()
            .copied()
            .filter(|&field| match field {
                KeyField::Sex => self.sex != other.sex,
                _ => compare::fold(self.text(field)) != compare::fold(other.text(field)),
            })
            .collect()
    }
}

fn optional<T>(typed: &str, parse: impl FnOnce(&str) -> Result<T, KeyError>) -> Result<Option<T>, KeyError> {
    if typed.trim().is_empty() { Ok(None) } else { parse(typed).map(Some) }
}
