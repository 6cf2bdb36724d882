//! Every screen as it stands, at 80×24 and at 132×43, and in a window that is too small.

use super::super::model::{Leaving, Model, Over};
use super::super::view;
use super::{at, sample};
use crate::card::{Gone, Identity};
use crate::domain::enquiry::{CancelOutcome, Delivery, Purpose};
use crate::domain::key::KeyDraft;
use crate::domain::matching::PersonMismatch;
use crate::domain::{IdentificationMethod, SafeText};
use crate::protocol::view::{CandidateView, HomeView, SessionView, Stage};
use crate::protocol::{Event, Refusal, RefusalCode, Reply, Request};
use crate::terminal::app::{Act, Goto};
use crate::terminal::card::{FromCard, Left};
use crate::terminal::dump;
use crate::terminal::keymap::{Command, Meaning};
use crate::terminal::widgets::{Dialog, Paragraph};
use ratatui::Terminal;
use ratatui::backend::{Backend as _, TestBackend};

pub(super) fn look(model: &Model, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let text = dump::text(terminal.draw(|frame| view::view(model, frame)).unwrap().buffer);
    let cursor = terminal.backend_mut().get_cursor_position().unwrap();
    format!("{text}-- cursor {},{}\n", cursor.x, cursor.y)
}

/// Compares a screen with what is on file, at both sizes.
pub(super) fn seen(name: &str, model: &Model) {
    insta::assert_snapshot!(format!("{name}-80x24"), look(model, 80, 24));
    insta::assert_snapshot!(format!("{name}-132x43"), look(model, 132, 43));
}

pub(super) fn press(model: &mut Model, command: Command) {
    model.page.press(&model.shell, Meaning::Command(command));
}

pub(super) fn typed(model: &mut Model, text: &str) {
    for c in text.chars() {
        model.page.press(&model.shell, Meaning::Text(c));
    }
}

fn enquiry(stage: Stage) -> Model {
    at(Goto::Enquiry(Box::new(sample::enquiry(stage, sample::certificate()))))
}

#[test]
fn login() {
    let mut model = at(Goto::Login);
    model.shell.session = None;
    typed(&mut model, "sato");
    press(&mut model, Command::NextField);
    typed(&mut model, "secret");
    seen("login", &model);
    model.shell.welcome = None;
    model.shell.away_since = Some("03:12".to_owned());
    model.shell.socket = SafeText::new("/run/kyukyu/station.sock");
    model.shell.notices = vec!["The Linux console cannot show Japanese.".to_owned()];
    seen("login-without-a-station", &model);
    insta::assert_snapshot!("login-without-a-station-60x20", look(&model, 60, 20));
}

#[test]
fn an_input_method_that_is_on_is_said_before_a_try_is_lost() {
    let mut model = at(Goto::Login);
    model.shell.session = None;
    let says = |model: &Model, words: &str| look(model, 80, 24).contains(words);
    let (id, password) = ("利用者IDは半角です。", "全角文字やかなが入っています。");
    typed(&mut model, "ｓａｔｏ");
    assert!(says(&model, id));
    press(&mut model, Command::NextField);
    typed(&mut model, "くんれん");
    assert!(says(&model, id) && says(&model, password), "{}", look(&model, 80, 24));
    let send = |model: &mut Model| model.page.press(&model.shell, Meaning::Command(Command::Send));
    assert!(send(&mut model).is_empty(), "no try is counted for an id that nobody has");
    press(&mut model, Command::DeleteToStart);
    assert!(!says(&model, id));
    typed(&mut model, "dr sato");
    assert!(send(&mut model).is_empty());
    assert!(says(&model, "利用者IDは半角英小文字・数字"));
    press(&mut model, Command::DeleteToStart);
    typed(&mut model, "sato");
    assert!(!says(&model, "利用者IDは") && says(&model, password));
    // A password may be anything: it is sent as it was typed.
    let sent = send(&mut model);
    let [Act::Ask(Request::Login { user, password: sent_password })] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!((user.as_str(), sent_password.expose()), ("sato", "くんれん"));
    let wrong = Refusal::new(RefusalCode::BadCredentials, "利用者IDまたはパスワードが違います");
    model.page.refused(&model.shell, &wrong);
    assert!(!says(&model, password), "what was typed is gone");

    let mut model = at(Goto::Lock(None));
    typed(&mut model, "くんれん");
    assert!(says(&model, password));
    press(&mut model, Command::DeleteToStart);
    assert!(!says(&model, password));
}

