//! What can go wrong with a card, each with a sentence that says what to do.

use super::{CardKind, CertificateError, ChallengeRefused, StatusWord, TransportError};
use crate::domain::SafeText;

/// Why a card could not be used. The display is the sentence for the person; sources are for the vendor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The bytes did not get through. Where the card could be asked again, `tries_left` is what it said.
    #[error("{error}{}", remaining(*tries_left))]
    Transport {
        /// What happened.
        #[source]
        error: TransportError,
        /// Tries left, read again after the failure.
        tries_left: Option<u8>,
    },
    /// No profile fits.
    #[error("対応していないカードです。職員用のHPKIカードを置いてください（ATR: {atr}）")]
    UnknownCard {
        /// The answer to reset, hexadecimal.
        atr: String,
    },
    /// The certificate could not be read or is none.
    #[error("カードの証明書を読み取れません。カードを置き直し、続くときは管理者に連絡してください")]
    Certificate(#[source] Option<CertificateError>),
    /// The card is not one of those enrolled; its PIN was not touched.
    #[error(
        "この{}は、ログインする利用者に登録されたカードではありません。PINは使っていません。ご自身のカードを置いてください",
        kind.label()
    )]
    NotEnrolled {
        /// Whose card it seems to be.
        kind: CardKind,
    },
    /// The PIN cannot be right; it was not sent.
    #[error("PINは{expected}で入力してください（残り回数は減っていません）")]
    PinFormat {
        /// What to type.
        expected: String,
    },
    /// Wrong PIN.
    #[error("PINが違います。残り{tries_left}回です")]
    WrongPin {
        /// Tries left.
        tries_left: u8,
    },
    /// One try is left, and nobody confirmed spending it.
    #[error("PINの残りは1回です。まちがえるとカードがロックされます。続けるには確認が必要です")]
    LastTry,
    /// The PIN is locked.
    #[error("カードのPINがロックされています。{unlock}")]
    Locked {
        /// Who unlocks it.
        unlock: SafeText,
    },
    /// The card does not tell how many tries are left, so none is spent.
    #[error("PINの残り回数を確かめられないため、PINは使っていません。カードを置き直してやり直してください")]
    TriesUnknown,
    /// The challenge is not one.
    #[error(transparent)]
    Challenge(#[from] ChallengeRefused),
    /// No way of signing worked.
    #[error("カードが署名できませんでした（{status}）。カードを置き直し、続くときは管理者に連絡してください")]
    SigningFailed {
        /// The last answer.
        status: StatusWord,
    },
    /// The signature does not belong to the certificate on the card.
    #[error("カードの署名が証明書と合いません。このカードは使わず、管理者に連絡してください")]
    SignatureMismatch,
    /// An answer that the sequence does not know.
    #[error(
        "カードの応答が想定と異なります（{step} {status}）。カードを置き直し、続くときは管理者に連絡してください"
    )]
    Unexpected {
        /// Which command.
        step: &'static str,
        /// What the card said.
        status: StatusWord,
    },
}

fn remaining(tries_left: Option<u8>) -> String {
    tries_left.map(|n| format!("（PINの残り{n}回）")).unwrap_or_default()
}

impl From<TransportError> for CardError {
    fn from(error: TransportError) -> Self {
        Self::Transport { error, tries_left: None }
    }
}

impl CardError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transport { error, .. } => match error {
                TransportError::NoService => "no_service",
                TransportError::VersionMismatch => "version_mismatch",
                TransportError::NoAnswer => "no_answer",
                TransportError::NoReader => "no_reader",
                TransportError::UnknownReader(_) => "unknown_reader",
                TransportError::NoCard => "no_card",
                TransportError::Pulled => "pulled",
                TransportError::InUse => "in_use",
                TransportError::NotAllowed => "not_allowed",
                TransportError::Broken => "broken",
                TransportError::Other(_) => "reader_error",
            },
            Self::UnknownCard { .. } => "unknown_card",
            Self::Certificate(_) => "certificate",
            Self::NotEnrolled { .. } => "not_enrolled",
            Self::PinFormat { .. } => "pin_format",
            Self::WrongPin { .. } => "wrong_pin",
            Self::LastTry => "last_try",
            Self::Locked { .. } => "locked",
            Self::TriesUnknown => "tries_unknown",
            Self::Challenge(_) => "challenge_refused",
            Self::SigningFailed { .. } => "signing_failed",
            Self::SignatureMismatch => "signature_mismatch",
            Self::Unexpected { .. } => "unexpected",
        }
    }

    /// Tries left, where the error says.
    pub fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Transport { tries_left, .. } => *tries_left,
            Self::WrongPin { tries_left } => Some(*tries_left),
            Self::LastTry => Some(1),
            Self::Locked { .. } => Some(0),
            _ => None,
        }
    }
}
