//! Days as the service counts them: JST whatever the host says, and receipt months that appear on the 11th.
//!
//! The fixtures hold no absolute dates of care. "Month 0" is the newest receipt month the service would have
//! today, so that the data never ages and never depends on the day on which a test runs.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::Offset;

/// The wall clock in JST (fixed +09:00), to the second.
pub(super) fn now() -> DateTime {
    jst(Timestamp::now())
}

/// A point in time as a wall clock in JST shows it.
pub(super) fn jst(timestamp: Timestamp) -> DateTime {
    Offset::constant(9).to_datetime(timestamp)
}

/// `yyyyMMddHHmmss`.
pub(super) fn stamp(time: DateTime) -> String {
    time.strftime("%Y%m%d%H%M%S").to_string()
}

/// `yyyyMMdd`.
pub(super) fn compact(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

/// `yyyyMM`.
pub(super) fn month_of(day: Date) -> String {
    day.strftime("%Y%m").to_string()
}

/// `n` days before `today` (the first day of the calendar library where that is too far).
pub(super) fn days_before(today: Date, n: u32) -> Date {
    today.checked_sub(jiff::Span::new().days(i64::from(n))).unwrap_or(Date::MIN)
}

/// The first day of the receipt month that lies `back` months before the newest one: last month from the 11th
/// on, the month before last until the 10th.
pub(super) fn receipt_month(today: Date, back: u8) -> Date {
    let lag = if today.day() >= 11 { 1 } else { 2 };
    let first = date(today.year(), today.month(), 1);
    first.checked_sub(jiff::Span::new().months(i64::from(lag) + i64::from(back))).unwrap_or(Date::MIN)
}

/// The given day of the month that begins with `first`; a day past its end means its last day.
pub(super) fn day_in(first: Date, day: i8) -> Date {
    let last = first.last_of_month();
    first.with().day(day.clamp(1, last.day())).build().unwrap_or(last)
}

/// All days of the month that begins with `first` which fall on one of `weekdays` (1 Monday to 7 Sunday).
pub(super) fn weekdays_in(first: Date, weekdays: &[i8]) -> Vec<Date> {
    first
        .series(jiff::Span::new().days(1))
        .take_while(|day| day.month() == first.month())
        .filter(|day| weekdays.contains(&day.weekday().to_monday_one_offset()))
        .collect()
}

/// A real day written `yyyyMMdd`, strictly.
pub(super) fn parse(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Date::strptime("%Y%m%d", text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_receipt_month_changes_on_the_11th() {
        let table = [
            (date(2026, 11, 10), 0, date(2026, 9, 1)),
            (date(2026, 11, 11), 0, date(2026, 10, 1)),
            (date(2026, 1, 10), 0, date(2025, 11, 1)),
            (date(2026, 1, 31), 2, date(2025, 10, 1)),
        ];
        for (today, back, expected) in table {
            assert_eq!(receipt_month(today, back), expected, "{today} {back}");
        }
    }

    /// The same dispensing can only arrive from both sources if the last day of the newest receipt month is
    /// always within the 45 days of the electronic prescriptions.
    #[test]
    fn the_end_of_the_newest_receipt_month_is_never_older_than_45_days() {
        for today in date(2024, 1, 1).series(jiff::Span::new().days(1)).take(366 * 5) {
            let end = receipt_month(today, 0).last_of_month();
            assert!(end >= days_before(today, 45), "{today} {end}");
        }
    }

    #[test]
    fn a_day_past_the_end_is_the_last_day() {
        assert_eq!(day_in(date(2026, 2, 1), 31), date(2026, 2, 28));
        assert_eq!(day_in(date(2026, 2, 1), 12), date(2026, 2, 12));
    }

    #[test]
    fn mondays_of_a_month() {
        let days: Vec<i8> = weekdays_in(date(2026, 11, 1), &[1]).into_iter().map(Date::day).collect();
        assert_eq!(days, [2, 9, 16, 23, 30]);
    }

    #[test]
    fn a_date_is_eight_digits_and_real() {
        assert_eq!(parse("20240229"), Some(date(2024, 2, 29)));
        for wrong in ["20230229", "2024229", "2024-02-29", "２０２４０２２９", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
