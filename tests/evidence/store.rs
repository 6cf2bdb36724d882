//! The store itself, tampered with by whoever owns the host, and what `kyukyu log verify` says of it then.

use crate::support::audit::Audit;
use crate::support::site::Site;
use crate::tools::{Done, entries, head, kyukyu, log, log_ok, sign, stolen_key};
use kyukyu::log::{ChainHash, Frontier, Head, StoreId};
use kyukyu::store::StoreError;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _};
use redb::{TableDefinition, WriteTransaction};
use std::fs;
use std::path::{Path, PathBuf};

const LOG: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("log");
const CHECKPOINTS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("checkpoints");
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");

fn file(site: &Site) -> PathBuf {
    site.folder.path().join("site/data/store.redb")
}

/// Changes the file of a station that does not run, with redb alone.
pub(crate) fn tamper(site: &Site, change: impl FnOnce(&WriteTransaction)) {
    let database = Database::open(file(site)).unwrap();
    let txn = database.begin_write().unwrap();
    change(&txn);
    txn.commit().unwrap();
}

/// Another word in the fifth entry.
pub(crate) fn edit(txn: &WriteTransaction) {
    let mut log = txn.open_table(LOG).unwrap();
    let row = log.get(5).unwrap().unwrap().value().to_vec();
    let body = String::from_utf8(row[32..].to_vec()).unwrap();
    let changed = body.replacen("\"host\":\"", "\"host\":\"x", 1);
    assert_ne!(body, changed);
    log.insert(5, [&row[..32], changed.as_bytes()].concat().as_slice()).unwrap();
}

/// Chain and tail as if it had always been so; gives the sums at every size.
pub(crate) fn rehash(txn: &WriteTransaction, store: &StoreId) -> Vec<Frontier> {
    let mut log = txn.open_table(LOG).unwrap();
    let rows: Vec<(u64, Vec<u8>)> = log
        .range(1..)
        .unwrap()
        .map(|row| row.map(|(seq, row)| (seq.value(), row.value()[32..].to_vec())).unwrap())
        .collect();
    let (mut head, mut frontier, mut all) = (Head::default(), Frontier::default(), Vec::new());
    for (seq, body) in rows {
        head = head.append(store, &body);
        frontier.append(&head.hash.0);
        log.insert(seq, [&head.hash.0, body.as_slice()].concat().as_slice()).unwrap();
        all.push(frontier.clone());
    }
    let tail = [&head.hash.0, frontier.to_bytes().as_slice()].concat();
    txn.open_table(META).unwrap().insert("tail", tail.as_slice()).unwrap();
    all
}

pub(crate) fn store_id(site: &Site) -> StoreId {
    site.store().store_id()
}

/// A site whose log has been signed several times, stopped; with the code and the note as the last look found them.
fn witnessed() -> (Site, String, PathBuf) {
    let mut site = Site::new();
    site.start_station();
    entries(&site, 4);
    entries(&site, 4);
    let head = head(&site);
    let note = site.folder.path().join("kept.note");
    fs::write(&note, head["note"].as_str().unwrap()).unwrap();
    site.stop_station();
    (site, head["code"].as_str().unwrap().to_owned(), note)
}

/// How verification of the file ends after a change: alone, against the code, against the note.
fn codes(file: &Path, code: &str, note: &Path) -> [i32; 3] {
    let ways: [&[&str]; 3] = [&[], &["--against", code], &["--against", note.to_str().unwrap()]];
    let before = fs::read(file).unwrap();
    let codes = ways.map(|words| verify(file, words).code);
    assert_eq!(fs::read(file).unwrap(), before, "who looks changes nothing");
    codes
}

/// `kyukyu log verify --store FILE`, which needs neither station nor login.
fn verify(file: &Path, words: &[&str]) -> Done {
    kyukyu(&[&["log", "verify", "--store", file.to_str().unwrap()], words].concat(), "")
}

/// The station starts all the same: what was changed is put aside, a sound log goes on, and everybody is told.
fn is_followed(site: &mut Site, told: &str) -> PathBuf {
    site.start_station();
    assert!(log_ok(site, &["verify"]).contains("異常はありません"));
    let line = Audit::new(site).find("damage", told);
    assert!(line.words.as_str().contains("新しい操作ログで開始"), "{}", line.words);
    let aside = site.folder.path().join("site/data/store.redb.damaged-1");
    assert!(aside.is_file());
    aside
}

#[test]
fn an_untouched_store_is_sound_against_everything_that_was_kept() {
    let (mut site, code, note) = witnessed();
    assert_eq!(codes(&file(&site), &code, &note), [0; 3]);
    site.start_station();
    let said = log_ok(&site, &["verify", "--against", &code]);
    assert!(said.contains("異常はありません") && said.contains("外部の控えと一致"), "{said}");
}

