//! The one door through which a factor beside the password enters a session.
//!
//! Whatever device there is, it comes in as a [`Provider`]: the lock-out, the order of the factors and the record are
//! the same for all of them.

use super::login;
use crate::domain::SafeText;
use crate::identity::{Proved, Provider};
use crate::log::Act;
use crate::protocol::{Refusal, RefusalCode};
use crate::station::desk::{Desk, Outcome, Stop};

/// What a provider made of some evidence, for the log.
pub(crate) enum Found<'a> {
    /// A factor.
    Proved(&'a Proved),
    /// Nothing; how often in a row, where that counts.
    Not(&'a SafeText, u32),
}

/// Verifies evidence and adds what it proves to the caller's session, locked or not. `on_record` words the entry.
pub(crate) fn enter<P: Provider>(
    desk: &mut Desk<'_, '_>,
    (act, code): (&'static str, RefusalCode),
    provider: &mut P,
    evidence: &P::Evidence,
    on_record: impl Fn(Found<'_>) -> Act,
) -> Outcome {
    let caller = desk.caller_even_locked(act)?;
    let user = caller.account.user.clone();
    if P::GUESSABLE {
        if !caller.session.knows(&desk.when()) {
            let words = "先にパスワードを入力してください";
            return Err(desk.stop(act, RefusalCode::WrongState, words));
        }
        if let Some(held) = login::held_up(desk, Some(&user))? {
            desk.log_refusal(on_record(Found::Not(&held.refusal.words, held.failures)))?;
            return Err(Stop::Refused(held.refusal));
        }
    }
    match provider.verify(evidence, &desk.when()) {
        Ok(proved) => {
            if P::GUESSABLE {
                login::forget_codes(desk, &user)?;
            }
            desk.log(on_record(Found::Proved(&proved)))?;
            login::prove(desk, caller.session, &caller.account, &proved)
        }
        Err(why) => {
            let words = SafeText::new(&why.to_string());
            if P::GUESSABLE {
                login::count_code(desk, &user, |failures| on_record(Found::Not(&words, failures)))?;
            } else {
                desk.log_refusal(on_record(Found::Not(&words, 0)))?;
            }
            Err(Stop::Refused(Refusal::new(code, words)))
        }
    }
}

#[cfg(test)]
#[path = "factor_tests.rs"]
mod tests;
