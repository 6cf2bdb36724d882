//! Who may open what.

use super::*;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode_of(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_second_opener_hears_who_is_first() {
    let (_folder, path) = place();
    let store = create(&path);
    let second = Store::open(&path, &key());
    let ours = std::process::id();
    assert!(matches!(second, Err(StoreError::AlreadyRunning { pid: Some(pid) }) if pid == ours));
    let sentence = second.unwrap_err().to_string();
    assert!(sentence.contains(&format!("プロセス番号 {ours}")), "{sentence}");
    store.close().unwrap();
    assert!(Store::open(&path, &key()).is_ok());
}

#[test]
fn files_are_made_for_us_alone() {
    let (folder, path) = place();
    let key_path = folder.path().join("station.key");
    let made = StationKey::create(&key_path).unwrap();
    assert_eq!(mode_of(&key_path), 0o400);
    let store = Store::create(&path, StoreKind::Real, &made, born).unwrap();
    for ending in ["", ".lock", ".ballast"] {
        assert_eq!(mode_of(&crate::store::file::beside(&path, ending)), 0o600, "{ending}");
    }
    drop(store);
    assert!(Store::open(&path, &StationKey::load(&key_path).unwrap()).is_ok());
    assert_eq!(format!("{made:?}"), "StationKey(..)");
}

#[test]
fn nothing_is_overwritten() {
    let (folder, path) = place();
    create(&path);
    let again = Store::create(&path, StoreKind::Real, &key(), born);
    assert!(matches!(again, Err(StoreError::Exists { .. })));
    let key_path = folder.path().join("station.key");
    std::fs::write(&key_path, [1; 32]).unwrap();
    assert!(matches!(StationKey::create(&key_path), Err(StoreError::Exists { .. })));
    assert_eq!(std::fs::read(&key_path).unwrap(), [1; 32]);
}

#[test]
fn a_creation_that_was_cut_short_is_begun_again() {
    let (_folder, path) = place();
    std::fs::write(crate::store::file::beside(&path, ".new"), b"half").unwrap();
    assert_sound(&create(&path));
}

#[test]
fn modes_and_owners() {
    let (folder, path) = place();
    create(&path);
    for mode in [0o400, 0o640, 0o644, 0o666, 0o660] {
        set_mode(&path, mode);
        let refused = Store::open(&path, &key()).unwrap_err();
        assert!(matches!(&refused, StoreError::Mode { mode: told, .. } if *told == mode), "{refused:?}");
        assert!(refused.to_string().contains(&format!("{mode:04o}")), "{refused}");
    }
    set_mode(&path, 0o600);
    set_mode(folder.path(), 0o777);
    let refused = Store::open(&path, &key()).unwrap_err();
    assert!(matches!(&refused, StoreError::Mode { path, .. } if path == folder.path()), "{refused:?}");
    set_mode(folder.path(), 0o700);
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&path, Some(12_345), None).unwrap();
        assert!(matches!(Store::open(&path, &key()), Err(StoreError::Owner { uid: 12_345, .. })));
        std::os::unix::fs::chown(&path, Some(0), None).unwrap();
    }
    assert!(Store::open(&path, &key()).is_ok());
}

#[test]
fn links_and_folders_are_not_stores() {
    let (folder, path) = place();
    create(&path);
    let link = folder.path().join("link.redb");
    symlink(&path, &link).unwrap();
    assert!(matches!(Store::open(&link, &key()), Err(StoreError::NotRegular { .. })));
    let hard = folder.path().join("hard.redb");
    std::fs::hard_link(&path, &hard).unwrap();
    assert!(matches!(Store::open(&hard, &key()), Err(StoreError::NotRegular { .. })));
    let inner = folder.path().join("folder.redb");
    std::fs::create_dir(&inner).unwrap();
    assert!(Store::open(&inner, &key()).is_err());
    let none = folder.path().join("none.redb");
    assert!(matches!(Store::open(&none, &key()), Err(StoreError::Missing { .. })));
    assert!(!none.exists());
}

#[test]
fn key_files() {
    let (folder, _) = place();
    let path = folder.path().join("station.key");
    std::fs::write(&path, [1; 31]).unwrap();
    set_mode(&path, 0o400);
    assert!(matches!(StationKey::load(&path), Err(StoreError::KeyFile { .. })));
    set_mode(&path, 0o600);
    std::fs::write(&path, [1; 32]).unwrap();
    assert!(StationKey::load(&path).is_ok());
    for mode in [0o440, 0o404, 0o644] {
        set_mode(&path, mode);
        assert!(matches!(StationKey::load(&path), Err(StoreError::Mode { .. })), "{mode:o}");
    }
}
