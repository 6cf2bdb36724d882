//! `kyukyu init`: a new station, made once. It refuses to overwrite anything.

use super::acts::cards::fingerprint;
use super::records::Credential;
use super::sealing::created as created_key;
use super::shop::{NoRandomness, host, random, random_id};
use crate::clock::Now;
use crate::config::Config;
use crate::domain::institution::{InstitutionCode, InstitutionError, InstitutionKind};
use crate::domain::{Account, Permissions, PersonName, Profession, SafeText, UserId};
use crate::identity::{
    HashError, Passwords, Personal, PinError, PolicyError, ProofError, TrustStore, UnixSeconds,
    check_certificate, check_password,
};
use crate::log::{Act, ClockNote, EnrolledBy, NewEntry, NoteError, Stamp, VerifierKey, origin};
use crate::protocol::Secret;
use crate::store::{StationKey, Store, StoreError, StoreKind, Table, Tx, open_log_key};
use secrecy::SecretString;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What a new station is to be.
pub struct NewStation {
    /// Where the configuration is written; data and socket go beside it.
    pub config_path: PathBuf,
    /// Name of the facility.
    pub facility: SafeText,
    /// Kind of institution; only hospitals may.
    pub kind: InstitutionKind,
    /// 10 digits.
    pub code: InstitutionCode,
    /// Root of the exchange folder.
    pub exchange_root: PathBuf,
    /// A training store, for ever.
    pub training: bool,
    /// The first accounts; the first of them is the administrator.
    pub accounts: Vec<FirstAccount>,
}

/// An account made with the station.
pub struct FirstAccount {
    /// Id.
    pub user: UserId,
    /// 氏名
    pub name: PersonName,
    /// 資格/職種
    pub profession: Profession,
    /// What it may do.
    pub permissions: Permissions,
    /// First password.
    pub password: Secret,
    /// A card to enrol: its certificate, DER.
    pub card: Option<Vec<u8>>,
}