#[test]
fn an_edited_entry_is_found_by_every_check() {
    let (mut site, code, note) = witnessed();
    tamper(&site, edit);
    assert_eq!(codes(&file(&site), &code, &note), [3; 3]);
    let aside = is_followed(&mut site, "操作ログに異常");
    assert_eq!(codes(&aside, &code, &note), [3; 3]);
    let said = verify(&aside, &[]).out;
    assert!(said.contains("改変: 5番以前") && said.contains("監査担当に連絡"), "{said}");
}

#[test]
fn an_edited_and_rehashed_log_is_found_by_its_own_checkpoints() {
    let (mut site, code, note) = witnessed();
    let store = store_id(&site);
    tamper(&site, |txn| {
        edit(txn);
        rehash(txn, &store);
    });
    assert_eq!(codes(&file(&site), &code, &note), [3; 3]);
    is_followed(&mut site, "操作ログに異常");
}

#[test]
fn a_log_made_anew_with_the_stolen_key_is_found_by_a_witness_only() {
    let (mut site, code, note) = witnessed();
    let (store, key) = (store_id(&site), stolen_key(&site));
    tamper(&site, |txn| {
        edit(txn);
        let sums = rehash(txn, &store);
        let mut seals = txn.open_table(CHECKPOINTS).unwrap();
        let sizes: Vec<u64> = seals.range(0..).unwrap().map(|row| row.unwrap().0.value()).collect();
        for size in sizes {
            let sum = &sums[usize::try_from(size).unwrap() - 1];
            seals.insert(size, sign(&store, sum, &key).as_bytes()).unwrap();
        }
    });
    assert_eq!(codes(&file(&site), &code, &note), [0, 6, 6]);
    // Beside the store lies the last checkpoint as it was: this forger forgot it.
    is_followed(&mut site, "一致しません");
}

/// A real roll-back: yesterday's copy of the whole folder. Just after it the log is shorter than what was kept; when it
/// has grown past that, there are two histories.
#[test]
fn an_older_copy_is_rolled_back_and_then_a_fork() {
    let mut site = Site::new();
    site.start_station();
    entries(&site, 1);
    site.stop_station();
    let older = fs::read(file(&site)).unwrap();
    site.start_station();
    entries(&site, 12);
    entries(&site, 12);
    let kept = head(&site);
    let (code, size) = (kept["code"].as_str().unwrap().to_owned(), kept["size"].as_u64().unwrap());
    let note = site.folder.path().join("kept.note");
    fs::write(&note, kept["note"].as_str().unwrap()).unwrap();
    site.stop_station();

    // Everything that lies on this host goes back, the checkpoint beside the store as well.
    fs::write(file(&site), older).unwrap();
    fs::remove_file(site.folder.path().join("site/data/store.redb.head")).unwrap();
    assert_eq!(codes(&file(&site), &code, &note), [0, 5, 5], "shorter than what was kept");
    site.start_station();
    while head(&site)["size"].as_u64().unwrap() <= size + 5 {
        entries(&site, 1);
    }
    let ended = [&["verify"], ["verify", "--against", &code].as_slice()].map(|words| log(&site, words).code);
    assert_eq!(ended, [0, 6], "sound in itself, and another history than the one on paper");
    assert_eq!(log(&site, &["verify", "--against", note.to_str().unwrap()]).code, 6);
}

/// The store alone put back, what lies beside it not: the station finds out by itself, before it adds anything.
#[test]
fn an_older_copy_of_the_store_alone_is_not_gone_on_with() {
    let mut site = Site::new();
    site.start_station();
    entries(&site, 1);
    site.stop_station();
    let older = fs::read(file(&site)).unwrap();
    site.start_station();
    entries(&site, 3);
    let before = head(&site);
    site.stop_station();
    fs::write(file(&site), &older).unwrap();
    let aside = is_followed(&mut site, "巻戻し");
    assert_eq!(fs::read(&aside).unwrap().len(), older.len());
    let shown = log_ok(&site, &["show", "--json"]);
    assert!(shown.contains("\"witnessed\"") || shown.contains("旧ログに続く"), "{shown}");
    assert_eq!(log(&site, &["verify", "--against", before["code"].as_str().unwrap()]).code, 7, "another log");
}

