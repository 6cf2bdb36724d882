//! The export of the log: on record before the first byte leaves, then page by page, with flat memory on both sides; and
//! its end on record too.
//!
//! The whole log leaves as a bundle, which proves itself. For people and engines of others it also leaves in their
//! formats, where wanted only what was written in some time: the formats are made by whoever asked, of the same rows.

use crate::domain::SafeText;
use crate::json;
use crate::log::search::{Draft, DraftField, SearchError};
use crate::log::{Act, Entry};
use crate::protocol::view::{ExportPage, ExportView};
use crate::protocol::{Refusal, RefusalCode, Reply, ViewFormat};
use crate::station::acts::logs::may_see_all;
use crate::station::cut;
use crate::station::desk::{Desk, Origin, Outcome, Stop};
use crate::station::start::Station;
use crate::station::transact::store_failed;
use crate::store::{Logged, ReadTx, StoreError};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Characters of the place, as logged.
const PLACE: usize = 200;
/// The form of the whole export, as logged.
const BUNDLE: &str = "bundle";
/// Exports remembered at once; each is a few numbers.
const MOST: usize = 1_000;
/// Rows that are looked at for a page, wanted or not.
const LOOKED_AT: usize = 10_000;

/// An export that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Begun {
    format: &'static str,
    /// Up to which number the session may read.
    last: u64,
    /// Only what was written from this millisecond on and before that one.
    span: Option<(i64, i64)>,
    /// The highest number that was given.
    upto: u64,
    /// How many rows were given.
    rows: u64,
}

impl Begun {
    /// What cannot be read has no time: it is never left out.
    fn wants(&self, row: &Logged) -> bool {
        let written = |entry: Entry| entry.at.utc_ms;
        match (self.span, row.entry().map(written)) {
            (Some((from, to)), Ok(at)) => (from..to).contains(&at),
            _ => true,
        }
    }

    /// The entry about its end.
    fn end(&self, whole: bool, sha256: Option<SafeText>) -> Act {
        Act::LogExportEnded { format: self.format.into(), last: self.last, rows: self.rows, whole, sha256 }
    }
}

/// Exports that were begun, by session. Lost with the station, then begun anew.
#[derive(Default)]
pub(crate) struct Exports(Mutex<HashMap<SafeText, Begun>>);

