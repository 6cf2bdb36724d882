//! `kyukyu admin …`: accounts and permissions, and the doors to cards, authorities, tokens and the end of an emergency;
//! through the station like everything else.

use super::card::{self, CardCommand};
use super::client::{Login, ask, log_in, log_out, secret};
use super::damage::{self, DamageCommand};
use super::recovery::{self, RecoveryCommand};
use super::token::{self, TokenCommand};
use super::trust::{self, TrustCommand};
use super::{Failure, out};
use crate::client::{Client, ClientFault};
use crate::domain::{Permission, PersonName, Profession, UserId, hc_role};
use crate::protocol::view::AccountView;
use crate::protocol::{Reply, Request, Secret};
use clap::Subcommand;
use secrecy::ExposeSecret;
use std::process::ExitCode;

/// Administration.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    login: Login,
    /// 結果をJSONで出力します（エラーは標準エラー出力に文章で出ます。終了コードで判定してください）
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 利用者と権限の管理
    #[command(subcommand)]
    Account(AccountCommand),
    /// カードの登録・一覧・取消・承認
    #[command(subcommand)]
    Card(CardCommand),
    /// カードを発行した認証局の登録
    #[command(subcommand)]
    Trust(TrustCommand),
    /// ワンタイムパスワードのトークンの管理（緊急トークンを含みます）
    #[command(subcommand)]
    Token(TokenCommand),
    /// 緊急事態からの復旧
    #[command(subcommand)]
    Recovery(RecoveryCommand),
    /// 保管庫の異常（破損・紛失・巻戻し）の確認
    #[command(subcommand)]
    Damage(DamageCommand),
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// 利用者を追加します（新しいパスワードは標準入力の次の行、または端末でたずねます）
    Add {
        /// 利用者ID
        id: UserId,
        /// 氏名
        #[arg(long, value_name = "NAME", value_parser = PersonName::parse)]
        name: PersonName,
        /// 職種: doctor, dentist, nurse, pharmacist, clerk, administrator, auditor
        #[arg(long, value_name = "WORD")]
        profession: Profession,
        /// 電子カルテの利用者ID
        #[arg(long, value_name = "ID")]
        record_user: Option<String>,
    },
    /// 利用者の一覧（--json では全件で1つの配列）
    List,
    /// 権限を付与します: view（救急時閲覧）, admin（施設管理者）, audit（監査）
    Grant {
        /// 利用者ID
        id: UserId,
        /// 権限
        permission: Permission,
    },
    /// 権限を取り消します: view, admin, audit
    Revoke {
        /// 利用者ID
        id: UserId,
        /// 権限
        permission: Permission,
    },
    /// 利用者を停止します（履歴は残ります）
    Disable {
        /// 利用者ID
        id: UserId,
    },
    /// 停止を解除します
    Enable {
        /// 利用者ID
        id: UserId,
    },
    /// ログイン失敗による一時ロックを解除します
    Unlock {
        /// 利用者ID
        id: UserId,
    },
    /// パスワードを設定します（新しいパスワードは標準入力の次の行、または端末でたずねます）
    SetPassword {
        /// 利用者ID
        id: UserId,
    },
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let (mut client, _) = log_in(&options.login)?;
    let done = match &options.what {
        What::Account(AccountCommand::List) => list(&mut client, options.json),
        What::Account(command) => {
            account_request(command).and_then(|asked| act(&mut client, asked, options.json))
        }
        What::Card(command) => card::run(&mut client, &options.login, command, options.json),
        What::Trust(command) => trust::run(&mut client, command, options.json),
        What::Token(command) => token::run(&mut client, command, options.json),
        What::Damage(command) => damage::run(&mut client, command, options.json),
        What::Recovery(command) => recovery::run(&mut client, command, options.json),
    };
    let left = log_out(&mut client);
    done?;
    // Who declares a recovery may have ended his own session by it.
    if !matches!(options.what, What::Recovery(_)) {
        left?;
    }
    Ok(ExitCode::SUCCESS)
}

fn act(client: &mut Client, request: Request, json: bool) -> Result<(), Failure> {
    ask(client, request)?;
    out::done(json);
    Ok(())
}

/// Every account, page by page.
fn list(client: &mut Client, json: bool) -> Result<(), Failure> {
    let mut all: Vec<AccountView> = Vec::new();
    loop {
        let after = all.last().map(|view| view.account.user.clone());
        let Reply::Accounts { accounts, more } = ask(client, Request::ListAccounts { after })? else {
            return Err(Box::new(ClientFault::NotUnderstood));
        };
        let end = !more || accounts.is_empty();
        all.extend(accounts);
        if end {
            break;
        }
    }
    if json {
        out::json(&all);
    } else {
        out::table(&all.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

fn account_request(command: &AccountCommand) -> Result<Request, Failure> {
    let new_password = || secret("新しいパスワード: ").map(|s| Secret::new(s.expose_secret().to_owned()));
    Ok(match command {
        AccountCommand::Add { id, name, profession, record_user } => Request::AddAccount {
            user: id.clone(),
            name: name.as_str().to_owned(),
            profession: *profession,
            record_user: record_user.clone(),
            password: new_password()?,
        },
        AccountCommand::List => Request::ListAccounts { after: None },
        AccountCommand::Grant { id, permission } => {
            Request::SetPermission { user: id.clone(), permission: *permission, granted: true }
        }
        AccountCommand::Revoke { id, permission } => {
            Request::SetPermission { user: id.clone(), permission: *permission, granted: false }
        }
        AccountCommand::Disable { id } => Request::SetDisabled { user: id.clone(), disabled: true },
        AccountCommand::Enable { id } => Request::SetDisabled { user: id.clone(), disabled: false },
        AccountCommand::Unlock { id } => Request::UnlockAccount { user: id.clone() },
        AccountCommand::SetPassword { id } => {
            Request::SetPassword { user: id.clone(), password: new_password()? }
        }
    })
}

fn row(view: &AccountView) -> [String; 5] {
    let account = &view.account;
    let permissions: Vec<&str> = account.permissions.iter().map(|p| p.label()).collect();
    let mut notes = Vec::new();
    if account.disabled {
        notes.push("停止中".to_owned());
    }
    if view.locked_out {
        notes.push("一時ロック中".to_owned());
    }
    if view.card_enrolled {
        let roles: Vec<&str> = view.hc_roles.iter().map(|role| hc_role::label(role.as_str())).collect();
        let roles = if roles.is_empty() { String::new() } else { format!("（{}）", roles.join("・")) };
        notes.push(format!("カード登録済{roles}"));
    }
    [
        account.user.to_string(),
        account.name.as_str().to_owned(),
        account.profession.label().to_owned(),
        permissions.join("・"),
        notes.join("・"),
    ]
}
