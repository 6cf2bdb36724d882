use super::*;
use crate::domain::insurer::InsurerNumber;
use crate::domain::key::{InsuredNumber, Place, SendableName, SendableText, Symbol};
use encoding_rs::SHIFT_JIS;
use proptest::prelude::*;

const ONE_STEP: &str = include_str!("../../../fixtures/dialects/one-step.toml");

fn text(value: &str) -> SendableText {
    SendableText::try_from(value.to_owned()).unwrap()
}

fn four(name: &str, place: Place) -> RequestKey {
    RequestKey::Enquiry(EnquiryKey::FourItems(FourItems {
        name: SendableName::parse(name).unwrap(),
        birthdate: CalendarDate::from_compact("19640107").unwrap(),
        sex: Sex::Female,
        place,
    }))
}

fn insurance(symbol: Option<&str>, branch: Option<&str>) -> InsuranceKey {
    InsuranceKey {
        insurer_number: InsurerNumber::parse("138057").unwrap(),
        symbol: symbol.map(|s| Symbol::parse(s).unwrap()),
        insured_number: InsuredNumber::parse("0012").unwrap(),
        branch_number: branch.map(|b| BranchNumber::parse(b).unwrap()),
        birthdate: CalendarDate::from_compact("19640107").unwrap(),
    }
}

fn spec(kind: RequestKind, key: RequestKey) -> RequestSpec {
    RequestSpec {
        kind,
        key,
        institution: InstitutionCode::parse("1311234567").unwrap(),
        at: "2026-11-22T15:05:07Z".parse().unwrap(),
        factors: TwoFactors::of(&[Factor::Password, Factor::HpkiCard]).unwrap(),
        consent: ConsentFlag::Unobtainable,
        authority: true,
        request_id: RequestId::parse("abcdefghijkl").unwrap(),
    }
}

fn written(spec: &RequestSpec, dialect: &Dialect) -> (String, String) {
    let file = spec.write(dialect, &StationTag::parse("st01").unwrap()).unwrap();
    (
        file.name,
        SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&file.bytes).unwrap().into_owned(),
    )
}

const SUMMARY: RequestKind = RequestKind::EmergencyInformation {
    information: InformationKind::EmergencySummary,
    file: AnswerFile::Xml,
};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"Shift_JIS\" standalone=\"no\"?>\r\n";
const DECLARED: &str = "<ArbitraryFileIdentifier>abcdefghijkl</ArbitraryFileIdentifier>\
    <EmergencyViewAuthority>1</EmergencyViewAuthority>\
    <TwoFactorAuthInfos><TwoFactorAuthInfo><AuthElement>1</AuthElement><AuthMethod>01</AuthMethod></TwoFactorAuthInfo>\
    <TwoFactorAuthInfo><AuthElement>3</AuthElement><AuthMethod>01</AuthMethod></TwoFactorAuthInfo></TwoFactorAuthInfos>\
    <EmergencyConsFlg>3</EmergencyConsFlg>";

#[test]
fn four_items_are_written_as_a_person_search() {
    let dialect = Dialect::builtin().unwrap();
    let key = four("架空　花子", Place::Address(text("東京都架空区１－２<&\"'>")));
    let (name, xml) = written(&spec(RequestKind::PersonSearch, key), &dialect);
    assert_eq!(name, "EMSsiquc01req_20261123000507st01abcdefghijkl.xml", "the stamp is Japanese time");
    let expected = format!(
        "{DECLARATION}<XmlMsg><MessageHeader>\
         <QualificationConfirmationDate>20261123</QualificationConfirmationDate>\
         <MedicalInstitutionCode>1311234567</MedicalInstitutionCode>{DECLARED}</MessageHeader>\
         <MessageBody><PersonSearchInfo><Name>架空　花子</Name><Birthdate>19640107</Birthdate><Sex>2</Sex>\
         <Address>東京都架空区１－２&lt;&amp;&quot;&apos;&gt;</Address></PersonSearchInfo></MessageBody></XmlMsg>"
    );
    assert_eq!(xml, expected);
}

