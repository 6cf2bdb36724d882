//! A request file: what is asked, by which key, with which declarations.

use super::dialect::{Dialect, RequestId, StationTag, Steps, SuffixParts};
use super::xml_write::{WriteError, XmlWriter};
use crate::domain::CalendarDate;
use crate::domain::factor::{Factor, FactorKind, TwoFactors};
use crate::domain::institution::InstitutionCode;
use crate::domain::key::{BranchNumber, EnquiryKey, FourItems, InsuranceKey, ReferenceNumber, Sex};
use crate::domain::medical::InformationKind;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// The form of the answer (FileCategory).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFile {
    /// Elements, to be shown.
    Xml,
    /// Pages, to be kept and printed as they are.
    Pdf,
}

impl AnswerFile {
    /// The form that the extension of an answer file says.
    pub fn of_name(name: &str) -> Self {
        if name.strip_suffix(".pdf").is_some() { Self::Pdf } else { Self::Xml }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Who is the person (OQS-IF-047). In a one-step dialect this asks for the summary at once.
    PersonSearch,
    /// The medical information of a person who is known by an insurance key.
    EmergencyInformation {
        /// サマリー or 全量版.
        information: InformationKind,
        /// XML or PDF.
        file: AnswerFile,
    },
}

/// 同意区分 OQSCD016, as far as an emergency enquiry may declare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentFlag {
    /// 1 同意あり
    Given,
    /// 3 同意取得困難
    Unobtainable,
}

/// By what the person is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKey {
    /// The key as it was entered or read from a card result.
    Enquiry(EnquiryKey),
    /// A candidate that was chosen, or the one hit of a person search.
    Chosen {
        /// The insurance key that the service returned.
        key: InsuranceKey,
        /// 照会番号, where the service returned one.
        reference_number: Option<ReferenceNumber>,
    },
}

/// Everything that one request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSpec {
    /// What is asked for.
    pub kind: RequestKind,
    /// By what.
    pub key: RequestKey,
    /// The hospital that asks.
    pub institution: InstitutionCode,
    /// When: the file name's time stamp and 資格確認日 are this moment in Japanese time.
    pub at: Timestamp,
    /// The factors that the person has proved.
    pub factors: TwoFactors,
    /// 同意区分.
    pub consent: ConsentFlag,
    /// 救急時閲覧権限 of the person who asks.
    pub authority: bool,
    /// The number of this request.
    pub request_id: RequestId,
}

/// A request ready to be handed to the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFile {
    /// Name in the request folder.
    pub name: String,
    /// CP932.
    pub bytes: Vec<u8>,
}

/// A request cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// 4情報 in a two-step dialect find the person first.
    #[error("4情報では先に本人を特定します。候補から本人を選んでから医療情報を求めてください")]
    NeedsPersonSearch,
    /// An insurance key is not searched for, it is asked with.
    #[error("資格確認書等の情報では人の検索はせず、医療情報を直接求めます。患者特定からやり直してください")]
    NothingToSearch,
    /// The method is switched off in the dialect.
    #[error("この施設の連携ソフトは{0}による照会に対応していません。別の方法で患者を特定してください")]
    MethodDisabled(&'static str),
    /// CP932 cannot carry a character.
    #[error("{field}の「{character}」（U+{code:04X}）は連携ソフトに送信できません。別の字に直してください", code = u32::from(*.character))]
    Unsendable {
        /// The field in Japanese.
        field: &'static str,
        /// The character.
        character: char,
    },
    /// The document does not survive the encoding, or the time stamp does not fit a name.
    #[error("要求ファイルを作れませんでした。日時と方言ファイルの設定を管理者に確かめてもらってください")]
    Unwritable,
}

