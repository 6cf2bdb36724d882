//! What goes over the two pipes: a length, then JSON.

use super::super::message::{FolderCommand, FolderEvent};
use super::super::{FolderConfig, MAX_FACES};
use crate::exchange::MAX_ANSWER_BYTES;
use crate::exchange::dialect::{Dialect, StationTag};
use crate::json;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The longest message: an answer in base64, and room for what stands around it.
const MAX: u64 = MAX_ANSWER_BYTES / 3 * 4 + 64 * 1024 * MAX_FACES as u64;

/// To the worker.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ToWorker {
    /// First, and only first.
    Settings(Box<Settings>),
    /// Work.
    Command(FolderCommand),
    /// To be given back when everything before it is done.
    Mark(u64),
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FromWorker {
    /// What happened.
    Event(FolderEvent),
    /// Everything before this mark is done.
    Mark(u64),
}

/// [`FolderConfig`] on its way. The dialect goes as text: its file may have changed since the station read it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    requests: PathBuf,
    answers: PathBuf,
    face: PathBuf,
    dialect: String,
    station: String,
    poll_awaiting: Duration,
    poll_idle: Duration,
    taken_within: Duration,
    whole_within: Duration,
    hang_after: Duration,
    watch: bool,
}

impl From<&FolderConfig> for Settings {
    fn from(config: &FolderConfig) -> Self {
        Self {
            requests: config.requests.clone(),
            answers: config.answers.clone(),
            face: config.face.clone(),
            dialect: config.dialect.text().to_owned(),
            station: config.station.as_str().to_owned(),
            poll_awaiting: config.poll_awaiting,
            poll_idle: config.poll_idle,
            taken_within: config.taken_within,
            whole_within: config.whole_within,
            hang_after: config.hang_after,
            watch: config.watch,
        }
    }
}

impl TryFrom<Settings> for FolderConfig {
    type Error = super::WorkError;

    fn try_from(settings: Settings) -> Result<Self, Self::Error> {
        Ok(Self {
            requests: settings.requests,
            answers: settings.answers,
            face: settings.face,
            dialect: Arc::new(Dialect::parse(&settings.dialect)?),
            station: StationTag::parse(&settings.station)?,
            poll_awaiting: settings.poll_awaiting,
            poll_idle: settings.poll_idle,
            taken_within: settings.taken_within,
            whole_within: settings.whole_within,
            hang_after: settings.hang_after,
            watch: settings.watch,
        })
    }
}

/// Bytes of the length before a message.
const HEAD: usize = 4;

/// Writes one message.
pub(super) fn write(pipe: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut bytes = json::to_vec_within(message, HEAD, 0)?;
    let length = u32::try_from(bytes.len() - HEAD).map_err(|_| io::ErrorKind::InvalidData)?;
    bytes.splice(..HEAD, length.to_be_bytes());
    pipe.write_all(&bytes)?;
    pipe.flush()
}

/// Reads one message; `None` at the end.
pub(super) fn read<T: DeserializeOwned>(pipe: &mut impl Read) -> io::Result<Option<T>> {
    let mut head = [0; HEAD];
    match pipe.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_be_bytes(head);
    if u64::from(length) > MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = Vec::new();
    if pipe.take(u64::from(length)).read_to_end(&mut body)? < usize::try_from(length).unwrap_or(usize::MAX) {
        return Ok(None);
    }
    Ok(Some(json::from_slice(&body)?))
}

#[cfg(test)]
mod tests {
    use super::super::super::message::ContentHash;
    use super::*;
    use crate::exchange::AnswerFile;

    #[test]
    fn what_is_written_is_read_and_an_answer_grows_by_a_third_only() {
        let bytes = vec![0xff; 300_000];
        let (request, name, hash) = ("req".to_owned(), "res".to_owned(), ContentHash::of(&bytes));
        let (form, interim) = (AnswerFile::Xml, false);
        let event = FolderEvent::Answer { request, name, form, bytes, hash, interim };
        let sent = [FromWorker::Event(event), FromWorker::Mark(7)];
        let mut pipe = Vec::new();
        for message in &sent {
            write(&mut pipe, message).unwrap();
        }
        assert!(pipe.len() < 401_000, "{}", pipe.len());
        let mut rest = pipe.as_slice();
        for message in sent {
            assert_eq!(read(&mut rest).unwrap(), Some(message));
        }
        assert_eq!(read::<FromWorker>(&mut rest).unwrap(), None);
        // Cut anywhere it is the end, announced too long it is an error.
        assert_eq!(read::<FromWorker>(&mut &pipe[..2]).unwrap(), None);
        assert_eq!(read::<FromWorker>(&mut &pipe[..200]).unwrap(), None);
        assert!(read::<FromWorker>(&mut [0xff; 4].as_slice()).is_err());
    }

    #[test]
    fn settings_arrive_as_they_were() {
        let dialect = Arc::new(Dialect::builtin().unwrap());
        let tag = StationTag::parse("st01").unwrap();
        let config = FolderConfig::below(std::path::Path::new("/exchange"), dialect, tag);
        let mut pipe = Vec::new();
        write(&mut pipe, &ToWorker::Settings(Box::new(Settings::from(&config)))).unwrap();
        let Some(ToWorker::Settings(arrived)) = read(&mut pipe.as_slice()).unwrap() else { panic!() };
        let arrived = FolderConfig::try_from(*arrived).unwrap();
        assert_eq!(Settings::from(&arrived), Settings::from(&config));
        assert_eq!(arrived.dialect.fingerprint(), config.dialect.fingerprint());
    }
}
