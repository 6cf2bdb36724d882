//! 復旧: the emergency is declared over, and whatever was issued for it is dead (A7).

use super::tokens;
use crate::clock;
use crate::domain::Permission;
use crate::identity::otp::Ended;
use crate::log::Act;
use crate::protocol::view::{RecoveryRow, RecoveryView};
use crate::protocol::{Event, Reply};
use crate::station::desk::{Desk, Outcome};
use crate::station::effect::Audience;
use crate::station::records::Recovery;
use crate::station::reviews;
use crate::store::Table;

/// Where the last one is kept.
pub(super) const KEY: &str = "recovery";

/// Revokes every emergency token and ends the sessions that rest on them, the declaring person's own included.
pub(crate) fn declare(desk: &mut Desk<'_, '_>, words: &str) -> Outcome {
    const ACT: &str = "declare_recovery";
    let caller = desk.with_permission(ACT, Permission::Administer)?;
    let words = tokens::reason_of(desk, ACT, words)?;
    let told =
        "復旧が宣言されたため、緊急トークンによるセッションを終了しました。カードでログインしてください";
    let (mut revoked, mut sessions) = (0, 0);
    for token in tokens::emergencies(desk)? {
        let (user, id) = (token.user.as_str().into(), token.id.clone());
        desk.log(Act::TokenRevoked { user, token: id, reason: "復旧の宣言".into() })?;
        sessions += tokens::end(desk, token, Ended::Recovered, told)?;
        revoked += 1;
    }
    let act =
        Act::RecoveryDeclared { words: words.clone(), tokens: revoked, sessions, priority_review: true };
    desk.log(act)?;
    let before: Recovery = desk.get(Table::Settings, KEY)?.unwrap_or_default();
    let count = before.count.saturating_add(1);
    reviews::recovery(desk, &caller.account, &words)?;
    let by = Some(caller.account.user);
    desk.put(Table::Settings, KEY, &Recovery { count, at_ms: desk.now.utc_ms, by, words })?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(Reply::Done)
}

/// What is in force, and what was declared last.
pub(crate) fn status(desk: &mut Desk<'_, '_>) -> Outcome {
    desk.with_permission("recovery_status", Permission::Administer)?;
    let in_force = tokens::emergencies(desk)?;
    let until = in_force.last().and_then(|token| token.emergency.as_ref());
    let last: Option<Recovery> = desk.get(Table::Settings, KEY)?;
    let last = last.and_then(|recovery| {
        Some(RecoveryRow { at: clock::minute(recovery.at_ms), by: recovery.by?, words: recovery.words })
    });
    Ok(Reply::Recovery(RecoveryView {
        tokens: u32::try_from(in_force.len()).unwrap_or(u32::MAX),
        until: until.map(|emergency| tokens::minute(emergency.until)),
        last,
    }))
}
