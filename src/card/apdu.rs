//! Commands and answers as bytes (ISO/IEC 7816-4, 5.1 to 5.3), short and extended length.

use super::{StatusWord, transport::TransportError};
use zeroize::Zeroizing;

/// A command. The data may be a PIN: it is wiped on drop and never printed.
pub struct Command {
    header: [u8; 4],
    data: Zeroizing<Vec<u8>>,
    expect: Option<usize>,
}

/// Bytes that are no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a command APDU")]
pub struct NotACommand;

impl Command {
    /// A command without data that expects no data: CLA, INS, P1, P2.
    pub fn new(header: [u8; 4]) -> Self {
        Self { header, data: Zeroizing::new(Vec::new()), expect: None }
    }

    /// With data, at most 65 535 bytes.
    #[must_use]
    pub fn with(mut self, data: &[u8]) -> Self {
        self.data = Zeroizing::new(data.to_vec());
        self
    }

    /// Expecting at most `bytes` in the answer, 1 to 65 536; 256 is sent as Le 00.
    #[must_use]
    pub fn expecting(mut self, bytes: usize) -> Self {
        self.expect = Some(bytes);
        self
    }

    /// CLA, INS, P1, P2.
    pub fn header(&self) -> [u8; 4] {
        self.header
    }

    /// The data field.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// How many bytes are expected, if any.
    pub fn expects(&self) -> Option<usize> {
        self.expect
    }

    /// Whether this is VERIFY, which must never be repeated by the program itself.
    pub fn is_verify(&self) -> bool {
        self.header[1] == 0x20
    }

    /// The bytes to send; extended length only where short does not do.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Room for everything at once: a growing buffer would leave copies of a PIN behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.data.len() + 9));
        bytes.extend_from_slice(&self.header);
        let extended = self.data.len() > 255 || self.expect.is_some_and(|n| n > 256);
        if extended {
            bytes.push(0);
        }
        if !self.data.is_empty() {
            push_length(&mut bytes, self.data.len(), extended);
            bytes.extend_from_slice(&self.data);
        }
        if let Some(expected) = self.expect {
            push_length(&mut bytes, expected, extended);
        }
        bytes
    }

    /// The command in these bytes, as a card reads it.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotACommand> {
        let (header, body) = bytes.split_first_chunk::<4>().ok_or(NotACommand)?;
        let command = Self::new(*header);
        match body {
            [] => Ok(command),
            [le] => Ok(command.expecting(or_full(usize::from(*le), 256))),
            [0, le @ ..] if le.len() == 2 => Ok(command.expecting(extended_expectation(le)?)),
            [0, high, low, rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let (data, le) = rest.split_at_checked(length).ok_or(NotACommand)?;
                match le {
                    _ if length == 0 => Err(NotACommand),
                    [] => Ok(command.with(data)),
                    le => Ok(command.with(data).expecting(extended_expectation(le)?)),
                }
            }
            [length, rest @ ..] => {
                let (data, le) = rest.split_at_checked(usize::from(*length)).ok_or(NotACommand)?;
                match le {
                    [] => Ok(command.with(data)),
                    [le] => Ok(command.with(data).expecting(or_full(usize::from(*le), 256))),
                    _ => Err(NotACommand),
                }
            }
        }
    }
}

fn push_length(bytes: &mut Vec<u8>, length: usize, extended: bool) {
    // Both casts drop exactly the bit that stands for "all": 256 is sent as 00 and 65 536 as 0000.
    let low = u8::try_from(length & 0xFF).unwrap_or(0);
    if extended {
        bytes.push(u8::try_from((length >> 8) & 0xFF).unwrap_or(0));
    }
    bytes.push(low);
}

fn or_full(length: usize, full: usize) -> usize {
    if length == 0 { full } else { length }
}

