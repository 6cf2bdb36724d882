//! What goes wrong outside: errors, silence, lateness, the wrong person, hostile bytes (C3, C5, C6, F3).

use crate::flow::{
    HOME, at_home, certificate, confirm_person, consent_and_send, four_items, logged, new_case,
};
use crate::support::pty::{Pty, shown};
use crate::support::site::Site;
use std::fs;

/// Sends the key of one of the patients of `fixtures/patients` who behave badly.
fn ask(pty: &mut Pty, symbol: &str, number: &str, birth: &str) {
    new_case(pty, "1");
    certificate(pty, ["01139906", symbol, number, "00", birth]);
    consent_and_send(pty);
}

/// Cancelling asks first; the harmless answer is marked.
fn cancel(pty: &mut Pty, expected: &str) {
    pty.go("c", "照会の中止");
    assert!(pty.cursor_row().contains("> 待ち続ける"), "{}", pty.screen());
    pty.go("<Down><Enter>", expected);
}

#[test]
fn errors_are_shown_verbatim_with_what_to_do() {
    let site = Site::running();
    let mut pty = at_home(&site);
    for (symbol, number, birth, code, message) in [
        (
            "９４２",
            "4201",
            "1967-02-10",
            "EMS30001",
            "オンライン資格確認等システムが混み合っています。しばらくしてから再度お試しください",
        ),
        ("９４３", "4301", "1967-02-11", "EMS30002", "保険者の資格情報が更新中のため照会できません"),
        (
            "９４４",
            "4401",
            "1967-02-12",
            "2",
            "救急時医療情報を取得できませんでした。時間をおいて再度照会してください",
        ),
    ] {
        ask(&mut pty, symbol, number, birth);
        pty.wait("照会はエラーになりました。");
        pty.wait(&format!("{code} {message}"));
        pty.wait("同じ内容で照会し直すときも、直して照会し直すときも、条件再指定（r）");
        pty.go("r", "[資格確認書等]");
        assert!(pty.shows(number), "the key is kept:\n{}", pty.screen());
        pty.go("<Esc>", HOME);
        logged(&site, message);
    }
}

#[test]
fn a_request_that_nobody_took_is_withdrawn() {
    let mut site = Site::running();
    let mut pty = at_home(&site);
    // The stand-in leaves the file where it is.
    ask(&mut pty, "９５７", "5701", "1972-07-28");
    pty.wait("[x] 照会要求を書き込み");
    assert!(pty.shows("[ ] 連携ソフトが受領"), "{}", pty.screen());
    withdrawn(&mut pty);
    pty.go("<Esc>", HOME);
    // There is no link software at all.
    site.kill_linksim();
    ask(&mut pty, "９４１", "4101", "1966-01-21");
    pty.wait("[x] 照会要求を書き込み");
    withdrawn(&mut pty);
    assert_eq!(fs::read_dir(site.exchange().join("req")).unwrap().count(), 0, "nothing lies in req any more");
    logged(&site, "取下げ済");
}

fn withdrawn(pty: &mut Pty) {
    cancel(pty, "照会を中止しました（取下げ済）");
    pty.wait("閲覧の履歴は残りません");
    pty.wait("条件再指定の上、再検索する");
}

#[test]
fn a_request_that_was_taken_may_have_been_sent() {
    let site = Site::running();
    let mut pty = at_home(&site);
    ask(&mut pty, "９５６", "5601", "1972-07-27");
    pty.wait("[x] 連携ソフトが受領");
    pty.wait("秒で待つのを打ち切ります");
    cancel(&mut pty, "照会を中止しました（送信済の可能性）");
    pty.wait("照会は行われた可能性があり");
    logged(&site, "送信済の可能性");
}

#[test]
fn waiting_goes_on_while_at_home() {
    let site = Site::running();
    let mut pty = at_home(&site);
    // 処理中, then an answer after four seconds.
    ask(&mut pty, "９４０", "4001", "1966-01-20");
    pty.wait("[x] オンライン資格確認等システムが処理中");
    pty.go("<Esc>", HOME);
    pty.wait("本人確認待ち");
    pty.keys("<Down>");
    pty.go("<Enter>", "本人確認：医療情報を表示する前に");
    confirm_person(&mut pty, "白石　待子");
}

