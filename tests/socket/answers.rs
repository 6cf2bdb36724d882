//! The whole job over the socket, one synthetic patient after the other: what comes of each answer, and what stands
//! on record about it, in order.

use crate::support::audit::{Audit, in_order};
use crate::support::patients::{all, checked, four_items, patient};
use crate::support::person::{Person, consent};
use crate::support::site::Site;
use kyukyu::domain::SafeText;
use kyukyu::domain::candidate::PersonField;
use kyukyu::domain::consent::ConsentDraft;
use kyukyu::domain::enquiry::{CancelOutcome, Delivery, EnquiryId, HeldBecause};
use kyukyu::domain::key::{IdentificationMethod, KeyDraft, Sex};
use kyukyu::domain::matching::PersonMismatch;
use kyukyu::domain::period::Section;
use kyukyu::protocol::view::{EnquiryView, Rows, Stage};
use kyukyu::protocol::{RefusalCode, Reply, Request};
use std::fs;

/// What one request with one hit leaves behind.
const ONE_REQUEST: [&str; 7] = [
    "key_confirmed",
    "caution_shown",
    "consent_recorded",
    "request_intended",
    "request_written",
    "request_taken",
    "answer_arrived",
];

fn of_held(view: &EnquiryView) -> Vec<HeldBecause> {
    view.held.iter().map(|held| held.because).collect()
}

#[test]
fn one_hit_by_certificate_from_the_key_to_the_summary() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let mark = audit.mark();
    let (enquiry, stage) = sato.outcome(patient("P01").certificate());
    assert_eq!(stage, Stage::Answered);
    let person = sato.person(&enquiry);
    assert_eq!((person.person.name.as_str(), person.person.kana.as_str()), ("青葉　太郎", "ｱｵﾊﾞ ﾀﾛｳ"));
    assert!(person.agreement.name_not_in_key, "a key without a name leaves the last word to a person");
    sato.same_person(&enquiry);
    for section in Section::ALL {
        let page = sato.read(&enquiry, section);
        assert_eq!(page.person, person.person);
        let count = page.counts.iter().find(|(of, _)| *of == section).unwrap().1;
        let rows = match page.rows {
            Rows::Visits(rows) => rows.len(),
            Rows::Drugs(rows) => rows.len(),
            Rows::Treatments(rows) => rows.len(),
            Rows::Checkups(rows) => rows.len(),
        };
        assert_eq!(rows, count, "{section:?}");
    }
    let kinds = audit.kinds_since(mark);
    in_order(&kinds, &["case_opened"]);
    in_order(&kinds, &ONE_REQUEST);
    in_order(
        &kinds,
        &["answer_arrived", "person_shown", "person_confirmed", "summary_displayed", "caution_shown"],
    );
    assert_eq!(kinds.iter().filter(|kind| *kind == "summary_displayed").count(), Section::ALL.len());
    let intended = audit.find("request_intended", "");
    assert!(intended.training && intended.user.as_str() == "sato", "{intended:?}");
    for words in ["資格確認書等情報", "同意取得困難", "PW＋訓練カード"] {
        assert!(intended.words.as_str().contains(words), "{words} in {}", intended.words);
    }
    audit.verify();
}

/// Rows come newest first, whatever their order in the file, and a word is counted in every section: on record, but
/// not with the word.
#[test]
fn rows_come_newest_first_and_a_word_is_counted_in_all_sections() {
    let site = Site::running();
    let (mut sato, mut audit) = (Person::sato(&site), Audit::new(&site));
    let (enquiry, _) = sato.outcome(patient("P01").certificate());
    let find = || Request::FindInSummary { enquiry: enquiry.clone(), text: "ﾜｰﾌｧﾘﾝ".into() };
    sato.person(&enquiry);
    sato.refused_as(find(), RefusalCode::WrongState);
    sato.same_person(&enquiry);
    let mut found = 0;
    for section in Section::ALL {
        let days: Vec<_> = match sato.read(&enquiry, section).rows {
            Rows::Visits(rows) => rows.iter().map(|row| row.date).collect(),
            Rows::Drugs(rows) => {
                found += rows.iter().filter(|row| row.name.as_str().contains("ワーファリン")).count();
                rows.iter().map(|row| row.date).collect()
            }
            Rows::Treatments(rows) => rows.iter().map(|row| row.date).collect(),
            Rows::Checkups(rows) => rows.into_iter().map(Some).collect(),
        };
        assert!(!days.is_empty() && days.is_sorted_by(|a, b| a >= b), "{section:?}: {days:?}");
    }
    let mark = audit.mark();
    let Reply::Found { text, hits } = sato.ask(find()) else { panic!("hits") };
    assert_eq!(text.as_str(), "ﾜｰﾌｧﾘﾝ");
    assert_eq!(hits.iter().map(|(_, count)| count).sum::<usize>(), found, "{hits:?}");
    assert!(found > 0 && hits.iter().filter(|(_, count)| *count > 0).count() == 2, "{hits:?}");
    in_order(&audit.kinds_since(mark), &["summary_searched"]);
    let line = audit.find("summary_searched", "電子処方箋情報・薬剤情報");
    assert!(!line.words.as_str().contains("ファリン"), "{line:?}");
}

