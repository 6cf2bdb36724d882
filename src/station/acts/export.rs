//! The export of the log: on record before the first byte leaves, then page by page, with flat memory on both sides.

use crate::domain::SafeText;
use crate::log::Act;
use crate::protocol::view::{ExportPage, ExportView};
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::acts::logs::may_see_all;
use crate::station::cut;
use crate::station::desk::{Desk, Origin, Stop};
use crate::station::start::Station;
use crate::station::transact::store_failed;
use crate::store::{ReadTx, StoreError};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Characters of the place, as logged.
const PLACE: usize = 200;
/// The form of the export, as logged.
const FORMAT: &str = "bundle";
/// Exports remembered at once; each is a number.
const MOST: usize = 1_000;

/// Exports that were begun: up to which number each session may read. Lost with the station, then begun anew.
#[derive(Default)]
pub(crate) struct Exports(Mutex<HashMap<SafeText, u64>>);

impl Exports {
    fn begin(&self, session: SafeText, last: u64) {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.len() >= MOST {
            begun.clear();
        }
        begun.insert(session, last);
    }

    fn last(&self, session: &SafeText) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(session).copied()
    }
}

/// The door.
fn may_export(desk: &mut Desk<'_, '_>, act: &'static str) -> Result<(), Stop> {
    let caller = desk.caller(act)?;
    may_see_all(desk, act, &caller, "操作ログの書き出しはできません")
}

/// Puts the export on record, signs the log up to that entry, and says what it will hold.
fn begin(desk: &mut Desk<'_, '_>, to: &SafeText) -> Result<ExportView, Stop> {
    may_export(desk, "export_log")?;
    let last = desk.tx.log_len().saturating_add(1);
    desk.log(Act::LogExported { format: FORMAT.into(), first: 1, last, to: to.clone() })?;
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
    })
}

/// As many rows as a frame holds, and the checkpoints that belong to them.
fn page(tx: &ReadTx, from: u64, last: u64) -> Result<ExportPage, StoreError> {
    let mut page = ExportPage { rows: Vec::new(), checkpoints: Vec::new() };
    let mut room = cut::PAGE_BYTES;
    let mut seals = tx.checkpoints(from..=last)?.peekable();
    for row in tx.log_rows(from..=last)? {
        let row = row?;
        // What is not ASCII is no entry; its mark makes the check of the export say so.
        let body = String::from_utf8_lossy(&row.body).into_owned();
        let size = serde_json::to_vec(&body).map_or(usize::MAX, |bytes| bytes.len()) + 100;
        if size > room && !page.rows.is_empty() {
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
    /// Begins an export.
    pub(in crate::station) async fn export_log(&self, origin: &Origin, to: &str) -> Result<Reply, Refusal> {
        let to = SafeText::new(&to.chars().take(PLACE).collect::<String>());
        let view = self.line_value(origin, move |desk| begin(desk, &to)).await?;
        if let Some(session) = &origin.session {
            self.exports.begin(session.clone(), view.last);
        }
        Ok(Reply::ExportBegun(Box::new(view)))
    }

    /// Rows of an export that this session has begun, and of nothing that came after.
    pub(in crate::station) async fn export_rows(&self, origin: &Origin, from: u64) -> Result<Reply, Refusal> {
        const ACT: &str = "export_rows";
        let begun = origin.session.as_ref().and_then(|session| self.exports.last(session));
        let may = move |desk: &mut Desk<'_, '_>| {
            may_export(desk, ACT)?;
            let words = "書き出しが始まっていません。最初からやり直してください";
            begun.ok_or_else(|| desk.stop(ACT, RefusalCode::WrongState, words))
        };
        let last = self.line_value(origin, may).await?;
        match self.look(move |store| store.read(|tx| page(tx, from, last))).await {
            Some(page) => page.map(Reply::ExportRows).map_err(|error| store_failed(&error)),
            None => {
                let words = "書き出しが中断されました。もう一度実行してください";
                Err(Refusal::new(RefusalCode::Unavailable, words))
            }
        }
    }
}
