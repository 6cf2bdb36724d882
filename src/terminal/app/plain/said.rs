//! What is said: the lines of a page that are new, then the question.

use super::super::model::{Model, Over};
use super::answer;
use crate::terminal::keymap::Command;
use crate::terminal::widgets::{Prompt, Wants};
use std::io;

const WELCOME: &str = "読み上げ用の表示（--plain）です。質問に1行ずつ答えます。番号で選び、空行で次へ進みます。\n\
コロンで始まる行は操作です。:help 操作の一覧、:again 画面の読み直し、:quit 終了。";
const BY_ITSELF: &str = "この端末（TERM=dumb）では画面を描けないため、この表示に切り替えました。";
const STAYS: &str =
    "注意: この端末では、表示した内容を消去できません。離れるときは端末の履歴も消してください。";

/// Remembers what was said.
pub(super) struct Mouth {
    /// The terminal can be told to forget what it showed.
    can_clear: bool,
    before: Vec<String>,
    marked: Option<String>,
    /// Which page, and what lies over it.
    at: Option<(u64, bool)>,
    /// The question that stands there without an answer.
    asked: Option<String>,
    /// Something was said since a line was heard.
    spoke: bool,
    /// A line was heard and nothing said since.
    quiet_answer: bool,
}

impl Mouth {
    pub(super) fn new(can_clear: bool) -> Self {
        Self {
            can_clear,
            before: Vec::new(),
            marked: None,
            at: None,
            asked: None,
            spoke: false,
            quiet_answer: false,
        }
    }

    pub(super) fn welcome(&mut self, by_itself: bool) -> io::Result<()> {
        for line in WELCOME.lines() {
            self.line(line)?;
        }
        if by_itself {
            self.line(BY_ITSELF)?;
        }
        if !self.can_clear {
            self.line(STAYS)?;
        }
        Ok(())
    }

    /// Clears what can be cleared: nothing of the patient stays.
    pub(super) fn farewell(&mut self) -> io::Result<()> {
        self.wipe()?;
        self.line("終了しました。")
    }

    pub(super) fn wipe(&mut self) -> io::Result<()> {
        self.forget();
        if self.can_clear { write("\x1b[H\x1b[2J\x1b[3J") } else { write(&"\n".repeat(60)) }
    }

    /// The whole page is said again.
    pub(super) fn forget(&mut self) {
        self.before.clear();
        self.marked = None;
        self.at = None;
        self.asked = None;
    }

    /// A line was typed: the question it answers is done with. Behind one that was not echoed, the terminal still
    /// stands in the line of the question.
    pub(super) fn heard(&mut self, echoed: bool) -> io::Result<()> {
        let asked = self.asked.take().is_some();
        self.quiet_answer = true;
        if asked && !echoed { write("\n") } else { Ok(()) }
    }

    /// Says a line of its own, breaking a question that stands there.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        if self.asked.take().is_some() {
            write("\n")?;
        }
        self.spoke = true;
        self.quiet_answer = false;
        write(&format!("{text}\n"))
    }

    /// Says what is new on the page; of another page, all of it.
    pub(super) fn page(&mut self, model: &Model, text: &str) -> io::Result<()> {
        let now: Vec<String> = text.lines().map(tidy).filter(|line| !line.is_empty()).collect();
        let at = (model.generation, matches!(model.over, Some(Over::Leave(..))));
        let another = self.at != Some(at);
        self.at = Some(at);
        let fresh = if another { now.clone() } else { news(&self.before, &now) };
        let marked = now.iter().find(|line| line.starts_with("> ")).cloned();
        let by_number = answer::prompt(model).is_none_or(|prompt| matches!(prompt.wants, Wants::Answer(_)));
        let moved = !another && marked != self.marked && by_number;
        if another && !now.is_empty() {
            self.line("")?;
        }
        for line in &fresh {
            self.line(line)?;
        }
        if let Some(marked) = marked.as_ref().filter(|marked| moved && !fresh.contains(marked)) {
            self.line(marked)?;
        }
        if another && !now.is_empty() {
            self.commands(model, false)?;
        }
        // What was said before and is said again, such as the same refusal, must not pass in silence.
        if self.quiet_answer
            && let Some((_, words)) = &model.shell.said
        {
            self.line(words)?;
        }
        (self.before, self.marked) = (now, marked);
        Ok(())
    }

    /// What can be done here.
    pub(super) fn commands(&mut self, model: &Model, all: bool) -> io::Result<()> {
        let hints = answer::named(model);
        let one = |name: &str, text: &str| format!(":{name} {text}");
        let mut named: Vec<String> = hints.iter().map(|hint| one(hint.command.name(), &hint.text)).collect();
        if all {
            let more = [
                (Command::PageUp, "前のページ"),
                (Command::PageDown, "次のページ"),
                (Command::PrevField, "前の欄"),
            ];
            let offers = model.offers();
            let offered = more.into_iter().filter(|(command, _)| offers.has(*command));
            named.extend(offered.map(|(command, text)| one(command.name(), text)));
            named.extend([one("again", "画面の読み直し"), one("help", "この一覧")]);
            for line in named {
                self.line(&line)?;
            }
            return self.line("操作の名前は、ほかと区別できるところまでで通じます。コロンで始まる文字を入力するときは、コロンを2つ付けます。");
        }
        self.line(&format!("操作: {}", named.join("、")))
    }

    /// Asks, unless the same question stands there already.
    pub(super) fn prompt(&mut self, model: &Model) -> io::Result<()> {
        let waiting = !model.settled() || model.shell.welcome.is_none() && model.shell.away_since.is_none();
        if waiting {
            return Ok(());
        }
        let question = question(model);
        if self.asked.as_ref() == Some(&question) {
            return Ok(());
        }
        if self.asked.is_some() {
            write("\n")?;
        }
        write(&question)?;
        self.asked = Some(question);
        self.spoke = false;
        Ok(())
    }
}

