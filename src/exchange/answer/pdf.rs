//! PDF answers are kept as they are; only their two ends are looked at.

use super::AnswerError;

/// How far from the end the trailer may stand (ISO 32000-1, annex H).
const TAIL: usize = 1024;

/// Whether the last thing in the file is `%%EOF`, as in a PDF whose writer has finished.
///
/// A linearised file also has one near its beginning, hence nothing but blanks may follow.
pub(in crate::exchange) fn has_trailer(bytes: &[u8]) -> bool {
    let blank = |b: &u8| b.is_ascii_whitespace() || *b == 0;
    let end = bytes.iter().rposition(|b| !blank(b)).map_or(0, |last| last + 1);
    bytes.get(..end).is_some_and(|whole| whole.ends_with(b"%%EOF"))
}

/// Checks header and trailer.
pub(super) fn check(bytes: &[u8]) -> Result<(), AnswerError> {
    let header = b"%PDF-";
    if !bytes.starts_with(header) {
        let cut = header.starts_with(bytes);
        return Err(if cut { AnswerError::Incomplete } else { AnswerError::Malformed("PDFではない") });
    }
    let tail = bytes.get(bytes.len().saturating_sub(TAIL)..).unwrap_or(bytes);
    if tail.windows(5).any(|five| five == b"%%EOF") { Ok(()) } else { Err(AnswerError::Incomplete) }
}
