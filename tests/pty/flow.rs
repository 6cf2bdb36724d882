//! The steps of the job, as keys.

use crate::support::audit::Audit;
use crate::support::pty::{Pty, Start, squeezed};
use crate::support::site::{PASSWORD, PIN, Site};
use std::time::{Duration, Instant};

/// Only the home screen has these words in this order.
pub(crate) const HOME: &str = "ホーム  症例";
/// The tab with which the form of the patient's identity opens.
pub(crate) const IDENTIFY: &str = "[マイナンバーカード]";

/// Password and card; ends at home.
pub(crate) fn log_in_at(pty: &mut Pty, user: &str) {
    pty.wait("ログイン（1/2 パスワード）");
    pty.wait("訓練");
    pty.go(&format!("{user}<Tab>{PASSWORD}<C-g>"), "PINの残り回数");
    pty.go(&format!("{PIN}<C-g>"), "PW+訓練カード");
    pty.wait(HOME);
}

/// A doctor at home, at 80×24.
pub(crate) fn at_home(site: &Site) -> Pty {
    let mut pty = Pty::open(site);
    log_in_at(&mut pty, "sato");
    pty
}

/// A doctor at home in a window of another size.
pub(crate) fn at_home_in(site: &Site, columns: u16, rows: u16) -> Pty {
    let mut pty = Pty::start(site, &Start { columns, rows, ..Start::default() });
    log_in_at(&mut pty, "sato");
    pty
}

/// From home: a new case, and the form in which the patient is identified.
pub(crate) fn new_case(pty: &mut Pty, bed: &str) {
    pty.go("n", "新しい症例（仮番号は登録時に付きます）");
    pty.go(&format!("{bed}<C-g>"), IDENTIFY);
}

/// 資格確認書等: 保険者番号, 記号, 番号, 枝番, 生年月日; ends at 確認.
pub(crate) fn certificate(pty: &mut Pty, key: [&str; 5]) {
    pty.go("<C-n>", "[資格確認書等]");
    pty.keys(&key.join("<Tab>"));
    pty.go("<C-g>", "照会内容の確認（資格確認書等）");
}

/// The five fields, without going on.
pub(crate) fn type_certificate(pty: &mut Pty, key: [&str; 5]) {
    pty.go("<C-n>", "[資格確認書等]");
    pty.keys(&key.join("<Tab>"));
}

/// 4情報 with an address; ends at 確認. `sex` is the number of steps to the right.
pub(crate) fn four_items(pty: &mut Pty, name: &str, birth: &str, sex: usize, address: &str) {
    pty.go("<C-n>", "[資格確認書等]");
    pty.go("<C-n>", "[4情報]");
    pty.keys(&format!("{name}<Tab>{birth}<Tab>{}<Space><Tab>{address}", "<Right>".repeat(sex)));
    pty.go("<C-g>", "照会内容の確認（4情報）");
}

/// Necessity, and the patient's own consent by word of mouth; sends.
pub(crate) fn consent_and_send(pty: &mut Pty) {
    pty.wait("注意事項を確認した");
    pty.keys("<Space><Tab><Space><Tab><Space>");
    pty.wait("同意の方法");
    pty.keys("<Tab><Space>");
    pty.wait_until("two ticks and two choices", |screen| {
        screen.matches("[x]").count() == 2 && screen.matches("(*)").count() == 2
    });
    pty.keys("<C-g>");
}

/// The same where the patient cannot say anything.
pub(crate) fn no_consent_possible_and_send(pty: &mut Pty) {
    pty.wait("注意事項を確認した");
    pty.keys("<Space><Tab><Space><Tab><Right><Space>");
    pty.wait("試みたこと");
    pty.keys("<Tab><Space><Tab>三度よびかけたが返答なし<C-g>");
}

/// The person alone; then the summary.
pub(crate) fn confirm_person(pty: &mut Pty, name: &str) {
    pty.wait("本人確認：医療情報を表示する前に");
    pty.wait(name);
    pty.keys("<Space>");
    pty.wait("(*) 一致する");
    pty.go("<C-g>", "救急用サマリー");
}

/// Waits until the log has a line with this in it.
pub(crate) fn logged(site: &Site, what: &str) {
    let mut audit = Audit::new(site);
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let words: Vec<String> = audit.lines().iter().map(|line| line.words.to_string()).collect();
        if words.iter().any(|words| words.contains(what)) {
            return;
        }
        assert!(Instant::now() < end, "no 「{what}」 in the log:\n{}", words.join("\n"));
    }
}

/// Types again until it is accepted: after a failure the station wants a pause.
pub(crate) fn patiently(pty: &mut Pty, keys: &str, expected: &str) {
    const PAUSE: &str = "待ってから";
    loop {
        // A key of its own takes the last message away.
        pty.keys("<End>");
        pty.wait_gone(PAUSE);
        pty.keys(keys);
        let expected = squeezed(expected);
        pty.wait_until("an answer", |screen| {
            squeezed(screen).contains(PAUSE) || squeezed(screen).contains(&expected)
        });
        if !pty.shows(PAUSE) {
            return;
        }
    }
}

/// How the names of all drugs and treatments that any synthetic patient has begin.
pub(crate) fn medical_names() -> Vec<String> {
    let text = include_str!("../../fixtures/patients/masters.toml");
    let masters: toml::Table = toml::from_str(text).unwrap();
    let names = ["drug", "treatment"].into_iter().flat_map(|kind| {
        let rows = masters[kind].as_table().unwrap().values();
        rows.map(|row| row["name"].as_str().unwrap().chars().take(5).collect())
    });
    names.collect()
}

/// No drug and no treatment stood on any screen so far, nor went over the line.
pub(crate) fn nothing_medical_yet(pty: &Pty) {
    let names = medical_names();
    assert!(names.len() > 50, "the list of names is there");
    for name in names {
        assert!(!pty.ever_showed(&name), "{name} was shown before the person was confirmed");
    }
}
