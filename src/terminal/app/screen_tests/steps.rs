//! What the model does with what happens: what is asked, what is dropped, what waits.

use super::super::model::{Effect, Model};
use super::super::update::update;
use super::super::{Goto, Word};
use super::{at, sample};
use crate::domain::key::KeyDraft;
use crate::protocol::view::{SessionView, Stage};
use crate::protocol::{EndCause, Event, Refusal, RefusalCode, Reply, Request, StationFrame, Welcome};
use crate::terminal::event_loop::{Incoming, Pasted, Stop};
use crate::terminal::keymap::Key;
use crate::terminal::link::FromStation;
use std::time::{Duration, Instant};

fn feed(model: &mut Model, incoming: Incoming<Word>) -> Vec<Effect> {
    update(model, Instant::now(), incoming)
}

fn press(model: &mut Model, key: char) -> Vec<Effect> {
    let key = if key == '\u{1b}' { Key::ESC } else { Key::plain(key) };
    feed(model, Incoming::Key(key))
}

fn says(model: &mut Model, said: FromStation) -> Vec<Effect> {
    feed(model, Incoming::Station(Word::Station(said)))
}

fn happens(model: &mut Model, event: Event) -> Vec<Effect> {
    says(model, FromStation::Frame(StationFrame::Event(Box::new(event))))
}

fn answer(model: &mut Model, number: u64, outcome: Result<Reply, Refusal>) -> Vec<Effect> {
    let outcome = outcome.map(Box::new);
    says(model, FromStation::Frame(StationFrame::Answer { number, outcome }))
}

/// What was asked, but for the sign of life that goes along with the first key.
fn asked(effects: &[Effect]) -> Vec<(u64, &'static str)> {
    let asks = effects.iter().filter_map(|effect| match effect {
        Effect::Ask(number, request) => Some((*number, request.name())),
        _ => None,
    });
    asks.filter(|(_, name)| *name != "alive").collect()
}

fn names(effects: &[Effect]) -> Vec<&'static str> {
    asked(effects).into_iter().map(|(_, name)| name).collect()
}

fn home() -> Model {
    at(Goto::Home(Box::new(sample::home())))
}

fn form() -> Model {
    at(Goto::Identify(Box::new(sample::enquiry(Stage::Drafting, sample::certificate()))))
}

const CTRL_G: Key = Key::ctrl('g');

#[test]
fn a_key_pressed_twice_asks_once_and_the_way_home_stays_open() {
    let mut model = form();
    assert_eq!(names(&feed(&mut model, Incoming::Key(CTRL_G))), ["confirm_key"]);
    assert_eq!(names(&feed(&mut model, Incoming::Key(CTRL_G))), [""; 0], "one question at a time");
    assert_eq!(names(&press(&mut model, '\u{1b}')), ["home"], "Esc works although nothing was answered");
}

#[test]
fn a_look_stops_no_key_and_the_next_look_waits_for_its_turn() {
    let mut model = home();
    let first = happens(&mut model, Event::HomeChanged);
    assert_eq!(names(&first), ["home"]);
    assert_eq!(names(&happens(&mut model, Event::HomeChanged)), [""; 0]);
    assert_eq!(names(&happens(&mut model, Event::HomeChanged)), [""; 0]);
    assert_eq!(names(&press(&mut model, 'l')), ["read_log"], "a look stops no key");
    let number = asked(&first)[0].0;
    let again = answer(&mut model, number, Ok(Reply::Home(Box::new(sample::home()))));
    assert_eq!(names(&again), ["home"], "what changed meanwhile is looked at once more, and once only");
}

