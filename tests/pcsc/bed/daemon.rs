//! The process.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::fs::File;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where it listens, and where libpcsclite looks for it.
pub const SOCKET: &str = "/run/pcscd/pcscd.comm";
/// Of Debian's package vsmartcard-vpcd: one reader with two slots, at ports 35963 and 35964.
const CONFIGURATION: &str = "/etc/reader.conf.d";

/// pcscd in the foreground, with a folder for what it says. Never with `--apdu`: that would print PINs.
pub struct Pcscd {
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Pcscd {
    pub(super) fn new() -> Self {
        assert!(
            UnixStream::connect(SOCKET).is_err(),
            "another pcscd runs on this machine (systemctl stop pcscd.socket pcscd); these tests need its place"
        );
        Self { folder: tempfile::tempdir().unwrap(), child: None }
    }

    /// Starts it with the virtual readers.
    pub fn start(&mut self) {
        let vpcd = format!("{CONFIGURATION}/vpcd");
        assert!(fs::exists(&vpcd).unwrap(), "{vpcd} is missing: apt-get install vsmartcard-vpcd");
        self.start_with(CONFIGURATION);
    }

    /// Starts it with no reader.
    pub fn start_without_readers(&mut self) {
        let empty = self.folder.path().join("no-readers");
        fs::create_dir_all(&empty).unwrap();
        self.start_with(empty.to_str().unwrap());
    }

    fn start_with(&mut self, configuration: &str) {
        assert!(self.child.is_none());
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        // It ends with the thread that started it, should that not come to its end.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", "pcscd", "--foreground", "--config", configuration]);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().expect("setpriv and pcscd: apt-get install pcscd util-linux");
        let child = self.child.insert(child);
        let deadline = Instant::now() + super::PATIENCE;
        while UnixStream::connect(SOCKET).is_err() {
            let ended = child.try_wait().unwrap();
            let said = fs::read_to_string(self.folder.path().join("pcscd.log")).unwrap_or_default();
            assert!(ended.is_none(), "pcscd ended ({ended:?}); it has to be run by root\n{said}");
            assert!(Instant::now() < deadline, "pcscd does not listen\n{said}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn log_path(&self) -> std::path::PathBuf {
        self.folder.path().join("pcscd.log")
    }

    /// What it said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().unwrap())
    }

    /// It stops and keeps all its lines: to others it hangs.
    pub fn freeze(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
    }

    /// After it was stopped.
    pub fn thaw(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    /// kill -9
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        // What a killed one leaves, so that clients say "no service" at once.
        let _ = fs::remove_file(SOCKET);
    }
}