#[test]
fn one_hit_by_four_items_takes_two_requests() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let mark = audit.mark();
    let (enquiry, stage) = sato.outcome(patient("P01").four_items());
    assert_eq!(stage, Stage::Answered);
    assert!(!sato.person(&enquiry).agreement.name_not_in_key, "the name was compared");
    let kinds = audit.kinds_since(mark);
    in_order(&kinds, &["request_intended", "request_written", "answer_arrived", "request_intended"]);
    in_order(
        &kinds,
        &["answer_arrived", "request_intended", "request_written", "answer_arrived", "person_shown"],
    );
    assert!(audit.find("answer_arrived", "1件").words.as_str().contains("1件"));
}

#[test]
fn nobody_too_many_and_errors_come_back_to_the_form_with_everything_kept() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let mut enquiry = sato.enquiry();
    sato.confirm(&enquiry, patient("P01").certificate());
    sato.send(&enquiry);
    sato.settled(&enquiry);
    let nobody = || four_items("該当　なし", "1980-01-01", Sex::Male, "東京都架空区");
    let many = || four_items("高橋　清", "1947-10-10", Sex::Male, "大阪府模擬市");
    let mut again = |key: KeyDraft| {
        enquiry = sato.ask_again(&enquiry, key.clone());
        let view = sato.settled(&enquiry);
        assert_eq!(view.draft, key, "nothing typed is lost");
        view.stage
    };
    assert_eq!(again(nobody()), Stage::NoMatch);
    assert_eq!(again(many()), Stage::TooMany);
    for id in ["P42", "P43", "P44"] {
        let Stage::Failed { code, message } = again(patient(id).certificate()) else { panic!("{id}") };
        assert!(!code.is_empty() && !message.is_empty(), "{id}: an error is shown as it came");
        audit.find("answer_arrived", message.as_str());
    }
    let wrong = KeyDraft { insured_number: "0012346".into(), ..patient("P01").certificate() };
    assert_eq!(again(wrong), Stage::NoMatch);
    audit.find("answer_arrived", "0件");
    audit.find("answer_arrived", "6件以上");
    for moment in ["0件", "6件以上"] {
        audit.find("caution_shown", moment);
    }
    audit.find("search_refined", "");
}

#[test]
fn three_are_refined_to_one() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let mark = audit.mark();
    let wide = four_items("田中　実", "1948-05-05", Sex::Male, "大阪府模擬市");
    let (enquiry, stage) = sato.outcome(wide.clone());
    let Stage::Candidates { people, differing } = stage else { panic!("{stage:?}") };
    assert_eq!(people.len(), 3);
    assert!(differing.contains(&PersonField::Address) && !differing.contains(&PersonField::Name));
    sato.enquiry_view(Request::Redraft { enquiry: enquiry.clone() });
    assert_eq!(sato.show(&enquiry).draft, wide);
    // Key and consent were for what was asked then.
    let narrow = four_items("田中　実", "1948-05-05", Sex::Male, "大阪府模擬市北町");
    let unasked = |key: &KeyDraft| Request::Send {
        enquiry: enquiry.clone(),
        key: checked(key),
        consent: ConsentDraft::default(),
    };
    sato.refused_as(unasked(&wide), RefusalCode::WrongState);
    sato.confirm(&enquiry, narrow.clone());
    sato.refused_as(unasked(&narrow), RefusalCode::NoConsent);
    sato.send(&enquiry);
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
    assert_eq!(sato.person(&enquiry).person.insured_number.as_str(), "1001");
    let kinds = audit.kinds_since(mark);
    in_order(
        &kinds,
        &["candidates_shown", "caution_shown", "search_refined", "key_confirmed", "person_shown"],
    );
}

