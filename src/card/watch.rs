//! Watching a card for a connection: the watcher first, then one look at the card, then only waiting.
//!
//! In this order a card that was swapped at any moment is found: before the look by its key, after it by the watcher.
//! The wait itself is outside the helper's lock, so that whoever works with a card is not held up by one who watches.

use super::helper::{Helper, Shared};
use super::line::{Answer, AwaitAsk, ErrorReport, WatchAsk};
use super::{CardError, Gone, SpkiHash, TransportError, Watcher};
use crate::domain::SafeText;
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks for a card that is put into a reader. Readers come and go with their cards, so there is nothing
/// to wait for; and it is looked for only while a person is asked for a card.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a connection watches, kept from one question to the next.
#[derive(Default)]
pub(super) struct Watching(Option<(WatchAsk, Box<dyn Watcher + Send>)>);

impl Watching {
    /// Waits for the card to go. The same question goes on with the same watcher, another one begins anew.
    pub(super) fn answer(&mut self, shared: &Shared, ask: WatchAsk) -> Answer {
        let known = self.0.take().filter(|(before, _)| *before == ask).map(|(_, watcher)| watcher);
        let begun = match known {
            Some(watcher) => Ok(watcher),
            None => shared.lock().begin_watch(&ask),
        };
        let mut watcher = match begun {
            Ok(watcher) => watcher,
            Err(answer) => return *answer,
        };
        match watcher.wait(shared.longest_watch()) {
            Some(why) => gone(&ask, why),
            None => {
                self.0 = Some((ask, watcher));
                Answer::StillThere {}
            }
        }
    }
}

/// Looks again and again until cards lie in other readers than the asker knows. Not at once: who asks in a circle
/// would do so without a pause.
pub(super) fn await_move(shared: &Shared, ask: &AwaitAsk) -> Answer {
    let end = Instant::now() + shared.longest_watch();
    let before = shared.lock().lying();
    loop {
        thread::sleep(end.saturating_duration_since(Instant::now()).min(LOOK_EVERY));
        let now = shared.lock().lying();
        // By the numbers, a card that was swapped between two looks is found too.
        if now != before || !now.iter().map(|(reader, _)| reader).eq(&ask.occupied) {
            return Answer::Moved {};
        }
        if Instant::now() >= end {
            return Answer::StillThere {};
        }
    }
}

fn gone(ask: &WatchAsk, why: Gone) -> Answer {
    Answer::Gone { reader: SafeText::new(&ask.reader), why }
}

/// What an error at the first look means: the card is gone already, or nobody can say where it is.
fn not_begun(ask: &WatchAsk, error: CardError) -> Answer {
    let why = match &error {
        CardError::UnknownCard { .. } | CardError::Certificate(_) | CardError::Unexpected { .. } => {
            Gone::Changed
        }
        CardError::Transport { error: cause, .. } => match cause {
            TransportError::NoCard | TransportError::Pulled => Gone::Removed,
            TransportError::NoReader | TransportError::UnknownReader(_) => Gone::ReaderGone,
            TransportError::NoService => Gone::ServiceGone,
            _ => return Answer::Error(error.into()),
        },
        _ => return Answer::Error(error.into()),
    };
    gone(ask, why)
}

impl Helper {
    /// The watcher, made before the card is looked at once; no PIN is touched. The error is the answer.
    pub(super) fn begin_watch(&mut self, ask: &WatchAsk) -> Result<Box<dyn Watcher + Send>, Box<Answer>> {
        match self.watcher_and_key(&ask.reader) {
            Ok((watcher, key)) if key == ask.spki_sha256 => Ok(watcher),
            Ok(_) => Err(Box::new(gone(ask, Gone::Changed))),
            Err(error) => Err(Box::new(not_begun(ask, error))),
        }
    }

    /// The readers in which something lies.
    pub(super) fn occupied(&mut self) -> Vec<SafeText> {
        self.lying().into_iter().map(|(reader, _)| reader).collect()
    }

    /// The same, each with a number that changes when a card comes or goes, where the readers know one.
    fn lying(&mut self) -> Vec<(SafeText, u32)> {
        let lying = match self.readers.lying() {
            Some(lying) => lying.unwrap_or_default(),
            None => self.found_by_looking(),
        };
        lying.iter().map(|(name, mark)| (SafeText::new(name), *mark)).collect()
    }

    fn found_by_looking(&mut self) -> Vec<(String, u32)> {
        let mut names = self.readers.names().unwrap_or_default();
        names.retain(|name| match self.readers.open(name) {
            Ok(_) => true,
            Err(error) => !ErrorReport::from(CardError::from(error)).says_absent(),
        });
        names.into_iter().map(|name| (name, 0)).collect()
    }

    fn watcher_and_key(&mut self, reader: &str) -> Result<(Box<dyn Watcher + Send>, SpkiHash), CardError> {
        let reader = self.own_name(reader)?;
        let watcher = self.readers.watcher(&reader)?;
        Ok((watcher, self.identify_in(&reader)?.spki_sha256))
    }
}
