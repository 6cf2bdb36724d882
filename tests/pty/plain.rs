//! The linear mode: the whole job by lines, in a dumb terminal, at the prompt of a screen reader, and in a pipe.

use crate::flow::{logged, nothing_medical_yet};
use crate::support::card::card_file;
use crate::support::pty::{Pty, Start, places};
use crate::support::site::{PASSWORD, PIN, Site};
use rustix::process::Signal;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

fn plain(site: &Site, environment: &[(&str, &str)], arguments: &[&str]) -> Pty {
    let start = Start { columns: 100, rows: 200, arguments, environment, ..Start::default() };
    Pty::start(site, &start)
}

/// A line, and what it leads to.
fn line(pty: &mut Pty, text: &str, expected: &str) {
    pty.keys(text);
    pty.go("<Enter>", expected);
}

fn log_in(pty: &mut Pty) {
    pty.wait("利用者ID >");
    line(pty, "sato", "パスワード（表示されません）>");
    line(pty, PASSWORD, "PIN（表示されません）>");
    pty.wait("PINの残り回数");
    line(pty, PIN, "ホーム  症例");
    pty.wait("PW+訓練カード");
}

/// Case and key by 資格確認書等; ends at 確認.
fn to_the_cautions(pty: &mut Pty) {
    line(pty, ":new-case", "ベッド・場所 >");
    line(pty, "初療室1", "見た目の年齢 >");
    line(pty, ":send", "患者特定");
    line(pty, ":next-tab", "保険者番号 >");
    for (text, next) in
        [("139907", "記号 >"), ("架空１２", "番号 >"), ("0012345", "枝番 >"), ("01", "生年月日 >")]
    {
        line(pty, text, next);
    }
    line(pty, "S30.11.3", "1955年11月3日（昭和30年11月3日）");
    line(pty, ":send", "照会内容の確認（資格確認書等）");
    pty.wait("※患者の生命、身体の保護のために必要であることを確認の上、閲覧してください。");
}

fn consent(pty: &mut Pty) {
    pty.wait("番号で印を付ける・外す >");
    line(pty, "1", "必要性");
    line(pty, "1", "同意取得困難");
    line(pty, "2", "意識障害");
    line(pty, "1", "試みたこと >");
    line(pty, "呼びかけに応答なし", "具体的な事情 >");
}

#[test]
fn the_whole_job_in_a_dumb_terminal() {
    let site = Site::running();
    let mut pty = plain(&site, &[("TERM", "dumb")], &[]);
    pty.wait("この端末（TERM=dumb）では画面を描けないため、この表示に切り替えました。");
    pty.wait("表示した内容を消去できません");
    log_in(&mut pty);
    to_the_cautions(&mut pty);
    // Nothing is ticked, and nothing is sent without it.
    line(&mut pty, ":send", "注意事項を確認してください");
    consent(&mut pty);
    line(&mut pty, ":send", "本人確認：医療情報を表示する前に");
    for text in ["氏名  青葉　太郎", "カナ  ｱｵﾊﾞ ﾀﾛｳ", "性別  男"] {
        pty.wait(text);
    }
    nothing_medical_yet(&pty);
    pty.wait("1. 一致する");
    line(&mut pty, "1", "1. 一致する（選択中）");
    line(&mut pty, ":send", "救急用サマリー");
    for text in ["青葉　太郎", "1. 20", "ワーファリン錠１ｍｇ", "まだ表示されません"]
    {
        pty.wait(text);
    }
    // The filter, and the hits in other sections.
    line(&mut pty, ":filter", "絞り込み >");
    line(&mut pty, "わーふぁりん", "ほかの区分: 電子処方箋情報");
    line(&mut pty, ":lock", "佐藤 一郎 さんがロックしています");
    line(&mut pty, PASSWORD, "PIN（表示されません）>");
    line(&mut pty, PIN, "ホーム  症例 1件");
    line(&mut pty, ":quit", "ログアウトして終了します");
    line(&mut pty, "2", "> 2. 終了する");
    pty.keys("<Enter>");
    let (_, code) = pty.ended();
    assert_eq!(code, 0);
    pty.wait("終了しました。");
    let raw = pty.raw();
    assert!(!raw.contains(&0x1b), "not one escape sequence goes to a dumb terminal");
    let text = String::from_utf8_lossy(&raw).into_owned();
    assert!(!text.contains(PASSWORD) && !text.contains(PIN), "a secret was shown");
    assert!(!text.contains("+--") && !text.contains("経過"), "no boxes, nothing that ticks");
    for what in
        ["同意取得困難", "本人であることを確認", "救急用サマリーを表示", "ロック", "ログアウト（本人の操作）"]
    {
        logged(&site, what);
    }
}

