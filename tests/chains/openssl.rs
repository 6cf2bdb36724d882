//! Running openssl.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs it with the host's configuration left aside. That it starts is demanded; what it answers is the caller's.
pub(crate) fn run<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(arguments: I) -> Output {
    Command::new("openssl")
        .args(arguments)
        .env("OPENSSL_CONF", "/dev/null")
        .output()
        .expect("openssl 3 must be installed: apt-get install openssl")
}

/// Runs it for what it makes.
pub(crate) fn make<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(arguments: I) -> Vec<u8> {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A file for openssl to read.
pub(crate) fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name.replace('/', "_"));
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The same in the armour that `openssl verify` wants.
pub(crate) fn put_pem(folder: &Path, name: &str, label: &str, der: &[u8]) -> PathBuf {
    let text = data_encoding::BASE64.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"));
    put(folder, name, pem.as_bytes())
}
