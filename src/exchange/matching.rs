//! Which request an answer belongs to: by file name, and by ArbitraryFileIdentifier, and by institution code.
//!
//! All three must agree (C5). Whether the *person* is the one who was asked for is judged by `domain` afterwards.

use super::answer::{self, AnswerError, ParsedAnswer};
use super::dialect::{Dialect, RequestId};
use super::request::AnswerFile;
use crate::domain::SafeText;
use crate::domain::institution::InstitutionCode;
use crate::domain::medical::AnswerContent;
use serde::{Deserialize, Serialize};

/// A request that was sent and not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outstanding {
    /// Name of the request file.
    pub request: String,
    /// Its number, sent as ArbitraryFileIdentifier.
    pub id: RequestId,
    /// The hospital that asked.
    pub institution: InstitutionCode,
    /// The form that was asked for.
    pub form: AnswerFile,
}

/// What an answer is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// It belongs to this request.
    Matched {
        /// Name of the request file.
        request: String,
        /// What it says.
        parsed: Box<ParsedAnswer>,
    },
    /// It must not be shown.
    Mismatch {
        /// Name of the request file that the answer's name points to.
        request: Option<String>,
        /// Why.
        why: MismatchReason,
    },
    /// Its name fits, its content cannot be read.
    Unreadable {
        /// Name of the request file.
        request: String,
        /// Why.
        error: AnswerError,
    },
}

/// Why an answer was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum MismatchReason {
    /// No request is waiting for a file of this name.
    #[error("待っている照会のない応答が届きました。表示しません")]
    NotAwaited,
    /// ArbitraryFileIdentifier is another one.
    #[error("応答の識別子が照会と一致しません（{0}）。表示しません。管理者に知らせてください")]
    Identifier(SafeText),
    /// No ArbitraryFileIdentifier.
    #[error(
        "応答に照会の識別子がないため、この照会の応答か確かめられません。表示しません。照会し直してください"
    )]
    NoIdentifier,
    /// MedicalInstitutionCode is another one.
    #[error("応答の医療機関コードが当院と一致しません（{0}）。表示しません。管理者に知らせてください")]
    Institution(SafeText),
    /// No MedicalInstitutionCode.
    #[error(
        "応答に医療機関コードがないため、当院への応答か確かめられません。表示しません。照会し直してください"
    )]
    NoInstitution,
    /// A PDF where elements were asked for: nothing in it says whose it is.
    #[error(
        "XMLを求めた照会にPDFの応答が届きました。表示しません。連携ソフトの設定を管理者に確かめてもらってください"
    )]
    Form,
}

/// Finds the request that an answer belongs to. A PDF carries no identifier and is matched by its name alone: show
/// it only beside a summary of the same request's patient.
pub fn match_answer(outstanding: &[Outstanding], name: &str, bytes: &[u8], dialect: &Dialect) -> Matching {
    let awaited = outstanding.iter().find(|one| {
        let id = dialect.request_parts(&one.request).is_some_and(|parts| parts.id == one.id);
        id && dialect.answer_names(&one.request).is_some_and(|names| names.iter().any(|n| n == name))
    });
    let Some(one) = awaited else {
        return Matching::Mismatch { request: None, why: MismatchReason::NotAwaited };
    };
    let request = one.request.clone();
    let mismatch = |why| Matching::Mismatch { request: Some(request.clone()), why };
    let form = AnswerFile::of_name(name);
    if form == AnswerFile::Pdf && one.form == AnswerFile::Xml {
        return mismatch(MismatchReason::Form);
    }
    let parsed = match answer::read(bytes, form, dialect) {
        Ok(parsed) => parsed,
        Err(error) => return Matching::Unreadable { request, error },
    };
    match refusal(one, &parsed) {
        Some(why) => mismatch(why),
        None => Matching::Matched { request, parsed: Box::new(parsed) },
    }
}

