//! Lines that may hold a PIN: read into one buffer of fixed size that is wiped, never copied by growing.

use super::line::LONGEST_LINE;
use std::io::{self, Read};
use zeroize::{Zeroize, Zeroizing};

/// Reads lines of at most [`LONGEST_LINE`] bytes.
pub(super) struct LineReader<R> {
    input: R,
    buffer: Zeroizing<Vec<u8>>,
    filled: usize,
    line: usize,
}

impl<R: Read> LineReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: Zeroizing::new(vec![0; LONGEST_LINE]), filled: 0, line: 0 }
    }

    /// The next line without its end; `None` at the end of the input. A line that is too long is an error.
    pub(super) fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        self.drop_last_line();
        loop {
            let seen = self.buffer.get(..self.filled).unwrap_or_default();
            if let Some(end) = seen.iter().position(|byte| *byte == b'\n') {
                self.line = end + 1;
                return Ok(self.buffer.get(..end));
            }
            let Some(room) = self.buffer.get_mut(self.filled..).filter(|room| !room.is_empty()) else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "line too long"));
            };
            match self.input.read(room) {
                Ok(0) => return Ok(None),
                Ok(n) => self.filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn drop_last_line(&mut self) {
        self.buffer.copy_within(self.line..self.filled, 0);
        let rest = self.filled.saturating_sub(self.line);
        if let Some(old) = self.buffer.get_mut(rest..self.filled) {
            old.zeroize();
        }
        self.filled = rest;
        self.line = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `step` bytes a read.
    struct Slow<'a>(&'a [u8], usize);
    impl Read for Slow<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(room.len());
            let (now, later) = self.0.split_at(n);
            room[..n].copy_from_slice(now);
            self.0 = later;
            Ok(n)
        }
    }

    #[test]
    fn lines_in_any_pieces() {
        for step in [1, 2, 3, 100] {
            let mut lines = LineReader::new(Slow(b"one\n\nthree\nrest", step));
            let mut seen = Vec::new();
            while let Some(line) = lines.next_line().unwrap() {
                seen.push(String::from_utf8(line.to_vec()).unwrap());
            }
            assert_eq!(seen, ["one", "", "three"], "a line without its end is none");
        }
    }

    #[test]
    fn a_line_is_wiped_once_it_was_used() {
        let mut lines = LineReader::new(Slow(b"pin 1234\nx\n", 100));
        lines.next_line().unwrap();
        lines.next_line().unwrap();
        lines.next_line().unwrap();
        assert!(lines.buffer.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn an_endless_line_is_an_error() {
        let mut lines = LineReader::new(io::repeat(b'x'));
        assert_eq!(lines.next_line().unwrap_err().kind(), io::ErrorKind::InvalidData);
        let mut longest = vec![b'x'; LONGEST_LINE - 1];
        longest.push(b'\n');
        let mut lines = LineReader::new(&longest[..]);
        assert_eq!(lines.next_line().unwrap().map(<[u8]>::len), Some(LONGEST_LINE - 1));
    }
}
