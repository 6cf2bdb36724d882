//! Which keys there are: none that no screen answers, and none that does nothing on the screen that shows it.

use super::review::pages_of_an_auditor;
use super::screens::{look, press, seen, typed};
use super::{at, sample};
use crate::domain::IdentificationMethod;
use crate::domain::candidate::differing;
use crate::domain::enquiry::{CancelOutcome, Delivery, Purpose};
use crate::domain::key::KeyDraft;
use crate::protocol::view::{CandidateView, EnquiryView, SessionView, Stage};
use crate::protocol::{Refusal, RefusalCode, Reply, Request};
use crate::terminal::app::{Act, Goto, Model};
use crate::terminal::card::FromCard;
use crate::terminal::keymap::{Base, Command, Context, Keymap, Meaning};
use std::collections::BTreeSet;

fn view(stage: Stage) -> Box<EnquiryView> {
    Box::new(sample::enquiry(stage, sample::certificate()))
}

fn sent() -> Stage {
    Stage::Sent {
        purpose: Purpose::Medical,
        delivery: Delivery::Written,
        elapsed_ms: 0,
        timeout_s: 90,
        sent_at: "03:11:47".into(),
    }
}

fn reading() -> Model {
    at(Goto::Reading(view(Stage::Reading), Box::new(sample::summary(sample::drugs()))))
}

/// Every page, in what it offers most.
fn pages() -> Vec<Model> {
    let mut pages: Vec<Model> = [
        Goto::Login,
        Goto::Home(Box::new(sample::home())),
        Goto::Case(None),
        Goto::Identify(view(Stage::Drafting)),
        Goto::Enquiry(view(sent())),
        Goto::Enquiry(view(sample::candidates())),
        Goto::Enquiry(view(Stage::DeliveryUnknown)),
        Goto::Candidate(view(sample::candidates()), Box::new(sample::candidate(false))),
        Goto::Person(view(Stage::Reading), Box::new(sample::person())),
        Goto::Log(sample::log(), false),
    ]
    .map(at)
    .into();
    let card = KeyDraft { method: IdentificationMethod::MyNumberCard, ..KeyDraft::default() };
    let mut faces = at(Goto::Identify(Box::new(sample::enquiry(Stage::Drafting, card))));
    faces.page.reply(&faces.shell, Reply::FaceResults(sample::faces()));
    let mut confirm = at(Goto::Confirm(view(Stage::Drafting)));
    press(&mut confirm, Command::NextField);
    let mut asked = at(Goto::Enquiry(view(sent())));
    press(&mut asked, Command::Cancel);
    let mut token = at(Goto::Card);
    token.shell.session = Some(SessionView { two_factors: false, has_token: true, ..sample::session() });
    let nothing_found = FromCard::NotFound("カードを使えません".into());
    token.page.card(&token.shell, nothing_found);
    let mut filter = reading();
    press(&mut filter, Command::Filter);
    pages.extend([faces, confirm, asked, token, reading(), filter]);
    pages.extend(pages_of_an_auditor());
    pages
}

#[test]
fn every_key_of_the_table_is_answered_by_some_screen() {
    let mut answered: BTreeSet<(Context, Command)> = BTreeSet::new();
    let keymap = Keymap::load(Base::Default, None).unwrap();
    for model in pages() {
        look(&model, 60, 15);
        answered
            .extend(keymap.help(&model.offers()).iter().filter(|h| h.now).map(|h| (h.context, h.command)));
    }
    let idle: Vec<String> = keymap
        .bindings()
        .iter()
        .filter(|binding| !answered.contains(&(binding.context, binding.command)))
        .map(|binding| format!("{} {}", binding.context.name(), binding.command.name()))
        .collect();
    assert_eq!(idle, [""; 0], "the help page lists keys that do nothing anywhere");
}

/// Two people who are the same in everything shown.
fn alike() -> Stage {
    let one = sample::people().remove(0);
    let people = vec![one.clone(), one];
    Stage::Candidates { differing: differing(&people), people }
}

