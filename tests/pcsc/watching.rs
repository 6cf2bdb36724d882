//! The card that a session was opened with: taken out, swapped, its reader or pcscd gone.

use super::bed::program::{Helper, refused};
use super::bed::{Bed, Layout, READERS};
use kyukyu::card::{Gone, SpkiHash};
use kyukyu::domain::SafeText;
use std::sync::mpsc::{self, Receiver, TryRecvError};

/// A helper of its own that watches; its one answer.
fn watch(key: SpkiHash) -> Receiver<Option<Gone>> {
    let (answer, answered) = mpsc::channel();
    std::thread::spawn(move || {
        let mut helper = Helper::start();
        let _ = answer.send(refused(helper.client.watch(READERS[0], key)).unwrap());
    });
    answered
}

fn answer(watching: &Receiver<Option<Gone>>) -> Option<Gone> {
    watching.recv_timeout(super::bed::PATIENCE).expect("the watcher says nothing")
}

#[test]
fn a_card_at_work_stays_and_one_taken_out_is_gone() {
    let bed = Bed::new();
    let layout = Layout::hpki_b();
    let card = bed.insert(0, &layout);
    let resets = card.resets();
    let watching = watch(layout.spki());
    // It waits once it has looked at the card, which ends with a reset.
    card.wait_for_resets(resets + 1);
    let mut helper = Helper::start();
    for _ in 0..3 {
        helper.sign(&layout).unwrap();
    }
    assert_eq!(watching.try_recv(), Err(TryRecvError::Empty), "work is no leaving");
    bed.remove(&card);
    assert_eq!(answer(&watching), Some(Gone::Removed));
    // And says so at once where it is gone already.
    assert_eq!(answer(&watch(layout.spki())), Some(Gone::Removed));
}

#[test]
fn another_card_and_another_reader() {
    let mut bed = Bed::new();
    let (mine, patients) = (Layout::jpki(), Layout::patient());
    let card = bed.insert(0, &mine);
    let mut helper = Helper::start();
    helper.sign(&mine).unwrap();
    bed.remove(&card);
    let other = bed.insert(0, &patients);
    assert_eq!(answer(&watch(mine.spki())), Some(Gone::Changed), "the same kind with another key");
    assert_eq!(other.tries_left(), 3);

    other.pull();
    bed.pcscd.kill();
    bed.pcscd.start_without_readers();
    assert_eq!(answer(&watch(mine.spki())), Some(Gone::ReaderGone));
}

#[test]
fn pcscd_killed_while_watching() {
    let mut bed = Bed::new();
    let layout = Layout::p384();
    let card = bed.insert(0, &layout);
    let resets = card.resets();
    let watching = watch(layout.spki());
    card.wait_for_resets(resets + 1);
    bed.pcscd.kill();
    assert_eq!(answer(&watching), Some(Gone::ServiceGone));
    card.pull();
    bed.pcscd.start();
    bed.put_back(&card);
    let again = watch(layout.spki());
    bed.remove(&card);
    assert_eq!(answer(&again), Some(Gone::Removed));
}

#[test]
fn pcscd_frozen_while_watching_is_noticed_long_before_the_wait_is_over() {
    let bed = Bed::new();
    let layout = Layout::hpki_a();
    let card = bed.insert(0, &layout);
    let resets = card.resets();
    let watching = watch(layout.spki());
    card.wait_for_resets(resets + 1);
    bed.pcscd.freeze();
    assert_eq!(answer(&watching), Some(Gone::ServiceGone));
    bed.pcscd.thaw();
    // Whoever looks again sees that nothing has happened to the card.
    let mut helper = Helper::start();
    helper.sign(&layout).unwrap();
}

#[test]
fn a_card_put_down_is_seen_and_no_other_is_touched() {
    let bed = Bed::new();
    let lies_there = bed.insert(0, &Layout::hpki_a());
    let mut helper = Helper::start();
    refused(helper.client.list()).unwrap();
    lies_there.take_seen();
    let resets = lies_there.resets();
    std::thread::scope(|both| {
        let moved =
            both.spawn(|| refused(helper.client.await_move(vec![SafeText::new(READERS[0])])).unwrap());
        let _card = bed.insert(1, &Layout::jpki());
        assert!(moved.join().unwrap());
    });
    assert_eq!((lies_there.take_seen().len(), lies_there.resets()), (0, resets));
    // What was known wrongly is told as well.
    assert!(refused(helper.client.await_move(Vec::new())).unwrap());
}
