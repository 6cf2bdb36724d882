//! The bytes that terminals send, and the keys they are.

use super::decode::{Decoded, Decoder, PASTE_END, PASTE_LIMIT};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Code, Key};
use proptest::prelude::*;

fn all_at_once(bytes: &[u8]) -> Vec<Decoded> {
    let mut decoder = Decoder::default();
    let mut keys = decoder.feed(bytes);
    keys.extend(decoder.flush());
    keys
}

fn one_by_one(bytes: &[u8]) -> Vec<Decoded> {
    let mut decoder = Decoder::default();
    let mut keys: Vec<_> = bytes.chunks(1).flat_map(|byte| decoder.feed(byte)).collect();
    keys.extend(decoder.flush());
    keys
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
fn the_answer_of_the_terminal_is_no_key_and_shift_f3_is_no_answer() {
    for (bytes, expected) in [
        (&b"\x1b[2;2R"[..], Decoded::Column(2)),
        (b"\x1b[2;3R", Decoded::Column(3)),
        (b"\x1b[2;70000R", Decoded::Column(0)),
        (b"\x1b[1;2R", Decoded::Key(Code::F(3).into())),
    ] {
        assert_eq!(all_at_once(bytes), [expected], "{bytes:?}");
    }
    let mut decoder = Decoder::default();
    let pieces: Vec<_> = b"\x1b[2;2R".chunks(1).flat_map(|byte| decoder.feed(byte)).collect();
    assert_eq!(pieces, [Decoded::Column(2)], "however it arrives");
    for other in [&b"\x1b[3;2R"[..], b"\x1b[2R", b"\x1b[2;2;2R"] {
        assert!(all_at_once(other).iter().all(|one| !matches!(one, Decoded::Column(_))), "{other:?}");
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
    let events = decoder.feed(b"\x1b[201~y");
    assert!(matches!(events.first(), Some(Decoded::Paste(p)) if p.as_str().len() == PASTE_LIMIT));
    assert_eq!(events.last(), Some(&Decoded::Key(Key::plain('y'))));
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_give_the_same_keys(bytes in noise(), cut in 0usize..80) {
        let (left, right) = bytes.split_at(cut.min(bytes.len()));
        let mut decoder = Decoder::default();
        let mut events = decoder.feed(left);
        events.extend(decoder.feed(right));
        events.extend(decoder.flush());
        prop_assert!(!decoder.is_waiting(), "nothing is held back for ever");
        prop_assert_eq!(events, all_at_once(&bytes));
    }
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte =
        prop_oneof![3 => Just(0x1b), 2 => Just(b'['), 1 => Just(b'O'), 2 => 0x30u8..0x40, 6 => any::<u8>()];
    proptest::collection::vec(byte, 0..80)
}
