//! The temporary site: its folder, its accounts, its two processes.

use crate::card::software::{CardFile, CardFileError, training_card};
use crate::clock::{Clock, SystemClock};
use crate::domain::account::AccountError;
use crate::domain::institution::{InstitutionCode, InstitutionError, InstitutionKind};
use crate::domain::{Permission, PersonName, Profession, SafeText, UserId};
use crate::protocol::Secret;
use crate::station::{FirstAccount, InitError, NewStation, initialise};
use crate::terminal::HelperCommand;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// PIN of the training card.
pub(super) const PIN: &str = "2468";
/// Password of every training account.
pub(super) const PASSWORD: &str = "kunren-yoru-3ji";
/// The doctor of the training accounts.
pub(super) const DOCTOR: &str = "sato";

const FOLDER_PREFIX: &str = "kyukyu-demo-";
const ALIVE: &str = "alive";
/// A folder without its lock is one that is just being made, or was left long ago.
const YOUNG: Duration = Duration::from_mins(10);
const STATION_DEADLINE: Duration = Duration::from_secs(15);

/// Why the demo does not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The temporary folder.
    #[error("訓練用の一時フォルダを用意できません。空き容量と権限を確認してください")]
    Folder(#[from] io::Error),
    /// The station.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The card.
    #[error(transparent)]
    Card(#[from] CardFileError),
    /// A built-in value that does not pass its own check.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The same.
    #[error(transparent)]
    Institution(#[from] InstitutionError),
    /// The station did not come up.
    #[error("訓練用ステーションが起動しませんでした。記録: {0}")]
    NotUp(String),
}

/// A running training site. Dropping it ends the processes and removes the folder.
pub struct Site {
    folder: PathBuf,
    children: Vec<Child>,
    /// Locked for as long as this process lives, however it ends: so another demo knows whose folder is left over.
    _alive: File,
}

impl Site {
    /// Makes the site and starts the station and the stand-in link software.
    pub fn start(linksim_arguments: &[OsString]) -> Result<Self, DemoError> {
        sweep();
        let folder = std::env::temp_dir().join(format!("{FOLDER_PREFIX}{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let alive = File::create_new(folder.join(ALIVE))?;
        alive.lock()?;
        let mut site = Self { folder, children: Vec::new(), _alive: alive };
        site.make()?;
        let own = std::env::current_exe()?;
        let exchange = site.folder.join("exchange");
        let mut linksim = Command::new(&own);
        linksim.arg("linksim").arg("--root").arg(&exchange).arg("--end-with-parent").args(linksim_arguments);
        site.spawn(linksim, "linksim.log")?;
        let mut station = Command::new(&own);
        station.arg("serve").arg("--config").arg(site.folder.join("kyukyu.toml"));
        station.arg("--training-hints").arg(site.folder.join("hints.json")).arg("--end-with-parent");
        site.spawn(station, "station.log")?;
        site.wait_until_up()?;
        Ok(site)
    }

    /// Ends the process in order when it is told to end by a signal. The screen does so by itself; this is for when
    /// there is none.
    pub fn end_on_signals(&self) -> io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let folder = self.folder.clone();
        thread::Builder::new().name("signals".into()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                // The two processes of the site end with this one.
                let _ = fs::remove_dir_all(folder);
                std::process::exit(128 + signal);
            }
        })?;
        Ok(())
    }

    /// Where the terminal connects.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("station.sock")
    }

    /// How the terminal asks the training card.
    pub fn helper(&self) -> io::Result<HelperCommand> {
        Ok(HelperCommand {
            program: std::env::current_exe()?.into_os_string(),
            arguments: vec![
                "card-helper".into(),
                "--software-card".into(),
                self.card_file().into_os_string(),
            ],
        })
    }

    /// The software card's file.
    pub fn card_file(&self) -> PathBuf {
        self.folder.join("card.json")
    }

    fn make(&self) -> Result<(), DemoError> {
        let new = NewStation {
            config_path: self.folder.join("kyukyu.toml"),
            facility: SafeText::new("架空総合病院"),
            kind: InstitutionKind::Hospital,
            code: InstitutionCode::parse("1311234567")?,
            exchange_root: self.folder.join("exchange"),
            training: true,
            accounts: accounts()?,
        };
        fs::create_dir(self.folder.join("exchange"))?;
        initialise(new, &SystemClock::new().now())?;
        CardFile::training("doctor-1", PIN.into())?.save(&self.card_file())?;
        let hints = serde_json::to_vec(&hints()).map_err(io::Error::from)?;
        fs::write(self.folder.join("hints.json"), hints)?;
        Ok(())
    }

    fn spawn(&mut self, mut command: Command, log: &str) -> io::Result<()> {
        let log = File::create(self.folder.join(log))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.children.push(command.spawn()?);
        Ok(())
    }

    fn wait_until_up(&mut self) -> Result<(), DemoError> {
        let deadline = Instant::now() + STATION_DEADLINE;
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            let ended = self.children.iter_mut().any(|child| !matches!(child.try_wait(), Ok(None)));
            if ended || Instant::now() > deadline {
                let said = fs::read_to_string(self.folder.join("station.log")).unwrap_or_default();
                return Err(DemoError::NotUp(said));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes what a demo left that was killed: its lock is free, its folder still there.
fn sweep() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(FOLDER_PREFIX));
        if ours && abandoned(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn abandoned(folder: &Path) -> bool {
    match File::open(folder.join(ALIVE)) {
        Ok(alive) => alive.try_lock().is_ok(),
        Err(_) => fs::symlink_metadata(folder)
            .and_then(|folder| folder.modified())
            .is_ok_and(|made| made.elapsed().is_ok_and(|age| age > YOUNG)),
    }
}

fn accounts() -> Result<Vec<FirstAccount>, DemoError> {
    let account = |user: &str, name: &str, profession, permissions: &[Permission], card: Option<&str>| {
        Ok::<_, DemoError>(FirstAccount {
            user: UserId::parse(user)?,
            name: PersonName::parse(name)?,
            profession,
            permissions: permissions.iter().copied().collect(),
            password: Secret::new(PASSWORD.to_owned()),
            card: card.and_then(training_card).map(|card| card.certificate.to_vec()),
        })
    };
    Ok(vec![
        account("kanri", "管理 花子", Profession::Administrator, &[Permission::Administer], None)?,
        account(DOCTOR, "佐藤 一郎", Profession::Doctor, &[Permission::EmergencyView], Some("doctor-1"))?,
        account("suzuki", "鈴木 次郎", Profession::Nurse, &[], None)?,
        account("kansa", "監査 三郎", Profession::Auditor, &[Permission::Audit], None)?,
    ])
}

fn hints() -> Vec<SafeText> {
    [
        format!("訓練用の利用者 医師: {DOCTOR}  看護師（閲覧権限なし）: suzuki  管理者: kanri  監査: kansa"),
        format!("パスワード（共通）: {PASSWORD}    訓練カードのPIN: {PIN}"),
    ]
    .map(SafeText::from)
    .into()
}
