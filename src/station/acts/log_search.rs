//! Looking for entries of the record, and at one of them. Who was looked for is on record before anything is found.

use super::logs::{find, may_see_all};
use crate::clock;
use crate::domain::SafeText;
use crate::log::search::{Draft, DraftField, Filter, SearchError};
use crate::log::{Act, details};
use crate::protocol::view::LogEntryView;
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::desk::{Caller, Desk, Origin, Stop};
use crate::station::start::Station;
use crate::station::transact::store_failed;
use crate::store::{ReadTx, StoreError};

const OTHERS: &str = "ほかの利用者の履歴は検索できません。自分の履歴は検索できます";

/// The door, the form and the record of it.
fn may_search(
    desk: &mut Desk<'_, '_>,
    draft: &Draft,
    before: Option<u64>,
    own: bool,
) -> Result<Filter, Stop> {
    const ACT: &str = "search_log";
    let caller = door(desk, ACT, own)?;
    // Whose it is does not come from the form there.
    let user = if own { String::new() } else { draft.user.clone() };
    let draft = Draft { user, ..draft.clone() };
    let mut filter = draft.check().map_err(|wrong| refuse_fields(desk, ACT, &wrong))?;
    let mut words = filter.in_words().to_string();
    if own {
        filter.user = Some(SafeText::new(caller.account.user.as_str()));
        words = format!("自分の操作／{words}");
    }
    if let Some(before) = before {
        words = format!("{words}／番号 {before} より前の続き");
    }
    desk.log(Act::LogSearched { filter: words.into() })?;
    Ok(filter)
}

/// One's own with one factor, everybody's as for the whole log.
fn door(desk: &mut Desk<'_, '_>, act: &'static str, own: bool) -> Result<Caller, Stop> {
    let caller = desk.caller(act)?;
    if !own {
        may_see_all(desk, act, &caller, OTHERS)?;
    }
    Ok(caller)
}

fn refuse_fields(desk: &mut Desk<'_, '_>, act: &'static str, wrong: &[(DraftField, SearchError)]) -> Stop {
    let fields = wrong.iter().map(|(f, e)| (f.name().into(), SafeText::new(&e.to_string()))).collect();
    let words = "検索条件に誤りがあります。各欄の表示を確認してください";
    desk.refuse(act, Refusal { fields, ..Refusal::new(RefusalCode::BadInput, words) })
}

impl Station {
    /// A page of what a search finds, newest first.
    pub(in crate::station) async fn search_log(
        &self,
        origin: &Origin,
        draft: Draft,
        before: Option<u64>,
        own: bool,
    ) -> Result<Reply, Refusal> {
        let filter = self.line_value(origin, move |desk| may_search(desk, &draft, before, own)).await?;
        self.find_in_log(before, filter, own).await
    }

    /// The same for a filter that has passed a door.
    pub(in crate::station) async fn find_in_log(
        &self,
        before: Option<u64>,
        filter: Filter,
        own: bool,
    ) -> Result<Reply, Refusal> {
        let read = self.look(move |store| store.read(|tx| find(tx, before, &filter, own)));
        match read.await {
            Some(page) => page.map(Reply::Log).map_err(|error| store_failed(&error)),
            None => Err(broken_off()),
        }
    }

    /// One entry with all its fields.
    pub(in crate::station) async fn show_log_entry(
        &self,
        origin: &Origin,
        seq: u64,
        own: bool,
    ) -> Result<Reply, Refusal> {
        let user = self
            .line_value(origin, move |desk| {
                let caller = door(desk, "show_log_entry", own)?;
                desk.log(Act::LogSearched { filter: format!("番号 {seq} の詳細").into() })?;
                Ok(own.then(|| SafeText::new(caller.account.user.as_str())))
            })
            .await?;
        let read = self.store.read(|tx| entry(tx, seq, user.as_ref()));
        match read.map_err(|error| store_failed(&error))? {
            Some(view) => Ok(Reply::LogEntry(Box::new(view))),
            None => {
                let words = "その番号の記録はありません。一覧から選び直してください";
                Err(Refusal::new(RefusalCode::NotFound, words))
            }
        }
    }
}

fn broken_off() -> Refusal {
    Refusal::new(RefusalCode::Unavailable, "履歴の表示が中断されました。もう一度操作してください")
}

fn entry(tx: &ReadTx, seq: u64, user: Option<&SafeText>) -> Result<Option<LogEntryView>, StoreError> {
    let Some(row) = tx.log_rows(seq..=seq)?.next().transpose()? else { return Ok(None) };
    let hash = SafeText::new(&row.hash.to_string());
    let Ok(entry) = row.entry() else {
        // To whoever may see only his own it is nobody's.
        let words = "この記録は読み取れません。改ざんまたは破損の疑いがあります。検証を実行してください";
        let fields = vec![("【警告】".into(), words.into())];
        let view = LogEntryView { seq, at: SafeText::default(), training: false, fields, hash };
        return Ok(user.is_none().then_some(view));
    };
    let theirs = user.is_none_or(|user| entry.actor.as_ref().is_some_and(|actor| actor.user == *user));
    Ok(theirs.then(|| LogEntryView {
        seq,
        at: clock::second(entry.at.utc_ms),
        training: entry.training,
        fields: details(&entry),
        hash,
    }))
}
