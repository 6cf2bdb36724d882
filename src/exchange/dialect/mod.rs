//! The dialect: every name and code value of the exchange, as data that a vendor can correct at a site.
//!
//! The official interface specification is open to registered vendors only, so what could not be confirmed from
//! public material is an assumption, and an assumption must never need a new program. Everything that is written
//! or looked for in a file is named here and nowhere else in the code.

mod check;
mod error;
mod load;
mod suffix;
mod terms;

pub use error::{DialectError, DialectProblem};
pub use suffix::{RequestId, StationTag, SuffixParts, TagError};
pub(super) use terms::{
    AnswerNames, CodeValues, DrugNames, FileNames, MessageNames, PersonNames, RequestNames, SummaryNames,
    Terms,
};

use crate::domain::SafeText;
use crate::domain::key::IdentificationMethod;
use crate::domain::sendable;
use std::path::Path;
use std::sync::Arc;

/// The default dialect as text, to be copied, corrected and named in the configuration.
pub const BUILTIN: &str = include_str!("../dialect.toml");

/// A dialect file is not larger than this, in bytes.
pub const MAX_DIALECT_BYTES: u64 = 1 << 20;

/// How 4情報 are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// The person is found first; a second request asks for the medical information.
    Two,
    /// One hit is answered with the medical information at once.
    One,
}

/// An entry that is assumed, for `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumedEntry {
    /// Where in the file, such as `files.emergency_request`.
    pub key: String,
    /// The value or values, joined by `, `.
    pub value: String,
    /// The line in the dialect file, from 1.
    pub line: usize,
}

/// In which width typed identifiers are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    AsTyped,
    Half,
    Full,
}

/// A checked dialect. Made only by [`Dialect::builtin`], [`Dialect::load`] and [`Dialect::parse`].
#[derive(Clone, Debug)]
pub struct Dialect {
    text: Arc<str>,
    title: String,
    fingerprint: String,
    steps: Steps,
    identifier_width: Width,
    methods: Methods,
    folders: Folders,
    assumed: Vec<AssumedEntry>,
    pub(super) files: FileNames,
    pub(super) message: MessageNames,
    pub(super) request: RequestNames,
    pub(super) answer: AnswerNames,
    pub(super) person: PersonNames,
    pub(super) summary: SummaryNames,
    pub(super) receipt: DrugNames,
    pub(super) dispensing: DrugNames,
    pub(super) prescription: DrugNames,
    pub(super) codes: CodeValues,
    pub(super) dialysis_marks: Terms,
    pub(super) suffix: suffix::Suffix,
}

/// Names of the three folders below the exchange root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// Requests are written here.
    pub requests: String,
    /// Answers are read here.
    pub answers: String,
    /// Results of the face-authentication reader are read here.
    pub face: String,
}

#[derive(Clone, Copy, Debug)]
struct Methods {
    my_number_card: bool,
    certificate: bool,
    four_items: bool,
    medical_assistance: bool,
}

impl Dialect {
    /// The dialect that ships inside the program.
    ///
    /// # Errors
    /// None in a released program: a test parses it.
    pub fn builtin() -> Result<Self, DialectError> {
        load::parse(BUILTIN)
    }

    /// A dialect from the text of a file.
    pub fn parse(text: &str) -> Result<Self, DialectError> {
        load::parse(text)
    }

    /// A dialect from a file of at most [`MAX_DIALECT_BYTES`].
    pub fn load(path: &Path) -> Result<Self, DialectError> {
        load::parse(&read(path)?)
    }

    /// Its name, for `doctor` and the log.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text that it was read from, for a process that needs the same.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The first 16 hex digits of the SHA-256 of its text: tells for certain which file was loaded.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// 記号 or 番号 as typed by a person, in the width that the link software expects.
    pub(super) fn identifier(&self, typed: &str) -> String {
        match self.identifier_width {
            Width::AsTyped => typed.to_owned(),
            Width::Half => sendable::halve(typed),
            Width::Full => sendable::widen(typed),
        }
    }

    /// How 4情報 are answered.
    pub fn steps(&self) -> Steps {
        self.steps
    }

    /// Names of the folders below the exchange root.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Whether the link software takes this 患者特定方式.
    pub fn enables(&self, method: IdentificationMethod) -> bool {
        match method {
            IdentificationMethod::MyNumberCard => self.methods.my_number_card,
            IdentificationMethod::Certificate => self.methods.certificate,
            IdentificationMethod::FourItems => self.methods.four_items,
        }
    }

    /// Whether 医療扶助 (公費負担者番号・受給者番号) can be asked for (B2).
    pub fn enables_medical_assistance(&self) -> bool {
        self.methods.medical_assistance
    }

    /// What is assumed rather than known, in the order of the file.
    pub fn assumed(&self) -> &[AssumedEntry] {
        &self.assumed
    }

    /// Every answer file that may follow a request of this name, the XML first; `None` where it is not ours.
    pub fn answer_names(&self, request: &str) -> Option<Vec<String>> {
        let stem = request.strip_suffix(".xml")?;
        let (prefix, suffix) = self.split_request(stem)?;
        self.suffix.parse(suffix)?;
        Some(match prefix {
            RequestPrefix::PersonSearch => {
                vec![format!("{}{suffix}.xml", self.files.person_search_answer.first())]
            }
            RequestPrefix::Emergency => ["xml", "pdf"]
                .map(|kind| format!("{}{suffix}.{kind}", self.files.emergency_answer.first()))
                .into(),
        })
    }

    /// The parts of the free half of one of our request names; `None` where it is not ours.
    pub fn request_parts(&self, request: &str) -> Option<SuffixParts> {
        self.suffix.parse(self.split_request(request.strip_suffix(".xml")?)?.1)
    }

    /// The name under which a request of this name is written before it is renamed; `None` where it is not ours.
    pub fn temporary_name(&self, request: &str) -> Option<String> {
        let (_, suffix) = self.split_request(request.strip_suffix(".xml")?)?;
        self.suffix.parse(suffix)?;
        Some(format!(
            "{}{suffix}{}",
            self.files.temporary_prefix.first(),
            self.files.temporary_ending.first()
        ))
    }

    /// The parts of a temporary name of ours.
    pub(super) fn temporary_parts(&self, name: &str) -> Option<SuffixParts> {
        let rest = name.strip_prefix(self.files.temporary_prefix.first())?;
        self.suffix.parse(rest.strip_suffix(self.files.temporary_ending.first())?)
    }

    fn split_request<'a>(&self, stem: &'a str) -> Option<(RequestPrefix, &'a str)> {
        let person = stem.strip_prefix(self.files.person_search_request.first());
        let emergency = || stem.strip_prefix(self.files.emergency_request.first());
        person
            .map(|rest| (RequestPrefix::PersonSearch, rest))
            .or_else(|| emergency().map(|rest| (RequestPrefix::Emergency, rest)))
    }
}

/// Reads the file itself.
fn read(path: &Path) -> Result<String, DialectError> {
    use std::io::Read as _;
    let shown = || SafeText::new(&path.to_string_lossy()).as_str().to_owned();
    let unreadable = |cause| DialectError::Unreadable { path: shown(), cause };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_DIALECT_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_DIALECT_BYTES {
        return Err(DialectError::NotAText(shown()));
    }
    String::from_utf8(bytes).map_err(|_| DialectError::NotAText(shown()))
}

enum RequestPrefix {
    PersonSearch,
    Emergency,
}

#[cfg(test)]
mod tests;
