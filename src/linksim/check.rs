//! The checks before anybody is looked for.
//!
//! They are those that the service must make because the hospital's declaration is all it has: permission, two
//! factors of different kinds, consent. They follow `docs/dialect.md` to the letter, so that a request which
//! passes here has no element too many, too few, or empty.

use super::request::{InsuranceKey, Kind, PersonKey, Refusal, Request, Wanted, Who};
use super::xml_read::Element;
use super::{calendar, insurer};

type Checked<T> = Result<T, Refusal>;

const SEARCH_HEADER: &[&str] = &[
    "QualificationConfirmationDate",
    "MedicalInstitutionCode",
    "ArbitraryFileIdentifier",
    "EmergencyViewAuthority",
    "TwoFactorAuthInfos",
    "EmergencyConsFlg",
];

const MEDICAL_HEADER: &[&str] = &[
    "QualificationConfirmationDate",
    "MedicalInstitutionCode",
    "InsurerNumber",
    "InsuranceCardSymbol",
    "InsuredPersonIdentificationNumber",
    "BranchNumber",
    "Birthdate",
    "ReferenceNumber",
    "ArbitraryFileIdentifier",
    "EmergencyViewAuthority",
    "TwoFactorAuthInfos",
    "EmergencyConsFlg",
];

/// The identifiers that an answer must carry even when the request is refused.
pub(super) fn identifiers(root: &Element) -> (Option<&str>, Option<&str>) {
    let header = root.child("MessageHeader");
    let value = |name| header.and_then(|header| header.value(name));
    (value("MedicalInstitutionCode"), value("ArbitraryFileIdentifier"))
}

/// Checks and understands a request. `one_step` allows 4情報 in the request for medical information.
pub(super) fn check(root: &Element, kind: Kind, one_step: bool) -> Checked<Request> {
    if root.name != "XmlMsg" {
        return Err(Refusal::new("EMS10001", "要求ファイルの最上位の要素がＸｍｌＭｓｇではありません"));
    }
    only(root, &["MessageHeader", "MessageBody"])?;
    let header = part(root, "MessageHeader")?;
    let body = part(root, "MessageBody")?;
    only(header, if kind == Kind::Search { SEARCH_HEADER } else { MEDICAL_HEADER })?;
    let institution = required(header, "MedicalInstitutionCode")?;
    if institution.len() != 10 || !institution.bytes().all(|b| b.is_ascii_digit()) {
        return Err(form("MedicalInstitutionCode"));
    }
    let identifier = required(header, "ArbitraryFileIdentifier")?;
    let word = |c: u8| c.is_ascii_digit() || c.is_ascii_lowercase();
    if identifier.len() > 20 || !identifier.bytes().all(word) {
        return Err(form("ArbitraryFileIdentifier"));
    }
    declarations(header)?;
    let person = body.child("PersonSearchInfo");
    let (who, wanted) = match kind {
        Kind::Search => {
            only(body, &["PersonSearchInfo"])?;
            day(header, "QualificationConfirmationDate")?;
            (Who::Person(person_key(part(body, "PersonSearchInfo")?)?), None)
        }
        Kind::Medical => {
            only(body, &["PersonSearchInfo", "MedicalTreatmentFlag", "InfoRequestPattern", "FileCategory"])?;
            let wanted = wanted(body)?;
            let who = match person {
                Some(person) if one_step => Who::Person(person_key(person)?),
                Some(_) => {
                    return Err(Refusal::new(
                        "EMS10003",
                        "この要求ではＰｅｒｓｏｎＳｅａｒｃｈＩｎｆｏを指定できません",
                    ));
                }
                None => Who::Insured(insurance_key(header)?),
            };
            (who, Some(wanted))
        }
    };
    Ok(Request { institution: institution.to_owned(), identifier: identifier.to_owned(), who, wanted })
}

/// 救急時閲覧権限, two factors of different kinds, consent.
fn declarations(header: &Element) -> Checked<()> {
    if required(header, "EmergencyViewAuthority")? != "1" {
        return Err(Refusal::new("EMS20001", "救急時医療情報閲覧の権限がないため照会できません"));
    }
    let infos = part(header, "TwoFactorAuthInfos")?;
    only_repeated(infos, "TwoFactorAuthInfo")?;
    let mut kinds = Vec::new();
    for info in &infos.children {
        only(info, &["AuthElement", "AuthMethod"])?;
        let (element, method) = (required(info, "AuthElement")?, required(info, "AuthMethod")?);
        let methods: &[&str] = match element {
            "1" | "3" => &["01", "02", "03"],
            "2" => &["01", "02", "03", "04", "05"],
            _ => return Err(form("AuthElement")),
        };
        if !methods.contains(&method) {
            return Err(form("AuthMethod"));
        }
        kinds.push(element);
    }
    match kinds.as_slice() {
        [one, other] if one != other => {}
        _ => {
            return Err(Refusal::new(
                "EMS20002",
                "異なる要素による二要素認証が確認できないため照会できません",
            ));
        }
    }
    if !matches!(required(header, "EmergencyConsFlg")?, "1" | "3") {
        return Err(Refusal::new(
            "EMS20003",
            "救急時同意情報は１（同意あり）または３（同意取得困難）を指定してください",
        ));
    }
    Ok(())
}