#[test]
fn who_confirmed_is_not_lost_where_nothing_says_what() {
    let mut model = at(Goto::Case(None));
    typed(&mut model, "初療室2");
    for _ in 0..5 {
        press(&mut model, Command::NextField);
    }
    typed(&mut model, "看護師 鈴木");
    press(&mut model, Command::Send);
    let screen = look(&model, 80, 24);
    assert!(screen.contains("看護師 鈴木") && screen.contains("「確認した人」があるときは"), "{screen}");
}

#[test]
fn card() {
    let mut model = at(Goto::Card);
    seen("card-looking", &model);
    said(&mut model, sample::own_card(sample::identity(15)));
    typed(&mut model, "1234");
    seen("card", &model);
    // 2026-12-31, and a PIN that a wrong try would lock.
    let ending = Identity { not_after: 1_798_729_199, ..sample::identity(1) };
    said(&mut model, sample::own_card(ending));
    typed(&mut model, "1234");
    press(&mut model, Command::Send);
    seen("card-last-try", &model);
    said(&mut model, sample::own_card(Identity { not_after: 0, ..sample::identity(0) }));
    seen("card-locked", &model);
}

#[test]
fn cards_of_others_and_none() {
    let mut model = at(Goto::Card);
    said(&mut model, sample::own_card_in_the_second_reader());
    seen("card-second-reader", &model);
    typed(&mut model, "1234");
    said(&mut model, sample::no_own_card());
    seen("card-of-others", &model);
    let words = "カード読取りのライブラリ（libpcsclite）がないため、カードを使えません。libpcsclite1 の導入をシステム管理者に依頼してください";
    said(&mut model, FromCard::NotFound(SafeText::new(words)));
    seen("card-trouble", &model);
}

#[test]
fn card_at_an_agent() {
    let mut model = at(Goto::Card);
    said(&mut model, sample::card_at_an_agent());
    seen("card-agent", &model);
    model.page.reply(&model.shell, Reply::Challenge { text: sample::challenge() });
    seen("card-agent-waiting", &model);
}

fn said(model: &mut Model, said: FromCard) {
    model.page.card(&model.shell, said);
}

#[test]
fn token() {
    let with_token = || SessionView { two_factors: false, has_token: true, ..sample::session() };
    let mut model = at(Goto::Card);
    model.shell.session = Some(with_token());
    said(&mut model, sample::own_card(sample::identity(1)));
    seen("card-or-token", &model);
    let mut model = at(Goto::Token);
    model.shell.session = Some(with_token());
    typed(&mut model, "２87");
    press(&mut model, Command::Send);
    seen("token", &model);
    let mut model = at(Goto::Token);
    model.shell.session = Some(SessionView { card_keys: Vec::new(), ..with_token() });
    typed(&mut model, "287082x");
    seen("token-without-a-card", &model);
    let mut model = at(Goto::Lock(None));
    let locked = SessionView { locked: true, ..with_token() };
    model.shell.session = Some(locked.clone());
    model.page.reply(&model.shell, Reply::Session(locked));
    seen("lock-card-or-token", &model);
    press(&mut model, Command::OtherFactor);
    seen("lock-token", &model);
    let mut model = at(Goto::Home(Box::new(sample::home())));
    model.shell.session = Some(SessionView { card_keys: Vec::new(), may_enquire: false, ..with_token() });
    seen("home-token", &model);
}

#[test]
fn home() {
    let mut model = at(Goto::Home(Box::new(sample::home())));
    press(&mut model, Command::Down);
    seen("home", &model);
    let empty = HomeView { cases: Vec::new(), news: Vec::new(), ..sample::home() };
    let mut model = at(Goto::Home(Box::new(empty)));
    model.shell.session = Some(SessionView { two_factors: false, may_enquire: false, ..sample::session() });
    model.shell.lock_in = Some(2);
    seen("home-one-factor", &model);
}

