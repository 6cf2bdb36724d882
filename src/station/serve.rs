//! The door for terminals: a Unix socket, one task a line, a deadline for every word of a stranger.

use super::desk::Origin;
use super::start::Station;
use crate::domain::SafeText;
use crate::protocol::frame::{self, FrameError};
use crate::protocol::{ClientFrame, Refusal, RefusalCode, StationFrame, VERSION};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

/// A line that says nothing of itself is not kept.
const HELLO_DEADLINE: Duration = Duration::from_secs(5);
/// A frame that was begun must come.
const BODY_DEADLINE: Duration = Duration::from_secs(10);
/// A terminal that does not read is not waited for.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// Lines at once; beyond that strangers are turned away and others still served.
const LINES: usize = 512;

/// Why the station cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket cannot be made.
    #[error("待受ソケット {path} を用意できません。フォルダの有無と権限を確認してください")]
    Socket {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody answers there already.
    #[error("ステーションはすでに動いています（{path}）。先に動いているものを止めてください")]
    AlreadyRunning {
        /// Where.
        path: PathBuf,
    },
}

/// Binds the socket (or takes the one that systemd holds) and serves until told to stop.
pub async fn serve(station: Arc<Station>, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
    let path = station.socket().to_owned();
    let (listener, own) = listen(&path)?;
    let rounds = tokio::spawn(super::rounds::run(Arc::clone(&station)));
    let reports = tokio::spawn(super::rounds::folder_reports(Arc::clone(&station)));
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if station.lines().count() < LINES => {
                    tokio::spawn(line(Arc::clone(&station), stream));
                }
                Ok(_) => tracing::warn!("too many lines, one turned away"),
                // Out of descriptors: let those that are here finish, then go on.
                Err(error) => {
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
    rounds.abort();
    reports.abort();
    if own {
        let _ = std::fs::remove_file(&path);
    }
    station.close().await;
    Ok(())
}

/// The listening socket, and whether it is ours to remove.
fn listen(path: &Path) -> Result<(UnixListener, bool), ServeError> {
    let failed = |source| ServeError::Socket { path: path.to_owned(), source };
    if let Some(inherited) = inherited().map_err(failed)? {
        return Ok((inherited, false));
    }
    if path.exists() {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(ServeError::AlreadyRunning { path: path.to_owned() });
        }
        std::fs::remove_file(path).map_err(failed)?;
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).map_err(failed)?;
    Ok((listener, true))
}

/// The socket that systemd passed, if it did (LISTEN_PID, LISTEN_FDS; descriptor 3).
fn inherited() -> io::Result<Option<UnixListener>> {
    let mut passed = listenfd::ListenFd::from_env();
    let Some(listener) = passed.take_unix_listener(0)? else { return Ok(None) };
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener).map(Some)
}

/// One line from hello to its end.
async fn line(station: Arc<Station>, stream: UnixStream) {
    let Some((terminal, source)) = peer(&stream) else { return };
    let (mut read, write) = stream.into_split();
    let said = tokio::time::timeout(HELLO_DEADLINE, next(&mut read)).await;
    let Ok(Ok(ClientFrame::Hello(hello))) = said else { return };
    let (number, out, frames) = station.lines().open();
    let writer = tokio::spawn(write_frames(write, frames));
    let mut origin = Origin { line: number, terminal, source, session: None };
    if hello.version == VERSION {
        let welcome = station.welcome(&mut origin, hello.resume).await;
        if out.send(StationFrame::Welcome(Box::new(welcome))).await.is_ok() {
            converse(&station, &mut read, &out, &mut origin).await;
        }
    } else {
        let words = format!(
            "端末とステーションの版が違います（端末{}、ステーション{VERSION}）。同じ版の kyukyu を使ってください",
            hello.version
        );
        let refusal = Refusal::new(RefusalCode::BadRequest, words);
        let _ = out.send(StationFrame::Answer { number: 0, outcome: Err(refusal) }).await;
    }
    station.line_ended(&origin).await;
    station.lines().close(number);
    drop(out);
    let _ = tokio::time::timeout(WRITE_DEADLINE, writer).await;
}

/// Frames in, answers out, one act after the other.
async fn converse(
    station: &Arc<Station>,
    read: &mut OwnedReadHalf,
    out: &mpsc::Sender<StationFrame>,
    origin: &mut Origin,
) {
    loop {
        let (number, outcome) = match next(read).await {
            Ok(ClientFrame::Ask { number, idempotency, request }) => {
                let outcome = station.act(origin, &idempotency, *request).await;
                (number, outcome.map(Box::new))
            }
            Ok(ClientFrame::Hello(_)) | Err(FrameError::Malformed(_)) => {
                let words = "要求の形が正しくありません。端末とステーションの版を確認してください";
                station.note_bad_request(origin).await;
                (0, Err(Refusal::new(RefusalCode::BadRequest, words)))
            }
            // A frame that is announced too long cannot be skipped safely: the line ends.
            Err(FrameError::TooLong(_)) => {
                station.note_bad_request(origin).await;
                return;
            }
            Err(_) => return,
        };
        if out.send(StationFrame::Answer { number, outcome }).await.is_err() {
            return;
        }
    }
}

/// The next frame of a line. Between frames it may wait for ever; within one it may not.
async fn next(read: &mut OwnedReadHalf) -> Result<ClientFrame, FrameError> {
    let mut header = [0; 4];
    let got = read.read(&mut header).await?;
    if got == 0 {
        return Err(FrameError::Closed);
    }
    let rest = async {
        read.read_exact(header.get_mut(got..).unwrap_or_default()).await?;
        let mut body = zeroize::Zeroizing::new(vec![0; frame::announced(header)?]);
        read.read_exact(&mut body).await?;
        frame::decode(&body)
    };
    tokio::time::timeout(BODY_DEADLINE, rest)
        .await
        .unwrap_or_else(|_| Err(FrameError::Io(io::ErrorKind::TimedOut.into())))
}

async fn write_frames(mut write: OwnedWriteHalf, mut frames: mpsc::Receiver<StationFrame>) {
    while let Some(message) = frames.recv().await {
        let Ok(bytes) = frame::encode(&message).map(zeroize::Zeroizing::new) else {
            tracing::error!("a frame was too long for the line");
            return;
        };
        let sent = tokio::time::timeout(WRITE_DEADLINE, write.write_all(&bytes)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

/// Who is at the other end, by the kernel's word: (terminal, source for tallies).
fn peer(stream: &UnixStream) -> Option<(SafeText, SafeText)> {
    let credentials = stream.peer_cred().ok()?;
    let uid = credentials.uid();
    let tty = credentials.pid().and_then(terminal_of);
    let terminal = tty.map_or_else(|| format!("uid{uid}"), |tty| format!("uid{uid} {tty}"));
    Some((SafeText::new(&terminal), SafeText::new(&format!("uid{uid}"))))
}

/// The controlling terminal of a process (`/proc/PID/stat`, field 7), for pseudo-terminals and consoles.
fn terminal_of(pid: i32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command, field 2, may hold anything, so count from its closing parenthesis.
    let device: u32 = stat.rsplit_once(')')?.1.split_whitespace().nth(4)?.parse().ok()?;
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xf_ff00));
    match major {
        136..=143 => Some(format!("pts/{}", (major - 136) * 256 + minor)),
        4 => Some(format!("tty{minor}")),
        _ => None,
    }
}
