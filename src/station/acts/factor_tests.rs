//! The door taken by a device of another kind, which this program does not know.

use super::*;
use crate::clock::{Clock, ShiftedClock};
use crate::domain::case::{CaseDraft, EvidenceKind};
use crate::domain::consent::{ConsentChoice, ConsentDraft, UnobtainableReason};
use crate::domain::factor::{Factor, FactorKind};
use crate::domain::institution::{InstitutionCode, InstitutionKind};
use crate::domain::key::KeyDraft;
use crate::domain::{IdentificationMethod, Permission, PersonName, Profession, UserId};
use crate::identity::provider::double::{FaceReader, Seen};
use crate::identity::{BootMillis, UnixSeconds};
use crate::protocol::{IdempotencyKey, Reply, Request, Secret};
use crate::station::desk::Origin;
use crate::station::{FirstAccount, NewStation, Station, initialise};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const PASSWORD: &str = "yoru-no-kyukyu-3ji";

/// A training station in a folder; nobody has a card.
async fn station(folder: &Path, clock: &ShiftedClock) -> Arc<Station> {
    for part in ["req", "res", "face"] {
        std::fs::create_dir_all(folder.join("oqs").join(part)).unwrap();
    }
    let doctor = FirstAccount {
        user: UserId::parse("sato").unwrap(),
        name: PersonName::parse("佐藤 一郎").unwrap(),
        profession: Profession::Doctor,
        permissions: [Permission::EmergencyView].into(),
        password: Secret::new(PASSWORD.to_owned()),
        card: None,
    };
    let new = NewStation {
        config_path: folder.join("site/kyukyu.toml"),
        facility: "架空総合病院".into(),
        kind: InstitutionKind::Hospital,
        code: InstitutionCode::parse("1311234567").unwrap(),
        exchange_root: folder.join("oqs"),
        training: true,
        accounts: vec![doctor],
    };
    let made = initialise(new, &clock.now()).unwrap();
    Station::start(made.config, Arc::new(clock.clone()), Vec::new()).await.unwrap()
}

/// Shows a face to the device with a challenge of the station's, as a request of its own would.
async fn show(station: &Station, origin: &Origin, features: &[u8]) -> Result<Reply, Refusal> {
    let now = station.shop.now();
    let (wall, boot) = (UnixSeconds(u64::try_from(now.utc_ms / 1000).unwrap()), BootMillis(now.boot_ms));
    let user = UserId::parse("sato").unwrap();
    let tag = station.shop.config.station_tag.as_str();
    let challenge = {
        let mut challenges = station.challenges();
        let given = challenges.issue(tag, &user, origin.line, (wall, boot), &[7; 32]).unwrap();
        challenges.take(given.as_bytes(), &user, origin.line, boot).unwrap()
    };
    let seen = Seen { answered: challenge.as_bytes().to_vec(), challenge, features: features.to_vec() };
    let act = move |desk: &mut Desk<'_, '_>| {
        let mut device = FaceReader { template: b"sato".to_vec() };
        let named = ("face_proof", RefusalCode::BadFactor);
        enter(desk, named, &mut device, &seen, |found| match found {
            Found::Proved(face) => Act::TokenAccepted {
                token: face.means().clone(),
                factor: face.factor(),
                emergency: false,
                priority_review: false,
            },
            Found::Not(why, failures) => Act::TokenRefused { why: why.clone(), failures },
        })
    };
    station.line_act(origin, None, act).await
}

async fn ask(station: &Station, origin: &mut Origin, request: Request) -> Reply {
    let key = IdempotencyKey::from_bits(rand_bits());
    station.act(origin, &key, request).await.unwrap()
}

fn rand_bits() -> [u8; 16] {
    crate::station::shop::random().unwrap()
}

fn key() -> KeyDraft {
    KeyDraft {
        method: IdentificationMethod::Certificate,
        insurer_number: "139907".into(),
        symbol: "架空１２".into(),
        insured_number: "0012345".into(),
        branch_number: "01".into(),
        birthdate: "1955-11-03".into(),
        ..KeyDraft::default()
    }
}

fn consent() -> ConsentDraft {
    ConsentDraft {
        caution: true,
        necessity: true,
        choice: Some(ConsentChoice::Unobtainable),
        reason: Some(UnobtainableReason::ImpairedConsciousness),
        tried: "呼びかけに応答なし".into(),
        ..ConsentDraft::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_face_logs_in_through_the_same_door_and_is_declared_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ShiftedClock::default();
    let station = station(folder.path(), &clock).await;
    let (terminal, source) = ("uid:1000 pid:1".into(), "uid:1000".into());
    let mut origin = Origin { line: 1, terminal, source, session: None };
    let nobody = show(&station, &origin, b"sato").await.unwrap_err();
    assert_eq!(nobody.code, RefusalCode::NoSession, "no factor without a password");

    let login = Request::Login { user: "sato".into(), password: Secret::new(PASSWORD.to_owned()) };
    ask(&station, &mut origin, login).await;
    let other = show(&station, &origin, b"tanaka").await.unwrap_err();
    assert_eq!(other.code, RefusalCode::BadFactor);
    let at_once = show(&station, &origin, b"sato").await.unwrap_err();
    assert_eq!((at_once.code, at_once.retry_after_s), (RefusalCode::LockedOut, Some(1)), "guesses count");
    clock.advance(1_001);
    let Reply::Session(session) = show(&station, &origin, b"sato").await.unwrap() else { panic!() };
    assert_eq!(session.factors, [Factor::Password, Factor::Face]);
    assert_eq!(session.factors[1].kind(), FactorKind::Biometric);
    assert!(session.two_factors && session.may_enquire);

    // Locked, it takes the password first.
    ask(&station, &mut origin, Request::Lock { card_gone: false }).await;
    let early = show(&station, &origin, b"sato").await.unwrap_err();
    assert_eq!(early.code, RefusalCode::WrongState);
    ask(&station, &mut origin, Request::Unlock { password: Secret::new(PASSWORD.to_owned()) }).await;
    let Reply::Session(session) = show(&station, &origin, b"sato").await.unwrap() else { panic!() };
    assert!(!session.locked);

    let draft = CaseDraft {
        bed: "初療室1".into(),
        evidence: Some(EvidenceKind::Belongings),
        evidence_by: "救急隊".into(),
        ..CaseDraft::default()
    };
    let Reply::Case(case) = ask(&station, &mut origin, Request::OpenCase { draft }).await else { panic!() };
    let Reply::Enquiry(view) = ask(&station, &mut origin, Request::OpenEnquiry { case }).await else {
        panic!()
    };
    let enquiry = view.id.clone();
    let confirm = Request::ConfirmKey { enquiry: enquiry.clone(), key: key() };
    let Reply::KeyConfirmed(view) = ask(&station, &mut origin, confirm).await else { panic!() };
    let send = Request::Send { enquiry, key: view.key.clone().unwrap(), consent: consent() };
    ask(&station, &mut origin, send).await;
    let written = request_file(&folder.path().join("oqs/req")).await;
    for (element, method) in [("1", "01"), ("2", "02")] {
        let pair = format!("<AuthElement>{element}</AuthElement><AuthMethod>{method}</AuthMethod>");
        assert!(written.contains(&pair), "{pair} is not in {written}");
    }
    station.close().await;
}

/// The one request file, once it stands there.
async fn request_file(folder: &Path) -> String {
    for _ in 0..1_000 {
        let mut files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let whole = |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "xml");
        if let Some(path) = files.find(whole) {
            return String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no request file was written")
}
