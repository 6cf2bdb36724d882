//! 7 閲覧: sections with their counts, the rows, and below them the period, the time lag and what cannot be seen.

use super::super::app::{Act, Goto, Page, Shell};
use super::finding::Finding;
use super::lines::{self, Line, WIDE};
use super::{rows, tabs, words};
use crate::domain::SafeText;
use crate::domain::caution::Moment;
use crate::domain::period::{self, Kind, Section};
use crate::protocol::view::{EnquiryView, Rows, SummaryPage};
use crate::protocol::{Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::put::put;
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Column, Extent, Fit, Prompt, Selection, Table, Total, Wants};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::time::Instant;

/// Rows left below the marked one at which the next page is fetched.
const AHEAD: usize = 20;

/// So many names of what was not understood are shown; the cautions must keep their place.
const UNKNOWN: usize = 5;

/// The page.
#[derive(Debug)]
pub(super) struct Reading {
    view: EnquiryView,
    page: SummaryPage,
    selection: Selection,
    filter: Option<Finding>,
    /// The rows that the filter lets through, by number.
    shown: Vec<usize>,
    /// The caution of the result in full, also where rows must give way to it: until the person moves on.
    notes_open: bool,
    /// The sections whose notes were on the screen in full when the person moved on: on a small screen one line is
    /// left of them, and the rows get the room.
    noted: Vec<Section>,
}

/// How much of the notes is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notes {
    /// The caution of the result too.
    All,
    /// What is particular to the section.
    Own,
    /// One line.
    Brief,
}

impl Reading {
    pub(super) fn new(view: EnquiryView, page: SummaryPage) -> Self {
        let mut reading = Self {
            view,
            page,
            selection: Selection::by_half_windows(),
            filter: None,
            shown: Vec::new(),
            notes_open: true,
            noted: Vec::new(),
        };
        reading.sift();
        reading
    }

    fn total(&self) -> usize {
        let of = self.page.counts.iter().find(|(section, _)| *section == self.page.section);
        of.map_or(0, |(_, count)| *count)
    }

    fn loaded(&self) -> usize {
        rows::len(&self.page.rows)
    }

    /// Applies the filter to the rows that are here.
    fn sift(&mut self) {
        let wanted = self.filter.as_ref().map(Finding::wanted);
        let keeps = |at: &usize| wanted.as_ref().is_none_or(|wanted| rows::has(&self.page.rows, *at, wanted));
        self.shown = (0..self.loaded()).filter(keeps).collect();
        let last = self.shown.len().saturating_sub(1);
        self.selection.select(self.selection.row().min(last));
    }

    fn ask(&self, section: Section) -> Act {
        Act::Ask(Request::ReadSummary { enquiry: self.view.id.clone(), section, from: 0 })
    }

    /// Fetches the next page when the end comes near, or all of them while a filter is set.
    fn fetch(&self) -> Vec<Act> {
        let more = self.loaded() < self.total();
        let near = self.selection.row() + AHEAD >= self.shown.len();
        if more && (near || self.filter.is_some()) {
            let (enquiry, section) = (self.view.id.clone(), self.page.section);
            vec![Act::Look(Request::ReadSummary { enquiry, section, from: self.loaded() })]
        } else {
            Vec::new()
        }
    }

    fn switch(&mut self, forward: bool) -> Vec<Act> {
        let all = Section::ALL;
        let at = all.iter().position(|section| *section == self.page.section).unwrap_or(0);
        let to = if forward { (at + 1) % all.len() } else { (at + all.len() - 1) % all.len() };
        all.get(to).map(|section| self.ask(*section)).into_iter().collect()
    }

