//! 事後説明 from the command line: the slip, the queue, an objection.

use super::super::client::ask;
use super::super::{Failure, out};
use super::paper::COLUMNS;
use crate::client::{Client, ClientFault};
use crate::domain::enquiry::EnquiryId;
use crate::protocol::reviews::{ExplanationRow, SlipView};
use crate::protocol::{Reply, Request};
use crate::terminal::width;

pub(super) fn slip(client: &mut Client, enquiry: &EnquiryId, json: bool) -> Result<(), Failure> {
    let Reply::Slip(slip) = ask(client, Request::ShowSlip { enquiry: enquiry.clone() })? else {
        return Err(Box::new(ClientFault::NotUnderstood));
    };
    if json {
        out::json(&*slip);
        return Ok(());
    }
    page(&slip).iter().for_each(out::line);
    // For whoever prints it, and not for the patient.
    slip.history.iter().for_each(|line| out::note(format!("これまでの記録: {line}")));
    Ok(())
}

/// The slip as one page: the heading in the middle, paragraphs broken with a margin.
fn page(slip: &SlipView) -> Vec<String> {
    const MARGIN: u16 = 4;
    let middle = usize::from(COLUMNS.saturating_sub(width::cells(slip.title.as_str())) / 2);
    let mut lines = vec![format!("{}{}", " ".repeat(middle), slip.title), String::new()];
    for paragraph in &slip.paragraphs {
        let parts = width::wrap(paragraph.as_str(), COLUMNS - 2 * MARGIN);
        lines.extend(parts.into_iter().map(|part| {
            let line = format!("{:1$}{part}", "", usize::from(MARGIN));
            line.trim_end().to_owned()
        }));
    }
    lines
}

pub(super) fn list(client: &mut Client, given: bool, json: bool) -> Result<(), Failure> {
    let mut all: Vec<ExplanationRow> = Vec::new();
    loop {
        let after = all.last().map(|row| row.enquiry.clone());
        let Reply::Explanations(page) = ask(client, Request::ListExplanations { given, after })? else {
            return Err(Box::new(ClientFault::NotUnderstood));
        };
        let end = !page.more || page.rows.is_empty();
        all.extend(page.rows);
        if end {
            break;
        }
    }
    if json {
        out::json(&all);
        return Ok(());
    }
    out::table(&all.iter().map(row).collect::<Vec<_>>());
    out::line(format!("{} {}件", if given { "説明済みの照会" } else { "説明がまだの照会" }, all.len()));
    Ok(())
}

fn row(row: &ExplanationRow) -> [String; 6] {
    let objections =
        if row.objections > 0 { format!("【異議 {}件】", row.objections) } else { String::new() };
    [
        row.enquiry.to_string(),
        row.case.as_str().to_owned(),
        match &row.given {
            Some(given) => format!("説明 {} {}", given.at, given.to.label()),
            None => row.since.to_string(),
        },
        row.viewer.to_string(),
        row.patient.to_string(),
        objections,
    ]
}

pub(super) fn object(
    client: &mut Client,
    enquiry: &EnquiryId,
    words: &str,
    json: bool,
) -> Result<(), Failure> {
    let asked = Request::RaiseObjection { enquiry: enquiry.clone(), words: words.to_owned() };
    match ask(client, asked)? {
        Reply::Objected { review } if json => out::json(&serde_json::json!({ "review": review })),
        Reply::Objected { review } => {
            out::line(format!("異議を記録しました。優先の事後確認 {review} を開きました"));
        }
        Reply::Done => out::done(json),
        _ => return Err(Box::new(ClientFault::NotUnderstood)),
    }
    Ok(())
}
