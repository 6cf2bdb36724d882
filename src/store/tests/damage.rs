//! A store whose bytes are no longer those that were written.

use super::*;
use crate::log::ChainHash;

fn filled(path: &Path) -> Vec<(u64, ChainHash)> {
    let store = create(path);
    store.transact(|tx: &mut Tx<'_>| (1..=300).try_for_each(|n| tx.log(&numbered(n)).map(drop))).unwrap();
    let rows = rows(&store);
    store.close().unwrap();
    rows
}

fn rows(store: &Store) -> Vec<(u64, ChainHash)> {
    store
        .read(|tx| {
            tx.log_rows(1..=u64::MAX)?.map(|row| row.map(|row| (row.seq, row.hash))).collect::<Result<_, _>>()
        })
        .map_err(|error: StoreError| error)
        .unwrap()
}

/// Either the damage is seen, or it hit nothing that counts: never a log that differs without a word.
#[test]
fn flipped_bits_and_zeroed_pages() {
    let (_folder, path) = place();
    let sound = filled(&path);
    let bytes = std::fs::read(&path).unwrap();
    let mut random = super::simulated::Random(42);
    let mut seen = 0;
    for round in 0..60 {
        let mut damaged = bytes.clone();
        let at = random.below(damaged.len());
        if round % 2 == 0 {
            damaged[at] ^= 1 << random.below(8);
        } else {
            let page = at & !4095;
            let end = (page + 4096).min(damaged.len());
            damaged[page..end].fill(0);
        }
        std::fs::write(&path, &damaged).unwrap();
        match Store::open(&path, &key()) {
            Err(StoreError::Damaged { .. } | StoreError::WrongKey) => seen += 1,
            Err(other) => panic!("round {round} at {at}: {other:?}"),
            Ok((store, opened)) if opened.check.is_sound() => {
                assert_eq!(rows(&store), sound, "round {round} at {at}");
                assert_sound(&store);
            }
            Ok(_) => seen += 1,
        }
    }
    assert!(seen > 10, "only {seen} of 60 were seen: the damage hits nothing");
}

#[test]
fn emptied_truncated_and_foreign_files() {
    let (_folder, path) = place();
    filled(&path);
    let bytes = std::fs::read(&path).unwrap();
    let table: [&[u8]; 5] = [&[], &bytes[..100], &bytes[..4096], &bytes[..bytes.len() / 2], &[0x55; 9_000]];
    for damaged in table {
        std::fs::write(&path, damaged).unwrap();
        let refused = Store::open(&path, &key());
        assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{} bytes: {refused:?}", damaged.len());
    }
}

#[test]
fn a_log_cut_at_its_end_is_refused() {
    let (_folder, path) = place();
    filled(&path);
    let database = crate::store::medium::settings().open(&path).unwrap();
    let txn = database.begin_write().unwrap();
    txn.open_table(crate::store::table::LOG).unwrap().pop_last().unwrap();
    txn.commit().unwrap();
    database.close().unwrap();
    let refused = Store::open(&path, &key()).unwrap_err();
    assert!(refused.to_string().contains("操作ログの末尾"), "{refused}");
}
