//! A disk in memory that forgets what was not synced, all or part of it, that fails once, or that is full.

use super::*;
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

impl Unsynced {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Length(length) => to.resize(*length, 0),
            Self::Bytes(at, bytes) => put(to, *at, bytes),
        }
    }
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
    /// So many more syncs, then one fails.
    syncs_left: Option<u64>,
    /// A sync has failed, and nobody has opened the disk anew since.
    failed_sync: bool,
    /// Somebody synced once more instead.
    retried_sync: bool,
    /// It says that it synced, and did not: what a store is worth that does not wait for the disk.
    lies: bool,
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

    /// Another disk with the same on it.
    pub(super) fn copy(&self) -> Self {
        let platter = self.platter();
        assert!(platter.unsynced.is_empty(), "what is on its way cannot be copied");
        let (synced, seen) = (platter.synced.clone(), platter.seen.clone());
        Self(Arc::new(Mutex::new(Platter { synced, seen, lies: platter.lies, ..Platter::default() })))
    }

    /// The same, from now on without syncing anything.
    pub(super) fn lying(&self) -> Self {
        let copy = self.copy();
        copy.platter().lies = true;
        copy
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

    /// The sync after so many others fails once: what it was for is lost, and looks as if it were there.
    pub(super) fn fail_sync(&self, after: u64) {
        self.platter().syncs_left = Some(after);
    }

    /// Whether that has happened.
    pub(super) fn sync_failed(&self) -> bool {
        self.platter().syncs_left.is_none()
    }

    /// Whether a sync was tried again after it had failed. Linux would say yes to it, and have lost the bytes.
    pub(super) fn sync_retried(&self) -> bool {
        self.platter().retried_sync
    }

    pub(super) fn operations(&self) -> u64 {
        self.platter().operations
    }

    /// The power comes back: of what was not synced, some is there, some is not, some is torn.
    pub(super) fn restore_power(&self, random: &mut Random) {
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

    /// What is not on its way to the disk is read from the disk again, as after `posix_fadvise`.
    fn forget_clean_pages(&self) {
        let mut platter = self.platter();
        let mut there = platter.synced.clone();
        platter.unsynced.iter().for_each(|unsynced| unsynced.apply(&mut there));
        platter.seen = there;
        platter.failed_sync = false;
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
        if platter.lies {
            return Ok(());
        }
        platter.retried_sync |= platter.failed_sync;
        match platter.syncs_left {
            Some(0) => {
                // As Linux does it: the pages count as clean, and stay in the cache.
                platter.syncs_left = None;
                platter.failed_sync = true;
                platter.unsynced.clear();
                return Err(io::Error::other("input/output error"));
            }
            left => platter.syncs_left = left.map(|left| left - 1),
        }
        for unsynced in std::mem::take(&mut platter.unsynced) {
            unsynced.apply(&mut platter.synced);
        }
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
        self.forget_clean_pages();
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

#[test]
fn what_was_synced_stays_and_what_was_not_comes_apart() {
    let (mut kept, mut lost, mut torn) = (0, 0, 0);
    for seed in 1..=200 {
        let disk = Disk::default();
        disk.set_len(8_192).unwrap();
        disk.write(0, &[1; 4_096]).unwrap();
        disk.sync_data().unwrap();
        disk.write(4_096, &[2; 4_096]).unwrap();
        disk.light(1, Fate::PowerOff);
        assert!(disk.write(0, &[3; 4_096]).is_err() && disk.sync_data().is_err(), "the power is off");
        disk.restore_power(&mut Random(seed));
        let mut found = [0; 8_192];
        disk.read(0, &mut found).unwrap();
        assert!(found[..4_096].iter().all(|byte| *byte == 1), "seed {seed}: what was synced");
        let there = found[4_096..].iter().take_while(|byte| **byte == 2).count();
        assert!(
            there.is_multiple_of(512) && found[4_096 + there..].iter().all(|byte| *byte == 0),
            "seed {seed}"
        );
        match there {
            0 => lost += 1,
            4_096 => kept += 1,
            _ => torn += 1,
        }
    }
    assert!(kept > 30 && lost > 30 && torn > 10, "{kept} kept, {lost} lost, {torn} torn");
}
