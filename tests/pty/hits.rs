//! No hit, several, too many (C2, C4).

use crate::flow::{
    at_home, certificate, confirm_person, consent_and_send, four_items, logged, new_case, nothing_medical_yet,
};
use crate::support::site::Site;

const OSAKA: &str = "大阪府模擬市";
const CAUTION: &str = "絞り込みが困難でやむをえない場合は、閲覧ボタンを押すことで医療情報の閲覧が可能ですが、閲覧した場合、当医療機関が閲覧した履歴が当該患者のマイナポータルから確認可能な状態となります。";

#[test]
fn no_hit_says_three_sentences_and_keeps_the_key() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    four_items(&mut pty, "該当　なし", "1980-01-01", 0, "東京都架空区");
    consent_and_send(&mut pty);
    pty.wait("照会結果 0件");
    for sentence in [
        "入力された条件では0件です。条件を見直して再検索してください。",
        "現在有効な資格がなく、過去の資格履歴もない場合は該当なしとなり、0件となる場合があります。",
        "オンライン資格確認対象外の保険に加入している方は該当なしとなり、0件となる場合があります。",
        "r 条件再指定の上、再検索する",
    ] {
        pty.wait(sentence);
    }
    assert!(!pty.shows("(0件の場合)"), "the condition selects the sentence and is not printed");
    pty.go("r", "[4情報]");
    for kept in ["該当　なし", "1980-01-01", "(*) 男", "東京都架空区"] {
        assert!(pty.shows(kept), "{kept} is lost:\n{}", pty.screen());
    }
    logged(&site, "0件");
}

#[test]
fn no_hit_by_certificate_leads_to_the_four_items() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    certificate(&mut pty, ["139907", "架空１２", "0012346", "01", "1955.11.3"]);
    consent_and_send(&mut pty);
    pty.wait("照会結果 0件");
    pty.wait("4情報のタブに切り替えて照会できます");
    pty.go("r", "[資格確認書等]");
    assert!(pty.shows("0012346"), "{}", pty.screen());
    pty.go("<C-n>", "[4情報]");
    assert!(pty.shows("1955.11.3"), "the birth date is the same person's:\n{}", pty.screen());
}

#[test]
fn six_hits_are_too_many() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    four_items(&mut pty, "高橋　清", "1947-10-10", 0, OSAKA);
    consent_and_send(&mut pty);
    pty.wait("照会結果 6件以上");
    pty.wait("入力された条件では該当件数が多すぎます。条件を見直して再検索してください。");
    assert!(!pty.shows("松町") && !pty.ever_showed("ﾀｶﾊｼ"), "nobody is shown:\n{}", pty.screen());
    pty.go("r", "[4情報]");
    assert!(pty.shows("高橋　清"), "{}", pty.screen());
}

#[test]
fn three_hits_are_refined_to_one() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    four_items(&mut pty, "田中　実", "1948-05-05", 0, OSAKA);
    consent_and_send(&mut pty);
    pty.wait("候補一覧 3件");
    pty.wait("複数件ヒットしました。「条件再指定の上、再検索する」のボタンから条件の見直しを行い、閲覧患者の絞り込みを行ってください。");
    pty.wait(CAUTION);
    pty.wait("候補により異なる項目（*印）");
    // The default is to refine; it stands before 閲覧.
    let footer = pty.rows()[23].clone();
    let (refine, view) = (footer.find("条件再指定"), footer.find("閲覧"));
    assert!(refine.unwrap() < view.unwrap(), "{footer}");
    assert!(pty.shows("*ﾀﾅｶ ﾐﾉﾙ") && pty.shows("*大阪府模擬市北町１－１０"), "{}", pty.screen());
    pty.go("<Down><Down>", "*ﾀﾅｶ ﾏｺﾄ");
    pty.go("<Enter>", "[4情報]");
    assert!(pty.cursor_row().contains("田中　実"), "{}", pty.screen());
    pty.go("<Tab><Tab><Tab><End>北町", "大阪府模擬市北町");
    pty.go("<C-g>", "照会内容の確認（4情報）");
    assert!(!pty.shows("[x]"), "the confirmations are given anew:\n{}", pty.screen());
    assert!(pty.shows("住所 大阪府模擬市北町"), "{}", pty.screen());
    pty.keys("<Space><Tab><Space><C-g>");
    pty.wait("本人確認：医療情報を表示する前に");
    nothing_medical_yet(&pty);
    confirm_person(&mut pty, "田中　実");
    logged(&site, "絞り込んで再検索");
}

#[test]
fn one_of_two_is_chosen_by_typing_what_only_this_one_has() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    four_items(&mut pty, "鈴木　一郎", "1950-01-01", 0, OSAKA);
    consent_and_send(&mut pty);
    pty.wait("候補一覧 2件");
    pty.go("<Down>v", "候補 2：本人の情報と見比べてください");
    assert!(pty.shows("栄町４－４－４") && !pty.shows("本町３－３－３"), "one alone:\n{}", pty.screen());
    pty.wait("> 住所");
    // Without the caution confirmed, without a value, with the other one's value: refused, and said where.
    pty.go("栄町４－４－４<C-g>", "一覧の注意事項を確認してから選択してください");
    pty.go("<Space><BackTab><C-u><C-g>", "「住所」が入力されていません");
    pty.go("本町３－３－３", "本町３－３－３");
    pty.go("<C-g>", "入力した「住所」がこの候補の値と一致しません");
    assert!(pty.shows("本町３－３－３"), "what was typed stays:\n{}", pty.screen());
    // Back to the list and to the candidate again: nothing is chosen by that.
    pty.go("<Esc>", "候補一覧 2件");
    pty.go("<Down>v", "候補 2：");
    pty.go("4-4-4<Tab><Space>", "[x] 一覧の注意事項を確認した");
    pty.go("<C-g>", "本人確認：医療情報を表示する前に");
    nothing_medical_yet(&pty);
    confirm_person(&mut pty, "鈴木　一郎");
    pty.wait("番号0902");
    for what in ["候補2の選択を拒否", "候補2を選択（住所「住所=4-4-4」・鈴木　一郎）"]
    {
        logged(&site, what);
    }
}

#[test]
fn where_nothing_differs_nobody_can_be_chosen() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    four_items(&mut pty, "渡辺　進", "1960-06-06", 0, "東京都架空区");
    consent_and_send(&mut pty);
    pty.wait("候補一覧 2件");
    pty.wait("この一覧では「閲覧」を使えません");
    assert!(!pty.shows("v 閲覧"), "{}", pty.screen());
    pty.keys("v<C-g>");
    pty.settle();
    assert!(pty.shows("候補一覧 2件"), "{}", pty.screen());
    // What can be done has its key, and nothing typed is lost by it.
    pty.go("r", "[4情報]");
    assert!(pty.shows("渡辺　進"), "{}", pty.screen());
}

#[test]
fn twins_without_a_branch_number_are_told_apart() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    certificate(&mut pty, ["06139901", "２００", "6789", "", "2015-07-07"]);
    consent_and_send(&mut pty);
    pty.wait("候補一覧 2件");
    pty.go("v", "候補 1：");
    pty.wait("> 枝番");
    pty.go("02<Tab><Space><C-g>", "本人確認：医療情報を表示する前に");
    confirm_person(&mut pty, "双葉　光");
}
