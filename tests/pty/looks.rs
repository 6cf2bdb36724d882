//! Other terminals, other sizes, other keymaps; help.

use crate::flow::{
    HOME, at_home, at_home_in, certificate, confirm_person, consent_and_send, log_in_at, new_case,
};
use crate::support::pty::{Pty, Start, places, shown};
use crate::support::site::Site;

const P01: [&str; 5] = ["139907", "架空１２", "0012345", "01", "1955-11-03"];

fn started(site: &Site, environment: &[(&str, &str)], arguments: &[&str]) -> Pty {
    let mut pty = Pty::start(site, &Start { arguments, environment, ..Start::default() });
    log_in_at(&mut pty, "sato");
    pty
}

/// The numbers in all SGR sequences.
fn inks(raw: &[u8]) -> Vec<u32> {
    let text = String::from_utf8_lossy(raw).into_owned();
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    sequences.flat_map(|codes| codes.split(';').filter_map(|n| n.parse().ok()).collect::<Vec<_>>()).collect()
}

#[test]
fn colour_only_where_it_is_wanted_and_sixteen_at_most() {
    let site = Site::running();
    let coloured = started(&site, &[], &[]);
    let used = inks(&coloured.raw());
    assert!(used.iter().all(|code| *code < 108 && *code != 38 && *code != 48), "{used:?}");
    assert!(!used.contains(&90), "text is never dark grey");
    let mono = started(&site, &[("NO_COLOR", "1")], &[]);
    assert!(inks(&mono.raw()).iter().all(|code| *code < 30), "{:?}", inks(&mono.raw()));
    // A dumb terminal gets no sequence at all: `plain.rs`.
}

#[test]
fn a_console_that_cannot_show_it_is_told_in_ascii() {
    let site = Site::running();
    let linux = Pty::start(&site, &Start { environment: &[("TERM", "linux")], ..Start::default() });
    linux.wait("The Linux console cannot show Japanese.");
    let euc = Pty::start(&site, &Start { environment: &[("LANG", "ja_JP.eucJP")], ..Start::default() });
    euc.wait("Text is sent as UTF-8, but the locale here is \"ja_JP.eucJP\".");
}

#[test]
fn no_title_no_clipboard_no_mouse() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    certificate(&mut pty, P01);
    let raw = pty.raw();
    for unwanted in [&b"\x1b]"[..], b"\x1bP", b"\x1b[?1000h", b"\x1b[?1002h", b"\x1b[?1003h", b"\x1b[?1006h"]
    {
        assert!(places(unwanted, &raw).is_empty(), "{}", shown(unwanted));
    }
}

#[test]
fn a_window_that_is_too_small_says_so_and_comes_back() {
    let site = Site::running();
    let mut pty = at_home(&site);
    pty.resize(59, 24);
    pty.wait("端末が小さすぎます（いま 59x24、必要 60x15 以上）");
    pty.resize(60, 15);
    pty.wait(HOME);
    pty.resize(132, 43);
    pty.wait(HOME);
    pty.resize(1, 1);
    pty.settle();
    pty.resize(80, 24);
    pty.wait("F1 その他");
}

#[test]
fn the_whole_job_in_the_smallest_window() {
    let site = Site::running();
    let mut pty = at_home_in(&site, 60, 15);
    new_case(&mut pty, "1");
    certificate(&mut pty, P01);
    // The caution is read before its box can be reached without having passed it.
    pty.settle();
    for read in [
        "番号 0012345",
        "ボタン押下後",
        "マイナポータルから確認可能な状態になります。",
        "[ ] 注意事項を確認した",
    ] {
        assert!(pty.shows(read), "{read} is not in sight:\n{}", pty.screen());
    }
    pty.go("<PageUp>", "保険者番号  139907");
    pty.keys("<Tab><BackTab>");
    consent_and_send(&mut pty);
    confirm_person(&mut pty, "青葉　太郎");
    pty.go("<Down>", "ワーファリン");
}

#[test]
fn the_whole_job_in_a_wide_window() {
    let site = Site::running();
    let mut pty = at_home_in(&site, 132, 43);
    new_case(&mut pty, "1");
    certificate(&mut pty, P01);
    // Caution on the left, the boxes on the right of it.
    pty.settle();
    let rows = pty.rows();
    let beside = rows.iter().any(|row| row.contains("ボタン押下後") && row.contains("注意事項   >[ ]"))
        || rows
            .iter()
            .any(|row| row.contains("保険者番号  139907") && row.contains("[ ] 注意事項を確認した"));
    assert!(beside, "{}", pty.screen());
    consent_and_send(&mut pty);
    confirm_person(&mut pty, "青葉　太郎");
    pty.settle();
    let rows = pty.rows();
    assert!(
        rows.iter().any(|row| row.contains("受診歴 5") && row.contains("用量・用法")),
        "{}",
        pty.screen()
    );
}

#[test]
fn every_keymap_does_the_job() {
    for (keymap, new, send, next) in
        [("vim", "n", "<C-g>", "<C-n>"), ("function-keys", "<F2>", "<F10>", "<Right>")]
    {
        let site = Site::running();
        let mut pty = started(&site, &[], &["--keymap", keymap]);
        pty.go(new, "新しい症例（仮番号は登録時に付きます）");
        pty.go(&format!("1{send}"), "[マイナンバーカード]");
        pty.go(next, "[資格確認書等]");
        pty.keys(&P01.join("<Tab>"));
        pty.go(send, "照会内容の確認");
        pty.wait(if keymap == "vim" {
            "Ctrl-G 注意事項を確認の上"
        } else {
            "F10 注意事項を確認の上"
        });
        pty.keys("<Space><Tab><Space><Tab><Space><Tab><Space>");
        pty.wait_until("all ticked", |screen| screen.matches("(*)").count() == 2);
        pty.go(send, "本人確認：");
        pty.keys("<Space>");
        pty.go(send, "救急用サマリー");
    }
}

#[test]
fn help_shows_every_key_of_the_table() {
    let site = Site::running();
    let mut pty = at_home_in(&site, 80, 100);
    pty.go("<F1>", "いまの画面で使えるキー");
    pty.settle();
    let screen = pty.screen();
    let keymap =
        kyukyu::terminal::keymap::Keymap::load(kyukyu::terminal::keymap::Base::Default, None).unwrap();
    for binding in keymap.bindings() {
        assert!(screen.contains(&binding.text), "{} is not in the help:\n{screen}", binding.text);
    }
    pty.go("<Esc>", HOME);
    pty.wait_gone("いまの画面で使えるキー");
    // Keys of full width and with CapsLock do the same.
    pty.go("ｎ", "新しい症例（仮番号");
    pty.go("<Esc>", HOME);
    pty.go("N", "新しい症例（仮番号");
}
