//! A checkpoint: one log's size and root, as the text of C2SP `tlog-checkpoint`.
//!
//! Step 3 signs this body as a C2SP signed note and hands it to witnesses; the body is fixed here so that
//! everything that is shown or printed before then already agrees with it.

use super::merkle::{Frontier, Node};
use data_encoding::BASE64;

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

fn is_name(origin: &str) -> bool {
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
