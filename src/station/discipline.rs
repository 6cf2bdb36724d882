//! Whether the host's clock is kept right: asked from time to time, beside the work, and known to every stamp.
//!
//! What the host does not say changes nothing: an alarm that may be false is worse than none, for nobody heeds the next.

use super::acts::deadlines;
use super::start::Station;
use super::transact::Need;
use crate::domain::{Account, Permission, SafeText};
use crate::store::StoreError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What is known, and what is on record of it.
#[derive(Debug, Default)]
pub(crate) struct Discipline(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether somebody keeps the clock right, by the last answer that was one.
    kept: Option<bool>,
    /// The last of it that was put on record in this run.
    noted: Option<bool>,
    /// An answer is waited for.
    asked: bool,
}

impl Discipline {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is known that nobody keeps the clock right.
    pub(crate) fn is_missing(&self) -> bool {
        self.state().kept == Some(false)
    }

    /// Whether an answer may be asked for: one at a time, for it may take long.
    fn begin(&self) -> bool {
        !std::mem::replace(&mut self.state().asked, true)
    }

    fn answered(&self, answer: Option<bool>) {
        let mut state = self.state();
        state.asked = false;
        state.kept = answer.or(state.kept);
    }

    /// What is to be put on record: nothing where all was well from the beginning.
    fn change(&self) -> Option<bool> {
        let state = self.state();
        let kept = state.kept?;
        (kept != state.noted.unwrap_or(true)).then_some(kept)
    }

    fn noted(&self, kept: bool) {
        self.state().noted = Some(kept);
    }

    /// For an administrator's home screen.
    pub(crate) fn news(&self, account: &Account) -> Option<SafeText> {
        let words = "ステーションの時計が時刻サーバーと同期していません。操作ログの時刻がずれるおそれがあります。システム管理者に時刻同期（chronyなど）の設定の確認を依頼してください";
        (account.may(Permission::Administer) && self.is_missing()).then(|| words.into())
    }
}

impl Station {
    /// Asks the host, on a thread that nobody waits for.
    pub(super) fn ask_about_clock(&self) -> Option<JoinHandle<()>> {
        if !self.shop.discipline.begin() {
            return None;
        }
        let (discipline, clock) = (Arc::clone(&self.shop.discipline), Arc::clone(&self.shop.clock));
        let asking = move || discipline.answered(clock.synchronised());
        let asked = std::thread::Builder::new().name("clock".to_owned()).spawn(asking);
        // Without a thread there is no answer; the next round asks again.
        asked.inspect_err(|_| self.shop.discipline.answered(None)).ok()
    }

    /// Puts on record that the clock is not kept right, or is again.
    pub(super) async fn look_at_clock(&self) -> Result<(), StoreError> {
        let Some(kept) = self.shop.discipline.change() else { return Ok(()) };
        self.own_act(Need::Usual, move |desk| deadlines::clock(desk, kept)).await?;
        self.shop.discipline.noted(kept);
        Ok(())
    }
}

#[cfg(test)]
#[path = "discipline_tests.rs"]
mod tests;
