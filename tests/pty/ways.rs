//! Knowing where one is: places in long lists, hits in other sections, keys that cannot act, questions before acts.

use crate::flow::{
    HOME, at_home, certificate, confirm_person, consent_and_send, four_items, log_in_at, logged, new_case,
};
use crate::support::pty::{Pty, Start, squeezed};
use crate::support::site::Site;
use std::collections::BTreeSet;

const P01: [&str; 5] = ["139907", "架空１２", "0012345", "01", "1955-11-03"];
/// More than 300 rows.
const P05: [&str; 5] = ["39139902", "", "00567890", "", "1926-12-25"];

fn reading(pty: &mut Pty, key: [&str; 5], name: &str) {
    new_case(pty, "1");
    certificate(pty, key);
    consent_and_send(pty);
    confirm_person(pty, name);
}

/// First, last and total, as the heading says.
fn place(pty: &Pty) -> Option<(usize, usize, usize)> {
    pty.settle();
    let rows = pty.rows();
    let heading = rows.iter().find(|row| row.contains("（新しい順）"))?;
    let (range, total) = heading.rsplit_once(" / ")?;
    let (first, last) = range.rsplit(' ').next()?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.trim().parse().ok()?))
}

#[test]
fn a_long_section_says_where_one_is_and_the_newest_comes_first() {
    let site = Site::running();
    let mut pty = at_home(&site);
    reading(&mut pty, P05, "長谷川　多恵子");
    pty.keys("<Down>");
    let (first, last, total) = place(&pty).expect("a place in the heading");
    assert!(first == 1 && last >= 2 && total > 100, "{first}-{last} / {total}");
    assert!(squeezed(&pty.screen()).contains(&format!("薬剤情報{total}")), "{}", pty.screen());
    // Through all pages: no row is passed over, and no day is later than the one before.
    let (mut next, mut days) = (1, Vec::new());
    loop {
        let (first, last, _) = place(&pty).unwrap();
        assert!(first <= next, "rows {next} to {first} were passed over");
        next = last + 1;
        let rows = pty.rows();
        days.extend(rows.iter().filter_map(|row| {
            let day = row.trim_start_matches(['>', '~', ' ']).get(..10)?;
            day.starts_with("20").then(|| day.to_owned())
        }));
        if last == total {
            break;
        }
        pty.keys("<PageDown>");
    }
    assert!(days.is_sorted_by(|a, b| a >= b) || days.len() > 10, "{days:?}");
    // Pages overlap by whole rows, so that only the order of the first sights counts.
    let mut newest = days[0].clone();
    let mut seen = BTreeSet::new();
    for day in days {
        if seen.insert(day.clone()) {
            assert!(day <= newest, "{day} comes after {newest}");
            newest = day;
        }
    }
}

#[test]
fn a_filter_counts_what_stands_in_other_sections() {
    let site = Site::running();
    let mut pty = at_home(&site);
    reading(&mut pty, P01, "青葉　太郎");
    pty.wait("ワーファリン");
    pty.keys("<C-p>");
    pty.wait("[電子処方箋情報");
    pty.go("/", "絞り込み:");
    pty.go("わーふぁりん", "この区分");
    pty.wait("ほかの区分: 薬剤情報");
    // In a section that has none, the hits elsewhere are said where somebody would otherwise read "none".
    pty.keys("<Enter>");
    pty.go("<C-n>", "[薬剤情報");
    pty.go("<C-n>", "[手術情報");
    pty.wait("この区分 0件");
    pty.wait("ほかの区分: 電子処方箋情報");
    pty.wait("この区分には、絞り込みに合う行はありません");
    pty.go("<Esc>", "手術情報（新しい順）");
    pty.wait_gone("絞り込み:");
    pty.go("/存在しない薬", "この区分 0件 ほかの区分: 該当なし");
    logged(&site, "救急用サマリーを絞り込み（該当なし）");
    logged(&site, "電子処方箋情報・薬剤情報");
}

#[test]
fn in_a_window_that_is_too_small_no_key_acts() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    pty.go("<C-n>", "[資格確認書等]");
    pty.resize(59, 24);
    pty.wait("端末が小さすぎます");
    pty.wait("Ctrl-X 画面をロック");
    pty.keys("999<Tab><C-g><Esc>");
    pty.write(b"\x1b[200~777\x1b[201~");
    pty.settle();
    pty.resize(80, 24);
    pty.wait("[資格確認書等]");
    pty.settle();
    assert!(!pty.shows("999") && !pty.shows("777"), "{}", pty.screen());
    assert!(pty.cursor_row().contains("> 保険者番号"), "{}", pty.screen());
    // Quitting takes two presses, with no other key between them.
    pty.resize(59, 24);
    pty.wait("端末が小さすぎます");
    pty.go("<C-c>", "もう一度押すと、ログアウトして終了します");
    pty.keys("x");
    pty.wait_gone("もう一度押すと");
    pty.go("<C-x>", "端末が小さすぎます");
    pty.resize(80, 24);
    pty.wait("さんがロックしています");
    pty.resize(40, 10);
    pty.wait("端末が小さすぎます");
    pty.go("<C-c>", "もう一度押すと");
    pty.keys("<C-c>");
    let (_, code) = pty.ended();
    assert_eq!(code, 0);
    logged(&site, "ログアウト（本人の操作）");
}

