//! The log in the formats that others read: a table for people, DICOM/IHE ATNA and FHIR for engines.
//!
//! The formats are pure: entries in, text out. What an entry *means* in the words of DICOM PS3.16 stands once, in [`meaning`], and both
//! standard formats are made from it; nothing of an entry is lost, for each format also carries its number and all of
//! its fields. Only the log's own bytes prove anything (see `log`); these are views.
//!
//! [`ship`] brings the log's rows to other machines. Used by `cli` for exports and by the station for shipping. Imports
//! only ground.

pub mod atna;
pub mod csv;
pub mod details;
pub mod fhir;
pub mod meaning;
mod people;
pub mod ship;

use crate::domain::SafeText;

/// Our own vocabulary beside DICOM's: professions, the kinds of entries.
pub(crate) const OWN_SCHEME: &str = "99KYUKYU";

/// Whose log it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Name of the facility.
    pub facility: SafeText,
    /// 医療機関コード, 10 digits.
    pub institution_code: SafeText,
    /// Id of the store, in hexadecimal.
    pub store_id: SafeText,
}

/// The wall clock of an entry as RFC 3339 in Japan's time, with milliseconds.
pub(crate) fn time(utc_ms: i64) -> String {
    const JAPAN: i32 = 9 * 3600;
    let stamp = jiff::Timestamp::from_millisecond(utc_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let offset = jiff::tz::Offset::from_seconds(JAPAN).unwrap_or(jiff::tz::Offset::UTC);
    format!("{:.3}", stamp.display_with_offset(offset))
}
