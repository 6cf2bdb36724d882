//! An rsyslogd of our own, configured as `packaging/rsyslog-kyukyu.conf` says.

use super::database::repository;
use super::process::{Process, free_port, until};
use super::support::site::Site;
use kyukyu::config::archive::{Syslog, Tls, Transport};
use rustix::process::Signal;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

pub struct Rsyslog {
    pub folder: tempfile::TempDir,
    process: Process,
    pub port: u16,
}

impl Rsyslog {
    /// As it is shipped, but for the places, and without waiting for the disk: kills take nothing from the kernel.
    pub fn relp() -> Self {
        let conf = fs::read_to_string(repository("packaging/rsyslog-kyukyu.conf")).unwrap();
        assert!(
            conf.contains("/var/log/kyukyu.log") && conf.contains("2514") && conf.contains("sync=\"on\"")
        );
        Self::with(|folder, port| {
            conf.replace("/var/log/kyukyu.log", &folder.join("log").display().to_string())
                .replace("2514", &port.to_string())
                .replace("sync=\"on\"", "sync=\"off\"")
        })
    }

    /// With another configuration.
    pub fn with(configuration: impl FnOnce(&std::path::Path, u16) -> String) -> Self {
        let folder = tempfile::Builder::new().prefix("kyukyu-rsyslog-").tempdir().unwrap();
        let port = free_port();
        let work = format!("global(workDirectory=\"{}\")\n", folder.path().display());
        fs::write(folder.path().join("conf"), work + &configuration(folder.path(), port)).unwrap();
        let mut rsyslog = Self { folder, process: Process::none(), port };
        rsyslog.start();
        rsyslog
    }

    pub fn start(&mut self) {
        let mut command = Command::new("/usr/sbin/rsyslogd");
        command.args(["-n", "-iNONE", "-f"]).arg(self.folder.path().join("conf"));
        self.process = Process::start(command, &self.folder.path().join("said"));
        until("rsyslog does not start (apt-get install rsyslog rsyslog-relp rsyslog-openssl)", || {
            let said = || fs::read_to_string(self.folder.path().join("said")).unwrap_or_default();
            std::net::TcpStream::connect(("127.0.0.1", self.port))
                .map(drop)
                .map_err(|error| format!("{error} {}", said()))
        });
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.process.end(Signal::KILL);
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What it has written, but for a line that a kill cut off.
    pub fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(fs::read(self.file()).unwrap_or_default()).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(str::to_owned).collect()
    }

    pub fn configuration(&self, transport: Transport, tls: Option<Tls>) -> Syslog {
        Syslog { transport, host: "127.0.0.1".into(), port: self.port, allow_unencrypted: false, tls }
    }

    /// A site that ships to it; the station does not run yet.
    pub fn site(&self, transport: Transport, tls: Option<Tls>) -> Site {
        let site = Site::new();
        site.configure(|config| config.archive.syslog = Some(self.configuration(transport, tls)));
        site
    }
}
