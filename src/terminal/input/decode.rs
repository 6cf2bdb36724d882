//! From the bytes a terminal sends to keys.

use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Code, Key};
use crate::terminal::probe;

/// The longest paste that is kept; no field takes more.
pub(super) const PASTE_LIMIT: usize = 64 * 1024;
/// Longer sequences are noise.
const SEQUENCE_LIMIT: usize = 64;
pub(super) const PASTE_END: &[u8] = b"\x1b[201~";

/// One thing the user did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A key. Alt is not known here: Alt-x arrives as Esc and x, which is what terminals send.
    Key(Key),
    /// A bracketed paste.
    Paste(Pasted),
    /// Where the cursor stood when the terminal was asked: the column, from 1.
    Column(u16),
}

/// Turns bytes into keys, whatever pieces they arrive in.
#[derive(Debug, Default)]
pub struct Decoder {
    pub(super) held: Vec<u8>,
    pasting: bool,
    after_return: bool,
}

/// What the bytes at hand begin with.
enum Token {
    Key(Key, usize),
    PasteStart(usize),
    Column(u16, usize),
    Nothing(usize),
    Incomplete,
}

impl Decoder {
    /// Takes bytes; gives what is complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Decoded> {
        self.held.extend_from_slice(bytes);
        let mut decoded = Vec::new();
        loop {
            if self.pasting {
                let Some(end) = self.held.windows(PASTE_END.len()).position(|w| w == PASTE_END) else {
                    self.forget_middle_of_paste();
                    break;
                };
                let kept = self.held.get(..end.min(PASTE_LIMIT)).unwrap_or(&[]);
                decoded.push(Decoded::Paste(Pasted::new(String::from_utf8_lossy(kept).into_owned())));
                self.take(end + PASTE_END.len());
                self.pasting = false;
                continue;
            }
            match next_token(&self.held) {
                Token::Key(key, used) => {
                    // Terminals set to send CR LF must not press Enter twice.
                    let second_half = self.after_return && self.held.first() == Some(&b'\n');
                    self.after_return = self.held.first() == Some(&b'\r');
                    self.take(used);
                    if !second_half {
                        decoded.push(Decoded::Key(key));
                    }
                }
                Token::PasteStart(used) => {
                    self.take(used);
                    self.pasting = true;
                }
                Token::Column(column, used) => {
                    self.take(used);
                    decoded.push(Decoded::Column(column));
                }
                Token::Nothing(used) => self.take(used),
                Token::Incomplete => break,
            }
        }
        decoded
    }

    /// Whether a sequence has begun that its next bytes, or their absence, will decide.
    pub fn is_waiting(&self) -> bool {
        !self.pasting && !self.held.is_empty()
    }

    /// No more bytes came: an Esc was the Esc key, and half a sequence is noise.
    pub fn flush(&mut self) -> Vec<Decoded> {
        if !self.is_waiting() {
            return Vec::new();
        }
        let keys = match self.held.as_slice() {
            b"\x1b" => vec![Key::ESC],
            b"\x1b[" => vec![Key::ESC, Key::plain('[')],
            b"\x1bO" => vec![Key::ESC, Key::plain('O')],
            _ => Vec::new(),
        };
        self.take(self.held.len());
        keys.into_iter().map(Decoded::Key).collect()
    }

    fn take(&mut self, count: usize) {
        let count = count.min(self.held.len());
        self.held.iter_mut().take(count).for_each(zeroize::Zeroize::zeroize);
        self.held.drain(..count);
    }

    /// Keeps what counts of an endless paste: its beginning, and a tail in which its end may be found.
    fn forget_middle_of_paste(&mut self) {
        let tail = self.held.len().saturating_sub(PASTE_END.len());
        if tail > PASTE_LIMIT {
            self.held.drain(PASTE_LIMIT..tail);
        }
    }
}

fn next_token(bytes: &[u8]) -> Token {
    match bytes {
        [] | [0x1b] => Token::Incomplete,
        [0x1b, b'[', rest @ ..] => control_sequence(rest),
        [0x1b, b'O', rest @ ..] => single_shift(rest),
        [0x1b, ..] => Token::Key(Key::ESC, 1),
        [b'\r' | b'\n', ..] => Token::Key(Key::ENTER, 1),
        [b'\t', ..] => Token::Key(Code::Tab.into(), 1),
        [0x7f | 0x08, ..] => Token::Key(Code::Backspace.into(), 1),
        [0, ..] => Token::Key(Key::ctrl(' '), 1),
        [control @ 1..=0x1a, ..] => Token::Key(Key::ctrl(char::from(control - 1 + b'a')), 1),
        [control @ 0x1c..=0x1f, ..] => Token::Key(Key::ctrl(char::from(control - 0x1c + b'\\')), 1),
        [first, ..] => character(*first, bytes),
    }
}

