//! Cards and those who issue them, as an administrator asks for them and sees them.

use crate::domain::factor::Factor;
use crate::domain::{SafeText, UserId};
use serde::{Deserialize, Serialize};

/// A challenge that a card has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedChallenge {
    /// The challenge as it was given out.
    pub challenge: String,
    /// Certificate, DER in base64.
    pub certificate: String,
    /// Signature, base64.
    pub signature: String,
    /// The hash that the card signed.
    pub hash: crate::card::Hash,
}

/// The kinds of cards for which an authority can be pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuedCard {
    /// HPKI cards of health professions.
    Hpki,
    /// My Number cards.
    MyNumber,
}

/// Not the name of a kind of card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("カードの種類は hpki・my-number のいずれかで指定してください")]
pub struct NotAnIssuedCard;

impl std::str::FromStr for IssuedCard {
    type Err = NotAnIssuedCard;
    fn from_str(word: &str) -> Result<Self, NotAnIssuedCard> {
        match word {
            "hpki" => Ok(Self::Hpki),
            "my-number" => Ok(Self::MyNumber),
            _ => Err(NotAnIssuedCard),
        }
    }
}

/// The card that was proved in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardNote {
    /// What it counts as.
    pub factor: Factor,
    /// hcRole of the profession, where the certificate names one. Shown, and never the ground of a permission.
    pub hc_role: Option<SafeText>,
    /// The revocation list that it was checked against had lapsed: within the grace period until then,
    /// `yyyy-MM-dd HH:MM` JST.
    pub grace_until: Option<SafeText>,
}

/// A card of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// Whose.
    pub user: UserId,
    /// SHA-256 of its public key, hex.
    pub fingerprint: SafeText,
    /// What it counts as.
    pub factor: Factor,
    /// Issuer's name.
    pub issuer: SafeText,
    /// Last day of its certificate, `yyyy-MM-dd` JST.
    pub not_after: SafeText,
    /// Whole days until then; negative when it has ended.
    pub days_left: i64,
    /// Its person is being told that it ends.
    pub ends_soon: bool,
    /// hcRole, where the certificate names one.
    pub hc_role: Option<SafeText>,
    /// It waits for a second administrator.
    pub pending: Option<PendingView>,
}

/// What is known of a card that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingView {
    /// Who proposed it.
    pub by: UserId,
    /// When, `yyyy-MM-dd HH:MM` JST.
    pub at: SafeText,
    /// The card has signed; otherwise only its certificate was seen.
    pub signed: bool,
}

/// Whom the station believes about cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustView {
    /// The authorities.
    pub authorities: Vec<AuthorityView>,
    /// The revocation lists that could be read.
    pub lists: Vec<ListView>,
    /// Files that could not, each with its name and why.
    pub refused: Vec<SafeText>,
    /// Where the lists are looked for.
    pub folder: SafeText,
    /// Hours for which a lapsed list is still used.
    pub grace_hours: u64,
    /// On what grounds My Number cards are accepted, where they are.
    pub my_number: Option<SafeText>,
}

/// One authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityView {
    /// SHA-256 of its certificate, hex.
    pub sha256: SafeText,
    /// For which cards.
    pub card: IssuedCard,
    /// Its name.
    pub subject: SafeText,
    /// It is a root.
    pub root: bool,
    /// Last day of its certificate, `yyyy-MM-dd` JST.
    pub not_after: SafeText,
    /// Whole days until then; negative when it has ended.
    pub days_left: i64,
    /// Who added it.
    pub by: UserId,
    /// When, `yyyy-MM-dd HH:MM` JST.
    pub at: SafeText,
}

/// One revocation list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListView {
    /// Whose it says it is.
    pub issuer: SafeText,
    /// When it was made, `yyyy-MM-dd HH:MM` JST.
    pub this_update: SafeText,
    /// When the next one is due.
    pub next_update: SafeText,
    /// That moment has passed.
    pub lapsed: bool,
}
