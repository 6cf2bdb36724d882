//! Lines that break: to the station, and to the person (F2; traps 1 and 10 of the design).

use crate::flow::{
    IDENTIFY, at_home, certificate, confirm_person, consent_and_send, logged, new_case, type_certificate,
};
use crate::support::site::Site;
use rustix::process::Signal;
use std::time::{Duration, Instant};

const P01: [&str; 5] = ["139907", "架空１２", "0012345", "01", "1955-11-03"];
const SOON: Duration = Duration::from_secs(1);

#[test]
fn a_lost_station_is_said_within_a_second_and_nothing_is_lost() {
    let mut site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    type_certificate(&mut pty, ["139907", "架空１２", "00123", "01", "1955-11-03"]);
    pty.wait("1955年11月3日（昭和30年11月3日）");
    let lost = Instant::now();
    site.kill_station();
    pty.wait("ステーションに接続できません");
    assert!(lost.elapsed() < SOON, "{:?}", lost.elapsed());
    // The screen stays live.
    pty.go("<BackTab><BackTab>45", "0012345");
    site.start_station();
    pty.wait("ステーションに再接続しました");
    pty.wait_gone("ステーションに接続できません");
    for kept in ["139907", "架空１２", "0012345", "1955-11-03"] {
        assert!(pty.shows(kept), "{kept} is lost:\n{}", pty.screen());
    }
    // The session was taken up again: no new login.
    pty.go("<C-g>", "照会内容の確認（資格確認書等）");
    consent_and_send(&mut pty);
    confirm_person(&mut pty, "青葉　太郎");
}

#[test]
fn what_was_asked_while_the_station_was_away_is_asked_once() {
    let mut site = Site::running();
    let mut pty = at_home(&site);
    pty.keys("n");
    pty.wait("新しい症例");
    site.kill_station();
    pty.wait("ステーションに接続できません");
    pty.keys("初療室3<C-g><C-g><C-g>");
    site.start_station();
    pty.wait(IDENTIFY);
    pty.wait("初療室3");
    pty.go("<Esc>", "ホーム  症例 1件");
}

#[test]
fn an_answer_that_came_while_the_station_was_away_is_there_afterwards() {
    let mut site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    // An answer after four seconds of 処理中.
    certificate(&mut pty, ["01139906", "９４０", "4001", "00", "1966-01-20"]);
    consent_and_send(&mut pty);
    pty.wait("[x] オンライン資格確認等システムが処理中");
    site.kill_station();
    pty.wait("ステーションに接続できません");
    site.start_station();
    confirm_person(&mut pty, "白石　待子");
}

#[test]
fn a_terminal_without_a_station_says_so_and_waits() {
    let mut site = Site::new();
    let mut pty = crate::support::pty::Pty::open(&site);
    pty.wait("ステーションに接続できません");
    pty.wait("接続先: /");
    pty.wait("KYUKYU_SOCKET か --socket");
    site.start_station();
    pty.wait_gone("ステーションに接続できません");
    crate::flow::log_in_at(&mut pty, "sato");
}

#[test]
fn signals_end_it_within_a_second_and_the_log_says_why() {
    for (signal, cause) in [(Signal::TERM, "端末プログラムの終了"), (Signal::HUP, "端末の切断")]
    {
        let site = Site::running();
        let mut pty = at_home(&site);
        new_case(&mut pty, "1");
        type_certificate(&mut pty, P01);
        pty.settle();
        pty.signal(signal);
        let (time, code) = pty.ended();
        assert!(time < SOON && code == 0, "{signal:?}: {time:?}, {code}");
        pty.settle();
        assert_eq!(pty.screen().trim(), "", "nothing remains of the screen");
        logged(&site, &format!("ログアウト（{cause}）"));
        // What was typed last is at the station.
        let mut next = at_home(&site);
        next.keys("<Down>");
        next.go("<Enter>", "[資格確認書等]");
        next.wait("1955年11月3日（昭和30年11月3日）");
    }
}

#[test]
fn a_dropped_line_leaves_no_process_and_the_log_says_why() {
    let site = Site::running();
    let mut pty = at_home(&site);
    pty.hang_up();
    let (time, _) = pty.ended();
    assert!(time < SOON, "{time:?}");
    logged(&site, "ログアウト（端末の切断）");
}

#[test]
fn a_killed_terminal_ends_its_session() {
    let site = Site::running();
    let mut pty = at_home(&site);
    pty.signal(Signal::KILL);
    pty.ended();
    logged(&site, "ログアウト（回線断）");
}