    fn press_filter(&mut self, now: Instant, meaning: Meaning) -> Vec<Act> {
        let Some(filter) = &mut self.filter else { return Vec::new() };
        match meaning {
            Meaning::Command(Command::Back) => self.filter = None,
            Meaning::Command(Command::Accept) => {
                filter.typing = false;
                return self.fetch();
            }
            Meaning::Command(command) if self.selection.go(command, self.shown.len()) => return Vec::new(),
            Meaning::Text(c) => {
                if filter.editor.insert(c).is_ok() {
                    filter.edited(now);
                }
            }
            Meaning::Command(command) => {
                filter.editor.edit(command);
                filter.edited(now);
            }
            _ => return Vec::new(),
        }
        self.sift_anew()
    }

    /// Of other hits the newest is marked: the one that is read first.
    fn sift_anew(&mut self) -> Vec<Act> {
        self.selection.select(0);
        self.sift();
        self.fetch()
    }

    fn typing(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.typing)
    }

    fn unfilter(&mut self) {
        self.filter = None;
        self.sift();
    }

    /// Period, time lag and what cannot be seen of the section: never far from the rows.
    fn notes(&self, shell: &Shell, how: Notes) -> Vec<Line> {
        let section = self.page.section;
        let mut notes = if how == Notes::Brief {
            let brief = period::in_brief(section, Kind::Summary, self.page.as_of);
            let key = shell.key(&self.offers(shell), Command::Notes);
            let again = key.map(|key| format!("／全文は {key}")).unwrap_or_default();
            vec![(Role::Caution, format!("{brief}{again}"))]
        } else {
            let hidden = period::hidden(section, Kind::Summary, self.page.as_of);
            vec![(Role::Caution, hidden.words), (Role::Text, period::notice(section, Kind::Summary))]
        };
        let elsewhere = self.page.counts.iter().find(|(of, _)| *of == Section::EPrescription);
        if let (Section::Drugs, Some((_, count @ 1..))) = (section, elsewhere) {
            let words = if how == Notes::Brief {
                format!("電子処方箋情報にも{count}件（新しい用量・重なる調剤はそちらだけに表示）")
            } else {
                format!(
                    "電子処方箋情報にも{count}件あります（新しい用量や、ここと重なる調剤はそちらだけに表示）。"
                )
            };
            notes.insert(0, (Role::Caution, words));
        }
        if how == Notes::All {
            notes.extend(Moment::Result.sentences().iter().map(|sentence| (Role::Text, sentence.clone())));
        }
        let unknown = &self.page.unknown;
        if !unknown.is_empty() {
            let names: Vec<&str> = unknown.iter().take(UNKNOWN).map(SafeText::as_str).collect();
            let more = unknown.len().saturating_sub(UNKNOWN);
            let more = if more > 0 { format!(" ほか{more}件") } else { String::new() };
            notes.push((Role::Caution, format!("不明な項目あり: {}{more}", names.join(", "))));
        }
        notes
    }

    /// How much of the notes has its place. Where there are no rows, nobody may take that for an answer, and there is
    /// room.
    fn how(&self, height: u16) -> Notes {
        if self.notes_open || height >= ROOMY {
            Notes::All
        } else if self.noted.contains(&self.page.section) && !self.shown.is_empty() {
            Notes::Brief
        } else {
            Notes::Own
        }
    }

    /// The person goes on from what was on the screen.
    fn move_on(&mut self) {
        self.notes_open = false;
        if !self.noted.contains(&self.page.section) {
            self.noted.push(self.page.section);
        }
    }

    /// The label of a section with the number of its rows.
    fn sections(&self) -> Vec<(bool, String)> {
        let counts = self.page.counts.iter();
        counts
            .map(|(section, count)| (*section == self.page.section, format!("{} {count}", section.label())))
            .collect()
    }
}

