//! Answers on their way into the store, sealed: those that were believed with their content, the others shut.

use super::answers::Arrived;
use super::desk::{Desk, Stop};
use super::records::Document;
use crate::domain::SafeText;
use crate::domain::enquiry::{Enquiry, PastRequest};
use crate::domain::medical::AnswerContent;
use crate::store::Table;

/// Keeps an answer with what it says; its key.
pub(super) fn keep(
    desk: &mut Desk<'_, '_>,
    enquiry: &Enquiry,
    past: &PastRequest,
    answer: &Arrived,
    content: AnswerContent,
    late: bool,
) -> Result<SafeText, Stop> {
    let key = SafeText::new(&format!("{}/{}", enquiry.id, past.sent.request));
    put(desk, enquiry, past, answer, key, Some(content), late)
}

/// Keeps the bytes of an answer that must not be shown, for whoever has to find out how it came; its key.
pub(super) fn quarantine(
    desk: &mut Desk<'_, '_>,
    enquiry: &Enquiry,
    past: &PastRequest,
    answer: &Arrived,
) -> Result<SafeText, Stop> {
    let mark = answer.sha256.as_str().get(..16).unwrap_or_default();
    let key = SafeText::new(&format!("{}/{}/shut-{mark}", enquiry.id, past.sent.request));
    put(desk, enquiry, past, answer, key, None, false)
}

fn put(
    desk: &mut Desk<'_, '_>,
    enquiry: &Enquiry,
    past: &PastRequest,
    answer: &Arrived,
    key: SafeText,
    content: Option<AnswerContent>,
    late: bool,
) -> Result<SafeText, Stop> {
    let document = Document {
        enquiry: enquiry.id.clone(),
        request: past.sent.request.clone(),
        file_name: answer.file.clone(),
        sha256: answer.sha256.clone(),
        raw: data_encoding::BASE64.encode(&answer.bytes),
        content,
        retrieved_ms: desk.now.utc_ms,
        late,
    };
    desk.put(Table::Documents, key.as_str(), &document)?;
    Ok(key)
}
