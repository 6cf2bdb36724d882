//! 事後確認 on the screen: how it looks, and that no key that moves gives a verdict.

use super::super::plain::frame;
use super::screens::{look, press, seen, typed};
use super::{at, sample};
use crate::domain::enquiry::EnquiryId;
use crate::domain::explanation::ExplainedTo;
use crate::domain::factor::Factor;
use crate::domain::review::{
    About, Closing, Facts, Item, Part, PersonConfirmed, Priority, ReviewId, Role, Verdict,
};
use crate::domain::{Account, Permission, PersonName, Profession, SafeText, UserId};
use crate::protocol::reviews::{
    ClosedList, ClosedRow, ExplanationList, ExplanationRow, GivenRow, ReviewList, ReviewRow, ReviewView,
    SlipView,
};
use crate::protocol::view::SessionView;
use crate::protocol::{Refusal, RefusalCode, Reply, Request};
use crate::terminal::app::{Act, Goto, Model, Telling, Told};
use crate::terminal::event_loop::{Incoming, Pasted};
use crate::terminal::keymap::{Command, Key, Meaning, Place};
use crate::terminal::theme::Theme;

fn enquiry() -> EnquiryId {
    EnquiryId::parse("0123456789ab").unwrap()
}

fn case() -> crate::domain::case::CaseNumber {
    "20261123-003".to_owned().try_into().unwrap()
}

/// An auditor, who looks at no patient.
fn by_an_auditor(to: Goto) -> Model {
    let mut model = at(to);
    let account = Account {
        user: UserId::parse("kansa").unwrap(),
        name: PersonName::parse("監査 四郎").unwrap(),
        profession: Profession::Auditor,
        record_user: None,
        permissions: [Permission::Audit].into(),
        disabled: false,
    };
    let factors = vec![Factor::Password];
    let session =
        SessionView { account, factors, two_factors: false, may_enquire: false, ..sample::session() };
    model.shell.session = Some(SessionView { card_keys: Vec::new(), ..session });
    model
}

/// The pages of this file, for what holds for every page.
pub(super) fn pages_of_an_auditor() -> Vec<Model> {
    let home = Goto::Home(Box::new(sample::home()));
    let slip = Goto::Slip(Box::new(slip()), Box::new(told(true)));
    let judged = Goto::Review(Box::new(judged()));
    [home, Goto::Explanations(Box::new(due())), slip, judged, Goto::Log(sample::log(), false)]
        .map(by_an_auditor)
        .into()
}

fn item() -> Item {
    let part = |role, user: &str, name: &str, profession| Part {
        role,
        user: user.into(),
        name: name.into(),
        profession,
    };
    Item {
        id: ReviewId::of(12),
        about: About::Enquiry { enquiry: enquiry(), case: case() },
        opened_ms: 0,
        priority: vec![Priority::ConsentRefused],
        parts: vec![
            part(Role::Looked, "sato", "佐藤 一郎", Some(Profession::Doctor)),
            part(Role::Judged, "田中 二郎", "田中 二郎", None),
        ],
        facts: Facts {
            patient: "青葉　太郎（1955-11-03生）".into(),
            method: "資格確認書等".into(),
            necessity: true,
            consent: "同意取得困難（拒否）".into(),
            tried: "三度説明したが首を振った".into(),
            words: "低血糖による錯乱が疑われ、拒否を有効と判断できない。家族とは連絡がつかない".into(),
            evidence: "所持品（救急隊）".into(),
            factors: vec![Factor::Password, Factor::SoftwareCard],
            requests: 1,
            person: PersonConfirmed::Same,
            displayed: vec!["受診歴".into(), "薬剤情報".into()],
            displayed_ms: Some(0),
            outcome: "本人確認待ち ＞ 閲覧可".into(),
            uses: 0,
        },
        follows: None,
        closing: None,
    }
}

