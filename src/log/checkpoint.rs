//! A checkpoint: one log's size and root, as the text of C2SP `tlog-checkpoint`.
//!
//! It is signed as a [note](super::note), kept beside the entries and handed to witnesses off the host: whoever holds
//! one can prove later that nothing up to its size was changed, removed or put in another order.

use super::chain::StoreId;
use super::merkle::{Frontier, Node};
use super::note::{LogKey, Note, NoteError};
use data_encoding::BASE64;

/// The name of a store's log, in its checkpoints and of its key: unique, for the store's id is random.
pub fn origin(store: &StoreId) -> String {
    format!("kyukyu/{store}")
}

/// `<origin>\n<size>\n<base64 of root>\n`, without extension lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: a name without scheme, unique to the store.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Node,
}

/// Text is not the body of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("チェックポイントとして読み取れません。保存した本文をそのまま指定してください")]
pub struct CheckpointError;

impl Checkpoint {
    /// The checkpoint of a log as it stands.
    ///
    /// # Errors
    /// The origin cannot be a signed note's key name: it is empty, or has white space or `+`.
    pub fn of(origin: &str, frontier: &Frontier) -> Result<Self, CheckpointError> {
        if !is_name(origin) {
            return Err(CheckpointError);
        }
        Ok(Self { origin: origin.to_owned(), size: frontier.size(), root: frontier.root() })
    }

    /// The body: what will be signed.
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root))
    }

    /// Reads a body. Extension lines, which ours never has, are refused.
    pub fn parse(body: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = body.strip_suffix('\n').ok_or(CheckpointError)?.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else { return Err(CheckpointError) };
        let parsed = Self {
            origin: (*origin).to_owned(),
            size: size.parse().map_err(|_| CheckpointError)?,
            root: BASE64
                .decode(root.as_bytes())
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(CheckpointError)?,
        };
        // A leading zero or plus sign would make two bodies of one checkpoint.
        if is_name(origin) && parsed.body() == body { Ok(parsed) } else { Err(CheckpointError) }
    }
}

/// A checkpoint with its signature, as it is kept and handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The whole signed note.
    pub note: String,
}

impl SignedCheckpoint {
    /// Signs.
    pub fn sign(checkpoint: Checkpoint, key: &LogKey) -> Result<Self, NoteError> {
        let note = key.sign(&checkpoint.origin, &checkpoint.body())?;
        Ok(Self { checkpoint, note })
    }

    /// Reads a note without believing its signature.
    pub fn unproved(note: &str) -> Result<Self, NoteError> {
        let parsed = Note::parse(note)?;
        let checkpoint = Checkpoint::parse(parsed.unproved_text()).map_err(|_| NoteError::Form)?;
        Ok(Self { checkpoint, note: note.to_owned() })
    }
}

/// Whether it can be the name of a log and of its key.
pub(super) fn is_name(origin: &str) -> bool {
    !origin.is_empty() && !origin.contains(|c: char| c.is_whitespace() || c == '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the C2SP specification.
    const PUBLISHED: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_published_example_round_trips() {
        let checkpoint = Checkpoint::parse(PUBLISHED).unwrap();
        assert_eq!(
            (checkpoint.origin.as_str(), checkpoint.size),
            ("example.com/behind-the-sofa", 20_852_163)
        );
        assert_eq!(checkpoint.body(), PUBLISHED);
    }

    #[test]
    fn other_spellings_are_refused() {
        let table = [
            PUBLISHED.trim_end().to_owned(),
            format!("{PUBLISHED}extension\n"),
            PUBLISHED.replace("20852163", "020852163"),
            PUBLISHED.replace("20852163", "+20852163"),
            PUBLISHED.replace("2I=", "2I"),
            PUBLISHED.replace("CsUY", "Cs"),
            PUBLISHED.replace("example.com/behind-the-sofa", ""),
            PUBLISHED.replace('\n', "\r\n"),
            String::new(),
        ];
        for body in table {
            assert_eq!(Checkpoint::parse(&body), Err(CheckpointError), "{body:?}");
        }
    }

    #[test]
    fn of_a_log() {
        let mut frontier = Frontier::default();
        frontier.append(b"x");
        let checkpoint = Checkpoint::of("kyukyu.example/er-1", &frontier).unwrap();
        assert_eq!(Checkpoint::parse(&checkpoint.body()), Ok(checkpoint));
        for origin in ["", "two\nlines", "a b", "a+b"] {
            assert_eq!(Checkpoint::of(origin, &frontier), Err(CheckpointError), "{origin:?}");
        }
    }
}