impl Page for Reading {
    fn title(&self) -> String {
        let late = if self.page.late { "  ※遅れて届いた応答" } else { "" };
        let created = self.page.created.map_or_else(String::new, |d| format!("  作成日 {}", d.western()));
        format!("救急用サマリー  取得 {}{created}{late}", self.page.retrieved)
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let moves = [Command::Up, Command::Down];
        if self.typing() {
            let commands = moves.into_iter().chain([Command::Accept, Command::Back]);
            return shell.offers(Place::FilterLine, commands).named(Command::Back, "絞り込みをやめる");
        }
        let mut commands = moves.to_vec();
        commands.extend([Command::PageUp, Command::PageDown, Command::Top, Command::Bottom]);
        commands.extend([Command::NextTab, Command::PrevTab, Command::Filter, Command::Back]);
        // Where there is room for all of them, they are always shown.
        commands.extend((shell.room.get().1 < ROOMY).then_some(Command::Notes));
        let back = if self.filter.is_some() { "絞り込みをやめる" } else { "ホームへ" };
        shell.offers(Place::Reading, commands).named(Command::Back, back)
    }

    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        if self.typing() {
            return self.press_filter(shell.now, meaning);
        }
        let Meaning::Command(command) = meaning else { return Vec::new() };
        if self.selection.go(command, self.shown.len()) {
            self.move_on();
            return self.fetch();
        }
        match command {
            Command::Notes => {
                self.notes_open = !self.notes_open;
                Vec::new()
            }
            Command::NextTab => self.switch(true),
            Command::PrevTab => self.switch(false),
            Command::Filter => {
                self.filter.get_or_insert_with(Finding::new).typing = true;
                self.move_on();
                self.fetch()
            }
            Command::Back if self.filter.is_some() => {
                self.unfilter();
                Vec::new()
            }
            Command::Back => vec![Act::Ask(Request::Home)],
            _ => Vec::new(),
        }
    }

    fn paste(&mut self, shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        if let Some(filter) = self.filter.as_mut().filter(|filter| filter.typing) {
            let pasted = filter.editor.paste(pasted.as_str());
            filter.edited(shell.now);
            let mut acts = self.sift_anew();
            acts.extend(pasted.err().map(|why| Act::Say(Role::Danger, why.to_string())));
            return acts;
        }
        Vec::new()
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Summary(page) if page.from > 0 => {
                // Rows of a section that was left meanwhile concern nobody.
                if page.section != self.page.section || page.from != self.loaded() {
                    return Vec::new();
                }
                rows::append(&mut self.page.rows, page.rows);
                self.sift();
                self.fetch()
            }
            // The word that is looked for stays from section to section: that is how its hits are read.
            Reply::Summary(page) => {
                self.page = *page;
                self.selection.select(0);
                self.sift();
                self.fetch()
            }
            Reply::Found { text, hits } => {
                if let Some(filter) = &mut self.filter {
                    filter.counted(text, hits);
                }
                self.fetch()
            }
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.filter.as_ref().and_then(Finding::due)
    }

    fn tick(&mut self, _shell: &Shell) -> Vec<Act> {
        let enquiry = &self.view.id;
        self.filter.as_mut().map(|filter| Act::Look(filter.ask(enquiry))).into_iter().collect()
    }

    fn patient(&self, shell: &Shell) -> Vec<String> {
        let person = &self.page.person;
        let mut lines = words::answer_person(person, shell.today());
        if shell.latin {
            lines.push(words::latin(&person.kana, person.birthdate, person.sex, shell.today()));
        }
        lines.push(words::case(&self.page.case));
        lines
    }

    fn prompt(&self) -> Option<Prompt> {
        self.typing().then(|| Prompt { label: "絞り込み".to_owned(), wants: Wants::Text })
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let notes = self.notes(shell, self.how(area.height));
        let height = lines::height(&notes, area.width).min(area.height * 2 / 3);
        let body = Rect { height: area.height - height, ..area };
        lines::draw(frame, Rect { y: body.bottom(), height, ..area }, shell.theme, &notes);
        let mut rest = if area.width >= WIDE && !shell.theme.linear() {
            self.draw_sections(shell, frame, body)
        } else {
            tabs::draw(frame, body, shell.theme, &self.sections())
        };
        let Some(filter) = &self.filter else { return self.draw_rows(shell, frame, rest) };
        let strong = shell.theme.style(Role::Strong);
        let x = put(frame.buffer_mut(), rest.x, rest.y, rest.width, "絞り込み: ", strong);
        let line = Rect::new(x, rest.y, rest.right().saturating_sub(x).min(30), 1);
        let caret = filter.editor.draw(frame.buffer_mut(), line, shell.theme.style(Role::Focus));
        rest = Rect { y: rest.y + 1, height: rest.height.saturating_sub(1), ..rest };
        let loading = self.loaded() < self.total();
        let hits = filter.words(self.page.section, self.shown.len(), loading);
        rest = lines::draw(frame, rest, shell.theme, &[(Role::Strong, hits)]);
        self.draw_rows(shell, frame, rest);
        if let Some(caret) = caret.filter(|_| filter.typing) {
            frame.set_cursor_position(caret);
        }
    }
}