#[test]
fn an_insurance_key_asks_for_the_summary() {
    let dialect = Dialect::builtin().unwrap();
    let key = RequestKey::Enquiry(EnquiryKey::Certificate(insurance(None, None)));
    let (name, xml) = written(&spec(SUMMARY, key), &dialect);
    assert_eq!(name, "EMSsimed01req_20261123000507st01abcdefghijkl.xml");
    let expected = format!(
        "{DECLARATION}<XmlMsg><MessageHeader>\
         <MedicalInstitutionCode>1311234567</MedicalInstitutionCode><InsurerNumber>  138057</InsurerNumber>\
         <InsuredPersonIdentificationNumber>0012</InsuredPersonIdentificationNumber><Birthdate>19640107</Birthdate>\
         {DECLARED}</MessageHeader><MessageBody><MedicalTreatmentFlag>4</MedicalTreatmentFlag>\
         <InfoRequestPattern>1</InfoRequestPattern><FileCategory>2</FileCategory></MessageBody></XmlMsg>"
    );
    assert_eq!(xml, expected);
}

#[test]
fn a_chosen_candidate_sends_all_that_is_known() {
    let dialect = Dialect::builtin().unwrap();
    let key = RequestKey::Chosen {
        key: insurance(Some("架空・１"), Some("02")),
        reference_number: Some(ReferenceNumber::parse("R-1").unwrap()),
    };
    let kind =
        RequestKind::EmergencyInformation { information: InformationKind::FullRecord, file: AnswerFile::Pdf };
    let mut spec = spec(kind, key);
    spec.consent = ConsentFlag::Given;
    spec.authority = false;
    spec.factors = TwoFactors::of(&[Factor::OneTimePassword, Factor::Password]).unwrap();
    let (_, xml) = written(&spec, &dialect);
    let symbol = Symbol::parse("架空・１").unwrap();
    for part in [
        format!("<InsuranceCardSymbol>{}</InsuranceCardSymbol>", symbol.as_str()).as_str(),
        "<BranchNumber>02</BranchNumber>",
        "<ReferenceNumber>R-1</ReferenceNumber><ArbitraryFileIdentifier>",
        "<EmergencyViewAuthority>0<",
        "<EmergencyConsFlg>1<",
        "<AuthElement>3</AuthElement><AuthMethod>02</AuthMethod>",
        "<InfoRequestPattern>2</InfoRequestPattern><FileCategory>1</FileCategory>",
    ] {
        assert!(xml.contains(part), "{part}\n{xml}");
    }
}

#[test]
fn one_step_asks_for_everything_at_once() {
    let dialect = Dialect::parse(ONE_STEP).unwrap();
    let insurer = SendableText::try_from("架空健康保険組合".to_owned()).unwrap();
    let key = || four("架空　花子", Place::InsurerName(insurer.clone()));
    let (name, xml) = written(&spec(RequestKind::PersonSearch, key()), &dialect);
    assert_eq!(name, "EMSsimed01req_20261123000507st01abcdefghijkl.xml");
    assert!(
        xml.contains(
            "<InsurerName>架空健康保険組合</InsurerName></PersonSearchInfo><MedicalTreatmentFlag>4<"
        )
    );
    assert!(xml.contains("<InfoRequestPattern>1</InfoRequestPattern><FileCategory>2<"));
    assert_eq!(written(&spec(SUMMARY, key()), &dialect).1, xml);
}