#[test]
fn a_cut_end_does_not_start_or_is_known_by_its_checkpoints() {
    let (mut site, code, note) = witnessed();
    let store = store_id(&site);
    let whole = fs::read(file(&site)).unwrap();
    tamper(&site, |txn| txn.open_table(LOG).unwrap().retain(|seq, _| seq <= 8).unwrap());
    assert_ne!(codes(&file(&site), &code, &note)[0], 0);
    let aside = is_followed(&mut site, "操作ログの末尾");
    site.stop_station();
    // Not by its length: redb gives unused pages at the end back when it closes a file.
    let kept = Database::open(&aside).unwrap();
    assert_eq!(kept.begin_read().unwrap().open_table(LOG).unwrap().len().unwrap(), 8);

    // As it was before, with what lay beside it.
    fs::write(file(&site), whole).unwrap();
    fs::remove_file(site.folder.path().join("site/data/store.redb.head")).unwrap();
    tamper(&site, |txn| {
        txn.open_table(LOG).unwrap().retain(|seq, _| seq <= 8).unwrap();
        rehash(txn, &store);
    });
    let told = codes(&file(&site), &code, &note);
    assert!(matches!(told[0], 3 | 4), "{told:?}");
    assert_eq!(told[2], told[0]);
    assert_ne!(told[1], 0);
    site.start_station();
    assert!(
        site.folder.path().join("site/data/store.redb.damaged-2").is_file(),
        "its checkpoints go too far"
    );
}

#[test]
fn a_code_or_note_of_another_station_is_said_to_be_that() {
    let (mut site, _, _) = witnessed();
    // Every site of the tests is a copy of one store; a real other one has an id of its own.
    let other = StoreId([5; 16]);
    let mut frontier = Frontier::default();
    frontier.append(&ChainHash([1; 32]).0);
    let note = site.folder.path().join("other.note");
    fs::write(&note, sign(&other, &frontier, &stolen_key(&site))).unwrap();
    site.start_station();
    let by_code = log(&site, &["verify", "--against", &crate::tools::code(&other, &frontier)]);
    let by_note = log(&site, &["verify", "--against", note.to_str().unwrap()]);
    assert_eq!((by_code.code, by_note.code), (7, 7), "{by_code:?} {by_note:?}");
    assert!(by_note.out.contains("別の保管庫"), "{by_note:?}");
    let forged = sign(&site_store(&site), &frontier, &crate::tools::other_key());
    fs::write(&note, forged).unwrap();
    assert_eq!(log(&site, &["verify", "--against", note.to_str().unwrap()]).code, 8);
}

/// The id as everybody can see it, in the key.
fn site_store(site: &Site) -> StoreId {
    let key = log_ok(site, &["key"]);
    StoreId::parse(key.strip_prefix("kyukyu/").unwrap().split('+').next().unwrap()).unwrap()
}

#[test]
fn a_lost_key_is_replaced_and_everybody_can_see_it() {
    let (mut site, code, note) = witnessed();
    let key = site.folder.path().join("site/data/log.key");
    fs::remove_file(&key).unwrap();
    site.start_station();
    let ways: [&[&str]; 3] = [&[], &["--against", &code], &["--against", note.to_str().unwrap()]];
    let ended = ways.map(|words| log(&site, &[&["verify"], words].concat()).code);
    assert_eq!(ended, [0; 3], "what the old key signed stays good");
    let said = log_ok(&site, &["verify"]);
    assert!(said.contains("署名の鍵が") && said.contains("替わっています"), "{said}");
    let shown = log_ok(&site, &["show"]);
    assert!(shown.contains("署名鍵を交換"), "{shown}");
}

/// A store from a version without checkpoints: neither key nor table.
#[test]
fn a_store_from_before_gets_a_key_with_an_entry() {
    let mut site = Site::new();
    fs::remove_file(site.folder.path().join("site/data/log.key")).unwrap();
    tamper(&site, |txn| {
        txn.delete_table(CHECKPOINTS).unwrap();
        txn.open_table(META).unwrap().remove("log_key").unwrap();
        // Its entry belongs to what such a store does not have; the chain is made anew without it.
        let mut log = txn.open_table(LOG).unwrap();
        log.retain(|seq, _| seq == 1).unwrap();
        drop(log);
        let first: Vec<u8> = {
            let log = txn.open_table(LOG).unwrap();
            log.get(1).unwrap().unwrap().value().to_vec()
        };
        let mut frontier = Frontier::default();
        frontier.append(&first[..32]);
        let tail = [&first[..32], frontier.to_bytes().as_slice()].concat();
        txn.open_table(META).unwrap().insert("tail", tail.as_slice()).unwrap();
    });
    site.start_station();
    let shown = log_ok(&site, &["show"]);
    assert!(shown.contains("署名鍵を作成"), "{shown}");
    site.stop_station();
    let store = site.store();
    let checked = store.check_log(None).unwrap();
    assert_eq!(checked.report.faults, []);
    assert_eq!((checked.keys.len(), checked.sealed), (1, checked.report.entries), "signed to its very end");
    let newest = store.read(|tx| Ok::<_, StoreError>(tx.newest_checkpoint()?.unwrap())).unwrap();
    assert_eq!(newest.checkpoint.size, checked.report.entries);
}
