//! A line of text as it is typed, pasted and deleted.

use super::editor::{COMMANDS, Editor, Untyped};
use crate::terminal::dump;
use crate::terminal::keymap::Command;
use crate::terminal::width;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use secrecy::ExposeSecret as _;

fn typed(text: &str) -> Editor {
    let mut editor = Editor::new(200);
    text.chars().for_each(|c| editor.insert(c).unwrap());
    editor
}

#[test]
fn editing_keys_work_on_whole_characters() {
    use Command as C;
    for (start, commands, expected) in [
        ("佐藤", vec![C::DeleteBack], "佐"),
        ("ｻﾞｲﾂ", vec![C::CaretStart, C::DeleteForward], "ｲﾂ"),
        ("か\u{3099}き", vec![C::CaretLeft, C::DeleteBack], "き"),
        ("佐藤 花子", vec![C::DeleteWord], "佐藤 花"),
        ("one two", vec![C::DeleteWord], "one "),
        ("one two ", vec![C::DeleteWord], "one "),
        ("one two", vec![C::CaretLeft, C::DeleteToStart], "o"),
        ("one two", vec![C::CaretStart, C::CaretRight, C::DeleteToEnd], "o"),
        ("abc", vec![C::DeleteToStart, C::Undo], "abc"),
        ("abc", vec![C::Undo], ""),
        ("abc", vec![C::DeleteBack, C::DeleteBack, C::Undo], "ab"),
        (
            "abc",
            vec![C::CaretEnd, C::CaretRight, C::DeleteForward, C::CaretStart, C::CaretLeft, C::DeleteBack],
            "abc",
        ),
        ("", vec![C::Undo, C::DeleteBack, C::DeleteWord], ""),
    ] {
        let mut editor = typed(start);
        assert!(commands.iter().all(|command| editor.edit(*command)));
        assert_eq!(editor.text(), expected, "{start} {commands:?}");
    }
    assert!(!typed("a").edit(Command::Send));
}

#[test]
fn a_paste_is_one_edit_without_controls() {
    for (pasted, expected) in [
        ("佐藤\t花子\r\n", "佐藤 花子"),
        ("\r\n\r\n06139999\n", "06139999"),
        ("a\u{1b}[2Jb\u{7}", "a[2Jb"),
        ("x\u{202e}y\u{200b}z", "xyz"),
    ] {
        let mut editor = typed("前");
        assert_eq!(editor.paste(pasted), Ok(()), "{pasted:?}");
        assert_eq!(editor.text(), format!("前{expected}"));
        editor.edit(Command::Undo);
        assert_eq!(editor.text(), "前");
    }
}

#[test]
fn a_full_field_says_so_and_keeps_what_was_there() {
    let mut editor = Editor::new(3);
    assert_eq!(editor.paste("ab"), Ok(()));
    assert_eq!(editor.paste("cd"), Err(Untyped::Full(3)));
    assert_eq!(editor.text(), "abc");
    assert_eq!(editor.insert('d'), Err(Untyped::Full(3)));
    assert_eq!(editor.text(), "abc");
    assert_eq!(Editor::new(3).insert('\u{200b}'), Err(Untyped::NotPlain));
    assert_eq!(editor.insert('\u{e000}'), Err(Untyped::NotPlain), "not that there is no room");
    assert!(Untyped::Full(3).to_string().contains("3文字まで"));
}

#[test]
fn a_password_is_neither_shown_nor_brought_back() {
    let mut editor = Editor::masked(64);
    "ひみつx".chars().for_each(|c| editor.insert(c).unwrap());
    let mut buf = Buffer::empty(Rect::new(0, 0, 10, 1));
    let area = buf.area;
    let caret = editor.draw(&mut buf, area, Style::new());
    assert_eq!((dump::text(&buf), caret), ("****\n".to_owned(), Some(Position::new(4, 0))));
    assert_eq!(format!("{editor:?}"), "Editor(4 characters)");
    assert_eq!(editor.secret().expose_secret(), "ひみつx");
    editor.edit(Command::DeleteToStart);
    editor.edit(Command::Undo);
    assert_eq!(editor.text(), "");
    editor.paste("again").unwrap();
    editor.wipe();
    assert!(editor.is_empty() && editor == Editor::masked(64));
}

/// Anything a person could do to a line.
#[derive(Clone, Debug)]
enum Act {
    Type(char),
    Paste(String),
    Edit(Command),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => proptest::sample::select(vec!['a', '漢', 'ｶ', 'ﾞ', '①', '\u{3099}', ' ', '\u{1b}']).prop_map(Act::Type),
        1 => "[a漢ﾊﾟ①\\t\\n か\u{3099}]{0,30}".prop_map(Act::Paste),
        4 => proptest::sample::select(COMMANDS.to_vec()).prop_map(Act::Edit),
    ]
}

proptest! {
    #[test]
    fn a_field_never_draws_outside_its_width_and_always_shows_its_caret(
        acts in proptest::collection::vec(act(), 0..40), cells in 1u16..20, masked: bool
    ) {
        let mut editor = if masked { Editor::masked(60) } else { Editor::new(60) };
        for act in acts {
            match act {
                Act::Type(c) => {
                    let why = editor.insert(c).err();
                    prop_assert_eq!(why == Some(Untyped::NotPlain), c.is_control());
                }
                Act::Paste(text) => {
                    prop_assert!(editor.paste(&text).is_ok() || editor.text().chars().count() == 60);
                }
                Act::Edit(command) => prop_assert!(editor.edit(command)),
            }
            prop_assert!(editor.text().chars().count() <= 60);
            prop_assert!(!editor.text().contains(char::is_control));
            let mut buf = Buffer::empty(Rect::new(0, 0, cells + 4, 1));
            let caret = editor.draw(&mut buf, Rect::new(2, 0, cells, 1), Style::new().add_modifier(ratatui::style::Modifier::UNDERLINED)).unwrap();
            prop_assert!((2..2 + cells).contains(&caret.x), "{caret:?}");
            for x in [0, 1, cells + 2, cells + 3] {
                prop_assert_eq!(buf[(x, 0)].symbol(), " ");
                prop_assert_eq!(buf[(x, 0)].modifier, ratatui::style::Modifier::empty());
            }
        }
    }

    #[test]
    fn a_long_field_shows_where_it_is_cut(text in "[a-z漢ｶ]{1,60}", left in 0usize..60, cells in 6u16..20) {
        let mut editor = Editor::new(60);
        editor.set(&text);
        for _ in 0..left {
            editor.edit(Command::CaretLeft);
        }
        let mut buf = Buffer::empty(Rect::new(0, 0, cells, 1));
        let area = buf.area;
        let caret = editor.draw(&mut buf, area, Style::new()).unwrap();
        let shown = dump::text(&buf);
        let shown = shown.trim_end();
        if width::cells(&text) < cells {
            prop_assert_eq!(shown, text.trim_end());
        } else if shown != text {
            prop_assert!(shown.starts_with('~') || shown.ends_with('~'), "{shown}");
            prop_assert!(!shown.starts_with('~') || caret.x > 0);
        }
    }
}
