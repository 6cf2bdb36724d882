//! Looking back (E4) and telling patients (D8), over the raw socket: what opens an item, who closes it, what is counted.

use crate::support::audit::{Audit, entries};
use crate::support::card::{log_in, prove};
use crate::support::patients::{four_items, patient};
use crate::support::person::{Person, consent};
use crate::support::site::{PASSWORD, Site};
use crate::support::token::{enrol, issue, one_time, user};
use kyukyu::domain::consent::{ConsentDraft, UnobtainableReason};
use kyukyu::domain::enquiry::EnquiryId;
use kyukyu::domain::explanation::ExplainedTo;
use kyukyu::domain::key::Sex;
use kyukyu::domain::period::Section;
use kyukyu::domain::review::{About, PersonConfirmed, Priority, ReviewId, Role, Verdict};
use kyukyu::domain::{Month, Permission, SafeText};
use kyukyu::log::Act;
use kyukyu::protocol::reviews::{ExplanationRow, ReportPage, ReviewList, ReviewRow, ReviewView, SlipView};
use kyukyu::protocol::view::Stage;
use kyukyu::protocol::{RefusalCode, Reply, Request, Secret};
use kyukyu::store::{StoreError, Table};
use serde_json::Value;

pub(crate) fn kansa(site: &Site) -> Person {
    Person::with_password(site, "kansa")
}

pub(crate) fn list(person: &mut Person) -> ReviewList {
    listed(person, false)
}

