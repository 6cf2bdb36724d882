//! Coming, going and staying away: the factors, lock and unlock, logout, quit (A2–A6).

use crate::flow::{
    HOME, IDENTIFY, at_home, certificate, confirm_person, consent_and_send, log_in_at, logged, new_case,
    patiently, type_certificate,
};
use crate::support::card::card_file;
use crate::support::pty::{Pty, Start, places};
use crate::support::site::{PASSWORD, PIN, Site};

const P01: [&str; 5] = ["139907", "架空１２", "0012345", "01", "1955-11-03"];

#[test]
fn one_factor_sees_its_log_and_no_more() {
    let site = Site::running();
    let mut pty = Pty::open(&site);
    pty.wait("訓練");
    pty.go(&format!("sato<Tab>{PASSWORD}<C-g>"), "Esc カードなしで進む");
    pty.go("<Esc>", "二要素認証が済んでいないため照会はできません。閲覧履歴の確認はできます。");
    pty.go("l", "操作ログ（自分の操作、新しい順）");
    pty.wait("ログイン");
    pty.go("<Esc>", HOME);
    // The second factor may follow later.
    pty.go("<C-g>", "PINの残り回数");
    pty.go(&format!("{PIN}<C-g>"), "PW+訓練カード");
    pty.wait_gone("二要素認証が済んでいない");
}

#[test]
fn without_the_permission_there_is_nothing_to_press() {
    let site = Site::running();
    let mut pty = Pty::start(&site, &Start { card: "doctor-3", ..Start::default() });
    log_in_at(&mut pty, "suzuki");
    pty.wait("救急時閲覧権限がないため、症例は表示されません");
    assert!(!pty.shows("新しい症例"), "{}", pty.screen());
    pty.keys("n");
    pty.settle();
    assert!(pty.shows(HOME), "{}", pty.screen());
}

#[test]
fn wrong_passwords_pins_and_cards_are_refused_in_words() {
    let site = Site::running();
    let mut pty = Pty::start(&site, &Start { card: "doctor-2", ..Start::default() });
    pty.wait("訓練");
    pty.go("<C-g>", "利用者IDを入力してください");
    pty.go("sato<C-g>", "パスワードを入力してください");
    pty.go("wrong<C-g>", "利用者IDまたはパスワードが違います");
    assert!(pty.shows("sato"), "the user id stays:\n{}", pty.screen());
    // Another doctor's card: refused before its PIN is typed.
    patiently(&mut pty, &format!("{PASSWORD}<C-g>"), "登録されたカードではありません。PINは使っていません");
    let other = card_file(&site, "doctor-2");
    std::fs::rename(card_file(&site, "doctor-1"), &other).unwrap();
    pty.go("<C-r>", "PINの残り回数: 15回");
    pty.go("<C-g>", "PINを入力してください");
    assert!(!pty.ever_showed(PASSWORD) && !pty.ever_showed(PIN), "a secret was shown");
}

#[test]
fn a_wrong_pin_costs_a_try_and_says_so() {
    let site = Site::running();
    let mut pty = Pty::open(&site);
    pty.wait("訓練");
    pty.go(&format!("sato<Tab>{PASSWORD}<C-g>"), "PINの残り回数: 15回");
    pty.go("99999<C-g>", "14回");
    pty.go(&format!("{PIN}<C-g>"), HOME);
}

#[test]
fn a_locked_screen_shows_nothing_and_opens_for_the_same_person_only() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "初療1");
    certificate(&mut pty, P01);
    consent_and_send(&mut pty);
    confirm_person(&mut pty, "青葉　太郎");
    let bytes = pty.bytes_of(|pty| pty.keys("<C-x>"));
    pty.wait("佐藤 一郎 さんがロックしています");
    assert!(!places(b"\x1b[3J", &bytes).is_empty(), "nothing remains in the scrollback");
    for gone in ["青葉", "ワーファリン", "0012345", "初療1", "1955"] {
        assert!(!pty.shows(gone), "{gone} is still there:\n{}", pty.screen());
    }
    pty.go("wrong<C-g>", "違");
    patiently(&mut pty, &format!("{PASSWORD}<C-g>"), "PINの残り回数");
    assert!(!pty.shows("青葉"), "one factor does not open it:\n{}", pty.screen());
    // What came from outside is shown anew, and put on record anew.
    pty.go(&format!("{PIN}<C-g>"), HOME);
    logged(&site, "ロック");
}

