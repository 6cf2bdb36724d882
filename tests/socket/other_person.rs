//! One enquiry is about one person. Once information about somebody came, whoever is asked about next is asked about in
//! an enquiry of its own: each of them is owed an explanation (D8), and each access is reviewed (E4).

use crate::review::{explanations, kansa, list, show, slip};
use crate::support::audit::Audit;
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::domain::SafeText;
use kyukyu::domain::enquiry::EnquiryId;
use kyukyu::domain::period::Section;
use kyukyu::domain::review::{PersonConfirmed, Priority};
use kyukyu::protocol::view::Stage;
use kyukyu::protocol::{RefusalCode, Request};

fn text_of_slip(person: &mut Person, enquiry: &EnquiryId) -> String {
    let paragraphs = slip(person, enquiry).paragraphs;
    paragraphs.iter().map(SafeText::as_str).collect::<Vec<_>>().join("\n")
}

#[test]
fn whoever_turned_out_to_be_somebody_else_keeps_an_explanation_and_a_review_of_his_own() {
    let site = Site::running();
    let (mut sato, mut audit) = (Person::sato(&site), Audit::new(&site));
    let (stranger, found) = (&patient("P02"), &patient("P01"));
    let (first, _) = sato.outcome(stranger.certificate());
    sato.judge_person(&first, false);
    let mark = audit.mark();
    let form = sato.enquiry_view(Request::Redraft { enquiry: first.clone() });
    assert_ne!(form.id, first);
    assert_eq!(
        (form.stage, &form.draft),
        (Stage::Drafting, &stranger.certificate()),
        "nothing typed is lost"
    );
    assert!(audit.kinds_since(mark).contains(&"search_refined".to_owned()));
    assert!(audit.find("search_refined", "別の照会").words.as_str().contains(form.id.as_str()));
    let second = form.id;
    sato.confirm(&second, found.certificate());
    sato.send(&second);
    sato.settled(&second);
    sato.same_person(&second);
    sato.read(&second, Section::Drugs);
    // The one before stands as it was left: nobody comes to its content by way of the other.
    assert_eq!(sato.show(&first).stage, Stage::Rejected);
    let read = Request::ReadSummary { enquiry: first.clone(), section: Section::Drugs, from: 0 };
    sato.refused_as(read, RefusalCode::WrongState);

    let mut owed: Vec<_> =
        explanations(&mut sato).into_iter().map(|row| (row.enquiry, row.patient.to_string())).collect();
    owed.sort_by_key(|(enquiry, _)| *enquiry != first);
    assert_eq!(owed.len(), 2, "{owed:?}");
    for ((enquiry, named), (wanted, who)) in owed.iter().zip([(&first, stranger), (&second, found)]) {
        assert_eq!(enquiry, wanted);
        assert!(named.contains(who.name), "{named}");
    }
    for (enquiry, who, other, seen) in [
        (&first, stranger, found, "画面には表示していません"),
        (&second, found, stranger, Section::Drugs.label()),
    ] {
        let text = text_of_slip(&mut sato, enquiry);
        assert!(text.contains(who.name) && !text.contains(other.name), "{text}");
        assert!(text.contains(seen) && !text.contains("回）"), "{text}");
        assert_eq!(text.contains("【取り違え】"), enquiry == &first, "{text}");
    }

    let mut auditor = kansa(&site);
    let reviews: Vec<_> = list(&mut auditor).rows.into_iter().map(|row| row.review).collect();
    let items: Vec<_> = reviews.iter().map(|review| show(&mut auditor, review).item).collect();
    let told: Vec<_> = items.iter().map(|item| (item.facts.person, item.facts.requests)).collect();
    assert_eq!(told, [(PersonConfirmed::Other, 1), (PersonConfirmed::Same, 1)]);
    assert_eq!(items[0].priority, [Priority::SomebodyElse]);
    assert_eq!(items[1].priority, []);
    assert!(items[0].facts.patient.as_str().contains(stranger.name), "{}", items[0].facts.patient);
    assert!(items[1].facts.patient.as_str().contains(found.name), "{}", items[1].facts.patient);
}

#[test]
fn what_was_read_stays_and_what_nobody_judged_is_given_up_when_asked_again() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (answered, stage) = sato.outcome(patient("P01").certificate());
    assert_eq!(stage, Stage::Answered);
    let other = sato.ask_again(&answered, patient("P02").certificate());
    assert_eq!((sato.show(&answered).stage, sato.settled(&other).stage), (Stage::Closed, Stage::Answered));
    sato.same_person(&other);
    let third = sato.ask_again(&other, patient("P03").certificate());
    assert_eq!((sato.show(&other).stage, sato.settled(&third).stage), (Stage::Reading, Stage::Answered));
    assert_eq!(explanations(&mut sato).len(), 3);
}