fn listed(person: &mut Person, overdue: bool) -> ReviewList {
    match person.ask(Request::ListReviews { overdue, after: None }) {
        Reply::Reviews(list) => *list,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn view(person: &mut Person, request: Request) -> ReviewView {
    match person.ask(request) {
        Reply::Review(view) => *view,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn show(person: &mut Person, review: &ReviewId) -> ReviewView {
    view(person, Request::ShowReview { review: review.clone() })
}

/// The only open item.
pub(crate) fn only(person: &mut Person) -> ReviewView {
    let list = list(person);
    assert_eq!((list.rows.len(), list.open), (1, 1), "{:?}", list.rows);
    show(person, &list.rows[0].review)
}

pub(crate) fn close(review: &ReviewId, words: &str) -> Request {
    Request::CloseReview { review: review.clone(), verdict: Verdict::Proper, words: words.into() }
}

fn grant(site: &Site, id: &str, permission: Permission) {
    let mut kanri = Person::with_password(site, "kanri");
    kanri.ask(Request::SetPermission { user: user(id), permission, granted: true });
}

fn news(person: &mut Person) -> Vec<String> {
    match person.ask(Request::Home) {
        Reply::Home(home) => home.news.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

/// From the form to the request, on these grounds.
fn send(person: &mut Person, enquiry: &EnquiryId, patient_id: &str, consent: ConsentDraft) {
    person.confirm(enquiry, patient(patient_id).certificate());
    let key = person.show(enquiry).key.unwrap();
    person.enquiry_view(Request::Send { enquiry: enquiry.clone(), key, consent });
}

pub(crate) fn read_of(site: &Site, patient_id: &str) -> (Person, EnquiryId) {
    let mut sato = Person::sato(site);
    let (enquiry, stage) = sato.outcome(patient(patient_id).certificate());
    assert_eq!(stage, Stage::Answered);
    sato.same_person(&enquiry);
    sato.read(&enquiry, Section::Visits);
    (sato, enquiry)
}

/// Every item of a station that does not run, as kept.
fn kept(site: &Site) -> Vec<(String, Value)> {
    site.store().read(|tx| tx.scan_prefix(Table::Reviews, "")).map_err(|e: StoreError| e).unwrap()
}

#[test]
fn every_kind_of_access_makes_exactly_one_item() {
    let site = Site::running();
    let mut auditor = kansa(&site);
    assert_eq!(list(&mut auditor).open, 0);
    let mut sato = Person::sato(&site);
    // The form alone is no access.
    let enquiry = sato.enquiry();
    sato.confirm(&enquiry, patient("P01").certificate());
    assert_eq!(list(&mut auditor).open, 0);
    sato.send(&enquiry);
    let asked = only(&mut auditor);
    assert!(matches!(&asked.item.about, About::Enquiry { enquiry: of, .. } if *of == enquiry));
    assert_eq!((asked.item.facts.requests, asked.item.facts.displayed.len()), (1, 0));
    assert_eq!(asked.item.priority, []);
    sato.settled(&enquiry);
    sato.same_person(&enquiry);
    for section in [Section::Visits, Section::Drugs, Section::Visits] {
        sato.read(&enquiry, section);
    }
    let read = only(&mut auditor);
    assert_eq!(read.item.id, asked.item.id, "one for the enquiry, not one for a page");
    let facts = &read.item.facts;
    let displayed: Vec<&str> = facts.displayed.iter().map(SafeText::as_str).collect();
    assert_eq!(displayed, [Section::Visits.label(), Section::Drugs.label()]);
    assert_eq!((facts.person, facts.outcome.as_str()), (PersonConfirmed::Same, "本人確認待ち ＞ 閲覧可"));
    assert_eq!(facts.consent.as_str(), "同意取得困難（意識障害）");
    assert_eq!(facts.tried.as_str(), "呼びかけに応答なし");
    assert_eq!(facts.factor_words().as_str(), "PW＋訓練カード");
    assert!(facts.patient.as_str().contains(patient("P01").name), "{}", facts.patient);
    assert_eq!(facts.evidence.as_str(), "所持品（救急隊）");
    assert_eq!(read.item.parts[0].user.as_str(), "sato");
    let lines: Vec<String> = read.lines().iter().map(|(name, value)| format!("{name} {value}")).collect();
    assert!(lines.contains(&"閲覧者 医師 佐藤 一郎（sato）".to_owned()), "{lines:#?}");
    // Once more after the information came: another enquiry, another item. Nobody there: the same one.
    let nobody = || four_items("該当　なし", "1980-01-01", Sex::Male, "東京都架空区");
    let again = sato.ask_again(&enquiry, nobody());
    sato.settled(&again);
    assert_eq!(sato.ask_again(&again, nobody()), again);
    sato.settled(&again);
    let rows = list(&mut auditor).rows;
    let requests = |auditor: &mut Person, row: &ReviewRow| show(auditor, &row.review).item.facts.requests;
    assert_eq!(rows.iter().map(|row| requests(&mut auditor, row)).collect::<Vec<_>>(), [1, 2]);
    // Cancelled: it may have been sent.
    let other = sato.ask_for(patient("P02").certificate());
    sato.enquiry_view(Request::Cancel { enquiry: other.clone() });
    assert_eq!(list(&mut auditor).open, 3);
    sato.until(&other, |view| !matches!(view.stage, Stage::Cancelled { outcome } if outcome.is_open()));
    let rows = list(&mut auditor).rows;
    assert!(rows[2].outcome.as_str().starts_with("中止（"), "{rows:?}");
}

#[test]
fn tokens_and_recovery_have_items_of_their_own() {
    let site = Site::running();
    let mut kanri = Person::with_password(&site, "kanri");
    let (token, mut device) = issue(&mut kanri, "sato");
    let (usual, mut other) = enrol(&mut kanri, "tanaka");
    let mut auditor = kansa(&site);
    let issued = only(&mut auditor);
    assert_eq!(issued.item.about, About::TokenIssued { token: token.clone() });
    assert_eq!(issued.item.priority, [Priority::Emergency]);
    assert_eq!(issued.item.facts.words.as_str(), "カードリーダー故障");
    let roles: Vec<(Role, &str)> = issued.item.parts.iter().map(|p| (p.role, p.user.as_str())).collect();
    assert_eq!(roles, [(Role::Issued, "kanri"), (Role::Held, "sato")]);
    // A usual token is no emergency.
    let mut tanaka = Person::with_password(&site, "tanaka");
    tanaka.ask(one_time(&other.next()));
    assert_eq!(list(&mut auditor).open, 1, "{usual}");
    let mut sato = Person::with_password(&site, "sato");
    sato.ask(one_time(&device.next()));
    for _ in 0..2 {
        sato.ask(Request::Lock { card_gone: false });
        sato.ask(Request::Unlock { password: Secret::new(PASSWORD.into()) });
        sato.ask(one_time(&device.next()));
    }
    let rows = list(&mut auditor).rows;
    assert_eq!(rows.len(), 2, "one for a session, however often it was unlocked: {rows:?}");
    let used = show(&mut auditor, &rows[1].review);
    assert_eq!(used.item.facts.uses, 3);
    assert!(matches!(&used.item.about, About::TokenUsed { token: of, .. } if *of == token));
    // A wrong code is no use.
    let mut again = Person::with_password(&site, "sato");
    again.refused_as(one_time(&device.wrong()), RefusalCode::BadFactor);
    assert_eq!(list(&mut auditor).open, 2);
    kanri.ask(Request::DeclareRecovery { words: "リーダーを交換した".into() });
    let rows = list(&mut auditor).rows;
    assert_eq!(rows.len(), 3);
    assert_eq!(show(&mut auditor, &rows[2].review).item.about, About::Recovery);
    assert!(rows.iter().all(|row| row.priority == [Priority::Emergency]));
}

#[test]
fn who_looked_or_judged_does_not_close_nor_anybody_without_the_permission_or_a_factor() {
    let site = Site::running();
    grant(&site, "sato", Permission::Audit);
    grant(&site, "tanaka", Permission::Audit);
    let mut sato = Person::sato(&site);
    let enquiry = sato.enquiry();
    send(&mut sato, &enquiry, "P01", ConsentDraft { judged_by: "田中　二郎".into(), ..consent() });
    let mut auditor = kansa(&site);
    let item = only(&mut auditor).item;
    assert_eq!(item.parts[1].role, Role::Judged);
    let mut audit = Audit::new(&site);
    let refused = sato.refused_as(close(&item.id, "自分で見た"), RefusalCode::NoPermission);
    assert!(refused.words.as_str().contains("閲覧者として関わった"), "{refused}");
    let mut tanaka = Person::tanaka(&site);
    let refused = tanaka.refused_as(close(&item.id, "自分で判断した"), RefusalCode::NoPermission);
    assert!(refused.words.as_str().contains("判断者として関わった"), "{refused}");
    let told = show(&mut tanaka, &item.id).refused.unwrap();
    assert_eq!(told, refused.words, "the screen says so before anybody tries");
    audit.find("refusal", "判断者として関わった");
    // With the permission, and with one factor of two.
    let mut half = Person::with_password(&site, "tanaka");
    let mut kanri = Person::with_password(&site, "kanri");
    for request in [
        Request::ListReviews { overdue: false, after: None },
        Request::ShowReview { review: item.id.clone() },
        close(&item.id, "よし"),
        Request::ReviewAgain { review: item.id.clone(), words: "よし".into() },
        Request::ReviewReport { month: Month::from_compact("202611").unwrap(), csv: true, after: None },
    ] {
        half.refused_as(request.clone(), RefusalCode::OneFactor);
        // An administrator is told how many there are, and reviews none.
        kanri.refused_as(request, RefusalCode::NoPermission);
    }
    for (review, words, code) in [
        (item.id.clone(), "", RefusalCode::BadInput),
        (item.id.clone(), "   ", RefusalCode::BadInput),
        (ReviewId::of(99), "よし", RefusalCode::NotFound),
    ] {
        auditor.refused_as(close(&review, words), code);
    }
    auditor.refused_as(
        Request::ReviewAgain { review: item.id.clone(), words: "早い".into() },
        RefusalCode::WrongState,
    );
    assert_eq!(show(&mut auditor, &item.id).item, item, "none of it changed anything");
}

#[test]
fn a_closed_item_is_never_changed_and_what_comes_after_is_a_new_one() {
    let mut site = Site::running();
    let (mut sato, enquiry) = read_of(&site, "P01");
    let mut auditor = kansa(&site);
    let first = only(&mut auditor).item.id;
    let closed = view(&mut auditor, close(&first, "必要性・同意の記録を確認した"));
    let closing = closed.item.closing.clone().unwrap();
    assert_eq!((closing.by.as_str(), closing.verdict), ("kansa", Verdict::Proper));
    assert_eq!(list(&mut auditor).open, 0);
    auditor.refused_as(close(&first, "もう一度"), RefusalCode::WrongState);
    // Whoever goes on looking is looked at anew.
    sato.read(&enquiry, Section::Drugs);
    let second = only(&mut auditor).item;
    assert_ne!(second.id, first);
    assert_eq!(second.facts.displayed.len(), 1);
    let again = Request::ReviewAgain { review: first.clone(), words: "主治医に確認できた".into() };
    auditor.refused_as(again.clone(), RefusalCode::WrongState);
    view(&mut auditor, close(&second.id, "引き続きの閲覧を確認した"));
    let third = view(&mut auditor, again).item;
    assert_eq!(third.follows.as_ref(), Some(&first));
    sato.refused_as(close(&third.id, "x"), RefusalCode::NoPermission);
    sato.read(&enquiry, Section::Visits);
    assert_eq!(only(&mut auditor).item.id, third.id);
    assert_eq!(show(&mut auditor, &first).item, closed.item);
    let mut audit = Audit::new(&site);
    audit.find("review_closed", "R000001・救急時の照会・閲覧・適正・必要性・同意の記録を確認した");
    audit.find("review_followed", "R000001に続くR000003");
    audit.verify();
    site.stop_station();
    let stored: Value = kept(&site)[0].1.clone();
    assert_eq!(stored, serde_json::to_value(&closed.item).unwrap(), "as it was closed, to the byte");
    let closings: Vec<_> =
        entries(&site).into_iter().filter(|entry| matches!(entry.act, Act::ReviewClosed { .. })).collect();
    assert_eq!(closings.len(), 2);
    assert!(closings.iter().all(|e| e.on_behalf_of.is_none() && e.enquiry.is_some() && e.subject.is_some()));
}

#[test]
fn what_waits_is_counted_on_the_home_screen_of_those_who_may_see_it() {
    let mut site = Site::running();
    let (sato, _) = read_of(&site, "P01");
    drop(sato);
    let mut tanaka = Person::tanaka(&site);
    let enquiry = tanaka.enquiry();
    let refused = ConsentDraft {
        reason: Some(UnobtainableReason::Refused),
        words: "意識が清明でないため拒否を有効と判断できない".into(),
        ..consent()
    };
    send(&mut tanaka, &enquiry, "P02", refused);
    tanaka.settled(&enquiry);
    let words = |open, overdue, priority| {
        format!("事後確認 未了 {open}件（うち期限超過 {overdue}件・優先 {priority}件）")
    };
    for id in ["kansa", "kanri"] {
        let news = news(&mut Person::with_password(&site, id));
        assert!(news.contains(&words(2, 0, 1)), "{id}: {news:?}");
        assert!(news.contains(&"患者への事後説明 未了 2件".to_owned()), "{id}: {news:?}");
    }
    assert!(news(&mut tanaka).iter().all(|line| !line.contains("事後確認")), "not for who only looks");
    let rows = list(&mut kansa(&site)).rows;
    assert_eq!(rows[0].priority, [Priority::ConsentRefused], "first, though it came last");
    drop(tanaka);
    site.stop_station();
    // Eight days go by for the older of the two.
    let store = site.store();
    let aged = store.transact(|tx| {
        const DAYS: i64 = 8 * 86_400_000;
        let mut item: Value = tx.get(Table::Reviews, "R000001")?.unwrap();
        let opened = item["opened_ms"].as_i64().unwrap();
        item["opened_ms"] = (opened - DAYS).into();
        tx.put(Table::Reviews, "R000001", &item)?;
        assert!(tx.remove(Table::ReviewIndex, &format!("open/1/{opened:013}/R000001"))?);
        tx.put(Table::ReviewIndex, &format!("open/1/{:013}/R000001", opened - DAYS), &())?;
        Ok::<_, StoreError>(())
    });
    aged.unwrap();
    store.close().unwrap();
    site.start_station();
    let mut auditor = kansa(&site);
    assert!(news(&mut auditor).contains(&words(2, 1, 1)));
    let late = listed(&mut auditor, true).rows;
    assert_eq!(late.len(), 1);
    assert!(late[0].overdue && late[0].review == ReviewId::of(1));
    view(&mut auditor, close(&late[0].review, "遅れたが確認した"));
    assert!(news(&mut auditor).contains(&words(1, 0, 1)));
    assert!(listed(&mut auditor, true).rows.is_empty());
}

#[test]
fn the_item_is_there_when_the_request_is_however_the_station_ends() {
    let mut site = Site::new();
    site.start_station();
    let mut sent = 0;
    for round in 0..3 {
        let mut sato = Person::sato(&site);
        let enquiry = sato.enquiry();
        sato.confirm(&enquiry, patient("P01").certificate());
        let key = sato.show(&enquiry).key.unwrap();
        let ask = Request::Send { enquiry, key, consent: consent() };
        if round == 2 {
            // It ends while the act is on its way: both, or neither.
            std::thread::scope(|scope| {
                scope.spawn(|| drop(sato.client.ask(ask)));
                site.kill_station();
            });
        } else {
            sato.ask(ask);
            site.kill_station();
        }
        let intended =
            entries(&site).iter().filter(|entry| matches!(entry.act, Act::RequestIntended { .. })).count();
        let items = kept(&site).len();
        assert_eq!(items, intended, "round {round}");
        assert!(intended >= sent, "nothing is lost");
        sent = intended;
        assert!(round == 2 || sent == round + 1);
        site.start_station();
        assert_eq!(list(&mut kansa(&site)).open, items, "round {round}: nothing is opened by a start");
    }
}

#[test]
fn somebody_elses_information_is_looked_at_first() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (enquiry, _) = sato.outcome(patient("P01").certificate());
    sato.judge_person(&enquiry, false);
    let item = only(&mut kansa(&site)).item;
    assert_eq!(item.priority, [Priority::SomebodyElse]);
    assert_eq!(
        (item.facts.person, item.facts.outcome.as_str()),
        (PersonConfirmed::Other, "本人確認待ち ＞ 別人と判断")
    );
}

pub(crate) fn explanations(person: &mut Person) -> Vec<ExplanationRow> {
    explained(person, false)
}

fn explained(person: &mut Person, given: bool) -> Vec<ExplanationRow> {
    match person.ask(Request::ListExplanations { given, after: None }) {
        Reply::Explanations(list) => {
            assert_eq!((list.given, list.more), (given, false));
            list.rows
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn slip(person: &mut Person, enquiry: &EnquiryId) -> SlipView {
    match person.ask(Request::ShowSlip { enquiry: enquiry.clone() }) {
        Reply::Slip(slip) => *slip,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_patient_is_told_who_looked_and_the_queue_knows_who_was_not() {
    let mut site = Site::new();
    site.configure(|config| config.explanation_contact = Some("患者相談室 内線1234".into()));
    site.start_linksim(&["--delay-ms", "50"]);
    site.start_station();
    let (mut sato, enquiry) = read_of(&site, "P01");
    let mut tanaka = Person::tanaka(&site);
    let unsent = tanaka.enquiry();
    assert_eq!(explanations(&mut tanaka).len(), 0, "another's is not hers");
    let rows = explanations(&mut sato);
    assert_eq!((rows.len(), &rows[0].enquiry), (1, &enquiry));
    let told = slip(&mut sato, &enquiry);
    let text: Vec<&str> = told.paragraphs.iter().map(SafeText::as_str).collect();
    let text = text.join("\n");
    for words in [
        patient("P01").name,
        "医師 佐藤 一郎",
        "架空総合病院",
        "生命、身体の保護のために必要",
        "意識の状態により",
        "呼びかけに応答なし",
        "救急用サマリーのうち、受診歴",
        "マイナポータルから確認できます",
        "患者相談室 内線1234",
        "お申し出は記録し",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    assert!(told.title.as_str().starts_with("【訓練】"));
    let Reply::Summary(page) =
        sato.ask(Request::ReadSummary { enquiry: enquiry.clone(), section: Section::Drugs, from: 0 })
    else {
        panic!()
    };
    let kyukyu::protocol::view::Rows::Drugs(drugs) = &page.rows else { panic!() };
    assert!(!drugs.is_empty());
    let after = slip(&mut sato, &enquiry);
    let text: String = after.paragraphs.iter().map(ToString::to_string).collect();
    assert!(drugs.iter().all(|drug| !text.contains(drug.name.as_str())), "nothing medical: {text}");
    assert!(text.contains(Section::Drugs.label()));

    let give = |enquiry: &EnquiryId| Request::GiveExplanation {
        enquiry: enquiry.clone(),
        to: ExplainedTo::Family,
        by: "相談員 山本".into(),
        words: "書面で説明した".into(),
    };
    let object = |enquiry: &EnquiryId| Request::RaiseObjection {
        enquiry: enquiry.clone(),
        words: "家族には知らせてほしくなかった".into(),
    };
    // Another's enquiry, and one that is not there, are the same; of one that asked nothing there is nothing to say.
    let nowhere = EnquiryId::parse("000000000000").unwrap();
    let show = |enquiry: &EnquiryId| Request::ShowSlip { enquiry: enquiry.clone() };
    for request in [give(&enquiry), object(&enquiry), show(&enquiry), show(&nowhere)] {
        tanaka.refused_as(request, RefusalCode::NotFound);
    }
    tanaka.refused_as(give(&unsent), RefusalCode::WrongState);
    Person::with_password(&site, "tanaka").refused_as(show(&enquiry), RefusalCode::OneFactor);
    Person::with_card(&site, "suzuki", "doctor-3").refused_as(show(&enquiry), RefusalCode::NoPermission);
    let empty = Request::GiveExplanation {
        enquiry: enquiry.clone(),
        to: ExplainedTo::Patient,
        by: " ".into(),
        words: "説明した".into(),
    };
    sato.refused_as(empty, RefusalCode::BadInput);
    assert_eq!((explanations(&mut sato).len(), explained(&mut sato, true).len()), (1, 0));
    sato.ask(give(&enquiry));
    let mut auditor = kansa(&site);
    for person in [&mut sato, &mut auditor] {
        assert_eq!(explanations(person).len(), 0);
        // From there the slip is printed again, and objections are raised.
        let told = explained(person, true);
        let [row] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((&row.enquiry, row.given.as_ref().unwrap().to), (&enquiry, ExplainedTo::Family));
    }
    assert_eq!(explained(&mut tanaka, true), [], "another's");
    sato.ask(give(&enquiry));
    assert_eq!(explained(&mut sato, true).len(), 1, "told twice, it is listed once");
    let Reply::Objected { review } = auditor.ask(object(&enquiry)) else { panic!() };
    let item = self::show(&mut auditor, &review).item;
    assert_eq!(item.priority, [Priority::Objection]);
    assert_eq!(item.about.objection(), ("家族には知らせてほしくなかった", "R000001".to_owned()));
    let rows = list(&mut auditor).rows;
    assert_eq!((rows.len(), &rows[0].review), (2, &review), "first of the two");
    let history = slip(&mut sato, &enquiry).history;
    assert_eq!(history.len(), 3, "{history:?}");
    assert_eq!(explained(&mut auditor, true)[0].objections, 1);
    let mut audit = Audit::new(&site);
    for (kind, words) in [
        ("explanation_slip_shown", ""),
        ("explanation_given", "家族・説明者 相談員 山本・書面で説明した"),
        ("objection_raised", review.as_str()),
        ("explanation_list_shown", ""),
    ] {
        audit.find(kind, words);
    }
}

#[test]
fn an_explanation_says_what_is_known_where_no_information_came() {
    let mut site = Site::new();
    site.start_station();
    let mut sato = Person::sato(&site);
    let enquiry = sato.ask_for(patient("P01").certificate());
    assert!(explanations(&mut sato).is_empty(), "nothing was seen");
    let text: String = slip(&mut sato, &enquiry).paragraphs.iter().map(ToString::to_string).collect();
    assert!(text.contains("医療情報は受け取っていません"), "{text}");
    assert!(text.contains("閲覧の履歴が表示されることがあります"), "{text}");
    assert!(text.contains("当院の患者相談窓口"), "{text}");
}

fn report(person: &mut Person, month: &str, after: Option<ReviewId>) -> ReportPage {
    let month = Month::from_compact(month).unwrap();
    match person.ask(Request::ReviewReport { month, csv: false, after }) {
        Reply::Report(page) => *page,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_report_of_a_month_has_every_item_of_it_page_by_page() {
    let mut site = Site::running();
    let (mut sato, _) = read_of(&site, "P01");
    sato.refused_as(Request::ListReviews { overdue: false, after: None }, RefusalCode::NoPermission);
    // An unfinished form is no attempt at anything.
    kansa(&site).refused_as(close(&ReviewId::of(1), " "), RefusalCode::BadInput);
    drop(sato);
    site.stop_station();
    // Many more like it, and one of another month.
    let store = site.store();
    let filled = store.transact(|tx| {
        let item: Value = tx.get(Table::Reviews, "R000001")?.unwrap();
        let month = tx.scan_prefix::<Value>(Table::ReviewIndex, "month/")?[0].0.clone();
        let month = month.split('/').nth(1).unwrap().to_owned();
        for n in 2..=120 {
            let id = format!("R{n:06}");
            let mut item = item.clone();
            item["id"] = id.clone().into();
            tx.put(Table::Reviews, &id, &item)?;
            let of = if n == 120 { "190001" } else { month.as_str() };
            tx.put(Table::ReviewIndex, &format!("month/{of}/{id}"), &())?;
        }
        Ok::<_, StoreError>(month)
    });
    let month = filled.unwrap();
    store.close().unwrap();
    site.start_station();
    let mut auditor = kansa(&site);
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = report(&mut auditor, &month, after);
        assert_eq!(page.refusals.is_empty(), pages > 0, "with the first page only");
        if pages == 0 {
            let listed = page.refusals.iter().find(|(act, _)| act.as_str() == "事後確認の一覧");
            assert_eq!(listed.map(|(_, times)| *times), Some(1), "{:?}", page.refusals);
            assert_eq!(page.refusals.len(), 1, "{:?}", page.refusals);
            assert_eq!(page.inputs, [("事後確認の判定".into(), 1)]);
        }
        pages += 1;
        seen.extend(page.items.iter().map(|view| view.item.id.to_string()));
        after = page.items.last().map(|view| view.item.id.clone());
        if !page.more {
            break;
        }
    }
    let wanted: Vec<String> = (1..120).map(|n| format!("R{n:06}")).collect();
    assert_eq!(seen, wanted);
    assert!(pages > 2);
    assert!(report(&mut auditor, "203001", None).items.is_empty());
    let mut audit = Audit::new(&site);
    let exported = audit.lines().iter().filter(|line| line.kind.as_str() == "review_reported").count();
    assert_eq!(exported, pages + 1, "each page is an export");
}

#[test]
fn an_auditor_with_a_token_enrolled_needs_it() {
    let site = Site::running();
    let (_sato, _) = read_of(&site, "P01");
    let mut kanri = Person::with_password(&site, "kanri");
    let (_, mut device) = enrol(&mut kanri, "kansa");
    let mut auditor = kansa(&site);
    auditor.refused_as(Request::ListReviews { overdue: false, after: None }, RefusalCode::OneFactor);
    auditor.ask(one_time(&device.next()));
    assert_eq!(list(&mut auditor).open, 1);
    let (mut client, session) = log_in(&site, "suzuki");
    prove(&site, "doctor-3", &mut client, &session);
    let refused = client.ask(Request::ListReviews { overdue: false, after: None });
    assert!(refused.is_err(), "a card is no permission");
}
