//! The night the reader is dead, as people type it: a token from the command line, its QR code, its codes at the
//! screen, and the end of the emergency.

use crate::flow::{HOME, logged, patiently};
use crate::support::pty::Pty;
use crate::support::site::{PASSWORD, Site};
use crate::support::token::Device;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

/// What a camera reads on the screen: the rows of half blocks, as somebody else's reader sees them.
fn qr_on(rows: &[String]) -> String {
    const SCALE: usize = 4;
    let of_code = |row: &&String| row.chars().filter(|c| "█▀▄".contains(*c)).count() > 5;
    let first = rows.iter().position(|row| of_code(&row)).unwrap_or_else(|| panic!("no picture:\n{rows:#?}"));
    let last = rows.iter().rposition(|row| of_code(&row)).unwrap();
    let modules: Vec<Vec<bool>> = (first.saturating_sub(1)..=last + 1)
        .flat_map(|row| ["█▀", "█▄"].map(|black| (row, black)))
        .map(|(row, black)| {
            let cells = rows.get(row).map_or("", String::as_str).chars().chain(std::iter::repeat(' '));
            cells.take(80).map(|c| black.contains(c)).collect()
        })
        .collect();
    let (width, height) = (80 * SCALE, modules.len() * SCALE);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        if modules[y / SCALE][x / SCALE] { 0 } else { 255 }
    });
    image.detect_grids()[0].decode().unwrap().1
}

/// `kyukyu admin …` by kanri, password given.
fn admin(site: &Site, words: &[&str]) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kyukyu"))
        .arg("admin")
        .args(words)
        .args(["--user", "kanri", "--socket", site.socket().to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "{PASSWORD}").unwrap();
    child
}

fn told(child: Child) -> String {
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap()
}

/// Enrols as a program does.
fn device(site: &Site, words: &[&str]) -> Device {
    let mut child = admin(site, &[words, &["--json"]].concat());
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&line).unwrap();
    let mut device = Device::of(shown["secret"].as_str().unwrap());
    writeln!(child.stdin.as_mut().unwrap(), "{}", device.next()).unwrap();
    told(child);
    device
}

#[test]
fn a_token_is_enrolled_by_its_picture_and_logs_a_doctor_in() {
    let site = Site::running();
    let mut cli = Pty::command(&site, &["admin", "token", "enrol", "sato", "--user", "kanri"]);
    cli.go("", "パスワード:");
    cli.go(&format!("{PASSWORD}<Enter>"), "6桁の番号: ");
    cli.settle();
    // 24 rows show all of the picture at once.
    let uri = qr_on(&cli.rows());
    let secret = uri.strip_prefix("otpauth://totp/sato?secret=").expect("an otpauth URI")[..32].to_owned();
    let groups: Vec<&str> = (0..8).map(|n| &secret[4 * n..4 * n + 4]).collect();
    assert!(cli.ever_showed(&format!("鍵: {}", groups.join(" "))), "and the text says the same");
    let mut device = Device::of(&secret);
    cli.go(&format!("{}<Enter>", device.wrong()), "違います");
    cli.go(&format!("{}<Enter>", device.next()), "登録しました");
    assert_eq!(cli.ended().1, 0);
    for gone in [secret.as_str(), &secret[..4], "█"] {
        assert!(!cli.shows(gone), "{gone} stays on the screen:\n{}", cli.screen());
    }

    let mut pty = Pty::open(&site);
    pty.wait("訓練");
    pty.go(&format!("sato<Tab>{PASSWORD}<C-g>"), "カードが使えないときは");
    pty.go("<C-t>", "ログイン（2/2 ワンタイムパスワード）");
    pty.go("12<C-g>", "6桁の番号を入力してください");
    pty.go(&format!("<C-u>{}<C-g>", device.next()), HOME);
    pty.wait("PW+OTP");
    assert!(!pty.shows("二要素認証が済んでいない"), "{}", pty.screen());
    pty.go("<C-x>", "カードまたはワンタイムパスワードが必要です");
    pty.go(&format!("{PASSWORD}<C-g>"), "OTPを使う");
    pty.go("<C-t>", "いま表示されている6桁の番号");
    pty.keys(&format!("{}<C-g>", device.next()));
    pty.wait_gone("ロックしています");
    logged(&site, "ロック解除（PW＋OTP）");
}