#[test]
fn cancelling_asks_and_an_answer_does_not_wait_for_the_question() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    // 処理中, then an answer after four seconds.
    certificate(&mut pty, ["01139906", "９４０", "4001", "00", "1966-01-20"]);
    consent_and_send(&mut pty);
    pty.wait("[x] オンライン資格確認等システムが処理中");
    pty.go("c", "受け取ったあとのため");
    assert!(pty.cursor_row().contains("> 待ち続ける"), "{}", pty.screen());
    pty.keys("<Esc>");
    pty.wait_gone("照会の中止");
    assert!(pty.shows("経過"), "still waiting:\n{}", pty.screen());
    pty.go("c", "照会の中止");
    // Nobody answers the question; the answer of the system is there all the same.
    confirm_person(&mut pty, "白石　待子");
}

#[test]
fn who_may_not_look_is_told_what_is_so_and_what_to_do() {
    let site = Site::running();
    let mut pty = Pty::start(&site, &Start { card: "doctor-3", ..Start::default() });
    log_in_at(&mut pty, "suzuki");
    pty.wait("この利用者には救急時閲覧権限がないため、症例は表示されません（症例がないという意味ではありません）。");
    pty.wait("権限のある人に操作を頼むか、施設管理者に権限の付与を依頼してください。");
    assert!(!pty.shows("登録されている症例はありません") && !pty.shows("症例 0件"), "{}", pty.screen());
}

#[test]
fn five_candidates_are_all_in_sight_with_everything_of_the_marked_one() {
    let site = Site::running();
    let mut pty = at_home(&site);
    new_case(&mut pty, "1");
    four_items(&mut pty, "佐藤　和子", "1945-03-03", 1, "大阪府模擬市");
    consent_and_send(&mut pty);
    pty.wait("候補一覧 5件");
    pty.wait("やむをえない場合は、閲覧ボタンを押すことで");
    pty.settle();
    assert_eq!(pty.screen().matches("1945-03-03").count(), 5, "{}", pty.screen());
    let mut seen = BTreeSet::new();
    for at in 1..=5 {
        pty.wait(&format!("-- 候補 {at} の内容 --"));
        for label in [
            "氏名",
            "カナ",
            "生年月日 1945年3月3日（昭和20年3月3日）",
            "性別 女",
            "住所",
            "保険者番号",
            "保険者名称",
            "記号",
            "番号",
            "枝番",
            "資格",
            "照会番号",
        ] {
            assert!(pty.shows(label), "{label} is missing:\n{}", pty.screen());
        }
        let rows = pty.rows();
        let begin = rows.iter().position(|row| row.contains("の内容 --")).unwrap();
        seen.insert(rows[begin..begin + 6].join("\n"));
        pty.keys("<Down>");
        pty.settle();
    }
    assert_eq!(seen.len(), 5, "each has its own details");
    assert!(seen.iter().any(|details| details.contains("無効（直近有効）")), "{seen:?}");
    assert!(seen.iter().all(|details| details.contains("住所 *大阪府")), "what differs is marked: {seen:?}");
}

/// At every page of the job: the bottom line ends with the key that shows the others, and says so when there are.
#[test]
fn the_bottom_line_is_never_cut_in_silence() {
    let site = Site::running();
    let mut pty = at_home(&site);
    let bottom = |pty: &Pty| {
        pty.settle();
        let last = pty.rows().last().unwrap().trim_end().to_owned();
        assert!(last.ends_with("F1 手引き") || last.ends_with("F1 その他"), "{last}");
        last
    };
    assert!(bottom(&pty).ends_with("F1 その他"));
    new_case(&mut pty, "1");
    assert!(bottom(&pty).contains("Ctrl-N 次の方式"));
    pty.go("<C-n>", "[資格確認書等]");
    assert!(bottom(&pty).contains("Ctrl-N 次の方式"), "tabs have the same key in list and form");
    pty.keys(&P01.join("<Tab>"));
    pty.go("<C-g>", "照会内容の確認");
    assert!(bottom(&pty).contains("Esc 入力へ戻る"));
    consent_and_send(&mut pty);
    pty.wait("本人確認：");
    bottom(&pty);
    confirm_person(&mut pty, "青葉　太郎");
    assert!(bottom(&pty).contains("Ctrl-N 次の区分"));
    pty.go("<Esc>", HOME);
    pty.go("<C-c>", "ログアウトして終了します");
    assert!(bottom(&pty).ends_with("F1 手引き"), "all keys fit here");
}
