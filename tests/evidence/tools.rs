//! What the tests of the evidence share: the program with a password on its standard input, and what a forger has.

use crate::support::person::Person;
use crate::support::site::{PASSWORD, Site};
use kyukyu::log::{ChainHash, Checkpoint, Code, Frontier, Head, LogKey, SignedCheckpoint, StoreId, origin};
use kyukyu::protocol::{EndCause, Request};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use zeroize::Zeroizing;

/// What a process left.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) said: String,
}

fn done(output: Output) -> Done {
    Done {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).unwrap(),
        said: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `kyukyu` with these words and lines on standard input.
pub(crate) fn kyukyu(words: &[&str], lines: &str) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kyukyu"));
    command.args(words).env_remove("KYUKYU_SOCKET");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    done(child.wait_with_output().unwrap())
}

/// `kyukyu log …` as somebody of the site.
pub(crate) fn log_by(site: &Site, user: &str, words: &[&str]) -> Done {
    let socket = site.socket();
    let login = ["--user", user, "--socket", socket.to_str().unwrap()];
    kyukyu(&[&["log"], words, login.as_slice()].concat(), &format!("{PASSWORD}\n"))
}

/// The same as the auditor.
pub(crate) fn log(site: &Site, words: &[&str]) -> Done {
    log_by(site, "kansa", words)
}

/// The same, which is to go well.
pub(crate) fn log_ok(site: &Site, words: &[&str]) -> String {
    let done = log(site, words);
    assert_eq!(done.code, 0, "{words:?}: {done:?}");
    done.out
}

/// Some entries and a session's end, which is signed.
pub(crate) fn entries(site: &Site, count: usize) {
    let mut kansa = Person::with_password(site, "kansa");
    for _ in 0..count {
        kansa.ask(Request::ReadLog { before: None, own: true });
    }
    kansa.ask(Request::Logout { cause: EndCause::Asked });
}

/// Where the log stands, as JSON.
pub(crate) fn head(site: &Site) -> serde_json::Value {
    serde_json::from_str(&log_ok(site, &["head", "--json"])).unwrap()
}

/// `python3 verify.py …` in a bundle.
pub(crate) fn python(bundle: &Path, words: &[&str]) -> Done {
    let mut command = Command::new("python3");
    command.arg(bundle.join("verify.py")).args(words).env("LC_ALL", "C.UTF-8");
    done(command.stdin(Stdio::null()).output().expect("python3 is installed"))
}

/// The station's own signing key, as root can steal it.
pub(crate) fn stolen_key(site: &Site) -> LogKey {
    let seed = fs::read(site.folder.path().join("site/data/log.key")).unwrap();
    LogKey::from_seed(&Zeroizing::new(seed.try_into().unwrap()))
}

pub(crate) fn other_key() -> LogKey {
    LogKey::from_seed(&Zeroizing::new([9; 32]))
}

/// Chain, sums and signatures of a list of bodies, made as the station would.
pub(crate) struct Forged {
    pub(crate) chain: Vec<ChainHash>,
    pub(crate) frontiers: Vec<Frontier>,
}

pub(crate) fn forge(store: &StoreId, bodies: &[Vec<u8>]) -> Forged {
    let (mut head, mut frontier) = (Head::default(), Frontier::default());
    let mut forged = Forged { chain: Vec::new(), frontiers: Vec::new() };
    for body in bodies {
        head = head.append(store, body);
        frontier.append(&head.hash.0);
        forged.chain.push(head.hash);
        forged.frontiers.push(frontier.clone());
    }
    forged
}

pub(crate) fn sign(store: &StoreId, frontier: &Frontier, key: &LogKey) -> String {
    SignedCheckpoint::sign(Checkpoint::of(&origin(store), frontier).unwrap(), key).unwrap().note
}

pub(crate) fn code(store: &StoreId, frontier: &Frontier) -> String {
    Code::of(store, frontier.size(), &frontier.root()).to_string()
}
