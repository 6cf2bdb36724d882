//! Months, the unit of claims.

use super::{CalendarDate, DateError, era};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A month between 1868-01 and 9999-12, sent as `yyyyMM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// From the exchange's `yyyyMM`; strict.
    pub fn from_compact(text: &str) -> Result<Self, DateError> {
        if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DateError::NotAMonth);
        }
        let date = Date::strptime("%Y%m%d", format!("{text}01")).map_err(|_| DateError::NotAMonth)?;
        if date.year() < era::FIRST_DAY.year() { Err(DateError::TooOld) } else { Ok(Self::of(date)) }
    }

    pub(super) fn of(date: Date) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    /// 西暦.
    pub fn year(self) -> i16 {
        self.year
    }

    /// 1 to 12.
    pub fn number(self) -> i8 {
        self.month
    }

    /// `yyyyMM`.
    pub fn compact(self) -> String {
        format!("{:04}{:02}", self.year, self.month)
    }

    /// As in `2026年10月`.
    pub fn label(self) -> String {
        format!("{}年{}月", self.year, self.month)
    }

    /// So many months later, earlier if negative; stays within the months there are.
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        let first = i32::from(era::FIRST_DAY.year()) * 12;
        let index = (i32::from(self.year) * 12 + i32::from(self.month) - 1)
            .saturating_add(months)
            .clamp(first, 9999 * 12 + 11);
        let year = i16::try_from(index / 12).unwrap_or(self.year);
        let month = i8::try_from(index % 12 + 1).unwrap_or(self.month);
        Self { year, month }
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        self.plus(-1)
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// Its first day (of January 1868, the 25th).
    pub fn first_day(self) -> CalendarDate {
        let first = Date::new(self.year, self.month, 1).unwrap_or(era::FIRST_DAY);
        CalendarDate::not_before_first(first)
    }

    /// Its last day.
    pub fn last_day(self) -> CalendarDate {
        CalendarDate::from_civil(self.first_day().civil().last_of_month())
    }
}

impl TryFrom<String> for Month {
    type Error = DateError;
    fn try_from(text: String) -> Result<Self, DateError> {
        Self::from_compact(&text)
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.compact()
    }
}
