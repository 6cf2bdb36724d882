//! An export at the station, page by page: on record before the first row, and its end too.

use super::super::super::client::ask;
use super::super::super::{Failure, out};
use crate::client::Client;
use crate::protocol::view::{ExportPage, ExportView};
use crate::protocol::{Reply, Request};

/// Entries between two words about how far it is.
const WORD_EVERY: u64 = 50_000;

/// The rows that the station gives.
#[derive(Debug)]
pub(super) struct Pages<'a> {
    client: &'a mut Client,
    begun: ExportView,
    next: Option<u64>,
    told: u64,
}

impl<'a> Pages<'a> {
    /// Asks for the export, which is on record then.
    pub(super) fn begin(client: &'a mut Client, request: Request) -> Result<Self, Failure> {
        let Reply::ExportBegun(begun) = ask(client, request)? else { return Err(not_understood()) };
        Ok(Self { client, begun: *begun, next: Some(1), told: 0 })
    }

    /// What it will hold.
    pub(super) fn begun(&self) -> &ExportView {
        &self.begun
    }

    /// The next page, until there is none.
    pub(super) fn next(&mut self) -> Result<Option<ExportPage>, Failure> {
        let Some(from) = self.next.take() else { return Ok(None) };
        let Reply::ExportRows(page) = ask(self.client, Request::ExportRows { from })? else {
            return Err(not_understood());
        };
        // Only forward: whatever the station says, it ends.
        self.next = page.next.filter(|next| *next > from);
        let at = self.next.map_or(self.begun.last, |next| next.saturating_sub(1));
        if at / WORD_EVERY > self.told / WORD_EVERY {
            out::note(format!("書き出し中: {at} / {}番", self.begun.last));
        }
        self.told = at;
        Ok(Some(page))
    }

    /// Tells the station how it ended. What is in its place is not taken away because nobody could be told.
    pub(super) fn end(self, whole: bool, sha256: Option<String>) -> ExportView {
        let told = ask(self.client, Request::EndExport { whole, sha256 });
        if let Err(why) = told
            && whole
        {
            out::note(format!("書き出しは完了しましたが、完了したことを記録できませんでした: {why}"));
        }
        self.begun
    }
}

pub(super) fn not_understood() -> Failure {
    "ステーションの応答が正しくありません".into()
}
