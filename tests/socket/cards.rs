//! The second factor as a station judges it: whose card, which challenge, and what a role on a card is worth.

use super::trust::{add, believing, prove};
use crate::support::audit::{Audit, entries};
use crate::support::authority::{card, enrol};
use crate::support::card::{log_in, log_in_with_card, password, proof, sign};
use crate::support::patients::patient;
use crate::support::person::{Person, consent};
use crate::support::site::{PASSWORD, Site};
use kyukyu::client::{Client, ClientFault};
use kyukyu::domain::{Permission, Profession, SafeText, UserId};
use kyukyu::log::Act;
use kyukyu::protocol::{RefusalCode, Reply, Request, Secret};

const DAY: i64 = 86_400;

fn challenge(client: &mut Client) -> String {
    match client.ask(Request::CardChallenge).unwrap() {
        Reply::Challenge { text } => text,
        other => panic!("{other:?}"),
    }
}

fn words(outcome: Result<Reply, ClientFault>) -> String {
    match outcome {
        Err(ClientFault::Refused(refusal)) if refusal.code == RefusalCode::BadCard => {
            refusal.words.to_string()
        }
        other => panic!("not refused as a card: {other:?}"),
    }
}

#[test]
fn a_signature_counts_once_over_its_own_challenge_on_its_own_line() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let (mut sato, session) = log_in(&site, "sato");
    let (mut other, _) = log_in(&site, "sato");
    let text = challenge(&mut sato);
    let signed = sign(&site, "doctor-1", &text, &session);
    // Carried to another line of the same person.
    assert!(words(other.ask(proof(&text, &signed))).contains("無効です"));
    // Another challenge in its place: the text is the station's own, the signature is over another.
    let second = challenge(&mut sato);
    assert!(words(sato.ask(proof(&second, &signed))).contains("署名を確認できません"));
    // A challenge that nobody gave out.
    let last = if text.ends_with("0\n") { "1\n" } else { "0\n" };
    let forged = format!("{}{last}", &text[..text.len() - 2]);
    assert!(words(sato.ask(proof(&forged, &signed))).contains("無効です"));
    // It was spent by none of this, and is by its use.
    let Reply::Session(done) = sato.ask(proof(&text, &signed)).unwrap() else { panic!("no session") };
    assert!(done.two_factors);
    assert!(words(sato.ask(proof(&text, &signed))).contains("使用済み"));
    audit.find("card_refused", "使用済み");
}

#[test]
fn a_strangers_card_is_refused_without_a_word_about_whose_it_is() {
    let (mut site, mut kanri) = believing(Some(DAY), &[], |_| ());
    kanri.ask(enrol("kansa", &card("norole")));
    let mut refusals = Vec::new();
    for name in ["norole", "nurse"] {
        let (mut sato, _) = log_in(&site, "sato");
        refusals.push(prove(&mut sato, name).unwrap_err().to_string());
    }
    // A colleague's card and one that nobody here has are told the same.
    assert_eq!(refusals[0], refusals[1]);
    for part in ["監査", "kansa", "登録されていません"] {
        assert_eq!(refusals[0].contains(part), part == "登録されていません", "{}", refusals[0]);
    }
    // A patient's My Number card in the staff reader: politely, and nothing of it is kept.
    let (mut sato, _) = log_in(&site, "sato");
    let polite = prove(&mut sato, "jpki").unwrap_err().to_string();
    assert!(polite.contains("患者さんのカードは") && polite.contains("ご自身に登録されたカード"), "{polite}");
    site.stop_station();
    let keys: Vec<Option<SafeText>> = entries(&site)
        .into_iter()
        .filter_map(|entry| match entry.act {
            Act::CardRefused { certificate, .. } => Some(certificate),
            _ => None,
        })
        .collect();
    let known = |name: &str| Some(SafeText::new(&card(name).fingerprint()));
    assert_eq!(keys, [known("norole"), known("nurse"), None]);
}