fn person_key(info: &Element) -> Checked<PersonKey> {
    only(info, &["Name", "Birthdate", "Sex", "Address", "InsurerName"])?;
    let key = PersonKey {
        name: required(info, "Name")?.to_owned(),
        birth: day(info, "Birthdate")?,
        sex: required(info, "Sex")?.to_owned(),
        address: optional(info, "Address")?,
        insurer_name: optional(info, "InsurerName")?,
    };
    if !matches!(key.sex.as_str(), "1" | "2" | "3") {
        return Err(form("Sex"));
    }
    if key.address.is_none() && key.insurer_name.is_none() {
        return Err(Refusal::new("EMS10003", "住所または保険者名称のいずれかを指定してください"));
    }
    Ok(key)
}

fn insurance_key(header: &Element) -> Checked<InsuranceKey> {
    let key = InsuranceKey {
        insurer_number: required(header, "InsurerNumber")?.to_owned(),
        symbol: optional(header, "InsuranceCardSymbol")?,
        number: required(header, "InsuredPersonIdentificationNumber")?.to_owned(),
        branch: optional(header, "BranchNumber")?,
        birth: header.child("Birthdate").map(|_| day(header, "Birthdate")).transpose()?,
        reference: optional(header, "ReferenceNumber")?,
    };
    if !insurer::is_valid_as_sent(&key.insurer_number) {
        return Err(form("InsurerNumber"));
    }
    let two_digits = |text: &String| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if !key.branch.as_ref().is_none_or(two_digits) {
        return Err(form("BranchNumber"));
    }
    let longest = [
        ("InsuranceCardSymbol", key.symbol.as_deref(), 20),
        ("InsuredPersonIdentificationNumber", Some(key.number.as_str()), 20),
        ("ReferenceNumber", key.reference.as_deref(), 50),
    ];
    for (name, value, most) in longest {
        if value.is_some_and(|value| value.chars().count() > most) {
            return Err(form(name));
        }
    }
    Ok(key)
}

fn wanted(body: &Element) -> Checked<Wanted> {
    if required(body, "MedicalTreatmentFlag")? != "4" {
        return Err(Refusal::new("EMS20004", "診療区分は４（救急時）を指定してください"));
    }
    let full = match required(body, "InfoRequestPattern")? {
        "1" => false,
        "2" => true,
        _ => {
            return Err(Refusal::new(
                "EMS10005",
                "情報要求パターンは１（救急用サマリー）または２（救急用全量版）を指定してください",
            ));
        }
    };
    let pdf = match required(body, "FileCategory")? {
        "1" => true,
        "2" => false,
        _ => return Err(form("FileCategory")),
    };
    Ok(Wanted { full, pdf })
}

/// Every child is known and stands once.
fn only(element: &Element, known: &[&str]) -> Checked<()> {
    for (place, child) in element.children.iter().enumerate() {
        if !known.contains(&child.name.as_str()) {
            return Err(Refusal::new(
                "EMS10004",
                format!("要求ファイルに定義されていない項目があります：{}", child.name),
            ));
        }
        if element.children.iter().take(place).any(|before| before.name == child.name) {
            return Err(Refusal::new(
                "EMS10004",
                format!("要求ファイルに同じ項目が重複しています：{}", child.name),
            ));
        }
    }
    Ok(())
}

fn only_repeated(element: &Element, name: &str) -> Checked<()> {
    match element.children.iter().find(|child| child.name != name) {
        Some(child) => Err(Refusal::new(
            "EMS10004",
            format!("要求ファイルに定義されていない項目があります：{}", child.name),
        )),
        None => Ok(()),
    }
}

fn part<'e>(element: &'e Element, name: &str) -> Checked<&'e Element> {
    element.child(name).ok_or_else(|| missing(name))
}

fn required<'e>(element: &'e Element, name: &str) -> Checked<&'e str> {
    element.value(name).filter(|value| !value.trim().is_empty()).ok_or_else(|| missing(name))
}

/// An element that is left out where there is nothing to say; an empty one is an error.
fn optional(element: &Element, name: &str) -> Checked<Option<String>> {
    match element.value(name) {
        Some(value) if value.trim().is_empty() => Err(form(name)),
        value => Ok(value.map(str::to_owned)),
    }
}

fn day(element: &Element, name: &str) -> Checked<String> {
    let text = required(element, name)?;
    calendar::parse(text).map(|_| text.to_owned()).ok_or_else(|| form(name))
}

fn missing(name: &str) -> Refusal {
    Refusal::new("EMS10002", format!("要求ファイルに必須項目がありません：{name}"))
}

fn form(name: &str) -> Refusal {
    Refusal::new("EMS10003", format!("要求ファイルの項目の形式に誤りがあります：{name}"))
}
