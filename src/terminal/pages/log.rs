//! 8 操作ログ, one's own or everybody's, newest first: a list, what to look for in it, one entry alone, its check.
//! Opening it is on record, and so is every search.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines;
use super::log_form::LogForm;
use crate::domain::Permission;
use crate::log::search::Draft;
use crate::protocol::view::{LogEntryView, LogPage, VerifyView};
use crate::protocol::{Refusal, Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Column, Extent, Fit, Paragraph, Prompt, Selection, Table, Total};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Rows left below the marked one at which older entries are fetched.
const AHEAD: usize = 20;

/// The page.
#[derive(Debug)]
pub(super) struct Log {
    page: LogPage,
    own: bool,
    filter: Draft,
    selection: Selection,
    older: bool,
    over: Over,
}

/// What lies over the list.
#[derive(Debug)]
enum Over {
    Nothing,
    Form(LogForm),
    /// A text to read, with its title.
    Text(String, String, Paragraph),
}

impl Log {
    pub(super) fn new(page: LogPage, own: bool) -> Self {
        let (filter, selection) = (Draft::default(), Selection::default());
        Self { page, own, filter, selection, older: false, over: Over::Nothing }
    }

    fn request(&self, before: Option<u64>) -> Request {
        let own = self.own;
        if self.filter == Draft::default() {
            return Request::ReadLog { before, own };
        }
        Request::SearchLog { filter: Box::new(self.filter.clone()), before, own }
    }

    fn fetch(&mut self) -> Vec<Act> {
        let near = self.selection.row() + AHEAD >= self.page.lines.len();
        if !self.page.more || !near {
            return Vec::new();
        }
        self.older = true;
        let before = self.page.lines.last().map(|line| line.seq);
        vec![Act::Look(self.request(before))]
    }

    fn press_list(&mut self, shell: &Shell, command: Command) -> Vec<Act> {
        if self.selection.go(command, self.page.lines.len()) {
            return self.fetch();
        }
        match command {
            Command::Back if self.filter != Draft::default() => {
                self.filter = Draft::default();
                vec![Act::Ask(self.request(None))]
            }
            Command::Back => vec![Act::Ask(Request::Home)],
            Command::Refresh => vec![Act::Ask(self.request(None))],
            Command::NextTab | Command::PrevTab => {
                self.own = !self.own;
                vec![Act::Ask(self.request(None))]
            }
            Command::Filter => {
                self.over = Over::Form(LogForm::new(&self.filter, self.own));
                Vec::new()
            }
            Command::Accept => {
                let line = self.page.lines.get(self.selection.row());
                let own = self.own;
                line.map(|line| Act::Ask(Request::ShowLogEntry { seq: line.seq, own })).into_iter().collect()
            }
            Command::Verify if may_see_all(shell) => {
                let words = "操作ログを検証中（数分かかることがあります）";
                vec![Act::Say(Role::Text, words.to_owned()), Act::Ask(Request::VerifyLog)]
            }
            _ => Vec::new(),
        }
    }

    fn press_form(&mut self, meaning: Meaning) -> Vec<Act> {
        let Over::Form(form) = &mut self.over else { return Vec::new() };
        match meaning {
            // What was typed stays for the next time.
            Meaning::Command(Command::Back) => self.over = Over::Nothing,
            Meaning::Command(Command::Send) => {
                if form.is_right() {
                    self.filter = form.draft();
                    return vec![Act::Ask(self.request(None))];
                }
            }
            meaning => form.press(meaning),
        }
        Vec::new()
    }

    /// Nothing was found: where else to look. Only one's own were looked at as long as nobody asked for all.
    fn nothing_found(&self, shell: &Shell) -> String {
        let offers = self.offers(shell);
        let key = |command| shell.key(&offers, command).unwrap_or_default();
        let others = if self.own && may_see_all(shell) {
            format!("自分の操作だけを探しました。{} で全利用者を探します。\n", key(Command::NextTab))
        } else {
            String::new()
        };
        let (filter, back) = (key(Command::Filter), key(Command::Back));
        format!(
            "条件に合う記録はありません。\n{others}{filter} で条件を変えるか、{back} で条件を外してください。"
        )
    }

    fn draw_list(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let columns = [
            Column { title: "番号", extent: Extent::Cells(7), fit: Fit::Cut },
            Column { title: "日時", extent: Extent::Cells(19), fit: Fit::Cut },
            Column { title: "利用者", extent: Extent::Cells(10), fit: Fit::Cut },
            Column { title: "内容", extent: Extent::Rest, fit: Fit::Must },
        ];
        let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
            let Some(line) = self.page.lines.get(row) else { return (Cow::Borrowed(""), Role::Text) };
            let text = match column {
                0 => line.seq.to_string(),
                1 => line.at.to_string(),
                2 => line.user.to_string(),
                _ if line.training => format!("【訓練】{}", line.words),
                _ => line.words.to_string(),
            };
            (Cow::Owned(text), Role::Text)
        };
        let known = self.page.total.and_then(|total| usize::try_from(total).ok());
        let filtered = !self.page.words.is_empty();
        let empty =
            if filtered { self.nothing_found(shell) } else { "記録はありません。".to_owned() };
        let table = Table {
            columns: &columns,
            rows: self.page.lines.len(),
            total: match (self.page.more, known) {
                (false, _) => Total::Here,
                (true, Some(total)) => Total::Of(total),
                (true, None) => Total::AtLeast,
            },
            cell: &cell,
            empty: &empty,
        };
        let mut above = Vec::new();
        if !self.page.code.is_empty() {
            above.push((Role::Text, format!("照合コード {}（書換えの確認用）", self.page.code)));
        }
        if filtered {
            above.push((Role::Strong, format!("絞り込み中: {}", self.page.words)));
        }
        if filtered && !self.filter.name.trim().is_empty() {
            above.push((Role::Caution, Draft::NAME_ALONE.to_owned()));
        }
        let rest = lines::draw(frame, area, shell.theme, &above);
        table.draw(frame, rest, shell.theme, &self.selection);
    }
}

