//! Results of the face-authentication reader: counted by name, read in place, copied when chosen, never touched.

use super::file::{Look, OpenFolder};
use super::message::{FaceEntry, FaceIdentity};
use crate::domain::medical::AnswerContent;
use crate::exchange::answer::{self, AnswerError};
use crate::exchange::dialect::Dialect;
use crate::exchange::request::AnswerFile;
use rustix::io::Errno;

/// A list is never longer than this.
pub const MAX_FACES: usize = 50;

const NOT_NOW: &str = "資格確認結果のファイルを読めません。少し待ってから一覧を開き直してください";
const NO_PERSON: &str = "本人が一人に定まらない資格確認結果です。資格確認書等の情報で照会してください";

/// The time stamp of a face-result name: prefix, ten digits, anything plain, `_`, fourteen digits, `.xml`.
pub(super) fn stamp_of<'n>(name: &'n str, dialect: &Dialect) -> Option<&'n str> {
    let rest = name.strip_prefix(dialect.files.face_result.first())?.strip_suffix(".xml")?;
    let (owner, stamp) = rest.rsplit_once('_')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let (code, opaque) = owner.split_at_checked(10)?;
    let fits =
        name.len() <= 200 && digits(code) && opaque.bytes().all(plain) && stamp.len() == 14 && digits(stamp);
    fits.then_some(stamp)
}

/// Names of all face results, newest first.
pub(super) fn names(folder: &OpenFolder, dialect: &Dialect) -> Result<Vec<(String, String)>, Errno> {
    let mut found = Vec::new();
    folder.names(|name| {
        if let Ok(name) = std::str::from_utf8(name)
            && let Some(stamp) = stamp_of(name, dialect)
        {
            found.push((stamp.to_owned(), name.to_owned()));
        }
    })?;
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Reads the newest face results.
pub(super) fn list(folder: &OpenFolder, dialect: &Dialect, newest: usize) -> Result<Vec<FaceEntry>, Errno> {
    let names = names(folder, dialect)?.into_iter().take(newest.min(MAX_FACES));
    Ok(names.map(|(at, name)| FaceEntry { person: identity(folder, dialect, &name), at, name }).collect())
}

/// Copies one.
pub(super) fn copy(folder: &OpenFolder, dialect: &Dialect, name: &str) -> Result<Vec<u8>, String> {
    if stamp_of(name, dialect).is_none() {
        return Err("その名前の資格確認結果は扱いません。一覧から選び直してください".to_owned());
    }
    let bytes = match folder.look(name) {
        Look::Absent => {
            return Err("その資格確認結果はもうありません。一覧を開き直してください".to_owned());
        }
        Look::Odd(why) => return Err(why.to_string()),
        Look::Busy => None,
        Look::Regular(stamp) => folder.read(name, stamp),
    };
    let bytes = bytes.ok_or_else(|| NOT_NOW.to_owned())?;
    match answer::is_whole_xml(&bytes, dialect) {
        Ok(_) => Ok(bytes),
        Err(AnswerError::Incomplete) => Err(NOT_NOW.to_owned()),
        Err(other) => Err(other.to_string()),
    }
}

fn identity(folder: &OpenFolder, dialect: &Dialect, name: &str) -> Result<FaceIdentity, String> {
    let bytes = copy(folder, dialect, name)?;
    let answer = answer::read(&bytes, AnswerFile::Xml, dialect).map_err(|error| error.to_string())?;
    match answer.content {
        AnswerContent::People(people) => match <[_; 1]>::try_from(people) {
            Ok([person]) => {
                Ok(FaceIdentity { name: person.name, kana: person.kana, birthdate: person.birthdate })
            }
            Err(_) => Err(NO_PERSON.to_owned()),
        },
        _ => Err(NO_PERSON.to_owned()),
    }
}
