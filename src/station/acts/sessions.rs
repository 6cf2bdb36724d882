//! The life of a session after its login: locked, gone on with, ended.

use super::notices;
use crate::domain::factor::TwoFactors;
use crate::domain::{Account, Permission, SafeText, UserId};
use crate::identity::{LockCause, Phase, Session};
use crate::log::{Act, SessionCause};
use crate::protocol::view::SessionView;
use crate::protocol::{EndCause, Event, Reply};
use crate::station::desk::{Desk, Outcome, Stop, public_id};
use crate::station::effect::Audience;
use crate::store::Table;

/// A session for its own terminal.
pub(crate) fn view(desk: &Desk<'_, '_>, session: &Session, account: &Account) -> Result<SessionView, Stop> {
    let cards = desk.credential(&account.user)?.map(|c| c.cards.clone()).unwrap_or_default();
    let has_token = super::tokens::has_one(desk, &account.user)?;
    let two_factors = TwoFactors::of(session.factors()).is_ok();
    Ok(SessionView {
        id: public_id(session),
        account: account.clone(),
        factors: session.factors().to_vec(),
        two_factors,
        may_enquire: two_factors && account.may(Permission::EmergencyView),
        locked: matches!(session.phase(&desk.when()), Phase::Locked(_)),
        card: notices::card(desk, session, &cards),
        notices: notices::of(desk, session, &cards),
        card_keys: cards.iter().map(|card| SafeText::new(&card.spki_sha256.to_string())).collect(),
        has_token,
    })
}

/// Keys are being pressed. Nothing is logged: it only moves the idle deadline.
pub(crate) fn alive(desk: &mut Desk<'_, '_>) -> Outcome {
    desk.caller("alive")?;
    Ok(Reply::Done)
}

/// Locks now: by hand, or because the card was withdrawn or cannot be seen any more (A6).
pub(crate) fn lock(desk: &mut Desk<'_, '_>, logged: SessionCause) -> Outcome {
    let caller = desk.caller_even_locked("lock")?;
    let cause = match logged {
        SessionCause::CardWithdrawn | SessionCause::CardOutOfSight => LockCause::CardRemoved,
        _ => LockCause::ByHand,
    };
    lock_session(desk, caller.session, &caller.account, cause, logged)?;
    Ok(Reply::Done)
}

fn lock_session(
    desk: &mut Desk<'_, '_>,
    mut session: Session,
    account: &Account,
    cause: LockCause,
    logged: SessionCause,
) -> Result<(), Stop> {
    session.lock(cause, &desk.when());
    desk.log(Act::SessionLocked { cause: logged })?;
    desk.save_session(&session)?;
    let view = view(desk, &session, account)?;
    desk.push(Audience::Session(public_id(&session)), Event::Locked(view));
    Ok(())
}

/// The person leaves, or the terminal was told to.
pub(crate) fn logout(desk: &mut Desk<'_, '_>, cause: EndCause) -> Outcome {
    desk.caller_even_locked("logout")?;
    end(
        desk,
        match cause {
            EndCause::Asked => SessionCause::Asked,
            EndCause::Hangup => SessionCause::Hangup,
            EndCause::Terminated => SessionCause::Terminated,
        },
    )?;
    Ok(Reply::Done)
}

/// The line broke without a farewell.
pub(crate) fn line_lost(desk: &mut Desk<'_, '_>) -> Outcome {
    let Some(id) = desk.origin.and_then(|origin| origin.session.clone()) else { return Ok(Reply::Done) };
    let session: Option<Session> = desk.get(Table::Sessions, id.as_str())?;
    let Some(session) = session else { return Ok(Reply::Done) };
    desk.account = desk.get(Table::Accounts, session.user().as_str())?;
    desk.session = Some(session);
    end(desk, SessionCause::LineLost)?;
    Ok(Reply::Done)
}

/// Ends the desk's session, on record.
fn end(desk: &mut Desk<'_, '_>, cause: SessionCause) -> Result<(), Stop> {
    desk.log(Act::SessionEnded { cause })?;
    desk.seal()?;
    if let Some(id) = desk.session.as_ref().map(public_id) {
        desk.remove(Table::Sessions, id.as_str())?;
    }
    Ok(())
}

/// Ends every session of a person at once, each on record.
pub(crate) fn end_all_of(desk: &mut Desk<'_, '_>, user: &UserId) -> Result<(), Stop> {
    let sessions: Vec<(String, Session)> = desk.tx.scan_prefix(Table::Sessions, "")?;
    for (id, session) in sessions.into_iter().filter(|(_, session)| session.user() == user) {
        desk.log_of(&session, Act::SessionEnded { cause: SessionCause::AccountChanged })?;
        desk.remove(Table::Sessions, &id)?;
    }
    Ok(desk.seal()?)
}

/// Ends every session that rests on this token or card, each on record and told on its screen. How many there were.
pub(crate) fn end_resting_on(desk: &mut Desk<'_, '_>, means: &SafeText, words: &str) -> Result<u32, Stop> {
    let sessions: Vec<(String, Session)> = desk.tx.scan_prefix(Table::Sessions, "")?;
    let mut ended = 0;
    for (id, session) in sessions.into_iter().filter(|(_, session)| session.rests_on(means)) {
        desk.log_of(&session, Act::SessionEnded { cause: SessionCause::FactorEnded })?;
        desk.remove(Table::Sessions, &id)?;
        desk.push(Audience::Session(SafeText::new(&id)), Event::Ended { words: words.into() });
        ended += 1;
    }
    Ok(ended)
}

/// Ends the session that a line had before somebody logged in on it anew.
pub(crate) fn end_former(desk: &mut Desk<'_, '_>, id: &SafeText) -> Result<(), Stop> {
    let session: Option<Session> = desk.get(Table::Sessions, id.as_str())?;
    let Some(session) = session else { return Ok(()) };
    desk.log_of(&session, Act::SessionEnded { cause: SessionCause::Asked })?;
    desk.seal()?;
    Ok(desk.remove(Table::Sessions, id.as_str())?)
}

/// What the clock makes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Lock it.
    Lock,
    /// End it: too old, or locked for too long.
    End,
    /// Say that it locks in so many minutes.
    Warn(u8),
}

/// Locks or ends a session whose time has come, or says that it comes.
pub(crate) fn idle(desk: &mut Desk<'_, '_>, id: &SafeText, due: Due) -> Result<(), Stop> {
    let session: Option<Session> = desk.get(Table::Sessions, id.as_str())?;
    let Some(session) = session else { return Ok(()) };
    let account: Option<Account> = desk.get(Table::Accounts, session.user().as_str())?;
    desk.account.clone_from(&account);
    desk.session = Some(session.clone());
    match (due, account) {
        (Due::Warn(minutes), _) => {
            desk.push(Audience::Session(id.clone()), Event::IdleSoon { minutes });
            Ok(())
        }
        (Due::Lock, Some(account)) => {
            lock_session(desk, session, &account, LockCause::Idle, SessionCause::Idle)
        }
        (Due::Lock, None) | (Due::End, _) => {
            let words = "操作のない時間が続いたため、セッションを終了しました。もう一度ログインしてください";
            desk.push(Audience::Session(id.clone()), Event::Ended { words: words.into() });
            end(desk, SessionCause::Expired)
        }
    }
}
