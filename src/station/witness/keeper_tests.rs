use super::*;
use crate::domain::SafeText;
use crate::log::{Act, Checkpoint, ClockNote, LogKey, NewEntry, Stamp, origin};
use crate::store::{ReadTx, StationKey, StoreKind, Tx};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use zeroize::Zeroizing;

/// A witness that keeps what it is given in a list that the test sees, and waits where the test wants it to.
struct Listed {
    held: Arc<Mutex<Vec<SignedCheckpoint>>>,
    told: SyncSender<u64>,
    hold_up: Option<Receiver<()>>,
}

impl Witness for Listed {
    fn name(&self) -> &'static str {
        "控え"
    }

    fn newest(
        &mut self,
        ours: &dyn Fn(&SignedCheckpoint) -> bool,
    ) -> Result<Option<SignedCheckpoint>, WitnessError> {
        if let Some(hold_up) = &self.hold_up {
            let _ = hold_up.recv();
        }
        let held = self.held.lock().unwrap();
        Ok(held.iter().rev().find(|signed| ours(signed)).cloned())
    }

    fn keep(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), WitnessError> {
        self.held.lock().unwrap().push(checkpoint.clone());
        self.told.send(checkpoint.checkpoint.size).unwrap();
        Ok(())
    }
}

fn key() -> LogKey {
    LogKey::from_seed(&Zeroizing::new([3; 32]))
}

fn entry(act: Act) -> NewEntry {
    let at = Stamp { utc_ms: 1, boot_ms: 1, boot_id: "boot".into(), clock: ClockNote::Steady };
    NewEntry::of_station(at, "er".into(), act)
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let key = StationKey::from_bytes([1; 32]);
    let created = |id: crate::log::StoreId| {
        entry(Act::StoreCreated { store_id: SafeText::new(&id.to_string()), previous: None })
    };
    let store = Store::create(&folder.path().join("store.redb"), StoreKind::Training, &key, created).unwrap();
    let adopted = self::key().verifier(&origin(&store.store_id())).unwrap();
    store.transact(move |tx: &mut Tx<'_>| tx.adopt_log_key(&adopted)).unwrap();
    (folder, store)
}

/// One more entry and its checkpoint.
fn seal(store: &Store) -> SignedCheckpoint {
    let signed = store.transact(|tx: &mut Tx<'_>| {
        tx.log(&entry(Act::LogOpened {}))?;
        tx.checkpoint(&key())
    });
    signed.unwrap().unwrap()
}

fn keeper(
    store: &Store,
    held: &Arc<Mutex<Vec<SignedCheckpoint>>>,
    hold_up: Option<Receiver<()>>,
) -> (Keeper, Receiver<u64>) {
    let (told, heard) = sync_channel(100);
    let witness = Listed { held: Arc::clone(held), told, hold_up };
    (Keeper::start(store.clone(), Box::new(witness)).unwrap(), heard)
}

#[test]
fn a_new_witness_gets_the_newest_and_then_each_one_in_order() {
    let (_folder, store) = store();
    (0..3).for_each(|_| drop(seal(&store)));
    let held = Arc::default();
    let (keeper, heard) = keeper(&store, &held, None);
    assert_eq!(heard.recv(), Ok(4), "the newest of three speaks for all");
    let sizes: Vec<u64> = (0..3).map(|_| seal(&store).checkpoint.size).collect();
    keeper.wake();
    assert_eq!((0..3).map(|_| heard.recv().unwrap()).collect::<Vec<_>>(), sizes);
    keeper.stop();
    keeper.wait(HANGS);
    let standing = keeper.standing();
    assert_eq!((standing.kept, standing.trouble, standing.conflict), (Some(7), None, None));
}

#[test]
fn another_history_stops_it_and_nothing_is_added() {
    let (_folder, store) = store();
    seal(&store);
    let (_other_folder, other) = self::store();
    (0..5).for_each(|_| drop(seal(&other)));
    // The same key and origin, as after a roll-back: a note that this store does not have.
    let mut foreign = seal(&other).checkpoint;
    foreign.origin = origin(&store.store_id());
    let foreign = SignedCheckpoint::sign(foreign, &key()).unwrap();
    let held = Arc::new(Mutex::new(vec![foreign.clone()]));
    let (keeper, _heard) = keeper(&store, &held, None);
    keeper.stop();
    keeper.wait(HANGS);
    let standing = keeper.standing();
    assert!(standing.conflict.is_some() && standing.trouble.unwrap().as_str().contains("巻戻し"));
    assert_eq!(*held.lock().unwrap(), [foreign]);
}

/// What lies in the place of a checkpoint counts only where we signed it.
#[test]
fn what_others_put_in_its_place_is_trouble_and_no_conflict() {
    let (_folder, store) = store();
    let ours = seal(&store);
    let key = store.read(ReadTx::log_key).unwrap().unwrap();
    let name = origin(&store.store_id());
    let resigned = |change: &dyn Fn(&mut Checkpoint), by: &LogKey| {
        let mut checkpoint = ours.checkpoint.clone();
        change(&mut checkpoint);
        SignedCheckpoint::sign(checkpoint, by).unwrap().note
    };
    let foreign = LogKey::from_seed(&Zeroizing::new([4; 32]));
    let other_root = |checkpoint: &mut Checkpoint| checkpoint.root = [9; 32];
    let table = [
        (String::new(), false),
        (ours.note[..ours.note.len() / 2].to_owned(), false),
        (resigned(&other_root, &foreign), false),
        (resigned(&|checkpoint| checkpoint.size = 1, &self::key()), false),
        (resigned(&|checkpoint| checkpoint.origin = name.replace('a', "b") + "x", &self::key()), false),
        (ours.note.clone(), false),
        (resigned(&other_root, &self::key()), true),
    ];
    for (held, conflict) in table {
        let size = ours.checkpoint.size;
        let judged = judged(WitnessError::Other { size, held: held.clone() }, &ours, &key);
        assert_eq!(matches!(judged, WitnessError::Conflict { .. }), conflict, "{held}");
    }
}

#[test]
fn a_witness_that_hangs_holds_nobody_up() {
    let (_folder, store) = store();
    let (go_on, hold_up) = std::sync::mpsc::channel();
    let held = Arc::default();
    let (keeper, heard) = keeper(&store, &held, Some(hold_up));
    seal(&store);
    keeper.wake();
    keeper.stop();
    keeper.wait(Duration::from_millis(10));
    assert_eq!(keeper.standing().kept, None);
    seal(&store);
    drop(go_on);
    assert_eq!(heard.recv(), Ok(3), "what it missed reaches it when it answers again");
}
