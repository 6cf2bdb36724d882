//! Searching the log: by the index the same as by reading it all, and at a price that does not grow with the log.

use super::*;
use crate::domain::CalendarDate;
use crate::log::search::{Filter, Patient, Term, kind_of};
use crate::log::{Actor, Entry, Subject};
use crate::store::index::postings::Numbers;
use crate::store::index::{self, TERMS, TIMES};
use crate::store::medium::settings;
use crate::store::meta::Identity;
use crate::store::table::{LOG, META};
use crate::store::{Found, Reads};
use proptest::prelude::*;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

const HOUR: i64 = 3_600_000;

fn subject(n: u8) -> Subject {
    let names = ["山田　太郎", "山田太郎", "ヤマダ タロウ", "鈴木　花子"];
    let pick = |texts: &[&str]| texts.get(usize::from(n) % (texts.len() + 1)).map(|t| text(t));
    Subject {
        patient_id: pick(&["P001", "Ｐ００１", "P002"]),
        reference_number: pick(&["R1"]),
        insurer_number: pick(&["06139999", "０６１３９９９９"]),
        number: pick(&["12", "１２", "13"]),
        name: pick(&names),
        kana: pick(&["ヤマダ　タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ", "やまだたろう"]),
        birthdate: pick(&["1955-11-03", "S30.11.3", "not a date", "1955-11-04"]),
        ..Subject::default()
    }
}

fn new_entry((act, user, at, on_entry, within): (u8, u8, i64, u8, u8)) -> NewEntry {
    let subject_of = |n: u8| (n > 0).then(|| Box::new(subject(n)));
    let act = match act % 4 {
        0 => Act::PersonShown { person: Box::new(subject(within)) },
        1 => Act::CandidatesShown { candidates: vec![subject(within), subject(within / 3)] },
        2 => Act::LogOpened {},
        _ => Act::CaseOpened {},
    };
    let named =
        |user: &str| Actor { user: text(user), name: text("氏名"), profession: None, record_user: None };
    NewEntry {
        at: Stamp { utc_ms: at, boot_ms: 2, boot_id: text("boot"), clock: ClockNote::Steady },
        actor: ["sato", "suzuki"].get(usize::from(user % 3)).map(|user| named(user)),
        case: ["20261123-001", "20261123-002"].get(usize::from(user / 3 % 3)).map(|case| text(case)),
        subject: subject_of(on_entry),
        ..entry(act)
    }
}

fn some_entry() -> impl Strategy<Value = NewEntry> {
    (0_u8..8, 0_u8..9, -40_i64..40, 0_u8..12, 0_u8..12).prop_map(|(act, user, hours, on_entry, within)| {
        new_entry((act, user, hours * HOUR + i64::from(within) * 77_777, on_entry, within))
    })
}

fn some_filter() -> impl Strategy<Value = Filter> {
    let maybe = |texts: &'static [&'static str]| {
        prop::option::weighted(0.25, prop::sample::select(texts)).prop_map(|found| found.map(text))
    };
    let moment = || prop::option::weighted(0.4, -45 * HOUR..45 * HOUR);
    let patient = (
        maybe(&["p001", "P002", "P9"]),
        maybe(&["06139999"]),
        maybe(&["12", "13"]),
        maybe(&["R1", "r1"]),
        maybe(&["山田 太郎", "ﾔﾏﾀﾞﾀﾛｳ", "鈴木花子"]),
        prop::option::weighted(0.3, Just(CalendarDate::from_compact("19551103").unwrap())),
    );
    let patient =
        patient.prop_map(|(patient_id, insurer_number, number, reference_number, name, birthdate)| Patient {
            patient_id,
            insurer_number,
            number,
            reference_number,
            name,
            birthdate,
        });
    let kinds = prop::sample::subsequence(vec!["person_shown", "candidates_shown", "log_opened"], 0..=3);
    let rest = (maybe(&["sato", "suzuki", "tanaka"]), moment(), moment(), kinds, maybe(&["20261123-001"]));
    (patient, rest).prop_map(|(patient, (user, from, to, kinds, case))| Filter {
        patient,
        user,
        from,
        to,
        kinds: kinds.into_iter().map(ToOwned::to_owned).collect(),
        case,
        words: Vec::new(),
    })
}