#[test]
fn two_are_told_apart_by_what_differs_and_one_is_chosen() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let mark = audit.mark();
    // By certificate without 枝番: twins, who differ in it.
    let twins = KeyDraft { branch_number: String::new(), ..patient("P06").certificate() };
    let (enquiry, stage) = sato.outcome(twins);
    let Stage::Candidates { people, .. } = stage else { panic!("{stage:?}") };
    let row = people.iter().position(|p| p.branch_number.as_ref().unwrap().as_str() == "03").unwrap();
    let show = Request::ShowCandidate { enquiry: enquiry.clone(), row };
    let Reply::Candidate(candidate) = sato.ask(show) else { panic!() };
    assert_eq!((candidate.to_type, candidate.refused), (vec![PersonField::BranchNumber], None));
    let typed = vec![(PersonField::BranchNumber, "03".to_owned())];
    sato.ask(Request::Choose { enquiry: enquiry.clone(), row, typed, caution: true });
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
    assert_eq!(sato.person(&enquiry).person.name.as_str(), "双葉　望");
    let kinds = audit.kinds_since(mark);
    in_order(
        &kinds,
        &["candidates_shown", "candidates_shown", "candidate_chosen", "request_intended", "person_shown"],
    );
    assert!(audit.find("candidate_chosen", "枝番").words.as_str().contains("双葉"));
}

#[test]
fn where_nothing_differs_nobody_is_chosen() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    for id in ["P24", "P26"] {
        let (enquiry, stage) = sato.outcome(patient(id).four_items());
        assert!(matches!(&stage, Stage::Candidates { people, .. } if people.len() == 2), "{id}: {stage:?}");
        let Reply::Candidate(candidate) =
            sato.ask(Request::ShowCandidate { enquiry: enquiry.clone(), row: 0 })
        else {
            panic!()
        };
        assert!(candidate.refused.is_some() && candidate.to_type.is_empty());
        for typed in [vec![], vec![(PersonField::Address, patient(id).address.to_owned())]] {
            let choose = Request::Choose { enquiry: enquiry.clone(), row: 0, typed, caution: true };
            let refusal = sato.refused_as(choose, RefusalCode::NotDistinguished);
            audit.find("candidate_choice_refused", refusal.words.as_str());
        }
    }
}

#[test]
fn five_are_listed_with_who_is_no_longer_insured() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (_, stage) = sato.outcome(four_items("佐藤　和子", "1945-03-03", Sex::Female, "大阪府模擬市"));
    let Stage::Candidates { people, .. } = stage else { panic!("{stage:?}") };
    let lapsed: Vec<&str> = people
        .iter()
        .filter(|p| p.validity == kyukyu::domain::candidate::Validity::LatestLapsed)
        .map(|p| p.insured_number.as_str())
        .collect();
    assert_eq!((people.len(), lapsed), (5, vec!["1503"]));
}

#[test]
fn processing_is_said_and_the_answer_proper_follows() {
    let site = Site::with_scenario("[timing]\nprocessing_ms = 1200\n");
    let mut sato = Person::sato(&site);
    let enquiry = sato.ask_for(patient("P40").certificate());
    let processing =
        |view: &EnquiryView| matches!(view.stage, Stage::Sent { delivery: Delivery::Processing, .. });
    sato.until(&enquiry, processing);
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
    Audit::new(&site).find("answer_arrived", "処理中");
}

