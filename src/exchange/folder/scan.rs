//! Names in the answer folder that carry a number of ours and are not an answer's name.

use super::file::OpenFolder;
use super::message::{FolderEvent, OddReason};
use crate::domain::SafeText;
use crate::exchange::dialect::Dialect;
use std::collections::HashSet;

/// More odd names than this are one and the same problem.
const MAX_TOLD: usize = 256;

/// Remembers what was seen and said.
#[derive(Default)]
pub(super) struct OddNames {
    seen_once: HashSet<Vec<u8>>,
    told: HashSet<Vec<u8>>,
}

impl OddNames {
    /// Reads the names once; a name is told when it is seen a second time, for a writer may publish by renaming.
    ///
    /// `ids` are the numbers of the tracked requests, `answers` their proper answer names.
    pub(super) fn scan(
        &mut self,
        folder: &OpenFolder,
        dialect: &Dialect,
        ids: &[String],
        answers: &HashSet<&str>,
        tell: &mut dyn FnMut(FolderEvent),
    ) {
        let mut now = HashSet::new();
        let families: Vec<&[u8]> = [&dialect.files.person_search_answer, &dialect.files.emergency_answer]
            .into_iter()
            .filter_map(|prefix| prefix.first().as_bytes().get(..3))
            .collect();
        let scanned = folder.names(|name| {
            let ours = families.iter().any(|f| contains(name.get(..name.len().min(16)).unwrap_or(name), f))
                && ids.iter().any(|id| contains(name, id.as_bytes()));
            let proper = std::str::from_utf8(name).is_ok_and(|name| answers.contains(name));
            if ours && !proper && now.len() < MAX_TOLD {
                now.insert(name.to_vec());
            }
        });
        if scanned.is_err() {
            return;
        }
        for name in &now {
            if self.seen_once.contains(name) && self.told.len() < MAX_TOLD && self.told.insert(name.clone()) {
                let shown = SafeText::new(&String::from_utf8_lossy(name));
                tell(FolderEvent::Odd { name: shown, why: OddReason::Name });
            }
        }
        self.seen_once = now;
    }
}

/// Whether the bytes hold a part, capitals or not.
fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len().max(1)).any(|window| window.eq_ignore_ascii_case(part))
}