#[test]
fn a_late_answer_is_kept_and_opened_by_the_persons_act() {
    let mut site = Site::new();
    site.configure(|config| config.answer_timeout_s = 5);
    let scenario = site.folder.path().join("late.toml");
    fs::write(&scenario, "delay_ms = 50\n[timing]\nlate_ms = 6500\n").unwrap();
    site.start_linksim(&["--scenario", scenario.to_str().unwrap()]);
    site.start_station();
    let mut pty = at_home(&site);
    ask(&mut pty, "９４５", "4501", "1968-03-15");
    pty.wait("経過 3秒（5秒で待つのを打ち切ります）");
    pty.wait("時間内に応答がありませんでした（送信済の可能性）");
    assert!(!pty.shows("遅れて届いた応答を開く"), "nothing has come yet:\n{}", pty.screen());
    pty.wait("v 遅れて届いた応答を開く");
    pty.go("v", "本人確認：医療情報を表示する前に");
    confirm_person(&mut pty, "緑川　遅子");
    pty.wait("※遅れて届いた応答");
    logged(&site, "遅れ");
}

#[test]
fn a_late_answer_waits_for_whoever_has_gone_back_to_the_form() {
    let mut site = Site::new();
    site.configure(|config| config.answer_timeout_s = 5);
    let scenario = site.folder.path().join("late.toml");
    fs::write(&scenario, "delay_ms = 50\n[timing]\nlate_ms = 6500\n").unwrap();
    site.start_linksim(&["--scenario", scenario.to_str().unwrap()]);
    site.start_station();
    let mut pty = at_home(&site);
    ask(&mut pty, "９４５", "4501", "1968-03-15");
    pty.wait("時間内に応答がありませんでした");
    // Not before it is known what became of the request.
    pty.wait("r 条件再指定の上");
    pty.go("r", "[資格確認書等]");
    pty.keys("<End>77");
    pty.wait("前の照会への応答が届きました");
    assert!(pty.shows("0113990677"), "what is being typed stays:\n{}", pty.screen());
    pty.go("<Esc>", HOME);
    pty.keys("<Down>");
    pty.go("<Enter>", "v 遅れて届いた応答を開く");
    pty.go("r", "[資格確認書等]");
    assert!(pty.shows("0113990677"), "{}", pty.screen());
    pty.go("<Esc>", HOME);
    pty.keys("<Down>");
    pty.go("<Enter>", "v 遅れて届いた応答を開く");
    pty.go("v", "本人確認：医療情報を表示する前に");
    confirm_person(&mut pty, "緑川　遅子");
}

#[test]
fn the_wrong_person_is_a_full_stop() {
    let site = Site::running();
    let mut pty = at_home(&site);
    // The medical answer is of somebody else.
    ask(&mut pty, "９５２", "5201", "1971-06-23");
    stopped(&mut pty);
    // The search found somebody else.
    new_case(&mut pty, "2");
    four_items(&mut pty, "紫藤　薫", "1971-06-25", 1, "東京都架空区");
    consent_and_send(&mut pty);
    stopped(&mut pty);
    logged(&site, "別人の応答の疑い");
}

fn stopped(pty: &mut Pty) {
    pty.wait("照会結果 不一致");
    pty.wait("停止：応答が別人のものである可能性があるため、内容は表示しません。");
    assert!(!pty.ever_showed("紫藤　実") && !pty.ever_showed("ｼﾄﾞｳ ﾐﾉﾙ"), "{}", pty.screen());
    pty.go("<Esc>", HOME);
}

#[test]
fn an_answer_to_another_request_is_not_shown() {
    let site = Site::running();
    let mut pty = at_home(&site);
    ask(&mut pty, "９５５", "5501", "1971-06-26");
    pty.wait("応答の識別子が照会と一致しません");
    assert!(!pty.ever_showed("紫藤　宛"), "{}", pty.screen());
}

