//! Reading the record of who looked. Opening it is itself on record.

use crate::clock;
use crate::domain::Permission;
use crate::log::{self, Act, Entry};
use crate::protocol::view::{LogLine, LogPage};
use crate::protocol::{RefusalCode, Reply};
use crate::station::cut;
use crate::station::desk::{Desk, Outcome};

/// Lines of a page.
const PAGE: usize = 60;

/// A page, newest first: one's own with one factor, everybody's with 監査権限 or 施設管理者権限.
pub(crate) fn read(desk: &mut Desk<'_, '_>, before: Option<u64>, own: bool) -> Outcome {
    const ACT: &str = "read_log";
    let caller = desk.caller(ACT)?;
    let account = &caller.account;
    if !own && !account.may(Permission::Audit) && !account.may(Permission::Administer) {
        let words = "監査権限がないため、ほかの利用者の履歴は表示できません。自分の履歴は表示できます";
        return Err(desk.stop(ACT, RefusalCode::NoPermission, words));
    }
    let user = own.then(|| account.user.as_str().to_owned());
    if before.is_none() {
        desk.log(Act::LogOpened {})?;
    }
    let mine = |entry: &Entry| {
        user.as_ref().is_none_or(|user| entry.actor.as_ref().is_some_and(|a| a.user.as_str() == user))
    };
    let page = desk.tx.log_page(before, PAGE, mine)?;
    let lines: Vec<LogLine> = page.entries.iter().map(line).collect();
    let fitting = cut::page(&lines, 0);
    let more = page.next.is_some() || fitting.len() < lines.len();
    Ok(Reply::Log(LogPage { lines: fitting, more }))
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
fn kind(entry: &Entry) -> crate::domain::SafeText {
    let value = serde_json::to_value(&entry.act).unwrap_or_default();
    value.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().into()
}
