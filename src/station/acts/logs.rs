//! Reading the record of who looked. Opening it is itself on record.

use crate::clock;
use crate::domain::{Permission, SafeText, UserId};
use crate::log::search::Filter;
use crate::log::{self, Act, Entry};
use crate::protocol::view::{LogLine, LogPage};
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::cut;
use crate::station::desk::{Caller, Desk, Origin, Stop};
use crate::station::start::Station;
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
        let filter = user.map(|user| Filter::of_user(SafeText::new(user.as_str()))).unwrap_or_default();
        self.find_in_log(before, filter, own).await
    }
}

/// Searches until the page is full or the log is at its beginning. Rows that cannot be read are nobody's own.
pub(super) fn find(
    tx: &ReadTx,
    before: Option<u64>,
    filter: &Filter,
    own: bool,
) -> Result<LogPage, StoreError> {
    let (mut lines, mut next) = (Vec::new(), before);
    loop {
        let found = tx.search_log(filter, next, PAGE - lines.len(), !own)?.page;
        lines.extend(found.entries.iter().map(line));
        lines.extend(found.unreadable.into_iter().map(unreadable));
        next = found.next;
        if next.is_none() || lines.len() >= PAGE {
            break;
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.seq));
    let fitting = cut::page(&lines, 0);
    let more = next.is_some() || fitting.len() < lines.len();
    let total = if filter.is_everything() { Some(tx.log_len()?) } else { None };
    let words = if filter.words.is_empty() { SafeText::default() } else { filter.in_words() };
    Ok(LogPage { lines: fitting, more, total, words, code: SafeText::new(&tx.code()?.to_string()) })
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
    log::search::kind_of(&entry.act).into()
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
