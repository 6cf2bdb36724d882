//! The asking side of the line protocol. Deadlines are the caller's: it owns the process or the socket, and ends it.

use super::line::{
    Answer, Ask, AwaitAsk, ErrorReport, Hello, InReader, ReaderReport, SignAsk, SignedReport, VERSION,
    WatchAsk,
};
use super::line_reader::LineReader;
use super::{Gone, Identity, SpkiHash};
use crate::domain::SafeText;
use crate::json;
use std::io::{self, Read, Write};

/// A connection to a helper.
pub struct HelperClient<R, W> {
    lines: LineReader<R>,
    output: W,
    hello: Option<Hello>,
}

/// Why a question has no good answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The helper said why.
    #[error(transparent)]
    Refused(#[from] ErrorReport),
    /// Another version of the helper.
    #[error(
        "カードの補助プログラムの版が合いません（版{found}、必要な版{VERSION}）。端末のkyukyu-cardを更新してください"
    )]
    Version {
        /// What the helper said.
        found: u32,
    },
    /// The connection ended or broke.
    #[error("カードの補助プログラムが終了しました。もう一度やり直してください")]
    Ended(#[source] Option<io::Error>),
    /// Something that is no answer.
    #[error("カードの補助プログラムの応答を理解できません。端末のkyukyu-cardを更新してください")]
    NotUnderstood,
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // A line without end.
            io::ErrorKind::InvalidData => Self::NotUnderstood,
            _ => Self::Ended(Some(error)),
        }
    }
}

impl<R: Read, W: Write> HelperClient<R, W> {
    /// Waits for the hello and checks the version.
    pub fn connect(input: R, output: W) -> Result<Self, ClientError> {
        let mut client = Self::connect_at_once(input, output);
        client.greet()?;
        Ok(client)
    }

    /// Does not wait for the hello: over a long line that is a round trip. It is checked before the first answer is taken,
    /// so the first question must be one that any version may hear: without a PIN.
    pub fn connect_at_once(input: R, output: W) -> Self {
        Self { lines: LineReader::new(input), output, hello: None }
    }

    fn greet(&mut self) -> Result<(), ClientError> {
        if self.hello.is_none() {
            match next_answer(&mut self.lines)? {
                Answer::Hello(hello) if hello.version == VERSION => self.hello = Some(hello),
                Answer::Hello(hello) => return Err(ClientError::Version { found: hello.version }),
                _ => return Err(ClientError::NotUnderstood),
            }
        }
        Ok(())
    }

    /// What the helper said of itself, above all who asks for the PIN; once it was heard.
    pub fn hello(&self) -> Option<&Hello> {
        self.hello.as_ref()
    }

    /// All readers.
    pub fn list(&mut self) -> Result<Vec<ReaderReport>, ClientError> {
        match self.ask(&Ask::List {})? {
            Answer::Readers(readers) => Ok(readers),
            _ => Err(ClientError::NotUnderstood),
        }
    }

    /// Tries left of the card in a reader (or in the first with a card); `None` when the card does not say.
    pub fn tries(&mut self, reader: Option<String>) -> Result<Option<u8>, ClientError> {
        match self.ask(&Ask::Tries(InReader { reader }))? {
            Answer::Tries { tries_left, .. } => Ok(tries_left),
            _ => Err(ClientError::NotUnderstood),
        }
    }

    /// The card in a reader (or in the first with a card), with the reader's name.
    pub fn identify(&mut self, reader: Option<String>) -> Result<(SafeText, Identity), ClientError> {
        match self.ask(&Ask::Identify(InReader { reader }))? {
            Answer::Identity { reader, card } => Ok((reader, card)),
            _ => Err(ClientError::NotUnderstood),
        }
    }

    /// Has a challenge signed.
    pub fn sign(&mut self, ask: SignAsk) -> Result<SignedReport, ClientError> {
        match self.ask(&Ask::Sign(ask))? {
            Answer::Signed(signed) => Ok(signed),
            _ => Err(ClientError::NotUnderstood),
        }
    }

    /// Waits for a card to leave its reader; `None` when it still lies there and is to be asked about again. How long
    /// that takes is the helper's to say: about a minute.
    pub fn watch(&mut self, reader: &str, key: SpkiHash) -> Result<Option<Gone>, ClientError> {
        match self.ask(&Ask::Watch(WatchAsk { reader: reader.to_owned(), spki_sha256: key }))? {
            Answer::StillThere {} => Ok(None),
            Answer::Gone { why, .. } => Ok(Some(why)),
            _ => Err(ClientError::NotUnderstood),
        }
    }

    /// Waits until cards lie in other readers than the `occupied`; whether they do.
    pub fn await_move(&mut self, occupied: Vec<SafeText>) -> Result<bool, ClientError> {
        match self.ask(&Ask::Await(AwaitAsk { occupied }))? {
            Answer::StillThere {} => Ok(false),
            Answer::Moved {} => Ok(true),
            _ => Err(ClientError::NotUnderstood),
        }
    }

    fn ask(&mut self, ask: &Ask) -> Result<Answer, ClientError> {
        let mut line = json::to_vec_within(ask, 0, 1).map_err(|_| ClientError::NotUnderstood)?;
        line.push(b'\n');
        let written = self.output.write_all(&line).and_then(|()| self.output.flush());
        // One of another version may have closed the line, and has said why.
        self.greet()?;
        written?;
        match next_answer(&mut self.lines)? {
            Answer::Error(report) => Err(report.into()),
            answer => Ok(answer),
        }
    }
}

fn next_answer<R: Read>(lines: &mut LineReader<R>) -> Result<Answer, ClientError> {
    let line = lines.next_line()?.ok_or(ClientError::Ended(None))?;
    json::from_slice(line).map_err(|_| ClientError::NotUnderstood)
}
