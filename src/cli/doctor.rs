//! `kyukyu doctor`: what one can see for oneself of where the program runs. So far: the terminal.

use super::out;
use crate::terminal::width::{self, Ambiguous};
use std::fmt::Write as _;
use std::process::ExitCode;

/// The self-check.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// 端末の文字幅を確かめる表を表示します
    #[arg(long, required = true)]
    terminal: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    if options.terminal {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).into_iter().find(|value| !value.is_empty());
        for line in card(&variable("TERM"), &locale.unwrap_or_default()) {
            out::line(line);
        }
    }
    ExitCode::SUCCESS
}

/// Cells before the mark at the end of each row.
const MARK: usize = 40;

/// Samples whose width every terminal should agree on.
const CERTAIN: [(&str, &str); 6] = [
    ("英数字", "ABC abc 0123456789"),
    ("漢字とかな", "救急時医療情報 あいう アイウ"),
    ("全角英数", "ＡＢＣ１２３"),
    ("半角カナ", "ｱｵﾊﾞ ﾀﾛｳ ﾊﾟﾄﾘｼｱ ｶﾞﾙｼｱ"),
    ("人名の漢字", "髙橋 﨑 德 邉"),
    ("記号", "（）「」【】、。・ー"),
];

/// Characters on whose width terminals disagree.
const AMBIGUOUS: &str = "①②→℃±※…●";

/// The card: in each group the marks at the right end should stand one below the other.
fn card(term: &str, locale: &str) -> Vec<String> {
    let mut lines = vec![
        "端末の表示テスト".to_owned(),
        format!("TERM={term}  文字コードの設定={locale}"),
        String::new(),
        "1. 右端の | が縦一列に並び、文字が欠けたり重なったりしていないこと".to_owned(),
    ];
    let ruler = format!("{}|", "1234567890".repeat(MARK / 10));
    lines.push(format!("  {ruler}"));
    lines.extend(CERTAIN.iter().map(|(label, sample)| row(&format!("{label} {sample}"), Ambiguous::Unknown)));
    lines.push(String::new());
    lines.push("2. 次の2行のうち、| が上の列とそろうほうが、この端末の幅です".to_owned());
    lines.push(format!("  {ruler}"));
    lines.push(row(&format!("1桁 {AMBIGUOUS}"), Ambiguous::One));
    lines.push(row(&format!("2桁 {AMBIGUOUS}"), Ambiguous::Two));
    lines.push(String::new());
    lines.extend(
        [
            "どう直すか",
            "・1でそろわない: 端末の文字コードをUTF-8に、文字を日本語の等幅フォントにしてください。",
            "・2の行: 普段は起動時に端末へ問い合わせるため、設定は要りません。表示が崩れるときだけ、そろったほうの桁数を",
            "  kyukyu --ambiguous-width 1（または 2）か、環境変数 KYUKYU_AMBIGUOUS_WIDTH で指定してください。",
            "・漢字がまったく出ない（Linuxコンソール）: 端末ソフトから接続するか、kmscon・fbterm を使ってください。",
            "・画面を使えない、読み上げで使う: kyukyu --plain を使ってください。",
        ]
        .map(str::to_owned),
    );
    lines
}

/// A sample with the mark where it ends up if the terminal is of this kind.
fn row(sample: &str, kind: Ambiguous) -> String {
    let used: usize =
        width::graphemes(sample).map(|(_, g, _)| usize::from(width::cells_where(kind, g))).sum();
    let mut line = format!("  {sample}");
    let _ = write!(line, "{}|", " ".repeat(MARK.saturating_sub(used)));
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    // Another version than the program's own, which counts as terminals do.
    use unicode_width_0_1::UnicodeWidthStr as _;

    fn cells(text: &str, two: bool) -> usize {
        let disputed = text.chars().filter(|c| AMBIGUOUS.contains(*c)).count();
        text.width_cjk() - if two { 0 } else { disputed }
    }

    #[test]
    fn the_marks_line_up_where_they_should() {
        let card = card("xterm", "ja_JP.UTF-8");
        let marked: Vec<&String> = card.iter().filter(|line| line.ends_with('|')).collect();
        assert_eq!(marked.len(), 10);
        let one = |line: &&&String| line.contains("1桁");
        let two = |line: &&&String| line.contains("2桁");
        for line in marked.iter().filter(|line| !one(line) && !two(line)) {
            assert_eq!(cells(line, false), MARK + 3, "{line}");
        }
        let (one, two) = (marked.iter().find(one).unwrap(), marked.iter().find(two).unwrap());
        assert_eq!(cells(one, false), MARK + 3);
        assert_eq!(cells(two, true), MARK + 3);
        assert_ne!(cells(one, true), MARK + 3, "on the other kind of terminal it does not line up");
        assert_ne!(cells(two, false), MARK + 3);
    }
}