/// Every page of a search, one after the other. No number may come twice or out of order.
fn all_pages(store: &Store, filter: &Filter, limit: usize) -> (Vec<u64>, Vec<u64>) {
    let (mut found, mut unreadable, mut before) = (Vec::new(), Vec::new(), None);
    for _ in 0..10_000 {
        let page = store.read(|tx| tx.search_log(filter, before, limit, true)).map(|f: Found| f.page);
        let page = page.map_err(|error: StoreError| error).unwrap();
        assert!(page.entries.len() <= limit);
        found.extend(page.entries.iter().map(|entry| entry.seq));
        unreadable.extend(page.unreadable);
        before = page.next;
        if before.is_none() {
            assert!(found.windows(2).all(|pair| pair[0] > pair[1]), "{found:?}");
            return (found, unreadable);
        }
    }
    panic!("it never ends");
}

fn naive(store: &Store, filter: &Filter) -> Vec<u64> {
    let page = store.read(|tx| tx.log_page(None, usize::MAX, |entry: &Entry| filter.matches(entry)));
    page.map_err(|error: StoreError| error).unwrap().entries.iter().map(|entry| entry.seq).collect()
}

fn log_all(store: &Store, entries: Vec<NewEntry>) {
    let done = store.transact(move |tx: &mut Tx<'_>| entries.iter().try_for_each(|e| tx.log(e).map(drop)));
    done.map_err(|error: StoreError| error).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 60, ..ProptestConfig::default() })]
    #[test]
    fn what_the_index_finds_is_what_reading_everything_finds(
        batches in prop::collection::vec(prop::collection::vec(some_entry(), 1..40), 1..5),
        filters in prop::collection::vec(some_filter(), 48),
        limit in 1_usize..9,
        rebuilt: bool,
    ) {
        let (_folder, path) = place();
        let mut store = create(&path);
        for entries in batches {
            log_all(&store, entries);
        }
        if rebuilt {
            store.close().unwrap();
            without_index(&path);
            store = Store::open(&path, &key()).unwrap().0;
        }
        assert_sound(&store);
        for filter in filters {
            prop_assert_eq!(all_pages(&store, &filter, limit).0, naive(&store, &filter), "{:?}", filter);
        }
    }
}

/// As an older version left it.
fn without_index(path: &Path) {
    let database = settings().open(path).unwrap();
    let txn = database.begin_write().unwrap();
    txn.delete_table(TERMS).unwrap();
    txn.delete_table(TIMES).unwrap();
    txn.open_table(META).unwrap().remove("log_index").unwrap();
    txn.commit().unwrap();
    database.close().unwrap();
}

/// A log of `count` entries in which one patient is named twice, and two operators work all the time.
fn long_log(count: u64) -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = place();
    let store = create(&path);
    let of = |n: u64| {
        let rare = n == 100 || n == count / 2;
        let person = Subject {
            name: Some(text(if rare { "架空　一人" } else { "山田　太郎" })),
            number: Some(text(&n.to_string())),
            birthdate: Some(text("1955-11-03")),
            ..Subject::default()
        };
        let user = u8::try_from(n % 2).unwrap();
        let act = if n.is_multiple_of(2) { 2 } else { 3 };
        NewEntry {
            subject: Some(Box::new(person)),
            ..new_entry((act, user, i64::try_from(n).unwrap() * 60_000, 0, 0))
        }
    };
    for from in (1..count).step_by(2_000) {
        log_all(&store, (from..(from + 2_000).min(count)).map(of).collect());
    }
    store.close().unwrap();
    (folder, path)
}