impl RequestSpec {
    /// Writes the request in the words of the dialect.
    pub fn write(&self, dialect: &Dialect, station: &StationTag) -> Result<RequestFile, RequestError> {
        if let RequestKey::Enquiry(key) = &self.key
            && !dialect.enables(key.method())
        {
            return Err(RequestError::MethodDisabled(key.method().label()));
        }
        let now = jst(self.at);
        let stamp = now.strftime("%Y%m%d%H%M%S").to_string();
        if stamp.len() != 14 {
            return Err(RequestError::Unwritable);
        }
        let parts = SuffixParts { time: stamp, station: station.clone(), id: self.request_id.clone() };
        let suffix = dialect.suffix.format(&parts);
        let (prefix, bytes) = self.document(dialect, CalendarDate::from_civil(now.date()))?;
        Ok(RequestFile { name: format!("{prefix}{suffix}.xml"), bytes })
    }

    fn document<'d>(
        &self,
        dialect: &'d Dialect,
        today: CalendarDate,
    ) -> Result<(&'d str, Vec<u8>), RequestError> {
        let one = dialect.steps() == Steps::One;
        let search = dialect.files.person_search_request.first();
        let emergency = dialect.files.emergency_request.first();
        let summary = (InformationKind::EmergencySummary, AnswerFile::Xml);
        let (prefix, wanted) = match (self.kind, &self.key) {
            (RequestKind::PersonSearch, RequestKey::Enquiry(EnquiryKey::FourItems(_))) if one => {
                (emergency, Some(summary))
            }
            (RequestKind::PersonSearch, RequestKey::Enquiry(EnquiryKey::FourItems(_))) => (search, None),
            (RequestKind::PersonSearch, _) => return Err(RequestError::NothingToSearch),
            (RequestKind::EmergencyInformation { .. }, RequestKey::Enquiry(EnquiryKey::FourItems(_)))
                if !one =>
            {
                return Err(RequestError::NeedsPersonSearch);
            }
            (RequestKind::EmergencyInformation { information, file }, _) => {
                (emergency, Some((information, file)))
            }
        };
        let mut xml = XmlWriter::new();
        let names = &dialect.message;
        xml.element(names.root.first(), |xml| {
            xml.element(names.header.first(), |xml| self.header(xml, dialect, today));
            xml.element(names.body.first(), |xml| self.body(xml, dialect, wanted));
        });
        let bytes = xml.finish().map_err(|fault| explain(fault, dialect))?;
        Ok((prefix, bytes))
    }

    fn header(&self, xml: &mut XmlWriter, dialect: &Dialect, today: CalendarDate) {
        let names = &dialect.request;
        match &self.key {
            RequestKey::Enquiry(EnquiryKey::FourItems(_)) => {
                xml.leaf(names.date.first(), &today.compact());
                xml.leaf(names.institution.first(), self.institution.as_str());
            }
            RequestKey::Enquiry(EnquiryKey::Card(key) | EnquiryKey::Certificate(key)) => {
                self.insurance(xml, dialect, key, None, &|typed| dialect.identifier(typed));
            }
            RequestKey::Chosen { key, reference_number } => {
                self.insurance(xml, dialect, key, reference_number.as_ref(), &str::to_owned);
            }
        }
        let codes = &dialect.codes;
        xml.leaf(names.identifier.first(), self.request_id.as_str());
        let authority = if self.authority { &codes.authority.present } else { &codes.authority.absent };
        xml.leaf(names.authority.first(), authority.first());
        xml.element(names.factors.first(), |xml| {
            for factor in self.factors.both() {
                let (kind, method) = declared(dialect, factor);
                xml.element(names.factor.first(), |xml| {
                    xml.leaf(names.factor_kind.first(), kind);
                    xml.leaf(names.factor_method.first(), method);
                });
            }
        });
        let consent = match self.consent {
            ConsentFlag::Given => &codes.consent.given,
            ConsentFlag::Unobtainable => &codes.consent.unobtainable,
        };
        xml.leaf(names.consent.first(), consent.first());
    }

    fn insurance(
        &self,
        xml: &mut XmlWriter,
        dialect: &Dialect,
        key: &InsuranceKey,
        reference: Option<&ReferenceNumber>,
        identifier: &dyn Fn(&str) -> String,
    ) {
        let names = &dialect.request;
        xml.leaf(names.institution.first(), self.institution.as_str());
        xml.leaf(names.insurer_number.first(), &key.insurer_number.sent());
        let symbol = key.symbol.as_ref().map(|symbol| identifier(symbol.as_str()));
        xml.optional(names.symbol.first(), symbol.as_deref());
        xml.leaf(names.insured_number.first(), &identifier(key.insured_number.as_str()));
        xml.optional(names.branch_number.first(), key.branch_number.as_ref().map(BranchNumber::as_str));
        xml.leaf(names.birthdate.first(), &key.birthdate.compact());
        xml.optional(names.reference_number.first(), reference.map(ReferenceNumber::as_str));
    }

    fn body(&self, xml: &mut XmlWriter, dialect: &Dialect, wanted: Option<(InformationKind, AnswerFile)>) {
        let names = &dialect.request;
        if let RequestKey::Enquiry(EnquiryKey::FourItems(items)) = &self.key {
            xml.element(names.person_search.first(), |xml| four_items(xml, dialect, items));
        }
        let Some((information, file)) = wanted else { return };
        let codes = &dialect.codes;
        xml.leaf(names.treatment.first(), codes.treatment.emergency.first());
        let information = match information {
            InformationKind::EmergencySummary => &codes.information.summary,
            InformationKind::FullRecord => &codes.information.full,
        };
        xml.leaf(names.information.first(), information.first());
        let file = match file {
            AnswerFile::Xml => &codes.file.xml,
            AnswerFile::Pdf => &codes.file.pdf,
        };
        xml.leaf(names.file_category.first(), file.first());
    }
}

