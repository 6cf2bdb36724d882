use super::*;
use crate::domain::SafeText;
use crate::log::chain::link;
use crate::log::{Act, Checkpoint, ClockNote, Code, Frontier, LogKey, NewEntry, Stamp, canonical};
use zeroize::Zeroizing;

const STORE: StoreId = StoreId([7; 16]);
/// The second entry names the key.
const KEY_AT: u64 = 2;
/// A checkpoint every so many entries.
const EVERY: u64 = 4;
const ENTRIES: u64 = 20;

/// A log as it is kept: bodies with their hashes, and checkpoints by size.
#[derive(Clone)]
struct Kept {
    rows: Vec<(u64, ChainHash, Vec<u8>)>,
    seals: Vec<(u64, String)>,
}

fn key(seed: u8) -> LogKey {
    LogKey::from_seed(&Zeroizing::new([seed; 32]))
}

fn verifier(key: &LogKey) -> VerifierKey {
    key.verifier(&origin(&STORE)).unwrap()
}

fn body(seq: u64, act: Act) -> Vec<u8> {
    let at = Stamp { utc_ms: 1, boot_ms: seq, boot_id: SafeText::new("boot"), clock: ClockNote::Steady };
    canonical::encode_bounded(&NewEntry::of_station(at, SafeText::new("er"), act), seq, false).unwrap()
}

fn searched(seq: u64, words: &str) -> Vec<u8> {
    body(seq, Act::LogSearched { filter: SafeText::new(words) })
}

/// The entry that was the `first`-th when the log was whole.
fn numbered(seq: u64, first: u64) -> Vec<u8> {
    searched(seq, &first.to_string())
}

fn key_entry(key: &LogKey) -> Vec<u8> {
    body(KEY_AT, Act::LogKeyCreated { key: SafeText::new(&verifier(key).to_string()), replaces: None })
}

/// A log of these bodies, hashed and signed in order, as whoever has the program and the key can make it.
fn made(bodies: Vec<Vec<u8>>, key: &LogKey) -> Kept {
    let (mut head, mut frontier) = (Head::default(), Frontier::default());
    let mut kept = Kept { rows: Vec::new(), seals: Vec::new() };
    for body in bodies {
        let seq = head.seq + 1;
        head = Head { seq, hash: link(&STORE, seq, &head.hash, &body) };
        frontier.append(&head.hash.0);
        kept.rows.push((seq, head.hash, body));
        if seq.is_multiple_of(EVERY) {
            let checkpoint = Checkpoint::of(&origin(&STORE), &frontier).unwrap();
            kept.seals.push((seq, SignedCheckpoint::sign(checkpoint, key).unwrap().note));
        }
    }
    kept
}

fn bodies(entries: u64, key: &LogKey) -> Vec<Vec<u8>> {
    (1..=entries).map(|seq| if seq == KEY_AT { key_entry(key) } else { numbered(seq, seq) }).collect()
}

fn sound() -> Kept {
    made(bodies(ENTRIES, &key(1)), &key(1))
}

fn check(kept: &Kept, outside: Option<Outside>, trusted: Option<VerifierKey>) -> Checked {
    let mut check = Check::new(STORE).against(outside).trusting(trusted);
    let mut seals = kept.seals.iter().peekable();
    for (seq, hash, body) in &kept.rows {
        check.entry(*seq, *hash, body);
        while let Some((size, note)) = seals.next_if(|(size, _)| size <= seq) {
            check.checkpoint(*size, note);
        }
    }
    seals.for_each(|(size, note)| check.checkpoint(*size, note));
    check.finish(None)
}

/// The code of the sound log at a size.
fn code(size: u64) -> Outside {
    let mut frontier = Frontier::default();
    sound()
        .rows
        .iter()
        .take(usize::try_from(size).unwrap())
        .for_each(|(_, hash, _)| frontier.append(&hash.0));
    Outside::Code(Code::of(&STORE, size, &frontier.root()))
}

/// The newest note of the sound log.
fn note() -> Outside {
    Outside::parse(&sound().seals.last().unwrap().1).unwrap()
}

fn edited() -> Vec<Vec<u8>> {
    let mut bodies = bodies(ENTRIES, &key(1));
    bodies[9] = searched(10, "y");
    bodies
}

fn inserted() -> Vec<Vec<u8>> {
    let mut bodies = bodies(ENTRIES, &key(1));
    bodies.truncate(9);
    bodies.push(searched(10, "y"));
    bodies.extend((11..=ENTRIES + 1).map(|seq| numbered(seq, seq - 1)));
    bodies
}

fn deleted() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = edited().into_iter().take(9).collect();
    bodies.extend((10..ENTRIES).map(|seq| numbered(seq, seq + 1)));
    bodies
}