#[test]
fn a_page_reads_about_as_much_as_it_shows_whatever_is_asked_and_however_long_the_log() {
    let (_folder, path) = long_log(20_000);
    let store = Store::open(&path, &key()).unwrap().0;
    let named = |name: &str| Filter {
        patient: Patient { name: Some(text(name)), ..Patient::default() },
        ..Filter::default()
    };
    let born = CalendarDate::from_compact("19551103").unwrap();
    let both = Patient { birthdate: Some(born), ..named("架空一人").patient };
    let of_user = Filter::of_user(text("sato"));
    let kinds = vec!["case_opened".to_owned()];
    // The filter, how many there are on the first page, and how much may be read for it at most.
    let table = [
        (named("架空一人"), 2, Reads { index: 3, log: 2 }),
        (Filter { patient: both, ..Filter::default() }, 2, Reads { index: 6, log: 2 }),
        (Filter { patient: named("架空一人").patient, ..of_user.clone() }, 2, Reads { index: 6, log: 2 }),
        (named("だれでもない"), 0, Reads { index: 2, log: 0 }),
        (of_user.clone(), 60, Reads { index: 3, log: 61 }),
        // Each of them is in half of all entries, and no entry has both: all rows of both, each once.
        (Filter { kinds: kinds.clone(), ..of_user.clone() }, 0, Reads { index: 85, log: 0 }),
        (
            Filter { from: Some(5_000 * 60_000), to: Some(5_030 * 60_000), ..of_user.clone() },
            15,
            Reads { index: 90, log: 40 },
        ),
        // Days and hours, and a look at each entry of the page.
        (Filter { to: Some(9_000 * 60_000), ..Filter::default() }, 60, Reads { index: 160, log: 130 }),
        (Filter::default(), 60, Reads { index: 0, log: 61 }),
    ];
    for (filter, hits, most) in table {
        let found: Found =
            store.read(|tx| tx.search_log(&filter, None, 60, true)).map_err(|e: StoreError| e).unwrap();
        assert_eq!(found.page.entries.len(), hits, "{filter:?}");
        let reads = found.reads;
        assert!(reads.index <= most.index && reads.log <= most.log, "{reads:?} for {filter:?}");
    }
    assert_sound(&store);
}

#[test]
fn an_old_store_gets_its_index_at_start_and_goes_on_with_it_after_a_kill() {
    let (_folder, path) = long_log(12_000);
    without_index(&path);
    let database = settings().open(&path).unwrap();
    let meta = database.begin_read().unwrap().open_table(META).unwrap();
    let identity = Identity::read(&meta).unwrap();
    drop(meta);
    let mut told = Vec::new();
    // Killed when it is told of for the second time: one transaction is kept.
    let killed = catch_unwind(AssertUnwindSafe(|| {
        index::build(&database, identity, |done, all| {
            assert_eq!(all, 12_000);
            assert!(done < 5_000, "killed");
            told.push(done);
        })
    }));
    assert!(killed.is_err());
    assert_eq!(told, [0]);
    told.clear();
    index::build(&database, identity, |done, _| told.push(done)).unwrap();
    assert_eq!(told, [5_000, 10_000, 12_000]);
    told.clear();
    index::build(&database, identity, |done, _| told.push(done)).unwrap();
    assert_eq!(told, [0_u64; 0], "nothing is left to do");
    database.close().unwrap();
    let store = Store::open(&path, &key()).unwrap().0;
    assert_sound(&store);
    log_one(&store, 1).unwrap();
    assert_sound(&store);
}

fn tamper(path: &Path, change: impl FnOnce(&redb::WriteTransaction)) {
    let database: Database = settings().open(path).unwrap();
    let txn = database.begin_write().unwrap();
    change(&txn);
    txn.commit().unwrap();
    database.close().unwrap();
}

/// The row of a term in which a number stands: where it begins, and its numbers.
fn row_of(terms: &redb::Table<'_, (u64, u64), &'static [u8]>, term: u64, number: u64) -> (u64, Vec<u64>) {
    let row = terms.range((term, 0)..=(term, number)).unwrap().next_back().unwrap().unwrap();
    let first = row.0.value().1;
    (first, Numbers::of(first, row.1.value()).collect())
}

fn distances(numbers: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for pair in numbers.windows(2) {
        let mut distance = pair[1] - pair[0];
        while distance > 127 {
            bytes.push(u8::try_from(distance % 128 + 128).unwrap());
            distance /= 128;
        }
        bytes.push(u8::try_from(distance).unwrap());
    }
    bytes
}

fn index_faults(store: &Store) -> Vec<String> {
    let report = store.read(ReadTx::check_index).map_err(|error: StoreError| error).unwrap();
    report.faults.iter().map(ToString::to_string).collect()
}

/// A closed store, and what a search for one kind of many entries finds in it.
struct Common {
    folder: tempfile::TempDir,
    path: PathBuf,
    filter: Filter,
    needle: Term,
    all: Vec<u64>,
}

