//! What is wanted, as typed: on the screen and on the command line alike.

use super::{Filter, Group, Patient};
use crate::domain::case::CaseNumber;
use crate::domain::date::DateError;
use crate::domain::{CalendarDate, SafeText, UserId};
use jiff::ToSpan as _;
use jiff::civil::{DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// The longest text of a field, in characters.
const LONGEST: usize = 100;

/// The form. An empty field filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // the fields are those of `DraftField`
pub struct Draft {
    pub patient_id: String,
    pub insurer_number: String,
    pub number: String,
    pub reference_number: String,
    pub name: String,
    pub birthdate: String,
    pub user: String,
    pub from: String,
    pub to: String,
    /// Tags of kinds and of groups of kinds.
    pub kinds: Vec<String>,
    pub case: String,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftField {
    /// 患者ID
    PatientId,
    /// 保険者番号
    InsurerNumber,
    /// 番号
    Number,
    /// 照会番号
    ReferenceNumber,
    /// 氏名 or カナ
    Name,
    /// 生年月日
    Birthdate,
    /// 利用者ID
    User,
    /// Beginning of the time.
    From,
    /// Its end, included.
    To,
    /// 種別
    Kinds,
    /// 症例
    Case,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// Longer than anything of that sort.
    #[error("{LONGEST}文字以内で入力してください")]
    TooLong,
    /// 保険者番号 alone.
    #[error("保険者番号だけでは絞り込めません。番号・氏名・生年月日などもあわせて入力してください")]
    InsurerAlone,
    /// Not a date.
    #[error(transparent)]
    Date(#[from] DateError),
    /// Not a time of day.
    #[error("時刻は 2026-11-23 03:15 のように、日付のあとに空白を入れて入力してください")]
    Time,
    /// The end is before the beginning.
    #[error("終わりが始まりより前になっています")]
    Backwards,
    /// Not a user id.
    #[error("利用者IDの形が正しくありません（例 sato）。氏名ではなくIDを入力してください")]
    User,
    /// Not a 仮番号.
    #[error("仮番号の形が正しくありません（例 20261123-001）")]
    Case,
    /// No such kind.
    #[error(
        "「{0}」という種別はありません。--json の kind の値か、区分（login, case, enquiry, viewing, review, people, refusals, log, station）を指定してください"
    )]
    Kind(SafeText),
}

impl DraftField {
    /// Its name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::PatientId => "patient_id",
            Self::InsurerNumber => "insurer_number",
            Self::Number => "number",
            Self::ReferenceNumber => "reference_number",
            Self::Name => "name",
            Self::Birthdate => "birthdate",
            Self::User => "user",
            Self::From => "from",
            Self::To => "to",
            Self::Kinds => "kinds",
            Self::Case => "case",
        }
    }
}

impl Draft {
    /// What a search by name cannot find: before the answer only the key is known, and it may hold no name.
    pub const NAME_ALONE: &str = "氏名では照会前の記録は出ません。症例または番号でも検索してください";

