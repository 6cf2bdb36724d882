//! Lines from standard input, read on a thread of their own without a buffer that outlives them: a line may be a PIN.

use super::super::Word;
use super::answer;
use super::echo::CTRL_C;
use crate::terminal::event_loop::{Incoming, Pasted, Post};
use crate::terminal::tty::THREAD_PREFIX;
use rustix::io::Errno;
use std::io;
use std::thread;
use zeroize::{Zeroize as _, Zeroizing};

/// No answer is longer.
const LONGEST: usize = 64 * 1024;
/// A terminal whose line is gone can go on saying "end of file"; so many in a row are the end.
const ENDS: u8 = 3;

/// Sends each line into the channel, and the end. At a terminal, an end of file (Ctrl-D) only asks to leave.
pub(super) fn listen(post: Post<Word>, terminal: bool) -> io::Result<()> {
    thread::Builder::new().name(format!("{THREAD_PREFIX}-lines")).spawn(move || {
        let say = |word| post.send(Incoming::Station(word)).is_ok();
        let mut lines = Lines::default();
        let mut bytes = [0u8; 4096];
        let mut ends = 0;
        loop {
            let listened = match rustix::io::read(io::stdin(), &mut bytes) {
                Ok(0) if terminal && ends < ENDS => {
                    ends += 1;
                    say(Word::Line(Pasted::new(answer::LOGOUT.to_owned())))
                }
                Ok(0) => break,
                Ok(count) => {
                    ends = 0;
                    let complete = lines.feed(bytes.get(..count).unwrap_or(&[]));
                    bytes.zeroize();
                    complete.into_iter().all(|line| say(Word::Line(line)))
                }
                Err(Errno::INTR | Errno::AGAIN) => true,
                Err(_) => break,
            };
            if !listened {
                return;
            }
        }
        let _ = say(Word::LinesEnd);
    })?;
    Ok(())
}

/// Bytes that are not a line yet.
#[derive(Default)]
struct Lines {
    held: Zeroizing<Vec<u8>>,
}

impl Lines {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Pasted> {
        let mut complete = Vec::new();
        for byte in bytes {
            match *byte {
                b'\n' => complete.push(self.taken()),
                CTRL_C => {
                    self.held.zeroize();
                    complete.push(Pasted::new(answer::QUIT.to_owned()));
                }
                byte if self.held.len() < LONGEST => self.held.push(byte),
                _ => {}
            }
        }
        complete
    }

    fn taken(&mut self) -> Pasted {
        let text = String::from_utf8_lossy(&self.held);
        let line = Pasted::new(text.trim_end_matches('\r').to_owned());
        if let std::borrow::Cow::Owned(mut copy) = text {
            copy.zeroize();
        }
        self.held.zeroize();
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_ctrl_c_is_a_wish_to_leave() {
        let mut lines = Lines::default();
        let text = |lines: Vec<Pasted>| lines.iter().map(|l| l.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(text(lines.feed("青".as_bytes())), [""; 0]);
        assert_eq!(text(lines.feed("葉\r\n\n12".as_bytes())), ["青葉", ""]);
        assert_eq!(text(lines.feed(b"34\x03\nx\n")), [":quit", "", "x"]);
    }
}