#[test]
fn beyond_the_last_case_come_the_older_ones() {
    let mut view = sample::home();
    view.more = true;
    let shown = view.cases.len();
    let rows = view.cases.clone();
    let mut model = at(Goto::Home(Box::new(view)));
    // Page after page, to the end and beyond.
    let asking = (0..40).map(|_| press(&mut model, ' ')).find(|effects| !asked(effects).is_empty()).unwrap();
    let (number, name) = asked(&asking)[0];
    assert_eq!(name, "older_cases");
    let last = &rows[shown - 1].case.number;
    assert!(asking.iter().any(|effect| matches!(
        effect,
        Effect::Ask(_, request) if matches!(&**request, Request::OlderCases { before } if before == last)
    )));
    answer(&mut model, number, Ok(Reply::OlderCases { cases: rows, more: false }));
    assert!(model.page.title().contains(&format!("症例 {}件", 2 * shown)), "{}", model.page.title());
    for _ in 0..40 {
        assert_eq!(names(&press(&mut model, ' ')), [""; 0], "nothing more is asked for");
    }
}

#[test]
fn an_answer_for_a_page_that_was_left_changes_nothing() {
    let mut model = home();
    let number = asked(&press(&mut model, 'l'))[0].0;
    press(&mut model, 'n');
    assert!(model.page.title().starts_with("新しい症例"));
    answer(&mut model, number, Ok(Reply::Log(sample::log())));
    assert!(model.page.title().starts_with("新しい症例"));
}

#[test]
fn a_question_that_takes_long_is_said_and_the_loop_wakes_for_that() {
    let mut model = home();
    let begin = Instant::now();
    update(&mut model, begin, Incoming::Key(Key::plain('l')));
    let wake = model.deadline().expect("a moment to wake at");
    assert!(!model.shell.busy_shows());
    update(&mut model, wake, Incoming::Tick);
    assert!(model.shell.busy_shows());
    assert_eq!(model.deadline(), model.lock_at(), "said once, it needs no more waking");
    assert!(wake > begin && wake < begin + Duration::from_secs(1));
}

#[test]
fn leaving_in_any_way_keeps_the_draft_first() {
    let mut model = form();
    let end = feed(&mut model, Incoming::Stop(Stop::LineLost));
    assert_eq!(names(&end), ["save_draft"]);
    assert!(matches!(end.last(), Some(Effect::End(Some(EndCause::Hangup)))), "{end:?}");
    for (signal, cause) in [
        (signal_hook::consts::SIGHUP, EndCause::Hangup),
        (signal_hook::consts::SIGTERM, EndCause::Terminated),
    ] {
        let mut model = form();
        let end = feed(&mut model, Incoming::Stop(Stop::Signal(signal)));
        assert!(matches!(end.last(), Some(Effect::End(Some(given))) if *given == cause), "{end:?}");
    }
}

#[test]
fn the_lock_covers_everything_and_gives_back_only_what_was_typed() {
    let locked = || SessionView { locked: true, ..sample::session() };
    let mut model = form();
    let effects = happens(&mut model, Event::Locked(locked()));
    assert_eq!(names(&effects), ["save_draft"]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Wipe)), "nothing stays in the scrollback");
    assert_eq!(model.page.title(), "画面ロック中");
    // A second lock does not lose what waits.
    happens(&mut model, Event::Locked(locked()));
    unlock(&mut model);
    assert_eq!(model.page.title(), "患者特定");

    let view = Box::new(sample::enquiry(Stage::Reading, sample::certificate()));
    let mut model = at(Goto::Reading(view, Box::new(sample::summary(sample::drugs()))));
    happens(&mut model, Event::Locked(locked()));
    assert_eq!(unlock(&mut model), ["home"], "what came from outside is shown anew, and put on record anew");
}

fn unlock(model: &mut Model) -> Vec<&'static str> {
    for c in "secret".chars() {
        press(model, c);
    }
    let number = asked(&feed(model, Incoming::Key(CTRL_G)))[0].0;
    names(&answer(model, number, Ok(Reply::Session(sample::session()))))
}

#[test]
fn the_end_of_a_session_leaves_nothing() {
    let mut model = form();
    let effects = happens(&mut model, Event::Ended { words: "終了しました".into() });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Wipe)));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Token(None))));
    assert_eq!(names(&effects), [""; 0], "nothing is asked without a session");
    assert!(model.page.title().starts_with("ログイン") && model.shell.session.is_none());
    assert!(model.parked.is_none());

    // A locked session that ends does not give its page to the next person.
    let mut model = form();
    happens(&mut model, Event::Locked(SessionView { locked: true, ..sample::session() }));
    assert!(model.parked.is_some());
    happens(&mut model, Event::Ended { words: "終了しました".into() });
    assert!(model.parked.is_none());
}

