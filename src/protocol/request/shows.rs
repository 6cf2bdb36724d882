//! Which requests only show something.

use super::Request;
use crate::protocol::DamageRequest;

impl Request {
    /// Whether the act changes nothing but what is on the screen. Asked again under the same idempotency key it
    /// is done again: what is shown passes the doors of the moment, and each showing is on record.
    pub fn only_shows(&self) -> bool {
        matches!(
            self,
            Self::Alive
                | Self::Home
                | Self::OlderCases { .. }
                | Self::ShowEnquiry { .. }
                | Self::ShowCandidate { .. }
                | Self::ShowPerson { .. }
                | Self::ReadSummary { .. }
                | Self::FindInSummary { .. }
                | Self::FaceResults
                | Self::ReadLog { .. }
                | Self::SearchLog { .. }
                | Self::ShowLogEntry { .. }
                | Self::VerifyLog
                | Self::VerifyLogAgainst { .. }
                | Self::LogHead
                | Self::ExportLog { .. }
                | Self::ExportRows { .. }
                | Self::ExportLogAs { .. }
                | Self::ListAccounts { .. }
                | Self::EnrolChallenge { .. }
                | Self::ListCards { .. }
                | Self::ListTrust
                | Self::ListTokens { .. }
                | Self::RecoveryStatus
                | Self::Damage(DamageRequest::Status)
                | Self::ListReviews { .. }
                | Self::ListClosedReviews { .. }
                | Self::ShowReview { .. }
                | Self::ReviewReport { .. }
                | Self::ListExplanations { .. }
                | Self::ShowSlip { .. }
                | Self::ShippingStatus
        )
    }
}
