//! Words that several pages use: who, when, which key.

use super::lines::Line;
use crate::domain::candidate::Person;
use crate::domain::case::Case;
use crate::domain::key::{BranchNumber, EnquiryKey, Sex, Symbol};
use crate::domain::medical::AnswerPerson;
use crate::domain::{CalendarDate, SafeText};
use crate::protocol::Refusal;
use crate::protocol::view::{EnquiryView, ReadingView};
use crate::terminal::romaji::romaji;
use crate::terminal::theme::Role;

/// 1955年11月3日（昭和30年11月3日） 71歳
pub(super) fn birthdate(date: Option<CalendarDate>, today: CalendarDate) -> String {
    date.map_or_else(|| "生年月日不明".to_owned(), |d| format!("{} {}歳", d.both(), d.age_on(today)))
}

/// 男, 女, 未設定, 性別不明
pub(super) fn sex(sex: Option<Sex>) -> &'static str {
    sex.map_or("性別不明", Sex::label)
}

/// The person for a terminal without Japanese glyphs: romaji, birth date, sex, in ASCII.
pub(super) fn latin(
    kana: &SafeText,
    birth: Option<CalendarDate>,
    sex: Option<Sex>,
    today: CalendarDate,
) -> String {
    let birth =
        birth.map_or_else(|| "unknown".to_owned(), |d| format!("{} age {}", d.civil(), d.age_on(today)));
    let sex = match sex {
        Some(Sex::Male) => "M",
        Some(Sex::Female) => "F",
        Some(Sex::Unset) | None => "-",
    };
    format!("[{}  born {birth}  sex {sex}]", romaji(kana.as_str()))
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

/// The whole key, one labelled line each, to be read out and compared.
pub(super) fn labelled(key: &EnquiryKey, today: CalendarDate) -> Vec<String> {
    let or_none = |text: Option<&str>| text.unwrap_or("なし").to_owned();
    let birth = format!("生年月日    {}", birthdate(Some(key.birthdate()), today));
    match key {
        EnquiryKey::Card(key) | EnquiryKey::Certificate(key) => {
            let insurer = &key.insurer_number;
            let place = insurer.prefecture().unwrap_or("都道府県不明");
            vec![
                format!("保険者番号  {}  {} {place}", insurer.as_str(), insurer.kind()),
                format!(
                    "記号・番号  記号 {}  番号 {}  枝番 {}",
                    or_none(key.symbol.as_ref().map(Symbol::as_str)),
                    key.insured_number.as_str(),
                    or_none(key.branch_number.as_ref().map(BranchNumber::as_str)),
                ),
                birth,
            ]
        }
        EnquiryKey::FourItems(items) => {
            let mut lines = vec![
                format!("氏名        {}", items.name.as_str()),
                format!("{birth}  性別 {}", items.sex.label()),
            ];
            lines.extend(items.place.address().map(|address| format!("住所        {address}")));
            lines.extend(items.place.insurer_name().map(|name| format!("保険者名称  {name}")));
            lines
        }
    }
}

/// Whom a card reading names: the key that it gives has no name.
pub(super) fn reading(reading: &ReadingView, today: CalendarDate) -> Vec<Line> {
    let mut lines = vec![
        (Role::Strong, format!("読取結果の氏名  {} {}", reading.person_name, reading.kana)),
        (Role::Strong, format!("読取結果の生年月日  {}", birthdate(reading.birthdate, today))),
    ];
    if !reading.corrected.is_empty() {
        let fields: Vec<&str> = reading.corrected.iter().map(|field| field.label()).collect();
        let fields = fields.join("・");
        let words = format!("{fields}が読取結果と異なります。上の氏名の人の照会でよいか確認してください");
        lines.push((Role::Caution, words));
    }
    lines
}

/// What the station warns of, without what already stands at the top of the screen.
pub(super) fn warnings(view: &EnquiryView) -> impl Iterator<Item = &str> {
    let weak = view.case.weak_identity();
    view.warnings.iter().map(SafeText::as_str).filter(move |warning| weak.as_deref() != Some(*warning))
}

/// What to say below when the sentences stand beside the fields: how many there are.
pub(super) fn refused(refusal: &Refusal, wrong: usize) -> String {
    if wrong == 0 {
        refusal.words.to_string()
    } else {
        format!("{wrong}か所を直してください。欄の横か下に理由があります。入力した内容は残っています")
    }
}

/// The key of an enquiry, to be read in whole above what came of it.
pub(super) fn key_of(view: &EnquiryView, today: CalendarDate) -> Vec<Line> {
    let pieces = view.key.as_ref().map(|of| key(of, today)).unwrap_or_default();
    pieces.into_iter().map(|piece| (Role::Strong, piece)).collect()
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

/// What is to be known of a password that is typed in another width: it is sent as it is, for it may be so; but kana in
/// the place of letters count as a wrong password, and nobody sees them.
pub(super) fn password_hint(typed: &str) -> Option<Line> {
    let words = "全角文字やかなが入っています。日本語入力（IME）を確かめてください";
    (!typed.is_ascii()).then(|| (Role::Caution, words.to_owned()))
}