#[test]
fn candidates_are_marked_by_number_and_chosen_by_what_only_one_has() {
    let site = Site::running();
    let mut pty = plain(&site, &[], &["--plain"]);
    log_in(&mut pty);
    line(&mut pty, ":new-case", "ベッド・場所 >");
    line(&mut pty, "1", "見た目の年齢 >");
    line(&mut pty, ":send", "患者特定");
    line(&mut pty, ":next-tab", "保険者番号 >");
    line(&mut pty, ":next-tab", "氏名 >");
    line(&mut pty, "鈴木　一郎", "生年月日 >");
    line(&mut pty, "1950-01-01", "番号で選ぶ >");
    line(&mut pty, "1", "住所 >");
    line(&mut pty, "大阪府模擬市", "保険者名称 >");
    line(&mut pty, ":send", "照会内容の確認（4情報）");
    consent(&mut pty);
    line(&mut pty, ":send", "候補一覧 2件");
    pty.wait("-- 候補 1 の内容 --");
    line(&mut pty, "2", "-- 候補 2 の内容 --");
    line(&mut pty, ":view", "候補 2：本人の情報と見比べてください");
    line(&mut pty, "栄町４－４－４", "番号で印を付ける・外す >");
    line(&mut pty, "1", "[x] 一覧の注意事項を確認した");
    line(&mut pty, ":send", "本人確認：医療情報を表示する前に");
    line(&mut pty, "2", "2. 一致しない（表示しない）（選択中）");
    line(&mut pty, ":send", "目の前の患者と一致しないと記録しました");
    nothing_medical_yet(&pty);
}

#[test]
fn keys_that_leave_ask_and_keys_that_suspend_do_nothing() {
    let site = Site::running();
    let mut pty = plain(&site, &[], &["--plain"]);
    log_in(&mut pty);
    to_the_cautions(&mut pty);
    // Ctrl-Z, as a byte and as a signal.
    pty.keys("<C-z>");
    pty.signal(Signal::TSTP);
    line(&mut pty, "<C-u>:again", "照会内容の確認");
    pty.go("<C-c>", "まだ送信していない入力があります");
    line(&mut pty, "", "照会内容の確認（資格確認書等）");
    pty.go("<C-d>", "ログアウトします。");
    line(&mut pty, "2", "> 2. ログアウトする");
    line(&mut pty, "", "ログアウトしました");
    let cleared = !places(b"\x1b[3J", &pty.raw()).is_empty();
    assert!(cleared, "a terminal that can forget what it showed is told to");
    // Apart from that, nothing is painted.
    let text = String::from_utf8_lossy(&pty.raw()).replace("\x1b[H\x1b[2J\x1b[3J", "");
    assert!(!text.contains('\x1b'), "{text:?}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let site = Site::running();
    let mut pty = plain(&site, &[], &["--plain"]);
    pty.wait("利用者ID >");
    line(&mut pty, ":view", "「:view」という操作は、ここではできません。:help で一覧を表示します。");
    line(&mut pty, ":help", ":again 画面の読み直し");
    pty.wait(":send ログイン");
    line(&mut pty, "sato", "パスワード（表示されません）>");
    line(&mut pty, "wrong", "利用者IDまたはパスワードが違います");
    pty.wait("パスワード（表示されません）>");
    assert!(!pty.ever_showed("wrong"), "{}", pty.screen());
}

/// Lines from a program: they are taken one by one, each when what it is for has come.
#[test]
fn lines_can_come_through_a_pipe() {
    let site = Site::running();
    let mut child = Command::new(env!("CARGO_BIN_EXE_kyukyu"))
        .args(["--plain", "--socket"])
        .arg(site.socket())
        .arg("--software-card")
        .arg(card_file(&site, "doctor-1"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = format!("sato\n{PASSWORD}\n{PIN}\n:new-case\n初療室9\n:send\n:back\n:log\n:quit\n2\n\n");
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    for said in [
        "PW+訓練カード",
        "患者特定",
        "症例 1件",
        "初療室9",
        "操作ログ（自分の操作、新しい順）",
        "終了しました。",
    ] {
        assert!(text.contains(said), "{said} is missing:\n{text}");
    }
    assert!(!text.contains(PASSWORD) && !text.contains(PIN) && !text.contains('\x1b'), "{text}");
    logged(&site, "ログアウト（本人の操作）");
}
