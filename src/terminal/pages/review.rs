//! 9 事後確認: what waits for a reviewer, and the patients who have not been told. For 監査権限. Showing it is on record, so
//! it is not asked for anew by itself.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines::{self, WIDE};
use crate::protocol::reviews::{ExplanationRow, ReviewList, ReviewRow};
use crate::protocol::{Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Column, Extent, Fit, Selection, Table, Total};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Rows left below the marked one at which more are fetched.
const AHEAD: usize = 20;

/// The page.
#[derive(Debug)]
pub(super) struct Reviews {
    list: ReviewList,
    /// The other tab: explanations that are due, once they were asked for.
    explanations: Option<(Vec<ExplanationRow>, bool)>,
    selection: Selection,
    /// More rows were asked for, not the first ones.
    further: bool,
}

impl Reviews {
    pub(super) fn new(list: ReviewList) -> Self {
        Self { list, explanations: None, selection: Selection::default(), further: false }
    }

    fn rows(&self) -> usize {
        self.explanations.as_ref().map_or(self.list.rows.len(), |(rows, _)| rows.len())
    }

    fn first(&self) -> Request {
        match &self.explanations {
            Some(_) => Request::ListExplanations { after: None },
            None => Request::ListReviews { overdue: false, after: None },
        }
    }

    fn fetch(&mut self) -> Vec<Act> {
        let more = self.explanations.as_ref().map_or(self.list.more, |(_, more)| *more);
        if !more || self.selection.row() + AHEAD < self.rows() {
            return Vec::new();
        }
        self.further = true;
        vec![Act::Look(match &self.explanations {
            Some((rows, _)) => {
                Request::ListExplanations { after: rows.last().map(|row| row.enquiry.clone()) }
            }
            None => Request::ListReviews {
                overdue: false,
                after: self.list.rows.last().map(|row| row.review.clone()),
            },
        })]
    }

    fn open(&self) -> Vec<Act> {
        let at = self.selection.row();
        let request = match &self.explanations {
            Some((rows, _)) => rows.get(at).map(|row| Request::ShowSlip { enquiry: row.enquiry.clone() }),
            None => self.list.rows.get(at).map(|row| Request::ShowReview { review: row.review.clone() }),
        };
        request.map(Act::Ask).into_iter().collect()
    }
}

