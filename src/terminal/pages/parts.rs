//! One candidate in pieces. A value that differs between the candidates has `*` before it.

use super::words;
use crate::domain::CalendarDate;
use crate::domain::candidate::{Person, PersonField};

/// A candidate, and in what it differs from the others.
pub(super) struct Parts<'a> {
    pub(super) person: &'a Person,
    pub(super) differing: &'a [PersonField],
    pub(super) today: CalendarDate,
}

impl Parts<'_> {
    fn mark(&self, field: PersonField, text: &str) -> String {
        let mark = if self.differing.contains(&field) { "*" } else { "" };
        let text = if text.is_empty() { "なし" } else { text };
        format!("{mark}{text}")
    }

    pub(super) fn value(&self, field: PersonField) -> String {
        self.mark(field, &self.person.value(field))
    }

    /// `1955-11-03 71歳`
    pub(super) fn short_birthdate(&self) -> String {
        let birth = self.person.birthdate;
        let text =
            birth.map_or_else(|| "不明".to_owned(), |d| format!("{} {}歳", d.civil(), d.age_on(self.today)));
        self.mark(PersonField::Birthdate, &text)
    }

    pub(super) fn sex(&self) -> String {
        self.mark(PersonField::Sex, words::sex(self.person.sex))
    }

    pub(super) fn number_and_branch(&self) -> String {
        format!("{} 枝番{}", self.value(PersonField::InsuredNumber), self.value(PersonField::BranchNumber))
    }

    pub(super) fn validity_and_reference(&self) -> String {
        let reference = self.person.reference_number.as_ref().map_or("なし", |number| number.as_str());
        format!("資格 {}  照会番号 {reference}", self.person.validity.label())
    }

    /// All the rest that came, labelled.
    pub(super) fn details(&self) -> Vec<String> {
        let labelled = |field: PersonField| format!("{} {}", field.label(), self.value(field));
        let birth = words::birthdate(self.person.birthdate, self.today);
        let two = |a: PersonField, b: PersonField| format!("{}  {}", labelled(a), labelled(b));
        vec![
            two(PersonField::Name, PersonField::Kana),
            format!("生年月日 {}  性別 {}", self.mark(PersonField::Birthdate, &birth), self.sex()),
            labelled(PersonField::Address),
            two(PersonField::InsurerNumber, PersonField::InsurerName),
            format!(
                "{}  {}",
                two(PersonField::Symbol, PersonField::InsuredNumber),
                labelled(PersonField::BranchNumber)
            ),
        ]
    }
}
