//! What a way of proving a factor beside the password must deliver, and the two that there are.
//!
//! A session gets such a factor through `station::acts::factor::enter` and through nothing else; that door takes a
//! [`Provider`], and only a provider makes a [`Proved`]. A biometric device is added by one more implementation here, a
//! word in `domain::factor` for its OQSCD041/042 pair, and a request that carries its evidence. The challenge goes in,
//! evidence comes out, and what was enrolled decides.

use super::otp::{Code, CodeFault, Ended, Token};
use super::proof::{self, CardProof, CheckedCard, ProofError};
use super::session::Now;
use super::{Enrolment, TrustStore};
use crate::card::ChallengeText;
use crate::domain::SafeText;
use crate::domain::factor::Factor;

/// A way of proving a factor, with what is enrolled for one account.
pub trait Provider {
    /// What the person's side hands in. Nothing in it is believed.
    type Evidence: ?Sized;
    /// Why it proves nothing: a sentence for the person.
    type Fault: std::fmt::Display;
    /// Whether evidence could be guessed. Then the password comes first, so that nobody learns what an account has, and
    /// failures count towards its lock-out.
    const GUESSABLE: bool;

    /// Checks the evidence. Where it answers a challenge, the challenge was this station's own, for this account and
    /// line, and is spent.
    fn verify(&mut self, evidence: &Self::Evidence, now: &Now<'_>) -> Result<Proved, Self::Fault>;
}

/// A factor that a provider has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    factor: Factor,
    means: SafeText,
    card: Option<Box<CheckedCard>>,
}

impl Proved {
    fn by(factor: Factor, means: SafeText) -> Self {
        Self { factor, means, card: None }
    }

    /// The factor, with its kind.
    pub fn factor(&self) -> Factor {
        self.factor
    }

    /// The card, where it was one.
    pub fn card(&self) -> Option<&CheckedCard> {
        self.card.as_deref()
    }

    /// What proved it: a token's id, a card's fingerprint. The session ends with it.
    pub fn means(&self) -> &SafeText {
        &self.means
    }
}

/// The cards of an account.
pub struct Cards<'a> {
    /// As enrolled.
    pub enrolled: &'a [Enrolment],
    /// Whose certificates count.
    pub trust: &'a TrustStore,
}

/// A card's answer to a challenge.
pub struct CardAnswer<'a> {
    /// The challenge.
    pub challenge: &'a ChallengeText,
    /// What was handed in.
    pub proof: &'a CardProof,
}

impl<'a> Provider for Cards<'a> {
    type Evidence = CardAnswer<'a>;
    type Fault = ProofError;
    const GUESSABLE: bool = false;

    fn verify(&mut self, evidence: &CardAnswer<'a>, now: &Now<'_>) -> Result<Proved, ProofError> {
        let checked = proof::prove(evidence.proof, evidence.challenge, self.enrolled, self.trust, now.wall)?;
        let enrolment = checked.enrolment();
        let proved = Proved::by(enrolment.factor(), SafeText::new(&enrolment.spki_sha256.to_string()));
        Ok(Proved { card: Some(Box::new(checked)), ..proved })
    }
}

/// The tokens of an account. The time is the challenge.
pub struct Tokens<'a> {
    /// As kept; the one whose code is accepted changes.
    pub kept: &'a mut [Token],
}

impl Provider for Tokens<'_> {
    type Evidence = Code;
    type Fault = CodeFault;
    const GUESSABLE: bool = true;

    /// Of several tokens that one answers which knows the code. Where none does, what is said is what helps most: a
    /// code that was right once, then a late one; that an emergency token ended only where nothing else is in force.
    fn verify(&mut self, code: &Code, now: &Now<'_>) -> Result<Proved, CodeFault> {
        let mut faults = Vec::new();
        for token in self.kept.iter_mut().filter(|token| token.ended(now).is_none()) {
            match token.try_code(code, now) {
                Ok(()) => return Ok(Proved::by(Factor::OneTimePassword, token.id.clone())),
                Err(fault) => faults.push(fault),
            }
        }
        let newest = self.kept.iter().filter(|token| token.emergency.is_some()).max_by_key(|t| t.made);
        let ended = newest.and_then(|token| token.ended(now)).filter(|why| *why != Ended::Revoked);
        let telling = [CodeFault::Used, CodeFault::Late].into_iter().find(|fault| faults.contains(fault));
        Err(match (telling, faults.is_empty(), ended) {
            (Some(fault), ..) => fault,
            (None, false, _) => CodeFault::Wrong,
            (None, true, Some(why)) => why.into(),
            (None, true, None) => CodeFault::NoToken,
        })
    }
}

/// A device that is none: proves that the trait is enough for one of another kind.
#[cfg(test)]
pub(crate) mod double {
    use super::{Now, Proved, Provider};
    use crate::card::ChallengeText;
    use crate::domain::factor::Factor;

    /// A face that was enrolled.
    pub(crate) struct FaceReader {
        pub(crate) template: Vec<u8>,
    }

    /// A face as seen, together with the challenge that the device was given.
    pub(crate) struct Seen {
        pub(crate) challenge: ChallengeText,
        pub(crate) answered: Vec<u8>,
        pub(crate) features: Vec<u8>,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("顔を確認できません。正面を向いてもう一度お試しください")]
    pub(crate) struct NotThatFace;

    impl Provider for FaceReader {
        type Evidence = Seen;
        type Fault = NotThatFace;
        const GUESSABLE: bool = true;

        fn verify(&mut self, seen: &Seen, _now: &Now<'_>) -> Result<Proved, NotThatFace> {
            let same = seen.answered == seen.challenge.as_bytes() && seen.features == self.template;
            if same { Ok(Proved::by(Factor::Face, "face-1".into())) } else { Err(NotThatFace) }
        }
    }
}
