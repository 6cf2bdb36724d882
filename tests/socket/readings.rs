//! A patient's card reading at the station: whose it is, and what was typed by hand beside it.

use crate::support::audit::Audit;
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::domain::consent::ConsentDraft;
use kyukyu::domain::enquiry::EnquiryId;
use kyukyu::domain::key::{IdentificationMethod, KeyDraft, KeyField};
use kyukyu::protocol::view::EnquiryView;
use kyukyu::protocol::{Reply, Request};

fn save(person: &mut Person, enquiry: &EnquiryId, key: KeyDraft) {
    let consent = ConsentDraft::default();
    person.ask(Request::SaveDraft { enquiry: enquiry.clone(), key, consent });
}

/// Chooses the reading of a patient.
fn choose(person: &mut Person, enquiry: &EnquiryId, name: &str) -> EnquiryView {
    let Reply::FaceResults(faces) = person.ask(Request::FaceResults) else { panic!() };
    let face = faces.into_iter().find(|face| face.person_name.as_str() == name).unwrap();
    person.enquiry_view(Request::UseFaceResult { enquiry: enquiry.clone(), name: face.name })
}

fn numbers(key: &KeyDraft) -> Vec<&str> {
    KeyField::of(IdentificationMethod::Certificate).iter().map(|field| key.text(*field)).collect()
}

#[test]
fn a_card_reading_stays_apart_from_what_was_typed() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (typed, card) = (patient("P01").certificate(), patient("P02"));
    let enquiry = sato.enquiry();
    save(&mut sato, &enquiry, typed.clone());
    let view = choose(&mut sato, &enquiry, card.name);
    assert_eq!(view.draft.insured_number, card.number);
    assert_eq!(numbers(&view.by_hand), numbers(&typed));
    // A correction to the reading, and 4情報 typed beside it.
    let corrected = KeyDraft { branch_number: "09".into(), name: "青葉　太郎".into(), ..view.draft };
    save(&mut sato, &enquiry, corrected.clone());
    let view = sato.show(&enquiry);
    assert_eq!(view.draft, corrected);
    assert_eq!((numbers(&view.by_hand), view.by_hand.name.as_str()), (numbers(&typed), "青葉　太郎"));
    // Another tab: nothing of the card.
    let left = KeyDraft { method: IdentificationMethod::FourItems, ..view.by_hand };
    save(&mut sato, &enquiry, left.clone());
    let view = sato.show(&enquiry);
    assert_eq!((&view.draft, &view.by_hand, view.reading), (&left, &left, None));
    // What is asked with then was not corrected from that reading.
    sato.confirm(&enquiry, typed);
    let on_record = Audit::new(&site).find("key_confirmed", "");
    assert!(!on_record.words.as_str().contains("登録値"), "{:?}", on_record.words);
}

#[test]
fn whose_reading_it_is_is_told_with_the_key() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let card = patient("P02");
    let enquiry = sato.enquiry();
    let view = choose(&mut sato, &enquiry, card.name);
    let reading = view.reading.unwrap();
    assert_eq!((reading.person_name.as_str(), reading.kana.as_str()), (card.name, card.kana));
    assert_eq!(reading.birthdate, Some(card.key().birthdate()));
    assert!(reading.corrected.is_empty());
    let corrected = KeyDraft { branch_number: "09".into(), ..view.draft.clone() };
    let reading = sato.confirm(&enquiry, corrected).reading.unwrap();
    assert_eq!(reading.corrected, [KeyField::BranchNumber]);
    assert!(sato.confirm(&enquiry, view.draft).reading.unwrap().corrected.is_empty());
    let typed = sato.confirm(&enquiry, card.certificate());
    assert_eq!(typed.reading, None, "numbers typed by hand are nobody's by a card");
}
