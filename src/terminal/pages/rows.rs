//! Rows of the summary in words. Names of drugs and treatments wrap and are never cut; the source is always there.

use crate::domain::CalendarDate;
use crate::domain::Month;
use crate::domain::medical::{DrugRow, InOut, TreatmentRow, Visit};
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

/// A row as (when, what).
pub(super) fn row(rows: &Rows, at: usize) -> Option<(String, String)> {
    match rows {
        Rows::Visits(rows) => rows.get(at).map(visit),
        Rows::Drugs(rows) => rows.get(at).map(drug),
        Rows::Treatments(rows) => rows.get(at).map(treatment),
        Rows::Checkups(rows) => rows.get(at).map(|date| (date.western(), "特定健診等の実施".to_owned())),
    }
}

fn when(date: Option<CalendarDate>, month: Option<Month>) -> String {
    match (date, month) {
        (Some(date), _) => date.civil().strftime("%Y-%m-%d").to_string(),
        (None, Some(month)) => {
            format!("{:04}-%m", month.year()).replace("%m", &format!("{:02}", month.number()))
        }
        (None, None) => "日付なし".to_owned(),
    }
}

fn in_out(in_out: InOut) -> &'static str {
    match in_out {
        InOut::Unknown => "",
        known => known.label(),
    }
}

fn visit(visit: &Visit) -> (String, String) {
    (when(visit.date, visit.month), format!("{}  {}", visit.facility.name, in_out(visit.in_out)))
}

fn drug(row: &DrugRow) -> (String, String) {
    let mut what = row.name.to_string();
    if !row.ingredient.is_empty() {
        what.push_str(&format!("（{}）", row.ingredient));
    }
    what.push_str(&format!("\n  {}{}", row.amount, row.unit));
    if !row.times.is_empty() {
        what.push_str(&format!(
            " × {}{}",
            row.times,
            if row.category.as_str() == "21" { "日分" } else { "回" }
        ));
    }
    for text in [&row.usage, &row.instruction] {
        if !text.is_empty() {
            what.push_str(&format!("  {text}"));
        }
    }
    let also = row.also_from.map_or_else(String::new, |also| format!("（{}にも同じ調剤あり）", also.label()));
    what.push_str(&format!("\n  [{}]{also} {}", row.source.label(), row.facility.name));
    if let Some(prescriber) = &row.prescriber {
        what.push_str(&format!("  処方: {}", prescriber.name));
    }
    if let Some(date) = row.prescribed.filter(|date| Some(*date) != row.date) {
        what.push_str(&format!("  処方日 {}", date.civil().strftime("%Y-%m-%d")));
    }
    (when(row.date, row.month), what)
}

fn treatment(row: &TreatmentRow) -> (String, String) {
    let dialysis = if row.dialysis { "【透析】" } else { "" };
    let what = format!(
        "{dialysis}{}  {}\n  [レセプト] {}  {}",
        row.name,
        row.amount,
        row.facility.name,
        in_out(row.in_out)
    );
    (when(row.date, row.month), what)
}
