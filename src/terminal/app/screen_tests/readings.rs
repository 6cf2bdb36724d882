//! A patient's card reading: whose it is stands beside it, and it stays on its own tab.

use super::super::model::{Effect, Model};
use super::super::update::update;
use super::super::{Act, Goto, Word};
use super::screens::{press, seen, typed};
use super::{at, sample};
use crate::domain::key::{IdentificationMethod, KeyDraft, KeyField, Sex};
use crate::protocol::view::{EnquiryView, ReadingView, SessionView, Stage};
use crate::protocol::{Event, Reply, Request, StationFrame};
use crate::terminal::event_loop::Incoming;
use crate::terminal::keymap::{Command, Meaning};
use crate::terminal::link::FromStation;
use std::time::Instant;

/// 若草's reading, beside what was typed by hand about somebody else.
fn chosen(by_hand: KeyDraft) -> EnquiryView {
    let face = sample::faces().remove(0);
    let card = KeyDraft {
        method: IdentificationMethod::MyNumberCard,
        insurer_number: "06132013".into(),
        symbol: "架空".into(),
        insured_number: "77001".into(),
        branch_number: "01".into(),
        birthdate: "19780421".into(),
        ..KeyDraft::default()
    };
    let reading = ReadingView {
        person_name: face.person_name,
        kana: face.kana,
        birthdate: face.birthdate,
        corrected: Vec::new(),
    };
    EnquiryView { by_hand, reading: Some(reading), ..sample::enquiry(Stage::Drafting, card) }
}

/// What would be kept if the person went away now.
fn kept(model: &Model) -> KeyDraft {
    match model.page.draft() {
        Some(Request::SaveDraft { key, .. }) => key,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reading_fills_in_nothing_on_the_other_tabs() {
    let mut model = at(Goto::Identify(Box::new(chosen(KeyDraft::default()))));
    assert_eq!(kept(&model).insured_number, "77001");
    press(&mut model, Command::Back);
    for method in [IdentificationMethod::Certificate, IdentificationMethod::FourItems] {
        press(&mut model, Command::NextTab);
        assert_eq!(kept(&model), KeyDraft { method, ..KeyDraft::default() });
    }
    // What is typed under one of them is not lost by a look at the card's tab, and does not get there.
    for field in ["青葉　太郎", "S30.11.3"] {
        typed(&mut model, field);
        press(&mut model, Command::NextField);
    }
    press(&mut model, Command::NextTab);
    assert_eq!((kept(&model).birthdate.as_str(), kept(&model).name.as_str()), ("19780421", "青葉　太郎"));
    press(&mut model, Command::NextTab);
    assert!(kept(&model).birthdate.is_empty(), "the tab before was the card's: {:?}", kept(&model));
    press(&mut model, Command::NextTab);
    assert_eq!((kept(&model).birthdate.as_str(), kept(&model).name.as_str()), ("S30.11.3", "青葉　太郎"));
}

#[test]
fn a_reading_takes_the_place_of_nothing_typed() {
    let typed_before =
        KeyDraft { sex: Some(Sex::Male), name: "青葉　太郎".into(), ..sample::certificate() };
    let mut model = at(Goto::Identify(Box::new(sample::enquiry(Stage::Drafting, typed_before.clone()))));
    // The tab is left with its last field, and that is kept.
    press(&mut model, Command::NextField);
    assert!(model.page.press(&model.shell, Meaning::Text('9')).is_empty());
    let left = model.page.press(&model.shell, Meaning::Command(Command::PrevTab));
    let sent = left.iter().find_map(|act| match act {
        Act::Tell(Request::SaveDraft { key, .. }) => Some(key.clone()),
        _ => None,
    });
    let by_hand = sent.unwrap();
    assert!(by_hand.symbol.ends_with('9'), "{by_hand:?}");
    // A reading is chosen from the list, and left.
    model.page.reply(&model.shell, Reply::Enquiry(Box::new(chosen(by_hand.clone()))));
    assert_eq!(kept(&model).insured_number, "77001");
    press(&mut model, Command::NextTab);
    for field in KeyField::of(IdentificationMethod::Certificate) {
        assert_eq!(kept(&model).text(*field), by_hand.text(*field), "{field:?}");
    }
    assert_eq!((kept(&model).name.as_str(), kept(&model).sex), ("青葉　太郎", Some(Sex::Male)));
}

#[test]
fn whose_reading_it_is_stands_over_its_numbers() {
    let mut view = chosen(KeyDraft::default());
    seen("identify-card-chosen", &at(Goto::Identify(Box::new(view.clone()))));
    seen("confirm-card", &at(Goto::Confirm(Box::new(view.clone()))));
    if let Some(reading) = &mut view.reading {
        reading.corrected = vec![KeyField::InsuredNumber, KeyField::BranchNumber];
    }
    seen("confirm-card-corrected", &at(Goto::Confirm(Box::new(view))));
}

fn happens(model: &mut Model, event: Event) -> Vec<Effect> {
    let said = FromStation::Frame(StationFrame::Event(Box::new(event)));
    update(model, Instant::now(), Incoming::Station(Word::Station(said)))
}

#[test]
fn a_locked_screen_counts_no_minutes_to_its_lock() {
    let mut model = at(Goto::Home(Box::new(sample::home())));
    let shown = |model: &Model| super::screens::look(model, 80, 24).contains("分でロック");
    happens(&mut model, Event::IdleSoon { minutes: 1 });
    assert!(shown(&model));
    happens(&mut model, Event::Locked(SessionView { locked: true, ..sample::session() }));
    assert_eq!(model.page.title(), "画面ロック中");
    assert!(!shown(&model));
    // Said before the lock and heard after it.
    happens(&mut model, Event::IdleSoon { minutes: 1 });
    assert!(!shown(&model));
}
