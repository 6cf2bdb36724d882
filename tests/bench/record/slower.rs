//! The same on a disk that takes longer for a write that lasts: all who wait for one, ours and the peers, wait so much
//! longer. Nothing of any of them is changed: a library put before the C library sees the call.

use std::path::Path;
use std::process::{Command, exit};

/// For the library: how much longer, in microseconds.
const VARIABLE: &str = "RECORD_SLOWER";

/// Goes on in another process with such a disk, and never returns; unless this is that process.
pub fn go_on(microseconds: u64, folder: &Path) {
    if microseconds == 0 || std::env::var_os(VARIABLE).is_some() {
        return;
    }
    let (source, library) = (folder.join("slower.c"), folder.join("slower.so"));
    std::fs::write(&source, include_str!("slower.c")).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(&source).arg("-ldl");
    assert!(compiler.status().expect("cc").success(), "{compiler:?}");
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(std::env::args_os().skip(1));
    again.env("LD_PRELOAD", &library).env(VARIABLE, microseconds.to_string());
    let status = again.status().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    exit(status.code().unwrap_or(1));
}