#[test]
fn the_person_before_us_is_another() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    certificate(&mut pty, ["06139901", "１００", "2345", "00", "1978-04-21"]);
    consent_and_send(&mut pty);
    pty.wait("本人確認：医療情報を表示する前に");
    pty.go("<C-g>", "「一致する」か「一致しない」を選んでください");
    pty.go("<Right><Space>", "(*) 一致しない（表示しない）");
    pty.go("<C-g>", "目の前の患者と一致しないと記録しました。医療情報は表示していません。");
    assert!(!pty.ever_showed("ワーファリン"), "{}", pty.screen());
    pty.wait("条件再指定の上、再検索する");
    logged(&site, "一致しない");
    // The key is corrected: whoever is asked about now is another matter, and the way on is the same.
    pty.go("r", "[資格確認書等]");
    assert!(pty.shows("06139901") && pty.shows("2345"), "nothing typed is lost:\n{}", pty.screen());
    pty.keys("<C-u>139907<Tab><C-u>架空１２<Tab><C-u>0012345<Tab><C-u>01<Tab><C-u>1955-11-03");
    pty.go("<C-g>", "照会内容の確認（資格確認書等）");
    pty.keys("<Space><Tab><Space><C-g>");
    confirm_person(&mut pty, "青葉　太郎");
    logged(&site, "条件を再指定（別の照会");
}

#[test]
fn bytes_that_would_act_on_the_terminal_do_not_reach_it() {
    let site = Site::running();
    let mut pty = at_home(&site);
    ask(&mut pty, "９５８", "5801", "1973-08-29");
    confirm_person(&mut pty, "茶木　文字");
    pty.go("<End>", "ワーファリン");
    pty.keys("<Home>");
    pty.go("<Esc>", HOME);
    for (symbol, number, birth) in [("９５９", "5901", "1973-08-30"), ("９６０", "6001", "1973-08-31")]
    {
        ask(&mut pty, symbol, number, birth);
        pty.wait_until("the end of the enquiry", |screen| {
            screen.contains("本人確認：")
                || screen.contains("照会はエラーになりました")
                || screen.contains("連携ソフトが受領")
        });
        pty.settle();
        if pty.shows("本人確認：") {
            confirm_person(&mut pty, "茶木");
            pty.keys("<End>");
            pty.settle();
        }
        pty.go("<Esc>", HOME);
    }
    only_ours(&pty.raw());
}

/// Every control in the stream is one of those that our own backend sends.
fn only_ours(raw: &[u8]) {
    let text = std::str::from_utf8(raw).expect("UTF-8 only");
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_control() || is_invisible(c)) {
        let here = &rest[at..];
        let c = here.chars().next().unwrap();
        let length = match c {
            '\r' | '\n' | '\u{8}' => 1,
            '\u{1b}' => sequence(here).unwrap_or_else(|| panic!("not ours: {}", context(text, rest, at))),
            _ => panic!("U+{:04X} got through: {}", u32::from(c), context(text, rest, at)),
        };
        rest = &here[length..];
    }
}

/// Bidirectional controls, zero-width characters, private use.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{e000}'..='\u{f8ff}')
}

/// The length of a control sequence of ours at the beginning of a text.
fn sequence(text: &str) -> Option<usize> {
    let after = text.strip_prefix('\u{1b}')?;
    if after.starts_with('>') {
        return Some(2);
    }
    let body = after.strip_prefix('[')?;
    let end = body.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == '?'))?;
    let (parameters, last) = (&body[..end], body[end..].chars().next()?);
    let ours = match parameters.strip_prefix('?') {
        Some(mode) => matches!(last, 'h' | 'l') && ["1", "7", "25", "1049", "2004"].contains(&mode),
        None => "HABCDGJKLMmr".contains(last) || (parameters, last) == ("6", 'n'),
    };
    ours.then_some(end + 3)
}

fn context(text: &str, rest: &str, at: usize) -> String {
    let place = text.len() - rest.len() + at;
    let bytes = text.as_bytes();
    shown(&bytes[place.saturating_sub(60)..(place + 60).min(bytes.len())])
}
