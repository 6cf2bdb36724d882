//! The first factor: lock-out, one text and one duration for every failure, never a hint who exists.

use super::sessions;
use crate::domain::factor::Factor;
use crate::domain::{Account, SafeText, UserId};
use crate::identity::{
    BootMillis, CardUsed, Decision, Limits, LockCause, Phase, Proved, Session, SessionToken, StoredPassword,
    Tally,
};
use crate::log::{Act, LoginFailure};
use crate::protocol::{Refusal, RefusalCode, Reply, Secret};
use crate::station::desk::{Desk, Origin, Outcome, Stop, id_of_token};
use crate::station::lines::Holder;
use crate::station::records::Credential;
use crate::station::shop::random;
use crate::station::start::Station;
use crate::store::{StoreError, Table};
use secrecy::SecretString;

/// What every failed login is told.
const BAD: &str = "利用者IDまたはパスワードが違います";

/// What is known before the hash is computed.
pub(crate) struct Attempt {
    user: Option<UserId>,
    typed: SafeText,
    stored: Option<StoredPassword>,
}

/// Before the hash: may this account be tried from here now?
pub(crate) fn begin(desk: &mut Desk<'_, '_>, typed: &str) -> Result<Attempt, Stop> {
    let user = UserId::parse(typed).ok();
    let typed = SafeText::new(&typed.chars().take(64).collect::<String>());
    may_try(desk, user.as_ref(), &typed)?;
    let stored = match &user {
        Some(user) => desk.credential(user)?.map(|credential| credential.password.clone()),
        None => None,
    };
    Ok(Attempt { user, typed, stored })
}

/// Refuses while an account or a source has to wait.
fn may_try(desk: &mut Desk<'_, '_>, user: Option<&UserId>, typed: &SafeText) -> Result<(), Stop> {
    let Some(held) = held_up(desk, user)? else { return Ok(()) };
    let (why, failures) = (held.why, held.failures);
    desk.log_refusal(Act::LoginPasswordFailed { typed_user: typed.clone(), why, failures })?;
    Err(Stop::Refused(held.refusal))
}

/// Why nobody may try now.
pub(crate) struct HeldUp {
    why: LoginFailure,
    pub(crate) failures: u32,
    pub(crate) refusal: Refusal,
}

/// Whether an account or a source has to wait: after wrong passwords, or after wrong codes of a second factor.
pub(crate) fn held_up(desk: &Desk<'_, '_>, user: Option<&UserId>) -> Result<Option<HeldUp>, StoreError> {
    let now = BootMillis(desk.now.boot_ms);
    for (key, limits, why) in tallies(desk, user, &["user", "code"]) {
        let tally: Tally = desk.get(Table::Tallies, &key)?.unwrap_or_default();
        let decision = tally.decide(now, &limits);
        let wait_ms = match decision {
            Decision::Go => continue,
            Decision::Wait { wait_ms } | Decision::Locked { wait_ms, .. } => wait_ms,
        };
        let retry_after_s = Some(wait_ms.div_ceil(1000));
        let refusal = Refusal { retry_after_s, ..Refusal::new(RefusalCode::LockedOut, decision) };
        return Ok(Some(HeldUp { why, failures: tally.failures, refusal }));
    }
    Ok(None)
}

/// The tallies of an account and of a source. Wrong codes have one of their own under the account: a right password
/// must not clear it, or whoever has the password could try codes for ever.
fn tallies(
    desk: &Desk<'_, '_>,
    user: Option<&UserId>,
    kinds: &[&str],
) -> Vec<(String, Limits, LoginFailure)> {
    let of_account = |user: &UserId| {
        let own = kinds.iter().map(|kind| format!("{kind}/{user}"));
        own.map(|key| (key, Limits::account(), LoginFailure::AccountLocked)).collect()
    };
    let mut tallies: Vec<_> = user.map(of_account).unwrap_or_default();
    if let Some(origin) = desk.origin {
        tallies.push((format!("source/{}", origin.source), Limits::source(), LoginFailure::SourceLocked));
    }
    tallies
}

