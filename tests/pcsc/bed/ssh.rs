//! A station's sshd on this machine, and lines to it from the terminal that has the reader.

use super::PATIENCE;
use super::opensc::run;
use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where sshd, as root, wants to lock its helpers in.
const PRIVSEP: &str = "/run/sshd";

/// sshd with keys of its own, configured as the documents say.
pub struct Sshd {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Sshd {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for key in ["host", "person"] {
            run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &place(key)]);
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = fs::read_to_string(place("host.pub")).unwrap();
        fs::write(place("known_hosts"), format!("[127.0.0.1]:{port} {host}")).unwrap();
        let configuration = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\n\
             PermitRootLogin prohibit-password\nPasswordAuthentication no\nAllowStreamLocalForwarding yes\n\
             StreamLocalBindUnlink yes\nStreamLocalBindMask 0177\n",
            place("host"),
            place("person.pub")
        );
        fs::write(place("sshd_config"), configuration).unwrap();
        if rustix::process::geteuid().is_root() && !Path::new(PRIVSEP).exists() {
            fs::DirBuilder::new().mode(0o755).create(PRIVSEP).unwrap();
        }
        let log = File::create(place("sshd.log")).unwrap();
        // By its whole name: it starts itself anew for every connection.
        let mut command = Command::new("setpriv");
        command.args([
            "--pdeathsig",
            "TERM",
            "--",
            "/usr/sbin/sshd",
            "-D",
            "-e",
            "-f",
            &place("sshd_config"),
        ]);
        let child = command.stdin(Stdio::null()).stderr(log).spawn().expect("apt-get install openssh-server");
        let sshd = Self { folder, port, child };
        sshd.until(|| TcpStream::connect(("127.0.0.1", port)).is_ok());
        sshd
    }

    fn until(&self, there: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !there() {
            let log = || fs::read_to_string(self.folder.path().join("sshd.log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "sshd or the line to it does not come up\n{}", log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A socket at the station that leads to one of the terminal.
    pub fn forward(&self, name: &str, to: &Path) -> Forward {
        let at_the_station = self.folder.path().join(name);
        let key = self.folder.path().join("person");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--", "ssh", "-F", "none", "-N", "-p", &self.port.to_string()]);
        for option in [
            "ExitOnForwardFailure=yes",
            "StrictHostKeyChecking=yes",
            &format!("UserKnownHostsFile={}", self.folder.path().join("known_hosts").display()),
            "BatchMode=yes",
            "LogLevel=ERROR",
        ] {
            command.args(["-o", option]);
        }
        command.arg("-i").arg(key).arg("-R");
        command.arg(format!("{}:{}", at_the_station.display(), to.display()));
        let child =
            command.arg("127.0.0.1").stdin(Stdio::null()).spawn().expect("apt-get install openssh-client");
        let forward = Forward { at_the_station, child };
        self.until(|| UnixStream::connect(&forward.at_the_station).is_ok());
        forward
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line that carries one socket.
pub struct Forward {
    pub at_the_station: PathBuf,
    child: Child,
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
