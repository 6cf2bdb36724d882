//! Reading the record of who looked. Opening it is itself on record.

use crate::clock;
use crate::domain::{Permission, SafeText, UserId};
use crate::log::{self, Act, Entry};
use crate::protocol::view::{LogLine, LogPage};
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::cut;
use crate::station::desk::{Caller, Desk, Origin, Stop};
use crate::station::start::Station;
use crate::station::transact::store_failed;
use crate::store::{ReadTx, StoreError};

/// Lines of a page at most.
const PAGE: usize = 60;

/// The door: one's own with one factor, everybody's with 監査権限 or 施設管理者権限. Whose entries may be read, if
/// not everybody's.
fn may_read(desk: &mut Desk<'_, '_>, before: Option<u64>, own: bool) -> Result<Option<UserId>, Stop> {
    const ACT: &str = "read_log";
    let caller = desk.caller(ACT)?;
    if !own {
        may_see_all(desk, ACT, &caller, "ほかの利用者の履歴は表示できません。自分の履歴は表示できます")?;
    }
    match before {
        None => desk.log(Act::LogOpened {})?,
        // Wherever somebody begins to read in others' entries, it is on record.
        Some(before) if !own => {
            let filter = SafeText::new(&format!("番号 {before} より前の続き"));
            desk.log(Act::LogSearched { filter })?;
        }
        Some(_) => {}
    }
    Ok(own.then_some(caller.account.user))
}

/// Refuses whoever may read only his own.
pub(crate) fn may_see_all(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    caller: &Caller,
    what: &str,
) -> Result<(), Stop> {
    let account = &caller.account;
    if !account.may(Permission::Audit) && !account.may(Permission::Administer) {
        return Err(desk.stop(act, RefusalCode::NoPermission, format!("監査権限がないため、{what}")));
    }
    desk.card_where_enrolled(act, caller)
}

impl Station {
    /// A page of the log, newest first. It is read beside the writers: a long search holds nobody up.
    pub(in crate::station) async fn read_log(
        &self,
        origin: &Origin,
        before: Option<u64>,
        own: bool,
    ) -> Result<Reply, Refusal> {
        let user = self.line_value(origin, move |desk| may_read(desk, before, own)).await?;
        let read = self.look(move |store| store.read(|tx| page(tx, before, user.as_ref())));
        match read.await {
            Some(page) => page.map(Reply::Log).map_err(|error| store_failed(&error)),
            None => Err(Refusal::new(
                RefusalCode::Unavailable,
                "履歴の表示が中断されました。もう一度操作してください",
            )),
        }
    }
}

/// Searches until the page is full or the log is at its beginning.
fn page(tx: &ReadTx, before: Option<u64>, user: Option<&UserId>) -> Result<LogPage, StoreError> {
    let theirs = |entry: &Entry| {
        user.is_none_or(|user| entry.actor.as_ref().is_some_and(|a| a.user.as_str() == user.as_str()))
    };
    let (mut lines, mut next) = (Vec::new(), before);
    loop {
        let found = tx.log_page(next, PAGE - lines.len(), theirs)?;
        lines.extend(found.entries.iter().map(line));
        lines.extend(found.unreadable.into_iter().filter(|_| user.is_none()).map(unreadable));
        next = found.next;
        if next.is_none() || lines.len() >= PAGE {
            break;
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.seq));
    let fitting = cut::page(&lines, 0);
    let more = next.is_some() || fitting.len() < lines.len();
    Ok(LogPage { lines: fitting, more, code: SafeText::new(&tx.code()?.to_string()) })
}

/// A row that cannot be read as an entry is shown as such, never left out.
fn unreadable(seq: u64) -> LogLine {
    LogLine {
        seq,
        at: SafeText::default(),
        user: SafeText::default(),
        terminal: SafeText::default(),
        words: "【警告】この記録は読み取れません。改ざんまたは破損の疑いがあります".into(),
        training: false,
        kind: "unreadable".into(),
    }
}

/// One entry as a line.
pub(crate) fn line(entry: &Entry) -> LogLine {
    LogLine {
        seq: entry.seq,
        at: clock::second(entry.at.utc_ms),
        user: entry.actor.as_ref().map(|actor| actor.user.clone()).unwrap_or_default(),
        terminal: entry.terminal.clone().unwrap_or_default(),
        words: log::describe(entry),
        training: entry.training,
        kind: kind(entry),
    }
}

/// The act's tag, for programs.
fn kind(entry: &Entry) -> SafeText {
    let value = serde_json::to_value(&entry.act).unwrap_or_default();
    value.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::acts::home;
    use crate::station::test_site::TestSite;
    use std::sync::Arc;
    use std::sync::mpsc;

    /// Long looks over the log take turns; everybody else goes on meanwhile.
    #[tokio::test]
    async fn whoever_reads_the_log_on_many_lines_holds_nobody_else_up() {
        let site = TestSite::new().await;
        let sato = site.session();
        let mut ends = Vec::new();
        for _ in 0..2 {
            let (end, ended) = mpsc::channel::<()>();
            let (begun, began) = tokio::sync::oneshot::channel();
            let station = Arc::clone(&site.station);
            tokio::spawn(async move {
                let long = station.look(move |_| {
                    let _ = begun.send(());
                    let _ = ended.recv();
                });
                long.await
            });
            began.await.unwrap();
            ends.push(end);
        }
        let (station, origin) = (Arc::clone(&site.station), sato.clone());
        let reading = tokio::spawn(async move { station.read_log(&origin, None, true).await });
        for _ in 0..20 {
            assert!(site.station.line_act(&sato, None, home::show).await.is_ok());
        }
        assert!(!reading.is_finished(), "it waits for its turn");
        drop(ends);
        assert!(matches!(reading.await.unwrap(), Ok(Reply::Log(_))));
    }
}
