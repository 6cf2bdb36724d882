//! The order of rows on every screen and page: newest first, what has no date last.
//!
//! What was given last week matters more tonight than what was given last year, and a list of which nobody knows the
//! order is read twice.

use super::medical::{DrugRow, EmergencySummary, TreatmentRow, Visit};
use super::{CalendarDate, Month};
use std::cmp::Reverse;

/// Sorts by it: a later day first; within a month, what has no day after what has one; last, what has no date at all.
type When = Reverse<Option<(i16, i8, i8)>>;

fn when(date: Option<CalendarDate>, month: Option<Month>) -> When {
    let of_day = date.map(CalendarDate::civil).map(|day| (day.year(), day.month(), day.day()));
    Reverse(of_day.or_else(|| month.map(|month| (month.year(), month.number(), 0))))
}

impl EmergencySummary {
    /// The same rows, newest first; rows of one day stay in the order in which they were sent.
    #[must_use]
    pub fn newest_first(mut self) -> Self {
        self.visits.sort_by_key(|row: &Visit| when(row.date, row.month));
        for rows in [&mut self.e_prescriptions, &mut self.drugs] {
            rows.sort_by_key(|row: &DrugRow| when(row.date, row.month));
        }
        for rows in [&mut self.operations, &mut self.treatments] {
            rows.sort_by_key(|row: &TreatmentRow| when(row.date, row.month));
        }
        self.checkups.sort_by_key(|date| Reverse(*date));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first_and_the_undated_last() {
        let day = |text: &str| CalendarDate::from_compact(text).ok();
        let month = |text: &str| Month::from_compact(text).ok();
        let mut rows = vec![
            ("none", None, None),
            ("october", None, month("202610")),
            ("3 october", day("20261003"), month("202610")),
            ("old", day("20240101"), None),
            ("november", None, month("202611")),
            ("30 october", day("20261030"), None),
        ];
        rows.sort_by_key(|(_, date, month)| when(*date, *month));
        let order: Vec<&str> = rows.into_iter().map(|(name, ..)| name).collect();
        assert_eq!(order, ["november", "30 october", "3 october", "october", "old", "none"]);
    }
}
