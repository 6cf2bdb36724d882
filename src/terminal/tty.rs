//! The terminal device: taken over at the start, and given back clean however the program ends.
//!
//! What was shown must not stay: the screen and its scrollback are cleared when it is given back, and keys that
//! nobody read are thrown away so that a shell does not run them.

use super::backend::Surface;
use ratatui::layout::Size;
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr};
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::ThreadId;

/// Alternate screen, no wrapping (a row of unexpected width must not push the next one), bracketed paste, cursor
/// and keypad keys in their plain form. Cleared explicitly: Windows Terminal and the Linux console do not.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[m\x1b[r\x1b[?7l\x1b[?2004h\x1b[?1l\x1b>\x1b[H\x1b[2J";
const LEAVE: &[u8] = b"\x1b[?2004l\x1b[?7h\x1b[m\x1b[r\x1b[H\x1b[2J\x1b[3J\x1b[?1049l\x1b[?25h";

/// Threads of this room are named so; a panic on one of them ends the screen.
pub(super) const THREAD_PREFIX: &str = "kyukyu-tty";

/// What the device was like before, while it is taken over.
static TAKEN: Mutex<Option<Before>> = Mutex::new(None);

struct Before {
    modes: Termios,
    owner: ThreadId,
}

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum TtyError {
    /// Standard input or output is a file or a pipe.
    #[error(
        "端末につながっていないため、画面を表示できません。ssh をお使いの場合は ssh -t で接続してください。"
    )]
    NotATerminal,
    /// The device refused.
    #[error("端末を準備できませんでした。接続し直してください。")]
    Device(#[from] io::Error),
}

/// The terminal, taken over until dropped.
#[derive(Debug)]
pub struct Tty(());

impl Tty {
    /// Takes the terminal over: raw mode, alternate screen, bracketed paste, and what is to be sent at once. Also
    /// installs the panic hook.
    pub fn enter(then: &[u8]) -> Result<Self, TtyError> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(TtyError::NotATerminal);
        }
        let modes = tcgetattr(io::stdin()).map_err(io::Error::from)?;
        let mut raw = modes.clone();
        raw.make_raw();
        install_panic_hook();
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Before { modes, owner: std::thread::current().id() });
        let tty = Self(());
        tcsetattr(io::stdin(), OptionalActions::Now, &raw).map_err(io::Error::from)?;
        write_all(&[ENTER, then].concat())?;
        Ok(tty)
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        restore();
    }
}

impl Surface for Tty {
    fn write_frame(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_all(bytes)
    }

    /// The window's size; 80×24 on lines that do not know theirs.
    fn size(&self) -> io::Result<Size> {
        let size = tcgetwinsize(io::stdout())?;
        Ok(if size.ws_col == 0 || size.ws_row == 0 {
            Size::new(80, 24)
        } else {
            Size::new(size.ws_col, size.ws_row)
        })
    }
}

/// Gives the terminal back, once; later calls do nothing. The modes come first: writing can block for ever on a
/// line that was stopped, setting modes cannot.
pub fn restore() {
    let Some(before) = TAKEN.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before.modes);
    let _ = write_all(LEAVE);
}

/// Straight to the device: the standard library's stdout would split a frame at its last line feed.
fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(io::stdout(), bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or(&[]),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// A panic message can hold what was on the screen, so only its place in the source is printed; and a panic on a
/// thread that has nothing to do with the screen leaves the screen alone.
fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let thread = std::thread::current();
            let owner =
                TAKEN.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|taken| taken.owner);
            let ours =
                owner == Some(thread.id()) || thread.name().is_some_and(|n| n.starts_with(THREAD_PREFIX));
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            match owner {
                None => others(info),
                Some(_) if ours => {
                    restore();
                    let _ = io::Write::write_fmt(
                        &mut io::stderr(),
                        format_args!(
                            "内部の誤りのため画面を終了しました。もう一度起動してください。（{place}）\r\n"
                        ),
                    );
                }
                Some(_) => tracing::error!(%place, "a thread panicked"),
            }
        }));
    });
}
