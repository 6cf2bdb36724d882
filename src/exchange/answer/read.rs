//! A whole answer: its header, then what the codes in it say it is.

use super::fields::Notes;
use super::xml::{self, Node};
use super::{AnswerError, MAX_ANSWER_BYTES, decode, pdf, person, summary};
use crate::domain::SafeText;
use crate::domain::medical::AnswerContent;
use crate::exchange::dialect::Dialect;
use crate::exchange::request::AnswerFile;
use serde::{Deserialize, Serialize};

/// SegmentOfResult.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// 1 正常
    Normal,
    /// 2 処理中: another answer follows under the same name.
    Processing,
    /// 9 異常
    Error,
}

/// An answer that was whole, decoded and understood. Whose request it belongs to was not judged yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedAnswer {
    /// ArbitraryFileIdentifier, which should be our request id; a PDF has none.
    pub identifier: Option<SafeText>,
    /// MedicalInstitutionCode; a PDF has none.
    pub institution: Option<SafeText>,
    /// ProcessExecutionTime as sent, `yyyyMMddHHmmss`.
    pub processed: Option<SafeText>,
    /// SegmentOfResult; normal where only ResultCode came.
    pub segment: Segment,
    /// What it says.
    pub content: AnswerContent,
    /// 「不明な項目あり」: elements nobody knows by their path, and values without meaning as `element=value`.
    /// Values may be the patient's: for the screen, not for a log.
    pub unknown: Vec<SafeText>,
}

/// Reads an answer file. The form is that of the file name's extension.
pub fn read(bytes: &[u8], form: AnswerFile, dialect: &Dialect) -> Result<ParsedAnswer, AnswerError> {
    let size = bytes.len() as u64;
    if size > MAX_ANSWER_BYTES {
        return Err(AnswerError::TooLarge(size));
    }
    match form {
        AnswerFile::Xml => read_xml(bytes, dialect),
        AnswerFile::Pdf => {
            pdf::check(bytes)?;
            Ok(ParsedAnswer {
                identifier: None,
                institution: None,
                processed: None,
                segment: Segment::Normal,
                content: AnswerContent::Pdf(bytes.to_vec()),
                unknown: Vec::new(),
            })
        }
    }
}

/// Whether these bytes are one closed document, and if so whether it only says 処理中.
pub(in crate::exchange) fn is_whole_xml(bytes: &[u8], dialect: &Dialect) -> Result<bool, AnswerError> {
    let root = xml::parse(&decode::decode(bytes, dialect)?)?;
    let header = root.one(&dialect.message.header).ok().flatten();
    let segment = header.and_then(|header| header.one(&dialect.answer.segment).ok().flatten());
    Ok(segment.is_some_and(|segment| dialect.codes.segment.processing.has(segment.value())))
}

fn read_xml(bytes: &[u8], dialect: &Dialect) -> Result<ParsedAnswer, AnswerError> {
    let root = xml::parse(&decode::decode(bytes, dialect)?)?;
    if !dialect.message.root.has(&root.name) {
        return Err(AnswerError::WrongRoot(dialect.message.root.first().to_owned()));
    }
    let notes = Notes::default();
    let names = &dialect.answer;
    let header = root.must(&dialect.message.header)?;
    let body = root.one(&dialect.message.body)?;
    header.pass(&names.not_shown);
    header.pass(&names.character_code);
    let identifier = header.optional(&names.identifier)?;
    let institution = header.optional(&names.institution)?;
    let processed = header.optional(&names.processed)?;
    let segment = segment(header, dialect)?;
    let mut content = content(header, body, segment, dialect, &notes)?;
    // An error or an interim answer carries nothing medical; whatever else stands in it is not worth a warning.
    if !matches!(content, AnswerContent::Failed { .. } | AnswerContent::Processing) {
        root.note_unseen("", &notes);
    }
    let unknown = notes.take();
    if let AnswerContent::Summary(summary) = &mut content {
        summary.unknown.clone_from(&unknown);
    }
    Ok(ParsedAnswer { identifier, institution, processed, segment, content, unknown })
}