    /// The filter, or what is wrong with which field.
    ///
    /// # Errors
    /// Every field that is wrong, with its sentence.
    pub fn check(&self) -> Result<Filter, Vec<(DraftField, SearchError)>> {
        let mut wrong = Vec::new();
        let patient = self.patient(&mut wrong);
        let user = parsed(&self.user, DraftField::User, &mut wrong, |text| {
            UserId::parse(text).map(|user| SafeText::new(user.as_str())).map_err(|_| SearchError::User)
        });
        let case = parsed(&self.case, DraftField::Case, &mut wrong, |text| {
            CaseNumber::parse(text).map(|case| SafeText::new(case.as_str())).map_err(|_| SearchError::Case)
        });
        let from = parsed(&self.from, DraftField::From, &mut wrong, Moment::parse);
        let to = parsed(&self.to, DraftField::To, &mut wrong, Moment::parse);
        if let (Some(from), Some(to)) = (&from, &to)
            && to.end() <= from.begin()
        {
            wrong.push((DraftField::To, SearchError::Backwards));
        }
        let (kinds, kind_words) = self.kinds(&mut wrong);
        let mut words = Vec::new();
        let about = patient.words();
        if !about.is_empty() {
            words.push(format!("患者: {}", about.join("・")));
        }
        words.extend(user.as_ref().map(|user| format!("利用者: {user}")));
        if from.is_some() || to.is_some() {
            let from = from.as_ref().map_or_else(|| "初め".to_owned(), Moment::words);
            let to = to.as_ref().map_or_else(|| "現在".to_owned(), Moment::words);
            words.push(format!("期間: {from} から {to} まで"));
        }
        if !kind_words.is_empty() {
            words.push(format!("種別: {}", kind_words.join("・")));
        }
        words.extend(case.as_ref().map(|case| format!("症例: {case}")));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Filter {
            patient,
            user,
            from: from.map(Moment::begin),
            to: to.map(Moment::end),
            kinds,
            case,
            words: words.into_iter().map(SafeText::from).collect(),
        })
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.check().is_ok_and(|filter| filter.is_everything())
    }

    fn patient(&self, wrong: &mut Vec<(DraftField, SearchError)>) -> Patient {
        let mut text = |typed: &str, field| parsed(typed, field, wrong, |text| Ok(SafeText::new(text)));
        let mut patient = Patient {
            patient_id: text(&self.patient_id, DraftField::PatientId),
            insurer_number: text(&self.insurer_number, DraftField::InsurerNumber),
            number: text(&self.number, DraftField::Number),
            reference_number: text(&self.reference_number, DraftField::ReferenceNumber),
            name: text(&self.name, DraftField::Name),
            birthdate: None,
        };
        patient.birthdate = parsed(&self.birthdate, DraftField::Birthdate, wrong, |text| {
            Ok(CalendarDate::parse(text, latest())?)
        });
        let insurer = patient.insurer_number.take();
        if insurer.is_some() && patient.is_anybody() {
            wrong.push((DraftField::InsurerNumber, SearchError::InsurerAlone));
        }
        patient.insurer_number = insurer;
        patient
    }

    /// The tags, and the words for them.
    fn kinds(&self, wrong: &mut Vec<(DraftField, SearchError)>) -> (Vec<String>, Vec<String>) {
        let (mut kinds, mut words) = (Vec::new(), Vec::new());
        for typed in &self.kinds {
            if let Some(group) = Group::from_tag(typed) {
                kinds.extend(group.kinds().iter().map(ToString::to_string));
                words.push(group.label().to_owned());
            } else if Group::knows(typed) {
                kinds.push(typed.clone());
                words.push(typed.clone());
            } else {
                let shown: String = typed.chars().take(LONGEST).collect();
                wrong.push((DraftField::Kinds, SearchError::Kind(SafeText::new(&shown))));
                break;
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
        (kinds, words)
    }
}

/// What was typed into a field, if anything was and it is right.
fn parsed<T>(
    typed: &str,
    field: DraftField,
    wrong: &mut Vec<(DraftField, SearchError)>,
    parse: impl FnOnce(&str) -> Result<T, SearchError>,
) -> Option<T> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let found = if typed.chars().count() > LONGEST { Err(SearchError::TooLong) } else { parse(typed) };
    found.map_err(|error| wrong.push((field, error))).ok()
}

/// A day or a minute in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    date: CalendarDate,
    time: Option<Time>,
}

impl Moment {
    /// `2026-11-23`, `令和8年11月23日`, and so on; with ` 03:15` after it the minute.
    fn parse(typed: &str) -> Result<Self, SearchError> {
        let folded: String = typed.nfkc().collect();
        let (date, time) = match folded.trim().rsplit_once(char::is_whitespace) {
            Some((date, time)) if time.contains(':') => (date.to_owned(), Some(time.to_owned())),
            _ if folded.contains(':') => return Err(SearchError::Time),
            _ => (folded, None),
        };
        let date = CalendarDate::parse(date.trim(), latest())?;
        let time = time.map(|time| Time::strptime("%H:%M", &time)).transpose();
        Ok(Self { date, time: time.map_err(|_| SearchError::Time)? })
    }

    /// Its first millisecond.
    fn begin(self) -> i64 {
        utc_ms(self.date.civil().to_datetime(self.time.unwrap_or_else(Time::midnight)))
    }

    /// The first millisecond after it: what is included goes on to its end.
    fn end(self) -> i64 {
        let begin = self.date.civil().to_datetime(self.time.unwrap_or_else(Time::midnight));
        let span = if self.time.is_some() { 1.minute() } else { 1.day() };
        begin.checked_add(span).map_or(i64::MAX, utc_ms)
    }

    fn words(&self) -> String {
        match self.time {
            Some(time) => format!("{} {}", self.date.both(), time.strftime("%H:%M")),
            None => self.date.both(),
        }
    }

    /// What was understood, to stand beside the field.
    pub(super) fn echo(typed: &str) -> Result<String, SearchError> {
        Self::parse(typed).map(|moment| moment.words())
    }
}

impl DraftField {
    /// What was understood of a date that was typed, for the form; nothing for other fields.
    pub fn echo(self, typed: &str) -> Option<Result<String, SearchError>> {
        let typed = typed.trim();
        match self {
            _ if typed.is_empty() => None,
            Self::From | Self::To => Some(Moment::echo(typed)),
            Self::Birthdate => {
                Some(CalendarDate::parse(typed, latest()).map(CalendarDate::both).map_err(Into::into))
            }
            _ => None,
        }
    }
}

fn utc_ms(at: DateTime) -> i64 {
    let japan = TimeZone::fixed(Offset::constant(9));
    at.to_zoned(japan).map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond())
}

/// No date is too late to be looked for.
fn latest() -> CalendarDate {
    CalendarDate::from_civil(jiff::civil::Date::MAX)
}
