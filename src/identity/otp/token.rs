//! A token of an account: which codes it answers with now, and how it ends.

use super::{Code, Parameters, Purpose, Seed};
use crate::domain::{SafeText, UserId};
use crate::identity::session::Now;
use crate::identity::{BootId, BootMillis, UnixSeconds};
use serde::{Deserialize, Serialize};

/// Steps before and after the token's own time in which a code is taken.
pub const WINDOW: u64 = 1;
/// Steps by which a token's clock may differ from the station's: five minutes.
pub const MAX_DRIFT: u64 = 10;
/// How many steps back a code is recognised as an old one, so that a late clock can be told from a mistyped code. Codes
/// of the future are never told apart: whoever guesses one would only have to wait for it.
pub const LATE_STEPS: u64 = 20;

/// An emergency token's reason and end (A7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emergency {
    /// Why it was issued.
    pub reason: SafeText,
    /// Its end on the wall clock.
    pub until: UnixSeconds,
    /// The boot in which it was issued…
    boot: BootId,
    /// …and its end on the clock of that boot, which nobody can set back.
    boot_until: BootMillis,
}

impl Emergency {
    /// From now on for so many hours.
    pub fn lasting(hours: u64, reason: SafeText, now: &Now<'_>) -> Self {
        let seconds = hours.saturating_mul(3600);
        Self {
            reason,
            until: UnixSeconds(now.wall.0.saturating_add(seconds)),
            boot: now.boot_id.clone(),
            boot_until: now.boot.plus(seconds.saturating_mul(1000)),
        }
    }
}

/// Why a token is in force no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// An administrator revoked it.
    Revoked,
    /// An emergency token's time is over.
    Expired,
    /// 復旧 was declared.
    Recovered,
}

impl Ended {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Revoked => "失効",
            Self::Expired => "期限切れ",
            Self::Recovered => "復旧により終了",
        }
    }
}

/// Why a code was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// Nothing in force for this account.
    #[error(
        "使えるトークンが登録されていません。カードで認証するか、施設管理者にトークンの登録または緊急トークンの発行を依頼してください"
    )]
    NoToken,
    /// The last emergency token's time is over.
    #[error(
        "緊急トークンの期限が切れています。カードで認証するか、施設管理者に新しい緊急トークンの発行を依頼してください"
    )]
    EmergencyExpired,
    /// The emergency was declared over.
    #[error("復旧が宣言されたため、緊急トークンは使えません。カードで認証してください")]
    Recovered,
    /// Right once, or older than one that was.
    #[error(
        "このワンタイムパスワードは使用済みです。次の番号に変わるのを待って、新しい番号を入力してください"
    )]
    Used,
    /// A code of some minutes ago.
    #[error(
        "古いワンタイムパスワードです。いま表示されている番号を入力してください。それでも通らないときはトークンの時計が遅れています。スマートフォンは日時を自動設定にし、それ以外は施設管理者に連絡してください"
    )]
    Late,
    /// Anything else.
    #[error(
        "ワンタイムパスワードが違います。いま表示されている番号を入力してください。続けて通らないときは、トークンの時計を合わせる（スマートフォンは日時を自動設定にする）か、施設管理者に連絡してください"
    )]
    Wrong,
}

/// The record. Its seed goes with its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Names it among the tokens of its account, and in the log.
    pub id: SafeText,
    /// Whose.
    pub user: UserId,
    /// When it was enrolled.
    pub made: UnixSeconds,
    /// By which administrator.
    pub made_by: UserId,
    /// An emergency token's reason and end.
    pub emergency: Option<Emergency>,
    state: State,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum State {
    InForce { seed: Seed, parameters: Parameters, last_step: u64, drift: i64, last_used: UnixSeconds },
    Ended { why: Ended, at: UnixSeconds },
}

