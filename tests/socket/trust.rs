//! Whom a station believes about cards: authorities that an administrator pinned by their published fingerprints, and
//! the lists of what they revoked, fresh, lapsed, in grace.

use crate::support::audit::{Audit, entries};
use crate::support::authority::{ISSUING, JPKI, JPKI_CARD, ROOT, card, enrol, lay, lists, pin};
use crate::support::card::{log_in, log_in_with_card};
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::card::Certificate;
use kyukyu::client::{Client, ClientFault};
use kyukyu::domain::factor::Factor;
use kyukyu::domain::{Profession, SafeText, UserId};
use kyukyu::log::{Act, Revocation};
use kyukyu::protocol::cards::TrustView;
use kyukyu::protocol::view::SessionView;
use kyukyu::protocol::{IssuedCard, RefusalCode, Reply, Request, Secret};
use kyukyu::store::{StoreError, Table};
use std::fs;

const DAY: i64 = 86_400;

/// Somebody new, without a card.
pub(crate) fn add(kanri: &mut Person, id: &str, profession: Profession) {
    kanri.ask(Request::AddAccount {
        user: UserId::parse(id).unwrap(),
        name: format!("新人 {id}"),
        profession,
        record_user: None,
        password: Secret::new(crate::support::site::PASSWORD.to_owned()),
    });
}

/// A running site whose administrator has pinned both authorities, with lists that are due after so many seconds.
pub(crate) fn believing(
    next: Option<i64>,
    revoked: &[&[u8]],
    change: impl FnOnce(&mut kyukyu::config::Config),
) -> (Site, Person) {
    let mut site = Site::new();
    site.configure(change);
    if let Some(next) = next {
        lay(&site, &lists(next, revoked));
    }
    site.start_linksim(&["--delay-ms", "50"]);
    site.start_station();
    let mut kanri = Person::with_password(&site, "kanri");
    for der in [ROOT, ISSUING] {
        kanri.ask(pin(IssuedCard::Hpki, der));
    }
    (site, kanri)
}

/// The second factor with a card of a test authority, whatever comes of it.
pub(crate) fn prove(client: &mut Client, name: &str) -> Result<SessionView, ClientFault> {
    let Reply::Challenge { text } = client.ask(Request::CardChallenge)? else { panic!("no challenge") };
    let card = card(name);
    let proof = Request::CardProof {
        signature: data_encoding::BASE64.encode(&card.sign(&text)),
        certificate: data_encoding::BASE64.encode(&card.certificate),
        challenge: text,
        hash: kyukyu::card::Hash::Sha256,
    };
    match client.ask(proof)? {
        Reply::Session(session) => Ok(session),
        other => panic!("{other:?}"),
    }
}