fn may_see_all(shell: &Shell) -> bool {
    shell.may(Permission::Audit) || shell.may(Permission::Administer)
}

/// One entry as text.
fn entry(view: &LogEntryView) -> String {
    let training = if view.training { "【訓練】" } else { "" };
    let mut text = format!("番号: {}\n日時: {} {training}\n", view.seq, view.at);
    for (name, words) in &view.fields {
        text.push_str(&format!("{name}: {words}\n"));
    }
    text.push_str(&format!("連鎖ハッシュ: {}", view.hash));
    text
}

/// What a check found, as text.
fn verified(found: &VerifyView) -> String {
    let mut text = format!("{}件を検証しました（検索用の索引を含みます）。\n", found.entries);
    if found.faults.is_empty() {
        text.push_str("異常はありません。\n");
    } else {
        text.push_str("【警告】操作ログに異常があります。このステーションの利用を止め、システム管理者と監査担当に連絡してください。\n");
        found.faults.iter().for_each(|fault| text.push_str(&format!("  {fault}\n")));
    }
    text.push_str(&format!("最新のハッシュ値: {}", found.head));
    text
}

impl Page for Log {
    fn title(&self) -> String {
        let whose = if self.own { "自分の操作" } else { "すべての利用者" };
        match &self.over {
            Over::Nothing => format!("操作ログ（{whose}、新しい順）"),
            Over::Form(_) => format!("操作ログの検索（{whose}）"),
            Over::Text(title, ..) => title.clone(),
        }
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![Command::Up, Command::Down, Command::PageUp, Command::PageDown];
        commands.extend([Command::Top, Command::Bottom, Command::Back]);
        match &self.over {
            Over::Form(form) => return form.offers(shell),
            Over::Text(..) => return shell.offers(Place::List, commands).named(Command::Back, "一覧へ"),
            Over::Nothing => commands.extend([Command::Refresh, Command::Filter, Command::Accept]),
        }
        if may_see_all(shell) {
            commands.extend([Command::NextTab, Command::PrevTab, Command::Verify]);
        }
        let other = if self.own { "全利用者の履歴" } else { "自分の履歴" };
        let back = if self.filter == Draft::default() { "ホームへ" } else { "条件を外す" };
        shell
            .offers(Place::Log, commands)
            .named(Command::NextTab, other)
            .named(Command::PrevTab, other)
            .named(Command::Filter, "検索")
            .named(Command::Accept, "詳細")
            .named(Command::Back, back)
    }

    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        match (&mut self.over, meaning) {
            (Over::Form(_), meaning) => self.press_form(meaning),
            (Over::Text(..), Meaning::Command(Command::Back)) => {
                self.over = Over::Nothing;
                Vec::new()
            }
            (Over::Text(_, _, scroll), Meaning::Command(command)) => {
                scroll.scroll(command);
                Vec::new()
            }
            (Over::Nothing, Meaning::Command(command)) => self.press_list(shell, command),
            _ => Vec::new(),
        }
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        if let Over::Form(form) = &mut self.over {
            form.paste(pasted);
        }
        Vec::new()
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Log(page) if std::mem::take(&mut self.older) => {
                self.page.lines.extend(page.lines);
                self.page.more = page.more;
                Vec::new()
            }
            Reply::Log(page) => {
                self.page = page;
                self.selection = Selection::default();
                self.over = Over::Nothing;
                Vec::new()
            }
            Reply::LogEntry(view) => {
                let title = format!("操作ログ 番号 {} の詳細", view.seq);
                self.over = Over::Text(title, entry(&view), Paragraph::default());
                Vec::new()
            }
            Reply::Verified(found) => {
                let title = "操作ログの検証結果".to_owned();
                self.over = Over::Text(title, verified(&found), Paragraph::default());
                vec![Act::Unsay]
            }
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        self.older = false;
        if let Over::Form(form) = &mut self.over {
            form.refused(refusal);
        }
        vec![Act::Say(Role::Danger, refusal.words.to_string())]
    }

    fn prompt(&self) -> Option<Prompt> {
        match &self.over {
            Over::Form(form) => form.prompt(),
            _ => None,
        }
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        match &self.over {
            Over::Nothing => self.draw_list(shell, frame, area),
            Over::Form(form) => form.draw(shell, frame, area),
            Over::Text(_, text, scroll) => scroll.draw(frame, area, shell.theme, text),
        }
    }
}
