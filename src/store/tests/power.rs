//! Power loss: a disk that forgets what was not synced, all or part of it, and loses power again meanwhile.

use super::*;
use crate::log::{ChainHash, Head};
use crate::store::door::set_up;
use crate::store::medium::{Medium, guarded, settings};
use crate::store::meta::Identity;
use redb::{Database, StorageBackend};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// Repeatable chance (xorshift64*).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % limit.max(1)
    }
}

enum Unsynced {
    Length(usize),
    Bytes(usize, Vec<u8>),
}

/// What happens to an operation once the fuse has burnt down.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fate {
    /// The power is off: this operation and all that follow fail.
    PowerOff,
    /// This one operation fails, the next ones work.
    FailOnce(io::ErrorKind),
    /// Writes fail until the ballast is given back, then work.
    Full,
}

#[derive(Default)]
struct Platter {
    synced: Vec<u8>,
    seen: Vec<u8>,
    unsynced: Vec<Unsynced>,
    fuse: Option<(u64, Fate)>,
    operations: u64,
    ballast_given: bool,
    space_again: bool,
}

/// The disk; clones are the same disk.
#[derive(Clone, Default)]
pub(super) struct Disk(Arc<Mutex<Platter>>);

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Disk")
    }
}

impl Disk {
    pub(super) fn with_store() -> Self {
        let disk = Self::default();
        let database = settings().create_with_backend(disk.clone()).unwrap();
        let identity = Identity::new(StoreKind::Training).unwrap();
        set_up(&database, identity, &key(), &born(identity.store)).unwrap();
        database.close().unwrap();
        disk
    }

    pub(super) fn open(&self) -> Result<Store, StoreError> {
        Store::start(Box::new(self.clone()), &key(), None).map(|(store, _)| store)
    }

    pub(super) fn light(&self, operations: u64, fate: Fate) {
        let mut platter = self.platter();
        platter.fuse = Some((platter.operations + operations, fate));
    }

    pub(super) fn free_space(&self) {
        let mut platter = self.platter();
        platter.space_again = true;
        platter.fuse = None;
    }

    pub(super) fn ballast_given(&self) -> bool {
        self.platter().ballast_given
    }

    fn operations(&self) -> u64 {
        self.platter().operations
    }

    /// The power comes back: of what was not synced, some is there, some is not, some is torn.
    fn restore_power(&self, random: &mut Random) {
        let mut platter = self.platter();
        let mut there = platter.synced.clone();
        for unsynced in std::mem::take(&mut platter.unsynced) {
            match unsynced {
                Unsynced::Length(length) if random.below(2) == 0 => there.resize(length, 0),
                Unsynced::Bytes(at, bytes) if random.below(2) == 0 => {
                    let kept =
                        if random.below(3) == 0 { random.below(bytes.len()) & !511 } else { bytes.len() };
                    put(&mut there, at, &bytes[..kept]);
                }
                _ => {}
            }
        }
        platter.seen.clone_from(&there);
        platter.synced = there;
        platter.fuse = None;
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }

    fn operate(&self, writes: bool) -> io::Result<MutexGuard<'_, Platter>> {
        let mut platter = self.platter();
        platter.operations += 1;
        let Some((at, fate)) = platter.fuse else { return Ok(platter) };
        if platter.operations < at {
            return Ok(platter);
        }
        match fate {
            Fate::PowerOff => Err(io::Error::other("power is off")),
            Fate::FailOnce(kind) => {
                platter.fuse = None;
                Err(kind.into())
            }
            Fate::Full if writes && !platter.ballast_given => Err(io::ErrorKind::StorageFull.into()),
            Fate::Full => Ok(platter),
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    if bytes.len() < at + new.len() {
        bytes.resize(at + new.len(), 0);
    }
    bytes[at..at + new.len()].copy_from_slice(new);
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.platter().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.operate(false)?;
        let at = usize::try_from(offset).unwrap();
        out.copy_from_slice(platter.seen.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut platter = self.operate(true)?;
        let length = usize::try_from(length).unwrap();
        platter.seen.resize(length, 0);
        platter.unsynced.push(Unsynced::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut platter = self.operate(false)?;
        platter.synced = platter.seen.clone();
        platter.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut platter = self.operate(true)?;
        let at = usize::try_from(offset).unwrap();
        put(&mut platter.seen, at, data);
        platter.unsynced.push(Unsynced::Bytes(at, data.to_vec()));
        Ok(())
    }
}

impl Medium for Disk {
    fn open(&self) -> Result<Database, StoreError> {
        guarded(|| settings().create_with_backend(self.clone()))
    }

    fn hold_ballast(&self) -> bool {
        !self.ballast_given()
    }

    fn regain_ballast(&self) -> bool {
        let mut platter = self.platter();
        platter.ballast_given &= !platter.space_again;
        !platter.ballast_given
    }

    fn release_ballast(&self) {
        self.platter().ballast_given = true;
    }
}

/// Writes until the power fails; gives what was acknowledged.
fn write_until_dark(disk: &Disk, random: &mut Random) -> Vec<(u64, ChainHash)> {
    let mut acknowledged = Vec::new();
    let Ok(store) = disk.open() else { return acknowledged };
    for n in 0..30 {
        let many = 1 + random.below(4) as u64;
        let job = move |tx: &mut Tx<'_>| {
            (0..many)
                .map(|_| {
                    tx.log(&numbered(n))?;
                    Ok((tx.head().seq, tx.head().hash))
                })
                .collect::<Result<Vec<_>, StoreError>>()
        };
        match store.transact(job) {
            Ok(heads) => acknowledged.extend(heads),
            Err(_) => break,
        }
    }
    acknowledged
}

fn assert_kept(store: &Store, acknowledged: &[(u64, ChainHash)], context: &str) {
    let known: Vec<Head> = acknowledged.iter().map(|(seq, hash)| Head { seq: *seq, hash: *hash }).collect();
    let report = store.verify_log(&known).unwrap();
    assert_eq!(report.faults, [], "{context}");
}

/// One life of a disk: write, lose power, lose it again while opening, open, check.
fn life(
    disk: &Disk,
    dark_after: u64,
    random: &mut Random,
    acknowledged: &mut Vec<(u64, ChainHash)>,
    context: &str,
) {
    disk.light(dark_after, Fate::PowerOff);
    acknowledged.extend(write_until_dark(disk, random));
    disk.restore_power(random);
    disk.light(1 + random.below(40) as u64, Fate::PowerOff);
    drop(disk.open());
    disk.restore_power(random);
    let store = disk.open().unwrap_or_else(|error| panic!("{context}: {error:?}"));
    assert_kept(&store, acknowledged, context);
}

#[test]
fn power_lost_at_every_operation() {
    let whole = {
        let disk = Disk::with_store();
        let before = disk.operations();
        write_until_dark(&disk, &mut Random(9));
        disk.operations() - before
    };
    assert!(whole > 100, "too few operations to mean anything: {whole}");
    for at in 1..whole {
        let disk = Disk::with_store();
        life(&disk, at, &mut Random(9), &mut Vec::new(), &format!("dark at operation {at}"));
    }
}

#[test]
fn power_lost_again_and_again() {
    for seed in 1..=40 {
        let mut random = Random(seed * 7_919);
        let disk = Disk::with_store();
        let mut acknowledged = Vec::new();
        for round in 0..5 {
            let dark_after = 20 + random.below(400) as u64;
            life(&disk, dark_after, &mut random, &mut acknowledged, &format!("seed {seed}, life {round}"));
        }
        assert!(!acknowledged.is_empty(), "seed {seed} wrote nothing");
    }
}
