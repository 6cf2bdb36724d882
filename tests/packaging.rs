//! What is shipped for administrators is accepted by the programs that read it, names what this project's programs have,
//! and is what the documents say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

#[path = "support/packaging.rs"]
mod packaging;

use packaging::{filled, packaged};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const KYUKYU: &str = env!("CARGO_BIN_EXE_kyukyu");
const KYUKYU_CARD: &str = env!("CARGO_BIN_EXE_kyukyu-card");

fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; apt-get install openssh-server"));
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// The lines that say something.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn sshd_takes_the_snippet_and_means_by_it_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("host");
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key));
    let sshd = || {
        let mut command = Command::new("/usr/sbin/sshd");
        command.arg("-h").arg(&key);
        command
    };
    // As it is, read from the folder of snippets.
    let main = folder.path().join("sshd_config");
    fs::write(&main, format!("Include {}\n", packaged("sshd/kyukyu.conf").display())).unwrap();
    run(sshd().arg("-t").arg("-f").arg(&main));
    // For everybody, to see what comes of it; and for nobody.
    let for_all = folder.path().join("for_all");
    fs::write(&for_all, filled("sshd/kyukyu.conf", &[("Match Group kyukyu", "Match all")])).unwrap();
    let effective = run(sshd().arg("-T").arg("-f").arg(&for_all));
    let others = run(sshd().args(["-T", "-C", "user=nobody,host=h,addr=192.0.2.1", "-f"]).arg(&main));
    for (option, value) in [
        ("forcecommand", "/usr/bin/kyukyu"),
        ("permittty", "yes"),
        ("allowstreamlocalforwarding", "remote"),
        ("streamlocalbindunlink", "yes"),
        ("streamlocalbindmask", "0177"),
        ("permitlisten", "none"),
        ("permitopen", "none"),
        ("x11forwarding", "no"),
        ("allowagentforwarding", "no"),
        ("permittunnel", "no"),
        ("permituserrc", "no"),
        ("clientaliveinterval", "15"),
        ("clientalivecountmax", "3"),
        ("acceptenv", "LANG"),
        ("acceptenv", "LC_*"),
    ] {
        let line = format!("{option} {value}");
        assert!(effective.lines().any(|said| said == line), "{line}\n{effective}");
    }
    let accepted = effective.lines().filter(|line| line.starts_with("acceptenv"));
    assert_eq!(accepted.count(), 2, "nothing else of the environment");
    assert!(!others.contains("/usr/bin/kyukyu"), "people outside the group are not touched");
}

#[test]
fn the_documents_show_the_snippet_as_it_is() {
    let documents = read("docs/terminals.md");
    let shown = documents.split("```\n").find(|block| block.starts_with("Match Group kyukyu")).unwrap();
    let shipped = read("packaging/sshd/kyukyu.conf");
    let mut shipped = lines(&shipped);
    assert_eq!(shipped.pop(), Some("Match all"));
    assert_eq!(lines(shown), shipped);
}

#[test]
fn ssh_takes_the_terminals_snippet() {
    let runtime = tempfile::tempdir().unwrap();
    let mut command = Command::new("ssh");
    command.env("XDG_RUNTIME_DIR", runtime.path()).arg("-F").arg(packaged("ssh/kyukyu.conf"));
    let said = run(command.args(["-G", "kyukyu"]));
    let socket = runtime.path().join("kyukyu-card.sock");
    let forward = format!("remoteforward /run/user/HOSTUID/kyukyu-card.sock {}", socket.display());
    for line in [
        "hostname station",
        "requesttty true",
        "exitonforwardfailure yes",
        "forwardagent no",
        "forwardx11 no",
        "controlmaster false",
        "serveraliveinterval 15",
        "sendenv LANG",
        "sendenv LC_*",
        &forward,
    ] {
        assert!(said.lines().any(|found| found == line), "{line}\n{said}");
    }
    let raw = "#RemoteForward /run/user/HOSTUID/pcscd.comm /run/pcscd/pcscd.comm";
    assert!(read("packaging/ssh/kyukyu.conf").contains(raw));
}

/// The units, by their names.
fn units() -> Vec<PathBuf> {
    let folders = ["systemd/system", "systemd/user"].map(packaged);
    let mut units: Vec<PathBuf> =
        folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|e| e.unwrap().path()).collect();
    units.sort();
    units
}

fn value<'t>(unit: &'t str, key: &str) -> &'t str {
    let mut values = lines(unit).into_iter().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let value = values.next().unwrap_or_else(|| panic!("no {key} in\n{unit}"));
    assert_eq!(values.next(), None, "{key} twice in\n{unit}");
    value
}

