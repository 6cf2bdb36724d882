//! What must hold for every keymap, and what the user is told about a file of their own.

use super::*;
use crate::terminal::widgets::editor;

fn keymap(base: Base) -> Keymap {
    Keymap::load(base, None).unwrap_or_else(|error| panic!("{}: {error}", base.name()))
}

/// All that could ever be offered in a place.
fn everything(place: Place) -> Offers {
    Offers::new(place, Command::ALL.iter().copied())
}

fn single(key: &str) -> Vec<Key> {
    key.split_whitespace().map(|key| key.parse().unwrap()).collect()
}

/// Presses keys one after the other and gives what the last one meant.
fn press(keymap: &Keymap, offers: &Offers, keys: &[Key]) -> Meaning {
    let mut presses = Presses::default();
    keys.iter().map(|key| presses.press(keymap, offers, *key)).last().unwrap()
}

#[test]
fn every_key_that_is_shown_does_what_is_shown_and_has_another_than_an_f_key() {
    for base in Base::ALL {
        let keymap = keymap(base);
        for place in Place::ALL {
            let offers = everything(*place);
            let shown: Vec<Hint> = keymap.help(&offers).into_iter().filter(|hint| hint.now).collect();
            assert!(!shown.is_empty());
            for hint in shown {
                assert!(!hint.text.is_empty());
                for keys in &hint.keys {
                    let meaning = press(&keymap, &offers, &single(keys));
                    assert_eq!(
                        meaning,
                        Meaning::Command(hint.command),
                        "{keys} in {place:?} of {}",
                        base.name()
                    );
                }
                let plain =
                    hint.keys.iter().any(|keys| !single(keys).iter().any(|key| key.is_function_key()));
                assert!(plain, "{} in {place:?} of {} has only F-keys", hint.text, base.name());
            }
        }
    }
}

#[test]
fn every_command_can_be_had_somewhere_in_every_keymap() {
    for base in Base::ALL {
        let keymap = keymap(base);
        for command in Command::ALL {
            let bound = keymap.bindings().iter().any(|binding| binding.command == *command);
            assert!(bound, "{} is not bound in {}", command.name(), base.name());
        }
    }
}

/// The first key of a command, which is the one that is shown, is the same in lists and forms; so are all keys that
/// both have.
#[test]
fn what_lists_and_forms_both_have_has_the_same_key() {
    for base in Base::ALL {
        let keymap = keymap(base);
        for command in [Command::NextTab, Command::PrevTab, Command::Send] {
            let shown = |place| keymap.keys_for(&everything(place), command).unwrap().keys.remove(0);
            assert_eq!(shown(Place::TextField), shown(Place::List), "{command:?} in {base:?}");
        }
        // No key of a form means something else in a list, but where it edits text.
        let form = |binding: &&Binding| binding.context == Context::Form;
        for binding in keymap.bindings().iter().filter(form) {
            for key in binding.keys.iter().filter_map(|keys| keys.first()) {
                let in_list = keymap.meaning(&everything(Place::List), None, *key);
                let moves =
                    [Command::NextField, Command::PrevField, Command::Accept].contains(&binding.command);
                let same = [Meaning::Command(binding.command), Meaning::Nothing].contains(&in_list);
                assert!(same || moves, "{key} is {:?} in a form and {in_list:?} in a list", binding.command);
            }
        }
    }
}

#[test]
fn esc_is_back_and_nothing_else_everywhere() {
    for base in Base::ALL {
        let keymap = keymap(base);
        for place in Place::ALL {
            assert_eq!(press(&keymap, &everything(*place), &[Key::ESC]), Meaning::Command(Command::Back));
            let without = Offers::new(*place, []);
            assert_eq!(press(&keymap, &without, &[Key::ESC]), Meaning::Nothing);
        }
        for binding in keymap.bindings().iter().filter(|binding| binding.command != Command::Back) {
            assert!(!binding.keys.iter().flatten().any(|key| *key == Key::ESC), "{}", binding.text);
        }
    }
}

#[test]
fn what_moves_never_sends() {
    for base in Base::ALL {
        let keymap = keymap(base);
        for binding in keymap.bindings().iter().filter(|binding| binding.command == Command::Send) {
            for keys in binding.keys.iter().flatten() {
                let typed = keys.typed().is_some();
                let moves =
                    matches!(keys.code, Code::Enter | Code::Tab | Code::BackTab | Code::Up | Code::Down);
                assert!(!typed && !moves, "{keys} sends in {}", base.name());
            }
        }
    }
}

#[test]
fn full_width_letters_and_capslock_give_the_same_commands() {
    for base in Base::ALL {
        let keymap = keymap(base);
        for place in Place::ALL.iter().filter(|place| !place.takes_text()) {
            let offers = everything(*place);
            for binding in keymap.bindings().iter().filter(|b| place.contexts().contains(&b.context)) {
                for keys in binding.keys.iter().filter(|keys| keys.iter().all(|key| key.typed().is_some())) {
                    let wide: Vec<Key> =
                        keys.iter().map(|key| Key::plain(full_width(key.typed().unwrap()))).collect();
                    assert_eq!(press(&keymap, &offers, &wide), Meaning::Command(binding.command), "{wide:?}");
                }
            }
        }
    }
    let home = everything(Place::Home);
    assert_eq!(press(&keymap(Base::Default), &home, &[Key::plain('N')]), Meaning::Command(Command::NewCase));
    assert_eq!(press(&keymap(Base::Vim), &home, &[Key::plain('G')]), Meaning::Command(Command::Bottom));
}

fn full_width(c: char) -> char {
    if c == ' ' { '\u{3000}' } else { char::from_u32(u32::from(c) + 0xfee0).unwrap() }
}