#[test]
fn the_keys_of_a_card_are_told_after_the_password_and_not_before() {
    let site = Site::running();
    let key = kyukyu::card::Certificate::parse(
        kyukyu::card::software::training_card("doctor-1").unwrap().certificate,
    );
    let key = key.unwrap().spki_sha256().to_string();
    let mut client = Client::connect(&site.socket()).unwrap();
    assert!(!serde_json::to_string(client.welcome()).unwrap().contains(&key));
    let wrong = password(&mut client, "sato", "chigau-kotoba-0").unwrap_err().to_string();
    let nobody = client.ask(Request::CardChallenge).unwrap_err().to_string();
    assert!(!wrong.contains(&key) && nobody.contains("ログインしていません"), "{wrong} {nobody}");
    let mut client = Client::connect(&site.socket()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let session = password(&mut client, "sato", PASSWORD).unwrap();
    assert_eq!(session.card_keys.iter().map(SafeText::as_str).collect::<Vec<_>>(), [key.as_str()]);
}

#[test]
fn a_role_on_a_card_is_shown_and_grants_nothing() {
    let (site, mut kanri) = believing(Some(DAY), &[], |_| ());
    let user = |id: &str| UserId::parse(id).unwrap();
    // A nurse by profession and by hcRole, with the permission; somebody whose card says Medical Doctor, without it.
    add(&mut kanri, "ono", Profession::Nurse);
    let view = Permission::EmergencyView;
    kanri.ask(Request::SetPermission { user: user("ono"), permission: view, granted: true });
    kanri.ask(enrol("ono", &card("nurse")));
    add(&mut kanri, "ito", Profession::Doctor);
    kanri.ask(enrol("ito", &card("doctor")));
    let Reply::Accounts { accounts, .. } = kanri.ask(Request::ListAccounts { after: None }) else { panic!() };
    let roles = |id: &str| {
        let found = accounts.iter().find(|view| view.account.user.as_str() == id).unwrap();
        found.hc_roles.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!((roles("ono"), roles("ito")), (vec!["General Nurse".into()], vec!["Medical Doctor".into()]));

    let mut ono = Person::with_password(&site, "ono");
    let session = prove(&mut ono.client, "nurse").unwrap();
    assert!(session.may_enquire);
    assert_eq!(session.card.unwrap().hc_role.unwrap().as_str(), "General Nurse");
    let enquiry = ono.enquiry();
    let key = patient("P01").key();
    let draft = patient("P01").certificate();
    ono.ask(Request::ConfirmKey { enquiry: enquiry.clone(), key: draft });
    ono.ask(Request::Send { enquiry, key, consent: consent() });

    let mut ito = Person::with_password(&site, "ito");
    let session = prove(&mut ito.client, "doctor").unwrap();
    assert!(session.two_factors && !session.may_enquire);
    assert_eq!(session.card.unwrap().hc_role.unwrap().as_str(), "Medical Doctor");
    let draft = kyukyu::domain::case::CaseDraft { bed: "初療室2".into(), ..Default::default() };
    ito.refused_as(Request::OpenCase { draft }, RefusalCode::NoPermission);
}

#[test]
fn a_locked_session_opens_with_both_factors_anew() {
    let site = Site::running();
    let (mut sato, session) = log_in_with_card(&site, "sato", "doctor-1");
    let before = challenge(&mut sato);
    let early = sign(&site, "doctor-1", &before, &session);
    sato.ask(Request::Lock { card_gone: true }).unwrap();
    // The card alone, with a challenge from before or after the lock, does not open it; nor the password alone.
    let Reply::Session(half) = sato.ask(proof(&before, &early)).unwrap() else { panic!() };
    assert!(half.locked);
    sato.ask(Request::Home).unwrap_err();
    let unlock = || Request::Unlock { password: Secret::new(PASSWORD.to_owned()) };
    let Reply::Session(open) = sato.ask(unlock()).unwrap() else { panic!() };
    assert!(!open.locked && open.may_enquire);
    sato.ask(Request::Lock { card_gone: false }).unwrap();
    let Reply::Session(half) = sato.ask(unlock()).unwrap() else { panic!() };
    assert!(half.locked, "what was proved before the lock counts no more");
    // A colleague's card does not help.
    let text = challenge(&mut sato);
    let others = sign(&site, "doctor-2", &text, &log_in(&site, "tanaka").1);
    assert!(words(sato.ask(proof(&text, &others))).contains("登録されていません"));
    let text = challenge(&mut sato);
    let own = sign(&site, "doctor-1", &text, &half);
    let Reply::Session(open) = sato.ask(proof(&text, &own)).unwrap() else { panic!() };
    assert!(!open.locked && open.may_enquire);
}

#[test]
fn a_card_that_ends_soon_is_told_of_at_login_and_in_the_list() {
    let (site, mut kanri) = believing(Some(DAY), &[], |_| ());
    add(&mut kanri, "ito", Profession::Doctor);
    add(&mut kanri, "ono", Profession::Nurse);
    kanri.ask(enrol("ito", &card("doctor").ending_in(60)));
    kanri.ask(enrol("ono", &card("nurse").ending_in(61)));
    let refused = kanri.refused_as(enrol("kansa", &card("norole").ending_in(-1)), RefusalCode::BadCard);
    assert!(refused.words.as_str().contains("有効期限が切れています"), "{refused}");
    let Reply::Cards { cards, next } = kanri.ask(Request::ListCards { user: None, after: None }) else {
        panic!()
    };
    let told: Vec<(&str, i64, bool)> = cards
        .iter()
        .filter(|card| ["ito", "ono"].contains(&card.user.as_str()))
        .map(|card| (card.user.as_str(), card.days_left, card.ends_soon))
        .collect();
    assert_eq!((told, next), (vec![("ito", 60, true), ("ono", 61, false)], None));
    let (mut ito, session) = log_in(&site, "ito");
    assert!(session.notices.iter().any(|n| n.as_str().contains("あと60日")), "{:?}", session.notices);
    let Reply::Home(home) = ito.ask(Request::Home).unwrap() else { panic!() };
    assert!(home.news.iter().any(|n| n.as_str().contains("あと60日")), "{:?}", home.news);
    assert_eq!(log_in(&site, "ono").1.notices, []);
}