#[test]
fn kind_and_key_must_fit_and_the_method_must_be_enabled() {
    let builtin = Dialect::builtin().unwrap();
    let renamed = Dialect::parse(include_str!("../../../fixtures/dialects/renamed.toml")).unwrap();
    let station = StationTag::parse("st01").unwrap();
    let items = || four("架空　花子", Place::Address(text("東京都")));
    let card = || RequestKey::Enquiry(EnquiryKey::Card(insurance(None, None)));
    let table = [
        (RequestKind::PersonSearch, card(), &builtin, "医療情報を直接求めます"),
        (SUMMARY, items(), &builtin, "先に本人を特定します"),
        (RequestKind::PersonSearch, items(), &renamed, "4情報による照会に対応していません"),
    ];
    for (kind, key, dialect, expected) in table {
        let error = spec(kind, key).write(dialect, &station).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let file = spec(SUMMARY, card()).write(&renamed, &station).unwrap();
    assert_eq!(file.name, "EMRsimed01req_20261123000507-st01-abcdefghijkl.xml");
    assert!(String::from_utf8_lossy(&file.bytes).contains("<EmConsFlg>3</EmConsFlg>"));
}

#[test]
fn the_dialect_declares_factors_and_sexes_as_the_domain_does() {
    let dialect = Dialect::builtin().unwrap();
    for factor in [
        Factor::Password,
        Factor::HpkiCard,
        Factor::MyNumberCard,
        Factor::SoftwareCard,
        Factor::OneTimePassword,
        Factor::Face,
    ] {
        assert_eq!(declared(&dialect, factor), factor.declared());
    }
    let sexes = &dialect.codes.sex;
    for (terms, sex) in [(&sexes.male, Sex::Male), (&sexes.female, Sex::Female), (&sexes.unset, Sex::Unset)] {
        assert_eq!(terms.first(), sex.code());
    }
}

/// The least that reads one element back: nothing shared with the reader of answers.
fn minimal_read(xml: &str, element: &str) -> String {
    let start = xml.find(&format!("<{element}>")).unwrap() + element.len() + 2;
    let end = xml.find(&format!("</{element}>")).unwrap();
    ["&lt;/<", "&gt;/>", "&quot;/\"", "&apos;/'", "&amp;/&"].iter().fold(
        xml[start..end].to_owned(),
        |text, pair| {
            let (entity, plain) = pair.split_once('/').unwrap();
            text.replace(entity, plain)
        },
    )
}

proptest! {
    #[test]
    fn a_typed_address_arrives_as_typed_or_is_refused(typed in "\\PC{1,40}|[ -~ァ-ヶ亜-熙¥‾髙﨑～−①ⅢＡ-ｚ\u{e000}]{1,40}") {
        let dialect = Dialect::builtin().unwrap();
        if let Ok(address) = SendableText::try_from(typed.clone()) {
            let key = four("架空　花子", Place::Address(address.clone()));
            match spec(RequestKind::PersonSearch, key).write(&dialect, &StationTag::parse("st01").unwrap()) {
                Ok(file) => {
                    let (xml, _, broken) = SHIFT_JIS.decode(&file.bytes);
                    prop_assert!(!broken);
                    prop_assert_eq!(minimal_read(&xml, "Address"), address.as_str());
                }
                Err(RequestError::Unsendable { field, .. }) => prop_assert_eq!(field, "住所"),
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }

    #[test]
    fn the_writer_never_changes_a_text(typed in any::<String>()) {
        let mut xml = XmlWriter::new();
        xml.leaf("A", &typed);
        if let Ok(bytes) = xml.finish() {
            let (back, _, broken) = SHIFT_JIS.decode(&bytes);
            prop_assert!(!broken);
            prop_assert_eq!(minimal_read(&back, "A"), typed);
        }
    }
}

#[test]
fn what_cannot_be_sent_is_refused_by_name() {
    for (typed, character) in
        [("¥100", '¥'), ("𠮷野", '𠮷'), ("a\u{e000}", '\u{e000}'), ("a\tb", '\t'), ("〜", '〜')]
    {
        let mut xml = XmlWriter::new();
        xml.leaf("Name", typed);
        let fault = xml.finish().unwrap_err();
        assert_eq!(fault, WriteError::Character { element: "Name".to_owned(), character });
        let sentence = explain(fault, &Dialect::builtin().unwrap()).to_string();
        assert!(sentence.starts_with(&format!("氏名の「{character}」（U+")), "{sentence}");
    }
    let mut fine = XmlWriter::new();
    fine.leaf("Name", "髙﨑　﨟①～－ｶﾞ");
    assert!(fine.finish().is_ok());
}
