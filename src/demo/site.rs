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
use std::sync::{Arc, Mutex, PoisonError};
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
const STATION: &str = "ステーション";
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
    /// A process of the site ended before the station listened, or the station does not listen.
    #[error("訓練環境の{part}が起動しませんでした。{said}")]
    NotUp {
        /// Which.
        part: &'static str,
        /// What it said itself, or what to do.
        said: String,
    },
}

/// A process of the site.
struct Part {
    /// As people call it.
    name: &'static str,
    child: Child,
    /// What it says, below the site's folder.
    log: &'static str,
}

/// The processes of the site. Whoever is told to end ends them, be it the script or a signal.
type Parts = Arc<Mutex<Vec<Part>>>;

/// Ends the processes, and only then removes the folder: a station that is about to end still writes into it.
fn end(parts: &Parts, folder: &Path) {
    let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
    for part in parts.iter_mut() {
        let _ = part.child.kill();
        let _ = part.child.wait();
    }
    let _ = fs::remove_dir_all(folder);
}

/// A running training site. Dropping it ends the processes and removes the folder.
pub struct Site {
    folder: PathBuf,
    parts: Parts,
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
        let site = Self { folder, parts: Parts::default(), _alive: alive };
        site.make()?;
        let own = std::env::current_exe()?;
        let exchange = site.folder.join("exchange");
        let mut linksim = Command::new(&own);
        linksim.arg("linksim").arg("--root").arg(&exchange).arg("--end-with-parent").args(linksim_arguments);
        site.spawn("連携ソフトの代役", linksim, "linksim.log")?;
        let mut station = Command::new(&own);
        station.arg("serve").arg("--config").arg(site.folder.join("kyukyu.toml"));
        station.arg("--training-hints").arg(site.folder.join("hints.json")).arg("--end-with-parent");
        site.spawn(STATION, station, "station.log")?;
        site.wait_until_up()?;
        Ok(site)
    }

    /// Ends the process in order when it is told to end by a signal. The screen does so by itself; this is for when
    /// there is none.
    pub fn end_on_signals(&self) -> io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let (parts, folder) = (Arc::clone(&self.parts), self.folder.clone());
        thread::Builder::new().name("signals".into()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                end(&parts, &folder);
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

    fn spawn(&self, name: &'static str, mut command: Command, log: &'static str) -> io::Result<()> {
        let file = File::create(self.folder.join(log))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn()?;
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(Part { name, child, log });
        Ok(())
    }

    fn wait_until_up(&self) -> Result<(), DemoError> {
        let deadline = Instant::now() + STATION_DEADLINE;
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            if let Some((part, log)) = self.ended() {
                let said = fs::read_to_string(self.folder.join(log)).unwrap_or_default();
                return Err(DemoError::NotUp { part, said: said.trim_end().to_owned() });
            }
            if Instant::now() > deadline {
                let said = "時間内に応答がありません。ほかのプログラムを減らして、もう一度起動してください";
                return Err(DemoError::NotUp { part: STATION, said: said.to_owned() });
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// A process that is gone, and where it said why.
    fn ended(&self) -> Option<(&'static str, &'static str)> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter_mut().find_map(|part| {
            let ended = !matches!(part.child.try_wait(), Ok(None));
            ended.then_some((part.name, part.log))
        })
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        end(&self.parts, &self.folder);
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