impl Page for Reviews {
    fn title(&self) -> String {
        match &self.explanations {
            Some((rows, more)) => {
                format!("患者への事後説明  未了 {}件{}", rows.len(), if *more { "以上" } else { "" })
            }
            None => format!(
                "事後確認  未了 {}件（うち期限超過 {}件・優先 {}件）",
                self.list.open, self.list.overdue, self.list.priority
            ),
        }
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![Command::Back, Command::Refresh, Command::NextTab, Command::PrevTab];
        if self.rows() > 0 {
            commands.extend([Command::Accept, Command::Up, Command::Down, Command::PageUp]);
            commands.extend([Command::PageDown, Command::Top, Command::Bottom]);
        }
        let (open, other) = if self.explanations.is_some() {
            ("説明書を表示", "事後確認へ")
        } else {
            ("内容を表示", "事後説明へ")
        };
        shell
            .offers(Place::List, commands)
            .named(Command::Accept, open)
            .named(Command::NextTab, other)
            .named(Command::PrevTab, other)
            .named(Command::Back, "ホームへ")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let Meaning::Command(command) = meaning else { return Vec::new() };
        if self.selection.go(command, self.rows()) {
            return self.fetch();
        }
        match command {
            Command::Back => vec![Act::Ask(Request::Home)],
            Command::Refresh => vec![Act::Ask(self.first())],
            Command::Accept => self.open(),
            Command::NextTab | Command::PrevTab => vec![Act::Ask(match self.explanations {
                Some(_) => Request::ListReviews { overdue: false, after: None },
                None => Request::ListExplanations { after: None },
            })],
            _ => Vec::new(),
        }
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        let further = std::mem::take(&mut self.further);
        match reply {
            Reply::Reviews(list) if further && self.explanations.is_none() => {
                let rows = std::mem::take(&mut self.list.rows);
                self.list = *list;
                self.list.rows.splice(0..0, rows);
            }
            Reply::Reviews(list) => {
                if self.explanations.take().is_some() {
                    self.selection = Selection::default();
                }
                self.list = *list;
                self.selection.select(self.selection.row().min(self.rows().saturating_sub(1)));
            }
            Reply::Explanations { rows, more } => match &mut self.explanations {
                Some((before, there_are)) if further => {
                    before.extend(rows);
                    *there_are = more;
                }
                explanations => {
                    *explanations = Some((rows, more));
                    self.selection = Selection::default();
                }
            },
            Reply::Review(view) => return vec![Act::Go(Goto::Review(view))],
            Reply::Slip(slip) => return vec![Act::Go(Goto::Slip(slip, None))],
            Reply::Home(home) => return vec![Act::Go(Goto::Home(home))],
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        match &self.explanations {
            Some((rows, more)) => draw_explanations(rows, *more, &self.selection, shell, frame, area),
            None => self.draw_reviews(shell, frame, area),
        }
    }
}

impl Reviews {
    fn draw_reviews(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let wide = area.width >= WIDE;
        let columns = [
            Column { title: "番号", extent: Extent::Cells(8), fit: Fit::Cut },
            Column { title: "日時", extent: Extent::Cells(16), fit: Fit::Cut },
            Column {
                title: "関わった人", extent: Extent::Cells(if wide { 30 } else { 14 }), fit: Fit::Must
            },
            Column { title: "内容", extent: Extent::Rest, fit: Fit::Must },
        ];
        let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
            let Some(row) = self.list.rows.get(row) else { return (Cow::Borrowed(""), Role::Text) };
            let role = if row.overdue || !row.priority.is_empty() { Role::Caution } else { Role::Text };
            let text = match column {
                0 => row.review.to_string(),
                1 => row.at.to_string(),
                2 => row.people.to_string(),
                _ => about(row),
            };
            (Cow::Owned(text), role)
        };
        let table = Table {
            columns: &columns,
            rows: self.list.rows.len(),
            total: if self.list.more { Total::AtLeast } else { Total::Here },
            cell: &cell,
            empty: "未了の事後確認はありません。",
        };
        table.draw(frame, area, shell.theme, &self.selection);
    }
}

fn draw_explanations(
    rows: &[ExplanationRow],
    more: bool,
    selection: &Selection,
    shell: &Shell,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let how = "説明をしたら、コマンド kyukyu review explained で記録してください（異議は objection）。";
    let area = lines::draw(frame, area, shell.theme, &[(Role::Text, how.to_owned())]);
    let columns = [
        Column { title: "照会の番号", extent: Extent::Cells(12), fit: Fit::Cut },
        Column { title: "取得", extent: Extent::Cells(16), fit: Fit::Cut },
        Column { title: "閲覧者", extent: Extent::Cells(14), fit: Fit::Must },
        Column { title: "患者", extent: Extent::Rest, fit: Fit::Must },
    ];
    let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
        let Some(row) = rows.get(row) else { return (Cow::Borrowed(""), Role::Text) };
        let text = match column {
            0 => row.enquiry.to_string(),
            1 => row.since.to_string(),
            2 => row.viewer.to_string(),
            _ if row.objections > 0 => format!("【異議 {}件】{}", row.objections, row.patient),
            _ => row.patient.to_string(),
        };
        (Cow::Owned(text), Role::Text)
    };
    let total = if more { Total::AtLeast } else { Total::Here };
    let empty = "説明がまだの患者はいません。";
    let table = Table { columns: &columns, rows: rows.len(), total, cell: &cell, empty };
    table.draw(frame, area, shell.theme, selection);
}

/// What it is about, with the reasons to look at it first before everything else.
fn about(row: &ReviewRow) -> String {
    let marks = row.marks();
    let marks = if marks.is_empty() { marks } else { format!("【{marks}】") };
    let parts = [row.about.as_str(), row.patient.as_str(), row.consent.as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{marks}{}", parts.join("  "))
}