fn common() -> Common {
    let (folder, path) = long_log(3_000);
    let store = Store::open(&path, &key()).unwrap().0;
    let filter = Filter { kinds: vec!["log_opened".to_owned()], ..Filter::default() };
    let [needle] = filter.needles(&store.store_id()).concat()[..] else { panic!("one kind") };
    let all = all_pages(&store, &filter, 60).0;
    store.close().unwrap();
    Common { folder, path, filter, needle, all }
}

#[test]
fn an_entry_that_the_index_hides_is_found_by_the_check() {
    let Common { folder: _folder, path, filter, needle, all } = common();
    let hidden = all[700];
    // As many rows as before, so that nothing shows at the start.
    tamper(&path, |txn| {
        let mut terms = txn.open_table(TERMS).unwrap();
        let (first, mut numbers) = row_of(&terms, needle.number(), hidden);
        assert_ne!(first, hidden);
        numbers.retain(|number| *number != hidden);
        terms.insert((needle.number(), first), distances(&numbers).as_slice()).unwrap();
        let (first, mut numbers) = row_of(&terms, needle.number(), u64::MAX);
        numbers.push(2_999_999);
        terms.insert((needle.number(), first), distances(&numbers).as_slice()).unwrap();
    });
    let store = Store::open(&path, &key()).unwrap().0;
    assert!(store.verify_log(&[]).unwrap().is_sound(), "the log itself is whole");
    let found = index_faults(&store);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with(&format!("{hidden}番: 検索用の索引にない")), "{found:?}");
    assert!(found[1].contains("操作ログと合わない番号が1個"), "{found:?}");
    // What comes after a number that is none of the log's is found all the same.
    log_all(&store, (0..20).map(|n| new_entry((2, 1, n, 0, 0))).collect());
    let newer = all_pages(&store, &filter, 60).0;
    assert_eq!(newer[..20], (3_001..=3_020).rev().collect::<Vec<u64>>());
    // What is known to be wrong is used no longer, and made anew at the next start.
    store.transact(|tx: &mut Tx<'_>| tx.forget_index()).unwrap();
    let all: Vec<u64> = (3_001..=3_020).rev().chain(all).collect();
    assert_eq!(all_pages(&store, &filter, 60).0, all);
    log_one(&store, 1).unwrap();
    assert_eq!(all_pages(&store, &filter, 60).0, all);
    store.close().unwrap();
    let store = Store::open(&path, &key()).unwrap().0;
    assert_sound(&store);
    assert_eq!(all_pages(&store, &filter, 60).0, all);
}

/// A search looks into one row of a term: what stands in the row before it, above its first number, is not found. All numbers
/// are there, so nothing but the order of the rows tells.
#[test]
fn entries_that_are_hidden_by_a_row_within_a_row_are_found_by_the_check() {
    let Common { folder: _folder, path, filter, needle, all } = common();
    let mut hidden = Vec::new();
    tamper(&path, |txn| {
        let mut terms = txn.open_table(TERMS).unwrap();
        let (first, mut numbers) = row_of(&terms, needle.number(), all[700]);
        let taken = numbers.remove(numbers.len() - 4);
        hidden = numbers[numbers.len() - 3..].to_vec();
        terms.insert((needle.number(), first), distances(&numbers).as_slice()).unwrap();
        terms.insert((needle.number(), taken), [].as_slice()).unwrap();
        // So that nothing shows at the start.
        let mut meta = txn.open_table(META).unwrap();
        let mut state = meta.get("log_index").unwrap().unwrap().value().to_vec();
        let rows = u64::from_be_bytes(*state.last_chunk().unwrap()) + 1;
        *state.last_chunk_mut().unwrap() = rows.to_be_bytes();
        meta.insert("log_index", state.as_slice()).unwrap();
    });
    let store = Store::open(&path, &key()).unwrap().0;
    let found = all_pages(&store, &filter, 60).0;
    assert_eq!(all.iter().filter(|seq| !found.contains(seq)).rev().copied().collect::<Vec<_>>(), hidden);
    let faults = index_faults(&store);
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert!(faults[0].contains("正しく読めない行が1行"), "{faults:?}");
    for (seq, fault) in hidden.iter().zip(&faults[1..]) {
        assert!(fault.starts_with(&format!("{seq}番: 検索用の索引にない")), "{fault}");
    }
}

