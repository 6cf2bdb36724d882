//! Whether an answer is about the person who was asked for (C5). The strictest door of the house.

use super::candidate::Person;
use super::compare::{self, NameMatch};
use super::key::{EnquiryKey, InsuranceKey, Sex};
use super::medical::AnswerPerson;
use super::{CalendarDate, SafeText};
use serde::{Deserialize, Serialize};

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
}

/// What we expect of an answer.
struct Expected<'a> {
    birthdate: CalendarDate,
    sex: Option<Sex>,
    name: Option<&'a str>,
    kana: Option<&'a str>,
    insurance: Option<InsuranceKey>,
    reference_number: Option<&'a SafeText>,
}

/// Compares an answer's person with the key and, where one was chosen or found, with that candidate.
pub fn compare_person(
    key: &EnquiryKey,
    chosen: Option<&Person>,
    answer: &AnswerPerson,
) -> Result<Agreement, PersonMismatch> {
    let mut agreement = against(&expected_of_key(key), answer)?;
    if let Some(person) = chosen {
        let of_candidate = against(&expected_of_candidate(key, person), answer)?;
        agreement.name_not_in_key &= of_candidate.name_not_in_key;
        agreement.name_not_fully_compared |= of_candidate.name_not_fully_compared;
    }
    Ok(agreement)
}

/// Compares everybody of a search's result with the key: a list about somebody else is refused whole.
pub fn compare_people(key: &EnquiryKey, people: &[Person]) -> Result<(), PersonMismatch> {
    let expected = expected_of_key(key);
    people.iter().try_for_each(|person| against(&expected, &as_answer(person)).map(drop))
}

fn expected_of_key(key: &EnquiryKey) -> Expected<'_> {
    match key {
        EnquiryKey::Card(k) | EnquiryKey::Certificate(k) => Expected {
            birthdate: k.birthdate,
            sex: None,
            name: None,
            kana: None,
            insurance: Some(k.clone()),
            reference_number: None,
        },
        EnquiryKey::FourItems(k) => Expected {
            birthdate: k.birthdate,
            sex: Some(k.sex),
            name: Some(k.name.as_str()),
            kana: None,
            insurance: None,
            reference_number: None,
        },
    }
}

fn expected_of_candidate<'a>(key: &EnquiryKey, person: &'a Person) -> Expected<'a> {
    Expected {
        birthdate: person.birthdate.unwrap_or(key.birthdate()),
        sex: person.sex,
        name: Some(person.name.as_str()),
        kana: Some(person.kana.as_str()),
        insurance: person.insurance_key().ok(),
        reference_number: person.reference_number.as_ref(),
    }
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

fn against(expected: &Expected<'_>, answer: &AnswerPerson) -> Result<Agreement, PersonMismatch> {
    if answer.birthdate != Some(expected.birthdate) {
        return Err(PersonMismatch::Birthdate);
    }
    match (expected.sex, answer.sex) {
        (None | Some(Sex::Unset), _) => {}
        (Some(ours), Some(theirs)) if ours == theirs => {}
        _ => return Err(PersonMismatch::Sex),
    }
    if let Some(key) = &expected.insurance {
        insurance(key, answer)?;
    }
    if let (Some(ours), Some(theirs)) = (expected.reference_number, &answer.reference_number)
        && ours != theirs
    {
        return Err(PersonMismatch::ReferenceNumber);
    }
    if let Some(kana) = expected.kana
        && !compare::same(kana, answer.kana.as_str())
    {
        return Err(PersonMismatch::Kana);
    }
    name(expected.name, answer.name.as_str())
}

fn insurance(key: &InsuranceKey, answer: &AnswerPerson) -> Result<(), PersonMismatch> {
    let text = |t: &Option<SafeText>| t.as_ref().map(|t| t.as_str().to_owned()).unwrap_or_default();
    if !compare::same(key.insurer_number.as_str(), answer.insurer_number.as_str()) {
        return Err(PersonMismatch::InsurerNumber);
    }
    // 記号 is optional in a key: compared on what the key holds.
    if key.symbol.as_ref().is_some_and(|symbol| !compare::same(symbol.as_str(), &text(&answer.symbol))) {
        return Err(PersonMismatch::Symbol);
    }
    if !compare::same(key.insured_number.as_str(), answer.insured_number.as_str()) {
        return Err(PersonMismatch::InsuredNumber);
    }
    match &key.branch_number {
        Some(branch) if branch.as_str() != text(&answer.branch_number) => Err(PersonMismatch::BranchNumber),
        _ => Ok(()),
    }
}

fn name(ours: Option<&str>, theirs: &str) -> Result<Agreement, PersonMismatch> {
    let Some(ours) = ours else {
        return Ok(Agreement { name_not_in_key: true, name_not_fully_compared: false });
    };
    match compare::name_matches(ours, theirs) {
        NameMatch::Same => Ok(Agreement::default()),
        NameMatch::SameExceptUnknown { .. } => {
            Ok(Agreement { name_not_in_key: false, name_not_fully_compared: true })
        }
        NameMatch::Different => Err(PersonMismatch::Name),
    }
}
