//! A card that was checked against a lapsed list: every screen of its session says so.

use super::super::view;
use super::{at, sample};
use crate::domain::factor::Factor;
use crate::protocol::cards::CardNote;
use crate::protocol::view::{SessionView, Stage};
use crate::terminal::app::{Goto, Model};
use crate::terminal::dump;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn first_line(model: &Model, width: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, 24)).unwrap();
    let text = dump::text(terminal.draw(|frame| view::view(model, frame)).unwrap().buffer);
    text.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn every_screen_says_so_until_the_next_login() {
    let note = |until: Option<&str>| CardNote {
        factor: Factor::HpkiCard,
        hc_role: None,
        grace_until: until.map(Into::into),
    };
    let words = "【失効リスト猶予中】";
    for width in [60, 80, 132] {
        for to in [
            Goto::Home(Box::new(sample::home())),
            Goto::Enquiry(Box::new(sample::enquiry(Stage::NoMatch, sample::four_items()))),
            Goto::Lock(None),
        ] {
            let mut model = at(to);
            assert!(!first_line(&model, width).contains(words));
            let card = Some(Box::new(note(None)));
            model.shell.session = Some(SessionView { card, ..sample::session() });
            assert!(!first_line(&model, width).contains(words));
            let card = Some(Box::new(note(Some("2026-12-01 09:00"))));
            model.shell.session = Some(SessionView { card, ..sample::session() });
            assert!(first_line(&model, width).contains(words), "{width}: {}", first_line(&model, width));
        }
    }
}
