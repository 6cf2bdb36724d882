//! Power loss at every operation and at random, again during the repair and once more: what was acknowledged is there,
//! the chain is whole, the signatures and the index fit.

use super::seals::{adopt, log_key};
use super::simulated::{Disk, Fate, Random};
use super::*;
use crate::log::{ChainHash, Head, SignedCheckpoint, Verdict};
use std::sync::atomic::{AtomicU64, Ordering};

/// Random sequences of lives: writing, loss of power, loss during the repair, and opening. Most are short, some long.
const SEQUENCES: u64 = 2_000;

fn lives(sequence: u64) -> u64 {
    if sequence.is_multiple_of(20) { 6 } else { 2 }
}

/// What the store has promised.
#[derive(Default)]
struct Promised {
    heads: Vec<(u64, ChainHash)>,
    checkpoints: Vec<SignedCheckpoint>,
}

/// A disk with a store whose key of the log is known.
fn made() -> Disk {
    let disk = Disk::with_store();
    let store = disk.open().unwrap();
    adopt(&store);
    store.close().unwrap();
    disk
}

/// Writes until the power fails, or the day is over. Now and then the log is signed.
fn write_until_dark(disk: &Disk, random: &mut Random, promised: &mut Promised) {
    let Ok(store) = disk.open() else { return };
    for n in 0..24 {
        let many = 1 + random.below(4) as u64;
        let sealed = random.below(4) == 0;
        let job = move |tx: &mut Tx<'_>| {
            let heads = (0..many)
                .map(|_| {
                    tx.log(&numbered(n))?;
                    Ok((tx.head().seq, tx.head().hash))
                })
                .collect::<Result<Vec<_>, StoreError>>()?;
            let checkpoint = if sealed { tx.checkpoint(&log_key())? } else { None };
            Ok::<_, StoreError>((heads, checkpoint))
        };
        match store.transact(job) {
            Ok((heads, checkpoint)) => {
                promised.heads.extend(heads);
                promised.checkpoints.extend(checkpoint);
            }
            Err(_) => break,
        }
    }
}

/// Whether everything that was promised is kept: each entry by its hash, each checkpoint, and the whole that they are in.
fn kept(store: &Store, promised: &Promised) -> Result<(), String> {
    let known: Vec<Head> = promised.heads.iter().map(|(seq, hash)| Head { seq: *seq, hash: *hash }).collect();
    let looked = store.read(|tx| {
        let notes = tx.checkpoints(0..=u64::MAX)?.collect::<Result<Vec<_>, _>>()?;
        Ok::<_, StoreError>((tx.check_log(None, &known)?, tx.check_index()?, notes))
    });
    let (checked, index, notes) = looked.map_err(|error| format!("{error:?}"))?;
    let lost = promised.checkpoints.iter().find(|one| {
        let place = notes.binary_search_by_key(&one.checkpoint.size, |(size, _)| *size);
        place.map_or(true, |place| notes[place].1 != one.note)
    });
    if checked.verdict != Verdict::Sound || !checked.report.faults.is_empty() {
        Err(format!("{:?} {:?}", checked.verdict, checked.report.faults))
    } else if !index.faults.is_empty() {
        Err(format!("{:?}", index.faults))
    } else if let Some(lost) = lost {
        Err(format!("the checkpoint of {} is lost", lost.checkpoint.size))
    } else {
        Ok(())
    }
}

/// One life of a disk: write, lose power, lose it again (once or twice) while opening, open, check.
fn life(disk: &Disk, dark_after: u64, random: &mut Random, promised: &mut Promised) -> Result<(), String> {
    disk.light(dark_after, Fate::PowerOff);
    write_until_dark(disk, random, promised);
    disk.restore_power(random);
    for _ in 0..=random.below(2) {
        disk.light(1 + random.below(60) as u64, Fate::PowerOff);
        drop(disk.open());
        disk.restore_power(random);
    }
    let store = disk.open().map_err(|error| format!("{error:?}"))?;
    kept(&store, promised)
}

/// Does the work of both processors for numbers from 1 on.
fn for_each(last: u64, work: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(1);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number > last {
                        return;
                    }
                    work(number);
                }
            });
        }
    });
}

#[test]
fn power_lost_at_every_operation() {
    let made = made();
    let whole = {
        let disk = made.copy();
        write_until_dark(&disk, &mut Random(9), &mut Promised::default());
        disk.operations()
    };
    assert!(whole > 100, "too few operations to mean anything: {whole}");
    for_each(whole, |at| {
        let mut promised = Promised::default();
        let lived = life(&made.copy(), at, &mut Random(9), &mut promised);
        assert_eq!(lived, Ok(()), "dark at operation {at}");
    });
    println!("dark at each of {whole} operations");
}

#[test]
fn power_lost_at_every_operation_of_a_repair() {
    let made = made();
    for seed in 1..=12 {
        // The power fails in the middle of the work; then at each operation of the opening after it.
        let broken = |promised: &mut Promised| {
            let (disk, mut random) = (made.copy(), Random(seed * 104_729));
            disk.light(60 + random.below(300) as u64, Fate::PowerOff);
            write_until_dark(&disk, &mut random, promised);
            disk.restore_power(&mut random);
            disk
        };
        let whole = {
            let disk = broken(&mut Promised::default());
            let before = disk.operations();
            disk.open().unwrap().close().unwrap();
            disk.operations() - before
        };
        assert!(whole > 20, "seed {seed}: too few operations to mean anything: {whole}");
        for_each(whole, |at| {
            let mut promised = Promised::default();
            let disk = broken(&mut promised);
            disk.light(at, Fate::PowerOff);
            drop(disk.open());
            disk.restore_power(&mut Random(seed + at));
            let store = disk.open().unwrap_or_else(|error| panic!("seed {seed}, operation {at}: {error:?}"));
            assert_eq!(kept(&store, &promised), Ok(()), "seed {seed}, operation {at}");
        });
    }
}

#[test]
fn power_lost_again_and_again() {
    let (made, wrote) = (made(), AtomicU64::new(0));
    for_each(SEQUENCES, |seed| {
        let mut random = Random(seed * 7_919);
        let disk = made.copy();
        let mut promised = Promised::default();
        for round in 0..lives(seed) {
            let dark_after = 60 + random.below(400) as u64;
            let lived = life(&disk, dark_after, &mut random, &mut promised);
            assert_eq!(lived, Ok(()), "seed {seed}, life {round}");
        }
        wrote.fetch_add(u64::from(!promised.heads.is_empty()), Ordering::Relaxed);
    });
    let wrote = wrote.into_inner();
    assert!(wrote > SEQUENCES * 9 / 10, "only {wrote} of {SEQUENCES} promised anything");
}

/// The tests above are worth what they would find: with a disk that does not sync, the same store loses what it promised.
#[test]
fn a_store_that_does_not_wait_for_the_disk_is_found_out() {
    let made = made();
    let found = (1..=20).filter(|seed| {
        let mut random = Random(seed * 7_919);
        let disk = made.lying();
        let mut promised = Promised::default();
        let dark_after = 200 + random.below(200) as u64;
        let lived = life(&disk, dark_after, &mut random, &mut promised);
        assert!(!promised.heads.is_empty(), "seed {seed} promised nothing");
        lived.is_err()
    });
    let found = found.count();
    assert!(found >= 15, "only {found} of 20 were found out");
}
