//! People returned by a search, and what tells one from another.

use super::compare;
use super::key::{BranchNumber, InsuranceKey, InsuredNumber, Sex, Symbol};
use super::{CalendarDate, SafeText, insurer::InsurerNumber};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// 資格の有効性 of one returned person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// 有効
    Valid,
    /// 無効: these are the 直近有効であった資格情報.
    LatestLapsed,
    /// Not said.
    Unknown,
}

impl Validity {
    /// As shown in the list of candidates.
    pub fn label(self) -> &'static str {
        match self {
            Self::Valid => "有効",
            Self::LatestLapsed => "無効（直近有効）",
            Self::Unknown => "不明",
        }
    }
}

/// A person as the service returned it: every text safe, nothing believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// 照会番号
    pub reference_number: Option<SafeText>,
    /// 保険者番号, blanks trimmed.
    pub insurer_number: SafeText,
    /// 保険者名称
    pub insurer_name: SafeText,
    /// 記号
    pub symbol: Option<SafeText>,
    /// 番号
    pub insured_number: SafeText,
    /// 枝番
    pub branch_number: Option<SafeText>,
    /// 氏名; `●` where the service could not express a character.
    pub name: SafeText,
    /// カナ, half width as sent.
    pub kana: SafeText,
    /// 生年月日
    pub birthdate: Option<CalendarDate>,
    /// 性別
    pub sex: Option<Sex>,
    /// 住所
    pub address: SafeText,
    /// 有効 / 無効（直近有効）
    pub validity: Validity,
}

/// A column of the list of candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonField {
    /// 枝番
    BranchNumber,
    /// 性別
    Sex,
    /// 生年月日
    Birthdate,
    /// 番号
    InsuredNumber,
    /// 記号
    Symbol,
    /// 保険者番号
    InsurerNumber,
    /// 住所
    Address,
    /// 保険者名称
    InsurerName,
    /// 氏名
    Name,
    /// カナ
    Kana,
}

impl PersonField {
    /// All, the easiest to type first.
    pub const ALL: [Self; 10] = [
        Self::BranchNumber,
        Self::Birthdate,
        Self::Address,
        Self::InsuredNumber,
        Self::Symbol,
        Self::InsurerNumber,
        Self::InsurerName,
        Self::Sex,
        Self::Kana,
        Self::Name,
    ];

    /// The column's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::BranchNumber => "枝番",
            Self::Sex => "性別",
            Self::Birthdate => "生年月日",
            Self::InsuredNumber => "番号",
            Self::Symbol => "記号",
            Self::InsurerNumber => "保険者番号",
            Self::Address => "住所",
            Self::InsurerName => "保険者名称",
            Self::Name => "氏名",
            Self::Kana => "カナ",
        }
    }
}