impl Token {
    /// Takes up what was offered, with the first right code. Here alone the token's clock may differ from the station's
    /// by all that is allowed: by how much is remembered.
    pub(super) fn confirmed(
        id: SafeText,
        user: UserId,
        made_by: UserId,
        purpose: &Purpose,
        (seed, parameters): (&Seed, Parameters),
        code: &Code,
        now: &Now<'_>,
    ) -> Result<Self, CodeFault> {
        let here = parameters.step(now.wall.0);
        let steps = here.saturating_sub(MAX_DRIFT)..=here.saturating_add(MAX_DRIFT);
        let step = seed.matching(&parameters, code, steps).pop().ok_or(CodeFault::Wrong)?;
        let emergency = match purpose {
            Purpose::Usual => None,
            Purpose::Emergency { reason, hours } => Some(Emergency::lasting(*hours, reason.clone(), now)),
        };
        let state = State::InForce {
            seed: seed.clone(),
            parameters,
            last_step: step,
            drift: step.wrapping_sub(here).cast_signed(),
            last_used: now.wall,
        };
        Ok(Self { id, user, made: now.wall, made_by, emergency, state })
    }

    /// Tries a code. One that is accepted is never accepted again, nor any older one.
    pub fn try_code(&mut self, code: &Code, now: &Now<'_>) -> Result<(), CodeFault> {
        if let Some(why) = self.ended(now) {
            return Err(why.into());
        }
        let State::InForce { seed, parameters, last_step, drift, last_used } = &mut self.state else {
            return Err(CodeFault::NoToken);
        };
        let here = parameters.step(now.wall.0);
        let own = here.saturating_add_signed(*drift);
        let oldest = own.saturating_sub(WINDOW.saturating_add(LATE_STEPS));
        let newest = own.saturating_add(WINDOW).min(here.saturating_add(MAX_DRIFT));
        let matching = seed.matching(parameters, code, oldest..=newest);
        let taken = own.saturating_sub(WINDOW).max(here.saturating_sub(MAX_DRIFT));
        match matching.last() {
            None => Err(CodeFault::Wrong),
            Some(step) if *step <= *last_step => Err(CodeFault::Used),
            Some(step) if *step < taken => Err(CodeFault::Late),
            Some(step) => {
                *last_step = *step;
                *drift = step.wrapping_sub(here).cast_signed();
                *last_used = now.wall;
                Ok(())
            }
        }
    }

    /// Why it is in force no longer, whether or not anybody has noted it. An emergency token's end comes with whichever
    /// clock comes first; where the wall clock stands before its beginning, that clock was set back, and cannot tell.
    pub fn ended(&self, now: &Now<'_>) -> Option<Ended> {
        match (&self.state, &self.emergency) {
            (State::Ended { why, .. }, _) => Some(*why),
            (State::InForce { .. }, Some(emergency)) => {
                let by_wall = now.wall >= emergency.until || now.wall < self.made;
                let by_boot = *now.boot_id == emergency.boot && now.boot >= emergency.boot_until;
                (by_wall || by_boot).then_some(Ended::Expired)
            }
            (State::InForce { .. }, None) => None,
        }
    }

    /// Whether its end is written down.
    pub fn is_end_noted(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }

    /// Ends it; the seed is wiped. A first end stays.
    pub fn end(&mut self, why: Ended, at: UnixSeconds) {
        if !self.is_end_noted() {
            self.state = State::Ended { why, at };
        }
    }

    /// When a code was last accepted; when it ended, for one that did.
    pub fn last_moment(&self) -> UnixSeconds {
        match &self.state {
            State::InForce { last_used, .. } => *last_used,
            State::Ended { at, .. } => *at,
        }
    }

    /// Steps by which its clock differs from the station's.
    pub fn drift(&self) -> i64 {
        match &self.state {
            State::InForce { drift, .. } => *drift,
            State::Ended { .. } => 0,
        }
    }
}

impl From<Ended> for CodeFault {
    fn from(why: Ended) -> Self {
        match why {
            Ended::Revoked => Self::NoToken,
            Ended::Expired => Self::EmergencyExpired,
            Ended::Recovered => Self::Recovered,
        }
    }
}