#[test]
fn a_late_answer_is_kept_for_its_owner_and_opened_as_one() {
    let site = Site::with_scenario_and("[timing]\nlate_ms = 7000\n", |config| config.answer_timeout_s = 5);
    let (mut sato, mut tanaka) = (Person::sato(&site), Person::tanaka(&site));
    let mut audit = Audit::new(&site);
    let mark = audit.mark();
    let enquiry = sato.ask_for(patient("P45").certificate());
    let search = tanaka.ask_for(patient("P46").four_items());
    let view =
        sato.until(&enquiry, |view| view.stage == Stage::TimedOut { outcome: CancelOutcome::MaybeSent });
    assert!(!view.late_to_open);
    sato.refused_as(Request::OpenLate { enquiry: enquiry.clone() }, RefusalCode::NotFound);
    let view = sato.until(&enquiry, |view| !view.held.is_empty());
    assert_eq!((of_held(&view), view.late_to_open), (vec![HeldBecause::Late], true));
    assert!(matches!(view.stage, Stage::TimedOut { .. }), "it is not shown as a result");
    let in_order_of_time = audit.kinds_since(mark);
    in_order(
        &in_order_of_time,
        &["request_intended", "enquiry_timed_out", "request_maybe_sent", "answer_late"],
    );
    // Another key is typed meanwhile; the late answer is still about the one it was asked with.
    sato.enquiry_view(Request::Redraft { enquiry: enquiry.clone() });
    sato.confirm(&enquiry, patient("P01").certificate());
    let view = sato.enquiry_view(Request::OpenLate { enquiry: enquiry.clone() });
    assert_eq!(view.stage, Stage::Answered);
    assert_eq!(view.key.unwrap().birthdate().compact(), "19680315");
    sato.same_person(&enquiry);
    assert!(sato.read(&enquiry, Section::Drugs).late);
    // Of a late search nothing is shown, whatever is asked: the list was of then.
    let view = tanaka.until(&search, |view| !view.held.is_empty());
    assert_eq!((of_held(&view), view.late_to_open), (vec![HeldBecause::Late], false));
    tanaka.refused_as(Request::OpenLate { enquiry: search.clone() }, RefusalCode::NotFound);
    tanaka.refused_as(Request::ShowPerson { enquiry: search }, RefusalCode::WrongState);
}

#[test]
fn cancelling_says_truthfully_what_became_of_the_request() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    // P57 is never taken, P56 taken and never answered.
    for (id, outcome, kind) in [
        ("P57", CancelOutcome::Withdrawn, "request_withdrawn"),
        ("P56", CancelOutcome::MaybeSent, "request_maybe_sent"),
    ] {
        let mark = audit.mark();
        let enquiry = sato.ask_for(patient(id).certificate());
        let wanted = if outcome == CancelOutcome::Withdrawn { Delivery::Written } else { Delivery::Taken };
        sato.until(&enquiry, |view| matches!(view.stage, Stage::Sent { delivery, .. } if delivery == wanted));
        sato.ask(Request::Cancel { enquiry: enquiry.clone() });
        sato.until(&enquiry, |view| view.stage == Stage::Cancelled { outcome });
        in_order(&audit.kinds_since(mark), &["request_intended", "enquiry_cancelled", kind]);
        let left = fs::read_dir(site.exchange().join("req")).unwrap().count();
        assert_eq!(left, 0, "{id}: nothing of it stays in the folder");
        let draft = sato.enquiry_view(Request::Redraft { enquiry: enquiry.clone() }).draft;
        assert_eq!(draft, patient(id).certificate());
    }
}

#[test]
fn a_dead_link_software_is_said_and_the_request_can_be_taken_back() {
    let mut site = Site::new();
    site.configure(|config| config.answer_timeout_s = 5);
    site.start_station();
    let mut sato = Person::sato(&site);
    let enquiry = sato.ask_for(patient("P01").certificate());
    sato.until(&enquiry, |view| view.stage == Stage::TimedOut { outcome: CancelOutcome::Withdrawn });
    assert_eq!(fs::read_dir(site.exchange().join("req")).unwrap().count(), 0);
    in_order(
        &Audit::new(&site).kinds_since(0),
        &["request_written", "enquiry_timed_out", "request_withdrawn"],
    );
}

#[test]
fn an_answer_about_somebody_else_is_a_full_stop() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let table = [
        (patient("P52").certificate(), PersonMismatch::Birthdate),
        (patient("P52").four_items(), PersonMismatch::Birthdate),
        (patient("P54").four_items(), PersonMismatch::Birthdate),
    ];
    for (key, why) in table {
        let (enquiry, stage) = sato.outcome(key);
        assert_eq!(stage, Stage::Mismatch { why });
        audit.find("answer_mismatch", "生年月日");
        let view = sato.show(&enquiry);
        assert_eq!((of_held(&view), view.late_to_open), (vec![HeldBecause::Mismatch], false));
        nothing_can_be_opened(&mut sato, &enquiry);
    }
}

