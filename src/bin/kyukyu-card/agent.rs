//! The thin terminal's side: a Unix socket that `ssh -R` carries to the host, answered beside the reader.

use super::prompt;
use kyukyu::card::helper::{self, Helper, Shared};
use rustix::fs::Mode;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Connections at a time. A terminal needs two; one that watched a card and was closed is noticed only when its
/// question is answered, 90 seconds later at most.
const MOST_CONNECTIONS: usize = 64;

/// Why the agent does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgentError {
    /// Another agent answers there.
    #[error("{} では別のkyukyu-cardが動いています。それを使うか、終了させてください", .0.display())]
    Running(PathBuf),
    /// Something else lies there.
    #[error("{} にはソケット以外のものがあります。別の場所を指定してください", .0.display())]
    NotASocket(PathBuf),
    /// The socket cannot be made.
    #[error("ソケットを作れません（{0}）。場所と権限を確かめてください")]
    Io(#[from] io::Error),
}

/// Answers connections of the same user until the process is ended.
pub(crate) fn run(path: &Path, helper: Helper) -> Result<(), AgentError> {
    let listener = listen(path)?;
    end_cleanly_on_signals(Some(path.to_owned()))?;
    let helper = Arc::new(Shared::new(helper));
    let connections = Arc::new(AtomicUsize::new(0));
    for connection in listener.incoming() {
        let connection = connection?;
        if !same_user(&connection) || connections.load(Ordering::Relaxed) >= MOST_CONNECTIONS {
            continue;
        }
        connections.fetch_add(1, Ordering::Relaxed);
        let (helper, connections) = (Arc::clone(&helper), Arc::clone(&connections));
        std::thread::Builder::new().name("connection".to_owned()).spawn(move || {
            // A connection that broke is over; there is nobody to tell.
            let _ = connection.try_clone().and_then(|input| helper::serve(input, connection, &helper));
            connections.fetch_sub(1, Ordering::Relaxed);
        })?;
    }
    Ok(())
}

/// Makes the socket with mode 0600 from its first moment; a socket that nobody answers is replaced.
fn listen(path: &Path) -> Result<UnixListener, AgentError> {
    match std::fs::symlink_metadata(path) {
        Ok(there) if !there.file_type().is_socket() => return Err(AgentError::NotASocket(path.to_owned())),
        Ok(_) if UnixStream::connect(path).is_ok() => return Err(AgentError::Running(path.to_owned())),
        Ok(_) => std::fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    // Before any thread is started: the mask belongs to the whole process.
    let before = rustix::process::umask(Mode::from_raw_mode(0o177));
    let listener = UnixListener::bind(path);
    rustix::process::umask(before);
    Ok(listener?)
}

fn same_user(connection: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(connection).is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

/// On SIGHUP, SIGINT and SIGTERM: the terminal's echo comes back, the socket goes, the process ends.
pub(crate) fn end_cleanly_on_signals(socket: Option<PathBuf>) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            prompt::restore();
            if let Some(socket) = socket {
                let _ = std::fs::remove_file(socket);
            }
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_socket_is_private_and_replaces_only_a_dead_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.sock");
        let listener = listen(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(listen(&path), Err(AgentError::Running(_))));
        drop(listener);
        let listener = listen(&path).unwrap();
        let client = UnixStream::connect(&path).unwrap();
        assert!(same_user(&client) && same_user(&listener.accept().unwrap().0));

        let file = folder.path().join("file");
        std::fs::write(&file, "kept").unwrap();
        assert!(matches!(listen(&file), Err(AgentError::NotASocket(_))));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
        assert!(matches!(listen(&folder.path().join("none/x")), Err(AgentError::Io(_))));
    }
}
