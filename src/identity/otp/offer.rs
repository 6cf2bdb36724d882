//! Tokens whose secret was shown and whose first code was not typed yet. They are not stored: nothing is enrolled before
//! that code, and after a restart one simply begins again.

use super::{Code, CodeFault, Parameters, Seed, Token};
use crate::domain::{SafeText, UserId};
use crate::identity::BootMillis;
use crate::identity::session::Now;

/// How long the first code may take, in milliseconds.
const LIFETIME_MS: u64 = 10 * 60_000;
/// Codes that may be tried.
const TRIES: u32 = 5;

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Enrolled beforehand, for good.
    Usual,
    /// Issued in an emergency.
    Emergency {
        /// Why.
        reason: SafeText,
        /// For how long.
        hours: u64,
    },
}

/// A token that is being enrolled.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its name, once it is enrolled.
    pub id: SafeText,
    /// For whom.
    pub user: UserId,
    /// By whom.
    pub by: UserId,
    /// What for.
    pub purpose: Purpose,
    /// How many recoveries had been declared: one declared meanwhile undoes the offer of an emergency token.
    pub recoveries: u64,
    /// Its secret.
    pub seed: Seed,
    begun: BootMillis,
    tries: u32,
}

/// Why there is nothing to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Nothing was begun on this line, or it took too long.
    #[error("登録中のトークンがありません（10分以内に確認が必要です）。登録を最初からやり直してください")]
    None,
}

impl Offer {
    /// A new one.
    pub fn new(
        id: SafeText,
        (user, by): (UserId, UserId),
        purpose: Purpose,
        recoveries: u64,
        seed: Seed,
        now: BootMillis,
    ) -> Self {
        Self { id, user, by, purpose, recoveries, seed, begun: now, tries: 0 }
    }

    /// The token, if this is one of its codes.
    pub fn confirm(&self, code: &Code, now: &Now<'_>) -> Result<Token, CodeFault> {
        let (id, user, by) = (self.id.clone(), self.user.clone(), self.by.clone());
        Token::confirmed(id, user, by, &self.purpose, (&self.seed, Parameters::STANDARD), code, now)
    }
}

/// The offers of a station, one a line at most.
#[derive(Debug, Default)]
pub struct Offers {
    open: Vec<(u64, Offer)>,
}

impl Offers {
    /// Keeps an offer for a line, in place of the one before.
    pub fn keep(&mut self, line: u64, offer: Offer) {
        self.forget(line);
        self.open.push((line, offer));
    }

    /// The offer of a line, for one more try.
    pub fn for_a_try(&mut self, line: u64, now: BootMillis) -> Result<Offer, OfferError> {
        self.open.retain(|(_, offer)| now.since(offer.begun) < LIFETIME_MS && offer.tries < TRIES);
        let found = self.open.iter_mut().find(|(own, _)| *own == line);
        let (_, offer) = found.ok_or(OfferError::None)?;
        offer.tries += 1;
        Ok(offer.clone())
    }

    /// The line ended, or the token is enrolled.
    pub fn forget(&mut self, line: u64) {
        self.open.retain(|(own, _)| *own != line);
    }
}
