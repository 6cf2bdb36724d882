//! A store that is damaged, lost or put back: the station goes on with a new one, and everybody is told until an
//! administrator has seen it.

use crate::support::audit::Audit;
use crate::support::person::Person;
use crate::support::site::Site;
use crate::tools::{entries, kyukyu, log_ok};
use kyukyu::client::Client;
use kyukyu::domain::SafeText;
use kyukyu::log::{Act, ClockNote, NewEntry, Stamp, StoreId};
use kyukyu::protocol::{DamageRequest, DamageRow, Event, RefusalCode, Reply, Request};
use kyukyu::store::{StationKey, Store, StoreKind};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// What happens to the file of a station that does not run.
type Change = fn(&Site);

fn file(site: &Site) -> PathBuf {
    site.folder.path().join("site/data/store.redb")
}

/// A site where somebody has a case, stopped in order; with the accounts copied beside the store.
fn used() -> Site {
    let mut site = Site::new();
    site.start_station();
    Person::sato(&site).case();
    entries(&site, 1);
    site.stop_station();
    site
}

fn born(id: StoreId) -> NewEntry {
    let at = Stamp { utc_ms: 1, boot_ms: 1, boot_id: "boot".into(), clock: ClockNote::Steady };
    let store_id = SafeText::new(&id.to_string());
    NewEntry::of_station(at, "elsewhere".into(), Act::StoreCreated { store_id, previous: None })
}

fn is_marked(site: &Site) -> bool {
    Client::connect(&site.socket()).unwrap().welcome().damage
}

fn found(kanri: &mut Person) -> Vec<DamageRow> {
    match kanri.ask(Request::Damage(DamageRequest::Status)) {
        Reply::Damage(view) => view.found,
        other => panic!("{other:?}"),
    }
}

fn acknowledge(words: &str) -> Request {
    Request::Damage(DamageRequest::Acknowledge { words: words.into() })
}

#[test]
fn whatever_happens_to_the_file_people_can_work_and_are_told() {
    let table: [(&str, &str, Change); 5] = [
        ("emptied", "空です", |site| fs::write(file(site), []).unwrap()),
        ("truncated", "壊れて", |site| {
            fs::OpenOptions::new().write(true).open(file(site)).unwrap().set_len(9_000).unwrap();
        }),
        ("removed", "なくなっています", |site| fs::remove_file(file(site)).unwrap()),
        ("a page zeroed", "壊れて", |site| {
            let mut bytes = fs::read(file(site)).unwrap();
            // The tables' own pages: everything hangs on them.
            bytes[4096..16_384].fill(0);
            fs::write(file(site), bytes).unwrap();
        }),
        ("another's", "入れ替わって", |site| {
            let folder = tempfile::tempdir().unwrap();
            let (path, key) = (folder.path().join("store.redb"), StationKey::from_bytes([9; 32]));
            Store::create(&path, StoreKind::Real, &key, born).unwrap().close().unwrap();
            fs::copy(path, file(site)).unwrap();
        }),
    ];
    for (what, words, damage) in table {
        let mut site = used();
        damage(&site);
        let there = fs::read(file(&site)).ok();
        site.start_station();
        assert!(is_marked(&site), "{what}");
        // Both factors are as they were, and work goes on.
        let case = Person::sato(&site).case();
        let number: u32 = case.as_str().split_once('-').unwrap().1.parse().unwrap();
        assert!(number > 100, "{what}: {number} may stand on the label of a patient whose case was lost");
        let mut kanri = Person::with_password(&site, "kanri");
        let rows = found(&mut kanri);
        let [row] = rows.as_slice() else { panic!("{what}: {rows:?}") };
        assert!(row.what.as_str().contains(words), "{what}: {}", row.what);
        assert!(row.last_known >= 4 && row.carried > 0, "{what}: {row:?}");
        let aside = row.aside.as_ref().map(|aside| fs::read(aside.as_str()).unwrap());
        // One that opens is marked as open by that, and no more.
        let same = if what == "another's" {
            aside.map(|it| it.len()) == there.map(|it| it.len())
        } else {
            aside == there
        };
        assert!(same, "{what}: the evidence is as it was");
        let Reply::Home(home) = kanri.ask(Request::Home) else { panic!("home") };
        assert!(
            home.news.iter().any(|news| news.as_str().contains("admin damage status")),
            "{:?}",
            home.news
        );
        assert!(site.station_log().contains("【操作ログ異常】"), "{}", site.station_log());
        let mut kansa = Person::with_password(&site, "kansa");
        let Reply::Home(home) = kansa.ask(Request::Home) else { panic!("home") };
        assert!(
            home.news.iter().any(|news| news.as_str().contains("施設管理者に知らせて")),
            "{:?}",
            home.news
        );
        Audit::new(&site).find("damage", words);
        log_ok(&site, &["verify"]);
        // Not told again, and not forgotten: the mark survives the next start.
        site.stop_station();
        site.start_station();
        assert!(is_marked(&site), "{what}");
        assert_eq!(found(&mut Person::with_password(&site, "kanri")).len(), 1, "{what}");
    }
}