#[test]
fn without_a_card_the_token_is_asked_for_and_a_pasted_code_is_taken() {
    let site = Site::running();
    let mut device = device(&site, &["token", "enrol", "kansa"]);
    let mut pty = Pty::open(&site);
    pty.wait("訓練");
    pty.go(&format!("kansa<Tab>{PASSWORD}<C-g>"), "ログイン（2/2 ワンタイムパスワード）");
    pty.go("<Esc>", HOME);
    pty.go("<C-g>", "ログイン（2/2 ワンタイムパスワード）");
    pty.go(&format!("{}<C-g>", device.wrong()), "ワンタイムパスワードが違います");
    let wide = |code: String| -> String {
        code.chars().map(|c| char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap()).collect()
    };
    let code = wide(device.next());
    let (one, two) = code.split_at(9);
    let paste = format!("\x1b[200~{one} {two}\x1b[201~<C-g>");
    patiently(&mut pty, &paste, HOME);
    pty.wait("PW+OTP");
    // The command line takes a code in the card's place, too, and wants one from whoever has a token.
    let show = |flag: &[&str], lines: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kyukyu"))
            .args(["log", "show", "--most", "5", "--user", "kansa"])
            .args(["--socket", site.socket().to_str().unwrap()])
            .args(flag)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    assert!(!show(&[], &format!("{PASSWORD}\n")).status.success());
    let done = show(&["--one-time-password"], &format!("{PASSWORD}\n{}\n", device.next()));
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && text.contains("ワンタイムパスワード認証"), "{text}");
}

#[test]
fn an_emergency_ends_for_everybody_who_came_in_by_it() {
    let site = Site::running();
    let reason = ["--reason", "カードリーダー故障", "--hours", "2"];
    let mut device = device(&site, &[&["token", "issue-emergency", "sato"][..], &reason].concat());
    let mut pty = Pty::open(&site);
    pty.wait("訓練");
    pty.go(&format!("sato<Tab>{PASSWORD}<C-g>"), "PIN");
    pty.go("<C-t>", "ワンタイムパスワード");
    pty.go(&format!("{}<C-g>", device.next()), HOME);
    let status = told(admin(&site, &["recovery", "status"]));
    assert!(status.contains("1件有効") && status.contains("ありません"), "{status}");
    let listed = told(admin(&site, &["token", "list"]));
    assert!(listed.starts_with("緊急トークンが1件有効です（最長 "), "{listed}");
    assert!(listed.contains("カードリーダー故障") && listed.contains("sato"), "{listed}");
    told(admin(&site, &["recovery", "declare", "--words", "リーダー交換済み"]));
    pty.wait("復旧が宣言されたため");
    pty.wait("ログイン（1/2 パスワード）");
    let status = told(admin(&site, &["recovery", "status"]));
    assert!(status.contains("有効なものはありません") && status.contains("リーダー交換済み"), "{status}");
    let json = told(admin(&site, &["token", "list", "sato", "--json"]));
    let listed: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(listed[0]["state"], "復旧により終了");
    let token = listed[0]["token"].as_str().unwrap().to_owned();
    let mut late = admin(&site, &["token", "revoke", "sato", &token, "--reason", "念のため"]);
    assert!(!late.wait().unwrap().success(), "it has ended already");
    pty.go(&format!("<C-u>sato<Tab>{PASSWORD}<C-g>"), "PIN");
    assert!(!pty.shows("OTPを使う"), "{}", pty.screen());
    logged(&site, "復旧の宣言（リーダー交換済み・緊急トークン1件を失効・セッション1件を終了）【優先確認】");
}