#[test]
fn where_text_is_typed_characters_are_text() {
    for base in Base::ALL {
        let keymap = keymap(base);
        for place in Place::ALL.iter().filter(|place| place.takes_text()) {
            let offers = everything(*place);
            for c in "n?/ Gｎ患".chars() {
                assert_eq!(press(&keymap, &offers, &[Key::plain(c)]), Meaning::Text(c));
            }
            for command in editor::COMMANDS {
                assert!(
                    keymap.keys_for(&offers, command).is_some_and(|hint| !hint.keys.is_empty()),
                    "{command:?}"
                );
            }
        }
    }
}

#[test]
fn two_keys_show_what_may_follow_and_esc_takes_the_first_back() {
    let keymap = keymap(Base::Vim);
    let offers = everything(Place::Reading);
    let mut presses = Presses::default();
    assert_eq!(presses.press(&keymap, &offers, Key::plain('ｇ')), Meaning::First(Key::plain('g')));
    let follows: Vec<_> = keymap.after(&offers, presses.first().unwrap());
    let follows: Vec<_> = follows.iter().map(|hint| (hint.keys.join(" "), hint.text.as_str())).collect();
    assert_eq!(follows, [("g".into(), "先頭へ")]);
    assert_eq!(presses.press(&keymap, &offers, Key::ESC), Meaning::Nothing);
    assert_eq!(presses.first(), None);
    presses.press(&keymap, &offers, Key::plain('g'));
    assert_eq!(presses.press(&keymap, &offers, Key::plain('g')), Meaning::Command(Command::Top));
}

#[test]
fn the_footer_shows_only_what_is_offered_under_the_name_the_screen_gives_it() {
    let keymap = keymap(Base::Default);
    let offers =
        Offers::new(Place::TextField, [Command::Send, Command::Back]).named(Command::Send, "照会する");
    let footer: Vec<_> =
        keymap.footer(&offers).into_iter().map(|hint| (hint.keys[0].clone(), hint.text)).collect();
    let expected = [("Ctrl-G", "照会する"), ("Esc", "戻る"), ("F1", "手引き")];
    assert_eq!(footer, expected.map(|(key, text)| (key.to_owned(), text.to_owned())));
}

#[test]
fn a_users_file_goes_over_the_table() {
    let user = r#"bind = [{ in = "home", do = "new-case", keys = ["+"] }]"#;
    for base in Base::ALL {
        let keymap = Keymap::load(base, Some(("my.toml", user))).unwrap();
        let home = everything(Place::Home);
        assert_eq!(press(&keymap, &home, &[Key::plain('+')]), Meaning::Command(Command::NewCase));
        assert_eq!(press(&keymap, &home, &[Key::plain('n')]), Meaning::Nothing);
        assert_eq!(keymap.keys_for(&home, Command::NewCase).unwrap().text, "新しい症例");
    }
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (user, expected) in [
        (
            "bind = [\n  { in = \"home\" do = 1 },\n]",
            "キー割り当て my.toml の 2 行目: 書き方が正しくありません",
        ),
        (
            "bind = [\n\n { in = \"house\", do = \"back\", keys = [\"q\"] },\n]",
            "キー割り当て my.toml の 3 行目: in = \"house\" という場所はありません",
        ),
        (
            "bind = [{ in = \"home\", do = \"fly\", keys = [\"q\"] }]",
            "キー割り当て my.toml の 1 行目: do = \"fly\" という操作はありません",
        ),
        (
            "bind = [{ in = \"home\", do = \"send\", keys = [\"q\"] }]",
            "キー割り当て my.toml の 1 行目: 「send」は「home」では使えません",
        ),
        (
            "bind = [\n{ in = \"home\", do = \"log\", keys = [\"x\"] },\n{ in = \"home\", do = \"log\", keys = [\"y\"] }]",
            "キー割り当て my.toml の 3 行目: 同じ場所の同じ操作が 2 行目にもあります。1 行にまとめてください",
        ),
        (
            "bind = [{ in = \"home\", do = \"log\", keys = [\"Alt-v\"] }]",
            "キー割り当て my.toml の 1 行目: keys の \"Alt-v\": Alt との組み合わせは使えません（Esc と区別できないため）",
        ),
        (
            "bind = [{ in = \"home\", do = \"log\", keys = [\"v v v\"] }]",
            "キー割り当て my.toml の 1 行目: keys の \"v v v\": キーは 1 つか、続けて押す 2 つまでです",
        ),
        (
            "bind = [{ in = \"home\", do = \"log\", keys = [\"Esc\"] }]",
            "キー割り当て my.toml の 1 行目: Esc は「戻る」以外に使えません",
        ),
        (
            "bind = [{ in = \"home\", do = \"log\", keys = [\"F7\"] }]",
            "キー割り当て my.toml の 1 行目: 「操作ログ」に、ファンクションキーと文字入力以外のキーがありません",
        ),
        (
            "bind = [{ in = \"form\", do = \"send\", keys = [\"x\"] }]",
            "キー割り当て my.toml の 1 行目: 「送信」に、ファンクションキーと文字入力以外のキーがありません",
        ),
        (
            "# mine\nbind = [{ in = \"global\", do = \"help\", keys = [\"n\", \"Ctrl-O\"] }]",
            "キー割り当て my.toml の 2 行目: n は「新しい症例」にも割り当てられています（keymaps/default.toml の ",
        ),
        (
            "bind = [{ in = \"home\", do = \"log\", keys = [\"n v\", \"v\"] }]",
            "キー割り当て my.toml の 1 行目: n v は「新しい症例」にも割り当てられています",
        ),
    ] {
        let error = Keymap::load(Base::Default, Some(("my.toml", user))).expect_err(user);
        assert!(error.to_string().starts_with(expected), "{user}\n{error}\n{expected}");
    }
}