#[test]
fn where_nobody_can_be_chosen_choosing_is_not_offered_and_what_can_be_done_is() {
    let mut model = at(Goto::Enquiry(view(alike())));
    for (width, height) in [(80, 24), (132, 43), (60, 15)] {
        let screen = look(&model, width, height);
        assert!(!screen.contains("v 閲覧"), "{screen}");
        assert!(screen.contains("r 条件再指定の上、再検索する"), "{screen}");
    }
    seen("candidates-alike", &model);
    let screen: String = look(&model, 80, 24).split_whitespace().collect();
    for words in [
        "閲覧ボタンを押すことで医療情報の閲覧が可能",
        "この一覧では「閲覧」を使えません。",
        "番号（枝番まで）が分かるときは、条件再指定の「資格確認書等」にその番号を入力し、照会し直してください。",
        "閲覧せずに診療を続け、その旨を診療記録に残してください。",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(model.page.press(&model.shell, Meaning::Command(Command::Refine)).iter().any(is_redraft));
    assert!(at(Goto::Enquiry(view(sample::candidates()))).offers().has(Command::View), "else it is");

    let refused = CandidateView { to_type: Vec::new(), ..sample::candidate(true) };
    let mut model = at(Goto::Candidate(view(alike()), Box::new(refused)));
    assert!(look(&model, 80, 24).contains("r 条件再指定の上、再検索する"), "{}", look(&model, 80, 24));
    assert!(model.page.press(&model.shell, Meaning::Command(Command::Refine)).iter().any(is_redraft));
}

fn is_redraft(act: &Act) -> bool {
    matches!(act, Act::Ask(Request::Redraft { .. }))
}

#[test]
fn the_notes_have_a_key_only_where_it_changes_something() {
    for mut model in [reading(), at(Goto::Enquiry(view(sample::candidates())))] {
        for (width, height) in [(80, 15), (60, 15), (132, 43), (200, 60)] {
            let before = look(&model, width, height);
            let offered = model.offers().has(Command::Notes);
            press(&mut model, Command::Notes);
            let changed = look(&model, width, height) != before;
            assert_eq!(offered, changed, "{} at {width}x{height}\n{before}", model.page.title());
            press(&mut model, Command::Notes);
        }
    }
    assert!(look(&reading(), 80, 24).contains("i 注意事項"), "already in the first frame");
    assert!(!look(&reading(), 132, 43).contains("i 注意事項"), "already in the first frame");
}

/// What another program says may be about the hour or about what was typed: the advice fits both, and names the key.
#[test]
fn an_error_and_a_time_out_say_how_to_ask_again() {
    let failed = Stage::Failed {
        code: "EMS30002".into(),
        message: "保険者の資格情報が更新中のため照会できません".into(),
    };
    let timed_out = |outcome| Stage::TimedOut { outcome };
    for stage in [
        failed,
        timed_out(CancelOutcome::Withdrawn),
        timed_out(CancelOutcome::MaybeSent),
        timed_out(CancelOutcome::Unanswered),
    ] {
        let screen: String = look(&at(Goto::Enquiry(view(stage))), 80, 24).split_whitespace().collect();
        for words in [
            "同じ内容で照会し直すときも、直して照会し直すときも、条件再指定（r）",
            "入力した内容は残っています",
        ] {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
    }
    let pending = look(&at(Goto::Enquiry(view(timed_out(CancelOutcome::Pending)))), 80, 24);
    assert!(pending.contains("確認が終わると、この画面から照会し直せます。"), "{pending}");
}

#[test]
fn all_conditions_of_a_search_that_found_too_few_or_too_many_stand_there() {
    for stage in [Stage::NoMatch, Stage::TooMany] {
        let model = at(Goto::Enquiry(Box::new(sample::enquiry(stage, sample::four_items()))));
        let screen: String = look(&model, 80, 24).split_whitespace().collect();
        for part in
            ["サン＝テグジュペリ", "1970年7月1日", "性別男", "海砂利水魚３２丁目", "架空電機健康保険組合"]
        {
            assert!(screen.contains(part), "{part}\n{screen}");
        }
    }
}

/// What a page says below when a key is pressed or an answer is heard.
fn said(acts: Vec<Act>) -> String {
    acts.into_iter().find_map(|act| if let Act::Say(_, words) = act { Some(words) } else { None }).unwrap()
}

#[test]
fn an_empty_form_of_four_items_lacks_four_things() {
    let empty = KeyDraft { method: IdentificationMethod::FourItems, ..KeyDraft::default() };
    let mut model = at(Goto::Identify(Box::new(sample::enquiry(Stage::Drafting, empty))));
    press(&mut model, Command::Send);
    let refusal = Refusal::new(RefusalCode::BadInput, "氏名を入力してください");
    let words = said(model.page.refused(&model.shell, &refusal));
    assert!(words.starts_with("4か所を直してください"), "{words}");
}

#[test]
fn what_is_typed_for_an_age_is_seen_and_why_it_is_no_age_is_said() {
    let mut model = at(Goto::Case(None));
    press(&mut model, Command::NextField);
    typed(&mut model, "７０歳くらい");
    press(&mut model, Command::Send);
    let screen = look(&model, 80, 24);
    assert!(screen.contains("７０歳くらい"), "{screen}");
    assert!(screen.contains("見た目の年齢は0～120の数字で入力してください"), "{screen}");
}

/// A character that cannot be typed and a field that is full are two things, and each has its own way on.
#[test]
fn what_cannot_be_typed_says_which_of_the_two_it_is() {
    for (text, words) in [
        ("\u{e000}".to_owned(), "この文字は入力できません（外字・見えない文字）。別の字に置き換えてください"),
        ("1".repeat(13), "この欄には12文字までしか入力できません。不要な文字を消してから入力してください"),
    ] {
        let mut model = at(Goto::Identify(view(Stage::Drafting)));
        press(&mut model, Command::DeleteToStart);
        press(&mut model, Command::DeleteToEnd);
        typed(&mut model, &text);
        let screen: String = look(&model, 80, 24).split_whitespace().collect();
        assert!(screen.contains(words), "{words}\n{screen}");
    }
}

#[test]
fn the_warning_before_something_is_given_up_names_the_key_of_this_keymap() {
    for (base, key) in [(Base::Default, "Esc"), (Base::FunctionKeys, "F3")] {
        let mut model = at(Goto::Case(None));
        model.shell.keymap = Keymap::load(base, None).unwrap();
        typed(&mut model, "初療室2");
        let words = said(model.page.press(&model.shell, Meaning::Command(Command::Back)));
        let expected =
            format!("まだ登録していません。もう一度 {key} を押すと、入力を破棄してホームに戻ります");
        assert_eq!(words, expected);
    }
}
