//! A patient is told and objects: put on record at the screen, by whoever looked and by whoever audits, and by somebody
//! who hears the screen.

use crate::flow::{HOME, log_in_at};
use crate::review::{looked, printed};
use crate::support::audit::Audit;
use crate::support::patients::patient;
use crate::support::pty::{Pty, Start};
use crate::support::site::{PASSWORD, Site};

fn an_auditor(site: &Site) -> Pty {
    let mut pty = Pty::open(site);
    pty.wait("ログイン（1/2 パスワード）");
    pty.go(&format!("kansa<Tab>{PASSWORD}<C-g>"), "患者への事後説明 未了 1件");
    pty
}

#[test]
fn an_auditor_records_that_a_patient_was_told_and_the_list_is_shorter() {
    let site = Site::running();
    let enquiry = looked(&site);
    let mut pty = an_auditor(&site);
    pty.go("s", "照会の番号");
    pty.wait(patient("P01").name);
    pty.go("e", "患者への事後説明の記録");
    pty.wait(patient("P01").name);
    // The key that sends commits nothing, whatever is missing; nor do those that move.
    pty.go("<C-g>", "説明した相手を選んでください");
    pty.go("<Right><Space><Tab>相談員 山本<Tab>書面を渡して説明した", "書面を渡して説明した");
    pty.keys("<Enter><Enter>");
    pty.go("<C-g>", "この内容で記録します。あとから変更できません。");
    for words in ["相手: 家族", "説明した人: 相談員 山本", "内容: 書面を渡して説明した"]
    {
        assert!(pty.shows(words), "{words} is not in\n{}", pty.screen());
    }
    // The marked answer is the harmless one.
    pty.keys("<Enter>");
    pty.wait_gone("この内容で記録します");
    pty.wait("(*) 家族");
    pty.go("<C-g>", "この内容で記録します");
    pty.go("<Down><Enter>", "説明を記録しました");
    pty.wait("患者への事後説明  未了 0件");
    pty.wait("説明がまだの患者はいません。");
    pty.go("<Esc>", HOME);
    assert!(!pty.shows("患者への事後説明 未了"), "{}", pty.screen());
    let given = Audit::new(&site).find("explanation_given", "家族・説明者 相談員 山本・書面を渡して説明した");
    assert_eq!(given.user.as_str(), "kansa");
    assert!(printed(&site, &["explanations", "list"]).contains("0件"));
    drop(enquiry);
}

#[test]
fn whoever_looked_records_an_objection_from_the_slip_and_a_station_that_falls_loses_nothing() {
    let mut site = Site::running();
    let enquiry = looked(&site);
    let mut pty = Pty::open(&site);
    log_in_at(&mut pty, "sato");
    pty.go("s", "照会の番号");
    assert!(!pty.shows("事後確認へ"), "reviews are not for who looked: {}", pty.screen());
    pty.go("<Enter>", "救急時の医療情報の閲覧についてのご説明");
    pty.go("o", "患者・家族からの異議の記録");
    pty.go("家族に知らせてほしくなかった", "家族に知らせてほしくなかった");
    // One key does not lose it, and another one does not leave.
    pty.go("<Esc>", "もう一度 Esc を押すと");
    pty.keys("<Left>");
    pty.go("<C-g>", "この内容で記録します");
    // The station falls before it hears of it, and comes again: it is on record, and once.
    site.kill_station();
    pty.keys("<Down><Enter>");
    pty.wait("異議の内容 家族に知らせてほしくなかった");
    site.start_station();
    pty.wait("異議を記録しました");
    pty.wait("【異議 1件】");
    pty.go("<Enter>", "救急時の医療情報の閲覧についてのご説明");
    pty.go("<End>", "これまでの記録");
    pty.wait("家族に知らせてほしくなかった");
    pty.go("<Esc>", "患者への事後説明  未了 1件");
    pty.go("<Esc>", HOME);
    let mut audit = Audit::new(&site);
    assert_eq!(audit.find("objection_raised", "家族に知らせてほしくなかった").user.as_str(), "sato");
    assert_eq!(audit.lines().iter().filter(|line| line.kind.as_str() == "objection_raised").count(), 1);
    let shown = printed(&site, &["show", "R000002"]);
    assert!(shown.contains("異議の申し出") && shown.contains(enquiry.as_str()), "{shown}");
}

/// What was typed waits behind the lock.
#[test]
fn a_lock_in_the_middle_of_the_form_loses_nothing() {
    let site = Site::running();
    looked(&site);
    let mut pty = an_auditor(&site);
    pty.go("s", "照会の番号");
    pty.go("e", "患者への事後説明の記録");
    pty.go("<Space><Tab>主治医 佐藤<Tab>病室で説明した", "病室で説明した");
    pty.keys("<C-x>");
    pty.wait_gone("病室で説明した");
    pty.go(&format!("{PASSWORD}<C-g>"), "病室で説明した");
    pty.wait("(*) 本人");
    pty.go("<C-g>", "説明した人: 主治医 佐藤");
    pty.go("<Down><Enter>", "説明を記録しました");
}

#[test]
fn a_person_who_hears_the_screen_records_both_too() {
    let site = Site::running();
    looked(&site);
    let mut pty = Pty::start(&site, &Start { rows: 200, arguments: &["--plain"], ..Start::default() });
    pty.wait("利用者ID > ");
    pty.go("kansa<Enter>", "パスワード");
    pty.go(&format!("{PASSWORD}<Enter>"), "空行");
    pty.go(":send<Enter>", "患者への事後説明 未了 1件");
    pty.go(":explanations<Enter>", "患者への事後説明  未了 1件");
    pty.go(":objection<Enter>", "異議の内容 > ");
    pty.go("知らせてほしくなかった<Enter>", "知らせてほしくなかった");
    pty.go(":send<Enter>", "2. 記録する");
    pty.go("2<Enter>", "> 2. 記録する");
    pty.go("<Enter>", "異議を記録しました。優先の事後確認 R000002");
    pty.go(":explained<Enter>", "番号で選ぶ > ");
    pty.go("2<Enter>", "説明した人 > ");
    pty.go("相談員 山本<Enter>", "内容 > ");
    pty.go("電話で説明した<Enter>", "(*) 家族");
    pty.go(":send<Enter>", "説明した人: 相談員 山本");
    pty.go("2<Enter>", "> 2. 記録する");
    pty.go("<Enter>", "説明を記録しました");
    pty.wait("説明がまだの患者はいません。");
}
