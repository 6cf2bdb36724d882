//! The kinds of act in a few groups, for people who do not know their tags.

/// A group. Every kind is in one, which a test holds against the list of examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Logins, locks, second factors.
    Login,
    /// Accounts, permissions, cards, tokens.
    People,
    /// Cases, keys, consent.
    Case,
    /// Requests, answers, candidates.
    Enquiry,
    /// What was seen, printed, taken away.
    Viewing,
    /// 事後確認 and 事後説明.
    Review,
    /// What was refused.
    Refusal,
    /// The log itself.
    Log,
    /// The station, its parts and settings.
    Station,
}

impl Group {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 9] = [
        Self::Login,
        Self::Case,
        Self::Enquiry,
        Self::Viewing,
        Self::Review,
        Self::People,
        Self::Refusal,
        Self::Log,
        Self::Station,
    ];

    /// Its word for programs.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::People => "people",
            Self::Case => "case",
            Self::Enquiry => "enquiry",
            Self::Viewing => "viewing",
            Self::Review => "review",
            Self::Refusal => "refusals",
            Self::Log => "log",
            Self::Station => "station",
        }
    }

    /// Its Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Login => "ログイン・認証",
            Self::People => "利用者・権限",
            Self::Case => "症例・照会キー",
            Self::Enquiry => "照会・応答",
            Self::Viewing => "表示・持ち出し",
            Self::Review => "事後確認・説明",
            Self::Refusal => "拒否",
            Self::Log => "操作ログ",
            Self::Station => "装置・設定",
        }
    }

    /// The one with this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.tag() == tag)
    }

    /// Whether a kind of act is in some group, and so known.
    pub fn knows(kind: &str) -> bool {
        Self::ALL.into_iter().any(|group| group.kinds().contains(&kind))
    }

    /// The tags of its acts.
    pub fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Login => &[
                "login_password_ok",
                "login_password_failed",
                "card_challenge_issued",
                "card_accepted",
                "card_refused",
                "token_accepted",
                "token_refused",
                "session_started",
                "session_resumed",
                "session_locked",
                "session_unlocked",
                "session_ended",
                "account_locked",
            ],
            Self::People => &[
                "account_added",
                "account_changed",
                "permission_granted",
                "permission_revoked",
                "account_disabled",
                "account_unlocked",
                "password_set",
                "card_enrolled",
                "card_removed",
                "enrolment_challenge_issued",
                "card_proposed",
                "card_rejected",
                "token_secret_shown",
                "token_enrolled",
                "emergency_token_issued",
                "token_revoked",
                "emergency_token_expired",
                "recovery_declared",
            ],
            Self::Case => &[
                "case_opened",
                "case_changed",
                "case_closed",
                "draft_saved",
                "draft_dropped",
                "key_confirmed",
                "caution_shown",
                "consent_recorded",
                "face_list_shown",
                "face_result_copied",
            ],
            Self::Enquiry => &[
                "request_intended",
                "request_written",
                "request_write_failed",
                "request_withdrawn",
                "request_maybe_sent",
                "request_taken",
                "answer_arrived",
                "answer_refused",
                "answer_late",
                "answer_conflict",
                "answer_mismatch",
                "candidates_shown",
                "candidate_chosen",
                "candidate_choice_refused",
                "search_refined",
                "enquiry_cancelled",
                "enquiry_timed_out",
                "enquiry_abandoned",
                "file_noted",
            ],
            Self::Viewing => &[
                "person_shown",
                "person_confirmed",
                "person_rejected",
                "summary_displayed",
                "summary_searched",
                "document_displayed",
                "document_exported",
                "document_printed",
                "document_deleted",
            ],
            Self::Review => &[
                "review_list_shown",
                "closed_reviews_shown",
                "review_shown",
                "review_closed",
                "review_followed",
                "review_reported",
                "explanation_list_shown",
                "explanation_slip_shown",
                "explanation_given",
                "objection_raised",
            ],
            Self::Refusal => &["refusal", "refusals_counted"],
            Self::Log => &[
                "log_opened",
                "log_searched",
                "log_exported",
                "log_export_ended",
                "log_verified",
                "log_key_created",
            ],
            Self::Station => &[
                "store_created",
                "store_opened",
                "store_closed",
                "heartbeat",
                "station_state",
                "damage",
                "damage_acknowledged",
                "setting_changed",
                "authority_added",
                "authority_removed",
                "revocation_lists_read",
                "my_number_allowed",
            ],
        }
    }
}
