//! Group commit: together when all goes well, apart when one fails.

use super::*;
use crate::store::Table;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("refused")]
    ByRule,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps the store's thread busy until the returned barrier is met, so that what follows waits together.
fn hold(store: &Store) -> (Arc<Barrier>, std::thread::JoinHandle<()>) {
    let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (in_job, store) = ((Arc::clone(&begun), Arc::clone(&go)), store.clone());
    let holder = std::thread::spawn(move || {
        store
            .transact(move |_| {
                in_job.0.wait();
                in_job.1.wait();
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
    begun.wait();
    (go, holder)
}

#[test]
fn one_fails_and_the_others_stand() {
    let (_folder, path) = place();
    let store = create(&path);
    let (go, holder) = hold(&store);
    let (runs, ready) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(17)));
    let waiting: Vec<_> = (0..16_u64)
        .map(|n| {
            let (store, runs, ready) = (store.clone(), Arc::clone(&runs), Arc::clone(&ready));
            std::thread::spawn(move || {
                ready.wait();
                store.transact(move |tx: &mut Tx<'_>| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    tx.put(Table::Cases, &format!("case{n:02}"), &n)?;
                    tx.log(&numbered(n))?;
                    if n == 5 { Err(Refused::ByRule) } else { Ok(n) }
                })
            })
        })
        .collect();
    ready.wait();
    std::thread::sleep(std::time::Duration::from_millis(100));
    go.wait();
    holder.join().unwrap();
    for (n, waiting) in (0..).zip(waiting) {
        match waiting.join().unwrap() {
            Ok(done) => assert_eq!(done, n),
            Err(refused) => assert!(matches!((n, refused), (5, Refused::ByRule))),
        }
    }
    let mut kept = numbers(&store);
    kept.sort_unstable();
    assert_eq!(kept, (0..16).filter(|n| *n != 5).collect::<Vec<u64>>());
    let cases = store.read(|tx| tx.scan_prefix::<u64>(Table::Cases, "case")).unwrap();
    assert_eq!(cases.len(), 15);
    assert!(runs.load(Ordering::Relaxed) > 16, "the batch was not done again: it was no batch");
    assert_sound(&store);
}

#[test]
fn a_panic_costs_only_its_own_job() {
    let (_folder, path) = place();
    let store = create(&path);
    let (go, holder) = hold(&store);
    let waiting: Vec<_> = (0..4_u64)
        .map(|n| {
            let store = store.clone();
            std::thread::spawn(move || {
                store.transact(move |tx: &mut Tx<'_>| {
                    let seq = tx.log(&numbered(n))?;
                    assert!(n != 2, "this panic is part of the test");
                    Ok::<_, StoreError>(seq)
                })
            })
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(100));
    go.wait();
    holder.join().unwrap();
    for (n, waiting) in (0..).zip(waiting) {
        let result = waiting.join().unwrap();
        assert_eq!(matches!(result, Err(StoreError::Panicked)), n == 2, "{n}: {result:?}");
    }
    let mut kept = numbers(&store);
    kept.sort_unstable();
    assert_eq!(kept, [0, 1, 3]);
    assert_sound(&store);
}

#[test]
fn a_failure_without_writes_leaves_the_batch_alone() {
    let (_folder, path) = place();
    let store = create(&path);
    let refused = store.transact(|_: &mut Tx<'_>| Err::<(), _>(Refused::ByRule));
    assert!(matches!(refused, Err(Refused::ByRule)));
    assert_eq!(log_one(&store, 1).unwrap(), 2);
}

#[test]
fn jobs_see_what_came_before_them() {
    let (_folder, path) = place();
    let store = create(&path);
    store
        .transact(|tx: &mut Tx<'_>| {
            assert_eq!(tx.log_len(), 1);
            tx.put(Table::Drafts, "a", &1)?;
            assert_eq!(tx.get::<i32>(Table::Drafts, "a")?, Some(1));
            assert_eq!(tx.log(&numbered(1))?, 2);
            assert_eq!(tx.log(&numbered(2))?, 3);
            assert_eq!(tx.head().seq, 3);
            assert_eq!(tx.log_page(None, 9, |_| true)?.entries.len(), 3);
            assert!(tx.remove(Table::Drafts, "a")?);
            assert!(!tx.remove(Table::Drafts, "a")?);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_sound(&store);
}

#[tokio::test]
async fn async_callers_and_a_dropped_future() {
    let (_folder, path) = place();
    let store = create(&path);
    let seq: Result<u64, StoreError> = store.transact_async(|tx| tx.log(&numbered(1))).await;
    assert_eq!(seq.unwrap(), 2);
    let mut forgotten = Box::pin(store.transact_async(|tx| tx.log(&numbered(2))));
    let never = std::future::poll_fn(|cx| {
        let polled = forgotten.as_mut().poll(cx);
        std::task::Poll::Ready(polled.is_ready())
    });
    never.await;
    drop(forgotten);
    let seq: Result<u64, StoreError> = store.transact_essential_async(|tx| tx.log(&numbered(3))).await;
    assert_eq!(seq.unwrap(), 4);
}

#[test]
fn after_closing_nobody_is_kept_waiting() {
    let (_folder, path) = place();
    let store = create(&path);
    let clone = store.clone();
    store.close().unwrap();
    assert!(matches!(log_one(&clone, 1), Err(StoreError::Closed)));
    assert!(matches!(clone.verify_log(&[]), Err(StoreError::Closed)));
    clone.close().unwrap();
}

#[test]
fn a_job_may_hold_the_last_handle() {
    let (_folder, path) = place();
    let store = create(&path);
    let (inside, answer) = std::sync::mpsc::channel();
    let (go, holder) = hold(&store);
    let last = store.clone();
    std::thread::spawn(move || {
        let held = store.clone();
        let _ = store.transact(move |tx: &mut Tx<'_>| {
            let _ = &held;
            let _ = inside.send(tx.log_len());
            Ok::<_, StoreError>(())
        });
    });
    go.wait();
    holder.join().unwrap();
    assert_eq!(answer.recv().unwrap(), 1);
    drop(last);
    let reopened = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        Store::open(&path, &key()).ok()
    });
    assert!(reopened.is_some(), "the lock was never let go");
}
