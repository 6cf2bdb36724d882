//! What the model does about cards: whom it asks, whom it watches, and what the leaving of a card brings about.

use super::super::model::{Effect, Model};
use super::super::update::update;
use super::super::{CardAsk, Goto, Word};
use super::{at, sample};
use crate::card::Gone;
use crate::protocol::view::Stage;
use crate::protocol::{Event, Reply, Request, StationFrame};
use crate::terminal::card::{FromCard, Left};
use crate::terminal::event_loop::Incoming;
use crate::terminal::keymap::Key;
use crate::terminal::link::FromStation;
use std::time::Instant;

const SEND: Key = Key::ctrl('g');

fn feed(model: &mut Model, incoming: Incoming<Word>) -> Vec<Effect> {
    update(model, Instant::now(), incoming)
}

fn answer(model: &mut Model, effects: &[Effect], reply: Reply) -> Vec<Effect> {
    let number = effects.iter().find_map(|effect| match effect {
        Effect::Ask(number, request) if request.name() != "alive" => Some(*number),
        _ => None,
    });
    let outcome = Ok(Box::new(reply));
    let frame = StationFrame::Answer { number: number.unwrap(), outcome };
    feed(model, Incoming::Station(Word::Station(FromStation::Frame(frame))))
}

/// What is done about cards, in words.
fn done(effects: &[Effect]) -> Vec<&'static str> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Card(_, CardAsk::Look) => Some("look"),
            Effect::Card(_, CardAsk::Await(_)) => Some("await"),
            Effect::Card(_, CardAsk::Sign(_, order)) if order.pin.is_none() => Some("sign, no pin"),
            Effect::Card(_, CardAsk::Sign(..)) => Some("sign"),
            Effect::CardCancel => Some("cancel"),
            Effect::Watch(..) => Some("watch"),
            Effect::Unwatch => Some("unwatch"),
            Effect::Wipe => Some("wipe"),
            Effect::Ask(_, request) => match request.as_ref() {
                Request::Lock { card_gone: true } => Some("lock, card gone"),
                Request::Lock { card_gone: false } => Some("lock"),
                Request::LockUnseen => Some("lock, unseen"),
                Request::CardChallenge => Some("challenge"),
                Request::CardProof { .. } => Some("proof"),
                Request::Unlock { .. } => Some("unlock"),
                Request::Home => Some("home"),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn opened(to: Goto) -> (Model, Vec<Effect>) {
    let mut model = at(to);
    let acts = model.page.opened(&model.shell);
    let effects = super::super::update::perform(&mut model, acts);
    (model, effects)
}

/// The answer to the last question about cards.
fn card(model: &mut Model, said: FromCard) -> Vec<Effect> {
    let number = model.asked_card.unwrap();
    feed(model, Incoming::Station(Word::Card(number, said)))
}

fn left(model: &mut Model, number: u64) -> Vec<Effect> {
    feed(model, Incoming::Station(Word::Left(number, Left::Gone(Gone::Removed))))
}

/// From the page with the card to home, with a watched card.
fn log_in(model: &mut Model) -> Vec<Effect> {
    card(model, sample::own_card(sample::identity(15)));
    for c in "1234".chars() {
        feed(model, Incoming::Key(Key::plain(c)));
    }
    let asked = feed(model, Incoming::Key(SEND));
    assert_eq!(done(&asked), ["challenge"]);
    let signing = answer(model, &asked, Reply::Challenge { text: sample::challenge() });
    assert_eq!(done(&signing), ["sign"]);
    let proof = card(model, sample::signed());
    assert_eq!(done(&proof), ["proof"]);
    answer(model, &proof, Reply::Session(sample::session()))
}

/// A hand that is quicker than the reader: what it asked for happens when the card is known, and only then.
#[test]
fn authentication_asked_for_before_the_card_is_known_waits_for_it() {
    let quick = |card_said: FromCard| {
        let (mut model, _) = opened(Goto::Card);
        for c in "1234".chars() {
            feed(&mut model, Incoming::Key(Key::plain(c)));
        }
        assert_eq!(done(&feed(&mut model, Incoming::Key(SEND))), [""; 0]);
        done(&card(&mut model, card_said))
    };
    assert_eq!(quick(sample::own_card(sample::identity(15))), ["challenge"]);
    assert_eq!(quick(sample::own_card(sample::identity(1))), [""; 0], "the last try is confirmed first");
    assert_eq!(quick(sample::own_card(sample::identity(0))), [""; 0], "locked");
    assert_eq!(quick(sample::no_own_card()), ["await"]);
    assert_eq!(quick(FromCard::NotFound("ありません".into())), [""; 0]);
}

#[test]
fn a_card_that_signed_is_watched_and_its_leaving_locks_at_once() {
    let (mut model, effects) = opened(Goto::Card);
    assert_eq!(done(&effects), ["look"]);
    assert_eq!(done(&log_in(&mut model)), ["watch", "home"]);
    let watched = model.watched.unwrap();
    let view = Box::new(sample::enquiry(Stage::Reading, sample::certificate()));
    model.go(Goto::Reading(view, Box::new(sample::summary(sample::drugs()))));
    assert_eq!(done(&left(&mut model, watched + 100)), [""; 0], "another login's card");
    let effects = left(&mut model, watched);
    assert_eq!(done(&effects), ["wipe", "unwatch", "lock, card gone"]);
    assert_eq!(model.page.title(), "画面ロック中");
    assert_eq!(done(&left(&mut model, watched)), [""; 0], "once");
    // The station's word that follows changes nothing.
    let locked = crate::protocol::view::SessionView { locked: true, ..sample::session() };
    let frame = StationFrame::Event(Box::new(Event::Locked(locked.clone())));
    let effects = feed(&mut model, Incoming::Station(Word::Station(FromStation::Frame(frame))));
    assert_eq!(done(&effects), [""; 0]);
    // Both factors anew, and the card is watched anew.
    for c in "secret".chars() {
        feed(&mut model, Incoming::Key(Key::plain(c)));
    }
    let asked = feed(&mut model, Incoming::Key(SEND));
    assert_eq!(done(&asked), ["unlock"]);
    assert_eq!(done(&answer(&mut model, &asked, Reply::Session(locked))), ["look"]);
    assert_eq!(done(&log_in(&mut model)), ["watch", "home"]);
    assert!(model.watched.is_some_and(|number| number != watched));
}

#[test]
fn a_card_that_nobody_sees_any_more_locks_under_another_name() {
    let (mut model, _) = opened(Goto::Card);
    log_in(&mut model);
    let number = model.watched.unwrap();
    let left = Left::OutOfSight("エージェントにつながりません".into());
    let effects = feed(&mut model, Incoming::Station(Word::Left(number, left)));
    assert_eq!(done(&effects), ["wipe", "unwatch", "lock, unseen"]);
}

#[test]
fn watching_ends_with_every_way_out() {
    let words = || "終了しました".into();
    for (out, expected) in [
        (Event::Ended { words: words() }, ["wipe", "unwatch"].as_slice()),
        (Event::Locked(sample::session()), &["wipe", "unwatch"]),
    ] {
        let (mut model, _) = opened(Goto::Card);
        log_in(&mut model);
        let frame = StationFrame::Event(Box::new(out));
        let effects = feed(&mut model, Incoming::Station(Word::Station(FromStation::Frame(frame))));
        assert!(done(&effects).starts_with(expected), "{effects:?}");
        assert!(model.watched.is_none());
    }
    let (mut model, _) = opened(Goto::Card);
    log_in(&mut model);
    assert_eq!(done(&feed(&mut model, Incoming::Key(Key::ctrl('x')))), ["wipe", "unwatch", "lock"]);
}

#[test]
fn a_page_that_is_left_waits_for_no_card() {
    let (mut model, _) = opened(Goto::Card);
    let number = model.asked_card.unwrap();
    assert_eq!(done(&feed(&mut model, Incoming::Key(Key::ctrl('x')))), ["wipe", "cancel", "lock"]);
    let late = Word::Card(number, sample::signed());
    assert_eq!(done(&feed(&mut model, Incoming::Station(late))), [""; 0], "what comes late proves nothing");
}

#[test]
fn without_the_own_card_the_page_waits_for_one_and_sends_nothing() {
    let (mut model, _) = opened(Goto::Card);
    assert_eq!(done(&card(&mut model, sample::no_own_card())), ["await"]);
    feed(&mut model, Incoming::Key(Key::plain('1')));
    assert_eq!(done(&feed(&mut model, Incoming::Key(SEND))), [""; 0], "no key asks for a PIN");
    assert_eq!(done(&card(&mut model, FromCard::Moved)), ["look"]);
    assert_eq!(done(&card(&mut model, sample::own_card(sample::identity(15)))), [""; 0]);
    // Taken away again before it signed: looked at anew, whatever went wrong.
    let refused = FromCard::Unsigned("カードがありません".into());
    feed(&mut model, Incoming::Key(Key::plain('1')));
    let asked = feed(&mut model, Incoming::Key(SEND));
    answer(&mut model, &asked, Reply::Challenge { text: sample::challenge() });
    assert_eq!(done(&card(&mut model, refused)), ["look"]);
}

#[test]
fn the_last_try_needs_a_second_confirmation_and_a_locked_card_is_not_asked() {
    let (mut model, _) = opened(Goto::Card);
    card(&mut model, sample::own_card(sample::identity(1)));
    feed(&mut model, Incoming::Key(Key::plain('1')));
    assert_eq!(done(&feed(&mut model, Incoming::Key(SEND))), [""; 0], "not without the tick");
    feed(&mut model, Incoming::Key(Key::plain(' ')));
    let asked = feed(&mut model, Incoming::Key(SEND));
    assert_eq!(done(&asked), ["challenge"]);
    let signing = answer(&mut model, &asked, Reply::Challenge { text: sample::challenge() });
    let allowed = signing
        .iter()
        .any(|effect| matches!(effect, Effect::Card(_, CardAsk::Sign(_, order)) if order.allow_last_try));
    assert!(allowed, "{signing:?}");
    // The next attempt needs its own confirmation.
    assert_eq!(done(&card(&mut model, FromCard::Unsigned("違います".into()))), ["look"]);
    card(&mut model, sample::own_card(sample::identity(0)));
    assert_eq!(done(&feed(&mut model, Incoming::Key(SEND))), [""; 0]);
    assert!(model.shell.said.as_ref().is_some_and(|(_, words)| words.contains("PINはロックされています")));
}

#[test]
fn a_pin_that_is_typed_elsewhere_is_waited_for_until_esc() {
    let (mut model, _) = opened(Goto::Card);
    card(&mut model, sample::card_at_an_agent());
    let asked = feed(&mut model, Incoming::Key(SEND));
    let signing = answer(&mut model, &asked, Reply::Challenge { text: sample::challenge() });
    assert_eq!(done(&signing), ["sign, no pin"]);
    assert_eq!(done(&feed(&mut model, Incoming::Key(SEND))), [""; 0], "once");
    assert_eq!(done(&feed(&mut model, Incoming::Key(Key::ESC))), ["cancel"]);
    assert_eq!(model.page.title(), "ログイン（2/2 カード）");
    assert!(model.asked_card.is_none() && model.shell.busy.is_none());
    // Again, and this time it comes.
    let asked = feed(&mut model, Incoming::Key(SEND));
    answer(&mut model, &asked, Reply::Challenge { text: sample::challenge() });
    let proof = card(&mut model, sample::signed());
    assert_eq!(done(&proof), ["proof"]);
    assert_eq!(done(&answer(&mut model, &proof, Reply::Session(sample::session()))), ["watch", "home"]);
}
