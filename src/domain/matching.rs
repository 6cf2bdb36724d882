//! Whether an answer is about the person who was asked for (C5). The strictest door of the house.

use super::SafeText;
use super::candidate::Person;
use super::compare::{self, NameMatch};
use super::insurer::InsurerNumber;
use super::key::{BranchNumber, EnquiryKey, InsuranceKey, Sex, Symbol};
use super::medical::AnswerPerson;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// In what an answer differs from the key or the chosen candidate. A full stop: never shown as a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PersonMismatch {
    /// 生年月日
    #[error("生年月日が照会した人と一致しません")]
    Birthdate,
    /// 性別
    #[error("性別が照会した人と一致しません")]
    Sex,
    /// 氏名
    #[error("氏名が照会した人と一致しません")]
    Name,
    /// No 氏名 in the answer.
    #[error("応答に氏名がないため、照会した人かどうか確かめられません")]
    Nameless,
    /// カナ
    #[error("カナ氏名が選択した候補と一致しません")]
    Kana,
    /// 保険者番号
    #[error("保険者番号が照会した値と一致しません")]
    InsurerNumber,
    /// 記号
    #[error("記号が照会した値と一致しません")]
    Symbol,
    /// 番号
    #[error("番号が照会した値と一致しません")]
    InsuredNumber,
    /// 枝番
    #[error("枝番が照会した値と一致しません")]
    BranchNumber,
    /// 照会番号
    #[error("照会番号が選択した候補と一致しません")]
    ReferenceNumber,
}

/// What could not be compared although nothing contradicts; said on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The key held no name (B2, B1): a mistyped number or a twin would not be noticed.
    pub name_not_in_key: bool,
    /// `●` stood for characters that the service could not express.
    pub name_not_fully_compared: bool,
    /// The key says 性別 未設定, which agrees with anybody.
    #[serde(default)]
    pub sex_not_compared: bool,
}

/// Compares an answer's person with the key and, where one was chosen or found, with that candidate.
pub fn compare_person(
    key: &EnquiryKey,
    chosen: Option<&Person>,
    answer: &AnswerPerson,
) -> Result<Agreement, PersonMismatch> {
    let mut agreement = with_key(key, answer)?;
    agreement.sex_not_compared =
        chosen.is_none() && matches!(key, EnquiryKey::FourItems(items) if items.sex == Sex::Unset);
    if let Some(person) = chosen {
        let of_candidate = with_candidate(person, answer)?;
        agreement.name_not_in_key &= of_candidate.name_not_in_key;
        agreement.name_not_fully_compared |= of_candidate.name_not_fully_compared;
    }
    Ok(agreement)
}

/// Compares everybody of a search's result with the key: a list about somebody else is refused whole.
pub fn compare_people(key: &EnquiryKey, people: &[Person]) -> Result<(), PersonMismatch> {
    people.iter().try_for_each(|person| with_key(key, &as_answer(person)).map(drop))
}

fn as_answer(person: &Person) -> AnswerPerson {
    AnswerPerson {
        name: person.name.clone(),
        kana: person.kana.clone(),
        birthdate: person.birthdate,
        sex: person.sex,
        insurer_number: person.insurer_number.clone(),
        symbol: person.symbol.clone(),
        insured_number: person.insured_number.clone(),
        branch_number: person.branch_number.clone(),
        reference_number: person.reference_number.clone(),
    }
}

/// On what the key holds, no more. A key without name leaves the last word to the person at the bedside, who needs
/// a name for it: an answer without one tells nobody whom it is about.
fn with_key(key: &EnquiryKey, answer: &AnswerPerson) -> Result<Agreement, PersonMismatch> {
    if compare::fold(answer.name.as_str()).is_empty() {
        return Err(PersonMismatch::Nameless);
    }
    if answer.birthdate != Some(key.birthdate()) {
        return Err(PersonMismatch::Birthdate);
    }
    match key {
        EnquiryKey::Card(key) | EnquiryKey::Certificate(key) => {
            insurance(key, answer)?;
            Ok(Agreement { name_not_in_key: true, ..Agreement::default() })
        }
        EnquiryKey::FourItems(key) => {
            sex(Some(key.sex), answer.sex)?;
            // With no kana in the key, a name of which nothing was sent would be anybody's of that length.
            if compare::fold(answer.name.as_str()).chars().all(|c| c == compare::UNKNOWN) {
                return Err(PersonMismatch::Name);
            }
            name(compare::name_matches(key.name.as_str(), answer.name.as_str()))
        }
    }
}

