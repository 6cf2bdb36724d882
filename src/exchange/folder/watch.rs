//! inotify as an accelerator of the poll, never as the truth: it sees nothing that another host writes on a share.
//!
//! Whatever happens here, at most one wake-up waits in the queue, so events can neither flood nor get lost.

use super::thread::Message;
use crate::exchange::dialect::Dialect;
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// After a failure, watching is tried again this much later.
const RETRY: Duration = Duration::from_mins(1);

/// Watches two folders while they are the ones that were opened.
pub(super) struct Watch {
    enabled: bool,
    prefixes: Arc<Vec<String>>,
    sender: Sender<Message>,
    pending: Arc<AtomicBool>,
    active: Option<(RecommendedWatcher, Ids)>,
    retry_at: Option<Instant>,
}

/// Device and inode of the request and of the answer folder.
pub(super) type Ids = [(u64, u64); 2];

impl Watch {
    pub(super) fn new(enabled: bool, dialect: &Dialect, sender: Sender<Message>) -> Self {
        let files = &dialect.files;
        let prefixes = [
            &files.person_search_request,
            &files.person_search_answer,
            &files.emergency_request,
            &files.emergency_answer,
        ];
        Self {
            enabled,
            prefixes: Arc::new(prefixes.map(|terms| terms.first().to_owned()).into()),
            sender,
            pending: Arc::default(),
            active: None,
            retry_at: None,
        }
    }

    /// A wake-up was received: the next event may send another.
    pub(super) fn woken(&self) {
        self.pending.store(false, Ordering::Release);
    }

    /// Watches these folders unless they are watched already.
    pub(super) fn keep(&mut self, folders: [&Path; 2], ids: Ids, now: Instant) {
        let waiting = self.retry_at.is_some_and(|at| now < at);
        if !self.enabled || waiting || self.active.as_ref().is_some_and(|(_, watched)| *watched == ids) {
            return;
        }
        self.active = None;
        match self.watcher(folders) {
            Ok(watcher) => (self.active, self.retry_at) = (Some((watcher, ids)), None),
            Err(error) => {
                tracing::info!(%error, "the exchange folder is not watched, only polled");
                self.retry_at = Some(now + RETRY);
            }
        }
    }

    fn watcher(&self, folders: [&Path; 2]) -> notify::Result<RecommendedWatcher> {
        let (prefixes, pending, sender) = (self.prefixes.clone(), self.pending.clone(), self.sender.clone());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let ours = event.is_ok_and(|event| {
                matters(event.kind) && event.paths.iter().any(|path| is_ours(path, &prefixes))
            });
            if ours && !pending.swap(true, Ordering::AcqRel) {
                let _ = sender.send(Message::Wake);
            }
        })?;
        for folder in folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    }
}

/// Our own looking must not wake us.
fn matters(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => true,
        EventKind::Any | EventKind::Other => false,
    }
}

fn is_ours(path: &Path, prefixes: &[String]) -> bool {
    let name = path.file_name().map(std::ffi::OsStr::as_encoded_bytes).unwrap_or_default();
    prefixes.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, ModifyKind, RemoveKind, RenameMode};

    #[test]
    fn writers_wake_us_and_our_own_looking_does_not() {
        let table = [
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), false),
            (EventKind::Access(AccessKind::Close(AccessMode::Read)), false),
            (EventKind::Access(AccessKind::Read), false),
            (EventKind::Access(AccessKind::Close(AccessMode::Write)), true),
            (EventKind::Create(CreateKind::File), true),
            (EventKind::Modify(ModifyKind::Name(RenameMode::To)), true),
            (EventKind::Remove(RemoveKind::File), true),
        ];
        for (kind, wakes) in table {
            assert_eq!(matters(kind), wakes, "{kind:?}");
        }
        let prefixes = ["EMSsimed01res_".to_owned()];
        for (path, ours) in
            [("/x/res/EMSsimed01res_1.xml", true), ("/x/EMSsimed01res_/y.xml", false), ("/", false)]
        {
            assert_eq!(is_ours(Path::new(path), &prefixes), ours, "{path}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_watched_is_only_polled_and_tried_again_later() {
        let dialect = crate::exchange::Dialect::builtin().unwrap();
        let (sender, _receiver) = std::sync::mpsc::channel();
        let mut watch = Watch::new(true, &dialect, sender);
        let nowhere = [Path::new("/nowhere/req"), Path::new("/nowhere/res")];
        let now = Instant::now();
        watch.keep(nowhere, [(0, 1), (0, 2)], now);
        assert!(watch.active.is_none() && watch.retry_at == Some(now + RETRY));
        let here = [Path::new("/"), Path::new("/usr")];
        watch.keep(here, [(0, 1), (0, 2)], now);
        assert!(watch.active.is_none(), "not before its time");
        watch.keep(here, [(0, 1), (0, 2)], now + RETRY);
        assert!(watch.active.is_some());
        watch.keep(here, [(0, 3), (0, 2)], now + RETRY);
        assert_eq!(
            watch.active.map(|(_, ids)| ids),
            Some([(0, 3), (0, 2)]),
            "another folder under the same name"
        );
    }
}