fn nothing_can_be_opened(person: &mut Person, enquiry: &EnquiryId) {
    let enquiry = || enquiry.clone();
    person.refused_as(Request::OpenLate { enquiry: enquiry() }, RefusalCode::NotFound);
    person.refused_as(Request::ShowPerson { enquiry: enquiry() }, RefusalCode::WrongState);
    for guess in ["", "x", enquiry().as_str()] {
        let document = SafeText::from(guess);
        let confirm = Request::ConfirmPerson { enquiry: enquiry(), document, same: true };
        person.refused_as(confirm, RefusalCode::WrongState);
    }
    let read = Request::ReadSummary { enquiry: enquiry(), section: Section::Drugs, from: 0 };
    person.refused_as(read, RefusalCode::WrongState);
}

#[test]
fn an_answer_that_names_another_request_is_refused_and_kept_shut() {
    let mut site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let (enquiry, stage) = sato.outcome(patient("P55").certificate());
    assert!(
        matches!(&stage, Stage::Failed { message, .. } if message.as_str().contains("識別子")),
        "{stage:?}"
    );
    audit.find("answer_refused", "識別子");
    nothing_can_be_opened(&mut sato, &enquiry);
    assert_eq!(of_held(&sato.show(&enquiry)), [HeldBecause::Mismatch]);
    site.kill_station();
    let kept = site.documents();
    assert_eq!(kept.len(), 1, "the bytes are kept for whoever has to find out");
    assert!(kept[0]["content"].is_null() && !kept[0]["raw"].as_str().unwrap().is_empty());
}

#[test]
fn the_same_answer_twice_is_one_and_another_is_a_conflict() {
    let site = Site::with_scenario("[timing]\nduplicate_ms = 500\n");
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let (same, stage) = sato.outcome(patient("P47").certificate());
    assert_eq!(stage, Stage::Answered);
    let (different, stage) = sato.outcome(patient("P48").certificate());
    assert_eq!(stage, Stage::Answered);
    let before = sato.person(&different).person;
    let view = sato.until(&different, |view| !view.held.is_empty());
    assert_eq!((of_held(&view), view.late_to_open), (vec![HeldBecause::Conflict], false));
    assert_eq!(sato.person(&different).person, before, "the second is not shown in the place of the first");
    audit.find("answer_conflict", "");
    assert!(sato.show(&same).held.is_empty());
    assert_eq!(audit.lines().iter().filter(|line| line.kind.as_str() == "answer_conflict").count(), 1);
}

#[test]
fn half_an_answer_is_waited_for() {
    let site = Site::with_scenario_and("[timing]\nhalf_written_ms = 1500\n", |config| {
        config.answer_timeout_s = 5;
    });
    let mut sato = Person::sato(&site);
    let never: Vec<EnquiryId> =
        ["P50", "P51"].iter().map(|id| sato.ask_for(patient(id).certificate())).collect();
    assert_eq!(sato.outcome(patient("P49").certificate()).1, Stage::Answered);
    for enquiry in never {
        assert!(matches!(sato.settled(&enquiry).stage, Stage::TimedOut { .. }));
        nothing_can_be_opened(&mut sato, &enquiry);
    }
}

#[test]
fn hostile_answers_never_become_whole_or_are_shown_with_their_marks() {
    let site = Site::with_scenario_and("", |config| config.answer_timeout_s = 5);
    let mut sato = Person::sato(&site);
    // A DOCTYPE, and bytes that are not of the declared encoding: no whole document, whatever the name says.
    let never: Vec<EnquiryId> =
        ["P61", "P62"].iter().map(|id| sato.ask_for(patient(id).certificate())).collect();
    for id in ["P58", "P59", "P60"] {
        let (enquiry, stage) = sato.outcome(patient(id).certificate());
        assert_eq!(stage, Stage::Answered, "{id}");
        let person = sato.person(&enquiry);
        sato.same_person(&enquiry);
        let pages: Vec<_> = Section::ALL.into_iter().map(|section| sato.read(&enquiry, section)).collect();
        let shown = serde_json::to_string(&(person, pages)).unwrap();
        let raw = shown.chars().find(|c| c.is_control() || ('\u{200b}'..='\u{202e}').contains(c));
        assert!(raw.is_none() && !shown.contains("\\u00"), "{id}: {raw:?} in {shown}");
        assert!(shown.contains("<U+"), "{id}: what was there is marked: {shown}");
    }
    for enquiry in never {
        assert!(matches!(sato.settled(&enquiry).stage, Stage::TimedOut { .. }));
        nothing_can_be_opened(&mut sato, &enquiry);
    }
}

