//! Dates as people write them (西暦, 和暦) and as the exchange sends them (`yyyyMMdd`).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A calendar date between 1868-01-25 (明治1年) and 9999-12-31. Sent as `yyyyMMdd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CalendarDate(Date);

/// Why a date was not understood; each is a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not eight digits, or no such day.
    #[error("日付は西暦8桁（例 19890107）で、実在する日を入力してください")]
    NotADate,
}

impl CalendarDate {
    /// From the exchange's `yyyyMMdd`; strict.
    pub fn from_compact(text: &str) -> Result<Self, DateError> {
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DateError::NotADate);
        }
        Date::strptime("%Y%m%d", text).map(Self).map_err(|_| DateError::NotADate)
    }

    /// placeholder
    pub fn parse(typed: &str, _today: CalendarDate) -> Result<Self, DateError> {
        Self::from_compact(typed)
    }

    /// From a date of the calendar library.
    pub fn from_civil(date: Date) -> Self {
        Self(date)
    }

    /// The date of the calendar library.
    pub fn civil(self) -> Date {
        self.0
    }

    /// `yyyyMMdd`.
    pub fn compact(self) -> String {
        self.0.strftime("%Y%m%d").to_string()
    }
}

impl TryFrom<String> for CalendarDate {
    type Error = DateError;
    fn try_from(text: String) -> Result<Self, DateError> {
        Self::from_compact(&text)
    }
}

impl From<CalendarDate> for String {
    fn from(date: CalendarDate) -> Self {
        date.compact()
    }
}

/// A month, sent as `yyyyMM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    /// Western year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl TryFrom<String> for Month {
    type Error = DateError;
    fn try_from(text: String) -> Result<Self, DateError> {
        let day = CalendarDate::from_compact(&format!("{text}01"))?;
        Ok(Self { year: day.0.year(), month: day.0.month() })
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        format!("{:04}{:02}", month.year, month.month)
    }
}
