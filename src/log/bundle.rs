//! An exported log: plain files that anybody can read and check without our program.
//!
//! | file | what |
//! |---|---|
//! | `entries.jsonl` | the canonical bytes of each entry, one a line |
//! | `chain.txt` | number and chain hash of each entry, one a line |
//! | `checkpoints.txt` | every signed checkpoint, each followed by an empty line |
//! | `manifest.json` | which log, how many entries, the last hash, the root, the short code |
//! | `vkey.txt` | the key for checking signatures |
//! | `README.txt`, `verify.py` | for the auditor: what to do, and how to do it with Python alone |
//!
//! Nothing here opens a file: who has one gives it as a reader, and it is read once, from its beginning to its end,
//! with flat memory.

use super::against::{Outside, notes};
use super::chain::{ChainHash, Head, StoreId};
use super::check::{Check, Checked};
use super::checkpoint::SignedCheckpoint;
use super::note::VerifierKey;
use super::reader::Reader;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read as _, Write};

/// The canonical bytes of the entries.
pub const ENTRIES: &str = "entries.jsonl";
/// Numbers and chain hashes.
pub const CHAIN: &str = "chain.txt";
/// Signed checkpoints.
pub const CHECKPOINTS: &str = "checkpoints.txt";
/// The manifest.
pub const MANIFEST: &str = "manifest.json";
/// The verifier key.
pub const KEY: &str = "vkey.txt";
/// What else goes into a bundle: names and texts.
pub const TEXTS: [(&str, &str); 2] =
    [("README.txt", include_str!("bundle/README.txt")), ("verify.py", include_str!("bundle/verify.py"))];

/// What the manifest of this version says of itself.
pub const FORMAT: &str = "kyukyu-log-bundle-v1";

/// The longest line that is read: longer than any entry or note.
const LONGEST: u64 = 64 * 1024;

/// What a bundle says of itself. It proves nothing: everything in it is compared with the entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`]
    pub format: String,
    /// The store's id, hex.
    pub store_id: String,
    /// A training store.
    pub training: bool,
    /// How many entries; the last one says that the bundle was made.
    pub entries: u64,
    /// The last chain hash, hex.
    pub head: String,
    /// The root over all entries, hex.
    pub root: String,
    /// The short code.
    pub code: String,
}

/// Why a bundle cannot be checked; what is wrong *in* it is in [`Checked`].
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file cannot be read.
    #[error("書き出しのファイルを読み取れません。フォルダ全体がそろっているか確認してください")]
    Io(#[from] io::Error),
    /// Not the manifest of this version.
    #[error("manifest.json が読み取れないか、この版の書き出しではありません")]
    Manifest,
    /// A line that is longer than any of ours.
    #[error("{0}行目が長すぎるため読み取れません。書き出しのファイルではないか、壊れています")]
    TooLong(u64),
}

impl Manifest {
    /// Reads a manifest.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        let manifest: Self = serde_json::from_str(text).map_err(|_| BundleError::Manifest)?;
        if manifest.format == FORMAT { Ok(manifest) } else { Err(BundleError::Manifest) }
    }
}

/// Writes one entry: its bytes and its place in the chain.
pub fn write_entry(
    entries: &mut impl Write,
    chain: &mut impl Write,
    seq: u64,
    hash: &ChainHash,
    body: &str,
) -> io::Result<()> {
    writeln!(entries, "{body}")?;
    writeln!(chain, "{seq} {hash}")
}

/// Writes one signed checkpoint.
pub fn write_checkpoint(checkpoints: &mut impl Write, note: &str) -> io::Result<()> {
    writeln!(checkpoints, "{note}")
}

/// The three long files of a bundle.
pub struct Files<R> {
    /// [`ENTRIES`]
    pub entries: R,
    /// [`CHAIN`]
    pub chain: R,
    /// [`CHECKPOINTS`]
    pub checkpoints: R,
}

/// Checks a bundle in one pass, against what somebody outside has kept, and with the only key to be trusted.
pub fn check<R: BufRead>(
    manifest: &Manifest,
    files: Files<R>,
    outside: Option<Outside>,
    trusted: Option<VerifierKey>,
) -> Result<Checked, BundleError> {
    let store = StoreId::parse(&manifest.store_id).ok_or(BundleError::Manifest)?;
    let head = ChainHash::parse(&manifest.head).ok_or(BundleError::Manifest)?;
    let root = HEXLOWER.decode(manifest.root.as_bytes()).ok().and_then(|root| root.try_into().ok());
    let root = root.ok_or(BundleError::Manifest)?;
    let known = Head { seq: manifest.entries, hash: head };
    let mut check = Check::new(store).against_heads(&[known]).against(outside).trusting(trusted);

    let text =
        |line: Result<Vec<u8>, BundleError>| line.map(|line| String::from_utf8_lossy(&line).into_owned());
    let mut chain = Lines::of(files.chain).map(text);
    let mut seals = notes(Lines::of(files.checkpoints).map(text)).map(|note| note.map(sized)).peekable();
    let mut reader = Reader::new();
    let mut seq = 0_u64;
    for body in Lines::of(files.entries) {
        let body = body?;
        // A line of the chain that is missing or no such line leaves an entry whose hash cannot fit.
        let expected = seq.saturating_add(1);
        let linked = chain.next().transpose()?;
        let linked = linked.as_deref().and_then(chained).unwrap_or((expected, ChainHash::default()));
        seq = linked.0;
        check.read_entry(seq, linked.1, &body, reader.read(&body).as_ref());
        while let Some(seal) = seals.next_if(|seal| !matches!(seal, Ok((size, _)) if *size > seq)) {
            let (size, note) = seal?;
            check.checkpoint(size, &note);
        }
    }
    for seal in seals {
        let (size, note) = seal?;
        check.checkpoint(size, &note);
    }
    Ok(check.finish(Some(root)))
}

/// A note with its size; what is no note is one of size 0, which is told at once.
fn sized(note: String) -> (u64, String) {
    (SignedCheckpoint::unproved(&note).map_or(0, |signed| signed.checkpoint.size), note)
}

/// `<number> <hash>`
fn chained(line: &str) -> Option<(u64, ChainHash)> {
    let (seq, hash) = line.split_once(' ')?;
    Some((seq.parse().ok()?, ChainHash::parse(hash)?))
}

/// Lines without their line feed, none longer than [`LONGEST`].
struct Lines<R> {
    reader: R,
    read: u64,
}

impl<R: BufRead> Lines<R> {
    fn of(reader: R) -> Self {
        Self { reader, read: 0 }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Vec<u8>, BundleError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        self.read = self.read.saturating_add(1);
        match self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Err(error) => Some(Err(error.into())),
            Ok(0) => None,
            Ok(_) if line.pop_if(|last| *last == b'\n').is_some() => Some(Ok(line)),
            Ok(read) if read as u64 == LONGEST => Some(Err(BundleError::TooLong(self.read))),
            // A last line that was cut off.
            Ok(_) => Some(Ok(line)),
        }
    }
}
