//! A live station, made and run by the commands that a site uses: two administrators, nothing of training.

use super::authority::{ISSUING, ROOT, card, lists};
use kyukyu::config::Config;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const KYUKYU: &str = env!("CARGO_BIN_EXE_kyukyu");
pub const KANRI: &str = "hidari-no-tobira-27";
pub const FUKU: &str = "migi-no-kaidan-8dan";

/// What a process left.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub said: String,
}

/// Runs the program with these lines on its standard input.
pub fn kyukyu(words: &[&str], lines: &[&str]) -> Done {
    let mut child = Command::new(KYUKYU)
        .args(words)
        .env_remove("KYUKYU_SOCKET")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in lines {
        let _ = writeln!(stdin, "{line}");
    }
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    Done {
        code: done.status.code().expect("an exit code"),
        out: String::from_utf8(done.stdout).unwrap(),
        said: String::from_utf8(done.stderr).unwrap(),
    }
}

/// A live station with two administrators, kanri and fuku, made by `kyukyu init`.
pub struct Live {
    pub folder: tempfile::TempDir,
    station: Option<Child>,
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(mut station) = self.station.take() {
            let _ = station.kill();
            let _ = station.wait();
        }
    }
}

impl Live {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("kyukyu-admin-").tempdir().unwrap();
        for part in ["req", "res", "face"] {
            fs::create_dir_all(folder.path().join("oqs").join(part)).unwrap();
        }
        let (config, oqs) = (folder.path().join("site/kyukyu.toml"), folder.path().join("oqs"));
        let (config, oqs) = (config.to_str().unwrap(), oqs.to_str().unwrap());
        let words = "init --facility 架空総合病院 --kind hospital --code 1311234567 --admin kanri --admin-name 管理花子";
        let words = format!(
            "{words} --second-admin fuku --second-admin-name 副管理次郎 --config {config} --exchange {oqs}"
        );
        let done = kyukyu(&words.split(' ').collect::<Vec<_>>(), &[KANRI, FUKU]);
        assert_eq!((done.code, done.said.as_str()), (0, ""), "{done:?}");
        assert!(!done.out.contains("施設管理者が1人です"), "{}", done.out);
        let mut live = Self { folder, station: None };
        live.start();
        live
    }

    /// Starts the station and waits until it answers.
    pub fn start(&mut self) {
        let station = Command::new(KYUKYU)
            .arg("serve")
            .arg("--config")
            .arg(self.path("site/kyukyu.toml"))
            .arg("--end-with-parent")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.station = Some(station);
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            assert!(Instant::now() < deadline, "the station did not come up");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts it anew with another configuration.
    pub fn restart_with(&mut self, change: impl FnOnce(&mut Config)) {
        let mut station = self.station.take().unwrap();
        kill_process(Pid::from_child(&station), Signal::TERM).unwrap();
        assert!(station.wait().unwrap().success());
        let path = self.path("site/kyukyu.toml");
        let mut config: Config = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut config);
        fs::write(path, toml::to_string(&config).unwrap()).unwrap();
        self.start();
    }

    pub fn socket(&self) -> PathBuf {
        self.path("site/station.sock")
    }

    /// The same with both authorities pinned and their lists in the folder.
    pub fn believing() -> Self {
        let live = Self::new();
        live.lay(&lists(86_400, &[]));
        for der in [ROOT, ISSUING] {
            live.pin(der);
        }
        live
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A card's file, by name; made when first asked for.
    pub fn card(&self, name: &str) -> String {
        let path = self.path(&format!("{name}.card"));
        if !path.exists() {
            card(name).save(self.folder.path(), name);
        }
        path.to_str().unwrap().to_owned()
    }

    pub fn by(&self, user: &str, words: &str, lines: &[&str]) -> Done {
        let socket = self.socket();
        let words = words.split(' ').chain(["--user", user, "--socket", socket.to_str().unwrap()]);
        let password = if user == "fuku" { FUKU } else { KANRI };
        kyukyu(&words.collect::<Vec<_>>(), &[&[password], lines].concat())
    }

    pub fn ok(&self, user: &str, words: &str, lines: &[&str]) -> String {
        let done = self.by(user, words, lines);
        assert_eq!((done.code, done.said.as_str()), (0, ""), "{user} {words}: {done:?}");
        done.out
    }

    pub fn refused(&self, user: &str, words: &str, lines: &[&str], sentence: &str) {
        let done = self.by(user, words, lines);
        assert_eq!((done.code, done.out.as_str()), (1, ""), "{user} {words}: {done:?}");
        assert!(done.said.contains(sentence), "{sentence}: {}", done.said);
    }

    /// Lays revocation lists into their folder.
    pub fn lay(&self, lists: &[(&str, Vec<u8>)]) {
        for (name, bytes) in lists {
            fs::write(self.path("site/data/crl").join(name), bytes).unwrap();
        }
    }

    pub fn pin(&self, der: &[u8]) {
        self.pin_as("hpki", der);
    }

    /// Pins an authority of HPKI or My Number cards.
    pub fn pin_as(&self, kind: &str, der: &[u8]) {
        let file = self.path("authority.der");
        fs::write(&file, der).unwrap();
        let sha256 = kyukyu::identity::Fingerprint::of(der);
        let words = format!("admin trust add {} --kind {kind} --sha256 {sha256}", file.display());
        assert_eq!(self.ok("kanri", &words, &[]), "完了しました\n");
    }

    pub fn cards(&self, user: &str, lines: &[&str], card: &str) -> Vec<Value> {
        let words = format!("admin card list --json{card}");
        serde_json::from_str(&self.ok(user, &words, lines)).unwrap()
    }
}
