//! A login session as a record: who, with which factors, until when, and whether it is locked.
//!
//! The store keeps it, so it survives a restart of the station. Unlocking takes the same person and all factors anew
//! (A6, A9); nothing proved before the lock counts.

use super::{BootId, BootMillis, RevocationStatus, SessionToken, TokenHash, UnixSeconds};
use crate::card::SpkiHash;
use crate::domain::{
    SafeText,
    account::UserId,
    factor::{Factor, FactorKind, TwoFactors},
};
use serde::{Deserialize, Serialize};

/// Why a session is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockCause {
    /// Nothing typed for the set time.
    Idle,
    /// The card left the reader.
    CardRemoved,
    /// By the person.
    ByHand,
    /// By an administrator.
    ByAdministrator,
}

impl LockCause {
    /// What the lock screen says.
    pub fn label(self) -> &'static str {
        match self {
            Self::Idle => "操作がなかったため自動でロックしました",
            Self::CardRemoved => "カードが抜かれたためロックしました",
            Self::ByHand => "利用者がロックしました",
            Self::ByAdministrator => "施設管理者がロックしました",
        }
    }
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLimits {
    /// Milliseconds without a key until it is locked.
    pub idle_ms: u64,
    /// Milliseconds from login until it ends, locked or not.
    pub longest_ms: u64,
}

impl Default for SessionLimits {
    /// 5 minutes, 12 hours.
    fn default() -> Self {
        Self { idle_ms: 5 * 60_000, longest_ms: 12 * 3_600_000 }
    }
}

/// What a session is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// In use.
    Live,
    /// Locked.
    Locked(LockCause),
    /// Over: too old, or from before a restart of the host.
    Ended,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// Over.
    #[error("ログインの有効期間が終わりました。もう一度ログインしてください")]
    Ended,
    /// Locked.
    #[error("画面はロックされています。ロックした本人が認証してください")]
    Locked,
    /// Somebody else tried to unlock or to add a factor.
    #[error("このセッションは別の利用者のものです。ロックした本人が認証するか、ログアウトしてください")]
    OtherPerson,
    /// Two factors are missing.
    #[error(transparent)]
    TwoFactors(#[from] crate::domain::factor::TwoFactorsMissing),
}

/// The record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    token: TokenHash,
    user: UserId,
    terminal: SafeText,
    created: UnixSeconds,
    boot: BootId,
    end: BootMillis,
    idle_deadline: BootMillis,
    factors: Vec<Factor>,
    /// What proved its factors, the password apart: ids of tokens, fingerprints of cards. It ends with any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    means: Vec<SafeText>,
    lock: Option<Lock>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    card: Option<CardUsed>,
}

/// The card that was last proved in a session, and how its revocation was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardUsed {
    /// Its key, as enrolled.
    pub key: SpkiHash,
    /// To be shown for as long as the session lasts.
    pub revocation: RevocationStatus,
    /// SHA-256 of the authorities that it rests on, hex.
    pub authorities: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    cause: LockCause,
    proved: Vec<Factor>,
}

/// A moment on both clocks.
#[derive(Clone, Debug)]
pub struct Now<'a> {
    /// Wall clock.
    pub wall: UnixSeconds,
    /// Boot clock.
    pub boot: BootMillis,
    /// Which boot.
    pub boot_id: &'a BootId,
}

impl Session {
    /// Opens a session with its first factor.
    pub fn open(
        token: &SessionToken,
        user: UserId,
        terminal: SafeText,
        first: Factor,
        now: &Now<'_>,
        limits: &SessionLimits,
    ) -> Self {
        Self {
            token: token.hash(),
            user,
            terminal,
            created: now.wall,
            boot: now.boot_id.clone(),
            end: now.boot.plus(limits.longest_ms),
            idle_deadline: now.boot.plus(limits.idle_ms),
            factors: vec![first],
            means: Vec::new(),
            lock: None,
            card: None,
        }
    }

    /// Hash of its token, the key in the store.
    pub fn token(&self) -> TokenHash {
        self.token
    }

    /// Whose.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// Which terminal, as the station knows it.
    pub fn terminal(&self) -> &SafeText {
        &self.terminal
    }

    /// When it was opened.
    pub fn created(&self) -> UnixSeconds {
        self.created
    }

    /// When it will lock by itself.
    pub fn idle_deadline(&self) -> BootMillis {
        self.idle_deadline
    }

