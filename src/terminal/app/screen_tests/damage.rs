//! A store that was found damaged: every screen says so until an administrator has acknowledged it.

use super::super::update::update;
use super::super::{Word, view};
use super::{at, sample};
use crate::protocol::view::Stage;
use crate::protocol::{Event, StationFrame, Welcome};
use crate::terminal::app::{Goto, Model};
use crate::terminal::dump;
use crate::terminal::event_loop::Incoming;
use crate::terminal::link::FromStation;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::time::Instant;

fn screen(model: &Model, width: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, 24)).unwrap();
    dump::text(terminal.draw(|frame| view::view(model, frame)).unwrap().buffer)
}

fn marked(model: &Model, width: u16) -> bool {
    screen(model, width).lines().next().unwrap_or_default().contains("【操作ログ異常】")
}

fn tell(model: &mut Model, said: FromStation) {
    update(model, Instant::now(), Incoming::Station(Word::Station(said)));
}

#[test]
fn every_screen_says_so_until_it_is_acknowledged() {
    for width in [60, 80, 132] {
        for to in [
            Goto::Login,
            Goto::Home(Box::new(sample::home())),
            Goto::Enquiry(Box::new(sample::enquiry(Stage::NoMatch, sample::four_items()))),
            Goto::Lock(None),
        ] {
            let mut model = at(to);
            assert!(!marked(&model, width));
            let session = model.shell.session.clone();
            let welcome = Welcome { damage: true, session, ..sample::welcome() };
            tell(&mut model, FromStation::Welcome(Box::new(welcome)));
            assert!(marked(&model, width), "{width}: {}", screen(&model, width));
            let words = "新しい操作ログで続けています";
            assert!(
                width == 60 || screen(&model, width).contains(words),
                "{width}: {}",
                screen(&model, width)
            );
            tell(&mut model, FromStation::Frame(StationFrame::Event(Box::new(Event::Damage(false)))));
            assert!(!marked(&model, width));
        }
    }
}
