//! Sealed records and the store's identity.

use super::*;
use crate::store::{Table, medium};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Password {
    hash: String,
}

fn with_two_accounts() -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = place();
    let store = create(&path);
    store
        .transact(|tx: &mut Tx<'_>| {
            tx.put(Table::Credentials, "sato", &Password { hash: "of sato".to_owned() })?;
            tx.put(Table::Credentials, "tanaka", &Password { hash: "of tanaka".to_owned() })
        })
        .unwrap();
    store.close().unwrap();
    (folder, path)
}

/// Changes the file as somebody with access to it, redb at hand, but without the key.
fn tamper(path: &Path, change: impl FnOnce(&Database)) {
    let database = medium::settings().open(path).unwrap();
    change(&database);
    database.close().unwrap();
}

fn credentials() -> TableDefinition<'static, &'static str, &'static [u8]> {
    Table::Credentials.definition()
}

#[test]
fn records_come_back_and_are_not_in_the_clear() {
    let (_folder, path) = with_two_accounts();
    let (store, _) = Store::open(&path, &key()).unwrap();
    assert_eq!(store.kind(), StoreKind::Training);
    let found = store
        .read(|tx| {
            assert_eq!(tx.get::<Password>(Table::Accounts, "sato")?, None);
            assert_eq!(tx.scan_prefix::<Password>(Table::Credentials, "x")?.len(), 0);
            assert_eq!(tx.scan_prefix::<Password>(Table::Credentials, "")?.len(), 2);
            tx.scan_prefix::<Password>(Table::Credentials, "sa")
        })
        .unwrap();
    assert_eq!(found, [("sato".to_owned(), Password { hash: "of sato".to_owned() })]);
    store.close().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(7).any(|window| window == b"of sato"));
}

#[test]
fn a_record_put_under_another_key_does_not_open() {
    let (_folder, path) = with_two_accounts();
    tamper(&path, |database| {
        let txn = database.begin_write().unwrap();
        {
            let mut table = txn.open_table(credentials()).unwrap();
            let tanaka = table.get("tanaka").unwrap().unwrap().value().to_vec();
            table.insert("sato", tanaka.as_slice()).unwrap();
        }
        txn.commit().unwrap();
    });
    let (store, _) = Store::open(&path, &key()).unwrap();
    let swapped = store.read(|tx| tx.get::<Password>(Table::Credentials, "sato"));
    assert!(matches!(swapped, Err(StoreError::Record { table: Table::Credentials })));
    let swapped = store.transact(|tx: &mut Tx<'_>| tx.get::<Password>(Table::Credentials, "sato"));
    assert!(matches!(swapped, Err(StoreError::Record { table: Table::Credentials })));
    assert!(store.read(|tx| tx.get::<Password>(Table::Credentials, "tanaka")).unwrap().is_some());
}

#[test]
fn another_key_does_not_open_the_store() {
    let (_folder, path) = with_two_accounts();
    let other = Store::open(&path, &StationKey::from_bytes([8; 32]));
    assert!(matches!(other, Err(StoreError::WrongKey)));
    assert!(Store::open(&path, &key()).is_ok());
}

#[test]
fn a_training_store_cannot_be_turned_into_a_real_one() {
    let (_folder, path) = with_two_accounts();
    tamper(&path, |database| {
        let txn = database.begin_write().unwrap();
        {
            let mut meta = txn.open_table(crate::store::table::META).unwrap();
            let clear = String::from_utf8(meta.get("identity").unwrap().unwrap().value().to_vec()).unwrap();
            let real = clear.replace("training", "real");
            assert_ne!(clear, real);
            meta.insert("identity", real.as_bytes()).unwrap();
        }
        txn.commit().unwrap();
    });
    let turned = Store::open(&path, &key());
    assert!(matches!(turned, Err(StoreError::Damaged { .. })), "{turned:?}");
}

#[test]
fn tables_of_a_later_version_are_added() {
    let (_folder, path) = with_two_accounts();
    tamper(&path, |database| {
        let txn = database.begin_write().unwrap();
        assert!(txn.delete_table(Table::Settings.definition()).unwrap());
        txn.commit().unwrap();
    });
    let (store, _) = Store::open(&path, &key()).unwrap();
    assert_eq!(store.read(|tx| tx.get::<u32>(Table::Settings, "x")).unwrap(), None);
    store.close().unwrap();
    tamper(&path, |database| {
        assert!(database.begin_read().unwrap().open_table(Table::Settings.definition()).is_ok());
    });
}
