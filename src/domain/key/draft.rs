//! The form of a key, and its check.

use super::value::{BranchNumber, InsuredNumber, SendableName, SendableText, Symbol};
use super::{EnquiryKey, FourItems, IdentificationMethod, InsuranceKey, KeyError, KeyField, Place, Sex};
use crate::domain::insurer::InsurerNumber;
use crate::domain::{CalendarDate, compare};
use serde::{Deserialize, Serialize};

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
            KeyField::Symbol | KeyField::BranchNumber if blank => Ok(()),
            KeyField::Symbol => Symbol::parse(typed).map(drop),
            KeyField::InsuredNumber => InsuredNumber::parse(typed).map(drop),
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
            KeyField::Address => address(typed).map(drop),
            KeyField::InsurerName => insurer_name(typed).map(drop),
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
        let birthdate =
            CalendarDate::parse(&self.birthdate, today).map_err(|e| (KeyField::Birthdate, e.into()))?;
        match self.method {
            IdentificationMethod::MyNumberCard => self.insurance(birthdate).map(EnquiryKey::Card),
            IdentificationMethod::Certificate => self.insurance(birthdate).map(EnquiryKey::Certificate),
            IdentificationMethod::FourItems => self.four_items(birthdate).map(EnquiryKey::FourItems),
        }
    }

    fn insurance(&self, birthdate: CalendarDate) -> Result<InsuranceKey, FieldError> {
        Ok(InsuranceKey {
            insurer_number: InsurerNumber::parse(&self.insurer_number)
                .map_err(|e| (KeyField::InsurerNumber, e.into()))?,
            symbol: optional(&self.symbol, Symbol::parse).map_err(at(KeyField::Symbol))?,
            insured_number: InsuredNumber::parse(&self.insured_number)
                .map_err(at(KeyField::InsuredNumber))?,
            branch_number: optional(&self.branch_number, BranchNumber::parse)
                .map_err(at(KeyField::BranchNumber))?,
            birthdate,
        })
    }

    fn four_items(&self, birthdate: CalendarDate) -> Result<FourItems, FieldError> {
        let address = optional(&self.address, address).map_err(at(KeyField::Address))?;
        let insurer_name = optional(&self.insurer_name, insurer_name).map_err(at(KeyField::InsurerName))?;
        Ok(FourItems {
            name: SendableName::parse(&self.name).map_err(at(KeyField::Name))?,
            birthdate,
            sex: self.sex.ok_or((KeyField::Sex, KeyError::Sex))?,
            place: match (address, insurer_name) {
                (Some(address), Some(insurer_name)) => Place::Both { address, insurer_name },
                (Some(address), None) => Place::Address(address),
                (None, Some(insurer_name)) => Place::InsurerName(insurer_name),
                (None, None) => return Err((KeyField::Address, KeyError::Place)),
            },
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

fn address(typed: &str) -> Result<SendableText, KeyError> {
    SendableText::parse(typed, "住所")
}

fn insurer_name(typed: &str) -> Result<SendableText<100>, KeyError> {
    SendableText::parse(typed, "保険者名称")
}

fn at(field: KeyField) -> impl FnOnce(KeyError) -> FieldError {
    move |error| (field, error)
}
