//! Reading a date that a person typed.

use super::{CalendarDate, DateError, era, era::Era};
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;

/// A run of digits, or 元, with the unit written after it.
#[derive(Clone, Copy, Debug)]
struct Number {
    value: u32,
    digits: usize,
    unit: Option<char>,
}

/// Year, month and day as typed, in an era or (`None`) 西暦.
struct Ymd {
    era: Option<&'static Era>,
    year: u32,
    month: u32,
    day: u32,
}

pub(super) fn parse(typed: &str, today: CalendarDate) -> Result<CalendarDate, DateError> {
    let folded: String = typed.nfkc().flat_map(char::to_uppercase).collect();
    let folded = folded.trim();
    let text = folded.strip_suffix("生まれ").or_else(|| folded.strip_suffix('生')).unwrap_or(folded);
    if text.is_empty() {
        return Err(DateError::Missing);
    }
    let ymd = if let Some((era, rest)) = Era::spelt(text) {
        in_era(era, &numbers(rest, true)?)?
    } else if let Some(rest) = text.strip_prefix("西暦") {
        western(&numbers(rest, false)?)?
    } else {
        match *numbers(text, false)? {
            [one] if one.digits == 7 => {
                let seven = coded(one).and_then(|ymd| resolve(&ymd, today));
                return seven.map_err(|error| match error {
                    DateError::Future { .. } => error,
                    _ => DateError::SevenDigits,
                });
            }
            ref numbers => western(numbers)?,
        }
    };
    resolve(&ymd, today)
}

/// Splits at everything that people put between the numbers of a date.
fn numbers(text: &str, first_year: bool) -> Result<Vec<Number>, DateError> {
    let mut found: Vec<Number> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        match (c, found.last_mut()) {
            ('0'..='9', Some(last)) if open => {
                last.digits += 1;
                last.value = last.value.saturating_mul(10).saturating_add(c.to_digit(10).unwrap_or(0));
            }
            ('0'..='9', _) => {
                found.push(Number { value: c.to_digit(10).unwrap_or(0), digits: 1, unit: None });
                open = true;
            }
            ('元', None) if first_year => found.push(Number { value: 1, digits: 1, unit: None }),
            ('年' | '月' | '日', Some(last)) if last.unit.is_none() => {
                last.unit = Some(c);
                open = false;
            }
            ('/' | '.' | '-' | ',' | '、' | '。' | '・' | 'ー' | '‐'..='―' | '−', _) => {
                open = false;
            }
            (space, _) if space.is_whitespace() => open = false,
            (other, _) => return Err(DateError::Character(other)),
        }
    }
    let in_order = |(n, expected): (&Number, char)| n.unit.is_none_or(|unit| unit == expected);
    if found.len() == 3 && !found.iter().zip(['年', '月', '日']).all(in_order) {
        return Err(DateError::Order);
    }
    if found.is_empty() { Err(DateError::Incomplete) } else { Ok(found) }
}

fn western(numbers: &[Number]) -> Result<Ymd, DateError> {
    match *numbers {
        [one] if one.digits == 8 => {
            let (year, month, day) = split(one.value);
            Ok(Ymd { era: None, year, month, day })
        }
        [one] if one.digits == 6 => {
            let (year, month, day) = split(one.value);
            let (month_alone, two_digit_year) =
                (month > 12, (1..=12).contains(&month) && (1..=31).contains(&day));
            match year {
                18..=20 if month_alone => Err(DateError::Incomplete),
                _ if two_digit_year => Err(DateError::NeedsEra),
                _ => Err(DateError::NotADate),
            }
        }
        [one] if one.digits <= 4 => Err(DateError::Incomplete),
        [code, six] if code.digits == 1 && six.digits == 6 => {
            let (year, month, day) = split(six.value);
            claims(code, year, month, day)
        }
        [year, ..] if numbers.len() == 2 && year.digits <= 4 => Err(DateError::Incomplete),
        [year, month, day] => {
            if year.digits <= 2 && day.digits == 4 {
                return Err(DateError::Order);
            }
            short(month, day)?;
            match year.digits {
                4 => Ok(Ymd { era: None, year: year.value, month: month.value, day: day.value }),
                1 | 2 => Err(DateError::NeedsEra),
                _ => Err(DateError::NotADate),
            }
        }
        [code, year, month, day] if code.digits == 1 && year.digits <= 2 => {
            short(month, day)?;
            claims(code, year.value, month.value, day.value)
        }
        _ => Err(DateError::NotADate),
    }
}

