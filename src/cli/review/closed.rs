//! Closed items, newest first.

use super::super::client::ask;
use super::super::{Failure, out};
use super::month::ReportMonth;
use crate::client::{Client, ClientFault};
use crate::protocol::reviews::ClosedRow;
use crate::protocol::{Reply, Request};

/// Every closed item, page by page.
pub(super) fn list(client: &mut Client, month: Option<ReportMonth>, json: bool) -> Result<(), Failure> {
    let month = month.map(|month| month.0);
    let (mut before, mut count) = (None, 0_usize);
    loop {
        let Reply::ClosedReviews(page) = ask(client, Request::ListClosedReviews { month, before })? else {
            return Err(Box::new(ClientFault::NotUnderstood));
        };
        count = count.saturating_add(page.rows.len());
        if json {
            page.rows.iter().for_each(out::json);
        } else {
            page.rows.iter().flat_map(row).for_each(out::line);
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    if !json {
        let of = month.map(|month| format!("{}の", month.label())).unwrap_or_default();
        out::line(format!("{of}完了した事後確認 {count}件"));
    }
    Ok(())
}

fn row(row: &ClosedRow) -> [String; 3] {
    let marks: Vec<&str> = row.priority.iter().map(|why| why.label()).collect();
    let marks = if marks.is_empty() { String::new() } else { format!("【{}】", marks.join("・")) };
    let follows = row.follows.as_ref().map(|before| format!("（{before}の再確認）")).unwrap_or_default();
    let patient = if row.patient.is_empty() { String::new() } else { format!(" {}", row.patient) };
    [
        format!("{} {} {marks}{}{follows} {}{patient}", row.review, row.at, row.about, row.people),
        format!("        {} {}（{} {}）", row.closed, row.verdict.label(), row.by, row.name),
        format!("        {}", row.words),
    ]
}