/// On everything, in both directions: both come from the same service, so that a value in one and none in the
/// other is a difference. 照会番号 alone is compared only where both have it: not every layout carries it.
fn with_candidate(person: &Person, answer: &AnswerPerson) -> Result<Agreement, PersonMismatch> {
    if person.birthdate.is_some() && person.birthdate != answer.birthdate {
        return Err(PersonMismatch::Birthdate);
    }
    sex(person.sex, answer.sex)?;
    if insurer(person.insurer_number.as_str()) != insurer(answer.insurer_number.as_str()) {
        return Err(PersonMismatch::InsurerNumber);
    }
    if !same(person.symbol.as_ref(), answer.symbol.as_ref()) {
        return Err(PersonMismatch::Symbol);
    }
    if !compare::same(person.insured_number.as_str(), answer.insured_number.as_str()) {
        return Err(PersonMismatch::InsuredNumber);
    }
    if !same(person.branch_number.as_ref(), answer.branch_number.as_ref()) {
        return Err(PersonMismatch::BranchNumber);
    }
    if person.reference_number.is_some()
        && answer.reference_number.is_some()
        && !same(person.reference_number.as_ref(), answer.reference_number.as_ref())
    {
        return Err(PersonMismatch::ReferenceNumber);
    }
    if !compare::same(person.kana.as_str(), answer.kana.as_str()) {
        return Err(PersonMismatch::Kana);
    }
    // Either may have the ●: the search and the information may come in different encodings.
    let (ours, theirs) = (person.name.as_str(), answer.name.as_str());
    match compare::name_matches(ours, theirs) {
        NameMatch::Different => name(compare::name_matches(theirs, ours)),
        matched => name(matched),
    }
}

fn insurance(key: &InsuranceKey, answer: &AnswerPerson) -> Result<(), PersonMismatch> {
    let holds = |ours: Option<&str>, theirs: Option<&SafeText>| {
        ours.is_none_or(|ours| compare::same(ours, theirs.map_or("", SafeText::as_str)))
    };
    if insurer(key.insurer_number.as_str()) != insurer(answer.insurer_number.as_str()) {
        return Err(PersonMismatch::InsurerNumber);
    }
    if !holds(key.symbol.as_ref().map(Symbol::as_str), answer.symbol.as_ref()) {
        return Err(PersonMismatch::Symbol);
    }
    if !compare::same(key.insured_number.as_str(), answer.insured_number.as_str()) {
        return Err(PersonMismatch::InsuredNumber);
    }
    if !holds(key.branch_number.as_ref().map(BranchNumber::as_str), answer.branch_number.as_ref()) {
        return Err(PersonMismatch::BranchNumber);
    }
    Ok(())
}

/// One spelling of an insurer number, as [`InsurerNumber`] has it; what is none is compared as it stands.
fn insurer(text: &str) -> String {
    InsurerNumber::parse(text).map_or_else(|_| compare::fold(text), String::from)
}

fn same(ours: Option<&SafeText>, theirs: Option<&SafeText>) -> bool {
    let text = |value: Option<&SafeText>| value.map(|text| compare::fold(text.as_str())).unwrap_or_default();
    text(ours) == text(theirs)
}

/// 未設定 says nothing, so that nothing contradicts it; asked for as 男 or 女, it must be answered so.
fn sex(ours: Option<Sex>, theirs: Option<Sex>) -> Result<(), PersonMismatch> {
    match ours {
        None | Some(Sex::Unset) => Ok(()),
        Some(_) if ours == theirs => Ok(()),
        Some(_) => Err(PersonMismatch::Sex),
    }
}

fn name(matched: NameMatch) -> Result<Agreement, PersonMismatch> {
    match matched {
        NameMatch::Same => Ok(Agreement::default()),
        NameMatch::SameExceptUnknown { .. } => {
            Ok(Agreement { name_not_fully_compared: true, ..Agreement::default() })
        }
        NameMatch::Different => Err(PersonMismatch::Name),
    }
}
