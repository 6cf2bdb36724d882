//! The whole way: the screen in a pty, `kyukyu-card`, pcscd, a card that answers, and the station that believes it.

use super::bed::cards::PIN;
use super::bed::opensc;
use super::bed::program::no_pin;
use super::bed::ssh::{Offer, Sshd};
use super::bed::{Bed, Layout, READERS, VirtualCard};
use super::support::audit::Audit;
use super::support::card::log_in;
use super::support::pty::{Pty, Start, places};
use super::support::site::{PASSWORD, Site};
use kyukyu::card::{Certificate, Hash};
use kyukyu::client::ClientFault;
use kyukyu::protocol::{RefusalCode, Reply, Request};
use kyukyu::store::{StoreError, Table};
use std::path::Path;

const HOME: &str = "ホーム  症例";

/// A site in which suzuki has the P-384 card.
fn site() -> Site {
    let mut site = Site::new();
    let store = site.store();
    let changed = store.transact(|tx| {
        let mut of_suzuki: serde_json::Value = tx.get(Table::Credentials, "suzuki")?.unwrap();
        let card = Certificate::parse(Layout::p384().certificate()).unwrap();
        let enrolled = &mut of_suzuki["cards"][0];
        enrolled["spki_sha256"] = card.spki_sha256().to_string().into();
        enrolled["not_after"] = card.not_after().into();
        enrolled["hc_role"] = card.hc_role().map(|role| role.to_string()).into();
        tx.put(Table::Credentials, "suzuki", &of_suzuki)
    });
    changed.map_err(|error: StoreError| error).unwrap();
    store.close().unwrap();
    site.start_station();
    site
}

/// The screen at this machine, with its readers.
fn screen(site: &Site) -> Pty {
    Pty::start(site, &Start { readers: true, ..Start::default() })
}

fn password(screen: &mut Pty, user: &str, then: &str) {
    screen.wait("ログイン（1/2 パスワード）");
    screen.wait("訓練");
    screen.go(&format!("{user}<Tab>{PASSWORD}<C-g>"), then);
}

fn log_in_at(screen: &mut Pty, user: &str) {
    password(screen, user, "PINの残り回数");
    screen.go(&format!("{PIN}<C-g>"), HOME);
}

#[test]
fn every_kind_of_card_opens_the_screen_and_its_leaving_locks_it() {
    let bed = Bed::new();
    let site = site();
    let table =
        [("sato", Layout::hpki_a()), ("sato", Layout::hpki_b()), ("tanaka", Layout::jpki_of("doctor-2"))];
    for (user, layout) in table.into_iter().chain([("suzuki", Layout::p384())]) {
        let card = bed.insert(0, &layout);
        let mut screen = screen(&site);
        password(&mut screen, user, "この端末のリーダー");
        screen.wait(&format!("PINの残り回数: {}回", layout.full_tries()));
        assert!(screen.shows(READERS[0]), "{}", screen.screen());
        screen.go(&format!("{PIN}<C-g>"), HOME);
        bed.remove(&card);
        screen.wait("カードが抜かれたため、画面をロックしました");
        // The card that is put back is noticed without a key, and the password alone opens nothing.
        screen.go(&format!("{PASSWORD}<C-g>"), "カードがありません");
        bed.put_back(&card);
        screen.wait("PINの残り回数");
        screen.go(&format!("{PIN}<C-g>"), HOME);
        assert!(places(PIN.as_bytes(), &screen.raw()).is_empty(), "the PIN stood on the screen");
        bed.remove(&card);
    }
    Audit::new(&site).find("session_locked", "カード抜去");
    no_pin(&site.station_log());
    no_pin(&bed.pcscd.log());
}

#[test]
fn wrong_cards_and_wrong_pins_at_the_screen() {
    let bed = Bed::new();
    let site = site();
    let patients = bed.insert(0, &Layout::jpki());
    let mut screen = screen(&site);
    password(&mut screen, "sato", "このマイナンバーカードは、この利用者に登録されたカードではありません");
    assert_eq!(patients.tries_left(), 3);
    // One for the other, quicker than anybody looks.
    bed.remove(&patients);
    let unknown = bed.insert(0, &Layout::unknown());
    screen.wait("対応していないカードです");
    bed.remove(&unknown);
    let card = bed.insert(1, &Layout::hpki_b());
    screen.wait("PINの残り回数: 15回");
    screen.go("99999<C-g>", "PINの残り回数: 14回");
    assert_eq!(card.tries_left(), 14);
    screen.settle();
    screen.go(&format!("{PIN}<C-g>"), HOME);
}