/// Counts a failure of this kind (`user` for a password, `code` for a guessable second factor). The failures in a row,
/// and for how many seconds the account is locked by this one.
fn count(
    desk: &mut Desk<'_, '_>,
    user: Option<&UserId>,
    kind: &str,
) -> Result<(u32, Option<u64>), StoreError> {
    let now = BootMillis(desk.now.boot_ms);
    let (mut failures, mut locked) = (0, None);
    for (key, limits, why) in tallies(desk, user, &[kind]) {
        let tally: Tally = desk.get(Table::Tallies, &key)?.unwrap_or_default();
        let tally = tally.failed(now, &limits);
        failures = failures.max(tally.failures);
        if why == LoginFailure::AccountLocked && tally.failures >= limits.lock_after {
            locked = Some(limits.lock_ms / 1000);
        }
        desk.put(Table::Tallies, &key, &tally)?;
    }
    Ok((failures, locked))
}

/// A second factor that could be guessed was wrong: counted, and on record by the words that are given the count.
pub(crate) fn count_code(
    desk: &mut Desk<'_, '_>,
    user: &UserId,
    on_record: impl FnOnce(u32) -> Act,
) -> Result<(), StoreError> {
    let (failures, locked) = count(desk, Some(user), "code")?;
    desk.log(on_record(failures))?;
    match locked {
        Some(seconds) => desk.log(Act::AccountLocked { user: user.as_str().into(), seconds }),
        None => Ok(()),
    }
}

/// A second factor that could be guessed was right.
pub(crate) fn forget_codes(desk: &mut Desk<'_, '_>, user: &UserId) -> Result<(), StoreError> {
    let key = format!("code/{user}");
    match desk.get::<Tally>(Table::Tallies, &key)? {
        Some(_) => desk.remove(Table::Tallies, &key),
        None => Ok(()),
    }
}

