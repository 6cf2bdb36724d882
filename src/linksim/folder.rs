//! The exchange folder seen from the link software's side: plain regular files only, no links followed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::error::LinksimError;

/// Larger requests are refused unread; a real one has a few kilobytes.
const LARGEST: u64 = 1 << 20;

/// `req/`, `res/` and `face/` below a root.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    req: PathBuf,
    res: PathBuf,
    face: PathBuf,
}

impl Folder {
    /// Makes what is missing.
    pub(super) fn open(root: &Path) -> Result<Self, LinksimError> {
        let folder = Self { req: root.join("req"), res: root.join("res"), face: root.join("face") };
        for path in [&folder.req, &folder.res, &folder.face] {
            fs::create_dir_all(path).map_err(|source| LinksimError::Folder { path: path.clone(), source })?;
        }
        Ok(folder)
    }

    /// The names of the requests that lie there, in order.
    pub(super) fn requests(&self) -> Result<Vec<String>, LinksimError> {
        let broken = |source| LinksimError::Folder { path: self.req.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.req).map_err(broken)? {
            let Ok(entry) = entry else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            if is_request(&name) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The bytes of a request; nothing if it is gone (withdrawn), an error if it cannot be read (locked).
    pub(super) fn read_request(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.req.join(name);
        match fs::symlink_metadata(&path) {
            Ok(data) if data.is_file() && data.len() <= LARGEST => match fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                read => read.map(Some),
            },
            Ok(_) => Ok(Some(Vec::new())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes a request away. `false` if somebody else was faster (the station withdrew it).
    pub(super) fn take(&self, name: &str) -> bool {
        fs::remove_file(self.req.join(name)).is_ok()
    }

    /// Puts an answer there whole: a temporary name, then a rename.
    pub(super) fn publish(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        publish(&self.res, name, bytes)
    }

    /// Writes a part of an answer under its final name, as a careless program does: the first part makes the
    /// file anew, later ones are added.
    pub(super) fn scribble(&self, name: &str, part: &[u8], first: bool) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(first)
            .append(!first)
            .open(self.res.join(name))?;
        file.write_all(part)
    }

    /// Deletes an answer.
    pub(super) fn discard(&self, name: &str) -> bool {
        fs::remove_file(self.res.join(name)).is_ok()
    }

    /// Puts a face-reader result there whole.
    pub(super) fn publish_face(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        publish(&self.face, name, bytes)
    }
}

fn publish(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = folder.join(format!(".linksim-{name}.tmp"));
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    drop(file);
    fs::rename(temporary, folder.join(name))
}

/// `???si*req_*.xml`, as far as it is a plain name.
pub(super) fn is_request(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    let Some(rest) = plain.then_some(name).and_then(|name| name.get(3..)) else { return false };
    rest.starts_with("si") && rest.contains("req_") && rest.strip_suffix(".xml").is_some()
}

/// The name of the answer: `req_` becomes `res_`, and the ending is given.
pub(super) fn answer_name(request: &str, pdf: bool) -> String {
    let (before, after) = request.split_once("req_").unwrap_or((request, ""));
    let base = after.strip_suffix(".xml").unwrap_or(after);
    format!("{before}res_{base}.{}", if pdf { "pdf" } else { "xml" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_link_software_takes() {
        for name in ["EMSsiquc01req_20261123100000ab12.xml", "YZKsiquc01req_1.xml", "OQSsiquc01req_x.xml"] {
            assert!(is_request(name), "{name}");
        }
        for name in [
            ".kyukyu-20261123.tmp",
            "EMSmuquc01req_1.xml",
            "EMSsiquc01res_1.xml",
            "EMSsiquc01req_1.xml.tmp",
            "EMSsiquc01req_あ.xml",
            "EMSsiquc01req_1\n.xml",
        ] {
            assert!(!is_request(name), "{name}");
        }
    }

    #[test]
    fn the_answer_has_the_same_base_name() {
        assert_eq!(answer_name("EMSsimed01req_1.xml", false), "EMSsimed01res_1.xml");
        assert_eq!(answer_name("EMSsimed01req_req_1.xml", true), "EMSsimed01res_req_1.pdf");
    }
}