/// The question as it stands there.
fn question(model: &Model) -> String {
    let Some(Prompt { label, wants }) = answer::prompt(model) else {
        let offers = model.offers();
        let opens = model.shell.keymap.keys_for(&offers, Command::Accept).map(|hint| hint.text);
        return match opens {
            Some(opens) => format!("番号で行を選択、空行で「{opens}」> "),
            None => "操作 > ".to_owned(),
        };
    };
    let list = |options: &mut dyn Iterator<Item = String>| options.collect::<Vec<_>>().join("\n");
    match wants {
        Wants::Text => format!("{label} > "),
        Wants::Secret => format!("{label}（表示されません）> "),
        Wants::Button => format!("空行で「{label}」> "),
        Wants::Choice { options, many } => {
            let chosen = if many { "（印あり）" } else { "（選択中）" };
            let mut lines = options
                .iter()
                .enumerate()
                .map(|(at, (on, text))| format!("  {}. {text}{}", at + 1, if *on { chosen } else { "" }));
            let how = if many { "番号で印を付ける・外す" } else { "番号で選ぶ" };
            format!("{label}\n{}\n{how} > ", list(&mut lines))
        }
        Wants::Answer(_) => "番号で選び、空行で決定 > ".to_owned(),
    }
}

/// A line without the blanks that only lay it out.
fn tidy(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut blanks = 0;
    for c in line.trim_end().chars() {
        blanks = if c == ' ' { blanks + 1 } else { 0 };
        if blanks <= 2 {
            out.push(c);
        }
    }
    if out.trim().is_empty() { String::new() } else { out }
}

/// A line without the marks of where one is.
fn unmarked(line: &str) -> String {
    let line = line.strip_prefix('>').unwrap_or(line).trim();
    [">( )", ">(*)", ">[ ]", ">[x]"]
        .iter()
        .fold(line.to_owned(), |line, mark| line.replace(mark, mark.trim_start_matches('>')))
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The lines that were not there before; one that only got or lost a mark is not new.
fn news(before: &[String], now: &[String]) -> Vec<String> {
    let mut old: Vec<String> = before.iter().map(|line| unmarked(line)).collect();
    let mut fresh = Vec::new();
    for line in now {
        let bare = unmarked(line);
        match old.iter().position(|was| *was == bare) {
            Some(at) => drop(old.swap_remove(at)),
            // How many characters a password has is nobody's business.
            None if bare.contains("[**") => {}
            None => fresh.push(line.clone()),
        }
    }
    fresh
}

/// Straight to standard output, all of it.
fn write(text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_said() {
        let lines = |text: &str| text.lines().map(tidy).filter(|l| !l.is_empty()).collect::<Vec<_>>();
        let before = lines("見出し\n> 氏名   [          ]\n  カナ   [          ]\n  性別   ( ) 男  ( ) 女");
        let now = lines("見出し\n  氏名   [青葉      ]\n> カナ   [          ]\n  性別  >( ) 男  ( ) 女");
        assert_eq!(news(&before, &now), ["  氏名  [青葉  ]"]);
        assert_eq!(news(&now, &now), [""; 0]);
        // The same line twice is two lines.
        assert_eq!(news(&lines("a"), &lines("a\na")), ["a"]);
    }
}