    /// The factors proved, in order. What is declared in a request comes from here.
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }

    /// The card that was last proved.
    pub fn card(&self) -> Option<&CardUsed> {
        self.card.as_ref()
    }

    /// Notes which card is being proved; what it counts for is [`prove`](Self::prove)'s.
    pub fn note_card(&mut self, card: CardUsed) {
        self.card = Some(card);
    }

    /// Whether this thing proved a factor in it, before a lock or after.
    pub fn rests_on(&self, means: &SafeText) -> bool {
        self.means.contains(means)
    }

    /// Notes what proved a factor.
    pub fn note_means(&mut self, means: &SafeText) {
        if !self.rests_on(means) {
            self.means.push(means.clone());
        }
    }

    /// Whether the password was proved: at the login, and again since a lock.
    pub fn knows(&self, now: &Now<'_>) -> bool {
        let proved = match (self.phase(now), &self.lock) {
            (Phase::Live, _) => self.factors.as_slice(),
            (Phase::Locked(_), Some(lock)) => lock.proved.as_slice(),
            (Phase::Locked(_), None) | (Phase::Ended, _) => &[],
        };
        proved.iter().any(|factor| factor.kind() == FactorKind::Knowledge)
    }

    /// What it is now. An idle deadline that has passed is a lock, whether or not anybody noticed.
    pub fn phase(&self, now: &Now<'_>) -> Phase {
        if self.boot != *now.boot_id || now.boot >= self.end {
            return Phase::Ended;
        }
        match &self.lock {
            Some(lock) => Phase::Locked(lock.cause),
            None if now.boot >= self.idle_deadline => Phase::Locked(LockCause::Idle),
            None => Phase::Live,
        }
    }

    /// Whether the lock is written down, rather than only due because the idle deadline has passed.
    pub fn is_lock_noted(&self) -> bool {
        self.lock.is_some()
    }

    /// Two factors of different kinds, in a session in use: the condition of everything medical.
    pub fn two_factors(&self, now: &Now<'_>) -> Result<TwoFactors, SessionError> {
        self.must_be_live(now)?;
        Ok(TwoFactors::of(&self.factors)?)
    }

    /// A key was pressed: the idle time begins anew.
    pub fn touch(&mut self, now: &Now<'_>, limits: &SessionLimits) -> Result<(), SessionError> {
        self.must_be_live(now)?;
        self.idle_deadline = now.boot.plus(limits.idle_ms);
        Ok(())
    }

    /// Locks. A first cause stays; what was proved for unlocking is forgotten.
    pub fn lock(&mut self, cause: LockCause, now: &Now<'_>) {
        let cause = match self.phase(now) {
            Phase::Locked(first) => first,
            Phase::Live | Phase::Ended => cause,
        };
        self.lock = Some(Lock { cause, proved: Vec::new() });
    }

    /// Adds a factor that `user` just proved. On a locked session it counts towards unlocking, which happens when every
    /// kind of factor that the session had was proved again. Returns the phase afterwards.
    pub fn prove(
        &mut self,
        user: &UserId,
        factor: Factor,
        now: &Now<'_>,
        limits: &SessionLimits,
    ) -> Result<Phase, SessionError> {
        if *user != self.user {
            return Err(SessionError::OtherPerson);
        }
        match self.phase(now) {
            Phase::Ended => return Err(SessionError::Ended),
            Phase::Live => add(&mut self.factors, factor),
            Phase::Locked(cause) => {
                let lock = self.lock.get_or_insert(Lock { cause, proved: Vec::new() });
                add(&mut lock.proved, factor);
                let again = |kind: FactorKind| lock.proved.iter().any(|f| f.kind() == kind);
                if !self.factors.iter().all(|had| again(had.kind())) {
                    return Ok(Phase::Locked(cause));
                }
                self.factors = std::mem::take(&mut lock.proved);
                self.lock = None;
            }
        }
        self.idle_deadline = now.boot.plus(limits.idle_ms);
        Ok(Phase::Live)
    }

    fn must_be_live(&self, now: &Now<'_>) -> Result<(), SessionError> {
        match self.phase(now) {
            Phase::Live => Ok(()),
            Phase::Locked(_) => Err(SessionError::Locked),
            Phase::Ended => Err(SessionError::Ended),
        }
    }
}

fn add(factors: &mut Vec<Factor>, factor: Factor) {
    if !factors.contains(&factor) {
        factors.push(factor);
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