fn view() -> ReviewView {
    ReviewView {
        item: item(),
        at: "2026-11-14 03:12".into(),
        displayed: Some("2026-11-14 03:15".into()),
        due: "2026-11-21".into(),
        overdue: true,
        closed: None,
        refused: None,
    }
}

fn list() -> ReviewList {
    let row = |n, priority: Vec<Priority>, overdue, about: &str| ReviewRow {
        review: ReviewId::of(n),
        about: about.into(),
        priority,
        at: "2026-11-14 03:12".into(),
        due: "2026-11-21".into(),
        overdue,
        people: "佐藤 一郎・田中 二郎".into(),
        patient: "青葉　太郎（1955-11-03生）".into(),
        consent: "同意取得困難（拒否）".into(),
        outcome: "閲覧可".into(),
    };
    let token = ReviewRow {
        patient: SafeText::default(),
        consent: SafeText::default(),
        people: "管理 花子・佐藤 一郎".into(),
        ..row(13, vec![Priority::Emergency], false, "緊急トークンの発行")
    };
    let rows = vec![
        row(12, vec![Priority::ConsentRefused], true, "救急時の照会・閲覧"),
        token,
        row(14, Vec::new(), false, "救急時の照会・閲覧"),
    ];
    ReviewList { rows, more: false, open: 3, overdue: 1, priority: 2 }
}

fn due() -> ExplanationList {
    let row = ExplanationRow {
        enquiry: enquiry(),
        case: case(),
        patient: "青葉　太郎（1955-11-03生）".into(),
        viewer: "佐藤 一郎".into(),
        since: "2026-11-14 03:14".into(),
        objections: 1,
        given: None,
    };
    ExplanationList { given: false, rows: vec![row], more: false }
}

/// The same, after the family was told.
fn given() -> ExplanationList {
    let mut list = due();
    list.given = true;
    list.rows[0].given = Some(GivenRow { at: "2026-11-20 10:00".into(), to: ExplainedTo::Family });
    list
}

fn told(from_a_review: bool) -> Told {
    if from_a_review { Told::of_review(&view()).unwrap() } else { Told::of_row(&due().rows[0]) }
}

fn closed() -> ClosedList {
    let row = |n, priority: Vec<Priority>, verdict, words: &str| ClosedRow {
        review: ReviewId::of(n),
        about: "救急時の照会・閲覧".into(),
        priority,
        at: "2026-11-14 03:12".into(),
        people: "佐藤 一郎・田中 二郎".into(),
        patient: "青葉　太郎（1955-11-03生）".into(),
        follows: None,
        verdict,
        by: UserId::parse("kansa").unwrap(),
        name: "監査 四郎".into(),
        words: words.into(),
        closed: "2026-11-20 09:00".into(),
    };
    let rows = vec![
        row(12, vec![Priority::ConsentRefused], Verdict::ToClarify, "主治医に経緯を確認する"),
        row(11, Vec::new(), Verdict::Proper, "同意と必要性の記録を確認した"),
    ];
    ClosedList { rows, next: Some(ReviewId::of(11)) }
}

fn slip() -> SlipView {
    let paragraphs = ["青葉　太郎（1955-11-03生）　様", "", "【日時】2026年11月14日 3時12分"];
    SlipView {
        title: "【訓練】救急時の医療情報の閲覧についてのご説明".into(),
        paragraphs: paragraphs.map(SafeText::from).to_vec(),
        history: vec!["2026-11-20 10:00 説明（家族・説明者 相談員 山本）書面で説明した".into()],
    }
}

fn asks(model: &mut Model, command: Command) -> Vec<Request> {
    let acts = model.page.press(&model.shell, Meaning::Command(command));
    acts.into_iter()
        .filter_map(|act| if let Act::Ask(request) = act { Some(request) } else { None })
        .collect()
}

