//! The free half of our file names, and the two identifiers in it.

use serde::{Deserialize, Serialize};

/// `yyyyMMddHHmmss`
const TIME_LENGTH: usize = 14;
/// [`StationTag`]
const STATION_LENGTH: usize = 4;
/// [`RequestId`]
const ID_LENGTH: usize = 12;

/// Four of `[0-9a-z]` that tell the stations apart which share one folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StationTag(String);

/// Twelve of `[0-9a-z]`, random: the number of one request, also its `ArbitraryFileIdentifier`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

/// A text is not a [`StationTag`] or a [`RequestId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Not four of `[0-9a-z]`.
    #[error("ステーション記号は半角の英小文字と数字の4文字で指定してください")]
    Station,
    /// Not twelve of `[0-9a-z]`.
    #[error("要求番号は半角の英小文字と数字の12文字です")]
    Request,
}

fn is_tag(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

impl StationTag {
    /// Checks the four characters.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        if is_tag(text, STATION_LENGTH) { Ok(Self(text.to_owned())) } else { Err(TagError::Station) }
    }

    /// The four characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RequestId {
    /// From random bits, of which the lower 60 are used. The caller draws them; equal bits give equal ids.
    pub fn from_random(bits: u64) -> Self {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut rest = bits & ((1 << 60) - 1);
        let mut id = [b'0'; ID_LENGTH];
        for place in id.iter_mut().rev() {
            let digit = usize::try_from(rest % 36).unwrap_or(0);
            *place = DIGITS.get(digit).copied().unwrap_or(b'0');
            rest /= 36;
        }
        Self(id.iter().map(|&b| char::from(b)).collect())
    }

    /// Checks the twelve characters.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        if is_tag(text, ID_LENGTH) { Ok(Self(text.to_owned())) } else { Err(TagError::Request) }
    }

    /// The twelve characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = TagError;
            fn try_from(text: String) -> Result<Self, TagError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(tag: $name) -> Self {
                tag.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
as_text!(StationTag);
as_text!(RequestId);

/// What stands in the free half of one of our names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuffixParts {
    /// When it was made, Japanese time, `yyyyMMddHHmmss`.
    pub time: String,
    /// Which station made it.
    pub station: StationTag,
    /// Which request it is.
    pub id: RequestId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Time,
    Station,
    Id,
    Literal(String),
}

/// The grammar of the free half: each placeholder once, plain characters between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exchange) struct Suffix(Vec<Piece>);

impl Suffix {
    /// Reads a template such as `{time}{station}{id}`; `None` where it is not one.
    pub(super) fn template(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first == '{' {
                let (name, after) = rest.get(1..)?.split_once('}')?;
                let piece = match name {
                    "time" => Piece::Time,
                    "station" => Piece::Station,
                    "id" => Piece::Id,
                    _ => return None,
                };
                if pieces.contains(&piece) {
                    return None;
                }
                pieces.push(piece);
                rest = after;
            } else {
                let end = rest.find('{').unwrap_or(rest.len());
                let (literal, after) = rest.split_at(end);
                let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
                if !literal.bytes().all(plain) {
                    return None;
                }
                pieces.push(Piece::Literal(literal.to_owned()));
                rest = after;
            }
        }
        let complete = [Piece::Time, Piece::Station, Piece::Id].iter().all(|piece| pieces.contains(piece));
        (complete && text.len() <= 64).then_some(Self(pieces))
    }

    /// Writes the parts.
    pub(in crate::exchange) fn format(&self, parts: &SuffixParts) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Time => parts.time.as_str(),
                Piece::Station => parts.station.as_str(),
                Piece::Id => parts.id.as_str(),
                Piece::Literal(text) => text,
            })
            .collect()
    }

    /// Reads the parts back; strict, nothing left over.
    pub(in crate::exchange) fn parse(&self, text: &str) -> Option<SuffixParts> {
        let (mut time, mut station, mut id) = (None, None, None);
        let mut rest = text;
        for piece in &self.0 {
            let length = match piece {
                Piece::Time => TIME_LENGTH,
                Piece::Station => STATION_LENGTH,
                Piece::Id => ID_LENGTH,
                Piece::Literal(literal) => literal.len(),
            };
            let (part, after) = rest.split_at_checked(length)?;
            match piece {
                Piece::Time => {
                    time = part.bytes().all(|b| b.is_ascii_digit()).then(|| part.to_owned());
                }
                Piece::Station => station = StationTag::parse(part).ok(),
                Piece::Id => id = RequestId::parse(part).ok(),
                Piece::Literal(literal) if literal == part => {}
                Piece::Literal(_) => return None,
            }
            rest = after;
        }
        if rest.is_empty() { Some(SuffixParts { time: time?, station: station?, id: id? }) } else { None }
    }
}