/// What was made.
#[derive(Debug)]
pub struct Initialised {
    /// The configuration file.
    pub config_path: PathBuf,
    /// Its content.
    pub config: Config,
    /// What others need to check the log's signatures.
    pub log_key: VerifierKey,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A8
    #[error(transparent)]
    Institution(#[from] InstitutionError),
    /// Something stands there.
    #[error("{0} がすでにあります。上書きはしません。別の場所を指定するか、先に移動してください")]
    Exists(PathBuf),
    /// Two first accounts under one id.
    #[error("利用者ID {0} が2回指定されています。別のIDを指定してください")]
    SameUser(UserId),
    /// A file or folder cannot be made.
    #[error("{path} を作成できません。場所と権限を確認してください")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A password that the policy refuses.
    #[error("{user}: {why}")]
    Password {
        /// Whose.
        user: UserId,
        /// Why.
        why: PolicyError,
    },
    /// A password that cannot be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A card that cannot be enrolled.
    #[error(transparent)]
    Card(#[from] ProofError),
    /// The training anchors.
    #[error(transparent)]
    Anchors(#[from] PinError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration cannot be written down.
    #[error("設定ファイルを書き出せません")]
    Config(#[from] toml::ser::Error),
    /// The key of the log.
    #[error(transparent)]
    LogKey(#[from] NoteError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

/// Makes configuration, key, store and first accounts.
pub fn initialise(new: NewStation, now: &Now) -> Result<Initialised, InitError> {
    if new.kind != InstitutionKind::Hospital {
        return Err(InstitutionError::NotAHospital.into());
    }
    let base = new.config_path.parent().unwrap_or(Path::new(".")).to_owned();
    if new.config_path.exists() {
        return Err(InitError::Exists(new.config_path));
    }
    for (at, one) in new.accounts.iter().enumerate() {
        if new.accounts.iter().skip(at + 1).any(|other| other.user == one.user) {
            return Err(InitError::SameUser(one.user.clone()));
        }
    }
    let credentials = credentials(&new, now)?;
    private_folder(&base)?;
    let config = config(&new)?;
    let data = base.join(&config.data);
    if data.join("store.redb").exists() {
        return Err(InitError::Exists(data.join("store.redb")));
    }
    private_folder(&data)?;
    private_folder(&data.join("crl"))?;
    let key = StationKey::create(&data.join("station.key"))?;
    let kind = if new.training { StoreKind::Training } else { StoreKind::Real };
    let host = host();
    let stamp = Stamp {
        utc_ms: now.utc_ms,
        boot_ms: now.boot_ms,
        boot_id: now.boot_id.clone(),
        clock: ClockNote::Steady,
    };
    let created = NewEntry::of_station(
        stamp.clone(),
        host.clone(),
        Act::StoreCreated { store_id: SafeText::default(), previous: None },
    );
    let store = Store::create(&data.join("store.redb"), kind, &key, |id| NewEntry {
        act: Act::StoreCreated { store_id: SafeText::new(&id.to_string()), previous: None },
        ..created
    })?;
    let (log_key, _) = open_log_key(&data.join("log.key"))?;
    let verifier = log_key.verifier(&origin(&store.store_id()))?;
    let adopted = verifier.clone();
    store.transact(move |tx| {
        tx.log(&NewEntry::of_station(stamp.clone(), host.clone(), created_key(&adopted, None)))?;
        tx.adopt_log_key(&adopted)?;
        for (account, credential) in &credentials {
            record(tx, account, credential, &stamp, &host)?;
        }
        // So that the first start does not find a log that ends as after a crash.
        let done = Act::StoreClosed { cause: "初期設定の完了".into() };
        tx.log(&NewEntry::of_station(stamp.clone(), host.clone(), done))?;
        tx.checkpoint(&log_key)?;
        Ok::<_, StoreError>(())
    })?;
    store.close()?;
    let text = format!("{HEADER}{}{CARDS}", toml::to_string_pretty(&config)?);
    let failed = |source| InitError::File { path: new.config_path.clone(), source };
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o640)
        .open(&new.config_path)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    let config = Config::load(&new.config_path)
        .map_err(|e| InitError::File { path: new.config_path.clone(), source: io::Error::other(e) })?;
    Ok(Initialised { config_path: new.config_path, config, log_key: verifier })
}

const HEADER: &str = "# kyukyu ステーションの設定。相対パスはこのファイルの場所が基準です。\n\
# 変更後はステーションを再起動してください。知らない項目は起動時に行番号付きで誤りとして示されます。\n\n";

/// What a site sets about cards, as the end of the file: explained, and not set.
const CARDS: &str = "
# カードの失効リスト（CRL）の場所。既定は data の下の crl です。拡張子 .crl のファイル（DERまたはPEM）を読みます。
# 閉域網では、認証局ごとの失効リストをほかの端末で入手し、別名で写してから .crl に改名してください（書きかけを読ませないため）。
# ルート認証局と発行局の両方の失効リストが要ります。ステーションは、カードの認証時に60秒に1回まで読み直します。
# crl_folder = \"data/crl\"
# 失効リストの期限（次回更新日時）が切れてもカードを受け付ける時間。0は受け付けない、最長720時間です（上の crl_grace_hours）。
# 猶予中のログインは、画面と操作ログにそのことが残ります。失効済みと分かっているカードは、猶予中も受け付けません。
# マイナンバーカードでの職員のログイン（上の my_number_login）は、既定で無効です。失効情報は認定を受けた検証者だけが受け取れるためです。
# 有効にするには、法令上の根拠を言葉で書いてください。根拠は起動のたびに操作ログに残り、失効は「確認なし」と記録されます。
# my_number_basis = \"（認定・承認の名称、年月日、番号）\"
";

fn config(new: &NewStation) -> Result<Config, InitError> {
    let tag = random_id()?;
    Ok(Config {
        facility: new.facility.clone(),
        institution_code: new.code.clone(),
        institution_kind: new.kind,
        socket: "station.sock".into(),
        data: "data".into(),
        exchange_root: std::path::absolute(&new.exchange_root)
            .map_err(|source| InitError::File { path: new.exchange_root.clone(), source })?,
        dialect: None,
        station_tag: SafeText::new(tag.get(..4).unwrap_or("0000")),
        methods: crate::domain::IdentificationMethod::ALL.to_vec(),
        answer_timeout_s: 90,
        idle_lock_min: 10,
        locked_end_min: 60,
        session_hours: 12,
        witness_folder: None,
        emergency_token_hours: 24,
        review_due_days: 7,
        explanation_contact: None,
        poll_only: false,
        archive: crate::config::archive::Archive::default(),
        crl_folder: None,
        crl_grace_hours: 0,
        my_number_login: false,
        my_number_basis: None,
    })
}

fn credentials(new: &NewStation, now: &Now) -> Result<Vec<(Account, Credential)>, InitError> {
    let trust = if new.training { TrustStore::training()? } else { TrustStore::live() };
    let passwords = Passwords::standard()?;
    let wall = UnixSeconds(u64::try_from(now.utc_ms / 1000).unwrap_or_default());
    new.accounts
        .iter()
        .map(|first| {
            let account = Account {
                user: first.user.clone(),
                name: first.name.clone(),
                profession: first.profession,
                record_user: None,
                permissions: first.permissions.clone(),
                disabled: false,
            };
            let personal =
                Personal { user: &account.user, name: &account.name, record_user: None, birth: None };
            let secret = SecretString::from(first.password.expose());
            check_password(&secret, &personal, first.card.is_some())
                .map_err(|why| InitError::Password { user: first.user.clone(), why })?;
            let password = passwords.hash(&secret, &random()?)?;
            let cards = first
                .card
                .iter()
                .map(|der| check_certificate(der, &trust, wall))
                .collect::<Result<_, _>>()?;
            Ok((account, Credential::new(password, cards)))
        })
        .collect()
}

fn record(
    tx: &mut Tx<'_>,
    account: &Account,
    credential: &Credential,
    stamp: &Stamp,
    host: &SafeText,
) -> Result<(), StoreError> {
    let mut log = |act| tx.log(&NewEntry::of_station(stamp.clone(), host.clone(), act)).map(drop);
    let user = SafeText::from(account.user.as_str());
    log(Act::AccountAdded {
        user: user.clone(),
        name: account.name.as_str().into(),
        profession: account.profession,
        permissions: account.permissions.clone(),
    })?;
    for card in &credential.cards {
        let factor = card.factor();
        log(Act::CardEnrolled {
            user: user.clone(),
            factor,
            certificate: fingerprint(card),
            hc_role: card.hc_role.clone(),
            by: Some(EnrolledBy::Certificate),
        })?;
    }
    tx.put(Table::Accounts, account.user.as_str(), account)?;
    tx.put(Table::Credentials, account.user.as_str(), credential)
}

fn private_folder(path: &Path) -> Result<(), InitError> {
    let failed = |source| InitError::File { path: path.to_owned(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o750).create(path).map_err(failed)
}
