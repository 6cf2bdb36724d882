//! Accounts and permissions (A1). Every change is on record; nobody changes his own rights (A9).

use super::{login, sessions};
use crate::domain::{Account, Permission, Permissions, PersonName, SafeText, UserId};
use crate::identity::{Personal, StoredPassword, check_password};
use crate::log::{Act, Change};
use crate::protocol::view::AccountView;
use crate::protocol::{Event, IdempotencyKey, Refusal, RefusalCode, Reply, Request, Secret};
use crate::station::desk::{Desk, Origin, Outcome, Stop};
use crate::station::effect::Audience;
use crate::station::records::Credential;
use crate::station::shop::random;
use crate::station::start::Station;
use crate::store::Table;
use secrecy::SecretString;

/// Accounts of a page: what a frame carries with ease.
const PAGE: usize = 100;

/// All accounts, a page at a time, for an administrator.
pub(crate) fn list(desk: &mut Desk<'_, '_>, after: Option<&UserId>) -> Outcome {
    desk.with_permission("list_accounts", Permission::Administer)?;
    let mut accounts: Vec<(String, Account)> = desk.tx.scan_prefix(Table::Accounts, "")?;
    accounts.retain(|(user, _)| after.is_none_or(|after| user.as_str() > after.as_str()));
    let more = accounts.len() > PAGE;
    let mut views = Vec::new();
    for (_, account) in accounts.into_iter().take(PAGE) {
        let locked_out = login::locked_out(desk, &account.user)?;
        let cards = desk.credential(&account.user)?.map(|c| c.cards.clone()).unwrap_or_default();
        let hc_roles = cards.iter().filter_map(|card| card.hc_role.clone()).collect();
        views.push(AccountView { account, locked_out, card_enrolled: !cards.is_empty(), hc_roles });
    }
    Ok(Reply::Accounts { accounts: views, more })
}

/// Grants or revokes a permission of somebody else.
pub(crate) fn set_permission(
    desk: &mut Desk<'_, '_>,
    user: &UserId,
    permission: Permission,
    granted: bool,
) -> Outcome {
    const ACT: &str = "set_permission";
    let mut account = other(desk, ACT, user)?;
    let named = SafeText::from(user.as_str());
    let changed = if granted {
        account.permissions.insert(permission)
    } else {
        account.permissions.remove(&permission)
    };
    if changed {
        desk.log(if granted {
            Act::PermissionGranted { user: named, permission }
        } else {
            Act::PermissionRevoked { user: named, permission }
        })?;
        desk.put(Table::Accounts, user.as_str(), &account)?;
        if !granted {
            end(desk, user, "権限が変更されました。もう一度ログインしてください")?;
        }
    }
    Ok(Reply::Done)
}

/// Disables or enables somebody else; a disabled one's sessions end at once.
pub(crate) fn set_disabled(desk: &mut Desk<'_, '_>, user: &UserId, disabled: bool) -> Outcome {
    const ACT: &str = "set_disabled";
    let mut account = other(desk, ACT, user)?;
    if account.disabled != disabled {
        let named = SafeText::from(user.as_str());
        desk.log(if disabled {
            Act::AccountDisabled { user: named }
        } else {
            let (from, to) = (Some("停止中".into()), Some("使用中".into()));
            let change = Change { field: "利用者の状態".into(), from, to };
            Act::AccountChanged { user: named, changes: vec![change] }
        })?;
        account.disabled = disabled;
        desk.put(Table::Accounts, user.as_str(), &account)?;
        if disabled {
            end(desk, user, "この利用者は施設管理者により停止されました")?;
        }
    }
    Ok(Reply::Done)
}

/// Ends every session of a person whose account was changed, and says so on its screens.
fn end(desk: &mut Desk<'_, '_>, user: &UserId, words: &str) -> Result<(), Stop> {
    sessions::end_all_of(desk, user)?;
    desk.push(Audience::User(user.clone()), Event::Ended { words: words.into() });
    Ok(())
}

/// Lifts a lock-out.
pub(crate) fn unlock(desk: &mut Desk<'_, '_>, user: &UserId) -> Outcome {
    const ACT: &str = "unlock_account";
    other(desk, ACT, user)?;
    login::forget_failures(desk, user)?;
    desk.log(Act::AccountUnlocked { user: user.as_str().into() })?;
    Ok(Reply::Done)
}

/// Somebody else's account, for an administrator.
pub(super) fn other(desk: &mut Desk<'_, '_>, act: &'static str, user: &UserId) -> Result<Account, Stop> {
    let caller = desk.with_permission(act, Permission::Administer)?;
    if caller.account.user == *user {
        let words = "自分自身の権限や状態は変更できません。ほかの施設管理者に依頼してください";
        return Err(desk.stop(act, RefusalCode::NoPermission, words));
    }
    let found: Option<Account> = desk.get(Table::Accounts, user.as_str())?;
    match found {
        Some(account) => Ok(account),
        None => Err(desk.stop(act, RefusalCode::NotFound, "その利用者は登録されていません")),
    }
}

