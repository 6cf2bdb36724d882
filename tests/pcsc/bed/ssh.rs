//! A station's sshd on this machine, configured by what is shipped, and lines to it from the terminal that has the
//! reader.

use super::PATIENCE;
use super::opensc::run;
use crate::support::packaging::filled;
use crate::support::pty::Pty;
use crate::support::site::Site;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Where sshd, as root, wants to lock its helpers in.
const PRIVSEP: &str = "/run/sshd";

/// What the terminal has to offer.
#[derive(Clone, Copy)]
pub enum Offer<'a> {
    /// The socket of an agent.
    Agent(&'a Path),
    /// The socket of pcscd.
    Pcscd(&'a Path),
}

/// sshd with keys of its own.
pub struct Sshd {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Sshd {
    /// With what is shipped, but for the command: whoever comes in has a shell.
    pub fn start() -> Self {
        let forced = "ForceCommand /usr/bin/kyukyu\n";
        Self::start_with(
            "",
            &filled("sshd/kyukyu.conf", &[("Match Group kyukyu", "Match all"), (forced, "\n")]),
        )
    }

    /// With what is shipped: whoever comes in has the screen of a site and nothing else. What would be in the runtime
    /// folder of a person is in the folder of this sshd.
    pub fn captive(site: &Site) -> Self {
        let gaps = [("Match Group kyukyu", "Match all"), ("/usr/bin/kyukyu", env!("CARGO_BIN_EXE_kyukyu"))];
        let socket = format!("KYUKYU_SOCKET={}", site.socket().display());
        Self::start_with(&socket, &filled("sshd/kyukyu.conf", &gaps))
    }

    fn start_with(environment: &str, shipped: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for key in ["host", "person"] {
            run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &place(key)]);
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = fs::read_to_string(place("host.pub")).unwrap();
        fs::write(place("known_hosts"), format!("[127.0.0.1]:{port} {host}")).unwrap();
        fs::write(place("shipped.conf"), shipped).unwrap();
        let configuration = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\n\
             PermitRootLogin yes\nPasswordAuthentication no\nSetEnv XDG_RUNTIME_DIR={} {environment}\nInclude {}\n",
            place("host"),
            place("person.pub"),
            folder.path().display(),
            place("shipped.conf"),
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

    /// A place in the runtime folder of whoever comes in.
    pub fn runtime(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `ssh` is given by the terminal's shipped configuration, up to the command.
    fn line(&self, offer: Option<Offer<'_>>) -> Vec<OsString> {
        let (agent, pcscd) =
            ("RemoteForward /run/user/HOSTUID/kyukyu-card", "#RemoteForward /run/user/HOSTUID/pcscd");
        let (agents, pcscds) = ("${XDG_RUNTIME_DIR}/kyukyu-card.sock", " /run/pcscd/pcscd.comm");
        let own = |place: &Path| place.to_str().unwrap().to_owned();
        let gaps = match offer {
            Some(Offer::Agent(socket)) => vec![(agents, own(socket))],
            Some(Offer::Pcscd(socket)) => vec![
                (agent, "#".to_owned()),
                (pcscd, "RemoteForward /run/user/HOSTUID/pcscd".to_owned()),
                (pcscds, format!(" {}", own(socket))),
            ],
            None => vec![(agent, "#".to_owned())],
        };
        let runtime = own(self.folder.path());
        let last = [("STATION", "127.0.0.1".to_owned()), ("/run/user/HOSTUID", runtime)];
        let gaps: Vec<(&str, &str)> =
            gaps.iter().chain(&last).map(|(gap, value)| (*gap, value.as_str())).collect();
        let configuration = self.folder.path().join("ssh_config");
        fs::write(&configuration, filled("ssh/kyukyu.conf", &gaps)).unwrap();
        let options = [
            format!("Port={}", self.port),
            format!("UserKnownHostsFile={}", own(&self.folder.path().join("known_hosts"))),
            "StrictHostKeyChecking=yes".to_owned(),
            "BatchMode=yes".to_owned(),
            "LogLevel=ERROR".to_owned(),
            format!("IdentityFile={}", own(&self.folder.path().join("person"))),
        ];
        let options = options.into_iter().flat_map(|option| ["-o".to_owned(), option]);
        let words = ["-F".to_owned(), own(&configuration)].into_iter().chain(options);
        words.map(OsString::from).collect()
    }

    /// A window at the terminal with `ssh kyukyu` in it, and words behind that.
    pub fn window(&self, offer: Option<Offer<'_>>, words: &[&str]) -> Pty {
        let mut arguments = self.line(offer);
        arguments.extend(["kyukyu"].iter().chain(words).map(OsString::from));
        let arguments: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        Pty::program("ssh", &arguments)
    }

    /// What a command comes to that is asked for without a window; `more` are further options of `ssh`.
    pub fn ask(&self, more: &[&str], words: &[&str]) -> Output {
        let mut command = Command::new("ssh");
        command
            .args(["-o", "RequestTTY=no"])
            .args(self.line(None))
            .args(more)
            .args(["kyukyu", "--"])
            .args(words);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// A socket at the station that leads to one of the terminal, without a window.
    pub fn forward(&self, offer: Offer<'_>) -> Forward {
        let name = match offer {
            Offer::Agent(_) => "kyukyu-card.sock",
            Offer::Pcscd(_) => "pcscd.comm",
        };
        let child = self.without_a_window(&self.line(Some(offer)));
        let forward = Forward { socket: self.runtime(name), child };
        self.until(|| UnixStream::connect(&forward.socket).is_ok());
        forward
    }

    /// A socket at the terminal that is to lead to one of the station.
    pub fn forward_from_the_station(&self, to: &Path) -> Forward {
        let socket = self.runtime("local.sock");
        let mut line = self.line(None);
        line.extend(["-L".into(), format!("{}:{}", socket.display(), to.display()).into()]);
        let forward = Forward { child: self.without_a_window(&line), socket };
        self.until(|| UnixStream::connect(&forward.socket).is_ok());
        forward
    }

    fn without_a_window(&self, line: &[OsString]) -> Child {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--", "ssh"]).args(line).args(["-N", "kyukyu"]);
        command.stdin(Stdio::null()).spawn().expect("apt-get install openssh-client")
    }

    /// Processes of people who came in.
    pub fn processes(&self) -> Vec<String> {
        let mark = format!("XDG_RUNTIME_DIR={}", self.folder.path().display());
        let all = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let ours = all.filter(|process| {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        });
        ours.map(|process| fs::read_to_string(process.join("comm")).unwrap_or_default().trim().to_owned())
            .collect()
    }

    /// Waits until nobody who came in has a process.
    pub fn until_nobody(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.processes().is_empty() {
            assert!(Instant::now() < deadline, "they stay: {:?}", self.processes());
            std::thread::sleep(Duration::from_millis(10));
        }
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
    pub socket: PathBuf,
    child: Child,
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
