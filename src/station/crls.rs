//! The folder of revocation lists. On a closed network they arrive as files, carried or mirrored by the site; here they
//! are read, bounded and parsed. Whose list it is and whether it is genuine is judged where a card is proved.

use crate::domain::SafeText;
use crate::identity::Crl;
use std::fs::{DirEntry, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use x509_cert::der::pem;

/// The folder is looked at again only when a card is proved, and then at most once in so many milliseconds.
const LOOK_MS: u64 = 60_000;
/// Longest list. A whole authority's list of professionals is far below it.
const LONGEST_BYTES: u64 = 16 * 1024 * 1024;
/// Longest all of them together: they are kept in memory.
const ALL_BYTES: u64 = 64 * 1024 * 1024;
/// Most lists: an authority and its root have one each.
const MOST_FILES: usize = 64;
/// Label of a list in PEM.
const LABEL: &str = "X509 CRL";

/// The lists of one reading.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// Those that could be read.
    pub(crate) lists: Vec<Crl>,
    /// Those that could not, each with its name and why.
    pub(crate) refused: Vec<SafeText>,
}

/// The folder.
#[derive(Debug)]
pub(crate) struct CrlFolder {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    looked_boot_ms: Option<u64>,
    reading: bool,
    seen: Vec<Seen>,
    held: Arc<Lists>,
    news: bool,
}

/// What tells whether a file is another one than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    name: String,
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl CrlFolder {
    /// It need not exist.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, state: Mutex::default() }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What was read last.
    pub(crate) fn held(&self) -> Arc<Lists> {
        Arc::clone(&self.lock().held)
    }

    /// Whether the folder is to be read now; whoever is told so reads it. `at_once` does not wait for the minute.
    pub(crate) fn begin(&self, boot_ms: u64, at_once: bool) -> bool {
        let mut state = self.lock();
        let waited = state.looked_boot_ms.is_none_or(|looked| boot_ms.saturating_sub(looked) >= LOOK_MS);
        let begin = !state.reading && (waited || at_once);
        if begin {
            state.reading = true;
            state.looked_boot_ms = Some(boot_ms);
        }
        begin
    }

    /// Reads the folder, after [`begin`](Self::begin). It may hang like any folder, hence never within an act.
    pub(crate) fn read(&self) {
        let (seen, early) = look(&self.path);
        let same = early.is_empty() && self.lock().seen == seen;
        let lists = if same { None } else { Some(take_in(&self.path, &seen, early)) };
        let mut state = self.lock();
        state.reading = false;
        if let Some(lists) = lists {
            // An unreadable folder says the same at every look, and is on record once.
            state.news |= state.seen != seen || state.held.refused != lists.refused;
            state.seen = seen;
            state.held = Arc::new(lists);
        }
    }

    /// It could not be read after all.
    pub(crate) fn give_up(&self) {
        self.lock().reading = false;
    }

    /// What was read, if it is another than what was last taken from here: to be put on record.
    pub(crate) fn take_news(&self) -> Option<Arc<Lists>> {
        let mut state = self.lock();
        std::mem::take(&mut state.news).then(|| Arc::clone(&state.held))
    }

    /// What could not be put on record is news still.
    pub(crate) fn again(&self) {
        self.lock().news = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lists that stand in the folder, in the order of their names, and why it could not be looked at.
fn look(path: &Path) -> (Vec<Seen>, Vec<SafeText>) {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (Vec::new(), Vec::new()),
        Err(error) => return (Vec::new(), vec![SafeText::new(&format!("フォルダを読めません（{error}）"))]),
    };
    let mut seen: Vec<Seen> = entries.flatten().filter_map(|entry| seen(&entry)).collect();
    seen.sort();
    let mut early = Vec::new();
    if seen.len() > MOST_FILES {
        seen.truncate(MOST_FILES);
        early.push(SafeText::new(&format!("{MOST_FILES}件を超えるため、残りは読みません")));
    }
    (seen, early)
}

fn seen(entry: &DirEntry) -> Option<Seen> {
    let path = entry.path();
    let named = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("crl"));
    // Through links: a mirror may point at its newest file.
    let there = std::fs::metadata(&path).ok().filter(|_| named)?;
    Some(Seen {
        name: entry.file_name().into_string().ok()?,
        inode: there.ino(),
        bytes: there.len(),
        changed: (there.mtime(), there.mtime_nsec()),
    })
}

fn take_in(path: &Path, seen: &[Seen], refused: Vec<SafeText>) -> Lists {
    let mut lists = Lists { lists: Vec::new(), refused };
    let mut room = ALL_BYTES;
    for one in seen {
        let Some(left) = room.checked_sub(one.bytes.min(LONGEST_BYTES)) else {
            let words = format!("{}: 全体で{}MiBを超えるため読みません", one.name, ALL_BYTES / (1024 * 1024));
            lists.refused.push(SafeText::new(&words));
            continue;
        };
        room = left;
        match read_one(&path.join(&one.name)) {
            Ok(list) => lists.lists.push(list),
            Err(why) => lists.refused.push(SafeText::new(&format!("{}: {why}", one.name))),
        }
    }
    lists
}