impl Exports {
    fn with<T>(&self, does: impl FnOnce(&mut HashMap<SafeText, Begun>) -> T) -> T {
        does(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn begin(&self, session: SafeText, export: Begun) {
        self.with(|begun| {
            if begun.len() >= MOST {
                begun.clear();
            }
            begun.insert(session, export);
        });
    }

    fn of(&self, origin: &Origin) -> Option<Begun> {
        let session = origin.session.as_ref()?;
        self.with(|begun| begun.get(session).cloned())
    }

    fn take(&self, origin: &Origin) -> Option<Begun> {
        let session = origin.session.as_ref()?;
        self.with(|begun| begun.remove(session))
    }

    /// Counts what was given; a page that is asked for again is not counted again.
    fn gave(&self, origin: &Origin, page: &ExportPage) {
        let Some(session) = &origin.session else { return };
        self.with(|begun| {
            let Some(export) = begun.get_mut(session) else { return };
            for (seq, _, _) in &page.rows {
                if *seq > export.upto {
                    export.upto = *seq;
                    export.rows = export.rows.saturating_add(1);
                }
            }
        });
    }
}

/// The door.
fn may_export(desk: &mut Desk<'_, '_>, act: &'static str) -> Result<(), Stop> {
    let caller = desk.caller(act)?;
    may_see_all(desk, act, &caller, "操作ログの書き出しはできません")
}

/// Puts the export on record, signs the log up to that entry, and says what it will hold.
fn begin(
    desk: &mut Desk<'_, '_>,
    format: &str,
    to: &SafeText,
    period: Option<SafeText>,
) -> Result<ExportView, Stop> {
    let last = desk.tx.log_len().saturating_add(1);
    desk.log(Act::LogExported { format: format.into(), first: 1, last, to: to.clone(), period })?;
    desk.seal()?;
    let text = |text: String| SafeText::new(&text);
    let root = desk.tx.root();
    Ok(ExportView {
        store_id: text(desk.tx.store_id().to_string()),
        training: desk.tx.kind().is_training(),
        last,
        head: text(desk.tx.head().hash.to_string()),
        root: text(data_encoding::HEXLOWER.encode(&root)),
        key: text(desk.tx.log_key()?.map(|key| key.to_string()).unwrap_or_default()),
        code: text(desk.tx.code().to_string()),
        facility: desk.shop.config.facility.clone(),
        institution_code: desk.shop.config.institution_code.as_str().into(),
    })
}

/// A stretch of time that is wanted: its milliseconds, and its words for the record.
type Period = Option<((i64, i64), SafeText)>;

/// The stretch of time as typed; nothing typed is the whole log.
fn period(desk: &mut Desk<'_, '_>, act: &'static str, draft: &Draft) -> Result<Period, Stop> {
    match draft.check() {
        Ok(filter) => Ok(filter.span().map(|span| (span, filter.in_words()))),
        Err(wrong) => {
            let field = |(field, error): &(DraftField, SearchError)| {
                let name = if *field == DraftField::To { "until" } else { field.name() };
                (name.into(), SafeText::new(&error.to_string()))
            };
            let fields = wrong.iter().map(field).collect();
            let words = "書き出す期間の指定に誤りがあります。日付を確認してください";
            Err(desk.refuse(act, Refusal { fields, ..Refusal::new(RefusalCode::BadInput, words) }))
        }
    }
}

/// The end, as whoever wrote the rows tells it.
fn end(desk: &mut Desk<'_, '_>, begun: Option<&Begun>, whole: bool, sha256: Option<&str>) -> Outcome {
    const ACT: &str = "end_export";
    may_export(desk, ACT)?;
    let Some(begun) = begun else { return Err(not_begun(desk, ACT)) };
    let is_hash = |hash: &str| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if sha256.is_some_and(|hash| !is_hash(hash)) {
        let words = "ファイルのハッシュ値が正しくありません。同じ版の kyukyu を使ってください";
        return Err(desk.stop(ACT, RefusalCode::BadInput, words));
    }
    desk.log(begun.end(whole, sha256.map(SafeText::from)))?;
    Ok(Reply::Done)
}

/// The end that nobody told: the session is over.
fn broken_off(desk: &mut Desk<'_, '_>, begun: &Begun) -> Outcome {
    desk.know_caller()?;
    desk.log(begun.end(false, None))?;
    Ok(Reply::Done)
}

fn not_begun(desk: &mut Desk<'_, '_>, act: &'static str) -> Stop {
    desk.stop(act, RefusalCode::WrongState, "書き出しが始まっていません。最初からやり直してください")
}

/// As many rows as a frame holds, and for a bundle the checkpoints that belong to them.
fn page(tx: &ReadTx, from: u64, begun: &Begun) -> Result<ExportPage, StoreError> {
    let mut page = ExportPage { rows: Vec::new(), checkpoints: Vec::new(), next: None };
    let mut room = cut::PAGE_BYTES;
    let mut seals = tx.checkpoints(from..=begun.last)?.take_while(|_| begun.format == BUNDLE).peekable();
    for (looked_at, row) in tx.log_rows(from..=begun.last)?.enumerate() {
        let row = row?;
        if looked_at >= LOOKED_AT {
            page.next = Some(row.seq);
            break;
        }
        if !begun.wants(&row) {
            continue;
        }
        // What is not ASCII is no entry; its mark makes the check of the export say so.
        let body = String::from_utf8_lossy(&row.body).into_owned();
        let size = json::length(&body).unwrap_or(usize::MAX).saturating_add(100);
        if size > room && !page.rows.is_empty() {
            page.next = Some(row.seq);
            break;
        }
        room = room.saturating_sub(size);
        page.rows.push((row.seq, SafeText::new(&row.hash.to_string()), body));
        while let Some(seal) = seals.next_if(|seal| !matches!(seal, Ok((size, _)) if *size > row.seq)) {
            let (size, note) = seal?;
            room = room.saturating_sub(note.len() + 50);
            page.checkpoints.push((size, note));
        }
    }
    Ok(page)
}

impl Station {
    /// Begins an export of the whole log as a bundle.
    pub(in crate::station) async fn export_log(&self, origin: &Origin, to: &str) -> Result<Reply, Refusal> {
        let to = place(to);
        let may_begin = move |desk: &mut Desk<'_, '_>| {
            may_export(desk, "export_log")?;
            begin(desk, BUNDLE, &to, None)
        };
        self.export_left(origin).await;
        let view = self.line_value(origin, may_begin).await?;
        Ok(self.begun(origin, BUNDLE, None, view))
    }

    /// Begins an export in a format of others.
    pub(in crate::station) async fn export_log_as(
        &self,
        origin: &Origin,
        format: ViewFormat,
        to: &str,
        time: Draft,
    ) -> Result<Reply, Refusal> {
        const ACT: &str = "export_log_as";
        let (to, format) = (place(to), format.name());
        let may_begin = move |desk: &mut Desk<'_, '_>| {
            may_export(desk, ACT)?;
            let period = period(desk, ACT, &time)?;
            let (span, words) = period.unzip();
            Ok((span, begin(desk, format, &to, words)?))
        };
        self.export_left(origin).await;
        let (span, view) = self.line_value(origin, may_begin).await?;
        Ok(self.begun(origin, format, span, view))
    }

    fn begun(
        &self,
        origin: &Origin,
        format: &'static str,
        span: Option<(i64, i64)>,
        view: ExportView,
    ) -> Reply {
        if let Some(session) = &origin.session {
            let export = Begun { format, last: view.last, span, upto: 0, rows: 0 };
            self.exports.begin(session.clone(), export);
        }
        Reply::ExportBegun(Box::new(view))
    }

    /// Rows of an export that this session has begun, and of nothing that came after.
    pub(in crate::station) async fn export_rows(&self, origin: &Origin, from: u64) -> Result<Reply, Refusal> {
        const ACT: &str = "export_rows";
        let begun = self.exports.of(origin);
        let may = move |desk: &mut Desk<'_, '_>| {
            may_export(desk, ACT)?;
            begun.clone().ok_or_else(|| not_begun(desk, ACT))
        };
        let begun = self.line_value(origin, may).await?;
        match self.look(move |store| store.read(|tx| page(tx, from, &begun))).await {
            Some(page) => {
                let page = page.map_err(|error| store_failed(&error))?;
                self.exports.gave(origin, &page);
                Ok(Reply::ExportRows(page))
            }
            None => {
                let words = "書き出しが中断されました。もう一度実行してください";
                Err(Refusal::new(RefusalCode::Unavailable, words))
            }
        }
    }

    /// Puts the end on record; after that no more rows are given.
    pub(in crate::station) async fn end_export(
        &self,
        origin: &Origin,
        whole: bool,
        sha256: Option<String>,
    ) -> Result<Reply, Refusal> {
        let begun = self.exports.of(origin);
        let tell = move |desk: &mut Desk<'_, '_>| end(desk, begun.as_ref(), whole, sha256.as_deref());
        let reply = self.line_value(origin, tell).await?;
        self.exports.take(origin);
        Ok(reply)
    }

    /// A session ends, or begins another export: the one that it leaves open was broken off.
    pub(in crate::station) async fn export_left(&self, origin: &Origin) {
        let Some(begun) = self.exports.take(origin) else { return };
        if let Err(refusal) = self.line_essential(origin, move |desk| broken_off(desk, &begun)).await {
            tracing::warn!(%refusal, "the end of an export could not be put on record");
        }
    }
}

fn place(to: &str) -> SafeText {
    SafeText::new(&to.chars().take(PLACE).collect::<String>())
}
