//! Binding cards to people: on the spot by their signature, a further one with the old card or two persons, and the end
//! of one.

use super::trust::{add, believing, prove};
use crate::support::audit::Audit;
use crate::support::authority::{Card, card, enrol};
use crate::support::card::log_in;
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::domain::{Permission, Profession, UserId};
use kyukyu::protocol::cards::CardView;
use kyukyu::protocol::{Event, RefusalCode, Reply, Request, SignedChallenge};
use std::time::Duration;

const DAY: i64 = 86_400;

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

/// A running site with `fuku` as a second administrator and `ito` as a doctor without a card.
fn site() -> (Site, Person, Person) {
    let (site, mut kanri) = believing(Some(DAY), &[], |_| ());
    add(&mut kanri, "ito", Profession::Doctor);
    add(&mut kanri, "fuku", Profession::Administrator);
    kanri.ask(Request::SetPermission {
        user: user("fuku"),
        permission: Permission::Administer,
        granted: true,
    });
    let fuku = Person::with_password(&site, "fuku");
    (site, kanri, fuku)
}

fn challenge(by: &mut Person, of: &str) -> String {
    match by.ask(Request::EnrolChallenge { user: user(of) }) {
        Reply::Challenge { text } => text,
        other => panic!("{other:?}"),
    }
}

fn signed(card: &Card, challenge: &str) -> SignedChallenge {
    SignedChallenge {
        challenge: challenge.to_owned(),
        certificate: data_encoding::BASE64.encode(&card.certificate),
        signature: data_encoding::BASE64.encode(&card.sign(challenge)),
        hash: kyukyu::card::Hash::Sha256,
    }
}

/// What an administrator asks to enrol a card that signs now.
fn on_the_spot(by: &mut Person, of: &str, new: &str, old: Option<&str>) -> Request {
    let old = old.map(|old| signed(&card(old), &challenge(by, of)));
    let new = signed(&card(new), &challenge(by, of));
    Request::EnrolSigned { user: user(of), card: new, old }
}

fn cards(by: &mut Person, of: &str) -> Vec<CardView> {
    match by.ask(Request::ListCards { user: Some(user(of)), after: None }) {
        Reply::Cards { cards, .. } => cards,
        other => panic!("{other:?}"),
    }
}

fn fingerprint(name: &str) -> kyukyu::card::SpkiHash {
    card(name).fingerprint().parse().unwrap()
}

#[test]
fn the_first_card_is_enrolled_by_its_own_signature() {
    let (site, mut kanri, _) = site();
    let mut audit = Audit::new(&site);
    let request = on_the_spot(&mut kanri, "ito", "doctor", None);
    assert!(matches!(kanri.ask(request.clone()), Reply::Done));
    audit.find("enrolment_challenge_issued", "ito");
    audit.find("card_enrolled", "ito・HPKI・医師・カードの署名による");
    let listed = cards(&mut kanri, "ito");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].fingerprint.as_str(), card("doctor").fingerprint());
    assert_eq!((listed[0].not_after.as_str(), listed[0].pending.is_none()), ("2045-01-01", true));
    assert!(listed[0].issuer.as_str().contains("facility forAuthentication"), "{listed:?}");
    // Once: what was sent is spent, also for the same card.
    let again = kanri.refused_as(request, RefusalCode::BadCard);
    assert!(again.words.as_str().contains("使用済み"), "{again}");
    let (mut ito, _) = log_in(&site, "ito");
    assert!(prove(&mut ito, "doctor").unwrap().two_factors);
    // A card has one person.
    add(&mut kanri, "ono", Profession::Nurse);
    let request = on_the_spot(&mut kanri, "ono", "doctor", None);
    let refused = kanri.refused_as(request, RefusalCode::BadCard);
    assert!(
        refused.words.as_str().contains("ほかの利用者") && !refused.words.as_str().contains("ito"),
        "{refused}"
    );
    assert_eq!(cards(&mut kanri, "ono"), []);
}

