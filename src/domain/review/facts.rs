//! What a reviewer is told of an access. Identifiers, acts and kinds of information; never medical content.

use crate::domain::SafeText;
use crate::domain::factor::Factor;
use serde::{Deserialize, Serialize};

/// How the person present stands to the one returned (C5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonConfirmed {
    /// Nobody has compared.
    #[default]
    NotYet,
    /// The same.
    Same,
    /// Somebody else.
    Other,
}

impl PersonConfirmed {
    /// The Japanese words.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotYet => "本人確認なし",
            Self::Same => "本人と確認",
            Self::Other => "別人と判断",
        }
    }
}

/// All of it. It grows while the item is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The patient: name, or the key that was asked with. Empty for tokens.
    pub patient: SafeText,
    /// How the patient was identified.
    pub method: SafeText,
    /// 必要性 was confirmed.
    pub necessity: bool,
    /// 同意あり（口頭） …
    pub consent: SafeText,
    /// What was tried to obtain consent.
    pub tried: SafeText,
    /// Why, in words: of consent, of a token.
    pub words: SafeText,
    /// 身元の根拠
    pub evidence: SafeText,
    /// Factors of the session that asked, or of the token.
    pub factors: Vec<Factor>,
    /// Requests that were put on record.
    pub requests: u32,
    /// Times an emergency token was used in the session.
    pub uses: u32,
    /// Whether the person present is the one returned.
    pub person: PersonConfirmed,
    /// Kinds of information that were displayed, each once.
    pub displayed: Vec<SafeText>,
    /// When something was displayed first, UTC milliseconds.
    pub displayed_ms: Option<i64>,
    /// How it stands or ended, in words.
    pub outcome: SafeText,
}

impl Facts {
    /// With what became known of the same enquiry after these were closed.
    #[must_use]
    pub(super) fn and_then(self, later: Self) -> Self {
        let mut displayed = self.displayed;
        displayed
            .extend(later.displayed.into_iter().filter(|kind| !displayed.contains(kind)).collect::<Vec<_>>());
        let newer = |before: SafeText, after: SafeText| if after.is_empty() { before } else { after };
        Self {
            patient: newer(self.patient, later.patient),
            factors: if later.factors.is_empty() { self.factors } else { later.factors },
            requests: self.requests.saturating_add(later.requests),
            uses: self.uses.saturating_add(later.uses),
            person: if later.person == PersonConfirmed::NotYet { self.person } else { later.person },
            displayed,
            displayed_ms: self.displayed_ms.or(later.displayed_ms),
            method: newer(self.method, later.method),
            consent: newer(self.consent, later.consent),
            tried: newer(self.tried, later.tried),
            words: newer(self.words, later.words),
            evidence: newer(self.evidence, later.evidence),
            outcome: newer(self.outcome, later.outcome),
            necessity: self.necessity || later.necessity,
        }
    }

    /// Notes that a kind of information was displayed; whether that is new.
    pub fn displayed(&mut self, kind: &SafeText, at_ms: i64) -> bool {
        if self.displayed.contains(kind) {
            return false;
        }
        self.displayed.push(kind.clone());
        self.displayed_ms.get_or_insert(at_ms);
        true
    }

    /// The kinds of information in a line.
    pub fn displayed_words(&self) -> SafeText {
        let kinds: Vec<&str> = self.displayed.iter().map(SafeText::as_str).collect();
        if kinds.is_empty() { "表示なし".into() } else { SafeText::new(&kinds.join("・")) }
    }

    /// The factors in a line.
    pub fn factor_words(&self) -> SafeText {
        let words: Vec<&str> = self.factors.iter().map(|factor| factor.label()).collect();
        SafeText::new(&words.join("＋"))
    }
}