fn trust(kanri: &mut Person) -> TrustView {
    match kanri.ask(Request::ListTrust) {
        Reply::Trust(trust) => *trust,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_authority_counts_from_the_next_act_and_no_longer_than_it_is_pinned() {
    let mut site = Site::new();
    lay(&site, &lists(DAY, &[]));
    site.start_linksim(&["--delay-ms", "50"]);
    site.start_station();
    let mut audit = Audit::new(&site);
    let mut kanri = Person::with_password(&site, "kanri");
    add(&mut kanri, "ito", Profession::Doctor);
    let unknown = kanri.refused_as(enrol("ito", &card("doctor")), RefusalCode::BadCard);
    assert!(unknown.words.as_str().contains("発行元を確認できません"), "{unknown}");
    kanri.ask(pin(IssuedCard::Hpki, ROOT));
    kanri.refused_as(enrol("ito", &card("doctor")), RefusalCode::BadCard);
    kanri.ask(pin(IssuedCard::Hpki, ISSUING));
    kanri.ask(enrol("ito", &card("doctor")));
    audit.find("authority_added", "facility forAuthentication");

    let (mut ito, half) = log_in(&site, "ito");
    assert!(!half.two_factors && half.card.is_none());
    let session = prove(&mut ito, "doctor").unwrap();
    assert_eq!(session.factors, [Factor::Password, Factor::HpkiCard]);
    let note = session.card.unwrap();
    assert_eq!((note.factor, note.grace_until), (Factor::HpkiCard, None));
    assert_eq!(note.hc_role.as_ref().map(SafeText::as_str), Some("Medical Doctor"));
    audit.find("card_accepted", "HPKI・医師・失効確認済");

    let sha256 = kyukyu::identity::Fingerprint::of(ISSUING).to_string();
    let remove = |reason: &str| Request::RemoveAuthority { sha256: sha256.clone(), reason: reason.into() };
    kanri.refused_as(remove("  "), RefusalCode::BadInput);
    kanri.refused_as(remove(&"長".repeat(201)), RefusalCode::BadInput);
    kanri.ask(remove("発行局の鍵の更新"));
    kanri.refused_as(remove("もう一度"), RefusalCode::NotFound);
    let (mut again, _) = log_in(&site, "ito");
    let refused = prove(&mut again, "doctor").unwrap_err().to_string();
    assert!(refused.contains("発行元を確認できません"), "{refused}");
    audit.find("authority_removed", "発行局の鍵の更新");
    assert_eq!(trust(&mut kanri).authorities.len(), 1);

    // What the store says is believed again after a restart, and nothing else.
    kanri.ask(pin(IssuedCard::Hpki, ISSUING));
    site.kill_station();
    site.start_station();
    let (mut ito, _) = log_in(&site, "ito");
    assert!(prove(&mut ito, "doctor").unwrap().two_factors);
}

#[test]
fn only_what_the_administrator_typed_is_pinned_and_by_nobody_else() {
    let (site, mut kanri) = believing(None, &[], |_| ());
    let mut audit = Audit::new(&site);
    let asked = |der: &[u8], sha256: String| Request::AddAuthority {
        card: IssuedCard::Hpki,
        certificate: data_encoding::BASE64.encode(der),
        sha256,
    };
    let of = |der: &[u8]| kyukyu::identity::Fingerprint::of(der).to_string();
    let file = |name: &str| fs::read(format!("fixtures/cards/{name}")).unwrap();
    let training = [file("training/root.der"), file("training/issuing.der")];
    let leaf = file("facility/doctor.der");
    let table = [
        (asked(JPKI, of(ROOT)), "すでに登録"),
        (asked(JPKI, of(&leaf)), "SHA-256が設定と一致しません"),
        (asked(JPKI, "00".into()), "64桁"),
        (asked(JPKI, String::new()), "64桁"),
        (asked(ROOT, of(ROOT)), "すでに登録"),
        (asked(&leaf, of(&leaf)), "認証局の証明書として使えません"),
        (asked(b"nonsense", of(b"nonsense")), "読み取れません"),
        (asked(&training[0], of(&training[0])), "訓練用"),
        (asked(&training[1], of(&training[1])), "訓練用"),
    ];
    for (request, words) in table {
        let refused = kanri.refused_as(request, RefusalCode::BadInput);
        assert!(refused.words.as_str().contains(words), "{words}: {refused}");
        audit.find("refusal", "認証局の登録");
    }
    let sha256 = of(ROOT);
    for user in ["sato", "kansa"] {
        let mut other = match user {
            "sato" => Person::sato(&site),
            other => Person::with_password(&site, other),
        };
        other.refused_as(pin(IssuedCard::Hpki, JPKI), RefusalCode::NoPermission);
        let remove = Request::RemoveAuthority { sha256: sha256.clone(), reason: "理由".into() };
        other.refused_as(remove, RefusalCode::NoPermission);
        other.refused_as(Request::ListTrust, RefusalCode::NoPermission);
    }
    let trust = trust(&mut kanri);
    let pinned: Vec<(bool, &str)> =
        trust.authorities.iter().map(|a| (a.root, a.not_after.as_str())).collect();
    assert_eq!(pinned.len(), 2);
    assert!(pinned.iter().all(|(_, end)| *end == "2045-01-01") && pinned.iter().any(|(root, _)| *root));
    assert_eq!((trust.lists.len(), trust.grace_hours, trust.my_number), (0, 0, None));
}

#[test]
fn an_administrator_with_a_card_changes_the_authorities_with_both_factors_only() {
    let (site, mut kanri) = believing(Some(DAY), &[], |_| ());
    add(&mut kanri, "fuku", Profession::Administrator);
    let admin = kyukyu::domain::Permission::Administer;
    let fuku = UserId::parse("fuku").unwrap();
    kanri.ask(Request::SetPermission { user: fuku, permission: admin, granted: true });
    kanri.ask(enrol("fuku", &card("norole")));
    let mut fuku = Person::with_password(&site, "fuku");
    fuku.refused_as(pin(IssuedCard::MyNumber, JPKI), RefusalCode::OneFactor);
    fuku.refused_as(Request::ListTrust, RefusalCode::OneFactor);
    prove(&mut fuku.client, "norole").unwrap();
    fuku.ask(pin(IssuedCard::MyNumber, JPKI));
    let seen = trust(&mut fuku).authorities;
    assert_eq!((seen.len(), seen.iter().all(|authority| authority.days_left > 1_000)), (3, true));
    // He cannot saw off the branch he sits on: nobody might be left who could add another authority.
    for der in [ROOT, ISSUING] {
        let sha256 = kyukyu::identity::Fingerprint::of(der).to_string();
        let remove = Request::RemoveAuthority { sha256, reason: "世代交代".into() };
        let refused = fuku.refused_as(remove, RefusalCode::WrongState);
        assert!(refused.words.as_str().contains("ご自身のカードを発行した認証局"), "{refused}");
    }
    let sha256 = kyukyu::identity::Fingerprint::of(JPKI).to_string();
    fuku.ask(Request::RemoveAuthority { sha256, reason: "使わないため".into() });
    // Taking the card away does not make the password enough.
    let fingerprint = card("norole").fingerprint().parse().unwrap();
    let user = UserId::parse("fuku").unwrap();
    kanri.ask(Request::RevokeCard { user, fingerprint, reason: "紛失".into() });
    let mut fuku = Person::with_password(&site, "fuku");
    fuku.refused_as(pin(IssuedCard::MyNumber, JPKI), RefusalCode::OneFactor);
}

#[test]
fn without_a_fresh_list_no_card_and_a_new_list_counts_when_it_is_there() {
    let (site, mut kanri) = believing(None, &[], |_| ());
    let mut audit = Audit::new(&site);
    add(&mut kanri, "ito", Profession::Doctor);
    let enrol_doctor = || enrol("ito", &card("doctor"));
    let unknown = |person: &mut Person| {
        let refused = person.refused_as(enrol_doctor(), RefusalCode::BadCard);
        assert!(refused.words.as_str().contains("失効を確認できません"), "{refused}");
    };
    unknown(&mut kanri);
    // One of the two lists is not enough; a lapsed one without grace is none.
    let both = lists(DAY, &[]);
    lay(&site, &both[..1]);
    assert_eq!(trust(&mut kanri).lists.len(), 1);
    unknown(&mut kanri);
    lay(&site, &both);
    audit.find("refusal", "失効を確認できません");
    assert_eq!(trust(&mut kanri).lists.iter().filter(|list| !list.lapsed).count(), 2);
    kanri.ask(enrol_doctor());
    audit.find("revocation_lists_read", "2件");
    lay(&site, &lists(-60, &[]));
    assert!(trust(&mut kanri).lists.iter().any(|list| list.lapsed));
    let (mut ito, _) = log_in(&site, "ito");
    let refused = prove(&mut ito, "doctor").unwrap_err().to_string();
    assert!(refused.contains("期限が切れています"), "{refused}");
    // Revoked is revoked, and a list that is no list is named.
    let doctor = card("doctor").certificate;
    lay(&site, &lists(DAY, &[&doctor]));
    lay(&site, &[("other.crl", b"nonsense".to_vec())]);
    let seen = trust(&mut kanri);
    assert_eq!((seen.lists.len(), seen.refused.len()), (2, 1));
    assert!(seen.refused[0].as_str().starts_with("other.crl"), "{seen:?}");
    audit.find("revocation_lists_read", "使えないもの1件");
    let refused = prove(&mut ito, "doctor").unwrap_err().to_string();
    assert!(refused.contains("失効しています"), "{refused}");
    audit.find("card_refused", "失効しています");
    // Others of the same authority go on.
    add(&mut kanri, "ono", Profession::Nurse);
    kanri.ask(enrol("ono", &card("nurse")));
    // The training authority publishes no lists, and its cards need none.
    let (_, session) = log_in_with_card(&site, "sato", "doctor-1");
    assert!(session.may_enquire && session.notices.is_empty());
}

#[test]
fn within_the_grace_period_it_is_said_on_the_screen_and_on_record() {
    let revoked = card("nurse").certificate;
    let (site, mut kanri) = believing(Some(-3_600), &[&revoked], |config| config.crl_grace_hours = 2);
    let mut audit = Audit::new(&site);
    add(&mut kanri, "ito", Profession::Doctor);
    kanri.ask(enrol("ito", &card("doctor")));
    let (mut ito, _) = log_in(&site, "ito");
    let session = prove(&mut ito, "doctor").unwrap();
    assert!(session.two_factors);
    let until = session.card.unwrap().grace_until.unwrap();
    let told = |notices: &[SafeText]| {
        notices
            .iter()
            .any(|n| n.as_str().contains("失効リスト期限切れ・猶予中") && n.as_str().contains(until.as_str()))
    };
    assert!(told(&session.notices), "{:?}", session.notices);
    let Reply::Home(home) = ito.ask(Request::Home).unwrap() else { panic!("no home") };
    assert!(told(&home.news), "{:?}", home.news);
    audit.find("card_accepted", "失効リスト期限切れ・猶予中");
    // Grace is for lists, not for cards that are known to be revoked.
    add(&mut kanri, "ono", Profession::Nurse);
    let refused = kanri.refused_as(enrol("ono", &card("nurse")), RefusalCode::BadCard);
    assert!(refused.words.as_str().contains("失効しています"), "{refused}");
    // Beyond it there is none.
    lay(&site, &lists(-2 * 3_600 - 60, &[]));
    trust(&mut kanri);
    let (mut late, _) = log_in(&site, "ito");
    assert!(prove(&mut late, "doctor").unwrap_err().to_string().contains("期限が切れています"));
}

#[test]
fn my_number_cards_are_off() {
    let (site, mut kanri) = believing(Some(DAY), &[], |_| ());
    kanri.ask(pin(IssuedCard::MyNumber, JPKI));
    add(&mut kanri, "ito", Profession::Doctor);
    let refused = kanri.refused_as(enrol("ito", &card("jpki")), RefusalCode::BadCard);
    assert!(refused.words.as_str().contains("有効になっていません"), "{refused}");
    drop(site);
    let site = Site::new();
    site.configure(|config| config.my_number_login = true);
    let refused = Site::try_serve(&site.config());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("my_number_basis"), "{said}");
}

/// Every byte and every record that a stopped site keeps.
fn everything_kept(site: &Site) -> Vec<u8> {
    let store = site.store();
    let mut all = fs::read(site.folder.path().join("site/data/store.redb")).unwrap();
    for table in Table::ALL {
        let records: Result<Vec<(String, serde_json::Value)>, StoreError> =
            store.read(|tx| tx.scan_prefix(*table, ""));
        all.extend(serde_json::to_vec(&records.unwrap()).unwrap());
    }
    store.close().unwrap();
    for entry in entries(site) {
        all.extend(serde_json::to_vec(&entry).unwrap());
    }
    all.extend(site.station_log().into_bytes());
    all
}

#[test]
fn my_number_cards_where_allowed_leave_nothing_but_their_key() {
    let basis = "公的個人認証法第17条の認定 令和8年第0号（架空）";
    let (mut site, mut kanri) = believing(Some(DAY), &[], |config| {
        config.my_number_login = true;
        config.my_number_basis = Some(SafeText::new(basis));
    });
    kanri.ask(pin(IssuedCard::MyNumber, JPKI));
    add(&mut kanri, "ito", Profession::Doctor);
    kanri.ask(enrol("ito", &card("jpki")));
    let (mut ito, _) = log_in(&site, "ito");
    let session = prove(&mut ito, "jpki").unwrap();
    assert_eq!(session.factors, [Factor::Password, Factor::MyNumberCard]);
    assert_eq!(trust(&mut kanri).my_number.unwrap().as_str(), basis);
    // And a refusal: the same card for somebody whose it is not.
    let (mut sato, _) = log_in(&site, "sato");
    prove(&mut sato, "jpki").unwrap_err();
    site.stop_station();

    let acts: Vec<Act> = entries(&site).into_iter().map(|entry| entry.act).collect();
    let started =
        acts.iter().any(|act| matches!(act, Act::MyNumberAllowed { basis: b } if b.as_str() == basis));
    let accepted = acts.iter().any(|act| {
        matches!(
            act,
            Act::CardAccepted { factor: Factor::MyNumberCard, revocation: Some(Revocation::NotChecked), .. }
        )
    });
    assert!(started && accepted, "{acts:#?}");
    let certificate = Certificate::parse(JPKI_CARD).unwrap();
    let serial = certificate.fields().tbs_certificate().serial_number().as_bytes();
    let kept = everything_kept(&site);
    let holds = |bytes: &[u8]| kept.windows(bytes.len()).any(|window| window == bytes);
    let hex = data_encoding::HEXLOWER.encode(serial);
    let base64 = data_encoding::BASE64.encode(JPKI_CARD);
    let whole = kyukyu::identity::Fingerprint::of(JPKI_CARD).to_string();
    assert!(holds(card("jpki").fingerprint().as_bytes()), "the key is what it was enrolled by");
    for (what, bytes) in [
        ("serial", serial),
        ("serial", hex.as_bytes()),
        ("serial", hex.to_uppercase().as_bytes()),
        ("name", b"0123456789ABCDEF".as_slice()),
        ("certificate", JPKI_CARD),
        ("certificate", base64.as_bytes()),
        ("certificate", &base64.as_bytes()[40..80]),
        ("fingerprint of the certificate", whole.as_bytes()),
    ] {
        assert!(!holds(bytes), "the {what} is kept");
    }
}
