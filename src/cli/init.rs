//! `kyukyu init`

use super::client::secret;
use super::{Failure, WrongUsage, out};
use crate::clock::{Clock, SystemClock};
use crate::domain::institution::{InstitutionCode, InstitutionError, InstitutionKind};
use crate::domain::{Permission, PersonName, Profession, SafeText, UserId};
use crate::protocol::Secret;
use crate::station::{FirstAccount, InitError, NewStation, initialise};
use secrecy::ExposeSecret;
use std::path::PathBuf;
use std::process::ExitCode;

/// Makes a station.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "例: kyukyu init --config /etc/kyukyu/kyukyu.toml --facility 架空総合病院 --kind hospital \\\n\
      --code 1311234567 --exchange /mnt/oqs --admin admin --admin-name '管理 花子'\n\
最初の管理者のパスワードは端末でたずねます（標準入力が端末でなければ1行目から読みます）。\n\
--second-admin を付けると、2人目のパスワードも続けてたずねます（標準入力の2行目）。2人が互いのカードを登録します。"
)]
pub(super) struct Options {
    /// 作成する設定ファイル（保管庫とソケットは同じフォルダに置かれます）
    #[arg(long, default_value = "/etc/kyukyu/kyukyu.toml", value_name = "FILE")]
    config: PathBuf,
    /// 施設名（画面の1行目に表示します）
    #[arg(long, value_name = "NAME")]
    facility: String,
    /// 機関の種類: hospital（病院）。診療所・薬局では利用できません
    #[arg(long, value_name = "KIND", value_parser = hospital)]
    kind: InstitutionKind,
    /// 医療機関コード（10桁）
    #[arg(long, value_name = "CODE", value_parser = InstitutionCode::parse)]
    code: InstitutionCode,
    /// 連携ソフトと共有するフォルダ（req・res・face の親）
    #[arg(long, value_name = "DIR")]
    exchange: PathBuf,
    /// 最初の施設管理者の利用者ID
    #[arg(long, value_name = "ID")]
    admin: UserId,
    /// 最初の施設管理者の氏名
    #[arg(long, value_name = "NAME", value_parser = PersonName::parse)]
    admin_name: PersonName,
    /// 2人目の施設管理者の利用者ID（自分のカードを自分で登録できないため、本番用では2人で始めます）
    #[arg(long, value_name = "ID", requires = "second_admin_name")]
    second_admin: Option<UserId>,
    /// 2人目の施設管理者の氏名
    #[arg(long, value_name = "NAME", requires = "second_admin", value_parser = PersonName::parse)]
    second_admin_name: Option<PersonName>,
    /// 訓練用の保管庫にします（あとから本番用にはできません）
    #[arg(long)]
    training: bool,
}

/// Only a hospital may look.
fn hospital(word: &str) -> Result<InstitutionKind, InstitutionError> {
    match word.parse()? {
        InstitutionKind::Hospital => Ok(InstitutionKind::Hospital),
        _ => Err(InstitutionError::NotAHospital),
    }
}

pub(super) fn run(options: Options) -> Result<ExitCode, Failure> {
    let user = options.admin;
    if options.second_admin.as_ref() == Some(&user) {
        return Err(WrongUsage::of(InitError::SameUser(user).to_string()));
    }
    let mut accounts = vec![administrator(user.clone(), options.admin_name, "最初の管理者")?];
    if let (Some(id), Some(name)) = (options.second_admin, options.second_admin_name) {
        accounts.push(administrator(id, name, "2人目の管理者")?);
    }
    let alone = accounts.len() == 1 && !options.training;
    let new = NewStation {
        config_path: options.config,
        facility: SafeText::new(&options.facility),
        kind: options.kind,
        code: options.code,
        exchange_root: options.exchange,
        training: options.training,
        accounts,
    };
    let made = initialise(new, &SystemClock::new().now())?;
    let missing = ["req", "res"].into_iter().find(|part| !made.config.exchange_root.join(part).is_dir());
    if let Some(part) = missing {
        let place = made.config.exchange_root.join(part);
        let then = "連携ソフトと共有するフォルダを接続し、場所が違うときは設定ファイルの exchange_root を直してください";
        out::note(format!("ご注意: {} がまだありません。{then}", place.display()));
    }
    out::line(format!("用意できました: {}", made.config_path.display()));
    out::line(format!("操作ログの検証鍵（控えて、監査の方に渡してください）: {}", made.log_key));
    out::line(format!(
        "次に、ステーションを起動してください: kyukyu serve --config {}",
        made.config_path.display()
    ));
    out::line(format!(
        "利用者の追加: kyukyu admin account add ID --name 氏名 --profession 職種 --user {user} --socket {}",
        made.config.socket.display()
    ));
    if alone {
        out::line(
            "施設管理者が1人です。自分のカードは自分で登録できません。2人目を追加し、互いのカードを登録してください",
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// An administrator, with the password that he types himself.
fn administrator(user: UserId, name: PersonName, who: &str) -> Result<FirstAccount, Failure> {
    let password = secret(&format!("{who}のパスワード（13文字以上）: "))?;
    Ok(FirstAccount {
        user,
        name,
        profession: Profession::Administrator,
        permissions: [Permission::Administer].into(),
        password: Secret::new(password.expose_secret().to_owned()),
        card: None,
    })
}
