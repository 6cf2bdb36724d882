//! Looking for a word in a summary: the same text is searched by the screen, row by row, and by the station, which
//! counts the hits of sections that are not on the screen. Two ways to search would some day disagree, and a drug
//! that one of them does not find would be taken for a drug that was not given.

use super::CalendarDate;
use super::compare::fold;
use super::medical::{DrugRow, EmergencySummary, Facility, InOut, TreatmentRow, Visit};
use super::period::Section;

/// A row in which a word can be looked for.
pub trait Searched {
    /// Everything that a person can read in the row.
    fn searched(&self) -> String;
}

/// A word to look for; spellings of the same text (width, kana, case) count as the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted(String);

impl Wanted {
    /// Takes what was typed.
    pub fn new(typed: &str) -> Self {
        Self(fold(typed))
    }

    /// Whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a row has it. An empty word is in every row.
    pub fn is_in(&self, row: &impl Searched) -> bool {
        self.0.is_empty() || fold(&row.searched()).contains(&self.0)
    }

    fn count<R: Searched>(&self, rows: &[R]) -> usize {
        rows.iter().filter(|row| self.is_in(*row)).count()
    }

    /// How many rows of each section have it.
    pub fn hits(&self, summary: &EmergencySummary) -> Vec<(Section, usize)> {
        let count = |section| match section {
            Section::Visits => self.count(&summary.visits),
            Section::EPrescription => self.count(&summary.e_prescriptions),
            Section::Drugs => self.count(&summary.drugs),
            Section::Operations => self.count(&summary.operations),
            Section::Treatments => self.count(&summary.treatments),
            Section::Checkups => self.count(&summary.checkups),
        };
        Section::ALL.into_iter().map(|section| (section, count(section))).collect()
    }
}

/// Pieces that cannot run into one another.
fn joined(pieces: &[&str]) -> String {
    pieces.join("\u{1f}")
}

fn day(date: Option<CalendarDate>) -> String {
    date.map(|date| format!("{} {}", date.civil(), date.both())).unwrap_or_default()
}

fn month(month: Option<super::Month>) -> String {
    month.map(|month| format!("{:04}-{:02}", month.year(), month.number())).unwrap_or_default()
}

fn facility(of: Option<&Facility>) -> &str {
    of.map_or("", |of| of.name.as_str())
}

fn in_out(of: InOut) -> &'static str {
    if of == InOut::Unknown { "" } else { of.label() }
}

impl Searched for Visit {
    fn searched(&self) -> String {
        joined(&[&day(self.date), &month(self.month), self.facility.name.as_str(), in_out(self.in_out)])
    }
}

impl Searched for DrugRow {
    fn searched(&self) -> String {
        joined(&[
            &day(self.date),
            &month(self.month),
            &day(self.prescribed),
            self.name.as_str(),
            self.ingredient.as_str(),
            &format!("{}{}", self.amount.as_str().trim(), self.unit),
            self.times.as_str(),
            self.usage.as_str(),
            self.instruction.as_str(),
            self.source.label(),
            self.also_from.map_or("", super::medical::Source::label),
            self.facility.name.as_str(),
            facility(self.prescriber.as_ref()),
        ])
    }
}

impl Searched for TreatmentRow {
    fn searched(&self) -> String {
        joined(&[
            &day(self.date),
            &month(self.month),
            self.name.as_str(),
            self.amount.as_str(),
            self.facility.name.as_str(),
            in_out(self.in_out),
            if self.dialysis { "透析" } else { "" },
        ])
    }
}

impl Searched for CalendarDate {
    fn searched(&self) -> String {
        day(Some(*self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::medical::Source;

    fn drug() -> DrugRow {
        DrugRow {
            source: Source::Dispensing,
            also_from: None,
            facility: Facility { code: "1341234567".into(), name: "架空あおい薬局".into() },
            prescriber: Some(Facility { code: "".into(), name: "架空みなと内科".into() }),
            month: None,
            date: CalendarDate::from_compact("20261101").ok(),
            prescribed: None,
            in_out: InOut::Unknown,
            category: "21".into(),
            code: "610406079".into(),
            name: "ワーファリン錠１ｍｇ".into(),
            ingredient: "【般】ワルファリンＫ錠１ｍｇ".into(),
            amount: " 2".into(),
            unit: "錠".into(),
            usage: "１日１回夕食後服用".into(),
            instruction: "".into(),
            times: "28".into(),
        }
    }

    #[test]
    fn what_can_be_read_in_a_row_can_be_found() {
        for (typed, found) in [
            ("わーふぁりん", true),
            ("ﾜｰﾌｧﾘﾝ", true),
            ("ワルファリンk", true),
            ("1mg", true),
            ("2錠", true),
            ("夕食後", true),
            ("2026-11", true),
            ("令和8年11月1日", true),
            ("あおい薬局", true),
            ("みなと", true),
            ("調剤結果", true),
            ("", true),
            ("アムロジピン", false),
            // Two fields side by side are not one word.
            ("薬局架空", false),
        ] {
            assert_eq!(Wanted::new(typed).is_in(&drug()), found, "{typed}");
        }
    }
}