#[test]
fn a_signature_for_one_purpose_person_or_line_serves_no_other() {
    let (site, mut kanri, mut fuku) = site();
    add(&mut kanri, "ono", Profession::Nurse);
    let spent = |person: &mut Person, request: Request| {
        let refused = person.refused_as(request, RefusalCode::BadCard);
        assert!(refused.words.as_str().contains("無効です"), "{refused}");
    };
    let text = challenge(&mut kanri, "ito");
    let asked = |of: &str, card: SignedChallenge| Request::EnrolSigned { user: user(of), card, old: None };
    // For somebody else; on another administrator's line.
    spent(&mut fuku, asked("ito", signed(&card("doctor"), &text)));
    spent(&mut kanri, asked("ono", signed(&card("doctor"), &text)));
    // A challenge of a login, on a line where the administrator logs in himself.
    let Reply::Challenge { text: of_login } = kanri.ask(Request::CardChallenge) else { panic!() };
    spent(&mut kanri, asked("ito", signed(&card("doctor"), &of_login)));
    // And the other way round: what was signed to be enrolled is no login, whoever logs in on that line.
    kanri.ask(enrol("ito", &card("doctor")));
    let for_enrolment = challenge(&mut kanri, "ito");
    let session = crate::support::card::password(&mut kanri.client, "ito", crate::support::site::PASSWORD);
    assert!(!session.unwrap().two_factors);
    let SignedChallenge { challenge: text, certificate, signature, hash } =
        signed(&card("doctor"), &for_enrolment);
    let login = Request::CardProof { challenge: text, certificate, signature, hash };
    spent(&mut kanri, login);
    // A changed signature, and another card's.
    let text = challenge(&mut fuku, "ono");
    let mut forged = signed(&card("nurse"), &text);
    forged.signature = signed(&card("doctor"), &text).signature;
    let refused = fuku.refused_as(asked("ono", forged), RefusalCode::BadCard);
    assert!(refused.words.as_str().contains("署名を確認できません"), "{refused}");
    assert_eq!(cards(&mut fuku, "ono"), []);
    drop(site);
}

#[test]
fn nobody_enrols_for_himself_nor_without_the_permission() {
    let (site, mut kanri, mut fuku) = site();
    let mut audit = Audit::new(&site);
    let mut sato = Person::sato(&site);
    let text = challenge(&mut kanri, "fuku");
    let proof = signed(&card("norole"), &text);
    let fingerprint = fingerprint("norole");
    let reason = || "理由".to_owned();
    let acts = |of: &str| {
        vec![
            Request::EnrolChallenge { user: user(of) },
            Request::EnrolSigned { user: user(of), card: proof.clone(), old: None },
            enrol(of, &card("norole")),
            Request::ApproveCard { user: user(of), fingerprint },
            Request::RejectCard { user: user(of), fingerprint, reason: reason() },
            Request::RevokeCard { user: user(of), fingerprint, reason: reason() },
        ]
    };
    for request in acts("fuku") {
        let name = request.name();
        let refused = fuku.refused_as(request, RefusalCode::NoPermission);
        assert!(refused.words.as_str().contains("自分のカード"), "{name}: {refused}");
    }
    audit.find("refusal", "自分のカード");
    for request in acts("ito").into_iter().chain([Request::ListCards { user: None, after: None }]) {
        sato.refused_as(request, RefusalCode::NoPermission);
    }
    for request in acts("nanashi").into_iter().take(3) {
        kanri.refused_as(request, RefusalCode::NotFound);
    }
    assert_eq!(cards(&mut kanri, "fuku"), []);
}

#[test]
fn a_further_card_takes_a_second_administrator() {
    let (site, mut kanri, mut fuku) = site();
    let mut audit = Audit::new(&site);
    kanri.ask(enrol("ito", &card("doctor")));
    let request = on_the_spot(&mut kanri, "ito", "doctor-new", None);
    let Reply::CardProposed { fingerprint: waiting } = kanri.ask(request) else { panic!("not proposed") };
    assert_eq!(waiting.as_str(), card("doctor-new").fingerprint());
    let fingerprint = fingerprint("doctor-new");
    let listed = cards(&mut fuku, "ito");
    let pending = listed.iter().find_map(|card| card.pending.clone()).unwrap();
    assert_eq!((listed.len(), pending.by.as_str(), pending.signed), (2, "kanri", true));
    // It opens nothing yet.
    let (mut ito, session) = log_in(&site, "ito");
    assert_eq!(session.card_keys.len(), 1);
    prove(&mut ito, "doctor-new").unwrap_err();
    // Not by the proposer, not by one who is no administrator, not once more.
    let approve = || Request::ApproveCard { user: user("ito"), fingerprint };
    let reject =
        || Request::RejectCard { user: user("ito"), fingerprint, reason: "別人のカード".into() };
    for request in [approve(), reject()] {
        let refused = kanri.refused_as(request, RefusalCode::NoPermission);
        assert!(refused.words.as_str().contains("自分が申請した"), "{refused}");
    }
    let mut sato = Person::sato(&site);
    sato.refused_as(approve(), RefusalCode::NoPermission);
    kanri.refused_as(enrol("ito", &card("doctor-new")), RefusalCode::WrongState);
    kanri.refused_as(enrol("ito", &card("doctor")), RefusalCode::BadInput);
    fuku.ask(reject());
    audit.find("card_rejected", "別人のカード");
    fuku.refused_as(approve(), RefusalCode::NotFound);
    // By the certificate alone it waits as well, and is enrolled by the second one's word.
    assert!(matches!(kanri.ask(enrol("ito", &card("doctor-new"))), Reply::CardProposed { .. }));
    audit.find("card_proposed", "ito");
    fuku.ask(approve());
    audit.find("card_enrolled", "2人の管理者による");
    assert!(prove(&mut ito, "doctor-new").unwrap().two_factors);
    assert_eq!(cards(&mut fuku, "ito").len(), 2);
}

