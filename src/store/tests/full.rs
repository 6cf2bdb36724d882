//! A real file system that is really full, in a mount namespace of its own that leaves nothing behind.

use super::*;
use std::process::Command;

const FOLDER: &str = "KYUKYU_TEST_SMALL_DISK";

/// The process on the small disk. Alone it does nothing.
#[test]
fn on_small_disk() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let store = create(&folder.join("store.redb"));
    log_one(&store, 1).unwrap();
    let filler = folder.join("filler");
    std::fs::write(&filler, vec![1; 64 << 20]).unwrap_err();

    let mut acknowledged = vec![1];
    let refused = loop {
        let n = acknowledged.len() as u64 + 1;
        match log_one(&store, n) {
            Ok(_) => acknowledged.push(n),
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused:?}");
    assert!(store.short_of_space());
    for n in 10_000..10_100 {
        let noted: Result<u64, StoreError> = store.transact_essential(move |tx| tx.log(&numbered(n)));
        noted.unwrap();
        acknowledged.push(n);
    }
    assert!(matches!(log_one(&store, 20_000), Err(StoreError::DiskFull { .. })));

    std::fs::remove_file(&filler).unwrap();
    log_one(&store, 30_000).unwrap();
    assert!(!store.short_of_space());
    let kept = numbers(&store);
    assert!(acknowledged.iter().all(|n| kept.contains(n)));
    assert!(kept.contains(&30_000) && !kept.contains(&20_000));
    assert_sound(&store);
}

#[test]
fn a_full_file_system() {
    let unshare = |script: &str, folder: &Path| {
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
            .env(FOLDER, folder)
            .env("EXE", std::env::current_exe().unwrap())
            .output()
    };
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=40m,mode=700 tmpfs \"${FOLDER}\"");
    if !unshare(&mount, folder.path()).is_ok_and(|tried| tried.status.success()) {
        println!("not tried: this machine lets nobody make a mount namespace");
        return;
    }
    let script = format!("{mount} && exec \"$EXE\" --exact store::tests::full::on_small_disk --nocapture");
    let output = unshare(&script, folder.path()).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "{said}");
}
