//! An auditor looks back, at the screen and from the command line; a patient's slip is printed.

use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::pty::{Pty, Start};
use crate::support::site::{PASSWORD, Site};
use kyukyu::domain::enquiry::EnquiryId;
use kyukyu::domain::period::Section;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// `kyukyu review …` by somebody; the exit code, and what it printed and said.
pub(crate) fn review(site: &Site, user: &str, words: &[&str]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kyukyu"))
        .arg("review")
        .args(words)
        .args(["--user", user, "--socket", site.socket().to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One whose words are wrong reads nothing.
    let _ = writeln!(stdin, "{PASSWORD}");
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

pub(crate) fn printed(site: &Site, words: &[&str]) -> String {
    let (code, out, said) = review(site, "kansa", words);
    assert_eq!(code, 0, "{words:?}: {said}");
    out
}

/// sato has looked at somebody.
pub(crate) fn looked(site: &Site) -> EnquiryId {
    let mut sato = Person::sato(site);
    let (enquiry, _) = sato.outcome(patient("P01").certificate());
    sato.same_person(&enquiry);
    sato.read(&enquiry, Section::Visits);
    enquiry
}

fn this_month() -> String {
    jiff::Zoned::now()
        .with_time_zone(jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(9)))
        .strftime("%Y-%m")
        .to_string()
}

#[test]
fn an_auditor_finds_reads_and_closes_what_waits() {
    let site = Site::running();
    looked(&site);
    let mut pty = Pty::open(&site);
    pty.wait("ログイン（1/2 パスワード）");
    pty.go(&format!("kansa<Tab>{PASSWORD}<C-g>"), "事後確認 未了 1件（うち期限超過 0件・優先 0件）");
    pty.go("r", "R000001");
    pty.wait("佐藤 一郎");
    pty.go("<Enter>", "呼びかけに応答なし");
    pty.wait("受診歴");
    pty.go("<C-n>", "マイナポータルから確認できます");
    pty.go("<Esc>", "本人と確認");
    pty.go("<Enter>", "事後確認 R000001 の判定");
    // Enter goes through the form and commits nothing; nor does the right key, while nothing is chosen.
    pty.keys("<Enter><Enter><Enter>");
    pty.go("<C-g>", "判定を選んでください");
    pty.go("<Space><Tab>記録と同意の経緯を確認した", "(*) 適正");
    pty.keys("<Enter>");
    pty.wait("事後確認 R000001 の判定");
    pty.go("<C-g>", "未了の事後確認はありません");
    pty.go("<C-n>", "患者への事後説明  未了 1件");
    pty.go("<Enter>", "救急時の医療情報の閲覧についてのご説明");
    pty.go("<Esc>", "患者への事後説明  未了 1件");
    // What was judged is in the list of closed ones, and opens; back from there is back to that list.
    pty.go("<C-n>", "完了した事後確認（新しい順）  1件");
    pty.wait("適正 監査 四郎");
    pty.wait("記録と同意の経緯を確認した");
    pty.go("<Enter>", "確認済（適正）");
    pty.go("<Esc>", "完了した事後確認（新しい順）  1件");
    pty.go("<C-n>", "未了の事後確認はありません");
    pty.go("<Esc>", "ホーム  症例は表示できません");
    assert!(!pty.shows("事後確認 未了"));
    let shown = printed(&site, &["show", "R000001"]);
    for words in ["適正（", "kansa 監査 四郎", "記録と同意の経緯を確認した", "PW＋訓練カード"]
    {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    let closed = printed(&site, &["list", "--closed"]);
    for words in ["R000001", "適正（kansa 監査 四郎）", "記録と同意の経緯を確認した", "完了した事後確認 1件"]
    {
        assert!(closed.contains(words), "{words} is not in\n{closed}");
    }
    let month = this_month();
    let json = printed(&site, &["list", "--closed", "--month", &month, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["review"], &json["verdict"], &json["by"]),
        (&"R000001".into(), &"proper".into(), &"kansa".into())
    );
    assert_eq!(
        printed(&site, &["list", "--closed", "--month", "2020-01"]),
        "2020年1月の完了した事後確認 0件\n"
    );
    for (words, said) in [
        (&["list", "--month", "2020-01"][..], "--closed"),
        (&["list", "--closed", "--overdue"], "同時に指定できません"),
        (&["list", "--closed", "--month", "2020-13"], "2026-11 のように"),
    ] {
        let (code, _, told) = review(&site, "kansa", words);
        assert!(code == 2 && told.contains(said), "{words:?}: {told}");
    }
    let (code, _, said) =
        review(&site, "kansa", &["close", "R000001", "--verdict", "不適正", "--words", "考え直した"]);
    assert_eq!(code, 1);
    assert!(said.contains("完了しているため変更できません"), "{said}");
}

#[test]
fn a_person_who_hears_the_screen_gives_a_verdict_too() {
    let site = Site::running();
    looked(&site);
    let mut pty = Pty::start(&site, &Start { arguments: &["--plain"], ..Start::default() });
    pty.wait("利用者ID > ");
    pty.go("kansa<Enter>", "パスワード");
    pty.go(&format!("{PASSWORD}<Enter>"), "空行");
    pty.go(":send<Enter>", "事後確認 未了 1件");
    pty.go(":review<Enter>", "R000001");
    pty.go("<Enter>", "呼びかけに応答なし");
    pty.go("<Enter>", "番号で選ぶ > ");
    pty.go("2<Enter>", "所見 > ");
    pty.go("経緯を本人に確認する<Enter>", "(*) 要確認");
    pty.go(":send<Enter>", "未了の事後確認はありません");
    assert!(printed(&site, &["show", "R000001"]).contains("要確認（"));
}

#[test]
fn the_command_line_lists_reports_explains_and_objects() {
    let site = Site::running();
    let enquiry = looked(&site);
    let list = printed(&site, &["list"]);
    assert!(list.contains("R000001") && list.contains("未了 1件（うち期限超過 0件・優先 0件）"), "{list}");
    let json: serde_json::Value = serde_json::from_str(&printed(&site, &["list", "--json"])).unwrap();
    assert_eq!(json["review"], "R000001");
    assert!(printed(&site, &["list", "--overdue"]).starts_with("未了 1件"));

    let slip = printed(&site, &["slip", enquiry.as_str()]);
    let lines: Vec<&str> = slip.lines().collect();
    assert!(lines.len() <= 60, "one page of A4:\n{slip}");
    assert!(lines.iter().all(|line| kyukyu::terminal::width::cells(line) <= 80), "{slip}");
    assert!(slip.contains(patient("P01").name) && slip.contains("医師 佐藤 一郎"), "{slip}");
    assert!(printed(&site, &["explanations", "list"]).contains("説明がまだの照会 1件"));
    let given =
        ["explained", enquiry.as_str(), "--to", "家族", "--by", "相談員 山本", "--words", "書面で説明した"];
    assert!(printed(&site, &given).contains("完了しました"));
    assert!(printed(&site, &["explanations", "list"]).contains("説明がまだの照会 0件"));
    let objection = printed(&site, &["objection", enquiry.as_str(), "--words", "知らせてほしくなかった"]);
    assert!(objection.contains("優先の事後確認 R000002"), "{objection}");
    let closed = printed(&site, &["close", "R000002", "--verdict", "要確認", "--words", "主治医に確認する"]);
    assert!(closed.contains("異議の申し出") && closed.contains("要確認（"), "{closed}");
    assert!(printed(&site, &["again", "R000002", "--words", "確認できた"]).contains("R000002 に続く"));

    let month = this_month();
    let text = printed(&site, &["report", "--month", &month]);
    for words in [
        "事後確認 月次報告",
        "1ページ",
        "患者登録なし（未導入）",
        "閲覧者 医師 佐藤 一郎（sato）",
        "合計 3件（未確認 2件・うち期限超過 0件）",
        "異議の申し出 2件",
        "要確認 1件",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    assert!(text.lines().all(|line| kyukyu::terminal::width::cells(line) <= 80), "{text}");
    let csv = printed(&site, &["report", "--month", &month, "--csv"]);
    let mut rows = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    let head = rows.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(&rows[0][at("病院の患者登録にあるか")], "患者登録なし（未導入）");
    assert_eq!(&rows[0][at("閲覧者等ID")], "sato");
    assert_eq!(&rows[0][at("確認の状況")], "未確認");
    assert_eq!(&rows[1][at("判定")], "要確認");
    assert_eq!(&rows[2][at("再確認元")], "R000002");

    for (words, code, said) in [
        (vec!["report", "--month", "2026-13"], 2, "2026-11 のように"),
        (vec!["show", "12"], 2, "例 R000012"),
        (vec!["show", "R000099"], 1, "その番号の事後確認はありません"),
        (vec!["close", "R000001", "--verdict", "good", "--words", "x"], 2, "「適正」「要確認」「不適正」"),
        (vec!["slip", "nothing"], 2, "照会の番号が正しくありません"),
    ] {
        let (left, _, told) = review(&site, "kansa", &words);
        assert_eq!(left, code, "{words:?}: {told}");
        assert!(told.contains(said), "{words:?}: {told}");
    }
    let (code, _, said) = review(&site, "kanri", &["list"]);
    assert_eq!(code, 1);
    assert!(said.contains("監査権限がない"), "{said}");
}