#[test]
fn one_step_sites_ask_once() {
    let site = {
        let mut site = Site::new();
        let dialect = include_str!("../../fixtures/dialects/one-step.toml");
        let path = site.folder.path().join("one-step.toml");
        fs::write(&path, dialect).unwrap();
        site.configure(|config| config.dialect = Some(path));
        site.start_linksim(&["--delay-ms", "50", "--steps", "one"]);
        site.start_station();
        site
    };
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let mark = audit.mark();
    let (enquiry, stage) = sato.outcome(patient("P01").four_items());
    assert_eq!(stage, Stage::Answered);
    sato.same_person(&enquiry);
    sato.read(&enquiry, Section::Drugs);
    let intended = audit.kinds_since(mark).iter().filter(|kind| *kind == "request_intended").count();
    assert_eq!(intended, 1);
    // Two: chosen, and asked for by what was returned.
    let (enquiry, stage) = sato.outcome(four_items("鈴木　一郎", "1950-01-01", Sex::Male, "大阪府模擬市"));
    assert!(matches!(stage, Stage::Candidates { .. }), "{stage:?}");
    let typed = vec![(PersonField::Address, "本町３－３－３".to_owned())];
    let Stage::Candidates { people, .. } = stage else { unreachable!() };
    let row = people.iter().position(|p| p.insured_number.as_str() == "0801").unwrap();
    sato.ask(Request::Choose { enquiry: enquiry.clone(), row, typed, caution: true });
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
}

#[test]
fn a_cards_result_is_listed_copied_and_asked_with() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let mark = audit.mark();
    let before = folder(&site);
    let Reply::FaceResults(faces) = sato.ask(Request::FaceResults) else { panic!() };
    let names: Vec<&str> = faces.iter().map(|face| face.person_name.as_str()).collect();
    assert_eq!(names, ["若草　春子", "青葉　太郎", "大森　一郎"], "newest first");
    let enquiry = sato.enquiry();
    let pick = |name: &str| Request::UseFaceResult { enquiry: enquiry.clone(), name: name.into() };
    for wrong in ["../../site/kyukyu.toml", "x", "OQSsiquc01res_face_1311234567x_20200101000000.xml"] {
        sato.refused_as(pick(wrong), RefusalCode::FolderFailed);
    }
    let view = sato.enquiry_view(pick(faces[1].name.as_str()));
    assert_eq!(view.draft.method, IdentificationMethod::MyNumberCard);
    assert_eq!(view.draft.insured_number, "0012345");
    // Corrected by hand: both the value on file and the value sent are on record (B6).
    let corrected = KeyDraft { branch_number: String::new(), ..view.draft.clone() };
    sato.confirm(&enquiry, corrected);
    assert!(audit.find("key_confirmed", "マイナンバーカード").words.as_str().contains("登録値"));
    sato.confirm(&enquiry, view.draft);
    sato.send(&enquiry);
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
    in_order(
        &audit.kinds_since(mark),
        &["face_list_shown", "face_result_copied", "key_confirmed", "request_intended"],
    );
    assert_eq!(folder(&site), before, "files of other systems are neither moved nor deleted");
}

fn folder(site: &Site) -> Vec<String> {
    let entries = fs::read_dir(site.exchange().join("face")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_method_that_is_switched_off_is_refused_before_anything_is_sent() {
    let mut site = Site::new();
    site.configure(|config| config.methods = vec![IdentificationMethod::MyNumberCard]);
    site.start_station();
    let mut sato = Person::sato(&site);
    let enquiry = sato.enquiry();
    for key in [patient("P01").certificate(), patient("P01").four_items()] {
        sato.refused_as(Request::ConfirmKey { enquiry: enquiry.clone(), key }, RefusalCode::Unavailable);
    }
    let send = Request::Send { enquiry: enquiry.clone(), key: patient("P01").key(), consent: consent() };
    sato.refused_as(send, RefusalCode::WrongState);
    Audit::new(&site).find("refusal", "無効");
}

#[test]
fn the_list_of_patients_is_read_whole() {
    let ids: Vec<&str> = all().iter().map(|patient| patient.id).collect();
    assert_eq!((ids.len(), ids[0], ids[ids.len() - 1]), (56, "P01", "P62"));
}