fn segment(header: &Node, dialect: &Dialect) -> Result<Segment, AnswerError> {
    let names = &dialect.answer;
    let codes = &dialect.codes.segment;
    let Some(child) = header.one(&names.segment)? else {
        // The medical services say ResultCode instead.
        header
            .must_say(&names.result_code)
            .map_err(|_| AnswerError::Missing(names.segment.first().to_owned()))?;
        return Ok(Segment::Normal);
    };
    match child.value() {
        code if codes.normal.has(code) => Ok(Segment::Normal),
        code if codes.processing.has(code) => Ok(Segment::Processing),
        code if codes.error.has(code) => Ok(Segment::Error),
        other => Err(AnswerError::Value { element: child.name.to_string(), value: SafeText::new(other) }),
    }
}

fn content(
    header: &Node,
    body: Option<&Node>,
    segment: Segment,
    dialect: &Dialect,
    notes: &Notes,
) -> Result<AnswerContent, AnswerError> {
    let names = &dialect.answer;
    let result = header.optional(&names.result_code)?;
    let code = header.optional(&names.error_code)?.or_else(|| result.clone()).unwrap_or_default();
    let result_message = header.text_of(&names.result_message)?;
    let message = header.optional(&names.error_message)?.unwrap_or(result_message);
    let failed = match segment {
        Segment::Processing => return Ok(AnswerContent::Processing),
        Segment::Error => true,
        Segment::Normal => {
            result.as_ref().is_some_and(|code| !dialect.codes.result.success.has(code.as_str()))
        }
    };
    if failed {
        return Ok(AnswerContent::Failed { code, message });
    }
    let body = body.ok_or_else(|| AnswerError::Missing(dialect.message.body.first().to_owned()))?;
    if let Some(medical) = body.one(&dialect.summary.summary)? {
        if result.is_none() {
            return Err(AnswerError::Missing(names.result_code.first().to_owned()));
        }
        let summary = summary::summary(header, medical, dialect, notes)?;
        return Ok(AnswerContent::Summary(Box::new(summary.merged())));
    }
    people(body, dialect, notes)
}

/// The layout of a 資格確認 result.
fn people(body: &Node, dialect: &Dialect, notes: &Notes) -> Result<AnswerContent, AnswerError> {
    let names = &dialect.answer;
    let codes = &dialect.codes;
    body.pass(&names.not_shown);
    let status = body.must_say(&names.status)?;
    let code = body.text_of(&names.code)?;
    let message = body.text_of(&names.message)?;
    let validity = body.one(&names.validity)?.map(Node::value);
    if codes.status.error.has(status) {
        return Ok(match code.as_str() {
            code if codes.result.no_match.has(code) => AnswerContent::NoMatch,
            code if codes.result.too_many.has(code) => AnswerContent::TooMany,
            _ => AnswerContent::Failed { code, message },
        });
    }
    if !codes.status.normal.has(status) {
        return Err(AnswerError::Value {
            element: names.status.first().to_owned(),
            value: SafeText::new(status),
        });
    }
    let nobody = validity.is_some_and(|code| codes.validity.none.has(code));
    let several = validity.is_some_and(|code| codes.validity.several.has(code));
    let results: Vec<&Node> = body.all(&names.people).flat_map(|list| list.all(&names.person)).collect();
    match results.len() {
        0 if nobody => Ok(AnswerContent::NoMatch),
        0 => Err(AnswerError::Missing(names.person.first().to_owned())),
        _ if nobody => Err(AnswerError::Contradiction),
        1 if several => Err(AnswerError::Contradiction),
        1..=5 => {
            let people = results.into_iter().map(|node| person::person(node, validity, dialect, notes));
            Ok(AnswerContent::People(people.collect::<Result<_, _>>()?))
        }
        _ => {
            results.into_iter().for_each(Node::pass_whole);
            Ok(AnswerContent::TooMany)
        }
    }
}