#[test]
fn a_further_card_takes_one_administrator_where_the_old_card_signs() {
    let (site, mut kanri, _) = site();
    let mut audit = Audit::new(&site);
    let first = on_the_spot(&mut kanri, "ito", "doctor", None);
    kanri.ask(first);
    // Another card is not the old one, nor is the new one twice.
    for wrong in ["nurse", "doctor-new"] {
        let request = on_the_spot(&mut kanri, "ito", "doctor-new", Some(wrong));
        let refused = kanri.refused_as(request, RefusalCode::BadCard);
        assert!(refused.words.as_str().starts_with("登録済みのカード: "), "{refused}");
    }
    // Nor a signature of the old card that was already used, nor one challenge for both.
    let text = challenge(&mut kanri, "ito");
    let (new, old) = (signed(&card("doctor-new"), &text), signed(&card("doctor"), &text));
    let one = Request::EnrolSigned { user: user("ito"), card: new, old: Some(old) };
    kanri.refused_as(one, RefusalCode::BadCard);
    assert_eq!(cards(&mut kanri, "ito").len(), 1);
    let request = on_the_spot(&mut kanri, "ito", "doctor-new", Some("doctor"));
    assert!(matches!(kanri.ask(request), Reply::Done));
    audit.find("card_enrolled", "旧カードの署名による");
    let (mut ito, session) = log_in(&site, "ito");
    assert_eq!(session.card_keys.len(), 2);
    assert!(prove(&mut ito, "doctor-new").unwrap().two_factors);
}

#[test]
fn a_revoked_card_ends_the_sessions_made_with_it_and_no_others() {
    let (site, mut kanri, mut fuku) = site();
    let mut audit = Audit::new(&site);
    kanri.ask(enrol("ito", &card("doctor")));
    let request = on_the_spot(&mut kanri, "ito", "doctor-new", Some("doctor"));
    kanri.ask(request);
    let (mut lost, _) = log_in(&site, "ito");
    prove(&mut lost, "doctor").unwrap();
    let (mut kept, _) = log_in(&site, "ito");
    prove(&mut kept, "doctor-new").unwrap();
    let (mut locked, _) = log_in(&site, "ito");
    prove(&mut locked, "doctor").unwrap();
    locked.ask(Request::Lock { card_gone: true }).unwrap();
    let revoke = |reason: &str| Request::RevokeCard {
        user: user("ito"),
        fingerprint: fingerprint("doctor"),
        reason: reason.into(),
    };
    kanri.refused_as(revoke(""), RefusalCode::BadInput);
    kanri.ask(revoke("紛失の届出"));
    audit.find("card_removed", "ito・紛失の届出");
    audit.find("session_ended", "カード・トークンの失効・終了");
    let told = lost.event(Duration::from_secs(5)).unwrap();
    assert!(matches!(told, Some(Event::Ended { .. })), "{told:?}");
    for gone in [&mut lost, &mut locked] {
        gone.ask(Request::Alive).unwrap_err();
    }
    kept.ask(Request::Alive).unwrap();
    let (mut again, session) = log_in(&site, "ito");
    assert_eq!(session.card_keys.len(), 1);
    assert!(prove(&mut again, "doctor").unwrap_err().to_string().contains("登録されていません"));
    kanri.refused_as(revoke("もう一度"), RefusalCode::NotFound);
    // With no card left, the next one is still no first one: two persons.
    let rest = fingerprint("doctor-new");
    kanri.ask(Request::RevokeCard { user: user("ito"), fingerprint: rest, reason: "退職".into() });
    assert_eq!(cards(&mut kanri, "ito"), []);
    assert!(matches!(kanri.ask(enrol("ito", &card("nurse"))), Reply::CardProposed { .. }));
    let approve = Request::ApproveCard { user: user("ito"), fingerprint: fingerprint("nurse") };
    fuku.ask(approve);
    let (mut ito, _) = log_in(&site, "ito");
    assert!(prove(&mut ito, "nurse").unwrap().two_factors);
}
