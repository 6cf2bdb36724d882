//! One `ResultOfQualificationConfirmation`, and the person that a summary names.

use super::AnswerError;
use super::fields::Notes;
use super::xml::Node;
use crate::domain::SafeText;
use crate::domain::candidate::{Person, Validity};
use crate::domain::key::Sex;
use crate::domain::medical::AnswerPerson;
use crate::exchange::dialect::{Dialect, Terms};

/// A person of the list of results. `general` is the 資格有効性 of the whole answer.
pub(super) fn person(
    node: &Node,
    general: Option<&str>,
    dialect: &Dialect,
    notes: &Notes,
) -> Result<Person, AnswerError> {
    let names = &dialect.person;
    node.pass(&names.not_shown);
    let own = node.one(&names.validity)?.map(Node::value).filter(|value| !value.is_empty());
    let expected = |terms: &Terms| -> Result<SafeText, AnswerError> {
        if node.one(terms)?.is_none() {
            notes.add(&format!("{}（項目なし）", terms.first()));
        }
        node.text_of(terms)
    };
    node.must_say(&names.birthdate)?;
    Ok(Person {
        reference_number: node.optional(&names.reference_number)?,
        insurer_number: SafeText::new(node.must_say(&names.insurer_number)?),
        insurer_name: expected(&names.insurer_name)?,
        symbol: node.optional(&names.symbol)?,
        insured_number: SafeText::new(node.must_say(&names.insured_number)?),
        branch_number: node.optional(&names.branch_number)?,
        name: SafeText::new(node.must_say(&names.name)?),
        kana: expected(&names.kana)?,
        birthdate: node.date(&names.birthdate, notes)?,
        sex: sex(node, &names.sex, dialect, notes)?,
        address: expected(&names.address)?,
        validity: validity(own.or(general), dialect, notes),
    })
}

/// The person in the header of a summary.
pub(super) fn answer_person(
    header: &Node,
    dialect: &Dialect,
    notes: &Notes,
) -> Result<AnswerPerson, AnswerError> {
    let names = &dialect.summary;
    let person = header.must(&names.person)?;
    person.must_say(&names.birthdate)?;
    Ok(AnswerPerson {
        name: SafeText::new(person.must_say(&names.name)?),
        kana: person.text_of(&names.kana)?,
        birthdate: person.date(&names.birthdate, notes)?,
        sex: sex(person, &names.sex, dialect, notes)?,
        insurer_number: SafeText::new(header.must_say(&names.insurer_number)?),
        symbol: header.optional(&names.symbol)?,
        insured_number: SafeText::new(header.must_say(&names.insured_number)?),
        branch_number: header.optional(&names.branch_number)?,
        reference_number: header.optional(&names.reference_number)?,
    })
}

fn sex(node: &Node, names: &Terms, dialect: &Dialect, notes: &Notes) -> Result<Option<Sex>, AnswerError> {
    let code = node.must_say(names)?;
    let codes = &dialect.codes.sex;
    let table = [(&codes.male, Sex::Male), (&codes.female, Sex::Female), (&codes.unset, Sex::Unset)];
    let sex = table.into_iter().find(|(terms, _)| terms.has(code)).map(|(_, sex)| sex);
    if sex.is_none() {
        notes.value(names.first(), code);
    }
    Ok(sex)
}

fn validity(code: Option<&str>, dialect: &Dialect, notes: &Notes) -> Validity {
    let codes = &dialect.codes.validity;
    match code {
        Some(code) if codes.valid.has(code) => Validity::Valid,
        Some(code) if codes.lapsed.has(code) => Validity::LatestLapsed,
        Some(code) if codes.several.has(code) || codes.unregistered.has(code) => Validity::Unknown,
        Some(code) => {
            notes.value(dialect.person.validity.first(), code);
            Validity::Unknown
        }
        None => Validity::Unknown,
    }
}
