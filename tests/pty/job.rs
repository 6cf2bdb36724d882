//! One hit, by all three ways to identify a patient (B1–B4, C1–C5, D1).

use crate::flow::{
    HOME, at_home, certificate, confirm_person, consent_and_send, four_items, logged, new_case,
    no_consent_possible_and_send, nothing_medical_yet,
};
use crate::support::pty::Pty;
use crate::support::site::Site;

const P01: [&str; 5] = ["139907", "架空１２", "0012345", "01", "S30.11.3"];

/// The caution of 表4.1.4-2 stands on the screen, word for word, with nothing ticked.
fn cautioned(pty: &Pty) {
    for sentence in [
        "「注意事項を確認の上、照会する」ボタン押下後、オンライン資格確認等システムに問い合わせを行い該当者が1件だった場合、該当者の医療情報が表示されます。",
        "※患者の生命、身体の保護のために必要であることを確認の上、閲覧してください。",
        "※閲覧した場合、当医療機関が閲覧した履歴について当該患者のマイナポータルから確認可能な状態になります。",
        "Ctrl-G 注意事項を確認の上、照会する",
        "Esc 入力へ戻る",
    ] {
        pty.wait(sentence);
    }
    assert!(!pty.shows("[x]") && !pty.shows("(*)"), "something is preselected:\n{}", pty.screen());
}

/// The person stands alone on the screen.
fn alone(pty: &Pty, name: &str, kana: &str, birth: &str, sex: &str) {
    pty.wait("本人確認：医療情報を表示する前に");
    for text in [name, kana, birth, &format!("性別 {sex}")] {
        assert!(pty.shows(text), "{text} is missing:\n{}", pty.screen());
    }
    nothing_medical_yet(pty);
}

#[test]
fn by_certificate() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "救急1番");
    certificate(&mut pty, P01);
    cautioned(&pty);
    for line in
        ["保険者番号 139907 国民健康保険 東京都", "番号 0012345 枝番 01", "1955年11月3日（昭和30年11月3日）"]
    {
        assert!(pty.shows(line), "{line} is missing:\n{}", pty.screen());
    }
    no_consent_possible_and_send(&mut pty);
    alone(&pty, "青葉　太郎", "ｱｵﾊﾞ ﾀﾛｳ", "1955年11月3日（昭和30年11月3日）", "男");
    assert!(pty.shows("照会キーに氏名がないため"), "{}", pty.screen());
    confirm_person(&mut pty, "青葉　太郎");
    // Two identifiers and the key stay on top; periods, what cannot be seen and the caution stand with the rows.
    for text in [
        "青葉　太郎 ｱｵﾊﾞ ﾀﾛｳ",
        "保険者139907 記号架空１２ 番号0012345 枝番01",
        "ワーファリン錠１ｍｇ",
        "当項目(薬剤情報)は、直近3か月分の記録を表示しています。",
        "この救急時医療情報は、表示対象期間のレセプトに基づく診療行為及び医薬品情報、また、電子処方箋管理サービスに登録された調剤結果情報を表示しています。",
        "まだ表示されません",
    ] {
        pty.wait(text);
    }
    pty.go("<Left>", "[電子処方箋情報");
    pty.wait("[調剤結果]");
    pty.go("<Esc>", HOME);
    // What was confirmed once is confirmed; the person is shown first all the same.
    pty.keys("<Down>");
    pty.go("<Enter>", "本人確認は記録済みです");
    pty.go("<C-g>", "救急用サマリー");
    for what in ["本人確認", "救急用サマリー", "同意取得困難"] {
        logged(&site, what);
    }
}

#[test]
fn by_card_result() {
    let site = Site::running();
    let mut pty = at_home(&site);
    pty.wait("カード読取結果 3件");
    assert!(!pty.shows("青葉"), "names of card results do not stand on the home screen");
    new_case(&mut pty, "救急2番");
    pty.wait("若草　春子");
    pty.keys("<Down>");
    pty.settle();
    assert!(pty.cursor_row().contains("青葉　太郎"), "newest first:\n{}", pty.screen());
    pty.go("<Enter>", "国民健康保険 東京都");
    pty.wait("1955年11月3日（昭和30年11月3日）");
    // Back to the list, and to another person: what was copied first gives way.
    pty.go("<Esc>", "読取時刻");
    pty.go("<Up><Enter>", "1978年4月21日（昭和53年4月21日）");
    pty.go("<Esc>", "読取時刻");
    pty.go("<Down><Enter>", "1955年11月3日（昭和30年11月3日）");
    pty.go("<C-g>", "照会内容の確認（マイナンバーカード）");
    cautioned(&pty);
    consent_and_send(&mut pty);
    alone(&pty, "青葉　太郎", "ｱｵﾊﾞ ﾀﾛｳ", "1955年11月3日（昭和30年11月3日）", "男");
    confirm_person(&mut pty, "青葉　太郎");
    pty.wait("ワーファリン錠１ｍｇ");
    logged(&site, "マイナンバーカード");
}

#[test]
fn by_four_items() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "救急3番");
    four_items(&mut pty, "青葉　太郎", "昭和30年11月3日", 0, "東京都架空区本町１－２－３");
    cautioned(&pty);
    for line in
        ["氏名 青葉　太郎", "1955年11月3日（昭和30年11月3日）", "性別 男", "住所 東京都架空区本町１－２－３"]
    {
        assert!(pty.shows(line), "{line} is missing:\n{}", pty.screen());
    }
    consent_and_send(&mut pty);
    alone(&pty, "青葉　太郎", "ｱｵﾊﾞ ﾀﾛｳ", "1955年11月3日（昭和30年11月3日）", "男");
    assert!(!pty.shows("照会キーに氏名がないため"), "{}", pty.screen());
    confirm_person(&mut pty, "青葉　太郎");
    pty.wait("ワーファリン錠１ｍｇ");
}

#[test]
fn half_width_voiced_kana_keep_their_columns() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "救急4番");
    certificate(&mut pty, ["01139906", "３０", "3001", "00", "1985/8/18"]);
    consent_and_send(&mut pty);
    confirm_person(&mut pty, "ﾊﾟﾄﾘｼｱ ｶﾞﾙｼｱ");
    pty.settle();
    // As an emulator counts that gives ﾊﾟ two cells: nothing is overwritten, the age ends where it should.
    assert!(pty.rows()[1].starts_with("パトリシア　ガルシア ﾊﾟﾄﾘｼｱ ｶﾞﾙｼｱ  1985年8月18日"), "{}", pty.rows()[1]);
}
