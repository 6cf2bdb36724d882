//! Watching the card with which a person logged in. What is out of sight for more than a moment counts as gone: the
//! screen must not stay open because nobody looks any more.

use super::leash::Leash;
use super::line::Line;
use super::places::Place;
use super::trouble::Trouble;
use super::{Patience, is_service_gone};
use crate::card::client::ClientError;
use crate::card::{Gone, SpkiHash};
use crate::domain::SafeText;
use std::thread;
use std::time::{Duration, Instant};

/// Between two attempts to see the card again.
const RETRY: Duration = Duration::from_millis(300);

/// Which card, where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Where its reader is.
    pub place: Place,
    /// The reader.
    pub reader: String,
    /// Its key.
    pub key: SpkiHash,
}

/// How the watching ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// The card is gone.
    Gone(Gone),
    /// Nobody can say where it is; why, in words.
    OutOfSight(SafeText),
}

impl Left {
    /// Why the screen is locked, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Gone(Gone::Removed) => "カードが抜かれたため、画面をロックしました。".to_owned(),
            Self::Gone(Gone::Changed) => "カードが別のものに替わったため、画面をロックしました。".to_owned(),
            Self::Gone(Gone::ReaderGone) => "カードリーダーが外れたため、画面をロックしました。".to_owned(),
            Self::Gone(Gone::ServiceGone) => {
                "カード読取りサービスが止まったため、画面をロックしました。".to_owned()
            }
            Self::OutOfSight(why) => format!("カードを確認できないため、画面をロックしました。{why}"),
        }
    }
}

/// Watches until the card is gone; `None` when the watching was ended from outside.
pub(super) fn keep_watch(watched: &Watched, leash: &Leash, patience: &Patience) -> Option<Left> {
    let mut blind_since = None;
    loop {
        let seen = look_on(watched, leash, patience, &mut blind_since);
        if leash.is_ended() {
            return None;
        }
        let trouble = match seen {
            Ok(gone) => return Some(Left::Gone(gone)),
            Err(trouble) => trouble,
        };
        let since = *blind_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= patience.blind {
            return Some(Left::OutOfSight(trouble.words()));
        }
        thread::sleep(RETRY);
    }
}

/// Watches over one line until the card is gone or the line is.
fn look_on(
    watched: &Watched,
    leash: &Leash,
    patience: &Patience,
    blind_since: &mut Option<Instant>,
) -> Result<Gone, Trouble> {
    let left = |since: Instant| patience.blind.saturating_sub(since.elapsed()).max(RETRY);
    let mut line = Line::open(&watched.place, leash, blind_since.map_or(patience.hello, left))?;
    if let Some(since) = *blind_since {
        // A look that must be answered soon tells a service that hangs from one that waits.
        let reader = Some(watched.reader.clone());
        line.ask(left(since), |client| match client.identify(reader) {
            Err(ClientError::Refused(report)) if !is_service_gone(&report) => Ok(()),
            answer => answer.map(drop),
        })?;
    }
    let begun = Instant::now();
    loop {
        let seen = line.ask(patience.watch, |client| client.watch(&watched.reader, watched.key));
        // What fails as soon as it is tried does not count as seen in between.
        if begun.elapsed() >= patience.blind {
            *blind_since = None;
        }
        match seen? {
            None => {}
            Some(Gone::ServiceGone) => return Err(Trouble::ServiceGone),
            Some(gone) => return Ok(gone),
        }
    }
}