#[test]
fn home_of_who_may_not_look() {
    use crate::domain::Permissions;
    let empty = HomeView { cases: Vec::new(), news: Vec::new(), face_results: None, ..sample::home() };
    let mut session = SessionView { may_enquire: false, ..sample::session() };
    session.account.permissions = Permissions::default();
    let mut model = at(Goto::Home(Box::new(empty.clone())));
    model.shell.session = Some(session.clone());
    model.go(Goto::Home(Box::new(empty.clone())));
    seen("home-no-permission", &model);
    let session =
        SessionView { two_factors: false, may_enquire: false, card_keys: Vec::new(), ..sample::session() };
    model.shell.session = Some(session);
    model.go(Goto::Home(Box::new(empty)));
    seen("home-no-card", &model);
}

/// TERM=linux: every place where a person is to be told from another names them in Latin letters too.
#[test]
fn without_japanese_glyphs() {
    let view = |stage| Box::new(sample::enquiry(stage, sample::certificate()));
    for (to, expected) in [
        (Goto::Enquiry(view(sample::candidates())), "[TANAKA MINORU  born 1948-05-05 age"),
        (
            Goto::Candidate(view(sample::candidates()), Box::new(sample::candidate(false))),
            "[TANAKA MINORU  born",
        ),
        (Goto::Person(view(Stage::Answered), Box::new(sample::person())), "[AOBA TAROU  born 1955-11-03 age"),
        (
            Goto::Reading(view(Stage::Reading), Box::new(sample::summary(sample::drugs()))),
            "[AOBA TAROU  born 1955-11-03 age",
        ),
    ] {
        let mut model = at(to);
        assert!(!look(&model, 80, 24).contains(expected), "only there");
        model.shell.latin = true;
        let screen = look(&model, 80, 24);
        assert!(screen.contains(expected) && screen.contains("sex M]"), "{screen}");
    }
}

#[test]
fn case_form() {
    let mut model = at(Goto::Case(None));
    press(&mut model, Command::Send);
    seen("case-wrong", &model);
    seen("case", &at(Goto::Case(Some(Box::new(sample::case(2))))));
}

#[test]
fn identify() {
    let view = sample::enquiry(Stage::Drafting, KeyDraft::default());
    let card = KeyDraft { method: IdentificationMethod::MyNumberCard, ..KeyDraft::default() };
    let mut model = at(Goto::Identify(Box::new(sample::enquiry(Stage::Drafting, card))));
    model.page.reply(&model.shell, Reply::FaceResults(sample::faces()));
    press(&mut model, Command::Down);
    seen("identify-card", &model);
    model.page.reply(&model.shell, Reply::FaceResults(Vec::new()));
    seen("identify-card-none", &model);
    let mut model = at(Goto::Identify(Box::new(sample::enquiry(Stage::Drafting, sample::certificate()))));
    seen("identify-certificate", &model);
    press(&mut model, Command::NextField);
    press(&mut model, Command::NextField);
    press(&mut model, Command::DeleteToEnd);
    press(&mut model, Command::DeleteToStart);
    press(&mut model, Command::NextField);
    press(&mut model, Command::DeleteToStart);
    typed(&mut model, "x");
    press(&mut model, Command::Send);
    let refusal = Refusal::new(RefusalCode::BadInput, "2か所に誤りがあります");
    let acts = model.page.refused(&model.shell, &refusal);
    model.shell.said = acts.into_iter().find_map(|act| match act {
        Act::Say(role, words) => Some((role, words)),
        _ => None,
    });
    seen("identify-certificate-wrong", &model);
    let mut warned = sample::enquiry(Stage::Drafting, sample::four_items());
    warned.warnings = vec![SafeText::new(
        "症例 20261123-003 でも同じ身元で照会しています。患者の取り違えがないか確認してください",
    )];
    seen("identify-four-items", &at(Goto::Identify(Box::new(warned))));
    drop(view);
}

