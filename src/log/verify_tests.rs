use super::*;
use crate::domain::SafeText;
use crate::log::{Act, ClockNote, NewEntry, Stamp};
use proptest::prelude::*;

const STORE: StoreId = StoreId([7; 16]);

#[derive(Clone, Debug, PartialEq)]
struct Kept {
    seq: u64,
    hash: ChainHash,
    body: Vec<u8>,
}

fn body(seq: u64, training: bool, user: &str) -> Vec<u8> {
    let utc_ms = i64::try_from(seq).unwrap();
    let at = Stamp { utc_ms, boot_ms: seq, boot_id: SafeText::new("boot"), clock: ClockNote::Steady };
    let act = Act::AccountDisabled { user: SafeText::new(user) };
    canonical::encode_bounded(&NewEntry::of_station(at, SafeText::new("er"), act), seq, training).unwrap()
}

fn log(entries: u64) -> Vec<Kept> {
    let mut head = Head::default();
    (1..=entries)
        .map(|seq| {
            let body = body(seq, false, "sato");
            head = head.append(&STORE, &body);
            Kept { seq, hash: head.hash, body }
        })
        .collect()
}

/// Computes every hash anew from `from` on, as somebody with the file and this program could.
fn rehash(kept: &mut [Kept], from: usize) {
    let mut head = Head { seq: 0, hash: if from == 0 { ChainHash::default() } else { kept[from - 1].hash } };
    for entry in &mut kept[from..] {
        head = Head { seq: entry.seq, hash: link(&STORE, entry.seq, &head.hash, &entry.body) };
        entry.hash = head.hash;
    }
}

fn feed(verifier: &mut Verifier, kept: &[Kept]) {
    for entry in kept {
        verifier.push(entry.seq, None, entry.hash, &entry.body);
    }
}

fn check(kept: &[Kept], known: &[Head]) -> Report {
    let mut verifier = Verifier::new(STORE).against(known);
    feed(&mut verifier, kept);
    verifier.finish(None)
}

fn head_of(kept: &[Kept]) -> Head {
    kept.last().map_or_else(Head::default, |last| Head { seq: last.seq, hash: last.hash })
}

#[test]
fn a_sound_log() {
    let kept = log(20);
    let report = check(&kept, &[head_of(&kept), Head { seq: 5, hash: kept[4].hash }]);
    assert_eq!((report.entries, report.first, report.last), (20, Some(1), Some(20)));
    assert_eq!(report.head, head_of(&kept));
    assert_eq!(report.faults, []);
    let mut frontier = Frontier::default();
    for entry in &kept {
        frontier.append(&entry.hash.0);
    }
    assert_eq!(report.root, Some(frontier.root()));
    assert!(check(&[], &[]).is_sound());
}

/// A way to tamper with a log.
type Tamper = fn(&mut Vec<Kept>);

/// Where a fault must be found, and which.
type Found = (Option<u64>, FaultKind);

#[test]
fn tampering_and_what_finds_it() {
    use FaultKind::{Gap, Hash, Number, Order, Rewritten, Truncated};
    let table: [(&str, Tamper, &[Found]); 9] = [
        ("edit", |log| log[9].body = body(10, false, "tanaka"), &[(Some(10), Hash)]),
        (
            "edit and rehash that entry",
            |log| {
                log[9].body = body(10, false, "tanaka");
                log[9].hash = link(&STORE, 10, &log[8].hash, &log[9].body);
            },
            &[(Some(11), Hash)],
        ),
        (
            "edit and rehash to the end",
            |log| {
                log[9].body = body(10, false, "tanaka");
                rehash(log, 9);
            },
            &[(Some(20), Rewritten)],
        ),
        ("delete", |log| drop(log.remove(9)), &[(Some(11), Gap { from: 10, missing: 1 })]),
        (
            "delete and renumber",
            |log| {
                log.remove(9);
                for entry in &mut log[9..] {
                    entry.seq -= 1;
                }
                rehash(log, 9);
            },
            &[
                (Some(10), Number { inside: 11 }),
                (Some(19), Number { inside: 20 }),
                (None, Truncated { known: 20, missing: 1 }),
            ],
        ),
        (
            "reorder",
            |log| log.swap(9, 10),
            &[(Some(11), Gap { from: 10, missing: 1 }), (Some(10), Order { previous: 11 })],
        ),
        (
            "insert a copy",
            |log| {
                let copy = log[4].clone();
                log.insert(10, copy);
            },
            &[(Some(5), Order { previous: 10 }), (Some(11), Gap { from: 6, missing: 5 })],
        ),
        ("truncate", |log| log.truncate(15), &[(None, Truncated { known: 20, missing: 5 })]),
        ("empty", Vec::clear, &[(None, Truncated { known: 20, missing: 20 })]),
    ];
    let sound = log(20);
    for (name, tamper, expected) in table {
        let mut kept = sound.clone();
        tamper(&mut kept);
        let report = check(&kept, &[head_of(&sound)]);
        for (seq, kind) in expected {
            let fault = Fault { seq: *seq, kind: kind.clone() };
            assert!(report.faults.contains(&fault), "{name}: {:?} lacks {fault:?}", report.faults);
        }
    }
}