#[test]
fn where_a_row_is_none_that_the_index_writes_a_search_reads_the_log_and_the_check_tells_of_it() {
    let Common { folder: _folder, path, filter, needle, all } = common();
    tamper(&path, |txn| {
        let mut terms = txn.open_table(TERMS).unwrap();
        let (first, _) = row_of(&terms, needle.number(), u64::MAX);
        terms.insert((needle.number(), first), [1, 0, 1].as_slice()).unwrap();
    });
    let store = Store::open(&path, &key()).unwrap().0;
    assert_eq!(all_pages(&store, &filter, 60).0, all);
    let faults = index_faults(&store);
    assert!(faults[0].contains("正しく読めない行が1行"), "{faults:?}");
    assert!(faults[1].contains("検索用の索引にない"), "{faults:?}");
}

/// As the version before left it: a row for every number.
#[test]
fn an_index_of_another_make_is_made_anew() {
    const ONE_EACH: redb::TableDefinition<'static, (u64, u64), ()> = redb::TableDefinition::new("log_terms");
    let (_folder, path) = long_log(300);
    without_index(&path);
    tamper(&path, |txn| {
        txn.open_table(ONE_EACH).unwrap().insert((1, 1), ()).unwrap();
        let state = [&[1_u8][..], &300_u64.to_be_bytes(), &1_u64.to_be_bytes()].concat();
        txn.open_table(META).unwrap().insert("log_index", state.as_slice()).unwrap();
    });
    let store = Store::open(&path, &key()).unwrap().0;
    assert_sound(&store);
    store.close().unwrap();
    let txn = settings().open(&path).unwrap().begin_read().unwrap();
    assert!(txn.open_table(ONE_EACH).is_err(), "what it was is not kept");
}

#[test]
fn a_stretch_of_time_that_the_index_hides_is_found_by_the_check() {
    let (_folder, path) = long_log(3_000);
    tamper(&path, |txn| {
        let mut times = txn.open_table(TIMES).unwrap();
        let (key, last) = {
            let row = times.range((1, i64::MIN, 0)..).unwrap().next().unwrap().unwrap();
            (row.0.value(), row.1.value())
        };
        times.insert(key, last - 1).unwrap();
    });
    let store = Store::open(&path, &key()).unwrap().0;
    let found = index_faults(&store);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("検索で見つかりません"), "{found:?}");
}

#[test]
fn an_index_that_lost_a_row_is_made_anew_at_the_start() {
    let (_folder, path) = long_log(300);
    tamper(&path, |txn| {
        txn.open_table(TERMS).unwrap().pop_first().unwrap();
    });
    let store = Store::open(&path, &key()).unwrap().0;
    assert_sound(&store);
}

#[test]
fn rows_that_cannot_be_read_are_found_by_every_search() {
    let (_folder, path) = long_log(400);
    let named = Filter {
        patient: Patient { name: Some(text("架空一人")), ..Patient::default() },
        ..Filter::default()
    };
    let damage = |seq: u64| {
        move |txn: &redb::WriteTransaction| {
            let mut log = txn.open_table(LOG).unwrap();
            let mut row = log.get(seq).unwrap().unwrap().value().to_vec();
            row.truncate(60);
            log.insert(seq, row.as_slice()).unwrap();
        }
    };
    let before = {
        let store = Store::open(&path, &key()).unwrap().0;
        all_pages(&store, &named, 60).0
    };
    assert_eq!(before.len(), 2);
    // Once it is indexed, a damaged row is found where it was found before.
    tamper(&path, damage(before[1]));
    {
        let store = Store::open(&path, &key()).unwrap().0;
        assert_eq!(all_pages(&store, &named, 60), (vec![before[0]], vec![before[1]]));
        let quiet: Found =
            store.read(|tx| tx.search_log(&named, None, 60, false)).map_err(|e: StoreError| e).unwrap();
        assert_eq!(quiet.page.unreadable, [0_u64; 0], "whoever reads his own sees nothing of it");
        assert_eq!(index_faults(&store), [""; 0], "the check of the log tells of it");
        assert!(!store.verify_log(&[]).unwrap().is_sound());
    }
    // Indexed as a damaged row, it is found by whatever is asked.
    without_index(&path);
    let store = Store::open(&path, &key()).unwrap().0;
    assert_eq!(all_pages(&store, &named, 60), (vec![before[0]], vec![before[1]]));
    assert_eq!(all_pages(&store, &Filter::of_user(text("nobody")), 60), (Vec::new(), vec![before[1]]));
}

