//! Rows of the summary in words. Names of drugs and treatments wrap and are never cut; the source is always there.

use crate::domain::CalendarDate;
use crate::domain::Month;
use crate::domain::medical::{DrugRow, InOut, TreatmentRow, Visit};
use crate::domain::search::Wanted;
use crate::protocol::view::Rows;

/// How many rows there are.
pub(super) fn len(rows: &Rows) -> usize {
    match rows {
        Rows::Visits(rows) => rows.len(),
        Rows::Drugs(rows) => rows.len(),
        Rows::Treatments(rows) => rows.len(),
        Rows::Checkups(rows) => rows.len(),
    }
}

/// Adds a further page of the same section.
pub(super) fn append(rows: &mut Rows, more: Rows) {
    match (rows, more) {
        (Rows::Visits(rows), Rows::Visits(more)) => rows.extend(more),
        (Rows::Drugs(rows), Rows::Drugs(more)) => rows.extend(more),
        (Rows::Treatments(rows), Rows::Treatments(more)) => rows.extend(more),
        (Rows::Checkups(rows), Rows::Checkups(more)) => rows.extend(more),
        _ => {}
    }
}

/// Whether a row has a word.
pub(super) fn has(rows: &Rows, at: usize, wanted: &Wanted) -> bool {
    match rows {
        Rows::Visits(rows) => rows.get(at).is_some_and(|row| wanted.is_in(row)),
        Rows::Drugs(rows) => rows.get(at).is_some_and(|row| wanted.is_in(row)),
        Rows::Treatments(rows) => rows.get(at).is_some_and(|row| wanted.is_in(row)),
        Rows::Checkups(rows) => rows.get(at).is_some_and(|row| wanted.is_in(row)),
    }
}

/// A row in pieces: in a narrow window they stand below one another, in a wide one in columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Day or month.
    pub(super) when: String,
    /// The name of what was given or done; for visits, where.
    pub(super) what: String,
    /// How much, how long.
    pub(super) amount: String,
    /// From which source, and where.
    pub(super) source: String,
}

impl Row {
    /// All in one piece, below one another.
    pub(super) fn stacked(&self) -> String {
        let more = joined([self.amount.as_str(), self.source.as_str()]);
        let between = if more.is_empty() { "" } else { "\n  " };
        format!("{} {}{between}{more}", self.when, self.what)
    }
}

/// One row.
pub(super) fn row(rows: &Rows, at: usize) -> Option<Row> {
    match rows {
        Rows::Visits(rows) => rows.get(at).map(visit),
        Rows::Drugs(rows) => rows.get(at).map(drug),
        Rows::Treatments(rows) => rows.get(at).map(treatment),
        Rows::Checkups(rows) => rows.get(at).map(|date| Row {
            when: western(*date),
            what: "特定健診等の実施".to_owned(),
            ..Row::default()
        }),
    }
}

fn western(date: CalendarDate) -> String {
    date.civil().strftime("%Y-%m-%d").to_string()
}

fn when(date: Option<CalendarDate>, month: Option<Month>) -> String {
    match (date, month) {
        (Some(date), _) => western(date),
        // As wide as a day, so that names stand one below the other.
        (None, Some(month)) => format!("{:04}-{:02}   ", month.year(), month.number()),
        (None, None) => "日付なし  ".to_owned(),
    }
}

fn in_out(in_out: InOut) -> &'static str {
    match in_out {
        InOut::Unknown => "",
        known => known.label(),
    }
}

/// Pieces with two blanks between them, without the empty ones.
fn joined<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("  ")
}

fn visit(visit: &Visit) -> Row {
    let what = joined([visit.facility.name.as_str(), in_out(visit.in_out)]);
    Row { when: when(visit.date, visit.month), what, ..Row::default() }
}

fn drug(row: &DrugRow) -> Row {
    let mut what = row.name.to_string();
    if !row.ingredient.is_empty() {
        what.push_str(&format!("（{}）", row.ingredient));
    }
    let amount = format!("{}{}", row.amount.as_str().trim(), row.unit);
    let times = match (row.times.as_str().trim(), row.category.as_str()) {
        ("", _) => String::new(),
        (days, "21") => format!("{days}日分"),
        (times, _) => format!("{times}回"),
    };
    let also = row.also_from.map_or_else(String::new, |also| format!("（{}にも同じ調剤あり）", also.label()));
    let source = format!("[{}]{also} {}", row.source.label(), row.facility.name);
    let prescriber = row.prescriber.as_ref().map_or_else(String::new, |by| format!("処方: {}", by.name));
    let day = row.prescribed.filter(|date| Some(*date) != row.date);
    let day = day.map_or_else(String::new, |date| format!("処方日 {}", western(date)));
    Row {
        when: when(row.date, row.month),
        what,
        amount: joined([amount.as_str(), &times, row.usage.as_str(), row.instruction.as_str()]),
        source: joined([source.as_str(), &prescriber, &day]),
    }
}

fn treatment(row: &TreatmentRow) -> Row {
    let dialysis = if row.dialysis { "【透析】" } else { "" };
    Row {
        when: when(row.date, row.month),
        what: format!("{dialysis}{}", row.name),
        amount: row.amount.to_string(),
        source: joined(["[レセプト]", row.facility.name.as_str(), in_out(row.in_out)]),
    }
}