/// Which check finds which: alone, against a code on paper, against a signed note, with the key written down.
#[test]
fn which_check_finds_which() {
    use Verdict::{Changed, Forked, OtherKey, RolledBack, Sound, Truncated};
    let known = ENTRIES;
    let with_seals = |mut kept: Kept| {
        kept.seals = sound().seals;
        kept
    };
    let cut = |entries: usize, seals: usize| {
        let mut kept = sound();
        kept.rows.truncate(entries);
        kept.seals.truncate(seals);
        kept
    };
    let swapped = {
        let mut kept = sound();
        kept.rows.swap(9, 10);
        kept
    };
    let one_byte = {
        let mut kept = sound();
        kept.rows[9].2 = searched(10, "y");
        kept
    };
    let unsigned = {
        let mut kept = made(edited(), &key(1));
        kept.seals.truncate(2);
        kept
    };
    let two_keys = made(bodies(ENTRIES, &key(2)), &key(2));
    let new_key = with_seals(made(bodies(ENTRIES, &key(2)), &key(1)));
    let signed_by_another = Kept { seals: made(bodies(ENTRIES, &key(1)), &key(2)).seals, ..sound() };
    let before = |before| Changed { before };
    let (shorter, fork) = (RolledBack { known, last: 15 }, Forked { size: known });
    let table: [(&str, Kept, [Verdict; 4]); 15] = [
        ("untouched", sound(), [Sound; 4]),
        ("one entry edited", one_byte, [before(10); 4]),
        ("two entries exchanged", swapped, [before(10); 4]),
        ("edited and rehashed", with_seals(made(edited(), &key(1))), [before(12); 4]),
        ("edited, rehashed, checkpoints removed", unsigned, [Sound, before(known), before(known), Sound]),
        (
            "edited, rehashed and signed again by the key's owner",
            made(edited(), &key(1)),
            [Sound, fork, fork, Sound],
        ),
        ("deleted and renumbered", with_seals(made(deleted(), &key(1))), [before(12); 4]),
        ("inserted and renumbered", with_seals(made(inserted(), &key(1))), [before(12); 4]),
        ("inserted, signed again", made(inserted(), &key(1)), [Sound, fork, fork, Sound]),
        ("cut off, checkpoints left", cut(15, 9), [Truncated { known, last: 15 }; 4]),
        ("an older copy", cut(15, 3), [Sound, shorter, shorter, Sound]),
        ("all signed again with a new key, its entry left", signed_by_another, [OtherKey; 4]),
        ("all made again with a new key", two_keys, [Sound, fork, OtherKey, OtherKey]),
        (
            "the key's entry exchanged, checkpoints left",
            new_key,
            [OtherKey, before(known), OtherKey, before(4)],
        ),
        ("empty", cut(0, 0), [Sound, RolledBack { known, last: 0 }, OtherKey, Sound]),
    ];
    for (name, kept, [alone, paper, stick, with_key]) in table {
        let found = |outside, trusted| check(&kept, outside, trusted).verdict;
        assert_eq!(found(None, None), alone, "{name}: alone");
        assert_eq!(found(Some(code(known)), None), paper, "{name}: against a code");
        assert_eq!(found(Some(note()), None), stick, "{name}: against a note");
        assert_eq!(found(None, Some(verifier(&key(1)))), with_key, "{name}: with the key");
    }
}

#[test]
fn what_was_kept_early_speaks_for_what_came_before_it_only() {
    let kept = made(edited(), &key(1));
    for size in 1..=ENTRIES {
        let found = check(&kept, Some(code(size)), None).verdict;
        let expected = if size < 10 { Verdict::Sound } else { Verdict::Forked { size } };
        assert_eq!(found, expected, "{size}");
    }
    let found = check(&sound(), Some(code(ENTRIES)), None);
    assert_eq!((found.checkpoints, found.sealed, found.keys.len()), (5, 20, 1));
}

#[test]
fn what_is_of_another_store_is_said_to_be() {
    let other = StoreId([8; 16]);
    let foreign = Checkpoint { origin: origin(&other), size: 4, root: [1; 32] };
    let foreign = SignedCheckpoint::sign(foreign, &key(1)).unwrap();
    let table = [
        (Outside::Code(Code::of(&other, 4, &[1; 32])), Verdict::OtherStore),
        (Outside::parse(&foreign.note).unwrap(), Verdict::OtherStore),
        (Outside::parse(&made(bodies(4, &key(2)), &key(2)).seals[0].1).unwrap(), Verdict::OtherKey),
    ];
    for (outside, expected) in table {
        assert_eq!(check(&sound(), Some(outside), None).verdict, expected);
    }
    let mut kept = sound();
    kept.seals[1].1 = foreign.note;
    let found = check(&kept, None, None);
    assert_eq!(found.verdict, Verdict::Changed { before: 8 });
    assert_eq!(found.report.faults[0].kind, FaultKind::SealOfAnother);
}

#[test]
fn of_many_notes_the_newest_speaks() {
    let all: Vec<String> = sound().seals.into_iter().map(|(_, note)| note).collect();
    let all = all.join("\n");
    assert_eq!(Outside::parse(&all).unwrap().size(), ENTRIES);
    assert!(Outside::parse(&format!("{all}\nhello\n\nworld\n")).is_err());
    let typed = check(&sound(), Some(code(9)), None);
    assert_eq!((typed.verdict, typed.verdict.exit_code()), (Verdict::Sound, 0));
    assert!(matches!(Outside::parse("12345"), Err(crate::log::OutsideError::Code(_))));
}

#[test]
fn a_key_that_was_exchanged_signs_from_its_entry_on() {
    let mut bodies = bodies(ENTRIES, &key(1));
    let exchanged = Act::LogKeyCreated {
        key: SafeText::new(&verifier(&key(2)).to_string()),
        replaces: Some(SafeText::new(&verifier(&key(1)).to_string())),
    };
    bodies[9] = body(10, exchanged);
    let (old, new) = (made(bodies.clone(), &key(1)), made(bodies, &key(2)));
    let mut kept = old.clone();
    kept.seals.truncate(2);
    kept.seals.extend(new.seals.into_iter().skip(2));
    let found = check(&kept, None, None);
    assert_eq!(
        (found.verdict, found.keys.iter().map(|(seq, _)| *seq).collect()),
        (Verdict::Sound, vec![2, 10])
    );
    assert_eq!(check(&old, None, None).verdict, Verdict::OtherKey);
    assert_eq!(check(&kept, None, Some(verifier(&key(2)))).verdict, Verdict::OtherKey);
}
