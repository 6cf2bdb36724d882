//! Captive use behind sshd (trap 16): `ForceCommand kyukyu`, with what the person asked for in `SSH_ORIGINAL_COMMAND`.
//!
//! There is no shell in between and none is imitated: the text is split at blanks, each word must be one of a short
//! list, and everything else is refused. What could name a file or another socket is not on the list.

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Where sshd puts what was asked for.
const VARIABLE: &str = "SSH_ORIGINAL_COMMAND";

/// A sub-command that may be asked for, with its switches, and its options that take a word.
struct Allowed {
    name: &'static [&'static str],
    switches: &'static [&'static str],
    options: &'static [&'static str],
}

const LOOK: &[&str] = &["--keymap", "--ambiguous-width"];

/// Without a name: the screen.
const ALLOWED: &[Allowed] = &[
    Allowed { name: &["demo"], switches: &["--plain", "--script", "--help", "-h"], options: LOOK },
    Allowed {
        name: &["log", "show"],
        switches: &["--own", "--json", "--help", "-h"],
        options: &["--user", "--most"],
    },
    Allowed { name: &["log", "verify"], switches: &["--json", "--help", "-h"], options: &["--user"] },
    Allowed { name: &["doctor"], switches: &["--terminal", "--help", "-h"], options: &[] },
    Allowed { name: &[], switches: &["--plain", "--version", "-V", "--help", "-h"], options: LOOK },
];

/// What was asked for is not on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "この接続では、そのコマンドは使えません。使えるのは demo、log show、log verify、doctor --terminal、--plain、--version だけです"
)]
pub(super) struct Refused;

/// The command line to obey: the process's own, or behind sshd its own with what was asked for.
pub(super) fn command_line() -> Result<Vec<OsString>, Refused> {
    let own: Vec<OsString> = std::env::args_os().collect();
    let Some(asked) = std::env::var_os(VARIABLE) else { return Ok(own) };
    captive(own, asked.to_str())
}

/// A sub-command of the process's own command line is what the administrator forced; nothing is added to it.
fn captive(mut own: Vec<OsString>, asked: Option<&str>) -> Result<Vec<OsString>, Refused> {
    if own.iter().skip(1).any(|word| !word.to_string_lossy().starts_with('-') && is_command(word)) {
        return Ok(own);
    }
    let words: Vec<&str> = asked.ok_or(Refused)?.split_whitespace().collect();
    let words = match words.split_first() {
        Some((&"kyukyu", rest)) => rest,
        _ => words.as_slice(),
    };
    check(words)?;
    let _ = signal_hook::flag::register(signal_hook::consts::SIGTSTP, Arc::new(AtomicBool::new(false)));
    own.extend(words.iter().map(OsString::from));
    Ok(own)
}

fn is_command(word: &OsString) -> bool {
    use clap::CommandFactory as _;
    word.to_str().is_some_and(|word| super::Cli::command().find_subcommand(word).is_some())
}

fn check(words: &[&str]) -> Result<(), Refused> {
    let fits = ALLOWED.iter().find(|allowed| words.starts_with(allowed.name)).ok_or(Refused)?;
    let mut rest = words.iter().skip(fits.name.len());
    while let Some(word) = rest.next() {
        if fits.switches.contains(word) {
            continue;
        }
        let value = fits.options.contains(word).then(|| rest.next()).flatten().ok_or(Refused)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if value.is_empty() || value.len() > 32 || value.starts_with('-') || !value.chars().all(plain) {
            return Err(Refused);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(own: &[&str], asked: &str) -> Result<String, Refused> {
        let own = own.iter().map(OsString::from).collect();
        let line = captive(own, Some(asked))?;
        Ok(line.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn only_what_is_on_the_list_is_obeyed() {
        for (asked, line) in [
            ("", "kyukyu"),
            ("kyukyu", "kyukyu"),
            ("--plain", "kyukyu --plain"),
            ("kyukyu --plain --keymap vim", "kyukyu --plain --keymap vim"),
            ("--ambiguous-width 2", "kyukyu --ambiguous-width 2"),
            ("demo --script", "kyukyu demo --script"),
            ("  log   show --own --user sato --most 20 ", "kyukyu log show --own --user sato --most 20"),
            ("log verify --json --user kansa", "kyukyu log verify --json --user kansa"),
            ("doctor --terminal", "kyukyu doctor --terminal"),
            ("--version", "kyukyu --version"),
        ] {
            assert_eq!(with(&["kyukyu"], asked), Ok(line.to_owned()), "{asked}");
        }
        for asked in [
            "sh",
            "bash -c id",
            "kyukyu serve",
            "serve --config x",
            "admin account list",
            "init",
            "linksim",
            "demo; id",
            "demo --scenario /etc/passwd",
            "--keymap-file /etc/shadow",
            "--keymap ../x",
            "--keymap",
            "--keymap -x",
            "--socket /x",
            "--software-card x",
            "log",
            "log show --socket x",
            "$(id)",
            "`id`",
            "scp -t .",
            "sftp-server",
            "rsync --server",
            "card-helper --software-card x",
            "training-card x",
            "--plain --socket=/x",
            "kyukyu kyukyu",
        ] {
            assert_eq!(with(&["kyukyu"], asked), Err(Refused), "{asked}");
        }
    }

    #[test]
    fn what_the_administrator_forced_is_kept() {
        let own = ["kyukyu", "--socket", "/run/a.sock"];
        assert_eq!(with(&own, "--plain"), Ok("kyukyu --socket /run/a.sock --plain".to_owned()));
        assert_eq!(with(&["kyukyu", "demo"], "log verify"), Ok("kyukyu demo".to_owned()), "nothing is added");
        assert_eq!(captive(vec!["kyukyu".into()], None), Err(Refused), "what is no text is refused");
    }
}
