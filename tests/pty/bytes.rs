//! The budgets of the design that are bytes or counts, on the real program.

use crate::flow::{at_home, at_home_in, certificate, confirm_person, consent_and_send, new_case};
use crate::support::pty::{Pty, Start, shown};
use crate::support::site::Site;
use std::time::Duration;

/// More than 300 rows.
const P05: [&str; 5] = ["39139902", "", "00567890", "", "1926-12-25"];

fn reading(site: &Site, columns: u16, rows: u16, key: [&str; 5], name: &str) -> Pty {
    let mut pty = at_home_in(site, columns, rows);
    new_case(&mut pty, "1");
    certificate(&mut pty, key);
    consent_and_send(&mut pty);
    confirm_person(&mut pty, name);
    // The first move folds the notes; all rows are fetched.
    pty.keys("<Down>");
    pty.settle();
    pty
}

#[test]
fn the_first_screen() {
    let site = Site::running();
    for (columns, rows, most) in [(80, 24, 4_000), (200, 50, 9_000)] {
        let pty = Pty::start(&site, &Start { columns, rows, ..Start::default() });
        pty.wait("連携:正常");
        pty.wait("訓練");
        pty.settle();
        let bytes = pty.raw().len();
        assert!(bytes <= most, "{bytes} bytes at {columns}x{rows}");
        println!("first screen at {columns}x{rows}: {bytes} B");
    }
}

#[test]
fn the_heaviest_screens() {
    // Not a budget of the first screen, but nothing that opens may cost more than it.
    let site = Site::running();
    for (columns, rows, most) in [(80, 24, 4_000), (200, 50, 9_000)] {
        let mut pty = reading(&site, columns, rows, P05, "長谷川　多恵子");
        let bytes = pty.bytes_of(|pty| pty.keys("<C-l>"));
        assert!(bytes.len() <= most, "{} bytes at {columns}x{rows}", bytes.len());
        println!("full reading screen at {columns}x{rows}: {} B", bytes.len());
    }
}

#[test]
fn moving_in_a_list() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    pty.wait("若草　春子");
    for key in ["<Down>", "<Up>", "<Down>", "<Down>"] {
        let bytes = pty.bytes_of(|pty| pty.keys(key));
        assert!(!bytes.is_empty() && bytes.len() <= 30, "{key}: {}", shown(&bytes));
    }
    let mut pty = reading(&site, 80, 24, P05, "長谷川　多恵子");
    let bytes = pty.bytes_of(|pty| pty.keys("<Up>"));
    assert!(!bytes.is_empty() && bytes.len() <= 30, "{}", shown(&bytes));
}

#[test]
fn scrolling_costs_the_new_row() {
    let site = Site::running();
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut pty = reading(&site, columns, rows, P05, "長谷川　多恵子");
        // Past the first window, so that every step or every few steps scroll.
        pty.keys("<PageDown>");
        pty.settle();
        let (mut spent, mut own) = (0, 0);
        for _ in 0..100 {
            let bytes = pty.bytes_of(|pty| pty.keys("<Down>"));
            spent += bytes.len();
            own += own_text(&bytes);
        }
        let average = (spent - own) / 100;
        println!("scroll at {columns}x{rows}: {} B a key, {average} B beside the row's own", spent / 100);
        assert!(average <= 40, "{average} bytes a key beside the rows' own text at {columns}x{rows}");
    }
}

/// The bytes that are text, not control.
fn own_text(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut count = 0;
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        if let Some(body) = rest.strip_prefix("\x1b[") {
            let end = body.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
            rest = &body[end + 1..];
            continue;
        }
        // A mark that moves is no text of a row.
        if !c.is_control() && c != '>' {
            count += c.len_utf8();
        }
        rest = &rest[c.len_utf8()..];
    }
    count
}

#[test]
fn a_typed_character() {
    let site = Site::running();
    let mut pty = at_home(&site);
    pty.go("n", "新しい症例");
    for key in ["a", "初", "療", "<Back>", "ﾊﾟ", "<Left>", "x"] {
        let bytes = pty.bytes_of(|pty| pty.keys(key));
        assert!(!bytes.is_empty() && bytes.len() <= 40, "{key}: {} {}", bytes.len(), shown(&bytes));
    }
}

#[test]
fn what_changes_nothing() {
    let site = Site::running();
    let mut pty = at_home(&site);
    // Keys without a meaning, a move at the end of a list, a look that finds what was there.
    for keys in ["z", "<Up>", "<Tab>", "u"] {
        let bytes = pty.bytes_of(|pty| pty.keys(keys));
        assert_eq!(bytes.len(), 0, "{keys}: {}", shown(&bytes));
    }
    // Somebody else's login concerns nobody here.
    let bytes = pty.bytes_of(|_| drop(at_home(&site)));
    assert_eq!(bytes.len(), 0, "{}", shown(&bytes));
}

#[test]
fn fifty_keys_in_one_write() {
    let site = Site::running();
    let mut pty = reading(&site, 80, 24, P05, "長谷川　多恵子");
    pty.settle();
    let before = pty.writes();
    let bytes = pty.bytes_of(|pty| pty.keys(&"<Down>".repeat(50)));
    let frames = pty.writes() - before;
    println!("50 keys in one write: {} B in {frames} frames", bytes.len());
    assert!((1..=2).contains(&frames), "{frames} frames, {} bytes", bytes.len());
    assert!(bytes.len() <= 4_000, "{} bytes", bytes.len());
}

#[test]
fn idle() {
    let site = Site::running();
    let home = at_home(&site);
    let mut typing = at_home(&site);
    typing.go("n", "新しい症例");
    for pty in [&home, &typing] {
        pty.settle();
        let before = pty.sleeps();
        assert_eq!(pty.idle(Duration::from_secs(5)), 0, "an idle screen wrote");
        assert_eq!(pty.sleeps(), before, "an idle terminal woke up");
    }
}