fn refusal(one: &Outstanding, parsed: &ParsedAnswer) -> Option<MismatchReason> {
    if matches!(parsed.content, AnswerContent::Pdf(_)) {
        return None;
    }
    // An error or an interim answer says nothing about a person and may be written before the request was read.
    let bare = matches!(parsed.content, AnswerContent::Failed { .. } | AnswerContent::Processing);
    match &parsed.identifier {
        Some(found) if found.as_str() != one.id.as_str() => {
            return Some(MismatchReason::Identifier(found.clone()));
        }
        None if !bare => return Some(MismatchReason::NoIdentifier),
        _ => {}
    }
    match &parsed.institution {
        Some(found) if found.as_str() != one.institution.as_str() => {
            Some(MismatchReason::Institution(found.clone()))
        }
        None if !bare => Some(MismatchReason::NoInstitution),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &[u8] = include_bytes!("../../fixtures/answers/summary.utf8.xml");
    const ERROR: &[u8] = include_bytes!("../../fixtures/answers/error.sjis.xml");
    const PDF: &[u8] = include_bytes!("../../fixtures/answers/summary.pdf");
    const ANSWER: &str = "EMSsimed01res_20261123000507st01abcdefghijkl.xml";

    /// Answer name, bytes, form that was asked for, and what comes of it.
    type Case<'a> = (&'a str, &'a [u8], AnswerFile, Result<(), &'a str>);

    fn outstanding(id: &str, form: AnswerFile) -> Outstanding {
        Outstanding {
            request: format!("EMSsimed01req_20261123000507st01{id}.xml"),
            id: RequestId::parse(id).unwrap(),
            institution: InstitutionCode::parse("1311234567").unwrap(),
            form,
        }
    }

    fn judged(name: &str, bytes: &[u8], form: AnswerFile) -> Result<String, String> {
        let dialect = Dialect::builtin().unwrap();
        let all = [outstanding("000000000001", AnswerFile::Pdf), outstanding("abcdefghijkl", form)];
        match match_answer(&all, name, bytes, &dialect) {
            Matching::Matched { request, .. } => Ok(request),
            Matching::Mismatch { why, .. } => Err(why.to_string()),
            Matching::Unreadable { error, .. } => Err(error.to_string()),
        }
    }

    fn without(bytes: &[u8], element: &str) -> Vec<u8> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let start = text.find(&format!("<{element}>")).unwrap();
        let end = text.find(&format!("</{element}>")).unwrap() + element.len() + 3;
        format!("{}{}", &text[..start], &text[end..]).into_bytes()
    }

    #[test]
    fn name_identifier_and_institution_must_all_agree() {
        let text = String::from_utf8(SUMMARY.to_vec()).unwrap();
        let other_id = text.replace("abcdefghijkl", "abcdefghijkm").into_bytes();
        let other_code =
            text.replacen("1311234567</MedicalInstitutionCode>", "1311234568</MedicalInstitutionCode>", 1);
        let other_name = ANSWER.replace("abcdefghijkl", "abcdefghijkm");
        let crossed = ANSWER.replace("abcdefghijkl", "000000000001");
        let (xml, pdf) = (AnswerFile::Xml, AnswerFile::Pdf);
        let pdf_name = ANSWER.replace(".xml", ".pdf");
        let table: [Case<'_>; 13] = [
            (ANSWER, SUMMARY, xml, Ok(())),
            (ANSWER, ERROR, xml, Ok(())),
            (ANSWER, SUMMARY, pdf, Ok(())),
            (&pdf_name, PDF, pdf, Ok(())),
            (&pdf_name, PDF, xml, Err("PDFの応答")),
            (&other_name, SUMMARY, xml, Err("待っている照会のない")),
            (&crossed, SUMMARY, xml, Err("識別子が照会と一致しません（abcdefghijkl）")),
            (ANSWER, &other_id, xml, Err("識別子が照会と一致しません（abcdefghijkm）")),
            (ANSWER, other_code.as_bytes(), xml, Err("医療機関コードが当院と一致しません")),
            (ANSWER, &without(SUMMARY, "ArbitraryFileIdentifier"), xml, Err("識別子がない")),
            (ANSWER, &without(SUMMARY, "MedicalInstitutionCode"), xml, Err("医療機関コードがない")),
            (ANSWER, &SUMMARY[..SUMMARY.len() - 1], xml, Err("途中で切れています")),
            ("EMSsiquc01res_20261123000507st01abcdefghijkl.xml", SUMMARY, xml, Err("待っている照会のない")),
        ];
        for (name, bytes, form, expected) in table {
            match (judged(name, bytes, form), expected) {
                (Ok(request), Ok(())) => assert_eq!(request, outstanding("abcdefghijkl", form).request),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (got, expected) => panic!("{name}: {got:?} instead of {expected:?}"),
            }
        }
        let bare = b"<XmlMsg><MessageHeader><SegmentOfResult>9</SegmentOfResult></MessageHeader></XmlMsg>";
        assert!(judged(ANSWER, bare, xml).is_ok(), "an error need not name the request, a content must");
        let wrong = b"<XmlMsg><MessageHeader><SegmentOfResult>9</SegmentOfResult><ArbitraryFileIdentifier>x\
            </ArbitraryFileIdentifier></MessageHeader></XmlMsg>";
        assert!(judged(ANSWER, wrong, xml).is_err());
    }
}
