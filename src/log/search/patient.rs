//! Who was looked for: a patient by any of what identifies one.

use super::Facet;
use crate::domain::{CalendarDate, SafeText, compare};
use crate::log::Subject;

/// A patient as the auditor names one. What is given must all agree with *one* of the patients of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patient {
    /// 患者番号 of the hospital.
    pub patient_id: Option<SafeText>,
    /// 保険者番号. Not looked for alone: half a town has it.
    pub insurer_number: Option<SafeText>,
    /// 番号.
    pub number: Option<SafeText>,
    /// 照会番号.
    pub reference_number: Option<SafeText>,
    /// 氏名 or カナ: either may be what was sent.
    pub name: Option<SafeText>,
    /// 生年月日.
    pub birthdate: Option<CalendarDate>,
}

impl Patient {
    /// Whether nobody is named.
    pub fn is_anybody(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this patient of an entry is the one.
    pub fn is(&self, subject: &Subject) -> bool {
        let same = |wanted: &Option<SafeText>, there: &[&Option<SafeText>]| {
            wanted.as_ref().is_none_or(|wanted| {
                there.iter().any(|there| {
                    there.as_ref().is_some_and(|there| compare::same(wanted.as_str(), there.as_str()))
                })
            })
        };
        same(&self.patient_id, &[&subject.patient_id])
            && same(&self.insurer_number, &[&subject.insurer_number])
            && same(&self.number, &[&subject.number])
            && same(&self.reference_number, &[&subject.reference_number])
            && same(&self.name, &[&subject.name, &subject.kana])
            && self
                .birthdate
                .is_none_or(|wanted| subject.birthdate.as_ref().is_some_and(|b| day(b) == wanted.compact()))
    }

    /// What the index knows of it.
    pub(super) fn facets(&self) -> impl Iterator<Item = (Facet, String)> {
        let folded = [
            (Facet::PatientId, &self.patient_id),
            (Facet::Reference, &self.reference_number),
            (Facet::Number, &self.number),
            (Facet::Name, &self.name),
        ];
        let folded = folded.into_iter().filter_map(|(facet, text)| Some((facet, fold(text.as_ref()?))));
        folded.chain(self.birthdate.map(|date| (Facet::Birthdate, date.compact())))
    }

    /// In words, for the record of the search.
    pub(super) fn words(&self) -> Vec<String> {
        let named = [
            ("患者ID", &self.patient_id),
            ("保険者番号", &self.insurer_number),
            ("番号", &self.number),
            ("照会番号", &self.reference_number),
            ("氏名・カナ", &self.name),
        ];
        let named = named.into_iter().filter_map(|(label, text)| Some(format!("{label} {}", text.as_ref()?)));
        named.chain(self.birthdate.map(|date| format!("生年月日 {}", date.both()))).collect()
    }
}

/// What a patient of an entry is found by.
pub(super) fn facets(subject: &Subject) -> impl Iterator<Item = (Facet, String)> {
    let folded = [
        (Facet::PatientId, &subject.patient_id),
        (Facet::Reference, &subject.reference_number),
        (Facet::Number, &subject.number),
        (Facet::Name, &subject.name),
        (Facet::Name, &subject.kana),
    ];
    let folded = folded.into_iter().filter_map(|(facet, text)| Some((facet, fold(text.as_ref()?))));
    folded.chain(subject.birthdate.as_ref().map(|date| (Facet::Birthdate, day(date))))
}

fn fold(text: &SafeText) -> String {
    compare::fold(text.as_str())
}

/// A birth date as entries hold it: `yyyy-MM-dd` as a rule, as typed where a form was refused.
fn day(text: &SafeText) -> String {
    let latest = CalendarDate::from_civil(jiff::civil::Date::MAX);
    CalendarDate::parse(text.as_str(), latest).map_or_else(|_| fold(text), CalendarDate::compact)
}