#[test]
fn pages() {
    let mut home = sample::home();
    home.news = vec!["事後確認 未了 3件（うち期限超過 1件・優先 2件）".into()];
    home.cases.clear();
    seen("review-home", &by_an_auditor(Goto::Home(Box::new(home))));
    let mut model = by_an_auditor(Goto::Reviews(Box::new(list())));
    seen("review-list", &model);
    press(&mut model, Command::NextTab);
    let shell = sample::shell();
    model.page.reply(&shell, Reply::Explanations(Box::new(due())));
    seen("review-explanations", &model);
    seen("review-told", &by_an_auditor(Goto::Explanations(Box::new(given()))));
    seen("review-closed", &by_an_auditor(Goto::ClosedReviews(Box::new(closed()))));
    seen("review-item", &by_an_auditor(Goto::Review(Box::new(view()))));
    let own = "ご自身が閲覧者として関わった件は確認できません。関わっていない監査担当に依頼してください";
    let refused = ReviewView { refused: Some(own.into()), ..view() };
    seen("review-item-own", &by_an_auditor(Goto::Review(Box::new(refused))));
    seen("review-item-closed", &by_an_auditor(Goto::Review(Box::new(judged()))));
    let mut objection = view();
    objection.item.about = About::Objection {
        enquiry: enquiry(),
        case: case(),
        words: "家族に知らせてほしくなかった".into(),
        accesses: vec![ReviewId::of(11)],
    };
    objection.item.priority = vec![Priority::Objection];
    seen("review-item-objection", &by_an_auditor(Goto::Review(Box::new(objection))));
    seen("review-slip", &by_an_auditor(Goto::Slip(Box::new(slip()), Box::new(told(true)))));
    let mut model = by_an_auditor(Goto::Verdict(Box::new(view())));
    seen("review-verdict", &model);
    press(&mut model, Command::Send);
    seen("review-verdict-empty", &model);
}

#[test]
fn forms_for_what_patients_are_told_and_say() {
    let mut model = telling(Telling::Explained);
    seen("review-explained", &model);
    press(&mut model, Command::Send);
    seen("review-explained-empty", &model);
    fill(&mut model);
    press(&mut model, Command::Send);
    seen("review-explained-asked", &model);
    let mut model = telling(Telling::Objection);
    typed(&mut model, "家族に知らせてほしくなかった");
    seen("review-objection", &model);
    press(&mut model, Command::Send);
    seen("review-objection-asked", &model);
}

/// The form, opened from the list.
fn telling(telling: Telling) -> Model {
    by_an_auditor(Goto::Telling(telling, Box::new(told(false)), false))
}

/// 家族, by somebody, in words; the choice has the focus.
fn fill(model: &mut Model) {
    for command in [Command::NextChoice, Command::Toggle, Command::NextField] {
        press(model, command);
    }
    typed(model, "相談員 山本");
    press(model, Command::NextField);
    typed(model, "書面を渡して説明した");
}

#[test]
fn an_explanation_is_recorded_only_after_it_was_shown_once_more_and_nothing_typed_is_lost() {
    let mut model = telling(Telling::Explained);
    assert_eq!(look(&model, 80, 24).matches("(*)").count(), 0, "nothing is preselected");
    assert_eq!(asks(&mut model, Command::Send).len(), 0, "all is missing");
    assert_eq!(model.page.offers(&model.shell).place, Place::ChoiceField, "the first that is missing");
    fill(&mut model);
    for command in [Command::Accept, Command::NextField, Command::Send, Command::Accept, Command::Send] {
        assert_eq!(asks(&mut model, command).len(), 0, "{command:?}: the first answer goes back to the form");
    }
    assert_eq!(asks(&mut model, Command::NextChoice).len(), 0);
    let asked = asks(&mut model, Command::Accept);
    let [Request::GiveExplanation { enquiry: of, to, by, words }] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!((of, *to), (&enquiry(), ExplainedTo::Family));
    assert_eq!((by.as_str(), words.as_str()), ("相談員 山本", "書面を渡して説明した"));
    let refusal = Refusal::new(RefusalCode::StoreFailed, "記録できません");
    let shell = sample::shell();
    model.page.refused(&shell, &refusal);
    for typed in ["(*) 家族", "相談員 山本", "書面を渡して説明した"] {
        assert!(look(&model, 80, 24).contains(typed), "{typed} is lost");
    }
    assert_eq!(asks(&mut model, Command::Back).len(), 0, "nor by one key");
    assert!(model.page.unsent() && model.page.resumes());
    let asked = asks(&mut model, Command::Back);
    assert!(
        matches!(asked.as_slice(), [Request::ListExplanations { given: false, after: None }]),
        "{asked:?}"
    );
    // What was recorded leads to what is left.
    let acts = model.page.reply(&shell, Reply::Done);
    let [Act::Say(_, said), Act::Ask(Request::ListExplanations { given: false, after: None })] =
        acts.as_slice()
    else {
        panic!("{acts:?}")
    };
    assert_eq!(said, "説明を記録しました");
}