#[test]
fn a_refusal_for_want_of_a_session_leads_to_the_login() {
    let mut model = home();
    let number = asked(&press(&mut model, 'u'))[0].0;
    answer(&mut model, number, Err(Refusal::new(RefusalCode::NoSession, "ログインしてください")));
    assert!(model.page.title().starts_with("ログイン"));
    assert_eq!(model.shell.said.as_ref().map(|said| said.1.as_str()), Some("ログインしてください"));
}

#[test]
fn a_line_that_comes_back_is_taken_up_and_looked_at() {
    let mut model = home();
    says(&mut model, FromStation::Lost);
    assert_eq!(model.shell.away_since.as_deref().map(str::len), Some(5));
    let back = Welcome { session: Some(sample::session()), ..sample::welcome() };
    assert_eq!(names(&says(&mut model, FromStation::Welcome(Box::new(back)))), ["home"]);
    assert_eq!(model.shell.away_since, None);

    // The session did not survive.
    says(&mut model, FromStation::Lost);
    says(&mut model, FromStation::Welcome(Box::new(sample::welcome())));
    assert!(model.page.title().starts_with("ログイン"));
}

#[test]
fn what_is_typed_for_one_candidate_never_reaches_another_page() {
    let mut model = at(Goto::Identify(Box::new(sample::enquiry(Stage::Drafting, KeyDraft::default()))));
    let effects = feed(&mut model, Incoming::Key(CTRL_G));
    let request = effects.iter().find_map(|effect| match effect {
        Effect::Ask(_, request) => Some(request.as_ref()),
        _ => None,
    });
    assert!(
        matches!(request, Some(Request::FaceResults | Request::Alive)),
        "nothing empty is sent by a list"
    );
}

/// A key and what the station says by itself cross on the way: the key's answer finds its page still there.
#[test]
fn what_is_asked_by_hand_is_not_lost_to_what_is_looked_at_meanwhile() {
    use crate::domain::enquiry::CancelOutcome;
    let stage = || Stage::TimedOut { outcome: CancelOutcome::MaybeSent };
    let timed_out = || sample::enquiry(stage(), sample::certificate());
    let later = || {
        let late_to_open = true;
        let view = crate::protocol::view::EnquiryView { late_to_open, ..timed_out() };
        Ok(Reply::Enquiry(Box::new(view)))
    };
    let crossed = || {
        let mut model = at(Goto::Enquiry(Box::new(timed_out())));
        let changed = Event::EnquiryChanged { enquiry: timed_out().id };
        let look = asked(&happens(&mut model, changed))[0];
        let redraft = asked(&press(&mut model, 'r'))[0];
        assert_eq!((look.1, redraft.1), ("show_enquiry", "redraft"));
        answer(&mut model, look.0, later());
        (model, redraft.0)
    };
    let (mut model, redraft) = crossed();
    let form = sample::enquiry(Stage::Drafting, sample::certificate());
    answer(&mut model, redraft, Ok(Reply::Enquiry(Box::new(form))));
    assert!(model.page.draft().is_some(), "the form is open: {}", model.page.title());

    // Where the page stays, it looks once more: nothing that changed meanwhile is missed.
    let (mut model, redraft) = crossed();
    let refusal = Refusal::new(RefusalCode::WrongState, "いまはできません");
    let again = asked(&answer(&mut model, redraft, Err(refusal)));
    assert_eq!(again.iter().map(|(_, name)| *name).collect::<Vec<_>>(), ["show_enquiry"]);
    answer(&mut model, again[0].0, later());
    assert_eq!(names(&press(&mut model, 'v')), ["open_late"], "and shows it");
}

