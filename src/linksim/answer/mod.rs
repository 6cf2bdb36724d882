//! What an answer says, before it is bytes: persons, medical information, or a failure.

mod header;
mod pdf;
mod persons;
mod summary;

use jiff::civil::DateTime;

use super::book::Book;
use super::coding::Coding;
use super::patient::Patient;
use super::request::Wanted;
use super::xml_write::{Controls, Writer};

pub(super) use persons::face;

/// Everything that goes into the head of an answer.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    /// ProcessExecutionTime, JST.
    pub(super) time: DateTime,
    /// MedicalInstitutionCode, as asked.
    pub(super) institution: String,
    /// ArbitraryFileIdentifier, as asked.
    pub(super) identifier: String,
    /// C0 controls as references or raw.
    pub(super) controls: Controls,
    /// With a DOCTYPE.
    pub(super) doctype: bool,
}

/// What an answer says.
#[derive(Clone, Debug)]
pub(super) enum Content<'b> {
    /// The persons found: 0, 1, 2–5, or too many.
    Persons(Vec<&'b Patient>),
    /// One person's medical information.
    Medical(&'b Patient, Wanted),
    /// SegmentOfResult 2.
    Processing,
    /// SegmentOfResult 9.
    Failure {
        /// ErrorCode.
        code: String,
        /// ErrorMessage.
        message: String,
    },
    /// ProcessingResultStatus 2.
    StatusFailure {
        /// ProcessingResultCode.
        code: String,
        /// ProcessingResultMessage.
        message: String,
    },
    /// ResultCode other than 1.
    MedicalFailure {
        /// ResultCode.
        code: String,
        /// MessageContents.
        message: String,
    },
}

/// An answer as bytes, and whether it is a PDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rendered {
    /// The whole file.
    pub(super) bytes: Vec<u8>,
    /// `pdf` instead of `xml`.
    pub(super) pdf: bool,
    /// What it was written in; a PDF has none.
    pub(super) coding: Option<Coding>,
}

/// Makes the file. Where a character has no place in CP932 the answer is written in UTF-8 whatever was wanted.
pub(super) fn render(book: &Book, envelope: &Envelope, content: &Content<'_>, coding: Coding) -> Rendered {
    if let Content::Medical(patient, Wanted { pdf: true, full }) = content {
        let bytes = pdf::render(book, envelope, patient, *full);
        return Rendered { bytes, pdf: true, coding: None };
    }
    let (bytes, coding) = coding.encode(&document(book, envelope, content, coding)).map_or_else(
        || (document(book, envelope, content, Coding::Utf8).into_bytes(), Coding::Utf8),
        |bytes| (bytes, coding),
    );
    Rendered { bytes, pdf: false, coding: Some(coding) }
}

/// The answer as text with the given encoding declared, whatever its bytes will be.
pub(super) fn document(book: &Book, envelope: &Envelope, content: &Content<'_>, coding: Coding) -> String {
    let mut writer = Writer::new(coding.declared(), envelope.controls, envelope.doctype);
    writer.element("XmlMsg", |w| match content {
        Content::Persons(found) => persons::write(w, book, envelope, coding, found),
        Content::Medical(patient, wanted) => summary::write(w, book, envelope, coding, patient, wanted.full),
        Content::Processing => {
            w.element("MessageHeader", |w| header::write(w, envelope, coding, "2", None));
            w.element("MessageBody", |_| {});
        }
        Content::Failure { code, message } => {
            w.element("MessageHeader", |w| header::write(w, envelope, coding, "9", Some((code, message))));
            w.element("MessageBody", |_| {});
        }
        Content::StatusFailure { code, message } => {
            w.element("MessageHeader", |w| header::write(w, envelope, coding, "1", None));
            w.element("MessageBody", |w| {
                w.leaf("ProcessingResultStatus", "2");
                w.leaf("ProcessingResultCode", code);
                w.leaf("ProcessingResultMessage", message);
            });
        }
        Content::MedicalFailure { code, message } => {
            w.element("MessageHeader", |w| {
                header::write_medical(w, envelope, coding);
                w.leaf("ResultCode", code);
                w.leaf("MessageContents", message);
            });
            w.element("MessageBody", |_| {});
        }
    });
    writer.finish()
}
