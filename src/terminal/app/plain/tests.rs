//! What lines mean, page by page.

use super::super::screen_tests::{at, sample};
use super::super::{Goto, Model};
use super::answer::{Heard, prompt, read};
use super::{frame, update};
use crate::domain::key::KeyDraft;
use crate::protocol::view::Stage;
use crate::terminal::keymap::{Command, Meaning};
use crate::terminal::theme::Theme;
use crate::terminal::widgets::Wants;

fn plain(to: Goto) -> Model {
    let mut model = at(to);
    model.shell.theme = Theme::Plain;
    model
}

fn says(model: &mut Model, line: &str) {
    match read(model, line) {
        Heard::Meanings(meanings) => {
            for meaning in meanings {
                update::mean(model, meaning);
            }
        }
        other => panic!("{line}: {other:?}"),
    }
}

fn confirm() -> Model {
    plain(Goto::Confirm(Box::new(sample::enquiry(Stage::Drafting, sample::certificate()))))
}

fn label(model: &Model) -> String {
    prompt(model).map(|prompt| prompt.label).unwrap_or_default()
}

#[test]
fn a_form_is_answered_line_by_line() {
    let mut model = plain(Goto::Identify(Box::new(sample::enquiry(Stage::Drafting, KeyDraft::default()))));
    says(&mut model, ":next-tab");
    let mut asked = Vec::new();
    for line in ["139907", "架空１２", "::1", "01", "S30.11.3"] {
        asked.push(label(&model));
        says(&mut model, line);
    }
    assert_eq!(asked, ["保険者番号", "記号", "番号", "枝番", "生年月日"]);
    let text = frame(&model).unwrap();
    for shown in ["139907", "国民健康保険", "[:1 ", "1955年11月3日（昭和30年11月3日）"] {
        assert!(text.contains(shown), "{shown} is missing:\n{text}");
    }
    // A line replaces what was there; an empty one leaves it.
    says(&mut model, ":prev-field");
    says(&mut model, "02");
    says(&mut model, ":prev-field");
    says(&mut model, "");
    assert!(frame(&model).unwrap().contains("[02"));
}

#[test]
fn a_choice_is_a_number_and_nothing_is_sent_by_it() {
    let mut model = confirm();
    assert!(matches!(prompt(&model).map(|p| p.wants), Some(Wants::Choice { many: true, .. })));
    says(&mut model, "1");
    says(&mut model, "１");
    assert_eq!(label(&model), "同意");
    says(&mut model, "2");
    assert_eq!(label(&model), "理由");
    let text = frame(&model).unwrap();
    assert!(text.contains("(*) 同意取得困難") && text.matches("[x]").count() == 2, "{text}");
    assert_eq!(read(&model, "9"), Heard::Not("1 から 5 までの番号を入力してください。".to_owned()));
    // The number of what is chosen already does not take it back.
    says(&mut model, ":prev-field");
    says(&mut model, "2");
    assert!(frame(&model).unwrap().contains("(*) 同意取得困難"));
}

#[test]
fn what_is_done_is_named_and_only_what_is_offered() {
    let model = confirm();
    for (line, command) in [
        (":send", Command::Send),
        (":se", Command::Send),
        ("：ｓｅｎｄ", Command::Send),
        (":Esc", Command::Back),
        (":Ctrl-G", Command::Send),
        (":quit", Command::Quit),
    ] {
        assert_eq!(read(&model, line), Heard::Meanings(vec![Meaning::Command(command)]), "{line}");
    }
    for line in [":view", ":nothing", ":l"] {
        assert!(matches!(read(&model, line), Heard::Not(_)), "{line}");
    }
    assert_eq!(read(&model, ":help"), Heard::List);
    assert_eq!(read(&model, ":again"), Heard::Again);
}

#[test]
fn a_row_is_marked_by_its_number_and_opened_by_an_empty_line() {
    let mut model = plain(Goto::Home(Box::new(sample::home())));
    assert_eq!(prompt(&model), None);
    says(&mut model, "3");
    let text = frame(&model).unwrap();
    assert!(text.lines().any(|line| line.starts_with("> 3. ")), "{text}");
    assert_eq!(read(&model, ""), Heard::Meanings(vec![Meaning::Command(Command::Accept)]));
    assert!(matches!(read(&model, "abc"), Heard::Not(_)));
}

#[test]
fn leaving_asks_with_the_harmless_answer_first() {
    let mut model = confirm();
    says(&mut model, ":quit");
    let text = frame(&model).unwrap();
    assert!(text.contains("> 1. 戻る") && text.contains("  2. 終了する"), "{text}");
    assert!(!text.contains("+--"), "no box:\n{text}");
    says(&mut model, "2");
    assert!(frame(&model).unwrap().contains("> 2. 終了する"));
    says(&mut model, "1");
    says(&mut model, "");
    assert!(frame(&model).unwrap().contains("照会内容の確認"));
}

/// Rows of a table do not stand side by side, and nothing is drawn with boxes or colours.
#[test]
fn every_page_can_be_read_line_by_line() {
    let view = |stage| Box::new(sample::enquiry(stage, sample::certificate()));
    for (to, expected) in [
        (Goto::Login, "利用者ID"),
        (Goto::Home(Box::new(sample::home())), "> 1. 20261123-003"),
        (Goto::Enquiry(view(sample::candidates())), "     カナ: *ﾀﾅｶ ﾐﾉﾙ"),
        (Goto::Person(view(Stage::Answered), Box::new(sample::person())), "氏名      青葉　太郎"),
        (
            Goto::Reading(view(Stage::Reading), Box::new(sample::summary(sample::drugs()))),
            "     薬剤情報: ワーファリン錠１ｍｇ",
        ),
        (Goto::Log(sample::log(), true), "     内容: 【訓練】救急用サマリーを表示"),
    ] {
        let text = frame(&plain(to)).unwrap();
        assert!(text.contains(expected), "{expected} is missing:\n{text}");
        assert!(!text.contains("+--"), "{text}");
    }
}
