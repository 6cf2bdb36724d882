//! Two cases that claim one identity say so, both, as long as they do (B9).

use crate::support::audit::Audit;
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::domain::case::CaseNumber;
use kyukyu::domain::enquiry::EnquiryId;
use kyukyu::domain::period::Section;
use kyukyu::protocol::view::Stage;
use kyukyu::protocol::{Reply, Request};

fn home_mark(person: &mut Person, case: &CaseNumber) -> Vec<CaseNumber> {
    let Reply::Home(home) = person.ask(Request::Home) else { panic!() };
    let row = home.cases.into_iter().find(|row| row.case.number == *case).unwrap();
    row.case.same_identity_as
}

/// The mark as an enquiry's own page shows it; on the home screen it is the same.
fn mark(person: &mut Person, enquiry: &EnquiryId) -> Vec<CaseNumber> {
    let view = person.show(enquiry);
    let warned = view.warnings.iter().filter(|words| words.as_str().contains("同じ身元")).count();
    assert_eq!(warned, view.case.same_identity_as.len(), "{:?}", view.warnings);
    assert_eq!(home_mark(person, &view.case.number), view.case.same_identity_as);
    view.case.same_identity_as
}

fn case_of(person: &mut Person, enquiry: &EnquiryId) -> CaseNumber {
    person.show(enquiry).case.number
}

#[test]
fn two_cases_that_claim_one_identity_both_say_so() {
    let site = Site::running();
    let (mut sato, mut tanaka) = (Person::sato(&site), Person::tanaka(&site));
    let (first, _) = sato.outcome(patient("P01").certificate());
    let (second, _) = tanaka.outcome(patient("P01").four_items());
    let (case_1, case_2) = (case_of(&mut sato, &first), case_of(&mut tanaka, &second));
    assert_eq!(mark(&mut sato, &first), [case_2]);
    assert_eq!(mark(&mut tanaka, &second), [case_1]);
    Audit::new(&site).find("case_changed", "同じ身元");
}

/// The first case was asked with somebody else's key, which the person at the bed showed.
#[test]
fn a_mark_goes_with_the_person_who_was_found_not_to_be_the_one() {
    let site = Site::running();
    let (mut sato, mut tanaka) = (Person::sato(&site), Person::tanaka(&site));
    let mut audit = Audit::new(&site);
    let (first, stage) = sato.outcome(patient("P02").certificate());
    assert_eq!(stage, Stage::Answered);
    let (second, _) = tanaka.outcome(patient("P02").certificate());
    tanaka.same_person(&second);
    let (case_1, case_2) = (case_of(&mut sato, &first), case_of(&mut tanaka, &second));
    assert_eq!(mark(&mut sato, &first), [case_2]);
    assert_eq!(sato.person(&first).case.same_identity_as.len(), 1);
    let before = audit.mark();
    sato.judge_person(&first, false);
    assert!(mark(&mut sato, &first).is_empty());
    assert!(mark(&mut tanaka, &second).is_empty());
    let went = audit.kinds_since(before).iter().filter(|kind| *kind == "case_changed").count();
    assert_eq!(went, 2, "both marks go on record");
    let corrected = sato.ask_again(&first, patient("P01").certificate());
    sato.settled(&corrected);
    sato.same_person(&corrected);
    assert!(mark(&mut sato, &corrected).is_empty());
    assert!(sato.read(&corrected, Section::Drugs).case.same_identity_as.is_empty());
    assert!(tanaka.read(&second, Section::Drugs).case.same_identity_as.is_empty());
    // Whoever is asked for afterwards meets the one who is there now, not the one who was.
    let (third, _) = tanaka.outcome(patient("P01").certificate());
    assert_eq!(mark(&mut tanaka, &third), [case_1]);
}

/// The same where the mistake was noticed before the second case came.
#[test]
fn a_person_who_was_replaced_marks_nobody() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (first, _) = sato.outcome(patient("P02").certificate());
    // Without a word about the person: given up for what is asked instead.
    let first = sato.enquiry_view(Request::Redraft { enquiry: first }).id;
    let (second, _) = sato.outcome(patient("P02").four_items());
    assert!(mark(&mut sato, &second).is_empty());
    let view = sato.confirm(&first, patient("P01").certificate());
    assert!(view.case.same_identity_as.is_empty(), "the key about to be asked with is another's");
    assert!(view.warnings.iter().all(|words| !words.as_str().contains("同じ身元")), "{:?}", view.warnings);
    sato.send(&first);
    sato.settled(&first);
    for enquiry in [&first, &second] {
        assert!(mark(&mut sato, enquiry).is_empty());
    }
}

#[test]
fn a_form_that_was_never_asked_marks_nobody_and_is_itself_warned() {
    let site = Site::running();
    let (mut sato, mut tanaka) = (Person::sato(&site), Person::tanaka(&site));
    let Reply::FaceResults(faces) = sato.ask(Request::FaceResults) else { panic!() };
    assert_eq!(faces[0].person_name.as_str(), patient("P02").name);
    let draft = sato.enquiry();
    let pick = Request::UseFaceResult { enquiry: draft.clone(), name: faces[0].name.clone() };
    let chosen = sato.enquiry_view(pick).draft;
    sato.confirm(&draft, chosen.clone());
    let case_1 = case_of(&mut sato, &draft);
    let (asked, _) = tanaka.outcome(patient("P02").certificate());
    tanaka.same_person(&asked);
    let case_2 = case_of(&mut tanaka, &asked);
    assert!(mark(&mut tanaka, &asked).is_empty(), "nothing was asked for the other bed");
    assert!(home_mark(&mut sato, &case_1).is_empty());
    // Before anything goes out, whoever is about to ask the same sees that it is the same.
    let view = sato.confirm(&draft, chosen);
    assert_eq!(view.case.same_identity_as, std::slice::from_ref(&case_2));
    assert!(view.warnings.iter().any(|words| words.as_str().contains(case_2.as_str())), "{view:?}");
    assert!(mark(&mut tanaka, &asked).is_empty());
    sato.send(&draft);
    sato.settled(&draft);
    assert_eq!(mark(&mut tanaka, &asked), [case_1]);
    assert_eq!(mark(&mut sato, &draft), [case_2]);
}

#[test]
fn what_is_given_up_marks_nobody_but_who_was_confirmed_stays() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (given_up, _) = sato.outcome(patient("P01").certificate());
    let (read, _) = sato.outcome(patient("P02").certificate());
    sato.same_person(&read);
    let read_case = case_of(&mut sato, &read);
    for enquiry in [&given_up, &read] {
        sato.ask(Request::CloseEnquiry { enquiry: enquiry.clone() });
    }
    let (first, _) = sato.outcome(patient("P01").certificate());
    let (second, _) = sato.outcome(patient("P02").certificate());
    assert!(mark(&mut sato, &first).is_empty());
    assert_eq!(mark(&mut sato, &second), [read_case]);
}