/// Nobody reads a name out of the index that is not in the log.
#[test]
fn the_index_holds_numbers_only() {
    let (_folder, path) = long_log(300);
    let store = Store::open(&path, &key()).unwrap().0;
    let id = store.store_id();
    store.close().unwrap();
    let database = settings().open(&path).unwrap();
    let txn = database.begin_read().unwrap();
    let terms = txn.open_table(TERMS).unwrap();
    let folded = crate::log::search::Facet::Name;
    let known = Term::new(&id, folded, "架空一人").number();
    let elsewhere = Term::new(&StoreId([9; 16]), folded, "架空一人").number();
    assert_ne!(known, elsewhere, "no table of names made once serves for all stores");
    assert_eq!(terms.range((known, 0)..=(known, u64::MAX)).unwrap().count(), 1);
    assert!(terms.len().unwrap() > 10);
}

#[test]
fn the_tag_of_an_act_is_that_of_its_bytes() {
    assert_eq!(kind_of(&Act::LogOpened {}), "log_opened");
    assert_eq!(kind_of(&Act::StoreClosed { cause: text("\"kind\":\"x") }), "store_closed");
}

/// The form refuses it, for half a town has one number; asked all the same, it ends and finds them.
#[test]
fn what_no_index_knows_is_found_by_reading() {
    let (_folder, path) = place();
    let store = create(&path);
    log_all(&store, (0..40).map(|n| new_entry((0, 0, 0, 0, n))).collect());
    let insurer_number = Some(text("06139999"));
    let filter = Filter { patient: Patient { insurer_number, ..Patient::default() }, ..Filter::default() };
    let (found, unreadable) = all_pages(&store, &filter, 7);
    assert!(!found.is_empty() && unreadable.is_empty());
    assert_eq!(found, naive(&store, &filter));
}

/// How far the index goes.
fn indexed(path: &Path) -> u64 {
    let database = settings().open(path).unwrap();
    let meta = database.begin_read().unwrap().open_table(META).unwrap();
    let head = crate::store::meta::Tail::read(&meta).unwrap().head.seq;
    index::State::relied_on(&meta, head).unwrap()
}

#[test]
fn the_index_follows_behind_the_log_and_both_are_searched() {
    let sato = || new_entry((2, 0, 0, 0, 0));
    // How many entries are in each transaction, and how far the index goes then; the first entry is that of the store.
    let table: [(&[usize], u64); 8] = [
        (&[1], 1),
        (&[7], 1),
        (&[8], 9),
        (&[1; 8], 9),
        (&[1; 15], 9),
        (&[1; 16], 17),
        (&[3, 100, 5], 104),
        (&[100, 100], 201),
    ];
    for (batches, upto) in table {
        let (_folder, path) = place();
        let store = create(&path);
        for size in batches {
            log_all(&store, vec![sato(); *size]);
        }
        let filter = Filter::of_user(text("sato"));
        let all: u64 = batches.iter().map(|size| *size as u64).sum();
        let newest_first: Vec<u64> = (2..=all + 1).rev().collect();
        for limit in [1, 3, 7, 8, 300] {
            assert_eq!(all_pages(&store, &filter, limit).0, newest_first, "{batches:?} by {limit}");
        }
        assert_sound(&store);
        store.close().unwrap();
        assert_eq!(indexed(&path), upto, "{batches:?}");
        let store = Store::open(&path, &key()).unwrap().0;
        assert_eq!(all_pages(&store, &filter, 5).0, newest_first);
        assert_sound(&store);
        store.close().unwrap();
        assert_eq!(indexed(&path), upto, "a start that need not write does not");
    }
}

#[test]
fn an_index_that_is_not_known_to_be_right_is_not_followed_up() {
    let (_folder, path) = long_log(40);
    let store = Store::open(&path, &key()).unwrap().0;
    store.transact(|tx: &mut Tx<'_>| tx.forget_index()).unwrap();
    for n in 0..30 {
        log_one(&store, n).unwrap();
    }
    store.close().unwrap();
    assert_eq!(indexed(&path), 0);
    assert_sound(&Store::open(&path, &key()).unwrap().0);
    assert_eq!(indexed(&path), 70);
}
