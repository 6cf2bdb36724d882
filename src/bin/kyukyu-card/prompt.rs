//! Asking for a PIN on the terminal with the echo off, or taking it from a pipe.

use kyukyu::card::Identity;
use kyukyu::card::helper::{PinEntry, PinPrompt};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use secrecy::SecretString;
use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// Longest line that is read.
const LONGEST: usize = 256;

/// How the terminal was before the echo went off, for whoever ends the process meanwhile.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Asks on standard error, reads from standard input.
#[derive(Default)]
pub(crate) struct TerminalPrompt {
    allow_last_try: bool,
}

impl TerminalPrompt {
    /// With the last try confirmed beforehand.
    pub(crate) fn allowing_last_try(allow_last_try: bool) -> Self {
        Self { allow_last_try }
    }

    fn confirmed(&self, tries_left: Option<u8>, asker: Option<BorrowedFd<'_>>) -> io::Result<bool> {
        let enough = tries_left.is_some_and(|n| n > 1);
        if enough || self.allow_last_try || !termios::isatty(io::stdin()) {
            return Ok(self.allow_last_try);
        }
        let question = "まちがえるとカードがロックされます。続けるときは yes と入力してください: ";
        Ok(read_line(question, false, asker)?.is_some_and(|answer| answer.as_str() == "yes"))
    }
}

impl PinPrompt for TerminalPrompt {
    fn ask(&mut self, reader: &str, card: &Identity, asker: Option<BorrowedFd<'_>>) -> Option<PinEntry> {
        let left = card.tries_left.map_or("不明".to_owned(), |n| format!("{n}回"));
        let mut screen = io::stderr();
        // A prompt that cannot be shown is a prompt that cannot be answered.
        writeln!(screen, "{reader}: {}（PINの残り {left}）", card.kind.label()).ok()?;
        let allow_last_try = self.confirmed(card.tries_left, asker).ok()?;
        let line = read_line(&format!("PIN（{}）: ", card.pin_format), true, asker).ok()??;
        Some(PinEntry { pin: SecretString::from(line.as_str()), allow_last_try })
    }
}

/// Puts the terminal back as it was; nothing to do when the echo is on.
pub(crate) fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}

struct EchoOff;

impl EchoOff {
    /// Keys come one by one, Ctrl-C as a key: a signal would end the process with the echo off.
    fn now() -> io::Result<Self> {
        let before = termios::tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        // What was typed before the prompt is not taken for a PIN.
        termios::tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self)
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        restore();
        let _ = writeln!(io::stderr());
    }
}

/// Waits for a key; false when the asker hung up instead.
fn wait_for_key(asker: Option<BorrowedFd<'_>>) -> io::Result<bool> {
    let Some(asker) = asker else { return Ok(true) };
    let (screen, keyboard) = (io::stderr(), io::stdin());
    loop {
        let mut fds =
            [PollFd::new(&keyboard, PollFlags::IN), PollFd::from_borrowed_fd(asker, PollFlags::empty())];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let [key, line] = fds.map(|fd| fd.revents());
        // Both ends closed; one that only says nothing more still waits for its answer.
        if line.intersects(PollFlags::HUP | PollFlags::ERR) {
            write!(&screen, "\r\n依頼元が取り消しました。PINは使っていません")?;
            return Ok(false);
        }
        if !key.is_empty() {
            return Ok(true);
        }
    }
}

/// One line; `None` when it was cancelled, here or by the asker, or the input ended before anything came.
fn read_line(
    question: &str,
    secret: bool,
    asker: Option<BorrowedFd<'_>>,
) -> io::Result<Option<Zeroizing<String>>> {
    let asks = termios::isatty(io::stdin());
    let keys = asks && secret;
    // Before the question: a quick answer is not thrown away with what was typed before.
    let _quiet = if keys { Some(EchoOff::now()?) } else { None };
    if asks {
        let mut screen = io::stderr();
        write!(screen, "{question}")?;
        screen.flush()?;
    }
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    // Byte by byte past the library's buffer, which would keep what was typed.
    loop {
        if !wait_for_key(asker)? {
            return Ok(None);
        }
        let mut byte = Zeroizing::new([0_u8; 1]);
        let end = rustix::io::read(io::stdin(), byte.as_mut_slice())? == 0;
        let [key] = *byte;
        match key {
            _ if end && line.is_empty() => return Ok(None),
            b'\n' | b'\r' => break,
            _ if end => break,
            0x03 | 0x04 | 0x1B if keys => return Ok(None),
            0x08 | 0x7F if keys => drop(line.pop()),
            0x15 if keys => line.clear(),
            _ if line.len() == LONGEST => return Ok(None),
            key => line.push(key),
        }
    }
    Ok(std::str::from_utf8(&line).ok().map(|text| Zeroizing::new(text.to_owned())))
}