/// Whether an account is locked for a while.
pub(crate) fn locked_out(desk: &Desk<'_, '_>, user: &UserId) -> Result<bool, StoreError> {
    let now = BootMillis(desk.now.boot_ms);
    for key in [format!("user/{user}"), format!("code/{user}")] {
        let tally: Tally = desk.get(Table::Tallies, &key)?.unwrap_or_default();
        if matches!(tally.decide(now, &Limits::account()), Decision::Locked { .. }) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Forgets all failures of an account.
pub(crate) fn forget_failures(desk: &mut Desk<'_, '_>, user: &UserId) -> Result<(), StoreError> {
    desk.remove(Table::Tallies, &format!("user/{user}"))?;
    desk.remove(Table::Tallies, &format!("code/{user}"))
}

/// After the hash: the account in use, or the failure counted.
///
/// Whether it may be tried is asked once more: of many tries at the same moment only the first is judged.
fn judge(desk: &mut Desk<'_, '_>, attempt: &Attempt, right: bool) -> Result<Account, Stop> {
    may_try(desk, attempt.user.as_ref(), &attempt.typed)?;
    let account: Option<Account> = match &attempt.user {
        Some(user) => desk.get(Table::Accounts, user.as_str())?,
        None => None,
    };
    let why = match (&account, right) {
        (Some(account), true) if !account.disabled => {
            desk.remove(Table::Tallies, &format!("user/{}", account.user))?;
            ease_source(desk)?;
            return Ok(account.clone());
        }
        (Some(_), true) => LoginFailure::Disabled,
        (Some(_), false) => LoginFailure::WrongPassword,
        (None, _) => LoginFailure::UnknownUser,
    };
    let (failures, locked) = count(desk, attempt.user.as_ref(), "user")?;
    desk.log(Act::LoginPasswordFailed { typed_user: attempt.typed.clone(), why, failures })?;
    if let (Some(seconds), Some(user)) = (locked, &attempt.user) {
        desk.log(Act::AccountLocked { user: user.as_str().into(), seconds })?;
    }
    Err(Stop::Refused(Refusal::new(RefusalCode::BadCredentials, BAD)))
}

/// A good login takes one failure back from its source, no more: who mistypes and then logs in leaves nothing behind,
/// so that a shared terminal is not locked by years of typing, and who tries many accounts pays a login for each try.
fn ease_source(desk: &mut Desk<'_, '_>) -> Result<(), StoreError> {
    let Some(origin) = desk.origin else { return Ok(()) };
    let key = format!("source/{}", origin.source);
    let Some(tally) = desk.get::<Tally>(Table::Tallies, &key)? else { return Ok(()) };
    match tally.failures.saturating_sub(1) {
        0 => desk.remove(Table::Tallies, &key),
        failures => desk.put(Table::Tallies, &key, &Tally { failures, ..tally }),
    }
}

/// Opens a session for a proved password.
fn open(
    desk: &mut Desk<'_, '_>,
    attempt: &Attempt,
    right: bool,
    token: &SessionToken,
    former: Option<&SafeText>,
) -> Outcome {
    let account = judge(desk, attempt, right)?;
    if let Some(former) = former {
        sessions::end_former(desk, former)?;
    }
    let terminal = desk.origin.map(|origin| origin.terminal.clone()).unwrap_or_default();
    let (when, limits) = (desk.when(), desk.session_limits());
    let session = Session::open(token, account.user.clone(), terminal, Factor::Password, &when, &limits);
    desk.account = Some(account.clone());
    desk.log(Act::LoginPasswordOk {})?;
    desk.log(Act::SessionStarted { factors: session.factors().to_vec() })?;
    desk.save_session(&session)?;
    let view = sessions::view(desk, &session, &account)?;
    Ok(Reply::LoggedIn { session: view, token: Secret::new(token.text().to_string()) })
}

/// The password again, for a locked session; the other factors follow.
fn unlock(desk: &mut Desk<'_, '_>, attempt: &Attempt, right: bool) -> Outcome {
    let caller = desk.caller_even_locked("unlock")?;
    let account = judge(desk, attempt, right)?;
    add(desk, caller.session, &account, Factor::Password)
}

/// Adds a factor that a provider has verified; [`super::factor::enter`] is its only caller.
pub(super) fn prove(
    desk: &mut Desk<'_, '_>,
    mut session: Session,
    account: &Account,
    proved: &Proved,
) -> Outcome {
    session.note_means(proved.means());
    if let Some(card) = proved.card() {
        session.note_card(CardUsed {
            key: card.enrolment().spki_sha256,
            revocation: card.revocation(),
            authorities: card.authorities().iter().map(ToString::to_string).collect(),
        });
    }
    add(desk, session, account, proved.factor())
}

/// Adds a proved factor to a session; a locked one opens when all kinds were proved again.
fn add(desk: &mut Desk<'_, '_>, mut session: Session, account: &Account, factor: Factor) -> Outcome {
    let (when, limits) = (desk.when(), desk.session_limits());
    let was_locked = matches!(session.phase(&when), Phase::Locked(_));
    // A session that is over its idle time without anybody having noticed is locked by now; note it.
    if was_locked && !session.is_lock_noted() {
        session.lock(LockCause::Idle, &when);
    }
    match session.prove(&account.user, factor, &when, &limits) {
        Ok(Phase::Live) if was_locked => {
            desk.log(Act::SessionUnlocked { factors: session.factors().to_vec() })?;
        }
        Ok(_) => {}
        Err(error) => return Err(desk.stop("prove", RefusalCode::NoSession, error)),
    }
    desk.save_session(&session)?;
    Ok(Reply::Session(sessions::view(desk, &session, account)?))
}

impl Station {
    /// First factor.
    pub(in crate::station) async fn login(
        &self,
        origin: &mut Origin,
        user: &str,
        password: Secret,
    ) -> Result<Reply, Refusal> {
        let (attempt, right) = self.try_password(origin, user, &password).await?;
        let bytes = random().map_err(|e| Refusal::new(RefusalCode::StoreFailed, e))?;
        let token = SessionToken::from_random(bytes);
        let id = id_of_token(&token.hash());
        // The entries of the login already name the session that it opens.
        let opening = Origin { session: Some(id.clone()), ..origin.clone() };
        let former = origin.session.clone();
        let reply = self
            .line_act(&opening, None, move |desk| open(desk, &attempt, right, &token, former.as_ref()))
            .await?;
        if let Reply::LoggedIn { session, .. } = &reply {
            origin.session = Some(id.clone());
            let holder = Holder { session: id, user: session.account.user.clone() };
            self.lines().hold(origin.line, Some(holder));
        }
        Ok(reply)
    }

    /// The password again, for a locked session.
    pub(in crate::station) async fn unlock(
        &self,
        origin: &Origin,
        password: Secret,
    ) -> Result<Reply, Refusal> {
        let found =
            self.line_value(origin, |desk| desk.caller_even_locked("unlock").map(|c| c.account.user)).await?;
        let (attempt, right) = self.try_password(origin, found.as_str(), &password).await?;
        self.line_act(origin, None, move |desk| unlock(desk, &attempt, right)).await
    }

    /// Lock-out first, then the hash, which takes as long for a user who does not exist. Both within one turn: of a
    /// flood of tries those that wait are refused when their turn comes, without a hash.
    async fn try_password(
        &self,
        origin: &Origin,
        user: &str,
        password: &Secret,
    ) -> Result<(std::sync::Arc<Attempt>, bool), Refusal> {
        let turn = self.turn().await?;
        let typed = user.to_owned();
        let attempt = self.line_value(origin, move |desk| begin(desk, &typed)).await?;
        let secret = SecretString::from(password.expose());
        let stored = attempt.stored.clone();
        let right = self.hash(turn, move |passwords| passwords.verify(&secret, stored.as_ref())).await?;
        Ok((std::sync::Arc::new(attempt), right))
    }

    /// Goes on with a session after a lost line or a restarted station, if the token is good.
    pub(in crate::station) async fn resume(
        &self,
        origin: &mut Origin,
        token: Secret,
    ) -> Option<crate::protocol::view::SessionView> {
        let Ok(token) = SessionToken::parse(token.expose()) else {
            self.note_refusal(origin, "resume", "セッションを再開できません。もう一度ログインしてください")
                .await;
            return None;
        };
        let hash = token.hash();
        let id = id_of_token(&hash);
        let resuming = Origin { session: Some(id.clone()), ..origin.clone() };
        let reply = self
            .line_act(&resuming, None, move |desk| {
                let caller = desk.caller_even_locked("resume")?;
                let source = desk.origin.map(|origin| origin.source.clone()).unwrap_or_default();
                let same_person = of_source(caller.session.terminal(), &source);
                if caller.session.token() != hash || !same_person {
                    let words = "セッションを再開できません。もう一度ログインしてください";
                    return Err(desk.stop("resume", RefusalCode::NoSession, words));
                }
                desk.log(Act::SessionResumed {})?;
                Ok(Reply::Session(sessions::view(desk, &caller.session, &caller.account)?))
            })
            .await;
        let Ok(Reply::Session(view)) = reply else { return None };
        origin.session = Some(id.clone());
        let holder = Holder { session: id, user: view.account.user.clone() };
        self.lines().hold(origin.line, Some(holder));
        Some(view)
    }
}

/// Whether a terminal belongs to a source: both begin with the uid that the kernel named.
fn of_source(terminal: &SafeText, source: &SafeText) -> bool {
    terminal.as_str().split(' ').next() == Some(source.as_str())
}

/// Replaces the stored hash of an account.
pub(crate) fn store_password(
    desk: &mut Desk<'_, '_>,
    user: &UserId,
    password: StoredPassword,
) -> Result<(), StoreError> {
    let credential = match desk.credential(user)? {
        Some(before) => Credential { password, ..before },
        None => Credential::new(password, Vec::new()),
    };
    desk.put(Table::Credentials, user.as_str(), &credential)
}