/// Power goes again just behind the start that made the new store, before anything beside it was written.
#[test]
fn a_crash_just_behind_that_loses_nothing_more() {
    let mut site = used();
    let beside = |ending: &str| site.folder.path().join(format!("site/data/store.redb{ending}"));
    let (head, accounts) = (beside(".head"), beside(".accounts"));
    let stale = [&head, &accounts].map(|path| fs::read(path).unwrap());
    // An entry that the chain does not know: the store is put aside, and everything in it carried over.
    crate::store::tamper(&site, crate::store::edit);
    site.start_station();
    let case = Person::sato(&site).case();
    site.kill_station();
    for (path, bytes) in [&head, &accounts].into_iter().zip(&stale) {
        assert!(fs::read(path).unwrap() != *bytes, "{}: it is of the new store at once", path.display());
        fs::write(path, bytes).unwrap();
    }
    site.start_station();
    assert!(!site.folder.path().join("site/data/store.redb.damaged-2").exists());
    assert!(is_marked(&site));
    let mut sato = Person::sato(&site);
    let Reply::Home(home) = sato.ask(Request::Home) else { panic!("home") };
    assert!(
        home.cases.iter().any(|row| row.case.number == case) && home.cases.len() == 2,
        "{:?}",
        home.cases
    );
}

#[test]
fn only_an_administrator_takes_the_mark_away_with_words_and_on_record() {
    let mut site = used();
    fs::remove_file(file(&site)).unwrap();
    site.start_station();
    let mut sato = Person::sato(&site);
    sato.refused_as(acknowledge("見た"), RefusalCode::NoPermission);
    sato.refused_as(Request::Damage(DamageRequest::Status), RefusalCode::NoPermission);
    let mut kanri = Person::with_password(&site, "kanri");
    kanri.refused_as(acknowledge("　"), RefusalCode::BadInput);
    assert!(is_marked(&site));
    kanri.ask(acknowledge("ディスクを交換した"));
    assert!(!is_marked(&site));
    let mut told = std::iter::from_fn(|| sato.client.event(Duration::from_secs(5)).unwrap());
    assert!(told.any(|event| event == Event::Damage(false)), "screens that are open are told");
    kanri.refused_as(acknowledge("もう一度"), RefusalCode::BadInput);
    Audit::new(&site).find("damage_acknowledged", "ディスクを交換した");
    site.stop_station();
    site.start_station();
    assert!(!is_marked(&site));
}

/// The command, as it is typed.
#[test]
fn the_command_says_what_happened_and_what_is_to_be_looked_at() {
    let mut site = used();
    fs::write(file(&site), b"rubbish").unwrap();
    site.start_station();
    let socket = site.socket();
    let admin = |words: &[&str]| {
        let login = ["--user", "kanri", "--socket", socket.to_str().unwrap()];
        let lines = format!("{}\n", crate::support::site::PASSWORD);
        kyukyu(&[&["admin", "damage"], words, login.as_slice()].concat(), &lines)
    };
    let told = admin(&["status"]);
    for words in ["store.redb.damaged-1", "引き継いだ記録", "控えから", "少なくとも", "分かりません）: 症例"]
    {
        assert!(told.code == 0 && told.out.contains(words), "{words}: {told:?}");
    }
    assert_eq!(admin(&["acknowledge", "--words", "差し替えた"]).code, 0);
    let after = admin(&["status"]).out;
    for words in ["確認の済んでいない異常はありません", "damaged-1", "確認済み", "差し替えた"]
    {
        assert!(after.contains(words), "{words}: {after}");
    }
}

/// Without the copy nobody could log in: then nothing is put in the place of the old one, and that is said.
#[test]
fn a_store_is_never_silently_empty() {
    let site = used();
    fs::write(file(&site), b"rubbish").unwrap();
    fs::remove_file(site.folder.path().join("site/data/store.redb.accounts")).unwrap();
    let refused = Site::try_serve(&site.config());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("新しい保管庫で始められません"), "{said}");
    assert!(fs::read(file(&site)).unwrap() == b"rubbish");
    // Gone altogether, and nothing beside it: no store was ever here.
    for ending in ["", ".head"] {
        let _ = fs::remove_file(site.folder.path().join(format!("site/data/store.redb{ending}")));
    }
    assert!(!Site::try_serve(&site.config()).status.success());
}

/// A key that was exchanged by mistake is no damage: the store is good, and is left alone.
#[test]
fn another_key_changes_nothing() {
    let mut site = used();
    let key = site.folder.path().join("site/data/station.key");
    let right = fs::read(&key).unwrap();
    let put = |bytes: &[u8]| {
        fs::remove_file(&key).unwrap();
        fs::write(&key, bytes).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
    };
    put(&[3; 32]);
    let refused = Site::try_serve(&site.config());
    assert!(!refused.status.success(), "{refused:?}");
    assert!(!site.folder.path().join("site/data/store.redb.damaged-1").exists());
    // Pages may have moved in it when it was opened. With its own key it is what it was, and nobody is told of anything.
    put(&right);
    site.start_station();
    assert!(!is_marked(&site));
    assert_eq!(found(&mut Person::with_password(&site, "kanri")).len(), 0);
    log_ok(&site, &["verify"]);
}