/// From this height on, the notes need not give way to the rows.
const ROOMY: u16 = 28;

/// From this width on, the pieces of a row stand in columns.
const COLUMNS_FROM: u16 = 90;

impl Reading {
    /// The sections one below the other on the left; gives what is left beside them.
    fn draw_sections(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) -> Rect {
        let sections = self.sections();
        let cells = sections.iter().map(|(_, label)| width::cells(label)).max().unwrap_or(0) + 2;
        for ((here, label), y) in sections.iter().zip(area.y..area.bottom()) {
            let text = format!("{} {label}", if *here { ">" } else { " " });
            let role = if *here { Role::Strong } else { Role::Text };
            put(frame.buffer_mut(), area.x, y, cells, &text, shell.theme.style(role));
        }
        let x = area.x + cells + 1;
        Rect { x, width: area.right().saturating_sub(x), ..area }
    }

    fn draw_rows(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let wide = area.width >= COLUMNS_FROM;
        let drugs = matches!(self.page.rows, Rows::Drugs(_));
        let column = |title, extent| Column { title, extent, fit: Fit::Must };
        let heading = format!("{}（新しい順）", self.page.section.label());
        let in_columns = [
            column("年月日", Extent::Cells(10)),
            column(&heading, Extent::Rest),
            column("用量・用法", if drugs { Extent::Rest } else { Extent::Cells(12) }),
            column("出典・医療機関", Extent::Rest),
        ];
        let stacked = [column(&heading, Extent::Rest)];
        let total = if self.filter.is_none() && self.loaded() < self.total() {
            Total::Of(self.total())
        } else {
            Total::Here
        };
        // The table asks for a row several times: to measure it, and for each column.
        let made: Vec<OnceCell<Vec<String>>> = vec![OnceCell::new(); self.shown.len()];
        let make = |at: usize| {
            let row = self.shown.get(at).and_then(|row| rows::row(&self.page.rows, *row)).unwrap_or_default();
            if wide { vec![row.when, row.what, row.amount, row.source] } else { vec![row.stacked()] }
        };
        let cell = |at: usize, column: usize| -> (Cow<'_, str>, Role) {
            let row = made.get(at).map(|row| row.get_or_init(|| make(at)));
            (Cow::Borrowed(row.and_then(|row| row.get(column)).map_or("", String::as_str)), Role::Text)
        };
        let empty = match self.filter {
            Some(_) => "この区分には、絞り込みに合う行はありません。ほかの区分の件数は上に表示しています。",
            None => {
                "表示できる記録はありません。画面の下にある、表示されない情報の説明を確かめてください。服薬や受診がなかったことを意味しません。"
            }
        };
        let columns: &[Column<'_>] = if wide { &in_columns } else { &stacked };
        let table = Table { columns, rows: self.shown.len(), total, cell: &cell, empty };
        table.draw(frame, area, shell.theme, &self.selection);
    }
}
