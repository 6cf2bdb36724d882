//! An export at the station, page by page: on record before the first row, and its end too.

use super::super::super::client::ask;
use super::super::super::{Failure, out};
use crate::client::Client;
use crate::protocol::view::{ExportPage, ExportView};
use crate::protocol::{Reply, Request};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Entries between two words about how far it is.
const WORD_EVERY: u64 = 50_000;

/// Signals by which a person, a script or a lost line ends an export.
const STOPS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// The rows that the station gives.
#[derive(Debug)]
pub(super) struct Pages<'a> {
    client: &'a mut Client,
    begun: ExportView,
    next: Option<u64>,
    told: u64,
    /// It is to end: what was written so far goes away, and the station is told.
    stop: Arc<AtomicBool>,
}

impl<'a> Pages<'a> {
    /// Asks for the export, which is on record then.
    pub(super) fn begin(client: &'a mut Client, request: Request) -> Result<Self, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in STOPS {
            // Where the station does not answer, a second one ends the program at once.
            flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))?;
            flag::register(signal, Arc::clone(&stop))?;
        }
        let Reply::ExportBegun(begun) = ask(client, request)? else { return Err(not_understood()) };
        Ok(Self { client, begun: *begun, next: Some(1), told: 0, stop })
    }

    /// What it will hold.
    pub(super) fn begun(&self) -> &ExportView {
        &self.begun
    }

    /// The next page, until there is none.
    pub(super) fn next(&mut self) -> Result<Option<ExportPage>, Failure> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(
                "書き出しを中止しました。途中のものは残していません。もう一度実行すると最初から書き出します"
                    .into(),
            );
        }
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
