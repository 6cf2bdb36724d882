//! A training site in a temporary folder: `kyukyu serve` and `kyukyu linksim` as processes of their own, over a real
//! socket and a real folder.

use kyukyu::card::software::training_card;
use kyukyu::client::Client;
use kyukyu::clock::{Clock, SystemClock};
use kyukyu::config::Config;
use kyukyu::domain::enquiry::EnquiryId;
use kyukyu::domain::institution::{InstitutionCode, InstitutionKind};
use kyukyu::domain::{Permission, PersonName, Profession, SafeText, UserId};
use kyukyu::protocol::Secret;
use kyukyu::station::{FirstAccount, NewStation, initialise};
use kyukyu::store::{StationKey, Store, StoreError, Table};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

pub const PASSWORD: &str = "yoru-no-kyukyu-3ji";
pub const PIN: &str = "13579";

/// sato and tanaka are doctors with 救急時閲覧権限 and cards doctor-1 and doctor-2; suzuki is a nurse without the
/// permission (card doctor-3); kanri administers; kansa audits.
pub struct Site {
    pub folder: tempfile::TempDir,
    station: Option<Child>,
    linksim: Option<Child>,
}

fn account(
    user: &str,
    name: &str,
    profession: Profession,
    permissions: &[Permission],
    card: Option<&str>,
) -> FirstAccount {
    FirstAccount {
        user: UserId::parse(user).unwrap(),
        name: PersonName::parse(name).unwrap(),
        profession,
        permissions: permissions.iter().copied().collect(),
        password: Secret::new(PASSWORD.to_owned()),
        card: card.map(|card| training_card(card).unwrap().certificate.to_vec()),
    }
}

/// What `init` writes, made once a test program: hashing five passwords takes a second.
static MADE: LazyLock<Vec<(PathBuf, u32, Vec<u8>)>> = LazyLock::new(|| {
    let folder = temporary();
    let view = Permission::EmergencyView;
    let new = NewStation {
        config_path: folder.path().join("site/kyukyu.toml"),
        facility: SafeText::new("架空総合病院"),
        kind: InstitutionKind::Hospital,
        code: InstitutionCode::parse("1311234567").unwrap(),
        exchange_root: "/exchange".into(),
        training: true,
        accounts: vec![
            account("kanri", "管理 花子", Profession::Administrator, &[Permission::Administer], None),
            account("sato", "佐藤 一郎", Profession::Doctor, &[view], Some("doctor-1")),
            account("tanaka", "田中 二郎", Profession::Doctor, &[view], Some("doctor-2")),
            account("suzuki", "鈴木 三郎", Profession::Nurse, &[], Some("doctor-3")),
            account("kansa", "監査 四郎", Profession::Auditor, &[Permission::Audit], None),
        ],
    };
    initialise(new, &SystemClock::new().now()).unwrap();
    let site = folder.path().join("site");
    ["kyukyu.toml", "data/store.redb", "data/station.key", "data/log.key"]
        .map(|name| {
            let mode = fs::metadata(site.join(name)).unwrap().permissions().mode();
            (name.into(), mode, fs::read(site.join(name)).unwrap())
        })
        .to_vec()
});

fn temporary() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("kyukyu-test-").tempdir().unwrap()
}

impl Site {
    /// Makes the site; nothing runs yet.
    pub fn new() -> Self {
        let site = Self { folder: temporary(), station: None, linksim: None };
        for part in ["req", "res", "face"] {
            fs::create_dir_all(site.exchange().join(part)).unwrap();
        }
        let data = site.folder.path().join("site/data");
        fs::DirBuilder::new().recursive(true).mode(0o750).create(&data).unwrap();
        for (name, mode, bytes) in MADE.iter() {
            let path = site.folder.path().join("site").join(name);
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
        }
        let exchange = site.exchange();
        site.configure(|config| config.exchange_root = exchange);
        site
    }

    /// The usual: station and stand-in running, answers after 50 ms.
    pub fn running() -> Self {
        let mut site = Self::new();
        site.start_linksim(&["--delay-ms", "50"]);
        site.start_station();
        site
    }

    /// The same with a stand-in that follows a scenario.
    pub fn with_scenario(scenario: &str) -> Self {
        Self::with_scenario_and(scenario, |_| ())
    }

    /// The same with another configuration.
    pub fn with_scenario_and(scenario: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mut site = Self::new();
        site.configure(change);
        let path = site.folder.path().join("scenario.toml");
        fs::write(&path, scenario).unwrap();
        site.start_linksim(&["--delay-ms", "50", "--scenario", path.to_str().unwrap()]);
        site.start_station();
        site
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("site/kyukyu.toml")
    }

    /// Changes the configuration; before the station starts.
    pub fn configure(&self, change: impl FnOnce(&mut Config)) {
        let text = fs::read_to_string(self.config()).unwrap();
        let mut config: Config = toml::from_str(&text).unwrap();
        change(&mut config);
        fs::write(self.config(), toml::to_string(&config).unwrap()).unwrap();
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("site/station.sock")
    }

    pub fn exchange(&self) -> PathBuf {
        self.folder.path().join("exchange")
    }