fn extended_expectation(le: &[u8]) -> Result<usize, NotACommand> {
    let bytes = <[u8; 2]>::try_from(le).map_err(|_| NotACommand)?;
    Ok(or_full(usize::from(u16::from_be_bytes(bytes)), 65_536))
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [cla, ins, p1, p2] = self.header;
        write!(f, "{cla:02X} {ins:02X} {p1:02X} {p2:02X} ({} bytes of data)", self.data.len())
    }
}

/// An answer: data and status word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The data, possibly empty.
    pub data: Vec<u8>,
    /// What the card says about it.
    pub status: StatusWord,
}

impl Response {
    /// Splits the status word off.
    ///
    /// Fewer than two bytes are an error: pcsc-lite reports a card pulled during a command as success with no bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, TransportError> {
        let (data, [sw1, sw2]) = bytes.split_last_chunk::<2>().ok_or(TransportError::Pulled)?;
        Ok(Self { data: data.to_vec(), status: StatusWord::new(*sw1, *sw2) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_four_cases_short_and_extended() {
        let long = vec![0xAA; 256];
        let table: Vec<(Command, String)> = vec![
            (Command::new([0, 0x20, 0, 0x80]), "00200080".into()),
            (Command::new([0, 0xB0, 1, 0]).expecting(256), "00b0010000".into()),
            (Command::new([0, 0xB0, 0, 0]).expecting(4), "00b0000004".into()),
            (Command::new([0, 0xB0, 0, 0]).expecting(65_536), "00b00000000000".into()),
            (Command::new([0, 0xA4, 2, 0xC]).with(&[0, 0xA]), "00a4020c02000a".into()),
            (Command::new([0x80, 0x2A, 0, 0x80]).with(&[1, 2]).expecting(256), "802a008002010200".into()),
            (
                Command::new([0, 0x2A, 0x9E, 0x9A]).with(&long).expecting(65_536),
                format!("002a9e9a000100{}0000", "aa".repeat(256)),
            ),
            (Command::new([0, 0x2A, 0x9E, 0x9A]).with(&long), format!("002a9e9a000100{}", "aa".repeat(256))),
        ];
        for (command, bytes) in table {
            assert_eq!(super::super::hex::encode(&command.encode()), bytes, "{command:?}");
        }
    }

    #[test]
    fn what_is_no_command() {
        for bytes in [
            &b""[..],
            &[0, 1, 2],
            &[0, 0x20, 0, 0x80, 4, 1, 2, 3],
            &[0, 0x20, 0, 0x80, 1, 1, 0, 0],
            &[0, 0x20, 0, 0x80, 0, 0, 0, 0],
            &[0, 0x20, 0, 0x80, 0, 0, 2, 1],
        ] {
            assert_eq!(Command::parse(bytes).map(|_| ()), Err(NotACommand), "{bytes:?}");
        }
    }

    #[test]
    fn an_answer_under_two_bytes_is_an_error() {
        assert_eq!(Response::parse(&[]), Err(TransportError::Pulled));
        assert_eq!(Response::parse(&[0x90]), Err(TransportError::Pulled));
        let two = Response { data: vec![], status: StatusWord::Success };
        assert_eq!(Response::parse(&[0x90, 0]), Ok(two));
    }

    #[test]
    fn a_pin_is_not_printed() {
        let printed = format!("{:?}", Command::new([0, 0x20, 0, 0x80]).with(b"1234"));
        assert_eq!(printed, "00 20 00 80 (4 bytes of data)");
    }

    proptest! {
        #[test]
        fn commands_survive_their_bytes(header: [u8; 4], data in prop::collection::vec(any::<u8>(), 0..600),
                                        expect in prop::option::of(1usize..=65_536)) {
            let mut command = Command::new(header).with(&data);
            if let Some(n) = expect { command = command.expecting(n); }
            let back = Command::parse(&command.encode()).unwrap();
            prop_assert_eq!(back.header(), header);
            prop_assert_eq!(back.data(), &data[..]);
            prop_assert_eq!(back.expects(), expect);
        }

        #[test]
        fn any_bytes_are_taken_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Command::parse(&bytes);
            let _ = Response::parse(&bytes);
        }
    }
}
