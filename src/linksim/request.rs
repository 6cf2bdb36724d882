//! A request as it was understood, or why it was refused.

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// MedicalInstitutionCode.
    pub(super) institution: String,
    /// ArbitraryFileIdentifier.
    pub(super) identifier: String,
    /// Who.
    pub(super) who: Who,
    /// What, where medical information is asked for.
    pub(super) wanted: Option<Wanted>,
}

/// Whom the request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// 4情報.
    Person(PersonKey),
    /// An insurance key, typed, read from a card, or of a chosen candidate.
    Insured(InsuranceKey),
}

/// 4情報.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PersonKey {
    /// Name.
    pub(super) name: String,
    /// Birthdate, `yyyyMMdd`.
    pub(super) birth: String,
    /// Sex, 1 to 3.
    pub(super) sex: String,
    /// Address.
    pub(super) address: Option<String>,
    /// InsurerName.
    pub(super) insurer_name: Option<String>,
}

/// An insurance key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InsuranceKey {
    /// InsurerNumber, 8 characters as sent.
    pub(super) insurer_number: String,
    /// InsuranceCardSymbol.
    pub(super) symbol: Option<String>,
    /// InsuredPersonIdentificationNumber.
    pub(super) number: String,
    /// BranchNumber.
    pub(super) branch: Option<String>,
    /// Birthdate, `yyyyMMdd`.
    pub(super) birth: Option<String>,
    /// ReferenceNumber.
    pub(super) reference: Option<String>,
}

/// Which medical information, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// 全量版 (InfoRequestPattern 2) instead of 救急用サマリー (1).
    pub(super) full: bool,
    /// FileCategory 1, a PDF, instead of 2, XML.
    pub(super) pdf: bool,
}

/// Which file it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `EMSsiquc01req`.
    Search,
    /// `EMSsimed01req`.
    Medical,
}

/// Why a request is not even looked at: SegmentOfResult 9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// ErrorCode.
    pub(super) code: String,
    /// ErrorMessage.
    pub(super) message: String,
}

impl Refusal {
    /// A refusal.
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}
