//! How many lines there may be: in all, so that descriptors are left for everything else, and of one user of the host
//! (by the kernel's word), so that nobody can keep the others out.

use crate::domain::SafeText;
use rustix::process::{Resource, getrlimit};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lines at once, those that have said nothing yet included.
const MOST: usize = 512;
/// Descriptors that are not for lines: store, log, folder, the look at a peer.
const FOR_THE_REST: u64 = 64;
/// Whatever the limits of the host, so many lines are taken.
const LEAST: usize = 8;
/// A quarter of the lines for one user: a terminal account that many people share still has room enough.
const SHARE: usize = 4;
/// Between two entries in the log about lines that were turned away, in milliseconds.
const WINDOW_MS: u64 = 60_000;

/// Why a line is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub(super) enum Full {
    /// All places are taken.
    #[error("ステーションへの接続が多すぎます。少し待ってから、もう一度開いてください")]
    Station,
    /// One user has all of his.
    #[error("同じユーザーからの接続が多すぎます。使っていない画面を閉じてから、もう一度開いてください")]
    User,
}

#[derive(Debug, Default)]
struct State {
    taken: HashMap<u32, usize>,
    all: usize,
    turned_away: HashMap<(u32, Full), u64>,
    told_at_ms: Option<u64>,
}

/// The places.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    state: Mutex<State>,
}

/// A place of a line; dropping it leaves it.
#[derive(Debug)]
pub(super) struct Place {
    of: Arc<Places>,
    uid: u32,
}

/// Lines that were turned away.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TurnedAway {
    pub(super) source: SafeText,
    pub(super) why: Full,
    pub(super) times: u64,
}

impl Places {
    /// As many as this process has descriptors for.
    pub(super) fn of_this_process() -> Arc<Self> {
        let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let left = usize::try_from(descriptors.saturating_sub(FOR_THE_REST)).unwrap_or(usize::MAX);
        Self::new(left.clamp(LEAST, MOST))
    }

    fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a user of the host, or why there is none; that is counted.
    pub(super) fn take(self: &Arc<Self>, uid: u32) -> Result<Place, Full> {
        let mut state = self.state();
        let own = state.taken.get(&uid).copied().unwrap_or_default();
        let full = if own >= (self.most / SHARE).max(1) {
            Full::User
        } else if state.all >= self.most {
            Full::Station
        } else {
            state.all += 1;
            *state.taken.entry(uid).or_default() += 1;
            return Ok(Place { of: Arc::clone(self), uid });
        };
        *state.turned_away.entry((uid, full)).or_default() += 1;
        Err(full)
    }

    /// Those turned away since the last time, at most once a minute unless it is the last time.
    pub(super) fn turned_away(&self, now_ms: u64, last: bool) -> Vec<TurnedAway> {
        let mut state = self.state();
        let due = state.told_at_ms.is_none_or(|told| now_ms >= told.saturating_add(WINDOW_MS));
        if state.turned_away.is_empty() || !(due || last) {
            return Vec::new();
        }
        state.told_at_ms = Some(now_ms);
        let taken = state.turned_away.drain();
        taken.map(|((uid, why), times)| TurnedAway { source: source(uid), why, times }).collect()
    }

    /// Whether every line has ended.
    pub(super) fn is_empty(&self) -> bool {
        self.state().all == 0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.of.state();
        state.all = state.all.saturating_sub(1);
        if let Some(own) = state.taken.get_mut(&self.uid) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                state.taken.remove(&self.uid);
            }
        }
    }
}

/// How a user of the host is named in tallies and in the log.
pub(super) fn source(uid: u32) -> SafeText {
    SafeText::new(&format!("uid{uid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_keeps_nobody_out_and_all_together_have_an_end() {
        let places = Places::new(12);
        let take = |uid| places.take(uid);
        let mut held: Vec<Place> = (0..3).map(|_| take(1).unwrap()).collect();
        assert_eq!(take(1).unwrap_err(), Full::User);
        for uid in 2..=4 {
            held.extend((0..3).map(|_| take(uid).unwrap()));
        }
        assert_eq!(take(5).unwrap_err(), Full::Station);
        assert_eq!(take(1).unwrap_err(), Full::User);
        // A place that is left is free, for whoever comes.
        held.remove(0);
        held.push(take(5).unwrap());
        assert_eq!(take(5).unwrap_err(), Full::Station);
        drop(held);
        assert!(places.is_empty() && places.state().taken.is_empty());
    }

    #[test]
    fn who_is_turned_away_is_counted_and_told_once_a_minute() {
        let places = Places::new(4);
        let _held = places.take(7).unwrap();
        assert_eq!(places.turned_away(0, false), []);
        let away = |times| [TurnedAway { source: "uid7".into(), why: Full::User, times }];
        for _ in 0..3 {
            places.take(7).unwrap_err();
        }
        assert_eq!(places.turned_away(1_000, false), away(3));
        places.take(7).unwrap_err();
        assert_eq!(places.turned_away(60_999, false), []);
        places.take(7).unwrap_err();
        assert_eq!(places.turned_away(61_000, false), away(2));
        places.take(7).unwrap_err();
        assert_eq!(places.turned_away(61_001, true), away(1), "nothing is lost when the station stops");
        assert_eq!(places.turned_away(u64::MAX, true), []);
    }
}
