//! How shipping stands, for whoever asks. Kept in memory: it is true of this very moment only.

use crate::clock;
use crate::domain::SafeText;
use crate::protocol::view::{ShippingRow, ShippingState, ShippingView};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Rows behind above which an administrator is told, although all is well: the archive is catching up.
const BEHIND: u64 = 1_000;

/// All targets of a station.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<Vec<Standing>>);

/// One target.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) name: &'static str,
    pub(super) place: String,
    /// The last row that it has for good.
    pub(super) sent: u64,
    pub(super) state: ShippingState,
    /// What is wrong.
    pub(super) words: SafeText,
    /// Since when it is so, wall clock.
    pub(super) since_ms: i64,
}

impl Board {
    pub(super) fn add(&self, standing: Standing) -> usize {
        let mut all = self.all();
        all.push(standing);
        all.len() - 1
    }

    /// Changes how one stands.
    pub(super) fn change(&self, place: usize, change: impl FnOnce(&mut Standing)) {
        if let Some(standing) = self.all().get_mut(place) {
            change(standing);
        }
    }

    /// For `kyukyu log ship --status`, with so many entries in the log.
    pub(crate) fn view(&self, entries: u64) -> ShippingView {
        let row = |standing: &Standing| ShippingRow {
            target: standing.name.into(),
            place: SafeText::new(&standing.place),
            sent: standing.sent,
            behind: entries.saturating_sub(standing.sent),
            state: standing.state,
            since: clock::minute(standing.since_ms),
            words: standing.words.clone(),
        };
        ShippingView { entries, targets: self.all().iter().map(row).collect() }
    }

    /// For an administrator's home screen: nothing where all is well.
    pub(crate) fn news(&self, entries: u64) -> Vec<SafeText> {
        let told = |row: &ShippingRow| {
            let label = label(row.target.as_str());
            match row.state {
                ShippingState::Sending if row.behind <= BEHIND => None,
                ShippingState::Sending => Some(format!("{label}: 送信中（残り{}件）", row.behind)),
                ShippingState::Waiting => {
                    Some(format!("{label}: {}から送信できません（残り{}件）", row.since, row.behind))
                }
                ShippingState::Stopped => Some(format!("{label}: {}", row.words)),
            }
        };
        self.view(entries).targets.iter().filter_map(told).map(SafeText::from).collect()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What people call a target.
pub(super) fn label(name: &str) -> &'static str {
    if name == "postgres" {
        "操作ログの保管先（PostgreSQL）"
    } else {
        "操作ログの送信先（syslog）"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_hears_of_what_is_not_well() {
        let board = Board::default();
        let standing = Standing {
            name: "postgres",
            place: "db:5432/audit".to_owned(),
            sent: 10,
            state: ShippingState::Sending,
            words: SafeText::default(),
            since_ms: 1_795_000_000_123,
        };
        board.add(standing);
        assert_eq!(board.news(1_010), []);
        assert!(board.news(1_011)[0].as_str().contains("送信中（残り1001件）"));
        board.change(0, |standing| standing.state = ShippingState::Waiting);
        assert_eq!(
            board.news(12),
            [SafeText::from("操作ログの保管先（PostgreSQL）: 2026-11-18 20:06から送信できません（残り2件）")]
        );
        board.change(0, |standing| {
            standing.state = ShippingState::Stopped;
            standing.words = "分岐".into();
        });
        assert!(board.news(12)[0].as_str().ends_with(": 分岐"));
    }
}
