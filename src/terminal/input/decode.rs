//! From the bytes a terminal sends to keys.

use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Code, Key};

/// The longest paste that is kept; no field takes more.
const PASTE_LIMIT: usize = 64 * 1024;
/// Longer sequences are noise.
const SEQUENCE_LIMIT: usize = 64;
const PASTE_END: &[u8] = b"\x1b[201~";

/// One thing the user did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A key. Alt is not known here: Alt-x arrives as Esc and x, which is what terminals send.
    Key(Key),
    /// A bracketed paste.
    Paste(Pasted),
}

/// Turns bytes into keys, whatever pieces they arrive in.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
    pasting: bool,
    after_return: bool,
}

/// What the bytes at hand begin with.
enum Token {
    Key(Key, usize),
    PasteStart(usize),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_at_once(bytes: &[u8]) -> Vec<Decoded> {
        let mut decoder = Decoder::default();
        let mut decoded = decoder.feed(bytes);
        decoded.extend(decoder.flush());
        decoded
    }

    fn one_by_one(bytes: &[u8]) -> Vec<Decoded> {
        let mut decoder = Decoder::default();
        let mut decoded: Vec<_> = bytes.chunks(1).flat_map(|byte| decoder.feed(byte)).collect();
        decoded.extend(decoder.flush());
        decoded
    }

    #[test]
    fn keys_in_every_encoding_in_any_pieces() {
        let f = |n| vec![Code::F(n).into()];
        let cases: Vec<(&[u8], Vec<Key>)> = vec![
            (b"\x1bOP", f(1)),
            (b"\x1bOQ", f(2)),
            (b"\x1bOR", f(3)),
            (b"\x1bOS", f(4)),
            (b"\x1b[11~", f(1)),
            (b"\x1b[12~", f(2)),
            (b"\x1b[13~", f(3)),
            (b"\x1b[14~", f(4)),
            (b"\x1b[[A", f(1)),
            (b"\x1b[[B", f(2)),
            (b"\x1b[[C", f(3)),
            (b"\x1b[[D", f(4)),
            (b"\x1b[[E", f(5)),
            (b"\x1b[P", f(1)),
            (b"\x1b[Q", f(2)),
            (b"\x1b[S", f(4)),
            (b"\x1b[1;2P", f(1)),
            (b"\x1b[1;5S", vec![Key { code: Code::F(4), ctrl: true }]),
            (b"\x1b[15~", f(5)),
            (b"\x1b[17~", f(6)),
            (b"\x1b[21~", f(10)),
            (b"\x1b[23~", f(11)),
            (b"\x1b[24~", f(12)),
            (b"\x1b[A", vec![Code::Up.into()]),
            (b"\x1bOB", vec![Code::Down.into()]),
            (
                b"\x1b[1~\x1b[4~\x1b[7~\x1b[8~",
                vec![Code::Home.into(), Code::End.into(), Code::Home.into(), Code::End.into()],
            ),
            (b"\x1b[H\x1bOF", vec![Code::Home.into(), Code::End.into()]),
            (b"\x1b[3~\x1b[5~\x1b[6~", vec![Code::Delete.into(), Code::PageUp.into(), Code::PageDown.into()]),
            (b"\x1b[Z\t", vec![Code::BackTab.into(), Code::Tab.into()]),
            (b"\r", vec![Key::ENTER]),
            (b"\r\n", vec![Key::ENTER]),
            (b"\n", vec![Key::ENTER]),
            (b"\r\r", vec![Key::ENTER, Key::ENTER]),
            (b"\x7f\x08", vec![Code::Backspace.into(), Code::Backspace.into()]),
            (b"\x07\x1f\x00", vec![Key::ctrl('g'), Key::ctrl('_'), Key::ctrl(' ')]),
            (b"\x1b", vec![Key::ESC]),
            (b"\x1b\x1b", vec![Key::ESC, Key::ESC]),
            (b"\x1bn", vec![Key::ESC, Key::plain('n')]),
            (b"\x1b[", vec![Key::ESC, Key::plain('[')]),
            (b"\x1bO", vec![Key::ESC, Key::plain('O')]),
            (b"\x1bOp\x1bOy\x1bOn", vec![Key::plain('0'), Key::plain('9'), Key::plain('.')]),
            (b"\x1b[27;5;103~\x1b[103;5u", vec![Key::ctrl('g'), Key::ctrl('g')]),
            ("患ａ".as_bytes(), vec![Key::plain('患'), Key::plain('ａ')]),
            (b"\xff\xe3a", vec![Key::plain('a')]),
            (b"\x1b[999;1Hx\x1b[?1;2cy", vec![Code::Home.into(), Key::plain('x'), Key::plain('y')]),
            (b"\x1b[12", vec![]),
        ];
        for (bytes, keys) in cases {
            let expected: Vec<_> = keys.into_iter().map(Decoded::Key).collect();
            assert_eq!(all_at_once(bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
            assert_eq!(one_by_one(bytes), expected, "{:?} one by one", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_paste_is_one_thing_and_its_controls_press_no_keys() {
        let bytes = "a\x1b[200~佐藤\r\x1b[B\tx\x1b[201~b".as_bytes();
        let expected = vec![
            Decoded::Key(Key::plain('a')),
            Decoded::Paste(Pasted::new("佐藤\r\x1b[B\tx".into())),
            Decoded::Key(Key::plain('b')),
        ];
        assert_eq!(all_at_once(bytes), expected);
        assert_eq!(one_by_one(bytes), expected);
    }

    #[test]
    fn an_endless_paste_is_cut() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.feed(b"\x1b[200~"), []);
        for _ in 0..40 {
            assert_eq!(decoder.feed(&[b'x'; 4096]), []);
            assert!(decoder.held.len() <= PASTE_LIMIT + 2 * PASTE_END.len());
        }
        assert!(!decoder.is_waiting(), "a paste may pause");
        let decoded = decoder.feed(b"\x1b[201~y");
        assert!(matches!(decoded.first(), Some(Decoded::Paste(p)) if p.as_str().len() == PASTE_LIMIT));
        assert_eq!(decoded.last(), Some(&Decoded::Key(Key::plain('y'))));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same_keys(bytes in noise(), cut in 0usize..80) {
            let (left, right) = bytes.split_at(cut.min(bytes.len()));
            let mut decoder = Decoder::default();
            let mut decoded = decoder.feed(left);
            decoded.extend(decoder.feed(right));
            prop_assert!(!decoder.is_waiting() || !decoder.held.is_empty());
            decoded.extend(decoder.flush());
            prop_assert_eq!(decoded, all_at_once(&bytes));
        }
    }

    fn noise() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![3 => Just(0x1b), 2 => Just(b'['), 1 => Just(b'O'), 2 => 0x30u8..0x40, 6 => any::<u8>()];
        proptest::collection::vec(byte, 0..80)
    }
}