/// What a program says of the words that a unit starts it with; they exist.
fn help_on(program: &str, words: &[&str]) -> String {
    let command = words.iter().take_while(|word| !word.starts_with('-'));
    let help = run(Command::new(program).args(command).arg("--help"));
    for option in words.iter().filter(|word| word.starts_with('-')) {
        assert!(help.contains(&format!("{option} ")), "{program} {words:?}: {option}\n{help}");
    }
    help
}

#[test]
fn units_start_what_there_is_with_what_it_takes() {
    let service = read("packaging/systemd/system/kyukyu.service");
    let words: Vec<&str> = value(&service, "ExecStart").split(' ').collect();
    assert_eq!(words[0], "/usr/bin/kyukyu");
    let help = help_on(KYUKYU, &words[1..]);
    assert!(help.contains("/etc/kyukyu/kyukyu.toml"), "the unit's file is the program's own default\n{help}");
    // Terminals look where the socket unit listens.
    let socket = read("packaging/systemd/system/kyukyu.socket");
    let listens = value(&socket, "ListenStream");
    let screen = run(Command::new(KYUKYU).arg("--help"));
    assert!(screen.contains(listens), "{listens}\n{screen}");
    // Who may connect is let in by sshd; the station's own group is another.
    assert_eq!(value(&socket, "SocketMode"), "0660");
    let group = value(&socket, "SocketGroup");
    let sshd = read("packaging/sshd/kyukyu.conf");
    assert!(sshd.contains(&format!("Match Group {group}\n")));
    let users = read("packaging/sysusers.d/kyukyu.conf");
    let users = lines(&users);
    assert!(users.contains(&format!("g {group} - -").as_str()), "{users:?}");
    assert_eq!(value(&service, "Group"), value(&service, "User"));
    assert_eq!(value(&service, "User"), value(&socket, "SocketUser"));
    assert!(users.iter().any(|line| line.starts_with(&format!("u {} ", value(&service, "User")))));
    assert_ne!(value(&service, "Group"), group, "the store is not for those who connect");
    // What would break the log's terminal names and the places of each person.
    for broken in ["PrivateUsers=", "ProtectProc=", "ProcSubset="] {
        assert!(!lines(&service).iter().any(|line| line.starts_with(broken)), "{broken}");
    }

    let agent = read("packaging/systemd/user/kyukyu-card-agent.service");
    let words: Vec<&str> = value(&agent, "ExecStart").split(' ').collect();
    let at = words.iter().position(|word| *word == "/usr/bin/kyukyu-card").unwrap();
    assert_eq!(words[..at], ["/usr/bin/env", "$KYUKYU_TERMINAL"], "in a terminal, for the PIN");
    help_on(KYUKYU_CARD, &words[at + 1..]);
    let client = read("packaging/ssh/kyukyu.conf");
    let name = words.last().unwrap().strip_prefix("%t/").unwrap();
    assert!(client.contains(&format!("${{XDG_RUNTIME_DIR}}/{name}\n")), "ssh carries the agent's socket");
}

#[test]
fn systemd_takes_the_units_where_there_is_one_to_ask() {
    let folder = tempfile::tempdir().unwrap();
    let own = [("/usr/bin/kyukyu-card", KYUKYU_CARD), ("/usr/bin/kyukyu", KYUKYU)];
    let units = units();
    assert_eq!(units.len(), 3, "{units:?}");
    for unit in units {
        let mut text = fs::read_to_string(&unit).unwrap();
        for (shipped, built) in own {
            // The longer name first; it is not replaced twice.
            text = text.replace(&format!("{shipped} "), &format!("{built} "));
        }
        let copy = folder.path().join(unit.file_name().unwrap());
        fs::write(&copy, text).unwrap();
    }
    let verify = |user: bool, names: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        command
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()));
        command.args(user.then_some("--user")).arg("verify").arg("--man=no");
        let output = command.args(names.iter().map(|name| folder.path().join(name))).output();
        let Ok(output) = output else { return };
        let said = String::from_utf8_lossy(&output.stderr);
        let ours: Vec<&str> = said.lines().filter(|line| line.contains("kyukyu")).collect();
        assert!(output.status.success() && ours.is_empty(), "{said}");
    };
    verify(false, &["kyukyu.service", "kyukyu.socket"]);
    verify(true, &["kyukyu-card-agent.service"]);
}
