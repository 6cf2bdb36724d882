//! One-time-password tokens (A3, A7): enrolled by an administrator for somebody else, used after the password, revoked.

use super::factor::{self, Found};
use super::{accounts, sessions};
use crate::clock;
use crate::domain::{Account, Permission, SafeText, UserId};
use crate::identity::otp::{Code, Ended, Offer, Parameters, Purpose, Seed, Token};
use crate::identity::{self, BootMillis, Tokens, UnixSeconds};
use crate::log::Act;
use crate::protocol::view::{EmergencyView, TokenView};
use crate::protocol::{Event, Refusal, RefusalCode, Reply, Secret};
use crate::station::desk::{Desk, Origin, Outcome, Stop, public_id};
use crate::station::effect::Audience;
use crate::station::records::Recovery;
use crate::station::reviews;
use crate::station::shop::{random, random_id};
use crate::station::start::Station;
use crate::store::{ReadTx, StoreError, Table};
use std::cell::RefCell;
use zeroize::Zeroizing;

/// Tokens of a page: what a frame carries with ease.
const PAGE: usize = 100;
/// Tokens in force of one account: each is one more code that a guess may hit.
const AT_ONCE: usize = 3;
/// Characters of a reason.
const REASON: usize = 200;

/// Where a token is kept.
fn key(user: &UserId, token: &SafeText) -> String {
    format!("{user}/{token}")
}

fn of(desk: &Desk<'_, '_>, user: &UserId) -> Result<Vec<Token>, StoreError> {
    let kept: Vec<(String, Token)> = desk.tx.scan_prefix(Table::Tokens, &format!("{user}/"))?;
    Ok(kept.into_iter().map(|(_, token)| token).collect())
}

fn put(desk: &mut Desk<'_, '_>, token: &Token) -> Result<(), StoreError> {
    desk.put(Table::Tokens, &key(&token.user, &token.id), token)
}

/// Whether a token is in force for an account.
pub(crate) fn has_one(desk: &Desk<'_, '_>, user: &UserId) -> Result<bool, StoreError> {
    let now = desk.when();
    Ok(of(desk, user)?.iter().any(|token| token.ended(&now).is_none()))
}

/// The second factor: a code, after the password.
pub(crate) fn prove(desk: &mut Desk<'_, '_>, code: &Secret) -> Outcome {
    const ACT: &str = "one_time_proof";
    let caller = desk.caller_even_locked(ACT)?;
    let code = Code::parse(code.expose()).map_err(|why| desk.stop(ACT, RefusalCode::BadInput, why))?;
    let before = of(desk, &caller.account.user)?;
    let is_emergency =
        |id: &SafeText| before.iter().any(|token| token.id == *id && token.emergency.is_some());
    let mut kept = before.clone();
    let mut tokens = Tokens { kept: &mut kept };
    let used = RefCell::new(None);
    let done = factor::enter(desk, (ACT, RefusalCode::BadFactor), &mut tokens, &code, |found| match found {
        Found::Proved(by) => {
            let emergency = is_emergency(by.means());
            if emergency {
                used.replace(Some((by.means().clone(), by.factor())));
            }
            Act::TokenAccepted {
                token: by.means().clone(),
                factor: by.factor(),
                emergency,
                priority_review: emergency,
            }
        }
        Found::Not(why, failures) => Act::TokenRefused { why: why.clone(), failures },
    })?;
    if let (Some((token, factor)), Some(session)) = (used.into_inner(), desk.session.as_ref().map(public_id))
    {
        reviews::token_used(desk, &caller.account, &token, &session, factor)?;
    }
    // Which step was taken is kept in the transaction that takes it.
    for token in kept.iter().filter(|token| !token.is_end_noted()) {
        put(desk, token)?;
    }
    Ok(done)
}