/// A model in a window that is too small, as last drawn.
fn in_a_small_window(model: &Model) {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    let mut terminal = Terminal::new(TestBackend::new(59, 24)).unwrap();
    terminal.draw(|frame| super::super::view::view(model, frame)).unwrap();
    assert!(model.small.get());
}

#[test]
fn what_cannot_be_seen_cannot_be_meant() {
    use crate::terminal::event_loop::Pasted;
    let mut model = form();
    let Some(before) = model.page.draft() else { panic!("a form has a draft") };
    in_a_small_window(&model);
    for key in
        [CTRL_G, Key::plain('9'), Key::ESC, Key::ctrl('n'), Key::ctrl('d'), Key::plain('?'), Key::ENTER]
    {
        assert_eq!(names(&feed(&mut model, Incoming::Key(key))), [""; 0], "{key}");
        assert!(model.over.is_none(), "{key} opened something");
    }
    feed(&mut model, Incoming::Paste(Pasted::new("777".into())));
    assert_eq!(model.page.draft().map(|d| format!("{d:?}")), Some(format!("{before:?}")));
    // The three that act. A lock is a lock; quitting takes two presses in a row.
    assert!(matches!(feed(&mut model, Incoming::Key(Key::ctrl('l')))[..], [Effect::Redraw]));
    assert_eq!(names(&feed(&mut model, Incoming::Key(Key::ctrl('c')))), [""; 0]);
    feed(&mut model, Incoming::Key(Key::plain('x')));
    assert_eq!(names(&feed(&mut model, Incoming::Key(Key::ctrl('c')))), [""; 0]);
    assert_eq!(names(&feed(&mut model, Incoming::Key(Key::ctrl('c')))), ["save_draft", "logout"]);
    let mut model = form();
    in_a_small_window(&model);
    assert_eq!(names(&feed(&mut model, Incoming::Key(Key::ctrl('x')))), ["save_draft", "lock"]);
}

#[test]
fn cancelling_asks_first_and_an_answer_ends_the_question() {
    use crate::domain::enquiry::{Delivery, Purpose};
    let sent = || Stage::Sent {
        purpose: Purpose::Medical,
        delivery: Delivery::Written,
        elapsed_ms: 0,
        timeout_s: 90,
        sent_at: "03:11:47".into(),
    };
    let view = |stage| Box::new(sample::enquiry(stage, sample::certificate()));
    let mut model = at(Goto::Enquiry(view(sent())));
    assert_eq!(names(&press(&mut model, 'c')), [""; 0], "one key cancels nothing");
    assert_eq!(
        names(&feed(&mut model, Incoming::Key(Key::ENTER))),
        [""; 0],
        "the first answer is the harmless one"
    );
    press(&mut model, 'c');
    feed(&mut model, Incoming::Key(crate::terminal::keymap::Code::Down.into()));
    assert_eq!(names(&feed(&mut model, Incoming::Key(Key::ENTER))), ["cancel"]);
    // A step of the request keeps the question; the answer does not wait for it.
    let mut model = at(Goto::Enquiry(view(sent())));
    press(&mut model, 'c');
    let changed =
        || Event::EnquiryChanged { enquiry: sample::enquiry(Stage::Closed, sample::certificate()).id };
    let look = asked(&happens(&mut model, changed()))[0].0;
    answer(&mut model, look, Ok(Reply::Enquiry(view(sent()))));
    assert!(model.page.prompt().is_some(), "still asked");
    let look = asked(&happens(&mut model, changed()))[0].0;
    answer(&mut model, look, Ok(Reply::Enquiry(view(sample::candidates()))));
    assert!(model.page.title().starts_with("候補一覧"), "{}", model.page.title());
}

#[test]
fn the_terminals_answer_counts_once() {
    use crate::terminal::width::Ambiguous;
    let mut model = home();
    assert!(feed(&mut model, Incoming::Column(80)).is_empty(), "that says nothing");
    assert!(matches!(feed(&mut model, Incoming::Column(3))[..], [Effect::Widths(Ambiguous::Two)]));
    assert!(feed(&mut model, Incoming::Column(2)).is_empty());
}

