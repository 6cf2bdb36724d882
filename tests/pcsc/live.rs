//! A live store: authorities pinned by an administrator, their revocation lists as files, cards enrolled at the reader, and
//! the screen. Nothing of it is for training.

use super::bed::cards::PIN;
use super::bed::program::{PROGRAM, no_pin};
use super::bed::{Bed, Layout, opensc};
use crate::support::authority::{JPKI, card, lists};
use crate::support::live::{KYUKYU, Live};
use crate::support::pty::{Pty, places};
use crate::support::site::PASSWORD;
use kyukyu::card::Hash;
use kyukyu::client::{Client, ClientFault};
use kyukyu::protocol::{RefusalCode, Reply, Request, Secret};

const HOME: &str = "ホーム  症例";

/// The facility's doctor on a card that signs one way or the other.
fn doctor(layout: Layout) -> Layout {
    let doctor = card("doctor");
    layout.issued(&doctor.certificate, doctor.key)
}

/// A live site with a doctor, still without a card.
fn with_doctor() -> Live {
    let live = Live::believing();
    live.ok("kanri", "admin account add sato --name 佐藤一郎 --profession doctor", &[PASSWORD]);
    live.ok("kanri", "admin account grant sato view", &[]);
    live
}

/// Enrolment on the spot: the card lies in the reader, its owner types the PIN.
fn enrol(user: &str) -> String {
    format!("admin card enrol {user} --helper {PROGRAM}")
}

fn screen(live: &Live, then: &str) -> Pty {
    // No agent of the person who runs the tests is to be found.
    let runtime = format!("XDG_RUNTIME_DIR={}", live.folder.path().display());
    let socket = live.socket();
    let words = [runtime.as_str(), KYUKYU, "--socket", socket.to_str().unwrap()];
    let mut screen = Pty::program("env", &words.map(AsRef::as_ref));
    screen.wait("ログイン（1/2 パスワード）");
    screen.settle();
    screen.go(&format!("sato<Tab>{PASSWORD}<C-g>"), then);
    screen
}

#[test]
fn hpki_cards_of_both_kinds_open_a_live_store_until_they_are_revoked() {
    let bed = Bed::new();
    let live = with_doctor();
    let first = bed.insert(0, &doctor(Layout::hpki_a()));
    // A wrong PIN enrols nothing.
    live.refused("kanri", &enrol("sato"), &["9999"], "PINが違います");
    assert_eq!(live.ok("kanri", &enrol("sato"), &[PIN]), "完了しました\n");
    let cards = live.cards("kanri", &[], "");
    assert_eq!((cards.len(), &cards[0]["fingerprint"]), (1, &card("doctor").fingerprint().into()));

    let log_in = || {
        let mut screen = screen(&live, "PINの残り回数: 15回");
        screen.go(&format!("{PIN}<C-g>"), HOME);
        assert!(screen.shows("HPKI") && !screen.ever_showed("訓練"), "{}", screen.screen());
        assert!(places(PIN.as_bytes(), &screen.raw()).is_empty(), "the PIN stood on the screen");
        screen
    };
    let of_the_first = log_in();
    bed.remove(&first);
    of_the_first.wait("カードが抜かれたため、画面をロックしました");
    drop(of_the_first);
    let _second = bed.insert(0, &doctor(Layout::hpki_b()));
    drop(log_in());

    // Another doctor's card from the same authority is not his; it keeps its tries.
    let other = card("norole");
    let others = bed.insert(1, &Layout::hpki_a().issued(&other.certificate, other.key));
    drop(log_in());
    assert_eq!(others.tries_left(), 15);
    bed.remove(&others);

    live.lay(&lists(86_400, &[&card("doctor").certificate]));
    live.ok("kanri", "admin trust list", &[]);
    let mut revoked = screen(&live, "PINの残り回数: 15回");
    revoked.go(&format!("{PIN}<C-g>"), "このカードは失効しています。使用をやめ");
    assert!(!revoked.ever_showed(HOME));
    let log = live.ok("kanri", "log show", &[]);
    for part in ["カードの登録（sato・HPKI・医師・カードの署名による）", "カード認証（HPKI・医師", "失効して"]
    {
        assert!(log.contains(part), "{part}: {log}");
    }
    no_pin(&log);
    no_pin(&bed.pcscd.log());
}

#[test]
fn a_my_number_card_counts_when_the_facility_says_on_what_grounds_and_each_signature_once() {
    let bed = Bed::new();
    let mut live = with_doctor();
    live.pin_as("my-number", JPKI);
    let layout = Layout::jpki();
    let card = bed.insert(0, &layout);
    let off = "マイナンバーカードでのログインは、この施設では有効になっていません（失効確認には";
    live.refused("kanri", &enrol("sato"), &[PIN], off);
    live.restart_with(|config| {
        config.my_number_login = true;
        config.my_number_basis = Some(kyukyu::domain::SafeText::new("試験のための架空の根拠 第1号"));
    });
    assert_eq!(live.ok("kanri", &enrol("sato"), &[PIN]), "完了しました\n");
    let mut screen = screen(&live, "PINの残り回数: 3回");
    screen.go(&format!("{PIN}<C-g>"), HOME);
    drop(screen);

    // A signature that another client made with the card: once.
    let logged_in = || {
        let mut client = Client::connect(&live.socket()).unwrap();
        let login = Request::Login { user: "sato".to_owned(), password: Secret::new(PASSWORD.to_owned()) };
        let Reply::LoggedIn { session, .. } = client.ask(login).unwrap() else { panic!("not logged in") };
        assert!(!session.two_factors);
        client
    };
    let challenge = |client: &mut Client| match client.ask(Request::CardChallenge).unwrap() {
        Reply::Challenge { text } => text,
        other => panic!("{other:?}"),
    };
    let proof = |challenge: &str, signature: &[u8]| Request::CardProof {
        challenge: challenge.to_owned(),
        certificate: data_encoding::BASE64.encode(layout.certificate()),
        signature: data_encoding::BASE64.encode(signature),
        hash: Hash::Sha256,
    };
    let mut client = logged_in();
    let text = challenge(&mut client);
    let folder = tempfile::tempdir().unwrap();
    let signature = opensc::sign(folder.path(), text.as_bytes());
    let Reply::Session(session) = client.ask(proof(&text, &signature)).unwrap() else { panic!() };
    assert!(session.two_factors);
    let mut other = logged_in();
    let fresh = challenge(&mut other);
    for answer in [
        client.ask(proof(&text, &signature)),
        other.ask(proof(&text, &signature)),
        other.ask(proof(&fresh, &signature)),
    ] {
        match answer {
            Err(ClientFault::Refused(refusal)) => assert_eq!(refusal.code, RefusalCode::BadCard, "{refusal}"),
            other => panic!("{other:?}"),
        }
    }

    // Off again: what is enrolled opens nothing.
    live.restart_with(|config| config.my_number_login = false);
    let mut screen = self::screen(&live, "PINの残り回数: 3回");
    screen.go(&format!("{PIN}<C-g>"), off);
    let log = live.ok("kanri", "log show", &[]);
    for part in
        ["マイナンバーカードでのログインを有効にして起動（試験のための架空の根拠", "失効確認なし", "使用済み"]
    {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert_eq!(card.tries_left(), 3);
}
