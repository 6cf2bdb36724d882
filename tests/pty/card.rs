//! The card while it lies there, and what happens when it does not (A3b, A5, A6, A9, F2).

use crate::flow::{
    HOME, at_home, certificate, confirm_person, consent_and_send, log_in_at, logged, new_case, patiently,
};
use crate::support::card::card_file;
use crate::support::pty::{Pty, Start, places};
use crate::support::site::{PASSWORD, PIN, Site};
use kyukyu::card::software::CardFile;
use rustix::process::Signal;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

const P01: [&str; 5] = ["139907", "架空１２", "0012345", "01", "1955-11-03"];
/// What a locked screen must not show of them.
const OF_P01: [&str; 5] = ["青葉", "ワーファリン", "0012345", "初療1", "1955"];

fn reading(site: &Site) -> Pty {
    let mut pty = at_home(site);
    new_case(&mut pty, "初療1");
    certificate(&mut pty, P01);
    consent_and_send(&mut pty);
    confirm_person(&mut pty, "青葉　太郎");
    pty
}

fn locked_without_a_trace(pty: &mut Pty, why: &str, act: impl FnOnce()) {
    let bytes = pty.bytes_of(|pty| {
        act();
        pty.wait(why);
    });
    assert!(!places(b"\x1b[3J", &bytes).is_empty(), "nothing remains in the scrollback");
    for gone in OF_P01 {
        assert!(!pty.shows(gone), "{gone} is still there:\n{}", pty.screen());
    }
    assert!(pty.shows("佐藤 一郎 さんがロックしています"), "{}", pty.screen());
}

#[test]
fn pulling_the_card_locks_the_screen_at_once() {
    let site = Site::running();
    let mut pty = reading(&site);
    let card = card_file(&site, "doctor-1");
    let drawer = card.with_extension("drawer");
    locked_without_a_trace(
        &mut pty,
        "カードが抜かれたため、画面をロックしました",
        || {
            fs::rename(&card, &drawer).unwrap();
        },
    );
    logged(&site, "カード抜去");
    // The password alone opens nothing; the card that is put back is noticed without a key.
    pty.go(&format!("{PASSWORD}<C-g>"), "カードがありません");
    fs::rename(&drawer, &card).unwrap();
    pty.wait("PINの残り回数: 15回");
    assert!(!pty.shows("青葉"), "{}", pty.screen());
    pty.go(&format!("{PIN}<C-g>"), HOME);
    // From here it is watched anew.
    fs::remove_file(&card).unwrap();
    pty.wait("カードが抜かれたため、画面をロックしました");
}

#[test]
fn another_card_in_its_place_locks_too() {
    let site = Site::running();
    let mut pty = reading(&site);
    let card = card_file(&site, "doctor-1");
    locked_without_a_trace(
        &mut pty,
        "カードが別のものに替わったため、画面をロックしました",
        || {
            CardFile::training("doctor-2", PIN.into()).unwrap().save(&card).unwrap();
        },
    );
    logged(&site, "カード抜去");
    // The other doctor's card does not open it, and loses no try.
    pty.go(&format!("{PASSWORD}<C-g>"), "登録されたカードではありません。PINは使っていません");
    pty.keys(&format!("{PIN}<C-g>"));
    pty.settle();
    assert!(pty.shows("画面ロック中"), "{}", pty.screen());
    assert_eq!(CardFile::load(&card).unwrap().tries_left(), 15);
}

#[test]
fn a_used_try_elsewhere_does_not_lock() {
    let site = Site::running();
    let mut pty = at_home(&site);
    let card = card_file(&site, "doctor-1");
    CardFile::load(&card).unwrap().with_tries_left(9).save(&card).unwrap();
    pty.settle();
    pty.go("n", "新しい症例");
    pty.go("<Esc>", HOME);
}

#[test]
fn a_patients_card_in_the_staff_reader_is_refused_before_its_pin() {
    let site = Site::running();
    let chain = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cards/chains");
    let bytes = |name: &str| fs::read(chain.join(name)).unwrap();
    let card = card_file(&site, "doctor-1");
    CardFile::embedded("jpki", &bytes("jpki-leaf.der"), &bytes("jpki-leaf.key.der"), "1234".into())
        .unwrap()
        .save(&card)
        .unwrap();
    let mut pty = Pty::open(&site);
    pty.wait("訓練");
    pty.go(&format!("sato<Tab>{PASSWORD}<C-g>"), "このマイナンバーカードは、この利用者に登録されたカード");
    pty.wait("患者さんのカードでしたら、お返しください");
    pty.keys("1234<C-g><Enter>");
    pty.settle();
    assert!(!pty.shows("PINを入力"), "there is no field for a PIN:\n{}", pty.screen());
    assert_eq!(CardFile::load(&card).unwrap().tries_left(), 3);
    // The staff card that takes its place is noticed without a key.
    fs::remove_file(&card).unwrap();
    pty.wait("カードがありません");
    card_file(&site, "doctor-1");
    pty.wait("PINの残り回数: 15回");
    pty.go(&format!("{PIN}<C-g>"), HOME);
}

