//! The lists of 9 事後確認, as they are drawn.

use super::super::app::Shell;
use super::lines::{self, WIDE};
use super::review::Tab;
use crate::protocol::reviews::{ClosedRow, ExplanationRow, ReviewList, ReviewRow};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Column, Extent, Fit, Selection, Table, Total};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// What is listed, with the marked row.
pub(super) fn draw(tab: &Tab, selection: &Selection, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
    match tab {
        Tab::Open(list) => open(list, selection, shell, frame, area),
        Tab::Explanations(rows, more) => {
            let how = "説明をしたとき、異議の申し出があったときは、行を選んで記録してください。";
            let area = lines::draw(frame, area, shell.theme, &[(Role::Text, how.to_owned())]);
            explanations(rows, *more, selection, shell, frame, area);
        }
        Tab::Closed(list) => closed(&list.rows, list.next.is_some(), selection, shell, frame, area),
    }
}

fn total(more: bool) -> Total {
    if more { Total::AtLeast } else { Total::Here }
}

fn open(list: &ReviewList, selection: &Selection, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
    let wide = area.width >= WIDE;
    let columns = [
        Column { title: "番号", extent: Extent::Cells(8), fit: Fit::Cut },
        Column { title: "日時", extent: Extent::Cells(16), fit: Fit::Cut },
        Column {
            title: "関わった人", extent: Extent::Cells(if wide { 30 } else { 14 }), fit: Fit::Must
        },
        Column { title: "内容", extent: Extent::Rest, fit: Fit::Must },
    ];
    let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
        let Some(row) = list.rows.get(row) else { return (Cow::Borrowed(""), Role::Text) };
        let role = if row.overdue || !row.priority.is_empty() { Role::Caution } else { Role::Text };
        let text = match column {
            0 => row.review.to_string(),
            1 => row.at.to_string(),
            2 => row.people.to_string(),
            _ => about(row),
        };
        (Cow::Owned(text), role)
    };
    let empty = "未了の事後確認はありません。";
    let (rows, total) = (list.rows.len(), total(list.more));
    Table { columns: &columns, rows, total, cell: &cell, empty }.draw(frame, area, shell.theme, selection);
}

fn explanations(
    rows: &[ExplanationRow],
    more: bool,
    selection: &Selection,
    shell: &Shell,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let columns = [
        Column { title: "照会の番号", extent: Extent::Cells(12), fit: Fit::Cut },
        Column { title: "取得", extent: Extent::Cells(16), fit: Fit::Cut },
        Column { title: "閲覧者", extent: Extent::Cells(14), fit: Fit::Must },
        Column { title: "患者", extent: Extent::Rest, fit: Fit::Must },
    ];
    let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
        let Some(row) = rows.get(row) else { return (Cow::Borrowed(""), Role::Text) };
        let text = match column {
            0 => row.enquiry.to_string(),
            1 => row.since.to_string(),
            2 => row.viewer.to_string(),
            _ if row.objections > 0 => format!("【異議 {}件】{}", row.objections, row.patient),
            _ => row.patient.to_string(),
        };
        (Cow::Owned(text), Role::Text)
    };
    let empty = "説明がまだの患者はいません。";
    let total = total(more);
    let table = Table { columns: &columns, rows: rows.len(), total, cell: &cell, empty };
    table.draw(frame, area, shell.theme, selection);
}

fn closed(
    rows: &[ClosedRow],
    more: bool,
    selection: &Selection,
    shell: &Shell,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let wide = area.width >= WIDE;
    let columns = [
        Column { title: "番号", extent: Extent::Cells(8), fit: Fit::Cut },
        Column { title: "判定の日時", extent: Extent::Cells(16), fit: Fit::Cut },
        Column {
            title: "判定・確認者", extent: Extent::Cells(if wide { 30 } else { 17 }), fit: Fit::Must
        },
        Column { title: "内容・所見", extent: Extent::Rest, fit: Fit::Must },
    ];
    let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
        let Some(row) = rows.get(row) else { return (Cow::Borrowed(""), Role::Text) };
        let text = match column {
            0 => row.review.to_string(),
            1 => row.closed.to_string(),
            2 => format!("{} {}", row.verdict.label(), row.name),
            _ => {
                let parts = [row.about.as_str(), row.patient.as_str(), row.words.as_str()];
                joined(&parts)
            }
        };
        (Cow::Owned(text), Role::Text)
    };
    let empty = "完了した事後確認はありません。";
    let total = total(more);
    let table = Table { columns: &columns, rows: rows.len(), total, cell: &cell, empty };
    table.draw(frame, area, shell.theme, selection);
}

/// What it is about, with the reasons to look at it first before everything else.
fn about(row: &ReviewRow) -> String {
    let marks = row.marks();
    let marks = if marks.is_empty() { marks } else { format!("【{marks}】") };
    format!("{marks}{}", joined(&[row.about.as_str(), row.patient.as_str(), row.consent.as_str()]))
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("  ")
}