#[test]
fn both_forms_open_from_the_list_and_from_the_slip_and_lead_back_there() {
    for (command, title) in
        [(Command::Explained, "患者への事後説明の記録"), (Command::Objection, "異議の記録")]
    {
        let list = by_an_auditor(Goto::Explanations(Box::new(due())));
        let slip = by_an_auditor(Goto::Slip(Box::new(slip()), Box::new(told(true))));
        for (mut model, from_slip) in [(list, false), (slip, true)] {
            let acts = model.page.press(&model.shell, Meaning::Command(command));
            let Some(Act::Go(to)) = acts.into_iter().next() else { panic!("{command:?} opens nothing") };
            let mut model = by_an_auditor(to);
            let screen = look(&model, 80, 24);
            assert!(screen.contains(title) && screen.contains("青葉　太郎"), "{screen}");
            let back = asks(&mut model, Command::Back);
            match back.as_slice() {
                [Request::ShowSlip { .. }] => assert!(from_slip),
                [Request::ListExplanations { .. }] => assert!(!from_slip),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn who_looked_has_only_explanations_and_an_auditor_goes_round_the_four_lists() {
    let shell = sample::shell();
    let name = |asked: Vec<Request>| match asked.as_slice() {
        [Request::ListReviews { .. }] => "open",
        [Request::ListExplanations { given: false, .. }] => "due",
        [Request::ListExplanations { given: true, .. }] => "given",
        [Request::ListClosedReviews { .. }] => "closed",
        other => panic!("{other:?}"),
    };
    let answer = |name: &str| match name {
        "open" => Reply::Reviews(Box::new(list())),
        "closed" => Reply::ClosedReviews(Box::new(closed())),
        "given" => Reply::Explanations(Box::new(given())),
        _ => Reply::Explanations(Box::new(due())),
    };
    let mut model = at(Goto::Explanations(Box::new(due())));
    assert!(look(&model, 80, 24).contains("Ctrl-N 説明済み"), "nobody finds what is not shown");
    assert!(model.page.offers(&model.shell).has(Command::Explained));
    assert!(matches!(asks(&mut model, Command::Back).as_slice(), [Request::Home]));
    for other in ["given", "due", "given"] {
        for command in [Command::PrevTab, Command::NextTab] {
            assert_eq!(name(asks(&mut model, command)), other, "two lists and no others");
        }
        model.page.reply(&shell, answer(other));
    }
    let empty = at(Goto::Explanations(Box::new(ExplanationList { rows: Vec::new(), ..due() })));
    let offers = empty.page.offers(&empty.shell);
    assert!(!offers.has(Command::Explained) && !offers.has(Command::Objection));
    let home = at(Goto::Home(Box::new(sample::home())));
    assert!(home.page.offers(&home.shell).has(Command::Explanations));

    let mut model = by_an_auditor(Goto::Reviews(Box::new(list())));
    for (forth, back) in [("due", "closed"), ("given", "open"), ("closed", "due"), ("open", "given")] {
        assert_eq!(name(asks(&mut model, Command::PrevTab)), back);
        assert_eq!(name(asks(&mut model, Command::NextTab)), forth);
        model.page.reply(&shell, answer(forth));
    }
}

/// Families object after they were told: slip and objection are open from there, and lead back there.
#[test]
fn those_who_were_told_can_still_object() {
    let mut model = by_an_auditor(Goto::Explanations(Box::new(given())));
    let asked = asks(&mut model, Command::Accept);
    assert!(matches!(asked.as_slice(), [Request::ShowSlip { .. }]), "{asked:?}");
    let acts = model.page.reply(&model.shell, Reply::Slip(Box::new(slip())));
    let [Act::Go(Goto::Slip(_, told))] = acts.as_slice() else { panic!("{acts:?}") };
    assert!(told.given);
    let mut model = by_an_auditor(Goto::Slip(Box::new(slip()), told.clone()));
    let back = asks(&mut model, Command::Back);
    assert!(matches!(back.as_slice(), [Request::ListExplanations { given: true, .. }]), "{back:?}");
    let mut model = by_an_auditor(Goto::Explanations(Box::new(given())));
    let acts = model.page.press(&model.shell, Meaning::Command(Command::Objection));
    let Some(Act::Go(to)) = acts.into_iter().next() else { panic!("opens nothing") };
    let mut model = by_an_auditor(to);
    let acts = model.page.reply(&model.shell, Reply::Objected { review: ReviewId::of(2) });
    assert!(
        matches!(acts.as_slice(), [_, Act::Ask(Request::ListExplanations { given: true, .. })]),
        "{acts:?}"
    );
}

/// A page that was fetched on the way never takes the place of what was asked for by hand, and no row comes twice.
#[test]
fn what_is_fetched_below_is_put_below_once() {
    let shell = sample::shell();
    let mut model = by_an_auditor(Goto::ClosedReviews(Box::new(closed())));
    let titled = |model: &Model| model.page.title();
    assert!(titled(&model).ends_with("2件以上"));
    let acts = model.page.press(&model.shell, Meaning::Command(Command::Down));
    let [Act::Look(Request::ListClosedReviews { month: None, before })] = acts.as_slice() else {
        panic!("{acts:?}")
    };
    assert_eq!(before.as_ref(), Some(&ReviewId::of(11)));
    let mut further = closed();
    further.rows.push(ClosedRow { review: ReviewId::of(3), ..further.rows[0].clone() });
    further.next = None;
    model.page.reply(&shell, Reply::ClosedReviews(Box::new(further.clone())));
    assert!(titled(&model).ends_with("3件"), "{}", titled(&model));
    // Asked for by hand, the first page is the whole list again.
    assert_eq!(asks(&mut model, Command::Refresh).len(), 1);
    model.page.reply(&shell, Reply::ClosedReviews(Box::new(closed())));
    assert!(titled(&model).ends_with("2件以上"));
    // Another tab was asked for while a page was on its way: it is the tab that comes, and the page is dropped.
    assert_eq!(asks(&mut model, Command::NextTab).len(), 1);
    model.page.reply(&shell, Reply::Reviews(Box::new(list())));
    model.page.reply(&shell, Reply::ClosedReviews(Box::new(further)));
    assert!(titled(&model).starts_with("事後確認  未了 3件"), "{}", titled(&model));
}

#[test]
fn a_verdict_is_chosen_by_a_person_and_no_key_that_moves_gives_it() {
    let mut model = by_an_auditor(Goto::Review(Box::new(view())));
    assert_eq!(asks(&mut model, Command::Accept).len(), 0, "the form opens, nothing is asked");
    let mut model = by_an_auditor(Goto::Verdict(Box::new(view())));
    assert_eq!(look(&model, 80, 24).matches("(*)").count(), 0, "nothing is preselected");
    let moving = [
        Command::Accept,
        Command::NextField,
        Command::PrevField,
        Command::NextChoice,
        Command::PrevChoice,
        Command::Accept,
        Command::Accept,
    ];
    for command in moving {
        assert_eq!(asks(&mut model, command).len(), 0, "{command:?}");
    }
    press(&mut model, Command::PrevField);
    assert_eq!(asks(&mut model, Command::Send).len(), 0, "neither verdict nor words");
    press(&mut model, Command::NextChoice);
    press(&mut model, Command::Toggle);
    assert_eq!(asks(&mut model, Command::Send).len(), 0, "no words");
    typed(&mut model, "主治医に確認する");
    for command in [Command::Accept, Command::NextField, Command::Send, Command::Accept, Command::Send] {
        assert_eq!(asks(&mut model, command).len(), 0, "{command:?}: it is shown once more, and can be left");
    }
    for shown in ["判定: 要確認", "所見: 主治医に確認する", "あとから変更できません。"]
    {
        assert!(look(&model, 80, 24).contains(shown), "{shown}");
    }
    assert_eq!(asks(&mut model, Command::NextChoice).len(), 0);
    let asked = asks(&mut model, Command::Accept);
    let [Request::CloseReview { review, verdict, words }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(
        (review.as_str(), *verdict, words.as_str()),
        ("R000012", Verdict::ToClarify, "主治医に確認する")
    );
    // What was typed is not lost by one key.
    assert_eq!(asks(&mut model, Command::Back).len(), 0);
    assert!(model.page.unsent());
}

/// The item of [`view`], judged.
fn judged() -> ReviewView {
    let mut closed = view();
    closed.overdue = false;
    closed.closed = Some("2026-11-23 09:00".into());
    closed.item.closing = Some(Closing {
        by: UserId::parse("kansa").unwrap(),
        name: "監査 四郎".into(),
        verdict: Verdict::ToClarify,
        words: "主治医に経緯を確認する".into(),
        at_ms: 0,
    });
    closed
}

#[test]
fn what_was_judged_has_a_key_to_be_looked_at_once_more_with_words_and_a_question() {
    let open = by_an_auditor(Goto::Review(Box::new(view())));
    assert!(!open.page.offers(&open.shell).has(Command::ReviewAgain));
    let mut model = by_an_auditor(Goto::Review(Box::new(judged())));
    assert!(model.page.offers(&model.shell).has(Command::ReviewAgain));
    let acts = model.page.press(&model.shell, Meaning::Command(Command::ReviewAgain));
    let Some(Act::Go(to @ Goto::ReviewAgain(_))) = acts.into_iter().next() else { panic!("opens nothing") };
    let mut model = by_an_auditor(to);
    seen("review-again", &model);
    assert_eq!(asks(&mut model, Command::Send).len(), 0);
    assert!(look(&model, 80, 24).contains("見直す理由を入力してください"));
    model.page.paste(&sample::shell(), &Pasted::new("主治医から".into()));
    for command in [Command::Send, Command::Back] {
        assert_eq!(asks(&mut model, command).len(), 0, "{command:?}");
    }
    assert!(!look(&model, 80, 24).contains("見直す理由を入力してください"), "it is no longer missing");
    typed(&mut model, "聞き取りができた");
    for command in [Command::Accept, Command::Send, Command::Accept, Command::Send] {
        assert_eq!(asks(&mut model, command).len(), 0, "{command:?}");
    }
    seen("review-again-asked", &model);
    press(&mut model, Command::NextChoice);
    let asked = asks(&mut model, Command::Accept);
    let [Request::ReviewAgain { review, words }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((review.as_str(), words.as_str()), ("R000012", "主治医から聞き取りができた"));
    assert_eq!(asks(&mut model, Command::Back).len(), 0, "nothing typed is lost by one key");
    assert!(model.page.unsent() && model.page.resumes());
    let acts = model.page.reply(&sample::shell(), Reply::Review(Box::new(view())));
    assert!(matches!(acts.as_slice(), [Act::Say(..), Act::Go(Goto::Review(_))]), "{acts:?}");
}

/// The keys that come to another answer stand in the bottom line, and one that answers nothing says so.
#[test]
fn a_question_says_how_it_is_answered() {
    let mut model = telling(Telling::Objection);
    typed(&mut model, "知らせてほしくなかった");
    press(&mut model, Command::Send);
    let bottom = look(&model, 80, 24);
    assert!(bottom.contains("Tab 次の選択肢") && bottom.contains("Enter 決定"), "{bottom}");
    super::super::update::update(&mut model, std::time::Instant::now(), Incoming::Key(Key::ctrl('g')));
    let said = look(&model, 80, 24);
    assert!(said.contains("Tab で答えを選び、Enter で決定してください"), "{said}");
    assert!(said.contains("あとから変更できません。"), "the question stands");
}

#[test]
fn who_had_a_part_is_offered_no_verdict() {
    let refused = ReviewView { refused: Some("関わった件は確認できません".into()), ..view() };
    let model = by_an_auditor(Goto::Review(Box::new(refused)));
    assert!(!model.page.offers(&model.shell).has(Command::Accept));
    let closed = Closing {
        by: UserId::parse("kansa").unwrap(),
        name: "監査 四郎".into(),
        verdict: Verdict::Proper,
        words: "よし".into(),
        at_ms: 0,
    };
    let mut view = view();
    view.item.closing = Some(closed);
    let model = by_an_auditor(Goto::Review(Box::new(view)));
    assert!(!model.page.offers(&model.shell).has(Command::Accept));
    // A doctor has no key for it at home.
    let model = at(Goto::Home(Box::new(sample::home())));
    assert!(!model.page.offers(&model.shell).has(Command::Review));
}

#[test]
fn each_page_is_read_line_by_line() {
    for (to, expected) in [
        (Goto::Reviews(Box::new(list())), "> 1. R000012"),
        (Goto::Review(Box::new(view())), "同意取得困難（拒否）"),
        (Goto::Slip(Box::new(slip()), Box::new(told(false))), "救急時の医療情報の閲覧についてのご説明"),
        (Goto::Verdict(Box::new(view())), "判定"),
        (Goto::ReviewAgain(Box::new(judged())), "見直す理由"),
        (Goto::ClosedReviews(Box::new(closed())), "要確認 監査 四郎"),
        (Goto::Explanations(Box::new(due())), "> 1. 0123456789ab"),
        (Goto::Telling(Telling::Explained, Box::new(told(false)), false), "説明した相手"),
    ] {
        let mut model = by_an_auditor(to);
        model.shell.theme = Theme::Plain;
        let text = frame(&model).unwrap();
        assert!(text.contains(expected), "{expected} is missing:\n{text}");
        assert!(!text.contains("+--"), "{text}");
    }
    let mut model = by_an_auditor(Goto::Verdict(Box::new(view())));
    model.shell.theme = Theme::Plain;
    assert_eq!(model.page.prompt().map(|prompt| prompt.label).as_deref(), Some("判定"));
    press(&mut model, Command::NextField);
    assert_eq!(model.page.prompt().map(|prompt| prompt.label).as_deref(), Some("所見"));
}

#[test]
fn no_size_makes_a_page_fall() {
    let pages = [
        by_an_auditor(Goto::Reviews(Box::new(list()))),
        by_an_auditor(Goto::Review(Box::new(view()))),
        by_an_auditor(Goto::Slip(Box::new(slip()), Box::new(told(false)))),
        by_an_auditor(Goto::Verdict(Box::new(view()))),
        by_an_auditor(Goto::ReviewAgain(Box::new(judged()))),
        by_an_auditor(Goto::ClosedReviews(Box::new(closed()))),
        by_an_auditor(Goto::Explanations(Box::new(due()))),
        telling(Telling::Explained),
        telling(Telling::Objection),
    ];
    for model in &pages {
        for (width, height) in (0..=250).step_by(29).flat_map(|n| [(n, 24), (80, n), (n, n)]) {
            look(model, width, height);
        }
    }
}
