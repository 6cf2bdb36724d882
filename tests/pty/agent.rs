//! A thin terminal: the card and its PIN are there, the screen is here, and only a signature crosses the line.

use crate::flow::{HOME, logged};
use crate::support::card::card_file;
use crate::support::pty::{Pty, Start, places};
use crate::support::site::{PASSWORD, Site};
use crate::support::wire::Wire;
use kyukyu::card::software::CardFile;
use rustix::process::Signal;
use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;

/// Longer than the others', so that chance does not write it into a signature.
const LONG_PIN: &str = "8642097531";

/// `kyukyu-card agent` at a terminal of its own, with the first doctor's card.
fn agent(site: &Site, socket: &Path) -> Pty {
    let card = card_file(site, "doctor-1");
    CardFile::training("doctor-1", LONG_PIN.into()).unwrap().save(&card).unwrap();
    let arguments = ["agent".as_ref(), "--socket".as_ref(), socket.as_os_str()];
    let card = ["--software-card".as_ref(), card.as_os_str()];
    let pty = Pty::program(env!("CARGO_BIN_EXE_kyukyu-card"), &[&arguments[..], &card[..]].concat());
    while std::os::unix::net::UnixStream::connect(socket).is_err() {
        thread::yield_now();
    }
    pty
}

fn password(pty: &mut Pty, then: &str) {
    pty.wait("訓練");
    pty.go(&format!("sato<Tab>{PASSWORD}<C-g>"), then);
}

/// Presses for the signature, and waits until the other terminal asks for the PIN once more.
fn asked(screen: &mut Pty, agent: &Pty) {
    let questions = |screen: &str| screen.matches("PIN（半角").count();
    let before = questions(&agent.screen());
    screen.go("<C-g>", "PINは手元の端末（kyukyu-card agent の画面）で入力してください。");
    agent.wait_until("another question for the PIN", |screen| questions(screen) > before);
}

/// Presses for the signature, and types the PIN at the other terminal.
fn sign(screen: &mut Pty, agent: &mut Pty) {
    asked(screen, agent);
    agent.keys(&format!("{LONG_PIN}<Enter>"));
    screen.wait(HOME);
}

#[test]
fn a_login_through_an_agent_lets_no_pin_cross_and_asks_twice() {
    let site = Site::running();
    let path = |name: &str| site.folder.path().join(name);
    let mut agent = agent(&site, &path("agent.sock"));
    let cards = Wire::tap(&path("cards.sock"), path("agent.sock"));
    let station = Wire::tap(&path("station-tap.sock"), site.socket());
    let (card_line, station_line) = (path("cards.sock"), path("station-tap.sock"));
    let start = Start { agent: Some(&card_line), station: Some(&station_line), ..Start::default() };
    let mut screen = Pty::start(&site, &start);
    password(&mut screen, "手元の端末のカード読取り（エージェント）");
    screen.wait("PINの残り回数: 15回");
    // A PIN that is typed here by habit goes nowhere.
    screen.keys(LONG_PIN);
    sign(&mut screen, &mut agent);
    let asked = String::from_utf8(cards.there()).unwrap();
    let asks: Vec<&str> =
        asked.lines().map(|line| line.split('"').nth(1).unwrap()).filter(|ask| *ask != "watch").collect();
    assert_eq!(asks, ["list", "sign"], "the round trips of a login");
    let hex = data_encoding::HEXLOWER.encode(LONG_PIN.as_bytes());
    for (line, bytes) in [
        ("to the agent", cards.there()),
        ("from the agent", cards.back()),
        ("to the station", station.there()),
        ("from the station", station.back()),
        ("to the screen", screen.raw()),
        ("to the agent's screen", agent.raw()),
    ] {
        assert!(bytes.len() > 100, "{line}: nothing was recorded");
        for pin in [LONG_PIN, &hex] {
            assert!(places(pin.as_bytes(), &bytes).is_empty(), "the PIN went {line}");
        }
    }
    // The card at the other terminal is watched over the same line.
    fs::remove_file(card_file(&site, "doctor-1")).unwrap();
    screen.wait("カードが抜かれたため、画面をロックしました");
    logged(&site, "カード抜去");
}