/// One list, DER or PEM, whole or not at all. Why not, in words.
fn read_one(path: &Path) -> Result<Crl, String> {
    let unread = |error: io::Error| format!("読めません（{error}）");
    // A pipe would wait for its writer for ever.
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(unread)?;
    if !file.metadata().map_err(unread)?.is_file() {
        return Err("通常のファイルではありません".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(LONGEST_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > LONGEST_BYTES {
        return Err(format!("大きすぎます（{}MiBまで）", LONGEST_BYTES / (1024 * 1024)));
    }
    let der = match pem::decode_vec(&bytes) {
        Ok((LABEL, der)) => der,
        Ok((label, _)) => return Err(format!("失効リストではありません（{label}）")),
        Err(_) => bytes,
    };
    Crl::parse(&der).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const GOOD: &[u8] = include_bytes!("../../fixtures/cards/chains/nothing-revoked.crl");
    const OTHER: &[u8] = include_bytes!("../../fixtures/cards/chains/one-revoked.crl");

    fn read(folder: &CrlFolder) -> Option<(usize, Vec<String>)> {
        assert!(folder.begin(0, true));
        folder.read();
        let words = |lists: &Lists| lists.refused.iter().map(ToString::to_string).collect();
        folder.take_news().map(|lists| (lists.lists.len(), words(&lists)))
    }

    #[test]
    fn what_stands_there_is_read_once_and_what_is_no_list_is_named() {
        let place = tempfile::tempdir().unwrap();
        let folder = CrlFolder::new(place.path().join("crl"));
        assert_eq!(read(&folder), None, "a folder that is not there holds nothing");
        fs::create_dir(folder.path()).unwrap();
        let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        put("a.crl", GOOD);
        put("readme.txt", b"not a list");
        put("half.crl", &GOOD[..GOOD.len() - 1]);
        let pem = pem::encode_string(LABEL, pem::LineEnding::LF, OTHER).unwrap();
        put("b.CRL", pem.as_bytes());
        let wrong = pem.replace(LABEL, "CERTIFICATE");
        put("wrong.crl", wrong.as_bytes());
        fs::create_dir(folder.path().join("folder.crl")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            folder.path().join("pipe.crl"),
            rustix::fs::FileType::Fifo,
            0o600.into(),
            0,
        )
        .unwrap();
        fs::File::create(folder.path().join("large.crl")).unwrap().set_len(LONGEST_BYTES + 1).unwrap();
        let (lists, refused) = read(&folder).unwrap();
        assert_eq!((lists, refused.len()), (2, 5), "{refused:?}");
        for (name, why) in [
            ("folder.crl", "読めません"),
            ("half.crl", "読み取れません"),
            ("large.crl", "大きすぎます"),
            ("pipe.crl", "通常のファイルではありません"),
            ("wrong.crl", "失効リストではありません"),
        ] {
            let told = refused.iter().any(|line| line.starts_with(name) && line.contains(why));
            // A folder can be opened, and is then no regular file.
            let folder = name == "folder.crl" && refused.iter().any(|line| line.starts_with(name));
            assert!(told || folder, "{name}: {refused:?}");
        }
        assert_eq!(read(&folder), None, "nothing has changed");
        fs::remove_file(folder.path().join("half.crl")).unwrap();
        assert_eq!(read(&folder).unwrap().1.len(), 4);
        folder.again();
        assert!(folder.take_news().is_some() && folder.take_news().is_none());
    }

    #[test]
    fn the_folder_is_looked_at_once_a_minute_and_by_one_at_a_time() {
        let folder = CrlFolder::new("/nowhere/crl".into());
        assert!(folder.begin(1_000, false));
        assert!(!folder.begin(100_000, true), "it is being read");
        folder.read();
        let table =
            [(60_999, false, false), (60_999, true, true), (120_998, false, false), (120_999, false, true)];
        for (boot_ms, at_once, begins) in table {
            assert_eq!(folder.begin(boot_ms, at_once), begins, "{boot_ms}");
            if begins {
                folder.read();
            }
        }
    }

    #[test]
    fn more_than_fits_into_memory_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        for i in 0..5 {
            let file = fs::File::create(place.path().join(format!("{i}.crl"))).unwrap();
            file.set_len(LONGEST_BYTES).unwrap();
        }
        fs::write(place.path().join("good.crl"), GOOD).unwrap();
        let folder = CrlFolder::new(place.path().to_owned());
        assert!(folder.begin(0, false));
        folder.read();
        let refused = &folder.held().refused;
        let beyond: Vec<&str> =
            refused.iter().map(SafeText::as_str).filter(|line| line.contains("全体で64MiB")).collect();
        assert_eq!((beyond.len(), beyond[0].starts_with("4.crl")), (2, true), "{refused:?}");
    }

    #[test]
    fn more_files_than_any_site_has_are_not_read() {
        let place = tempfile::tempdir().unwrap();
        for i in 0..=MOST_FILES {
            fs::write(place.path().join(format!("{i:03}.crl")), GOOD).unwrap();
        }
        let folder = CrlFolder::new(place.path().to_owned());
        assert!(folder.begin(0, false));
        folder.read();
        let held = folder.held();
        assert_eq!((held.lists.len(), held.refused.len()), (MOST_FILES, 1));
    }
}