#[test]
fn confirm() {
    let mut model = at(Goto::Confirm(Box::new(sample::enquiry(Stage::Drafting, sample::certificate()))));
    seen("confirm-certificate", &model);
    for command in [Command::Toggle, Command::NextField, Command::Toggle, Command::NextField] {
        press(&mut model, command);
    }
    press(&mut model, Command::NextChoice);
    press(&mut model, Command::Toggle);
    press(&mut model, Command::Send);
    seen("confirm-unobtainable", &model);
    for _ in 0..3 {
        press(&mut model, Command::NextChoice);
    }
    press(&mut model, Command::Toggle);
    seen("confirm-against-a-refusal", &model);
    press(&mut model, Command::PrevChoice);
    press(&mut model, Command::Toggle);
    assert!(!look(&model, 80, 24).contains("拒否に反する"));
    let model = at(Goto::Confirm(Box::new(sample::enquiry(Stage::Drafting, sample::four_items()))));
    seen("confirm-four-items", &model);
    insta::assert_snapshot!("confirm-four-items-60x15", look(&model, 60, 15));
}

#[test]
fn waiting() {
    let model = enquiry(Stage::Sent {
        purpose: Purpose::Medical,
        delivery: Delivery::Processing,
        elapsed_ms: 12_345,
        timeout_s: 90,
        sent_at: SafeText::new("03:11:47"),
    });
    seen("waiting", &model);
    let mut model = model;
    press(&mut model, Command::Cancel);
    seen("waiting-cancel", &model);
}

#[test]
fn outcomes() {
    let text = |text: &str| SafeText::new(text);
    for (name, stage) in [
        ("no-match", Stage::NoMatch),
        ("too-many", Stage::TooMany),
        ("mismatch", Stage::Mismatch { why: PersonMismatch::Birthdate }),
        ("rejected", Stage::Rejected),
        ("withdrawn", Stage::Cancelled { outcome: CancelOutcome::Withdrawn }),
        ("delivery-unknown", Stage::DeliveryUnknown),
        (
            "failed",
            Stage::Failed {
                code: text("EMS30001"),
                message: text(
                    "オンライン資格確認等システムが混み合っています。しばらくしてから再度お試しください",
                ),
            },
        ),
        ("closed", Stage::Closed),
    ] {
        seen(name, &enquiry(stage));
    }
    let late = sample::with_late_answer(Stage::TimedOut { outcome: CancelOutcome::MaybeSent });
    seen("late", &at(Goto::Enquiry(Box::new(late))));
    let drafting = sample::with_late_answer(Stage::Drafting);
    seen("late-while-drafting", &at(Goto::Enquiry(Box::new(drafting))));
}

#[test]
fn candidates() {
    let mut model = enquiry(sample::candidates());
    press(&mut model, Command::Down);
    seen("candidates", &model);
    insta::assert_snapshot!("candidates-60x15", look(&model, 60, 15));
    press(&mut model, Command::Notes);
    insta::assert_snapshot!("candidates-60x15-notes", look(&model, 60, 15));
    let view = || Box::new(sample::enquiry(sample::candidates(), sample::certificate()));
    let one = |candidate: CandidateView| at(Goto::Candidate(view(), Box::new(candidate)));
    let mut model = one(sample::candidate(false));
    typed(&mut model, "北町１－１０");
    let words = "入力した「住所」がこの候補の値と一致しません。候補と本人を見直してください";
    model.page.refused(&model.shell, &Refusal::new(RefusalCode::NotDistinguished, words));
    seen("candidate", &model);
    seen("candidate-not-to-be-chosen", &one(sample::candidate(true)));
}

#[test]
fn person() {
    let view = |stage| Box::new(sample::enquiry(stage, sample::certificate()));
    let mut model = at(Goto::Person(view(Stage::Answered), Box::new(sample::person())));
    press(&mut model, Command::Send);
    seen("person", &model);
    seen("person-confirmed-before", &at(Goto::Person(view(Stage::Reading), Box::new(sample::person()))));
}

#[test]
fn reading() {
    let page = |rows| {
        let view = Box::new(sample::enquiry(Stage::Reading, sample::certificate()));
        at(Goto::Reading(view, Box::new(sample::summary(rows))))
    };
    let mut model = page(sample::drugs());
    seen("reading", &model);
    press(&mut model, Command::Down);
    seen("reading-on", &model);
    press(&mut model, Command::Filter);
    typed(&mut model, "わーふぁりん");
    seen("reading-filter", &model);
    seen("reading-nothing", &page(Vec::new()));
}

