//! Asks the host whether somebody keeps its clock right.
//!
//! adjtimex(2) knows it, but no well-kept crate gives its answer without unsafe code of ours, `ProtectClock=` of the
//! unit forbids the call even to look, and its flag `STA_UNSYNC` stays set where chrony keeps the clock without
//! `rtcsync`. `timedatectl` asks systemd-timedated, outside the unit, which judges by the kernel's maximum error: below
//! 16 s somebody keeps it, whoever that is. Where the program is not there or says anything else (a container, another
//! init), nothing is known, and nothing is said.

use std::path::Path;
use std::process::{Command, Stdio};

const PROGRAM: &str = "/usr/bin/timedatectl";

/// Yes, no, or not known. Waits for the answer of another process, half a minute at the worst.
pub(super) fn synchronised() -> Option<bool> {
    ask(Path::new(PROGRAM))
}

fn ask(program: &Path) -> Option<bool> {
    let mut command = Command::new(program);
    command.args(["show", "--property=NTPSynchronized", "--value"]).env_clear();
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    if output.status.success() { read(&output.stdout) } else { None }
}

fn read(said: &[u8]) -> Option<bool> {
    match said.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_a_plain_answer_is_one() {
        let table: [(&[u8], Option<bool>); 6] = [
            (b"yes\n", Some(true)),
            (b"no\n", Some(false)),
            (b"", None),
            (b"yes\nno\n", None),
            (b"NTPSynchronized=no\n", None),
            (b"n/a\n", None),
        ];
        for (said, expected) in table {
            assert_eq!(read(said), expected, "{said:?}");
        }
    }

    #[test]
    fn a_host_that_does_not_say_is_not_accused() {
        let folder = tempfile::tempdir().unwrap();
        let table = [
            ("test \"$*\" = 'show --property=NTPSynchronized --value' && echo yes", Some(true)),
            ("echo no", Some(false)),
            // As where systemd is not the init: the words go to the other stream, with a status of failure.
            ("echo 'System has not been booted with systemd as init system' >&2; exit 1", None),
            ("echo no; exit 1", None),
        ];
        for (place, (script, expected)) in table.into_iter().enumerate() {
            let program = folder.path().join(place.to_string());
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
            assert_eq!(ask(&program), expected, "{script}");
        }
        assert_eq!(ask(&folder.path().join("not there")), None);
    }
}