#[test]
fn pcscd_that_ends_locks_the_screen_and_one_that_is_not_there_is_named() {
    let mut bed = Bed::new();
    let site = site();
    let card = bed.insert(0, &Layout::hpki_a());
    let mut screen = screen(&site);
    log_in_at(&mut screen, "sato");
    bed.pcscd.kill();
    card.pull();
    screen.wait("カードを確認できないため、画面をロックしました");
    screen.go(&format!("{PASSWORD}<C-g>"), "pcscd）が動いていません");
    bed.pcscd.start();
    bed.put_back(&card);
    screen.go("<C-r>", "PINの残り回数");
    screen.go(&format!("{PIN}<C-g>"), HOME);
}

#[test]
fn a_thin_terminal_over_ssh_by_its_agent_and_by_its_pcscd() {
    let bed = Bed::new();
    let site = site();
    let card = bed.insert(0, &Layout::hpki_b());
    let socket = site.folder.path().join("agent.sock");
    let program = env!("CARGO_BIN_EXE_kyukyu-card");
    let arguments = ["agent", "--socket", socket.to_str().unwrap()];
    let mut agent = Pty::program(program, &arguments.map(AsRef::as_ref));
    agent.until_answering(&socket);
    let sshd = Sshd::start();
    let line = sshd.forward(Offer::Agent(&socket));
    let start = Start { agent: Some(&line.socket), ..Start::default() };
    let mut screen = Pty::start(&site, &start);
    password(&mut screen, "sato", "手元の端末のカード読取り（エージェント）");
    screen.wait("PINの残り回数: 15回");
    screen.go("<C-g>", "で入力してください");
    agent.wait("PIN（");
    agent.keys(&format!("{PIN}<Enter>"));
    screen.wait(HOME);
    bed.remove(&card);
    screen.wait("カードが抜かれたため、画面をロックしました");
    bed.put_back(&card);
    drop(screen);

    let line = sshd.forward(Offer::Pcscd(Path::new(super::bed::daemon::SOCKET)));
    let socket = line.socket.to_str().unwrap();
    let environment = [("PCSCLITE_CSOCK_NAME", socket)];
    let mut screen =
        Pty::start(&site, &Start { readers: true, environment: &environment, ..Start::default() });
    password(&mut screen, "sato", "転送された pcscd");
    screen.wait("PINの残り回数: 15回");
    screen.go(&format!("{PIN}<C-g>"), HOME);
    assert_eq!(card.tries_left(), 15);
}

#[test]
fn the_station_takes_a_signature_made_by_another_client_once() {
    let bed = Bed::new();
    let site = site();
    let layout = Layout::jpki_of("doctor-2");
    let _card: VirtualCard = bed.insert(0, &layout);
    let (mut client, session) = log_in(&site, "tanaka");
    assert!(!session.two_factors);
    let Reply::Challenge { text } = client.ask(Request::CardChallenge).unwrap() else { panic!() };
    let folder = tempfile::tempdir().unwrap();
    let proof = |challenge: &str, signature: &[u8]| Request::CardProof {
        challenge: challenge.to_owned(),
        certificate: data_encoding::BASE64.encode(layout.certificate()),
        signature: data_encoding::BASE64.encode(signature),
        hash: Hash::Sha256,
    };
    let made_by_opensc = proof(&text, &opensc::sign(folder.path(), text.as_bytes()));
    let Reply::Session(session) = client.ask(made_by_opensc.clone()).unwrap() else { panic!() };
    assert!(session.two_factors);

    // The same again: on this line, on another one, and for a fresh challenge.
    let refused = |answer: Result<Reply, ClientFault>| match answer {
        Err(ClientFault::Refused(refusal)) => assert_eq!(refusal.code, RefusalCode::BadCard, "{refusal}"),
        other => panic!("{other:?}"),
    };
    refused(client.ask(made_by_opensc.clone()));
    let (mut other, _) = log_in(&site, "tanaka");
    refused(other.ask(made_by_opensc.clone()));
    let Reply::Challenge { text: fresh } = other.ask(Request::CardChallenge).unwrap() else { panic!() };
    let Request::CardProof { signature, .. } = made_by_opensc else { panic!() };
    refused(other.ask(proof(&fresh, &data_encoding::BASE64.decode(signature.as_bytes()).unwrap())));
    Audit::new(&site).find("card_refused", "使用済み");
}
