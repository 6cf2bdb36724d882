//! The formats in which the log leaves the station for others.

use serde::{Deserialize, Serialize};

/// A view of the log for people or engines of others. The bundle is none of them: only it proves anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewFormat {
    /// One row an entry.
    Csv,
    /// DICOM PS3.15 AuditMessage, one a line.
    Atna,
    /// FHIR R4 AuditEvent, one a line.
    Fhir,
}

impl ViewFormat {
    /// Its name, as it is typed and logged.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Atna => "atna",
            Self::Fhir => "fhir",
        }
    }
}