#[test]
fn an_agent_that_is_killed_in_the_middle_and_started_again() {
    let site = Site::running();
    let socket = site.folder.path().join("agent.sock");
    let first = agent(&site, &socket);
    let mut screen = Pty::start(&site, &Start { agent: Some(&socket), ..Start::default() });
    password(&mut screen, "PINの残り回数: 15回");
    asked(&mut screen, &first);
    first.signal(Signal::KILL);
    screen.wait("との接続が切れました");
    screen.wait("カードのエージェント");
    screen.wait("につながりません");
    assert!(screen.shows("ログイン（2/2 カード）"), "{}", screen.screen());
    // The socket that it left behind is taken over.
    let mut second = agent(&site, &socket);
    screen.go("<C-r>", "PINの残り回数: 15回");
    sign(&mut screen, &mut second);
    // Out of sight for longer than a moment: the screen says why it locks.
    second.signal(Signal::KILL);
    screen.wait("カードを確認できないため、画面をロックしました");
    screen.wait("につながりません");
    logged(&site, "カードの確認不能");
}

#[test]
fn an_agent_that_comes_back_at_once_does_not_lock() {
    let site = Site::running();
    let socket = site.folder.path().join("agent.sock");
    let mut first = agent(&site, &socket);
    let mut screen = Pty::start(&site, &Start { agent: Some(&socket), ..Start::default() });
    password(&mut screen, "PINの残り回数: 15回");
    sign(&mut screen, &mut first);
    first.signal(Signal::TERM);
    first.ended();
    let _second = agent(&site, &socket);
    screen.go("n", "新しい症例");
    fs::remove_file(card_file(&site, "doctor-1")).unwrap();
    screen.wait("カードが抜かれたため、画面をロックしました");
}

#[test]
fn a_pin_that_is_cancelled_over_there_or_given_up_here() {
    let site = Site::running();
    let socket = site.folder.path().join("agent.sock");
    let mut agent = agent(&site, &socket);
    let mut screen = Pty::start(&site, &Start { agent: Some(&socket), ..Start::default() });
    password(&mut screen, "PINの残り回数: 15回");
    asked(&mut screen, &agent);
    agent.keys("<Esc>");
    screen.wait("PINの入力が取り消されました");
    screen.settle();
    asked(&mut screen, &agent);
    screen.go("<Esc>", "PINの入力を待つのをやめました");
    assert!(screen.shows("Ctrl-G カードで認証"), "{}", screen.screen());
    // The question over there goes too, and the next one is free.
    agent.wait("依頼元が取り消しました。PINは使っていません");
    sign(&mut screen, &mut agent);
    screen.go("<C-d><Down><Enter>", "ログアウトしました");
    password(&mut screen, "PINの残り回数: 15回");
    screen.go("<C-g>", "で入力してください。");
    screen.go("<Esc>", "PINの入力を待つのをやめました");
    screen.go("<Esc>", "二要素認証が済んでいないため照会はできません");
}

#[test]
fn the_screen_lives_while_an_agent_says_nothing() {
    let site = Site::running();
    let socket = site.folder.path().join("deaf.sock");
    let _nobody_accepts = UnixListener::bind(&socket).unwrap();
    let mut screen = Pty::start(&site, &Start { agent: Some(&socket), ..Start::default() });
    password(&mut screen, "カードを確認しています…");
    screen.go("<F1>", "ほかの画面・いまは使えないキー");
    screen.keys("<Esc>");
    screen.wait_gone("ほかの画面・いまは使えないキー");
    screen.go("<Esc>", "二要素認証が済んでいないため照会はできません");
}

#[test]
fn an_agent_of_another_version_is_named() {
    let site = Site::running();
    let socket = site.folder.path().join("old.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let hello = r#"{"hello":{"program":"kyukyu-card","version":99,"pin":"at_the_reader"}}"#;
            writeln!(stream.unwrap(), "{hello}").unwrap();
        }
    });
    let mut screen = Pty::start(&site, &Start { agent: Some(&socket), ..Start::default() });
    password(&mut screen, "手元の端末のエージェントの版が合いません（版99、必要な版1）");
}