/// All tokens, or those of one account, a page at a time.
pub(crate) fn list(
    desk: &mut Desk<'_, '_>,
    user: Option<&UserId>,
    after: Option<&(UserId, SafeText)>,
) -> Outcome {
    desk.with_permission("list_tokens", Permission::Administer)?;
    let prefix = user.map(|user| format!("{user}/")).unwrap_or_default();
    let mut kept: Vec<(String, Token)> = desk.tx.scan_prefix(Table::Tokens, &prefix)?;
    let after = after.map(|(user, token)| key(user, token));
    kept.retain(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let more = kept.len() > PAGE;
    let now = desk.when();
    let tokens = kept.iter().take(PAGE).map(|(_, token)| view(token, &now)).collect();
    Ok(Reply::Tokens { tokens, more })
}

fn view(token: &Token, now: &identity::session::Now<'_>) -> TokenView {
    let ended = token.ended(now);
    let period = i64::try_from(Parameters::STANDARD.period_s).unwrap_or_default();
    TokenView {
        token: token.id.clone(),
        user: token.user.clone(),
        in_force: ended.is_none(),
        state: ended.map_or("有効", Ended::label).into(),
        made: minute(token.made),
        made_by: token.made_by.clone(),
        last: minute(token.last_moment()),
        drift_s: token.drift().saturating_mul(period),
        emergency: token.emergency.as_ref().map(|emergency| EmergencyView {
            reason: emergency.reason.clone(),
            until: minute(emergency.until),
        }),
    }
}

pub(super) fn minute(at: UnixSeconds) -> SafeText {
    clock::minute(i64::try_from(at.0).unwrap_or_default().saturating_mul(1000))
}

/// Ends a token of somebody else and the sessions that rest on it.
pub(crate) fn revoke(desk: &mut Desk<'_, '_>, user: &UserId, token: &SafeText, reason: &str) -> Outcome {
    const ACT: &str = "revoke_token";
    accounts::other(desk, ACT, user)?;
    let reason = reason_of(desk, ACT, reason)?;
    let found: Option<Token> = desk.get(Table::Tokens, &key(user, token))?;
    let now = desk.when();
    let Some(found) = found.filter(|token| token.ended(&now).is_none()) else {
        let words = "そのトークンは登録されていないか、すでに失効しています。一覧で番号を確認してください";
        return Err(desk.stop(ACT, RefusalCode::NotFound, words));
    };
    desk.log(Act::TokenRevoked { user: user.as_str().into(), token: token.clone(), reason })?;
    let words = "認証に使ったトークンが失効しました。もう一度ログインしてください";
    end(desk, found, Ended::Revoked, words)?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(Reply::Done)
}

/// Writes a token's end down and ends its sessions; how many there were. Why stands on record already.
pub(super) fn end(desk: &mut Desk<'_, '_>, mut token: Token, why: Ended, words: &str) -> Result<u32, Stop> {
    token.end(why, desk.when().wall);
    put(desk, &token)?;
    sessions::end_resting_on(desk, &token.id, words)
}

/// Words that say why something was done.
pub(super) fn reason_of(desk: &mut Desk<'_, '_>, act: &'static str, typed: &str) -> Result<SafeText, Stop> {
    let typed = typed.trim();
    if typed.is_empty() || typed.chars().count() > REASON {
        let words = format!("理由を1～{REASON}文字で入力してください");
        return Err(desk.stop(act, RefusalCode::BadInput, words));
    }
    Ok(SafeText::new(typed))
}

/// Emergency tokens in force, the one that ends last at the end.
pub(super) fn emergencies(desk: &Desk<'_, '_>) -> Result<Vec<Token>, StoreError> {
    let now = desk.when();
    let kept: Vec<(String, Token)> = desk.tx.scan_prefix(Table::Tokens, "")?;
    let in_force = |token: &Token| token.emergency.is_some() && token.ended(&now).is_none();
    let mut tokens: Vec<Token> = kept.into_iter().map(|(_, token)| token).filter(in_force).collect();
    tokens.sort_by_key(|token| token.emergency.as_ref().map(|emergency| emergency.until));
    Ok(tokens)
}

/// For an administrator's home screen: how many emergency tokens are in force, and until when.
pub(crate) fn news(desk: &Desk<'_, '_>, account: &Account) -> Result<Option<SafeText>, StoreError> {
    if !account.may(Permission::Administer) {
        return Ok(None);
    }
    let tokens = emergencies(desk)?;
    let until = tokens.last().and_then(|token| token.emergency.as_ref()).map(|e| minute(e.until));
    let words = until.map(|until| format!("緊急トークンが{}件有効です（最長 {until} まで）", tokens.len()));
    Ok(words.map(SafeText::from))
}

/// Emergency tokens whose time is over without that being on record.
pub(crate) fn due(tx: &ReadTx, now: &identity::session::Now<'_>) -> Result<Vec<String>, StoreError> {
    let kept: Vec<(String, Token)> = tx.scan_prefix(Table::Tokens, "")?;
    let over = kept.into_iter().filter(|(_, token)| !token.is_end_noted() && token.ended(now).is_some());
    Ok(over.map(|(key, _)| key).collect())
}

/// An emergency token's time is over.
pub(crate) fn expire(desk: &mut Desk<'_, '_>, key: &str) -> Result<(), Stop> {
    let token: Option<Token> = desk.get(Table::Tokens, key)?;
    let now = desk.when();
    let Some(token) = token.filter(|t| !t.is_end_noted() && t.ended(&now).is_some()) else { return Ok(()) };
    let (user, id) = (token.user.as_str().into(), token.id.clone());
    desk.log(Act::EmergencyTokenExpired { user, token: id })?;
    let words = "緊急トークンの期限が切れたため、セッションを終了しました。カードでログインするか、施設管理者に連絡してください";
    end(desk, token, Ended::Expired, words)?;
    desk.push(Audience::All, Event::HomeChanged);
    Ok(())
}

/// The doors of whoever makes a token: an administrator, for somebody else who can log in.
fn may_make(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    user: &UserId,
    purpose: &Purpose,
) -> Result<UserId, Stop> {
    let account = accounts::other(desk, act, user)?;
    if account.disabled {
        let words = "その利用者は停止中です。先に停止を解除してください";
        return Err(desk.stop(act, RefusalCode::WrongState, words));
    }
    if let Purpose::Emergency { hours, .. } = purpose {
        let most = desk.shop.config.emergency_token_hours;
        if !(1..=most).contains(hours) {
            let words = format!("有効時間は1～{most}時間で指定してください");
            return Err(desk.stop(act, RefusalCode::BadInput, words));
        }
    }
    let now = desk.when();
    if of(desk, user)?.iter().filter(|token| token.ended(&now).is_none()).count() >= AT_ONCE {
        let words = format!(
            "有効なトークンは1人{AT_ONCE}個までです。使っていないトークンを失効させてから登録してください"
        );
        return Err(desk.stop(act, RefusalCode::WrongState, words));
    }
    // `other` let an administrator in, so there is one.
    let by = desk.account.as_ref().map(|account| account.user.clone());
    by.ok_or_else(|| {
        desk.stop(
            act,
            RefusalCode::NoSession,
            "ログインしていません。利用者IDとパスワードでログインしてください",
        )
    })
}

fn recoveries(desk: &Desk<'_, '_>) -> Result<u64, StoreError> {
    Ok(desk.get::<Recovery>(Table::Settings, super::recovery::KEY)?.map_or(0, |recovery| recovery.count))
}

fn begin(
    desk: &mut Desk<'_, '_>,
    user: &UserId,
    emergency: Option<&(String, u64)>,
    made: &(SafeText, Seed),
) -> Result<Offer, Stop> {
    let act = if emergency.is_some() { "begin_emergency_token" } else { "begin_token" };
    let purpose = match emergency {
        None => Purpose::Usual,
        Some((reason, hours)) => {
            desk.with_permission(act, Permission::Administer)?;
            Purpose::Emergency { reason: reason_of(desk, act, reason)?, hours: *hours }
        }
    };
    let by = may_make(desk, act, user, &purpose)?;
    let (token, seed) = made.clone();
    let shown = Act::TokenSecretShown {
        user: user.as_str().into(),
        token: token.clone(),
        emergency: emergency.is_some(),
    };
    desk.log(shown)?;
    let now = desk.when().boot;
    Ok(Offer::new(token, (user.clone(), by), purpose, recoveries(desk)?, seed, now))
}

fn confirm(desk: &mut Desk<'_, '_>, offer: &Offer, code: &Secret) -> Outcome {
    const ACT: &str = "confirm_token";
    let by = may_make(desk, ACT, &offer.user, &offer.purpose)?;
    let emergency = matches!(offer.purpose, Purpose::Emergency { .. });
    if by != offer.by || emergency && recoveries(desk)? != offer.recoveries {
        let words = "登録を始めたあとで状況が変わりました。登録を最初からやり直してください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    }
    let code = Code::parse(code.expose()).map_err(|why| desk.stop(ACT, RefusalCode::BadInput, why))?;
    let token =
        offer.confirm(&code, &desk.when()).map_err(|why| desk.stop(ACT, RefusalCode::BadFactor, why))?;
    let (user, id) = (SafeText::from(token.user.as_str()), token.id.clone());
    desk.log(match &token.emergency {
        None => Act::TokenEnrolled { user, token: id },
        Some(emergency) => Act::EmergencyTokenIssued {
            user,
            token: id,
            reason: emergency.reason.clone(),
            until: minute(emergency.until),
            priority_review: true,
        },
    })?;
    put(desk, &token)?;
    if let Some(emergency) = &token.emergency {
        let holder: Option<Account> = desk.get(Table::Accounts, token.user.as_str())?;
        let (Some(issuer), Some(holder)) = (desk.account.clone(), holder) else {
            return Err(desk.stop(ACT, RefusalCode::NotFound, "その利用者は登録されていません"));
        };
        reviews::token_issued(desk, &issuer, &holder, &token.id, &emergency.reason)?;
    }
    desk.push(Audience::All, Event::HomeChanged);
    Ok(Reply::Done)
}

impl Station {
    /// Makes a token and shows its secret, this once.
    pub(in crate::station) async fn begin_token(
        &self,
        origin: &Origin,
        user: UserId,
        emergency: Option<(String, u64)>,
    ) -> Result<Reply, Refusal> {
        let failed = |why: &dyn std::fmt::Display| Refusal::new(RefusalCode::StoreFailed, why);
        let bytes = Zeroizing::new(random().map_err(|why| failed(&why))?);
        let id: String = random_id().map_err(|why| failed(&why))?.chars().take(8).collect();
        let made = (SafeText::new(&id), Seed::from_random(*bytes));
        let offer =
            self.line_value(origin, move |desk| begin(desk, &user, emergency.as_ref(), &made)).await?;
        let training = if self.shop.training { "訓練 " } else { "" };
        let issuer = format!("{training}{}", self.shop.config.facility);
        let uri = offer.seed.uri(&Parameters::STANDARD, &issuer, &offer.user);
        let reply = Reply::NewToken {
            token: offer.id.clone(),
            secret: Secret::new(offer.seed.text().to_string()),
            uri: Secret::new(uri.to_string()),
        };
        self.offers().keep(origin.line, offer);
        Ok(reply)
    }

    /// The first code: from here on the token counts.
    pub(in crate::station) async fn confirm_token(
        &self,
        origin: &Origin,
        code: Secret,
    ) -> Result<Reply, Refusal> {
        let now = BootMillis(self.shop.now().boot_ms);
        let found = self.offers().for_a_try(origin.line, now);
        let done = self
            .line_act(origin, None, move |desk| match &found {
                Ok(offer) => confirm(desk, offer, &code),
                Err(why) => {
                    const ACT: &str = "confirm_token";
                    desk.with_permission(ACT, Permission::Administer)?;
                    Err(desk.stop(ACT, RefusalCode::WrongState, why))
                }
            })
            .await;
        if done.is_ok() {
            self.offers().forget(origin.line);
        }
        done
    }
}
