//! The worker's side: settings, then commands, on standard input; events on standard output.

use super::super::{EventSink, Folder, FolderConfig};
use super::pipe::{self, FromWorker, ToWorker};
use crate::exchange::dialect::{DialectError, TagError};
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// When the station has gone, the work at hand may take so long to end.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Why a worker ends before its station does.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The pipes.
    #[error("連携フォルダの作業プロセスがステーションと通信できません。ステーションを再起動してください")]
    Pipe(#[from] io::Error),
    /// The first message is not what a station says.
    #[error("連携フォルダの作業プロセスはステーションが自動で起動します。直接は起動できません")]
    NotAStation,
    /// The dialect, which the station had read.
    #[error(transparent)]
    Dialect(#[from] DialectError),
    /// The station's tag, which the station had read.
    #[error(transparent)]
    Tag(#[from] TagError),
}

/// Does folder work until the input ends.
///
/// # Errors
/// The pipes break, or nobody is there who says what to do.
pub fn work<W: Write + Send + 'static>(mut input: impl Read, output: W) -> Result<(), WorkError> {
    let Ok(Some(ToWorker::Settings(settings))) = pipe::read(&mut input) else {
        return Err(WorkError::NotAStation);
    };
    let output = Arc::new(Mutex::new(output));
    let folder = Folder::start(FolderConfig::try_from(*settings)?, told(&output))?;
    while let Some(message) = pipe::read(&mut input)? {
        let handed = match message {
            ToWorker::Command(command) => folder.send(command),
            ToWorker::Mark(number) => {
                let output = Arc::clone(&output);
                folder.mark(move || tell(&output, &FromWorker::Mark(number)))
            }
            ToWorker::Settings(_) => return Err(WorkError::NotAStation),
        };
        handed.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
    }
    let (ended, end) = mpsc::channel();
    if folder.mark(move || drop(ended)).is_ok() {
        let _ = end.recv_timeout(LAST_WORK) as Result<(), _>;
    }
    Ok(())
}

fn told<W: Write + Send + 'static>(output: &Arc<Mutex<W>>) -> EventSink {
    let output = Arc::clone(output);
    Box::new(move |event| tell(&output, &FromWorker::Event(event)))
}

/// Where nobody listens any more, the input ends too.
fn tell<W: Write>(output: &Mutex<W>, message: &FromWorker) {
    let _ = pipe::write(&mut *output.lock().unwrap_or_else(PoisonError::into_inner), message);
}
