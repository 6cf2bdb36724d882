//! What the last run left open, for the folder after a start.

use super::desk::{Desk, Stop};
use super::waiting::LOOK_OUT_MS;
use super::{claims, shelf};
use crate::domain::SafeText;
use crate::domain::enquiry::{CancelOutcome, Enquiry, State};
use crate::store::Table;

/// A request whose answer may still come.
pub(super) struct Expected {
    /// Name of the request file.
    pub(super) file: SafeText,
    /// When it was put on record, UTC milliseconds.
    pub(super) at_ms: i64,
    /// Its enquiry still waits for it, and gives up in its time.
    pub(super) awaited: bool,
}

/// All of it.
#[derive(Default)]
pub(super) struct LeftOpen {
    pub(super) expected: Vec<Expected>,
    /// Request files that were to be withdrawn; it is not known what became of them.
    pub(super) withdrawn: Vec<SafeText>,
}

/// Looks through every enquiry: those awaited, those given up whose answer never came, those being withdrawn.
pub(super) fn left_open(desk: &mut Desk<'_, '_>) -> Result<LeftOpen, Stop> {
    let enquiries: Vec<(String, Enquiry)> = desk.tx.scan_prefix(Table::Enquiries, "")?;
    shelf::make_anew(desk, &enquiries)?;
    claims::make_anew(desk, &enquiries)?;
    let look_out_ms = i64::try_from(LOOK_OUT_MS).unwrap_or(i64::MAX);
    let since_ms = desk.now.utc_ms.saturating_sub(look_out_ms);
    let mut left = LeftOpen::default();
    for (_, enquiry) in enquiries {
        let awaited = match &enquiry.state {
            State::Sent(sent) => Some(&sent.request),
            _ => None,
        };
        for past in &enquiry.requests {
            let awaited = awaited == Some(&past.sent.request);
            if past.answer_sha256.is_none() && (awaited || past.sent.at_ms >= since_ms) {
                let (file, at_ms) = (past.sent.file_name.clone(), past.sent.at_ms);
                left.expected.push(Expected { file, at_ms, awaited });
            }
        }
        let open = matches!(
            &enquiry.state,
            State::Cancelled { outcome } | State::TimedOut { outcome } if outcome.is_open()
        );
        let last = enquiry.requests.len().saturating_sub(1);
        for (place, past) in enquiry.requests.iter().enumerate() {
            if (open && place == last) || past.withdrawal.is_some_and(CancelOutcome::is_open) {
                left.withdrawn.push(past.sent.file_name.clone());
            }
        }
    }
    Ok(left)
}
