//! 8 操作ログ, one's own or everybody's, newest first. Opening it is on record.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines;
use crate::domain::Permission;
use crate::protocol::view::LogPage;
use crate::protocol::{Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Column, Extent, Fit, Selection, Table, Total};
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
    selection: Selection,
    older: bool,
}

impl Log {
    pub(super) fn new(page: LogPage, own: bool) -> Self {
        Self { page, own, selection: Selection::default(), older: false }
    }

    fn fetch(&mut self) -> Vec<Act> {
        let near = self.selection.row() + AHEAD >= self.page.lines.len();
        if !self.page.more || !near {
            return Vec::new();
        }
        self.older = true;
        let before = self.page.lines.last().map(|line| line.seq);
        vec![Act::Look(Request::ReadLog { before, own: self.own })]
    }
}

impl Page for Log {
    fn title(&self) -> String {
        let whose = if self.own { "自分の操作" } else { "すべての利用者" };
        format!("操作ログ（{whose}、新しい順）")
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![Command::Up, Command::Down, Command::PageUp, Command::PageDown];
        commands.extend([Command::Top, Command::Bottom, Command::Back, Command::Refresh]);
        if shell.may(Permission::Audit) || shell.may(Permission::Administer) {
            commands.extend([Command::NextTab, Command::PrevTab]);
        }
        let other = if self.own { "全利用者の履歴" } else { "自分の履歴" };
        shell
            .offers(Place::List, commands)
            .named(Command::NextTab, other)
            .named(Command::PrevTab, other)
            .named(Command::Back, "ホームへ")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let Meaning::Command(command) = meaning else { return Vec::new() };
        if self.selection.go(command, self.page.lines.len()) {
            return self.fetch();
        }
        match command {
            Command::Back => vec![Act::Ask(Request::Home)],
            Command::Refresh => vec![Act::Ask(Request::ReadLog { before: None, own: self.own })],
            Command::NextTab | Command::PrevTab => {
                self.own = !self.own;
                vec![Act::Ask(Request::ReadLog { before: None, own: self.own })]
            }
            _ => Vec::new(),
        }
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
                Vec::new()
            }
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
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
        let table = Table {
            columns: &columns,
            rows: self.page.lines.len(),
            total: if self.page.more { Total::AtLeast } else { Total::Here },
            cell: &cell,
            empty: "記録はありません。",
        };
        let code = format!("照合コード {}（書換えの確認用）", self.page.code);
        let code = if self.page.code.is_empty() { Vec::new() } else { vec![(Role::Text, code)] };
        let rest = lines::draw(frame, area, shell.theme, &code);
        table.draw(frame, rest, shell.theme, &self.selection);
    }
}