fn character(first: u8, bytes: &[u8]) -> Token {
    let length = match first {
        0x20..=0x7e => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Token::Nothing(1),
    };
    let Some(encoded) = bytes.get(..length) else {
        let broken = bytes.iter().skip(1).any(|byte| !(0x80..=0xbf).contains(byte));
        return if broken { Token::Nothing(1) } else { Token::Incomplete };
    };
    match std::str::from_utf8(encoded).ok().and_then(|text| text.chars().next()) {
        Some(c) if !c.is_control() => Token::Key(Key::plain(c), length),
        Some(_) => Token::Nothing(length),
        None => Token::Nothing(1),
    }
}

/// After `ESC [`.
fn control_sequence(rest: &[u8]) -> Token {
    // The Linux console sends F1 to F5 as ESC [ [ A to E.
    if let [b'[', after @ ..] = rest {
        return match after {
            [] => Token::Incomplete,
            [last @ b'A'..=b'E', ..] => Token::Key(Code::F(last - b'A' + 1).into(), 4),
            _ => Token::Nothing(4),
        };
    }
    let Some(length) = rest.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        return if rest.len() > SEQUENCE_LIMIT { Token::Nothing(rest.len() + 2) } else { Token::Incomplete };
    };
    let used = 2 + length + 1;
    let (Some(parameters), Some(last)) = (rest.get(..length), rest.get(length)) else {
        return Token::Incomplete;
    };
    if !(0x40..=0x7e).contains(last) {
        // Another sequence or a control cuts this one short.
        return Token::Nothing(used - 1);
    }
    let parameters = numbers(parameters);
    if (*last, parameters.as_slice()) == (b'~', &[200]) {
        return Token::PasteStart(used);
    }
    if let (b'R', [probe::ROW, column]) = (*last, parameters.as_slice()) {
        return Token::Column(u16::try_from(*column).unwrap_or(0), used);
    }
    sequence_key(*last, &parameters).map_or(Token::Nothing(used), |key| Token::Key(key, used))
}

/// The numbers between semicolons; 0 for what is left out or not a number.
fn numbers(parameters: &[u8]) -> Vec<u32> {
    let text = std::str::from_utf8(parameters).unwrap_or("");
    text.split(';').map(|n| n.split(':').next().and_then(|n| n.parse().ok()).unwrap_or(0)).collect()
}

fn sequence_key(last: u8, parameters: &[u32]) -> Option<Key> {
    let at = |index: usize| parameters.get(index).copied().unwrap_or(0);
    let code = match (last, at(0)) {
        (b'Z', _) => Code::BackTab,
        (b'A', _) => Code::Up,
        (b'B', _) => Code::Down,
        (b'C', _) => Code::Right,
        (b'D', _) => Code::Left,
        (b'H', _) | (b'~', 1 | 7) => Code::Home,
        (b'F', _) | (b'~', 4 | 8) => Code::End,
        (b'P'..=b'S', 0 | 1) => Code::F(last - b'P' + 1),
        (b'~', 2) => Code::Insert,
        (b'~', 3) => Code::Delete,
        (b'~', 5) => Code::PageUp,
        (b'~', 6) => Code::PageDown,
        (b'~', n @ 11..=15) => Code::F(u8::try_from(n - 10).ok()?),
        (b'~', n @ 17..=21) => Code::F(u8::try_from(n - 11).ok()?),
        (b'~', n @ 23..=24) => Code::F(u8::try_from(n - 12).ok()?),
        // Terminals that were told to spell out every key.
        (b'u', _) => return spelt_out(at(0), at(1)),
        (b'~', 27) => return spelt_out(at(2), at(1)),
        _ => return None,
    };
    Some(Key { code, ctrl: at(1).saturating_sub(1) & 4 != 0 })
}

fn spelt_out(code: u32, modifiers: u32) -> Option<Key> {
    let ctrl = modifiers.saturating_sub(1) & 4 != 0;
    let code = match char::from_u32(code)? {
        '\r' => Code::Enter,
        '\u{1b}' => Code::Esc,
        '\t' if modifiers.saturating_sub(1) & 1 != 0 => Code::BackTab,
        '\t' => Code::Tab,
        '\u{7f}' => Code::Backspace,
        c if c.is_control() => return None,
        c => Code::Char(c),
    };
    Some(Key { code, ctrl })
}

/// After `ESC O`: F1 to F4, cursor keys, and the keypad of terminals left in application mode.
fn single_shift(rest: &[u8]) -> Token {
    let Some(length) = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';')) else {
        return Token::Incomplete;
    };
    let used = 2 + length + 1;
    let Some(last) = rest.get(length) else { return Token::Incomplete };
    let key = match last {
        b'A' => Code::Up.into(),
        b'B' => Code::Down.into(),
        b'C' => Code::Right.into(),
        b'D' => Code::Left.into(),
        b'H' => Code::Home.into(),
        b'F' => Code::End.into(),
        b'M' => Key::ENTER,
        b'P'..=b'S' => Code::F(last - b'P' + 1).into(),
        b'p'..=b'y' => Key::plain(char::from(last - b'p' + b'0')),
        b'j'..=b'o' => Key::plain(char::from(last - b'j' + b'*')),
        b'X' => Key::plain('='),
        _ => return Token::Key(Key::ESC, 1),
    };
    Token::Key(key, used)
}