fn said(model: &Model) -> &str {
    model.shell.said.as_ref().map_or("", |said| said.1.as_str())
}

/// The code in what goes out, if one does.
fn code(effects: &[Effect]) -> Option<String> {
    effects.iter().find_map(|effect| match effect {
        Effect::Ask(_, request) => match request.as_ref() {
            Request::OneTimeProof { code } => Some(code.expose().to_owned()),
            _ => None,
        },
        _ => None,
    })
}

#[test]
fn a_code_is_typed_or_pasted_in_any_width_and_only_digits_are_taken() {
    let table: [(&str, &str, Option<&str>); 7] = [
        ("287082", "", Some("287082")),
        ("２８７０８２", "", Some("287082")),
        ("28 70-82", "", Some("287082")),
        ("28x7あ082", "", Some("287082")),
        ("", "287 082\n", Some("287082")),
        ("", "コード: 287082", None),
        ("28708", "", None),
    ];
    for (typed, pasted, sent) in table {
        let mut model = at(Goto::Token);
        for c in typed.chars() {
            press(&mut model, c);
        }
        if !pasted.is_empty() {
            feed(&mut model, Incoming::Paste(Pasted::new(pasted.to_owned())));
        }
        let effects = feed(&mut model, Incoming::Key(CTRL_G));
        assert_eq!(code(&effects).as_deref(), sent, "{typed} {pasted}");
    }
}

#[test]
fn a_refused_code_is_gone_and_what_to_do_is_said() {
    let mut model = at(Goto::Token);
    feed(&mut model, Incoming::Paste(Pasted::new("287082".to_owned())));
    let number = asked(&feed(&mut model, Incoming::Key(CTRL_G)))[0].0;
    let words = "このワンタイムパスワードは使用済みです";
    answer(&mut model, number, Err(Refusal::new(RefusalCode::BadFactor, words)));
    assert_eq!(said(&model), words);
    assert_eq!(code(&feed(&mut model, Incoming::Key(CTRL_G))), None, "nothing is left to send");
}

#[test]
fn without_a_card_the_token_comes_first_and_a_dead_reader_holds_nobody_up() {
    let half = |cards: bool, has_token| SessionView {
        two_factors: false,
        has_token,
        card_keys: if cards { sample::session().card_keys } else { Vec::new() },
        ..sample::session()
    };
    for (cards, token, title) in [
        (true, true, "ログイン（2/2 カード）"),
        (true, false, "ログイン（2/2 カード）"),
        (false, true, "ログイン（2/2 ワンタイムパスワード）"),
    ] {
        let mut model = at(Goto::Login);
        model.shell.session = None;
        for c in "sato".chars() {
            press(&mut model, c);
        }
        feed(&mut model, Incoming::Key(Key::ENTER));
        for c in "secret".chars() {
            press(&mut model, c);
        }
        let number = asked(&feed(&mut model, Incoming::Key(CTRL_G)))[0].0;
        let token_of_line = crate::protocol::Secret::new("t".to_owned());
        let reply = Reply::LoggedIn { session: half(cards, token), token: token_of_line };
        answer(&mut model, number, Ok(reply));
        assert_eq!(model.page.title(), title);
    }
    // Locked, while the helper hangs on the reader.
    let mut model = at(Goto::Lock(None));
    let locked = SessionView { locked: true, ..half(true, true) };
    model.shell.session = Some(locked.clone());
    press(&mut model, 'x');
    let number = asked(&feed(&mut model, Incoming::Key(CTRL_G)))[0].0;
    let looks = answer(&mut model, number, Ok(Reply::Session(locked)));
    assert!(looks.iter().any(|effect| matches!(effect, Effect::Card(..))), "{looks:?}");
    feed(&mut model, Incoming::Key(Key::ctrl('t')));
    feed(&mut model, Incoming::Paste(Pasted::new("287082".to_owned())));
    assert_eq!(code(&feed(&mut model, Incoming::Key(CTRL_G))).as_deref(), Some("287082"));
}