fn in_era(era: &'static Era, numbers: &[Number]) -> Result<Ymd, DateError> {
    let found = |year, month, day| Ok(Ymd { era: Some(era), year, month, day });
    match *numbers {
        [one] if one.digits == 6 => {
            let (year, month, day) = split(one.value);
            found(year, month, day)
        }
        [one] if one.digits == 8 => Err(DateError::EraWithWestern),
        [one] if one.digits <= 2 => Err(DateError::Incomplete),
        [year, rest] if year.digits <= 2 && rest.digits == 4 => {
            found(year.value, rest.value / 100, rest.value % 100)
        }
        [year, month] if year.digits <= 2 && month.digits <= 2 => Err(DateError::Incomplete),
        [year, month, day] => {
            short(month, day)?;
            match year.digits {
                1 | 2 => found(year.value, month.value, day.value),
                4 => Err(DateError::EraWithWestern),
                _ => Err(DateError::NotADate),
            }
        }
        _ => Err(DateError::NotADate),
    }
}

/// `3640107`.
fn coded(seven: Number) -> Result<Ymd, DateError> {
    let (year, month, day) = split(seven.value % 1_000_000);
    claims(Number { value: seven.value / 1_000_000, digits: 1, unit: None }, year, month, day)
}

fn claims(code: Number, year: u32, month: u32, day: u32) -> Result<Ymd, DateError> {
    let era = Era::coded(code.value).ok_or(DateError::NotADate)?;
    Ok(Ymd { era: Some(era), year, month, day })
}

fn split(digits: u32) -> (u32, u32, u32) {
    (digits / 10_000, digits / 100 % 100, digits % 100)
}

fn short(month: Number, day: Number) -> Result<(), DateError> {
    if month.digits <= 2 && day.digits <= 2 { Ok(()) } else { Err(DateError::NotADate) }
}

fn resolve(ymd: &Ymd, today: CalendarDate) -> Result<CalendarDate, DateError> {
    let year = match ymd.era {
        Some(era) => era.western_year(ymd.year),
        None => i16::try_from(ymd.year).ok(),
    };
    let year = year.ok_or(DateError::NotADate)?;
    let month = i8::try_from(ymd.month).ok().filter(|m| (1..=12).contains(m));
    let month = month.ok_or(DateError::NoSuchMonth(ymd.month))?;
    let first = Date::new(year, month, 1).map_err(|_| DateError::NotADate)?;
    let day = i8::try_from(ymd.day).ok().and_then(|day| Date::new(year, month, day).ok());
    let date = day.ok_or_else(|| DateError::NoSuchDay {
        month: match ymd.era {
            Some(era) => format!("{}{}年（{year}年）{month}月", era.name, ymd.year),
            None => format!("{year}年{month}月"),
        },
        last: first.days_in_month(),
        day: ymd.day,
    })?;
    if let Some(era) = ymd.era
        && !(era.from..=era.until).contains(&date)
    {
        return Err(out_of_era(era, date, today));
    }
    if date < era::FIRST_DAY {
        return Err(DateError::TooOld);
    }
    let date = CalendarDate::from_civil(date);
    if date > today {
        return Err(DateError::Future { typed: date.both(), today: today.western() });
    }
    Ok(date)
}

fn out_of_era(era: &Era, date: Date, today: CalendarDate) -> DateError {
    let limit = if date < era.from {
        format!("{}は{}からです", era.name, CalendarDate::from_civil(era.from).western())
    } else {
        let last = era.write(era.until);
        format!("{}は{}までです", era.name, last.strip_prefix(era.name).unwrap_or(&last))
    };
    match Era::of(date) {
        Some(right) if date <= today.civil() => {
            DateError::OutOfEra { limit, typed: era.write(date), meant: right.write(date) }
        }
        _ => DateError::NoSuchEraYear { limit },
    }
}
