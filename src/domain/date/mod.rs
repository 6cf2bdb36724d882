//! Dates as people write them (西暦, 和暦) and as the exchange sends them (`yyyyMMdd`).
//!
//! A birth date is a third of every key, so a slip here asks for the wrong person. Hence one type for all rooms:
//! what is typed goes through [`CalendarDate::parse`] and is echoed in both calendars before it is sent.
//!
//! Days before 1873 were lunar in Japan; by convention they are taken as Gregorian here, as the exchange does
//! with every `yyyyMMdd`.

mod era;
mod error;
mod month;
mod parse;
#[cfg(test)]
mod tests;

pub use error::DateError;
pub use month::Month;

use jiff::{ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};

/// A calendar date between 1868-01-25 (明治1年) and 9999-12-31. Sent as `yyyyMMdd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CalendarDate(Date);

impl CalendarDate {
    /// From the exchange's `yyyyMMdd`; strict.
    pub fn from_compact(text: &str) -> Result<Self, DateError> {
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DateError::NotADate);
        }
        let date = Date::strptime("%Y%m%d", text).map_err(|_| DateError::NotADate)?;
        if date < era::FIRST_DAY { Err(DateError::TooOld) } else { Ok(Self(date)) }
    }

    /// From anything a person types: `19890107`, `1989/1/7`, `1989年1月7日`, `S640107`, `昭64.1.7`,
    /// `令和元年5月1日`, the era code of claims (`3640107`: 1 明治 to 5 令和), in any width.
    ///
    /// Days after `today` are refused: nobody was born then. Each kind of mistake has its own sentence.
    pub fn parse(typed: &str, today: CalendarDate) -> Result<Self, DateError> {
        parse::parse(typed, today)
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

    /// 西暦, as in `1989年1月7日`.
    pub fn western(self) -> String {
        format!("{}年{}月{}日", self.0.year(), self.0.month(), self.0.day())
    }

    /// 和暦, as in `昭和64年1月7日`; a first year is 元年. 西暦 where there was no era of ours yet.
    pub fn era(self) -> String {
        era::Era::of(self.0).map_or_else(|| self.western(), |era| era.write(self.0))
    }

    /// Both calendars, as in `1989年1月7日（昭和64年1月7日）`; 西暦 alone where there was no era of ours yet.
    pub fn both(self) -> String {
        let western = self.western();
        era::Era::of(self.0)
            .map_or_else(|| western.clone(), |era| format!("{western}（{}）", era.write(self.0)))
    }

    /// Completed years on `day`, as a ward counts them: one more on each birthday, for a 29 February on 1 March
    /// of other years. 0 before birth.
    pub fn age_on(self, day: CalendarDate) -> u16 {
        let (born, day) = (self.0, day.0);
        let birthday_to_come = (day.month(), day.day()) < (born.month(), born.day());
        let years = i32::from(day.year()) - i32::from(born.year()) - i32::from(birthday_to_come);
        u16::try_from(years).unwrap_or(0)
    }

    /// The month it lies in.
    pub fn month(self) -> Month {
        Month::of(self.0)
    }

    /// So many days earlier; never before 1868-01-25.
    #[must_use]
    pub fn days_before(self, days: u16) -> Self {
        self.0.checked_sub(i64::from(days).days()).map_or(Self(era::FIRST_DAY), Self::not_before_first)
    }

    /// The same day so many years earlier (28 February where there is no 29th); never before 1868-01-25.
    #[must_use]
    pub fn years_before(self, years: u8) -> Self {
        self.0.checked_sub(i64::from(years).years()).map_or(Self(era::FIRST_DAY), Self::not_before_first)
    }

    fn not_before_first(date: Date) -> Self {
        Self(date.max(era::FIRST_DAY))
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
