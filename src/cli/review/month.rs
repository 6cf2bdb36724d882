//! A month as it is typed at the command line.

use crate::domain::Month;

/// `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReportMonth(pub(super) Month);

/// Not a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("月は 2026-11 のように、西暦4桁と月2桁で指定してください")]
pub(super) struct NotAMonth;

impl std::str::FromStr for ReportMonth {
    type Err = NotAMonth;
    fn from_str(typed: &str) -> Result<Self, NotAMonth> {
        let (year, month) = typed.split_once('-').ok_or(NotAMonth)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(NotAMonth);
        }
        Month::from_compact(&format!("{year}{month}")).map(Self).map_err(|_| NotAMonth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months() {
        for (typed, good) in [
            ("2026-11", true),
            ("2026-13", false),
            ("202611", false),
            ("26-11", false),
            ("2026-1", false),
            ("2026-11-01", false),
            ("", false),
            ("令和8-11", false),
        ] {
            assert_eq!(typed.parse::<ReportMonth>().is_ok(), good, "{typed}");
        }
    }
}
