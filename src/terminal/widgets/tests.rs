//! Widgets as a person sees them, and as they behave when anything at all is thrown at them.

use super::*;
use crate::terminal::dump;
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Base, Command, Keymap, Meaning, Offers, Place};
use crate::terminal::theme::{Role, Theme};
use proptest::prelude::*;
use ratatui::backend::{Backend as _, TestBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::{Frame, Terminal};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Draws one frame; gives the frame and where the cursor is.
fn draw(width: u16, height: u16, view: impl FnOnce(&mut Frame<'_>)) -> (Buffer, Position) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let buf = terminal.draw(view).unwrap().buffer.clone();
    (buf, terminal.backend_mut().get_cursor_position().unwrap())
}

fn seen(width: u16, height: u16, view: impl FnOnce(&mut Frame<'_>)) -> String {
    dump::text(&draw(width, height, view).0)
}

const THREE: [(&str, &str); 3] = [
    ("佐藤 花子", "アムロジピンOD錠5mg「トーワ」"),
    ("鈴木 一郎", "ロキソプロフェンNa錠60mg"),
    ("高橋 ﾊﾟｳﾛ", "-"),
];

fn table_of(frame: &mut Frame<'_>, area: Rect, selection: &Selection, rows: usize) {
    let columns = [
        Column { title: "氏名", extent: Extent::Cells(8), fit: Fit::Cut },
        Column { title: "薬剤", extent: Extent::Rest, fit: Fit::Must },
    ];
    let cell = |row: usize, column: usize| {
        let (name, drug) = THREE[row % 3];
        (Cow::from(if column == 0 { name } else { drug }), Role::Text)
    };
    Table {
        columns: &columns,
        rows,
        total: Total::Here,
        cell: &cell,
        empty: "照会はまだありません。n で新しい症例を作れます。",
    }
    .draw(frame, area, Theme::Colour, selection);
}

#[test]
fn a_table_cuts_visibly_and_never_what_must_be_whole() {
    let mut selection = Selection::default();
    assert!(selection.go(Command::Down, 3));
    let (buf, cursor) = draw(26, 8, |frame| table_of(frame, frame.area(), &selection, 3));
    let expected = "
  氏名     薬剤
  佐藤 花~ アムロジピンOD
           錠5mg「トーワ」
> 鈴木 一~ ロキソプロフェ
           ンNa錠60mg
  高橋 ﾊﾟ~ -


";
    assert_eq!(dump::text(&buf), expected[1..]);
    assert_eq!(cursor, Position::new(0, 3), "the cursor is where the mark is");
    let empty = seen(30, 4, |frame| table_of(frame, frame.area(), &Selection::default(), 0));
    assert_eq!(empty, "  氏名     薬剤\n照会はまだありません。n で新し\nい症例を作れます。\n\n");
}

proptest! {
    #[test]
    fn the_marked_row_is_always_in_sight(
        commands in proptest::collection::vec(proptest::sample::select(vec![
            Command::Up, Command::Down, Command::PageUp, Command::PageDown, Command::Top, Command::Bottom,
        ]), 1..30),
        height in 3u16..12, rows in 1usize..60, halves in any::<bool>(),
    ) {
        let mut selection = if halves { Selection::by_half_windows() } else { Selection::default() };
        for command in commands {
            prop_assert!(selection.go(command, rows));
            prop_assert!(selection.row() < rows);
            let screen = seen(30, height, |frame| table_of(frame, frame.area(), &selection, rows));
            let (name, _) = THREE[selection.row() % 3];
            let marked: Vec<_> = screen.lines().filter(|line| line.starts_with('>')).collect();
            prop_assert_eq!(marked.len(), 1, "{}", screen);
            prop_assert!(marked[0].contains(&name[..6]), "{}", screen);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Caution,
    Name,
    Birth,
    Consent,
    Search,
}

fn form() -> Form<Id> {
    Form::new(vec![
        Field::note(Id::Caution, "次の項目を入力してください。"),
        Field::text(Id::Name, "氏名（カナ）", Editor::new(20), 20),
        Field::text(Id::Birth, "生年月日", Editor::new(12), 12),
        Field::choice(Id::Consent, "同意", Choice::one_of(["同意あり", "同意取得困難"])),
        Field::button(Id::Search, "[患者登録から探す]"),
    ])
}

#[test]
fn a_form_is_filled_by_keys_and_says_what_happened() {
    use Command as C;
    let mut form = form();
    assert_eq!((form.focused(), form.place()), (Some(Id::Name), Place::TextField));
    assert_eq!(form.press(Meaning::Text('ｻ')), Change::Edited(Id::Name));
    assert_eq!(form.press(Meaning::Command(C::CaretLeft)), Change::Nothing);
    assert_eq!(form.press(Meaning::Command(C::PrevField)), Change::Nothing);
    assert_eq!(form.press(Meaning::Command(C::Accept)), Change::Left(Id::Name));
    assert_eq!(form.paste(&Pasted::new("昭和10年3月5日".into())), Change::Edited(Id::Birth));
    assert_eq!(
        form.paste(&Pasted::new("昭和10年3月5日".into())),
        Change::Refused(Id::Birth, Untyped::Full(12))
    );
    assert_eq!(form.press(Meaning::Command(C::NextField)), Change::Left(Id::Birth));
    assert_eq!(form.place(), Place::ChoiceField);
    assert_eq!(form.press(Meaning::Text(' ')), Change::Unused);
    assert_eq!(form.choice(Id::Consent).unwrap().chosen(), None);
    assert_eq!(form.press(Meaning::Command(C::NextChoice)), Change::Nothing);
    assert_eq!(form.choice(Id::Consent).unwrap().chosen(), None, "moving does not choose");
    assert_eq!(form.press(Meaning::Command(C::Toggle)), Change::Edited(Id::Consent));
    assert_eq!(form.choice(Id::Consent).unwrap().chosen(), Some(1));
    assert_eq!(form.press(Meaning::Command(C::Accept)), Change::Left(Id::Consent));
    assert_eq!(form.press(Meaning::Command(C::NextField)), Change::Nothing, "the last field");
    assert_eq!(form.press(Meaning::Command(C::Accept)), Change::Pressed(Id::Search));
    assert_eq!(form.press(Meaning::Command(C::Send)), Change::Unused, "sending is the screen's");
    assert_eq!((form.text(Id::Name), form.text(Id::Birth)), ("ｻ", "昭和10年3月5日昭和1"));
}

#[test]
fn a_form_stands_as_it_should() {
    let mut form = form();
    form.editor_mut(Id::Birth).unwrap().set("S10.3.5");
    form.say(Id::Birth, Some((Role::Good, "昭和10年3月5日 / 1935-03-05".into())));
    form.say(Id::Name, Some((Role::Danger, "全角カナで入力してください（例: サトウ ハナコ）。".into())));
    form.press(Meaning::Command(Command::NextField));
    let (buf, cursor) = draw(60, 9, |frame| form.draw(frame, frame.area(), Theme::Colour));
    let expected = "
  次の項目を入力してください。
  氏名（カナ）
               全角カナで入力してください（例: サトウ
               ハナコ）。
> 生年月日     S10.3.5      昭和10年3月5日 / 1935-03-05
  同意          ( ) 同意あり  ( ) 同意取得困難
  [患者登録から探す]


";
    assert_eq!(dump::text(&buf), expected[1..]);
    assert_eq!(cursor, Position::new(22, 4), "the real cursor stands at the caret, for input methods");
}

#[test]
fn the_focused_field_stays_in_sight_in_a_low_window() {
    let mut form = form();
    for expected in [Id::Name, Id::Birth, Id::Consent, Id::Search] {
        assert_eq!(form.focused(), Some(expected));
        let screen = seen(40, 2, |frame| form.draw(frame, frame.area(), Theme::Mono));
        assert!(screen.lines().any(|line| line.starts_with('>')), "{expected:?}\n{screen}");
        form.press(Meaning::Command(Command::NextField));
    }
}

#[test]
fn what_stands_above_the_first_field_is_seen_with_it_and_the_rest_can_be_paged_to() {
    let notes = (0..9).map(|n| Field::note_as(Id::Caution, Role::Caution, &format!("注意 {n}")));
    let mut form = Form::new(notes.chain([Field::text(Id::Name, "氏名", Editor::new(9), 9)]).collect());
    let look = |form: &Form<Id>, rows| seen(40, rows, |frame| form.draw(frame, frame.area(), Theme::Mono));
    let all = look(&form, 10);
    assert!(all.contains("注意 0") && all.contains("> 氏名"), "{all}");
    let low = look(&form, 4);
    assert!(!low.contains("注意 5") && low.contains("注意 8") && low.contains("> 氏名"), "{low}");
    assert!(form.commands().contains(&Command::PageUp));
    form.press(Meaning::Command(Command::PageUp));
    assert!(look(&form, 4).contains("注意 5"));
    for _ in 0..9 {
        form.press(Meaning::Command(Command::PageUp));
    }
    assert!(look(&form, 4).starts_with("  注意 0"));
    form.press(Meaning::Text('x'));
    assert!(look(&form, 4).contains("> 氏名"), "typing goes back to where one types");
    // Side by side where there is room.
    let beside = seen(90, 10, |frame| form.draw_beside_notes(frame, frame.area(), Theme::Mono));
    assert!(beside.lines().next().unwrap().contains("注意 0"), "{beside}");
    assert!(beside.lines().next().unwrap().contains("> 氏名"), "{beside}");
    let too_low = seen(90, 5, |frame| form.draw_beside_notes(frame, frame.area(), Theme::Mono));
    assert!(too_low.contains("> 氏名") && too_low.contains("注意 8"), "{too_low}");
}

#[test]
fn a_list_that_jumps_shows_what_comes_next_and_leaves_no_gap_at_the_end() {
    let mut selection = Selection::by_half_windows();
    let look = |selection: &Selection| seen(30, 9, |frame| table_of(frame, frame.area(), selection, 30));
    look(&selection);
    let mut tops = Vec::new();
    for _ in 0..29 {
        selection.go(Command::Down, 30);
        let screen = look(&selection);
        assert!(screen.trim_end().lines().count() >= 8, "{screen}");
        tops.push(screen.lines().nth(1).unwrap().replace('>', " "));
    }
    tops.dedup();
    assert!(tops.len() < 20, "it jumps: {tops:?}");
}

#[test]
fn a_long_message_below_is_wrapped_and_never_cut() {
    let said =
        "認証の失敗が続いたため、あと30秒待ってから入力してください。急ぐときは施設管理者に連絡してください";
    let footer = Footer {
        status: vec![(Role::Text, "連携:正常".into()), (Role::Danger, said.into())],
        ..footer(Place::Home, &[Command::Log])
    };
    let screen = seen(60, 6, |frame| {
        let rest = footer.draw(frame, frame.area(), Theme::Colour);
        assert_eq!(rest.height, 2);
    });
    assert!(screen.replace('\n', "").contains(&said.replace('\n', "")), "{screen}");
}

#[test]
fn choices_are_signs_and_nothing_is_chosen_at_first() {
    let mut one = Choice::one_of(["はい", "いいえ"]);
    let mut any = Choice::any_of(["必要性を確認した"]);
    let both = |one: &Choice, any: &Choice| {
        seen(40, 2, |frame| {
            one.draw(frame, Rect::new(0, 0, 40, 1), Theme::Plain, false);
            any.draw(frame, Rect::new(0, 1, 40, 1), Theme::Plain, true);
        })
    };
    assert_eq!(both(&one, &any), " ( ) はい  ( ) いいえ\n>[ ] 必要性を確認した\n");
    one.edit(Command::Toggle);
    one.edit(Command::NextChoice);
    one.edit(Command::Toggle);
    any.edit(Command::Toggle);
    assert_eq!(both(&one, &any), " ( ) はい  (*) いいえ\n>[x] 必要性を確認した\n");
    one.edit(Command::Toggle);
    any.edit(Command::Toggle);
    assert_eq!((one.chosen(), any.chosen()), (None, None));
    assert_eq!(Choice::one_of(["長い選択肢の一", "長い選択肢の二"]).height(30), 2);
}

#[test]
fn a_dialog_covers_what_is_below_and_starts_at_the_harmless_answer() {
    let mut dialog = Dialog::new("確認", "入力を破棄しますか。", &["破棄しない", "破棄する"]);
    let screen = seen(40, 9, |frame| {
        for y in 0..9 {
            crate::terminal::put::put(frame.buffer_mut(), 0, y, 40, &"漢".repeat(20), Style::new());
        }
        dialog.draw(frame, Theme::Colour);
    });
    let expected = "\
漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢
+- 確認 -------------------------------+
| 入力を破棄しますか。                 |
|                                      |
| > 破棄しない                         |
|   破棄する                           |
+--------------------------------------+
漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢
漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢
";
    assert_eq!(screen, expected);
    assert_eq!(dialog.press(Command::PrevChoice), None);
    assert_eq!(dialog.press(Command::Accept), Some(0));
    dialog.press(Command::NextChoice);
    dialog.press(Command::NextChoice);
    assert_eq!(dialog.press(Command::Accept), Some(1));
}

#[test]
fn a_long_text_says_that_there_is_more_and_when_it_ends() {
    let text = (1..=9).map(|n| format!("{n} 行目")).collect::<Vec<_>>().join("\n");
    let paragraph = Paragraph::default();
    let look = || seen(40, 4, |frame| paragraph.draw(frame, frame.area(), Theme::Colour, &text));
    assert_eq!(look(), "1 行目\n2 行目\n3 行目\n-- 1-3 / 9 行 続きがあります --\n");
    assert!(!paragraph.is_at_end());
    assert!(paragraph.scroll(Command::PageDown));
    assert!(look().starts_with("3 行目"));
    for _ in 0..9 {
        paragraph.scroll(Command::PageDown);
    }
    assert_eq!(look(), "7 行目\n8 行目\n9 行目\n-- 7-9 / 9 行 ここまで --\n");
    assert!(paragraph.is_at_end());
    assert!(!paragraph.scroll(Command::Send));
}

fn header() -> Header {
    Header {
        facility: "東京都立とても名前の長い総合医療センター救命救急部".into(),
        banners: vec!["【訓練】".into()],
        user: "山田 太郎 医師  PW+HPKI".into(),
        lock_in: None,
        patient: vec![
            "佐藤 花子  サトウ ハナコ".into(),
            "昭和10年3月5日生 (90歳) 女".into(),
            "保険者 06139999 記号 12-34 番号 5678 枝番 01".into(),
        ],
    }
}

#[test]
fn the_header_gives_way_in_the_right_order() {
    let screen = seen(60, 6, |frame| {
        let rest = header().draw(frame, frame.area(), Theme::Colour);
        assert_eq!(rest, Rect::new(0, 3, 60, 3));
    });
    let expected = "\
【訓練】 東京都立とても名前の長い総~ 山田 太郎 医師  PW+HPKI
佐藤 花子  サトウ ハナコ  昭和10年3月5日生 (90歳) 女
保険者 06139999 記号 12-34 番号 5678 枝番 01



";
    assert_eq!(screen, expected);
    let late = Header { lock_in: Some(2), ..header() };
    assert!(
        seen(80, 6, |frame| {
            late.draw(frame, frame.area(), Theme::Colour);
        })
        .contains("あと2分でロック")
    );
}

fn footer(place: Place, commands: &[Command]) -> Footer {
    static KEYMAP: LazyLock<Keymap> = LazyLock::new(|| Keymap::load(Base::Default, None).unwrap());
    let keys = KEYMAP.footer(&Offers::new(place, commands.iter().copied()));
    Footer { status: vec![(Role::Text, "連携:応答なし 03:12から".into())], keys }
}

#[test]
fn the_footer_shows_keys_that_work_and_always_the_help() {
    let narrow = footer(Place::Home, Command::ALL);
    let screen = seen(60, 3, |frame| {
        narrow.draw(frame, frame.area(), Theme::Colour);
    });
    let expected = "\n連携:応答なし 03:12から\nCtrl-G 確定  Esc 戻る  n 新しい症例  e 照会  F1 その他\n";
    assert_eq!(screen, expected);
    let few = footer(Place::Waiting, &[Command::Cancel]);
    assert!(
        seen(60, 3, |frame| {
            few.draw(frame, frame.area(), Theme::Colour);
        })
        .ends_with("c 取り消し  F1 手引き\n")
    );
}

#[test]
fn the_help_page_lists_what_works_here_first() {
    let keymap = Keymap::load(Base::Vim, None).unwrap();
    let hints = keymap.help(&Offers::new(Place::Waiting, [Command::Cancel, Command::Back]));
    let scroll = Paragraph::default();
    let screen = seen(60, 30, |frame| help::draw(frame, frame.area(), Theme::Mono, &hints, &scroll));
    let here: Vec<_> = screen
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|l| l.split_whitespace().last().unwrap())
        .collect();
    assert_eq!(
        here,
        ["いまの画面で使えるキー", "取り消し", "戻る", "手引き", "画面を描き直す"]
            .map(|text| text.split_whitespace().last().unwrap())
    );
    assert!(screen.contains("ほかの画面・いまは使えないキー"));
    // One name, two places: each says which.
    let all = seen(60, 200, |frame| help::draw(frame, frame.area(), Theme::Mono, &hints, &scroll));
    for words in ["開く（一覧）", "注意事項（候補一覧）", "注意事項（閲覧）", "終了（どの画面でも）"]
    {
        assert_eq!(all.lines().filter(|line| line.ends_with(words)).count(), 1, "{words}\n{all}");
    }
}

/// Everything at once, as a screen would draw it.
fn whole(frame: &mut Frame<'_>, form: &Form<Id>, dialog: Option<&Dialog>) {
    if small::draw(frame) {
        return;
    }
    everything(frame, form, dialog);
}

fn everything(frame: &mut Frame<'_>, form: &Form<Id>, dialog: Option<&Dialog>) {
    let theme = Theme::Colour;
    let rest = header().draw(frame, frame.area(), theme);
    let rest = banner::draw(
        frame,
        rest,
        theme,
        Role::Danger,
        "ステーションとの接続が切れました。再接続しています。",
    );
    let rest = footer(Place::Home, Command::ALL).draw(frame, rest, theme);
    let (top, bottom) = (rest.height / 2, rest.height - rest.height / 2);
    form.draw(frame, Rect { height: top, ..rest }, theme);
    let lower = Rect { y: rest.y + top, height: bottom, ..rest };
    table_of(frame, Rect { width: rest.width / 2, ..lower }, &Selection::default(), 40);
    let right = Rect { x: rest.x + rest.width / 2, width: rest.width - rest.width / 2, ..lower };
    Paragraph::default().draw(frame, right, theme, &"ﾊﾟ①漢 ".repeat(99));
    if let Some(dialog) = dialog {
        dialog.draw(frame, theme);
    }
}

#[test]
fn too_small_is_one_line_and_says_both_sizes() {
    let screen = seen(80, 12, |frame| whole(frame, &form(), None));
    assert_eq!(screen.trim_end(), "端末が小さすぎます（いま 80x12、必要 60x15 以上）");
    assert!(!seen(60, 15, |frame| whole(frame, &form(), None)).contains("小さすぎます"));
}

#[test]
fn no_size_makes_it_fall() {
    let dialog = Dialog::new("確認", &"長い問いかけ。".repeat(30), &["いいえ", "はい"]);
    let keymap = Keymap::load(Base::Default, None).unwrap();
    let hints = keymap.help(&Offers::new(Place::Home, Command::ALL.iter().copied()));
    let form = form();
    // Every width, every height, and every very small size.
    let sizes = (0..=250u16).flat_map(|n| [(n, 20), (70, n), (n % 25, n / 25)]).chain([(250, 250)]);
    for (width, height) in sizes {
        draw(width, height, |frame| everything(frame, &form, Some(&dialog)));
        if width < small::LEAST.0 || height < small::LEAST.1 {
            draw(width, height, |frame| whole(frame, &form, None));
        }
        if width % 10 == height % 10 || width < 10 || height < 10 {
            draw(width, height, |frame| {
                help::draw(frame, frame.area(), Theme::Mono, &hints, &Paragraph::default());
                help::draw_after(frame, frame.area(), Theme::Mono, "g", &hints);
            });
        }
    }
}