#[test]
fn what_was_typed_waits_behind_the_lock() {
    let site = Site::running();
    let mut pty = at_home(&site);
    // A case that is not registered yet is nowhere but on this screen.
    pty.go("n", "新しい症例");
    pty.go("初療室7<Tab>60", "初療室7");
    pty.go("<C-x>", "ロックしています");
    assert!(!pty.shows("初療室7"), "{}", pty.screen());
    unlock(&mut pty);
    pty.wait("初療室7");
    pty.go("<C-g>", IDENTIFY);
    type_certificate(&mut pty, P01);
    pty.wait("1955年11月3日（昭和30年11月3日）");
    pty.go("<C-x>", "ロックしています");
    unlock(&mut pty);
    pty.wait("1955年11月3日（昭和30年11月3日）");
    assert!(pty.shows("0012345"), "{}", pty.screen());
}

fn unlock(pty: &mut Pty) {
    pty.go(&format!("{PASSWORD}<C-g>"), "PINの残り回数");
    pty.keys(&format!("{PIN}<C-g>"));
    pty.wait_gone("ロックしています");
}

#[test]
fn a_draft_is_there_at_the_next_login() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    type_certificate(&mut pty, P01);
    pty.go("<C-d>", "まだ送信していない入力があります");
    assert!(pty.cursor_row().contains("> 戻る"), "the harmless answer first:\n{}", pty.screen());
    pty.keys("<Enter>");
    pty.wait_gone("まだ送信していない");
    assert!(pty.shows("0012345"), "{}", pty.screen());
    pty.go("<C-d><Down><Enter>", "ログアウトしました");
    assert!(!pty.shows("0012345"), "{}", pty.screen());
    log_in_at(&mut pty, "sato");
    pty.keys("<Down>");
    pty.go("<Enter>", "[資格確認書等]");
    pty.wait("1955年11月3日（昭和30年11月3日）");
    for kept in ["139907", "架空１２", "0012345", "01"] {
        assert!(pty.shows(kept), "{kept} is lost:\n{}", pty.screen());
    }
}

#[test]
fn quitting_asks_and_leaves_the_terminal_clean() {
    let site = Site::running();
    let mut pty = at_home(&site);
    pty.go("<C-c>", "ログアウトして終了します");
    pty.keys("<Down><Enter>");
    let (time, code) = pty.ended();
    assert!(code == 0 && time.as_secs() < 1, "{code} after {time:?}");
    pty.settle();
    let raw = pty.raw();
    assert!(!places(b"\x1b[?1049l", &raw).is_empty() && !places(b"\x1b[3J", &raw).is_empty());
    assert_eq!(pty.screen().trim(), "", "nothing remains");
    logged(&site, "ログアウト（本人の操作）");
}

#[test]
fn the_log_is_searched_by_patient_and_one_entry_is_opened() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "初療室2");
    certificate(&mut pty, P01);
    pty.go("<Esc>", "[資格確認書等]");
    pty.go("<Esc>", HOME);
    pty.go("l", "操作ログ（自分の操作、新しい順）");
    pty.go("/", "操作ログの検索（自分の操作）");
    // The birth date, in another spelling than the one that was typed.
    pty.go("<Tab><Tab>S30.11.3<C-g>", "絞り込み中: 患者: 生年月日 1955年11月3日");
    pty.wait("照会キーの確認");
    pty.go("<Enter>", "の詳細");
    pty.go("<PageDown>", "連鎖ハッシュ: ");
    pty.go("<Esc>", "絞り込み中");
    pty.go("<Esc>", "操作ログを検索（自分の操作／患者: 生年月日");
    pty.go("<Esc>", HOME);
}
