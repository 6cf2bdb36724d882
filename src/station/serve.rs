//! The door for terminals: a Unix socket, one task a line, a deadline for every word of a stranger.

use super::desk::Origin;
use super::places::{self, Full};
use super::start::{MustEnd, Station};
use crate::domain::SafeText;
use crate::protocol::frame::{self, FrameError};
use crate::protocol::{ClientFrame, Hello, Refusal, RefusalCode, StationFrame, VERSION};
use crate::station::lines::Opened;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// A line that says nothing of itself is not kept.
const HELLO_DEADLINE: Duration = Duration::from_secs(5);
/// A frame that was begun must come.
const BODY_DEADLINE: Duration = Duration::from_secs(10);
/// A terminal that does not read is not waited for.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// Frames that are not understood end a line after so many: each is an entry in the log.
const MALFORMED_FRAMES: u32 = 8;
/// Answers that may wait for a line that does not read: a page is up to 64 KiB, and there are many lines.
const ANSWERS: usize = 4;
/// When the station stops, lines have so long to take their last frames.
const FAREWELL: Duration = Duration::from_secs(1);
const MALFORMED: &str = "要求の形が正しくありません。端末とステーションの版を確認してください";

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
    /// A witness holds another history of the log: nothing more is added to this one.
    #[error(
        "操作ログが外部の控えと一致しないため、停止しました。再び起動すると、今の保管庫を退避し、新しい操作ログで始めます（systemd では自動で再起動します）"
    )]
    OtherHistory,
    /// The store cannot be read any more.
    #[error(
        "保管庫が壊れたため、停止しました。再び起動すると、今の保管庫を退避し、引き継げる記録で始めます（systemd では自動で再起動します）"
    )]
    Damaged,
    /// Somebody answers there already.
    #[error("ステーションはすでに動いています（{path}）。先に動いているものを止めてください")]
    AlreadyRunning {
        /// Where.
        path: PathBuf,
    },
}

