//! Only one of the two programs needs the system's smart card library.

use std::process::Command;

fn libraries(program: &str) -> String {
    let output = Command::new("ldd").arg(program).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_main_program_starts_where_libpcsclite_is_missing() {
    assert!(!libraries(env!("CARGO_BIN_EXE_kyukyu")).contains("libpcsclite"));
    assert!(libraries(env!("CARGO_BIN_EXE_kyukyu-card")).contains("libpcsclite"));
}