#[test]
fn a_predecessor_written_beside_the_entry_is_checked() {
    let kept = log(3);
    let mut verifier = Verifier::new(STORE);
    verifier.push(1, Some(ChainHash::default()), kept[0].hash, &kept[0].body);
    verifier.push(2, Some(ChainHash([1; 32])), kept[1].hash, &kept[1].body);
    verifier.push(3, Some(kept[1].hash), kept[2].hash, &kept[2].body);
    assert_eq!(verifier.finish(None).faults, [Fault { seq: Some(2), kind: FaultKind::Previous }]);
}

#[test]
fn a_tail_after_a_trusted_head() {
    let kept = log(10);
    let trusted = Head { seq: 6, hash: kept[5].hash };
    let mut verifier = Verifier::after(STORE, trusted);
    feed(&mut verifier, &kept[6..]);
    let report = verifier.finish(None);
    assert_eq!((report.faults, report.root, report.head), (vec![], None, head_of(&kept)));

    let mut verifier = Verifier::after(STORE, Head { seq: 6, hash: ChainHash([0; 32]) });
    verifier.push(7, None, kept[6].hash, &kept[6].body);
    assert_eq!(verifier.finish(None).faults, [Fault { seq: Some(7), kind: FaultKind::Hash }]);
}

#[test]
fn training_and_real_do_not_mix() {
    let mut kept = log(3);
    kept[1].body = body(2, true, "sato");
    rehash(&mut kept, 1);
    let training = Fault { seq: Some(2), kind: FaultKind::Training };
    assert_eq!(check(&kept, &[]).faults, [training]);
}

#[test]
fn another_root_or_another_store_is_found() {
    let kept = log(3);
    let mut verifier = Verifier::new(STORE);
    feed(&mut verifier, &kept);
    assert_eq!(verifier.finish(Some([0; 32])).faults, [Fault { seq: None, kind: FaultKind::Root }]);

    let mut verifier = Verifier::new(StoreId([8; 16]));
    feed(&mut verifier, &kept);
    assert_eq!(verifier.finish(None).fault_count, 3);
}

#[test]
fn many_faults_are_counted_but_not_all_listed() {
    let mut kept = log(300);
    for entry in &mut kept {
        entry.hash = ChainHash([1; 32]);
    }
    let report = check(&kept, &[]);
    assert_eq!((report.fault_count, report.faults.len()), (300, LISTED));
}

#[test]
fn the_sentences() {
    let gap = Fault { seq: Some(11), kind: FaultKind::Gap { from: 10, missing: 1 } };
    assert_eq!(gap.to_string(), "11番: 直前の1件（10番から）がありません。削除された疑いがあります");
    let root = Fault { seq: None, kind: FaultKind::Root };
    assert_eq!(root.to_string(), "全体の要約（ルートハッシュ）が控えと一致しません");
}

proptest! {
    #[test]
    fn any_single_bit_flip_is_found(entries in 1..12_u64, at: prop::sample::Index, bit in 0..8_u8, in_hash: bool) {
        let mut kept = log(entries);
        let sound = head_of(&kept);
        let entry = at.index(kept.len());
        let bytes: &mut [u8] = if in_hash { &mut kept[entry].hash.0 } else { &mut kept[entry].body };
        let byte = at.index(bytes.len());
        bytes[byte] ^= 1 << bit;
        prop_assert!(!check(&kept, &[]).is_sound());
        let mut fast = Verifier::new(STORE).hashes_only().against(&[sound]);
        feed(&mut fast, &kept);
        prop_assert!(!fast.finish(None).is_sound());
    }

    #[test]
    fn any_removal_but_of_the_tail_is_found_without_help(
        entries in 2..20_u64, from: prop::sample::Index, length in 1..6_usize,
    ) {
        let mut kept = log(entries);
        let sound = head_of(&kept);
        let from = from.index(kept.len());
        let to = (from + length).min(kept.len());
        let tail = to == kept.len();
        kept.drain(from..to);
        prop_assert_eq!(check(&kept, &[]).is_sound(), tail);
        prop_assert!(!check(&kept, &[sound]).is_sound());
    }

    #[test]
    fn any_swap_is_found(entries in 2..20_u64, a: prop::sample::Index, b: prop::sample::Index) {
        let mut kept = log(entries);
        let (a, b) = (a.index(kept.len()), b.index(kept.len()));
        prop_assume!(a != b);
        kept.swap(a, b);
        prop_assert!(!check(&kept, &[]).is_sound());
    }
}