/// The name and the 電子カルテ user id of a new account, checked behind the same door as everything else.
fn names(
    desk: &mut Desk<'_, '_>,
    name: &str,
    record_user: Option<&str>,
) -> Result<(PersonName, Option<SafeText>), Stop> {
    const ACT: &str = "add_account";
    desk.with_permission(ACT, Permission::Administer)?;
    let name = PersonName::parse(name).map_err(|e| desk.stop(ACT, RefusalCode::BadInput, e))?;
    let record_user = record_user.map(str::trim).filter(|id| !id.is_empty());
    let graphic = |id: &&str| id.len() <= 32 && id.bytes().all(|b| b.is_ascii_graphic());
    match record_user {
        Some(id) if !graphic(&id) => {
            Err(desk.stop(ACT, RefusalCode::BadInput, crate::domain::account::AccountError::RecordUserId))
        }
        id => Ok((name, id.map(SafeText::from))),
    }
}

/// Checks everything about an account to be added but its hash.
fn may_add(desk: &mut Desk<'_, '_>, account: &Account, password: &Secret) -> Result<(), Stop> {
    const ACT: &str = "add_account";
    desk.with_permission(ACT, Permission::Administer)?;
    let there: Option<Account> = desk.get(Table::Accounts, account.user.as_str())?;
    if there.is_some() {
        let words = "その利用者IDはすでに使われています。別のIDを指定してください";
        return Err(desk.stop(ACT, RefusalCode::BadInput, words));
    }
    policy(desk, ACT, account, password, false)
}

fn policy(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    account: &Account,
    password: &Secret,
    with_card: bool,
) -> Result<(), Stop> {
    let record_user = account.record_user.as_ref().map(SafeText::as_str);
    let personal = Personal { user: &account.user, name: &account.name, record_user, birth: None };
    let secret = SecretString::from(password.expose());
    check_password(&secret, &personal, with_card).map_err(|why| desk.stop(act, RefusalCode::BadInput, why))
}

fn add(desk: &mut Desk<'_, '_>, account: &Account, password: &StoredPassword) -> Outcome {
    desk.log(Act::AccountAdded {
        user: account.user.as_str().into(),
        name: account.name.as_str().into(),
        profession: account.profession,
        permissions: account.permissions.clone(),
    })?;
    desk.put(Table::Accounts, account.user.as_str(), account)?;
    let credential = Credential::new(password.clone(), Vec::new());
    desk.put(Table::Credentials, account.user.as_str(), &credential)?;
    Ok(Reply::Done)
}

/// One's own password, or another's by an administrator.
fn may_set(desk: &mut Desk<'_, '_>, user: &UserId, password: &Secret) -> Result<(), Stop> {
    const ACT: &str = "set_password";
    let caller = desk.caller(ACT)?;
    desk.card_where_enrolled(ACT, &caller)?;
    let account = if caller.account.user == *user { caller.account } else { other(desk, ACT, user)? };
    let with_card = desk.credential(user)?.is_some_and(|credential| !credential.cards.is_empty());
    policy(desk, ACT, &account, password, with_card)
}

fn set(desk: &mut Desk<'_, '_>, user: &UserId, password: &StoredPassword) -> Outcome {
    desk.log(Act::PasswordSet { user: user.as_str().into() })?;
    login::store_password(desk, user, password.clone())?;
    if desk.account.as_ref().is_some_and(|account| account.user != *user) {
        end(desk, user, "施設管理者がパスワードを設定しました。新しいパスワードでログインしてください")?;
    }
    Ok(Reply::Done)
}

impl Station {
    /// Acts that need a password hash between their checks and their effect.
    pub(in crate::station) async fn with_hash(
        &self,
        origin: &Origin,
        key: &IdempotencyKey,
        request: Request,
    ) -> Result<Reply, Refusal> {
        if let Some(reply) = self.done_before(origin, key).await? {
            return Ok(reply);
        }
        match request {
            Request::AddAccount { user, name, profession, record_user, password } => {
                let checked = (name.clone(), record_user.clone());
                let (name, record_user) = self
                    .line_value(origin, move |desk| names(desk, &checked.0, checked.1.as_deref()))
                    .await?;
                let permissions = Permissions::default();
                let account = Account { user, name, profession, record_user, permissions, disabled: false };
                let (checked, secret) = (account.clone(), password.clone());
                self.line_value(origin, move |desk| may_add(desk, &checked, &secret)).await?;
                let hash = self.new_hash(&password).await?;
                self.line_act(origin, Some(key), move |desk| {
                    may_add(desk, &account, &password)?;
                    add(desk, &account, &hash)
                })
                .await
            }
            Request::SetPassword { user, password } => {
                let (checked, secret) = (user.clone(), password.clone());
                self.line_value(origin, move |desk| may_set(desk, &checked, &secret)).await?;
                let hash = self.new_hash(&password).await?;
                // The doors once more: rights may have changed while the hash was computed.
                self.line_act(origin, Some(key), move |desk| {
                    may_set(desk, &user, &password)?;
                    set(desk, &user, &hash)
                })
                .await
            }
            _ => Err(Refusal::new(RefusalCode::BadRequest, "この要求はここでは扱えません")),
        }
    }

    async fn new_hash(&self, password: &Secret) -> Result<StoredPassword, Refusal> {
        let salt = random().map_err(|e| Refusal::new(RefusalCode::StoreFailed, e))?;
        let secret = SecretString::from(password.expose());
        let turn = self.turn().await?;
        let hashed = self.hash(turn, move |passwords| passwords.hash(&secret, &salt)).await?;
        hashed.map_err(|e| Refusal::new(RefusalCode::StoreFailed, e))
    }
}
