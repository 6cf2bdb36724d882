//! Wrong input: each gives a sentence beside the field, and nothing typed is lost (B6, C1, B9).

use crate::flow::{HOME, IDENTIFY, at_home, certificate, logged, new_case};
use crate::support::site::Site;

#[test]
fn keys_of_a_certificate() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    pty.go("<C-n>", "[資格確認書等]");
    for (typed, sentence) in [
        ("13990", "保険者番号は8桁（国民健康保険は6桁）です。いま5桁です"),
        ("139908", "保険者番号の検証番号が合いません。1桁ずつ見直してください"),
        ("13990x", "保険者番号は数字だけで入力してください（「x」は使えません）"),
        ("139907", "国民健康保険 東京都"),
        ("１３９９０７", "国民健康保険 東京都"),
        ("06139901", "東京都"),
    ] {
        pty.go(&format!("<C-u>{typed}"), typed);
        pty.wait(sentence);
    }
    pty.keys("<Tab><Tab><Tab>");
    pty.go("1", "枝番は2桁の数字です");
    pty.keys("<Tab>");
    for (typed, sentence) in [
        ("1989", "年・月・日をすべて入力してください"),
        ("1989/2/29", "2月は28日までです（29日になっています）"),
        ("1989/13/1", "月は1から12です（13月になっています）"),
        ("64.1.8", "年号が分かりません"),
        ("S64.1.8", "昭和は64年1月7日までです"),
        ("2999/1/1", "未来の日付です"),
        ("昭和64年1月7日", "1989年1月7日（昭和64年1月7日）"),
        ("3640107", "1989年1月7日（昭和64年1月7日）"),
        ("S64.1.7", "1989年1月7日（昭和64年1月7日）"),
        ("１９８９．１．７", "1989年1月7日（昭和64年1月7日）"),
    ] {
        pty.go(&format!("<C-u>{typed}"), typed);
        pty.wait(sentence);
    }
    // Going on names what is missing and takes the cursor to the first of it; all that was typed is still there.
    pty.go("<C-g>", "番号を入力してください");
    pty.wait("か所を直してください");
    assert!(pty.cursor_row().contains("番号"), "{}", pty.screen());
    for kept in ["06139901", "１９８９．１．７"] {
        assert!(pty.shows(kept), "{kept} is lost:\n{}", pty.screen());
    }
    logged(&site, "拒否");
}

#[test]
fn keys_of_four_items() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    pty.go("<C-n>", "[資格確認書等]");
    pty.go("<C-n>", "[4情報]");
    for (typed, sentence) in [
        ("青葉太郎", "姓と名の間に空白を1つ入れてください（例 山田　太郎）"),
        ("青葉　𠮷郎", "送信できません"),
        ("青葉　\u{e000}郎", "この文字は入力できません（外字・見えない文字）"),
    ] {
        pty.go(&format!("<C-u>{typed}"), sentence);
    }
    pty.keys("<C-u>青葉　太郎");
    pty.wait_gone("送信できません");
    pty.go("<C-g>", "性別を選んでください");
    pty.wait("住所または保険者名称のどちらかを入力してください");
    assert!(pty.shows("青葉　太郎"), "{}", pty.screen());
}

#[test]
fn a_paste_is_one_edit_and_never_a_command() {
    let site = Site::running();
    let mut pty = at_home(&site);
    pty.write(b"\x1b[200~n\x1b[201~");
    pty.settle();
    assert!(pty.shows(HOME), "a paste opened something:\n{}", pty.screen());
    new_case(&mut pty, "1");
    pty.go("<C-n>", "[資格確認書等]");
    pty.write("\x1b[200~1399\x07\x1b]0;x\x0707\r\n\x1b[201~".as_bytes());
    pty.wait("1399]0;x07");
    assert!(pty.cursor_row().contains("保険者番号"), "no control of it did anything:\n{}", pty.screen());
}

#[test]
fn consent_has_no_default_and_says_what_is_missing() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    certificate(&mut pty, ["139907", "架空１２", "0012345", "01", "1955-11-03"]);
    // Keys that move do not tick, and do not send.
    pty.keys("<Enter><Enter><Enter><Enter><Tab><Down><Up>");
    pty.settle();
    assert!(pty.shows("照会内容の確認") && !pty.shows("[x]") && !pty.shows("(*)"), "{}", pty.screen());
    pty.go("<C-g>", "注意事項を確認してください");
    pty.wait("患者の生命、身体の保護のために必要であることを確認してください");
    pty.wait("「同意あり」か「同意取得困難」を選んでください");
    assert!(pty.cursor_row().contains("注意事項"), "the cursor is at the first:\n{}", pty.screen());
    // 拒否 needs words.
    pty.keys("<Space><Tab><Space><Tab><Right><Space>");
    pty.wait("試みたこと");
    pty.keys("<Tab><Right><Right><Right><Space>");
    pty.wait("(*) 拒否");
    pty.go("<C-g>", "同意を得るために試みたことを入力してください");
    pty.wait("この理由では、具体的な事情の入力が必要です");
    pty.keys("説明した<Tab>点滴を抜こうとする");
    pty.wait("点滴を抜こうとする");
    // Back and forth: words stay, confirmations are given anew.
    pty.go("<Esc>", "[資格確認書等]");
    assert!(pty.shows("0012345"), "{}", pty.screen());
    pty.go("<C-g>", "照会内容の確認");
    for kept in ["説明した", "点滴を抜こうとする", "(*) 拒否", "(*) 同意取得困難"] {
        assert!(pty.shows(kept), "{kept} is lost:\n{}", pty.screen());
    }
    assert!(!pty.shows("[x]"), "{}", pty.screen());
    logged(&site, "拒否");
}

#[test]
fn the_form_of_a_case() {
    let site = Site::running();
    let mut pty = at_home(&site);
    pty.go("n", "新しい症例");
    pty.go("<C-g>", "ベッド・場所を入力してください（例：初療室2）");
    pty.go("初療室2<Tab>200<C-g>", "見た目の年齢は0～120の数字で入力してください");
    pty.go(
        "<C-u>70<Tab><Space><Tab>A-123<Tab><Space><C-g>",
        "身元の根拠に「誰が確認したか」を入力してください",
    );
    for kept in ["初療室2", "70", "(*) 男", "A-123"] {
        assert!(pty.shows(kept), "{kept} is lost:\n{}", pty.screen());
    }
    // Esc asks before a new case is given up.
    pty.go("<Esc>", "まだ登録していません。もう一度 Esc を押すと");
    pty.go("受付 佐藤", "受付 佐藤");
    pty.go("<Esc>", "もう一度 Esc を押すと");
    pty.keys("<Tab>");
    pty.go("<C-g>", IDENTIFY);
    pty.go("<Esc>", "70歳くらい男");
    // The case can be corrected.
    pty.go("<Enter>", "の登録内容");
    pty.go("<C-u>ICU 3<C-g>", "ICU 3");
    pty.wait(HOME);
}
