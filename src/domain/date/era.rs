//! 明治 to 令和: where each begins, how it is spelt, how it is written.

use jiff::civil::{Date, date};

/// 明治 began with this day (lunar 慶応4年1月1日).
pub(super) const FIRST_DAY: Date = date(1868, 1, 25);

/// An era of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Era {
    pub(super) name: &'static str,
    /// Longest first.
    spellings: [&'static str; 3],
    /// 年号区分 of claims.
    code: u32,
    pub(super) from: Date,
    /// The last day it may be typed with. 1912-07-30 and 1926-12-25 belong to the era that ended and to the one
    /// that began, so papers carry either.
    pub(super) until: Date,
}

const ERAS: [Era; 5] = [
    Era {
        name: "明治", spellings: ["明治", "明", "M"], code: 1, from: FIRST_DAY, until: date(1912, 7, 30)
    },
    Era {
        name: "大正",
        spellings: ["大正", "大", "T"],
        code: 2,
        from: date(1912, 7, 30),
        until: date(1926, 12, 25),
    },
    Era {
        name: "昭和",
        spellings: ["昭和", "昭", "S"],
        code: 3,
        from: date(1926, 12, 25),
        until: date(1989, 1, 7),
    },
    Era {
        name: "平成",
        spellings: ["平成", "平", "H"],
        code: 4,
        from: date(1989, 1, 8),
        until: date(2019, 4, 30),
    },
    Era {
        name: "令和", spellings: ["令和", "令", "R"], code: 5, from: date(2019, 5, 1), until: Date::MAX
    },
];

impl Era {
    /// The era that a day is written with; on a day of change the new one.
    pub(super) fn of(day: Date) -> Option<&'static Era> {
        ERAS.iter().rev().find(|era| era.from <= day)
    }

    /// The era that a text begins with, and the rest of the text. Expects capitals.
    pub(super) fn spelt(text: &str) -> Option<(&'static Era, &str)> {
        ERAS.iter().find_map(|era| era.spellings.iter().find_map(|s| Some((era, text.strip_prefix(s)?))))
    }

    /// The era of a claim's era code, 1 to 5.
    pub(super) fn coded(code: u32) -> Option<&'static Era> {
        ERAS.iter().find(|era| era.code == code)
    }

    /// 西暦 of a year of this era.
    pub(super) fn western_year(&self, year: u32) -> Option<i16> {
        i16::try_from(u32::try_from(self.from.year()).ok()? + year).ok()?.checked_sub(1)
    }

    /// As in `昭和64年1月7日`, `令和元年5月1日`.
    pub(super) fn write(&self, day: Date) -> String {
        let (name, year) = (self.name, i32::from(day.year()) - i32::from(self.from.year()) + 1);
        let (month, day) = (day.month(), day.day());
        if year == 1 {
            format!("{name}元年{month}月{day}日")
        } else {
            format!("{name}{year}年{month}月{day}日")
        }
    }
}
