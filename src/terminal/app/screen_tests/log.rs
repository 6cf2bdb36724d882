//! 操作ログ as an auditor uses it: page by page, checked meanwhile, searched in the wrong half of it.

use super::super::model::{Effect, Model};
use super::super::update::update;
use super::super::{Goto, Word};
use super::screens::look;
use super::{at, sample};
use crate::domain::Permission;
use crate::protocol::view::{HomeView, LogPage};
use crate::protocol::{Reply, StationFrame};
use crate::terminal::event_loop::Incoming;
use crate::terminal::keymap::Key;
use crate::terminal::link::FromStation;
use std::time::Instant;

fn audited(to: Goto) -> Model {
    let mut model = at(to);
    if let Some(session) = &mut model.shell.session {
        session.account.permissions = [Permission::Audit].into();
    }
    model
}

/// So many entries, all of them here.
fn long(entries: u64) -> LogPage {
    let mut page = sample::log();
    let line = page.lines[2].clone();
    page.lines =
        (1..=entries).rev().map(|seq| crate::protocol::view::LogLine { seq, ..line.clone() }).collect();
    LogPage { more: false, total: Some(entries), ..page }
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let effects = update(model, Instant::now(), Incoming::Key(key));
    // Only what was drawn is known as a page.
    look(model, 80, 24);
    effects
}

fn answer(model: &mut Model, effects: &[Effect], reply: Reply) {
    let asked = effects.iter().rev().find_map(|effect| match effect {
        Effect::Ask(number, request) if request.name() != "alive" => Some(*number),
        _ => None,
    });
    let frame = StationFrame::Answer { number: asked.unwrap(), outcome: Ok(Box::new(reply)) };
    update(model, Instant::now(), Incoming::Station(Word::Station(FromStation::Frame(frame))));
}

/// `1-12 / 41`
fn place(model: &Model) -> String {
    let screen = look(model, 80, 24);
    let line = screen.lines().find(|line| line.contains("番号")).unwrap_or(&screen);
    line.split("内容").nth(1).unwrap_or_default().trim().to_owned()
}

#[test]
fn a_page_is_a_page() {
    let mut model = audited(Goto::Log(long(70), false));
    let mut places = vec![place(&model)];
    for _ in 0..5 {
        press(&mut model, Key::plain(' '));
        places.push(place(&model));
    }
    let pages = ["1-18 / 70", "19-36 / 70", "37-54 / 70", "53-70 / 70", "53-70 / 70", "53-70 / 70"];
    assert_eq!(places, pages);
}

#[test]
fn the_list_stays_where_it_was_while_it_is_checked_and_nothing_is_said_of_it_afterwards() {
    let mut model = audited(Goto::Log(long(70), false));
    press(&mut model, Key::plain(' '));
    // To the last row in sight: the first to go if a line of words took its place.
    for _ in 0..17 {
        press(&mut model, "Down".parse().unwrap());
    }
    let before = place(&model);
    let asked = press(&mut model, Key::plain('v'));
    assert!(look(&model, 80, 24).contains("操作ログを検証中"), "{}", look(&model, 80, 24));
    answer(&mut model, &asked, Reply::Verified(sample::log_verified()));
    assert!(!look(&model, 80, 24).contains("検証中"), "{}", look(&model, 80, 24));
    press(&mut model, Key::ESC);
    assert_eq!(place(&model), before);
}

#[test]
fn who_looked_only_at_his_own_is_told_where_the_others_are() {
    let nothing = || LogPage { lines: Vec::new(), more: false, ..sample::log_found() };
    for (permission, told) in [(Permission::Audit, true), (Permission::EmergencyView, false)] {
        let mut model = audited(Goto::Log(sample::log(), true));
        if let Some(session) = &mut model.shell.session {
            session.account.permissions = [permission].into();
        }
        press(&mut model, Key::plain('/'));
        press(&mut model, Key::plain('x'));
        let asked = press(&mut model, Key::ctrl('g'));
        answer(&mut model, &asked, Reply::Log(nothing()));
        let screen = look(&model, 80, 24);
        assert!(screen.contains("条件に合う記録はありません。"), "{screen}");
        assert!(screen.contains("/ で条件を変えるか、Esc で条件を外してください"), "{screen}");
        let words = "自分の操作だけを探しました。Ctrl-N で全利用者を探します。";
        assert_eq!(screen.contains(words), told, "{screen}");
    }
}

#[test]
fn the_home_screen_of_an_administrator_sends_nobody_to_himself() {
    let empty = || HomeView { cases: Vec::new(), news: Vec::new(), ..sample::home() };
    let mut model = at(Goto::Home(Box::new(empty())));
    if let Some(session) = &mut model.shell.session {
        session.account.permissions = [Permission::Administer].into();
        session.may_enquire = false;
        session.two_factors = false;
    }
    model.go(Goto::Home(Box::new(empty())));
    let screen = look(&model, 80, 24);
    assert_eq!(screen.matches("救急時閲覧権限がない").count(), 1, "{screen}");
    assert!(!screen.contains("施設管理者") && !screen.contains("症例（新しい順）"), "{screen}");
    assert!(screen.contains("権限のある人に頼んでください"), "{screen}");
}

#[test]
fn nothing_is_said_of_the_link_software_while_the_station_is_away() {
    let mut model = audited(Goto::Log(sample::log(), true));
    assert!(look(&model, 80, 24).contains("連携:正常"));
    update(&mut model, Instant::now(), Incoming::Station(Word::Station(FromStation::Lost)));
    let screen = look(&model, 80, 24);
    assert!(screen.contains("連携:不明") && !screen.contains("連携:正常"), "{screen}");
}
