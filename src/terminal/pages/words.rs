//! Words that several pages use: who, when, which key.

use crate::domain::candidate::Person;
use crate::domain::case::Case;
use crate::domain::key::{EnquiryKey, Sex};
use crate::domain::medical::AnswerPerson;
use crate::domain::{CalendarDate, SafeText};

/// 1955年11月3日（昭和30年11月3日） 71歳
pub(super) fn birthdate(date: Option<CalendarDate>, today: CalendarDate) -> String {
    date.map_or_else(|| "生年月日不明".to_owned(), |d| format!("{} {}歳", d.both(), d.age_on(today)))
}

/// 男, 女, 未設定, 性別不明
pub(super) fn sex(sex: Option<Sex>) -> &'static str {
    sex.map_or("性別不明", Sex::label)
}

/// The case for the top of the screen, with a weak identity in words.
pub(super) fn case(case: &Case) -> String {
    let mut words = format!("症例 {} {}", case.number, case.bed);
    if let Some(weak) = case.weak_identity() {
        words.push_str("  ");
        words.push_str(&weak);
    }
    for other in &case.same_identity_as {
        words.push_str(&format!("  ※症例 {other} も同じ身元"));
    }
    words
}

/// Whom a key is about, in pieces that may not be cut.
pub(super) fn key(key: &EnquiryKey, today: CalendarDate) -> Vec<String> {
    let birth = birthdate(Some(key.birthdate()), today);
    match key {
        EnquiryKey::Card(key) | EnquiryKey::Certificate(key) => {
            let number = insurance(
                key.insurer_number.as_str(),
                key.symbol.as_ref().map_or("", |s| s.as_str()),
                key.insured_number.as_str(),
                key.branch_number.as_ref().map_or("", |b| b.as_str()),
            );
            vec![number, birth]
        }
        EnquiryKey::FourItems(items) => {
            vec![items.name.as_str().to_owned(), birth, items.sex.label().to_owned()]
        }
    }
}

/// 保険者 / 記号 / 番号 / 枝番, with what is missing said.
pub(super) fn insurance(insurer: &str, symbol: &str, number: &str, branch: &str) -> String {
    let or_none = |text: &str| if text.is_empty() { "なし".to_owned() } else { text.to_owned() };
    format!("保険者{insurer} 記号{} 番号{number} 枝番{}", or_none(symbol), or_none(branch))
}

fn text(value: Option<&SafeText>) -> &str {
    value.map_or("", SafeText::as_str)
}

/// A person of an answer: two identifiers and the key, never cut.
pub(super) fn answer_person(person: &AnswerPerson, today: CalendarDate) -> Vec<String> {
    vec![
        format!("{} {}", person.name, person.kana),
        birthdate(person.birthdate, today),
        sex(person.sex).to_owned(),
        insurance(
            person.insurer_number.as_str(),
            text(person.symbol.as_ref()),
            person.insured_number.as_str(),
            text(person.branch_number.as_ref()),
        ),
    ]
}

/// The insurance of a candidate in one line.
pub(super) fn candidate_insurance(person: &Person) -> String {
    insurance(
        person.insurer_number.as_str(),
        text(person.symbol.as_ref()),
        person.insured_number.as_str(),
        text(person.branch_number.as_ref()),
    )
}