/// Binds the socket (or takes the one that systemd holds), says so, and serves until told to stop.
pub async fn serve(
    station: Arc<Station>,
    listening: impl FnOnce(),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let path = station.socket().to_owned();
    let (listener, own) = listen(&path)?;
    listening();
    let rounds = tokio::spawn(super::rounds::run(Arc::clone(&station)));
    let reports = tokio::spawn(super::rounds::folder_reports(Arc::clone(&station)));
    let shipping = super::shipping::start(&station);
    tokio::pin!(stop);
    let mut ended = None;
    loop {
        tokio::select! {
            () = &mut stop => break,
            why = station.until_it_must_end() => {
                ended = Some(why);
                break;
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let Ok(credentials) = stream.peer_cred() else { continue };
                    let place = match station.places.take(credentials.uid()) {
                        Ok(place) => place,
                        Err(full) => {
                            turn_away(stream, full);
                            continue;
                        }
                    };
                    let station = Arc::clone(&station);
                    tokio::spawn(async move {
                        line(station, stream).await;
                        drop(place);
                    });
                }
                // Out of descriptors: let those that are here finish, then go on.
                Err(error) => {
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
    if own {
        let _ = std::fs::remove_file(&path);
    }
    // What was not sent yet is sent after the next start.
    shipping.iter().for_each(tokio::task::JoinHandle::abort);
    // Whatever is at work is done to its end first, with its effects.
    station.close().await;
    rounds.abort();
    reports.abort();
    let farewell = async {
        while !station.places.is_empty() {
            tokio::time::sleep(FAREWELL / 100).await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
    match ended {
        None => Ok(()),
        Some(MustEnd::OtherHistory) => Err(ServeError::OtherHistory),
        Some(MustEnd::Damaged) => Err(ServeError::Damaged),
    }
}

/// One sentence for a line that has no place. Its buffer is empty, so that nothing waits for whoever it is.
fn turn_away(stream: UnixStream, full: Full) {
    let outcome = Err(Refusal::new(RefusalCode::Unavailable, full));
    if let (Ok(bytes), Ok(mut stream)) =
        (frame::encode(&StationFrame::Answer { number: 0, outcome }), stream.into_std())
    {
        let _ = io::Write::write(&mut stream, &bytes);
    }
}

/// The listening socket, and whether it is ours to remove.
fn listen(path: &Path) -> Result<(UnixListener, bool), ServeError> {
    let failed = |source| ServeError::Socket { path: path.to_owned(), source };
    if let Some(inherited) = inherited().map_err(failed)? {
        return Ok((inherited, false));
    }
    if let Ok(found) = std::fs::symlink_metadata(path) {
        // A mistake in the configuration must not cost a file.
        if !found.file_type().is_socket() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
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
    let (mut read, mut write) = stream.into_split();
    let greeted = tokio::time::timeout(HELLO_DEADLINE, greet(&mut read)).await;
    let greeting = greeted.unwrap_or(Greeting::Silent);
    if matches!(greeting, Greeting::Silent) {
        return;
    }
    let Opened { number, out, frames, mut end } = station.lines().open();
    let mut origin = Origin { line: number, terminal, source, session: None };
    match greeting {
        Greeting::Hello(hello) => {
            let welcome = station.welcome(&mut origin, hello.resume).await;
            // Written before anything that was pushed meanwhile: it is the first frame.
            if send(&mut write, &StationFrame::Welcome(Box::new(welcome))).await {
                let room = Arc::new(Semaphore::new(ANSWERS));
                let writer = tokio::spawn(write_frames(write, frames, Arc::clone(&room)));
                converse(&station, &mut read, &out, &room, &mut origin, &mut end).await;
                station.line_ended(&origin).await;
                drop(out);
                let _ = tokio::time::timeout(WRITE_DEADLINE, writer).await;
                return;
            }
        }
        Greeting::Refused(words) => {
            station.note_refusal(&origin, "hello", "接続の最初の言葉が正しくありません").await;
            let outcome = Err(Refusal::new(RefusalCode::BadRequest, words));
            send(&mut write, &StationFrame::Answer { number: 0, outcome }).await;
        }
        Greeting::Silent => {}
    }
    station.line_ended(&origin).await;
}

/// How a line began.
enum Greeting {
    Hello(Hello),
    Refused(String),
    /// Somebody only looked whether the station is there.
    Silent,
}

async fn greet(read: &mut OwnedReadHalf) -> Greeting {
    match next(read).await {
        Ok(ClientFrame::Hello(hello)) if hello.version == VERSION => Greeting::Hello(hello),
        Ok(ClientFrame::Hello(hello)) => Greeting::Refused(format!(
            "端末とステーションの版が違います（端末{}、ステーション{VERSION}）。同じ版の kyukyu を使ってください",
            hello.version
        )),
        Err(FrameError::Closed) => Greeting::Silent,
        _ => Greeting::Refused(MALFORMED.to_owned()),
    }
}

/// Frames in, answers out, one act after the other.
async fn converse(
    station: &Arc<Station>,
    read: &mut OwnedReadHalf,
    out: &mpsc::Sender<StationFrame>,
    room: &Semaphore,
    origin: &mut Origin,
    end: &mut oneshot::Receiver<()>,
) {
    let mut malformed = 0;
    loop {
        // Only the waiting is given up when the line is to end; an act that was begun is done to its end.
        let read = async {
            // Nothing more is asked of the station while its answers are not taken.
            let room = room.acquire().await.map_err(|_| FrameError::Closed)?;
            room.forget();
            next(read).await
        };
        let read = tokio::select! {
            biased;
            _ = &mut *end => return,
            read = read => read,
        };
        let (answer, over) = match read {
            Ok(ClientFrame::Ask { number, idempotency, request }) => {
                let outcome = station.act(origin, &idempotency, *request).await.map(Box::new);
                (StationFrame::Answer { number, outcome }, false)
            }
            Err(FrameError::Closed) => return,
            // A frame that was not read to its end cannot be skipped safely: the line ends.
            other => {
                station.note_refusal(origin, "frame", MALFORMED).await;
                malformed += 1;
                let skipped = matches!(other, Ok(ClientFrame::Hello(_)) | Err(FrameError::Malformed(_)));
                let over = !skipped || malformed >= MALFORMED_FRAMES;
                let outcome = Err(Refusal::new(RefusalCode::BadRequest, MALFORMED));
                (StationFrame::Answer { number: 0, outcome }, over)
            }
        };
        if out.send(answer).await.is_err() || over {
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

async fn write_frames(
    mut write: OwnedWriteHalf,
    mut frames: mpsc::Receiver<StationFrame>,
    room: Arc<Semaphore>,
) {
    while let Some(message) = frames.recv().await {
        if !send(&mut write, &message).await {
            break;
        }
        if matches!(message, StationFrame::Answer { .. }) {
            room.add_permits(1);
        }
    }
    // Whoever waits for room ends too.
    room.close();
}

/// Writes one frame. What is too long for one is said to be so: the line and its session go on.
async fn send(write: &mut OwnedWriteHalf, message: &StationFrame) -> bool {
    let bytes = frame::encode(message).or_else(|error| {
        tracing::error!(%error, "an answer was too long for the line");
        let words =
            "表示する内容が大きすぎるため、この画面では表示できません。システム管理者に連絡してください";
        let number = if let StationFrame::Answer { number, .. } = message { *number } else { 0 };
        let outcome = Err(Refusal::new(RefusalCode::Unavailable, words));
        frame::encode(&StationFrame::Answer { number, outcome })
    });
    let Ok(bytes) = bytes else { return false };
    matches!(tokio::time::timeout(WRITE_DEADLINE, write.write_all(&bytes)).await, Ok(Ok(())))
}

/// Who is at the other end, by the kernel's word: (terminal, source for tallies).
fn peer(stream: &UnixStream) -> Option<(SafeText, SafeText)> {
    let credentials = stream.peer_cred().ok()?;
    let uid = credentials.uid();
    let tty = credentials.pid().and_then(terminal_of);
    let terminal = tty.map_or_else(|| format!("uid{uid}"), |tty| format!("uid{uid} {tty}"));
    Some((SafeText::new(&terminal), places::source(uid)))
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

#[cfg(test)]
mod tests {
    use super::super::test_site::TestSite;
    use super::*;
    use crate::protocol::{IdempotencyKey, Request};

    #[tokio::test]
    async fn who_does_not_take_his_answers_is_asked_for_no_more_of_them() {
        let site = TestSite::new().await;
        let (client, server) = UnixStream::pair().unwrap();
        let asks = (0..100_u64).flat_map(|number| {
            let idempotency = IdempotencyKey::from_bits(u128::from(number).to_be_bytes());
            let request = Box::new(Request::Home);
            frame::encode(&ClientFrame::Ask { number, idempotency, request }).unwrap().to_vec()
        });
        let asks: Vec<u8> = asks.collect();
        let (_keep, mut write) = client.into_split();
        write.write_all(&asks).await.unwrap();
        let (mut read, _write) = server.into_split();
        let (out, mut frames) = mpsc::channel(256);
        let (_open, mut end) = oneshot::channel();
        let (station, room) = (Arc::clone(&site.station), Arc::new(Semaphore::new(ANSWERS)));
        let (mut origin, of_line) = (site.session(), Arc::clone(&room));
        let line = tokio::spawn(async move {
            converse(&station, &mut read, &out, &of_line, &mut origin, &mut end).await;
        });
        until_full(&frames).await;
        // Each one that is taken makes room for one.
        for taken in 0..3 {
            assert!(
                matches!(frames.recv().await, Some(StationFrame::Answer { number, .. }) if number == taken)
            );
            room.add_permits(1);
        }
        until_full(&frames).await;
        room.close();
        line.await.unwrap();
    }

    /// Waits until so many answers wait as may, and sees that no more follow.
    async fn until_full(frames: &mpsc::Receiver<StationFrame>) {
        let full = async {
            while frames.len() < ANSWERS {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        tokio::time::timeout(Duration::from_secs(20), full).await.unwrap();
        assert_eq!(frames.len(), ANSWERS);
    }
}