#[test]
fn the_last_try_is_spent_only_on_a_second_word_and_a_locked_card_says_who_helps() {
    let site = Site::running();
    let card = card_file(&site, "doctor-1");
    CardFile::load(&card).unwrap().with_tries_left(2).save(&card).unwrap();
    let mut pty = Pty::open(&site);
    pty.wait("訓練");
    pty.go(&format!("sato<Tab>{PASSWORD}<C-g>"), "PINの残り回数: 2回");
    pty.go("99999<C-g>", "PINの残り回数: 1回（まちがえるとロックされます）");
    pty.go("88888<C-g>", "続けるときは下の欄に印を付けてください");
    assert_eq!(CardFile::load(&card).unwrap().tries_left(), 1, "not spent without the tick");
    pty.go("<Space><C-g>", "PINはロックされています。訓練をやり直してください");
    assert_eq!(CardFile::load(&card).unwrap().tries_left(), 0);
    pty.settle();
    pty.go("<C-g>", "PINはロックされています");
    pty.go("<Esc>", "二要素認証が済んでいないため照会はできません");
}

/// The processes that a terminal has started.
fn children(pid: u32) -> Vec<PathBuf> {
    let parent =
        |stat: &str| stat.rsplit_once(')').and_then(|(_, rest)| rest.split(' ').nth(2)?.parse().ok());
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    processes
        .filter(|path| {
            let stat = fs::read_to_string(path.join("stat")).unwrap_or_default();
            parent(&stat) == Some(pid)
        })
        .collect()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn all_gone(children: &[PathBuf]) -> bool {
    children.iter().all(|child| !child.exists())
}

/// A way in which a terminal ends.
type End = fn(&mut Pty);

#[test]
fn one_process_watches_and_none_is_left_behind() {
    let site = Site::running();
    let mut pty = at_home(&site);
    let pid = pty.pid();
    until("one process watches", || children(pid).len() == 1);
    // Neither leaves secrets in a core file.
    for process in children(pid).into_iter().chain([PathBuf::from(format!("/proc/{pid}"))]) {
        let limits = fs::read_to_string(process.join("limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    }
    // Locked, nobody watches; unlocked, somebody does.
    let watching = children(pid);
    pty.go("<C-x>", "ロックしています");
    until("a locked screen watches nothing", || all_gone(&watching) && children(pid).is_empty());
    patiently(&mut pty, &format!("{PASSWORD}<C-g>"), "PINの残り回数");
    pty.go(&format!("{PIN}<C-g>"), HOME);
    until("watched anew", || children(pid).len() == 1);
    // Logged out, at the login page.
    let watching = children(pid);
    pty.go("<C-d><Down><Enter>", "ログアウトしました");
    until("nobody is logged in", || all_gone(&watching) && children(pid).is_empty());

    let quit: End = |pty| {
        pty.go("<C-c>", "ログアウトして終了します");
        pty.keys("<Down><Enter>");
    };
    let ends: [(&str, End); 4] = [
        ("quit", quit),
        ("a line that drops", Pty::hang_up),
        ("SIGTERM", |pty| pty.signal(Signal::TERM)),
        ("SIGKILL", |pty| pty.signal(Signal::KILL)),
    ];
    for (how, end) in ends {
        let mut pty = at_home(&site);
        let pid = pty.pid();
        until(how, || children(pid).len() == 1);
        let watching = children(pid);
        end(&mut pty);
        pty.ended();
        until(how, || all_gone(&watching));
    }
}

#[test]
fn a_helper_that_is_killed_is_started_anew_and_the_card_still_watched() {
    let site = Site::running();
    let mut pty = at_home(&site);
    let pid = pty.pid();
    until("watched", || children(pid).len() == 1);
    let before = children(pid);
    let number: i32 = before[0].file_name().unwrap().to_str().unwrap().parse().unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(number).unwrap(), Signal::KILL).unwrap();
    until("watched by another", || children(pid).len() == 1 && children(pid) != before);
    pty.go("n", "新しい症例");
    fs::remove_file(card_file(&site, "doctor-1")).unwrap();
    pty.wait("カードが抜かれたため、画面をロックしました");
}

#[test]
fn without_a_card_login_nothing_is_watched() {
    let site = Site::running();
    let mut pty = Pty::start(&site, &Start::default());
    pty.wait("訓練");
    pty.go(&format!("sato<Tab>{PASSWORD}<C-g>"), "PINの残り回数");
    pty.go("<Esc>", HOME);
    let pid = pty.pid();
    until("no process", || children(pid).is_empty());
    fs::remove_file(card_file(&site, "doctor-1")).unwrap();
    pty.settle();
    assert!(pty.shows(HOME), "{}", pty.screen());
    // Another person's login begins where nothing of the first is.
    pty.go("<C-d><Down><Enter>", "ログアウトしました");
    card_file(&site, "doctor-1");
    log_in_at(&mut pty, "sato");
}