    pub fn start_linksim(&mut self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kyukyu"));
        command.arg("linksim").arg("--root").arg(self.exchange()).args(arguments).arg("--end-with-parent");
        self.linksim = Some(spawn(command, &self.folder.path().join("linksim.log")));
    }

    pub fn start_station(&mut self) {
        self.start_station_by(Command::new(env!("CARGO_BIN_EXE_kyukyu")));
    }

    /// The same with few descriptors.
    pub fn start_station_with_descriptors(&mut self, most: u32) {
        let mut command = Command::new("/bin/sh");
        let script = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_kyukyu")]);
        self.start_station_by(command);
    }

    fn start_station_by(&mut self, command: Command) {
        self.spawn_station_by(command);
        let deadline = Instant::now() + Duration::from_secs(20);
        while Client::connect(&self.socket()).is_err() {
            assert!(Instant::now() < deadline, "the station did not come up: {}", self.station_log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts it and does not wait until it answers.
    pub fn spawn_station(&mut self) {
        self.spawn_station_by(Command::new(env!("CARGO_BIN_EXE_kyukyu")));
    }

    fn spawn_station_by(&mut self, mut command: Command) {
        command.arg("serve").arg("--config").arg(self.config()).arg("--end-with-parent");
        self.station = Some(spawn(command, &self.folder.path().join("station.log")));
    }

    /// kill -9, as a power cut would.
    pub fn kill_station(&mut self) {
        if let Some(mut station) = self.station.take() {
            station.kill().unwrap();
            station.wait().unwrap();
        }
    }

    /// SIGTERM, as systemd would.
    pub fn stop_station(&mut self) {
        if let Some(mut station) = self.station.take() {
            kill_process(Pid::from_child(&station), Signal::TERM).unwrap();
            assert!(station.wait().unwrap().success(), "{}", self.station_log());
        }
    }

    /// Waits for a station that ends by itself, and gives its exit code.
    pub fn station_ends(&mut self) -> Option<i32> {
        let mut station = self.station.take()?;
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = station.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "the station goes on: {}", self.station_log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs a station that is expected not to start.
    pub fn try_serve(config: &Path) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kyukyu"));
        command.arg("serve").arg("--config").arg(config).arg("--end-with-parent");
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// The store of a station that does not run.
    pub fn store(&self) -> Store {
        let data = self.folder.path().join("site/data");
        let key = StationKey::load(&data.join("station.key")).unwrap();
        Store::open(&data.join("store.redb"), &key).unwrap().0
    }

    /// Every answer that the store of a stopped station keeps, as it is written.
    pub fn documents(&self) -> Vec<serde_json::Value> {
        let kept = self.store().read(|tx| tx.scan_prefix(Table::Documents, ""));
        let kept: Result<Vec<(String, serde_json::Value)>, StoreError> = kept;
        kept.unwrap().into_iter().map(|(_, document)| document).collect()
    }

    /// Changes the record of an enquiry of a station that does not run.
    pub fn change_enquiry(
        &self,
        enquiry: &EnquiryId,
        change: impl Fn(&mut serde_json::Value) + Send + 'static,
    ) {
        let (store, key) = (self.store(), enquiry.to_string());
        let changed = store.transact(move |tx| {
            let mut record: serde_json::Value = tx.get(Table::Enquiries, &key)?.unwrap();
            change(&mut record);
            tx.put(Table::Enquiries, &key, &record)
        });
        changed.map_err(|error: StoreError| error).unwrap();
        store.close().unwrap();
    }

    /// The name of an enquiry's last request file, of a station that does not run.
    pub fn request_of(&self, enquiry: &EnquiryId) -> String {
        let record: Result<Option<serde_json::Value>, StoreError> =
            self.store().read(|tx| tx.get(Table::Enquiries, enquiry.as_str()));
        let requests = record.unwrap().unwrap()["requests"].clone();
        requests.as_array().unwrap().last().unwrap()["sent"]["file_name"].as_str().unwrap().to_owned()
    }

    /// Makes every session of a station that does not run older, as if so much time had passed without a key.
    pub fn age_sessions(&self, milliseconds: u64) {
        let store = self.store();
        let aged = store.transact(move |tx| {
            for (id, mut session) in tx.scan_prefix::<serde_json::Value>(Table::Sessions, "")? {
                let deadline = session["idle_deadline"].as_u64().unwrap();
                session["idle_deadline"] = deadline.saturating_sub(milliseconds).into();
                tx.put(Table::Sessions, &id, &session)?;
            }
            Ok::<_, StoreError>(())
        });
        aged.unwrap();
        store.close().unwrap();
    }

    pub fn kill_linksim(&mut self) {
        if let Some(mut linksim) = self.linksim.take() {
            linksim.kill().unwrap();
            linksim.wait().unwrap();
        }
    }

    pub fn station_pid(&self) -> u32 {
        self.station.as_ref().unwrap().id()
    }

    pub fn station_log(&self) -> String {
        fs::read_to_string(self.folder.path().join("station.log")).unwrap_or_default()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.kill_station();
        self.kill_linksim();
    }
}

fn spawn(mut command: Command, log: &Path) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}