#[test]
fn lock() {
    let mut model = at(Goto::Lock(None));
    model.shell.session = Some(SessionView { locked: true, ..sample::session() });
    seen("lock", &model);
    let because = Left::Gone(Gone::Removed).words();
    let mut model = at(Goto::Lock(Some(because)));
    model.shell.session = Some(SessionView { locked: true, ..sample::session() });
    seen("lock-card-gone", &model);
}

#[test]
fn log() {
    seen("log", &at(Goto::Log(sample::log(), true)));
}

#[test]
fn log_search() {
    use crate::domain::Permission;
    let mut model = at(Goto::Log(sample::log(), false));
    if let Some(session) = &mut model.shell.session {
        session.account.permissions = [Permission::Audit].into_iter().collect();
    }
    press(&mut model, Command::Filter);
    for text in ["", "山田 太郎", "S30.11.3", "", "", "", "sato", "2026/11/1", ""] {
        typed(&mut model, text);
        press(&mut model, Command::NextField);
    }
    typed(&mut model, "1");
    press(&mut model, Command::Send);
    seen("log-form-wrong", &model);
    press(&mut model, Command::DeleteBack);
    press(&mut model, Command::NextField);
    press(&mut model, Command::NextChoice);
    press(&mut model, Command::NextChoice);
    press(&mut model, Command::NextChoice);
    press(&mut model, Command::Toggle);
    seen("log-form", &model);
    press(&mut model, Command::Send);
    model.page.reply(&model.shell, Reply::Log(sample::log_found()));
    seen("log-found", &model);
    model.page.reply(&model.shell, Reply::LogEntry(Box::new(sample::log_entry())));
    seen("log-entry", &model);
    press(&mut model, Command::Back);
    model.page.reply(&model.shell, Reply::Verified(sample::log_verified()));
    seen("log-verified", &model);
}

#[test]
fn over_a_page() {
    let mut model = at(Goto::Home(Box::new(sample::home())));
    model.over = Some(Over::Help(Paragraph::default()));
    seen("help", &model);
    let question = "まだ送信していない入力があります。入力は保管され、次回のログイン後に続きから使えます。\nログアウトして終了します。";
    let dialog = Dialog::new("終了", question, &["戻る", "終了する"]);
    model.over = Some(Over::Leave(dialog, Leaving::Quit));
    model.shell.away_since = Some("03:12".to_owned());
    seen("leaving", &model);
    drop(Event::HomeChanged);
}

#[test]
fn too_small() {
    let model = at(Goto::Home(Box::new(sample::home())));
    insta::assert_snapshot!("too-small-59x24", look(&model, 59, 24));
    insta::assert_snapshot!("too-small-80x14", look(&model, 80, 14));
}

/// Whatever the size, nothing falls and nothing is drawn that is wider than the screen.
#[test]
fn no_size_makes_a_page_fall() {
    let view = |stage| Box::new(sample::enquiry(stage, sample::four_items()));
    let pages = vec![
        at(Goto::Login),
        at(Goto::Card),
        at(Goto::Home(Box::new(sample::home()))),
        at(Goto::Case(None)),
        at(Goto::Identify(view(Stage::Drafting))),
        at(Goto::Confirm(view(Stage::Drafting))),
        at(Goto::Enquiry(view(sample::candidates()))),
        at(Goto::Candidate(view(sample::candidates()), Box::new(sample::candidate(false)))),
        at(Goto::Enquiry(view(Stage::NoMatch))),
        at(Goto::Person(view(Stage::Answered), Box::new(sample::person()))),
        at(Goto::Reading(view(Stage::Reading), Box::new(sample::summary(sample::drugs())))),
        at(Goto::Log(sample::log(), true)),
        at(Goto::Lock(None)),
    ];
    for model in &pages {
        for (width, height) in
            (0..=250).step_by(29).flat_map(|n| [(n, 24), (80, n), (n, n), (60 + n % 3, 15)])
        {
            look(model, width, height);
        }
    }
}
