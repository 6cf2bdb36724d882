//! Frames: a length, then JSON. Capped, so that neither side can be made to hold more.

use crate::json;
use serde::{Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// Longest body of a frame, in bytes. Long things are paged.
pub const MAX: usize = 64 * 1024;

/// Bytes of the length before a body.
const HEADER: usize = 4;

/// Why a frame was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The line ended between frames.
    #[error("接続が終了しました")]
    Closed,
    /// The line broke.
    #[error("接続が切れました")]
    Io(#[from] io::Error),
    /// A body longer than [`MAX`].
    #[error("データが大きすぎます（{0}バイト）")]
    TooLong(usize),
    /// Not the JSON we expect.
    #[error("データの形が正しくありません")]
    Malformed(#[source] serde_json::Error),
}

/// The bytes of a frame.
pub fn encode<T: Serialize>(message: &T) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let mut bytes = json::to_vec_within(message, HEADER, 0).map_err(FrameError::Malformed)?;
    let length = bytes.len().saturating_sub(HEADER);
    let announced =
        u32::try_from(length).ok().filter(|_| length <= MAX).ok_or(FrameError::TooLong(length))?;
    bytes.splice(..HEADER, announced.to_be_bytes());
    Ok(bytes)
}

/// The length that a header announces, if it is allowed.
pub fn announced(header: [u8; HEADER]) -> Result<usize, FrameError> {
    let length = u32::from_be_bytes(header) as usize;
    if length > MAX { Err(FrameError::TooLong(length)) } else { Ok(length) }
}

/// The message of a body.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    json::from_slice(body).map_err(FrameError::Malformed)
}

/// Reads one frame from a blocking line.
pub fn read<T: DeserializeOwned>(line: &mut impl Read) -> Result<T, FrameError> {
    let mut header = [0; HEADER];
    match line.read_exact(&mut header) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(FrameError::Closed),
        Err(e) => return Err(e.into()),
    }
    let mut body = Zeroizing::new(vec![0; announced(header)?]);
    line.read_exact(&mut body)?;
    decode(&body)
}

/// Writes one frame to a blocking line.
pub fn write<T: Serialize>(line: &mut impl Write, message: &T) -> Result<(), FrameError> {
    let bytes = encode(message)?;
    line.write_all(&bytes)?;
    line.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_the_cap_holds_on_both_sides() {
        let mut line = Vec::new();
        write(&mut line, &"救急").unwrap();
        assert_eq!(read::<String>(&mut line.as_slice()).unwrap(), "救急");
        let bytes = encode(&"救急").unwrap();
        assert_eq!((bytes.len(), bytes.capacity()), (12, 12));
        assert!(matches!(encode(&"x".repeat(MAX)), Err(FrameError::TooLong(_))));
        let announced_too_long = [0xff, 0xff, 0xff, 0xff, b'x'];
        assert!(matches!(read::<String>(&mut announced_too_long.as_slice()), Err(FrameError::TooLong(_))));
        assert!(matches!(read::<String>(&mut [].as_slice()), Err(FrameError::Closed)));
        assert!(matches!(read::<String>(&mut [0, 0, 0, 9, b'"'].as_slice()), Err(FrameError::Io(_))));
    }
}