/// The writer's fault in the words of the form.
fn explain(fault: WriteError, dialect: &Dialect) -> RequestError {
    let WriteError::Character { element, character } = fault else { return RequestError::Unwritable };
    let names = &dialect.request;
    let labels = [
        (&names.name, "氏名"),
        (&names.address, "住所"),
        (&names.insurer_name, "保険者名称"),
        (&names.symbol, "記号"),
        (&names.insured_number, "番号"),
        (&names.reference_number, "照会番号"),
    ];
    let field = labels.iter().find(|(name, _)| name.has(&element)).map_or("入力値", |(_, label)| label);
    RequestError::Unsendable { field, character }
}

fn four_items(xml: &mut XmlWriter, dialect: &Dialect, items: &FourItems) {
    let names = &dialect.request;
    xml.leaf(names.name.first(), items.name.as_str());
    xml.leaf(names.birthdate.first(), &items.birthdate.compact());
    let sex = match items.sex {
        Sex::Male => &dialect.codes.sex.male,
        Sex::Female => &dialect.codes.sex.female,
        Sex::Unset => &dialect.codes.sex.unset,
    };
    xml.leaf(names.sex.first(), sex.first());
    xml.optional(names.address.first(), items.place.address());
    xml.optional(names.insurer_name.first(), items.place.insurer_name());
}

/// OQSCD041 and OQSCD042 of a factor, in the dialect's codes.
fn declared(dialect: &Dialect, factor: Factor) -> (&str, &str) {
    let kinds = &dialect.codes.factor_kind;
    let kind = match factor.kind() {
        FactorKind::Knowledge => &kinds.knowledge,
        FactorKind::Biometric => &kinds.biometric,
        FactorKind::Possession => &kinds.possession,
    };
    let methods = &dialect.codes.factor_method;
    let method = match factor {
        Factor::Password => &methods.password,
        Factor::HpkiCard | Factor::MyNumberCard | Factor::SoftwareCard => &methods.ic_card,
        Factor::OneTimePassword => &methods.one_time_password,
        Factor::Face => &methods.face,
    };
    (kind.first(), method.first())
}

/// Japanese time, fixed +09:00 whatever the host says.
fn jst(at: Timestamp) -> DateTime {
    Offset::constant(9).to_datetime(at)
}

#[cfg(test)]
mod tests;
