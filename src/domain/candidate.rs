//! People returned by a search, and what tells one from another.

use super::compare;
use super::key::{BranchNumber, InsuranceKey, InsuredNumber, KeyError, Sex, Symbol};
use super::{CalendarDate, SafeText, insurer::InsurerNumber};
use serde::{Deserialize, Serialize};

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
    #[error("表示された項目では他の候補と区別できないため選択できません。条件を再指定して再検索してください")]
    NothingDiffers,
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
        let bad = |label| move |_: KeyError| ChoiceError::Unusable(label);
        Ok(InsuranceKey {
            insurer_number: InsurerNumber::parse(self.insurer_number.as_str())
                .map_err(|_| ChoiceError::Unusable("保険者番号"))?,
            symbol: self
                .symbol
                .as_ref()
                .map(|s| Symbol::parse(s.as_str()))
                .transpose()
                .map_err(bad("記号"))?,
            insured_number: InsuredNumber::parse(self.insured_number.as_str()).map_err(bad("番号"))?,
            branch_number: self
                .branch_number
                .as_ref()
                .map(|b| BranchNumber::parse(b.as_str()))
                .transpose()
                .map_err(bad("枝番"))?,
            birthdate: self.birthdate.ok_or(ChoiceError::Unusable("生年月日"))?,
        })
    }
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

/// Checks the typed values against the chosen candidate, one for each column of [`to_type`].
///
/// For 住所 the part that differs is enough (its 番地). Birth dates may be typed in any usual spelling.
pub fn confirm(
    people: &[Person],
    chosen: usize,
    typed: &[(PersonField, String)],
    today: CalendarDate,
) -> Result<(), ChoiceError> {
    let person = people.get(chosen).ok_or(ChoiceError::NoSuchCandidate)?;
    for field in to_type(people, chosen)? {
        let entered = typed.iter().find(|(f, _)| *f == field).map_or("", |(_, text)| text.trim());
        if !accepts(people, person, field, entered, today) {
            return Err(ChoiceError::NotThisOne(field.label()));
        }
    }
    Ok(())
}

fn accepts(
    people: &[Person],
    person: &Person,
    field: PersonField,
    entered: &str,
    today: CalendarDate,
) -> bool {
    if entered.is_empty() {
        return false;
    }
    if field == PersonField::Birthdate {
        return CalendarDate::parse(entered, today).is_ok_and(|date| Some(date) == person.birthdate);
    }
    let entered = compare::fold(entered);
    let value = compare::fold(&person.value(field));
    entered == value || field == PersonField::Address && entered == own_part(people, &value, field)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn person(branch: &str, address: &str) -> Person {
        Person {
            reference_number: None,
            insurer_number: "33120015".into(),
            insurer_name: "架空健康保険組合".into(),
            symbol: None,
            insured_number: "123".into(),
            branch_number: (!branch.is_empty()).then(|| branch.into()),
            name: "架空　太郎".into(),
            kana: "ｶｸｳ ﾀﾛｳ".into(),
            birthdate: CalendarDate::from_compact("19640107").ok(),
            sex: Some(Sex::Male),
            address: address.into(),
            validity: Validity::Valid,
        }
    }

    fn today() -> CalendarDate {
        CalendarDate::from_compact("20261123").unwrap()
    }

    #[test]
    fn only_a_value_that_differs_is_asked_for() {
        let people = [person("01", "東京都架空区1-2-3"), person("02", "東京都架空区1-2-3")];
        assert_eq!(differing(&people), [PersonField::BranchNumber]);
        assert_eq!(to_type(&people, 0), Ok(vec![PersonField::BranchNumber]));
        let typed = |text: &str| vec![(PersonField::BranchNumber, text.to_owned())];
        assert_eq!(confirm(&people, 0, &typed("01"), today()), Ok(()));
        assert_eq!(confirm(&people, 0, &typed("０１"), today()), Ok(()));
        assert_eq!(confirm(&people, 0, &typed("02"), today()), Err(ChoiceError::NotThisOne("枝番")));
        assert_eq!(confirm(&people, 0, &typed(""), today()), Err(ChoiceError::NotThisOne("枝番")));
        assert_eq!(
            confirm(&people, 0, &[(PersonField::Kana, "ｶｸｳ ﾀﾛｳ".into())], today()),
            Err(ChoiceError::NotThisOne("枝番")),
            "a shared value proves nothing"
        );
    }

    #[test]
    fn two_that_are_alike_cannot_be_chosen() {
        let people = [person("01", "甲"), person("01", "甲"), person("02", "甲")];
        assert_eq!(to_type(&people, 0), Err(ChoiceError::NothingDiffers));
        assert_eq!(to_type(&people, 2), Ok(vec![PersonField::BranchNumber]));
        assert_eq!(to_type(&people, 3), Err(ChoiceError::NoSuchCandidate));
    }

    #[test]
    fn two_values_where_one_is_not_enough() {
        let people = [person("01", "甲町1"), person("01", "乙町2"), person("02", "甲町1")];
        assert_eq!(to_type(&people, 0), Ok(vec![PersonField::BranchNumber, PersonField::Address]));
    }

    #[test]
    fn a_missing_value_cannot_be_typed() {
        let people = [person("", "甲町1"), person("02", "甲町1")];
        assert_eq!(to_type(&people, 0), Err(ChoiceError::NothingDiffers));
        assert!(to_type(&people, 1).is_ok());
    }

    #[test]
    fn the_differing_end_of_an_address_is_enough() {
        let people = [person("01", "東京都架空区1-2-1"), person("01", "東京都架空区1-2-13")];
        let typed = |text: &str| vec![(PersonField::Address, text.to_owned())];
        for (text, good) in
            [("1", true), ("13", false), ("東京都架空区１－２－１", true), ("3", false), ("2-1", false)]
        {
            assert_eq!(confirm(&people, 0, &typed(text), today()).is_ok(), good, "{text}");
        }
    }
}