/// Choosing was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// No such row.
    #[error("その候補はありません。一覧から選び直してください")]
    NoSuchCandidate,
    /// At least one other candidate is the same in everything shown.
    ///
    /// Other conditions of the same kind find the same people again; only a number of one of them could help.
    #[error(
        "表示された項目では他の候補と区別できないため選択できません。資格確認書か被保険者証の番号（枝番まで）が分かるときは、\
         条件再指定の「資格確認書等」にその番号を入力し、照会し直してください。分からないときは安全に照会できません。\
         閲覧せずに診療を続け、その旨を診療記録に残してください"
    )]
    NothingDiffers,
    /// A value that must be typed was not. It proves nothing if it is copied from the screen.
    #[error("「{0}」が入力されていません。画面から写さず、書類や家族などから確かめた値を入力してください")]
    NotTyped(&'static str),
    /// A part of this candidate's value, but of another's too, or too little.
    #[error(
        "入力した「{0}」だけではほかの候補と区別できません。町名や番地などを続けて、もう少し長く入力してください"
    )]
    NotOnlyThisOne(&'static str),
    /// A typed value is not this candidate's.
    #[error("入力した「{0}」がこの候補の値と一致しません。候補と本人を見直してください")]
    NotThisOne(&'static str),
    /// The returned insurance key cannot be sent.
    #[error("この候補の資格情報は照会に使えません（{0}が不正です）。条件を再指定して再検索してください")]
    Unusable(&'static str),
}

impl Person {
    /// The value of a column as shown; empty where the service sent none.
    pub fn value(&self, field: PersonField) -> String {
        let optional =
            |text: &Option<SafeText>| text.as_ref().map(|t| t.as_str().to_owned()).unwrap_or_default();
        match field {
            PersonField::BranchNumber => optional(&self.branch_number),
            PersonField::Sex => self.sex.map(|s| s.label().to_owned()).unwrap_or_default(),
            PersonField::Birthdate => self.birthdate.map(CalendarDate::compact).unwrap_or_default(),
            PersonField::InsuredNumber => self.insured_number.as_str().to_owned(),
            PersonField::Symbol => optional(&self.symbol),
            PersonField::InsurerNumber => self.insurer_number.as_str().to_owned(),
            PersonField::Address => self.address.as_str().to_owned(),
            PersonField::InsurerName => self.insurer_name.as_str().to_owned(),
            PersonField::Name => self.name.as_str().to_owned(),
            PersonField::Kana => self.kana.as_str().to_owned(),
        }
    }

    /// The key of the second request, checked like a typed one.
    pub fn insurance_key(&self) -> Result<InsuranceKey, ChoiceError> {
        let optional = |text: &Option<SafeText>| text.clone().filter(|text| !text.is_empty());
        Ok(InsuranceKey {
            insurer_number: usable(&self.insurer_number, "保険者番号", InsurerNumber::parse)?,
            symbol: optional(&self.symbol).map(|s| usable(&s, "記号", Symbol::parse)).transpose()?,
            insured_number: usable(&self.insured_number, "番号", InsuredNumber::parse)?,
            branch_number: optional(&self.branch_number)
                .map(|b| usable(&b, "枝番", BranchNumber::parse))
                .transpose()?,
            birthdate: self.birthdate.ok_or(ChoiceError::Unusable("生年月日"))?,
        })
    }
}

/// A returned text as a value to send; where a mark stands for a character, the value is not known.
fn usable<T, E>(
    text: &SafeText,
    label: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, ChoiceError> {
    let unusable = ChoiceError::Unusable(label);
    if text.is_marked() { Err(unusable) } else { parse(text.as_str()).map_err(|_| unusable) }
}

/// The columns in which at least two candidates differ, in the order of [`PersonField::ALL`].
pub fn differing(people: &[Person]) -> Vec<PersonField> {
    PersonField::ALL
        .into_iter()
        .filter(|&field| {
            let mut values = people.iter().map(|p| compare::fold(&p.value(field)));
            values.next().is_some_and(|first| values.any(|other| other != first))
        })
        .collect()
}

/// The columns whose values together tell candidate `chosen` from every other one: what must be typed.
///
/// Only columns in which the chosen one has a value to type; as few as a greedy choice finds.
pub fn to_type(people: &[Person], chosen: usize) -> Result<Vec<PersonField>, ChoiceError> {
    let person = people.get(chosen).ok_or(ChoiceError::NoSuchCandidate)?;
    let mut others: Vec<&Person> =
        people.iter().enumerate().filter(|(i, _)| *i != chosen).map(|(_, p)| p).collect();
    let mut fields = Vec::new();
    while !others.is_empty() {
        let tells = |field: PersonField, other: &Person| {
            compare::fold(&person.value(field)) != compare::fold(&other.value(field))
        };
        // The first of the best, so that the easiest to type wins a tie.
        let mut best = (0, None);
        for field in PersonField::ALL {
            let told = others.iter().filter(|other| tells(field, other)).count();
            if told > best.0 && !person.value(field).is_empty() {
                best = (told, Some(field));
            }
        }
        let field = best.1.ok_or(ChoiceError::NothingDiffers)?;
        others.retain(|other| !tells(field, other));
        fields.push(field);
    }
    Ok(fields)
}

/// [`to_type`] for a candidate whose information can be asked for: its key can be sent too.
pub fn way_to_choose(people: &[Person], chosen: usize) -> Result<Vec<PersonField>, ChoiceError> {
    let fields = to_type(people, chosen)?;
    let person = people.get(chosen).ok_or(ChoiceError::NoSuchCandidate)?;
    person.insurance_key().map(|_| fields)
}

/// Why none of the candidates can be chosen: what stands in the way of the first. `None` where one can be.
pub fn none_can_be_chosen(people: &[Person]) -> Option<ChoiceError> {
    let mut why = None;
    for row in 0..people.len() {
        why = why.or(Some(way_to_choose(people, row).err()?));
    }
    why
}

/// Checks the typed values against the chosen candidate: one for each column of [`to_type`], and none that is
/// another's. What this accepts for one candidate it refuses for every other.
///
/// For 住所 a part is enough that no other candidate's has (its 町名 or 番地). Birth dates may be typed in any usual
/// spelling.
pub fn confirm(
    people: &[Person],
    chosen: usize,
    typed: &[(PersonField, String)],
    today: CalendarDate,
) -> Result<(), ChoiceError> {
    let person = people.get(chosen).ok_or(ChoiceError::NoSuchCandidate)?;
    let demanded = to_type(people, chosen)?;
    let typed: Vec<(PersonField, &str)> = typed
        .iter()
        .map(|(field, text)| (*field, text.trim()))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    if let Some(missing) = demanded.into_iter().find(|field| typed.iter().all(|(typed, _)| typed != field)) {
        return Err(ChoiceError::NotTyped(missing.label()));
    }
    match typed.iter().find(|(field, text)| !accepts(people, person, *field, text, today)) {
        Some((field, text)) if *field == PersonField::Address && has_part(person, text) => {
            Err(ChoiceError::NotOnlyThisOne(field.label()))
        }
        Some((field, _)) => Err(ChoiceError::NotThisOne(field.label())),
        None => Ok(()),
    }
}

/// Whether a text is this person's value of a column, and not that of another whose value differs.
fn accepts(
    people: &[Person],
    person: &Person,
    field: PersonField,
    entered: &str,
    today: CalendarDate,
) -> bool {
    if field == PersonField::Birthdate {
        return CalendarDate::parse(entered, today).is_ok_and(|date| Some(date) == person.birthdate);
    }
    if field == PersonField::Address && is_own_part(people, person, entered) {
        return true;
    }
    let entered = compare::fold(entered);
    let own = compare::fold(&person.value(field));
    let fits = |value: &str| {
        entered == value || field == PersonField::Address && entered == own_part(people, value, field)
    };
    let mut others = people.iter().map(|other| compare::fold(&other.value(field)));
    fits(&own) && !others.any(|other| other != own && fits(&other))
}

/// What is left of a folded value after the beginning that all candidates share, never cutting a number in two.
fn own_part(people: &[Person], value: &str, field: PersonField) -> String {
    let own: Vec<char> = value.chars().collect();
    let mut shared = own.len();
    for person in people {
        let other: Vec<char> = compare::fold(&person.value(field)).chars().collect();
        if other == own {
            continue;
        }
        shared = shared.min(own.iter().zip(&other).take_while(|(a, b)| a == b).count());
    }
    while shared > 0 && own.get(shared - 1).is_some_and(char::is_ascii_digit) {
        shared -= 1;
    }
    own.get(shared..).unwrap_or_default().iter().collect()
}

/// So many letters and digits a part of an address must have: a single one is soon hit by a slip of the hand.
const LEAST_OF_PART: usize = 2;

/// Whether a text is a part of this person's address that is in nobody else's.
///
/// No number is cut in two: `1-1` is no part of `11-13`, 一番町 none of 十一番町. In others it is looked for anywhere, and what the service could
/// not express there counts as if it were it, so that no doubt is decided for this person.
fn is_own_part(people: &[Person], person: &Person, entered: &str) -> bool {
    let part: Vec<char> = compare::fold(entered).chars().collect();
    let long_enough = part.iter().filter(|c| c.is_alphanumeric()).count() >= LEAST_OF_PART;
    let own = compare::fold(person.address.as_str());
    let may_have = |other: &Person| {
        let address: Vec<char> = compare::fold(other.address.as_str()).chars().collect();
        let agrees = |(theirs, ours): (&char, &char)| theirs == ours || *theirs == compare::UNKNOWN;
        address.windows(part.len()).any(|window| window.iter().zip(&part).all(agrees))
    };
    let mut others = people.iter().filter(|other| compare::fold(other.address.as_str()) != own);
    long_enough && has_part(person, entered) && !others.any(may_have)
}

/// Whether a text is a part of this person's address that cuts no number in two.
fn has_part(person: &Person, entered: &str) -> bool {
    let own = compare::fold(person.address.as_str());
    let part = compare::fold(entered);
    let joins = |a: Option<char>, b: Option<char>| {
        let digit = |c: Option<char>| {
            c.is_some_and(|c| c.is_ascii_digit() || "〇一二三四五六七八九十百千".contains(c))
        };
        digit(a) && digit(b)
    };
    let first = part.chars().next();
    first.is_some()
        && own.char_indices().any(|(at, _)| {
            let (before, rest) = own.split_at(at);
            rest.strip_prefix(part.as_str()).is_some_and(|after| {
                !joins(before.chars().next_back(), first)
                    && !joins(part.chars().next_back(), after.chars().next())
            })
        })
}
