//! 9 事後確認: what waits for a reviewer, the patients who have not been told, and what was judged before. The tabs of
//! reviews are for 監査権限; whoever looked has only his own explanations here. Showing any of it is on record, so it is
//! not asked for anew by itself.

use super::super::app::{Act, Goto, Page, Shell, Telling, Told};
use super::review_rows;
use crate::domain::Permission;
use crate::domain::review::ReviewId;
use crate::protocol::reviews::{ClosedList, ClosedRow, ExplanationRow, ReviewList, ReviewRow};
use crate::protocol::{Refusal, Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::Selection;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Rows left below the marked one at which more are fetched.
const AHEAD: usize = 20;

/// What is listed.
#[derive(Debug)]
pub(super) enum Tab {
    /// What waits.
    Open(ReviewList),
    /// Explanations that are due, and whether there are more.
    Explanations(Vec<ExplanationRow>, bool),
    /// What was judged.
    Closed(ClosedList),
}

impl Tab {
    fn rows(&self) -> usize {
        match self {
            Self::Open(list) => list.rows.len(),
            Self::Explanations(rows, _) => rows.len(),
            Self::Closed(list) => list.rows.len(),
        }
    }

    /// The question for its first page.
    fn first(&self) -> Request {
        match self {
            Self::Open(_) => Request::ListReviews { overdue: false, after: None },
            Self::Explanations(..) => Request::ListExplanations { after: None },
            Self::Closed(_) => Request::ListClosedReviews { month: None, before: None },
        }
    }

    /// The question for the page after the last row, where there is one.
    fn further(&self) -> Option<Request> {
        match self {
            Self::Open(list) => {
                let after = list.rows.last().map(|row| row.review.clone());
                list.more.then_some(Request::ListReviews { overdue: false, after })
            }
            Self::Explanations(rows, more) => {
                let after = rows.last().map(|row| row.enquiry.clone());
                more.then_some(Request::ListExplanations { after })
            }
            Self::Closed(list) => {
                let before = list.next.clone();
                before.is_some().then_some(Request::ListClosedReviews { month: None, before })
            }
        }
    }

    /// Puts a further page of the same below. What was looked at for a tab that was left meanwhile is of no use here.
    fn add(&mut self, page: Self) {
        match (self, page) {
            (Self::Open(list), Self::Open(page)) => {
                let rows = std::mem::take(&mut list.rows);
                let new = |row: &ReviewRow| rows.iter().all(|known| known.review != row.review);
                let further: Vec<ReviewRow> = page.rows.iter().filter(|row| new(row)).cloned().collect();
                *list = ReviewList { rows: [rows, further].concat(), ..page };
            }
            (Self::Explanations(rows, more), Self::Explanations(page, there_are)) => {
                let new = |row: &ExplanationRow| rows.iter().all(|known| known.enquiry != row.enquiry);
                let further: Vec<ExplanationRow> = page.into_iter().filter(new).collect();
                rows.extend(further);
                *more = there_are;
            }
            (Self::Closed(list), Self::Closed(page)) => {
                let new = |row: &ClosedRow| list.rows.iter().all(|known| known.review != row.review);
                let further: Vec<ClosedRow> = page.rows.into_iter().filter(new).collect();
                list.rows.extend(further);
                list.next = page.next;
            }
            _ => {}
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The page.
#[derive(Debug)]
pub(super) struct Reviews {
    tab: Tab,
    selection: Selection,
    /// Something was asked by hand, and the next answer is to that: looks wait for it.
    asked: bool,
    /// Whose slip was asked for.
    opened: Option<Told>,
}

impl Reviews {
    pub(super) fn new(tab: Tab) -> Self {
        Self { tab, selection: Selection::default(), asked: false, opened: None }
    }

    fn ask(&mut self, request: Request) -> Vec<Act> {
        self.asked = true;
        vec![Act::Ask(request)]
    }

    fn fetch(&self) -> Vec<Act> {
        if self.selection.row() + AHEAD < self.tab.rows() {
            return Vec::new();
        }
        self.tab.further().map(Act::Look).into_iter().collect()
    }

    /// The explanation that is marked.
    fn told(&self) -> Option<Told> {
        let Tab::Explanations(rows, _) = &self.tab else { return None };
        rows.get(self.selection.row()).map(Told::of_row)
    }

    fn open(&mut self) -> Vec<Act> {
        let at = self.selection.row();
        let review = |review: &ReviewId| Request::ShowReview { review: review.clone() };
        let request = match &self.tab {
            Tab::Open(list) => list.rows.get(at).map(|row| review(&row.review)),
            Tab::Closed(list) => list.rows.get(at).map(|row| review(&row.review)),
            Tab::Explanations(..) => {
                self.opened = self.told();
                self.opened.as_ref().map(|told| Request::ShowSlip { enquiry: told.enquiry.clone() })
            }
        };
        request.map_or_else(Vec::new, |request| self.ask(request))
    }

    fn record(&self, telling: Telling) -> Vec<Act> {
        let told = self.told();
        told.map(|told| Act::Go(Goto::Telling(telling, Box::new(told), false))).into_iter().collect()
    }

    /// The tab beside this one: its name, and the question for it.
    fn beside(&self, next: bool) -> (&'static str, Request) {
        let open = || ("事後確認へ", Request::ListReviews { overdue: false, after: None });
        let explanations = || ("事後説明へ", Request::ListExplanations { after: None });
        let closed = || ("完了した事後確認へ", Request::ListClosedReviews { month: None, before: None });
        match (&self.tab, next) {
            (Tab::Open(_), true) | (Tab::Closed(_), false) => explanations(),
            (Tab::Open(_), false) | (Tab::Explanations(..), true) => closed(),
            (Tab::Explanations(..), false) | (Tab::Closed(_), true) => open(),
        }
    }

    fn show(&mut self, tab: Tab, asked: bool) {
        if !asked {
            return self.tab.add(tab);
        }
        if !self.tab.is_same(&tab) {
            self.selection = Selection::default();
        }
        self.tab = tab;
        self.selection.select(self.selection.row().min(self.tab.rows().saturating_sub(1)));
    }
}

impl Page for Reviews {
    fn title(&self) -> String {
        match &self.tab {
            Tab::Open(list) => format!(
                "事後確認  未了 {}件（うち期限超過 {}件・優先 {}件）",
                list.open, list.overdue, list.priority
            ),
            Tab::Explanations(rows, more) => {
                format!("患者への事後説明  未了 {}件{}", rows.len(), if *more { "以上" } else { "" })
            }
            Tab::Closed(list) => {
                let more = if list.next.is_some() { "以上" } else { "" };
                format!("完了した事後確認（新しい順）  {}件{more}", list.rows.len())
            }
        }
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![Command::Back, Command::Refresh];
        if shell.may(Permission::Audit) {
            commands.extend([Command::NextTab, Command::PrevTab]);
        }
        if self.tab.rows() > 0 {
            commands.extend([Command::Accept, Command::Up, Command::Down, Command::PageUp]);
            commands.extend([Command::PageDown, Command::Top, Command::Bottom]);
        }
        if self.told().is_some() {
            commands.extend([Command::Explained, Command::Objection]);
        }
        let (place, open) = match self.tab {
            Tab::Explanations(..) => (Place::Explanations, "説明書を表示"),
            _ => (Place::List, "内容を表示"),
        };
        shell
            .offers(place, commands)
            .named(Command::Accept, open)
            .named(Command::NextTab, self.beside(true).0)
            .named(Command::PrevTab, self.beside(false).0)
            .named(Command::Back, "ホームへ")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let Meaning::Command(command) = meaning else { return Vec::new() };
        if self.selection.go(command, self.tab.rows()) {
            return self.fetch();
        }
        match command {
            Command::Back => self.ask(Request::Home),
            Command::Refresh => self.ask(self.tab.first()),
            Command::Accept => self.open(),
            Command::NextTab => self.ask(self.beside(true).1),
            Command::PrevTab => self.ask(self.beside(false).1),
            Command::Explained => self.record(Telling::Explained),
            Command::Objection => self.record(Telling::Objection),
            _ => Vec::new(),
        }
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        let asked = std::mem::take(&mut self.asked);
        match reply {
            Reply::Reviews(list) => self.show(Tab::Open(*list), asked),
            Reply::Explanations { rows, more } => self.show(Tab::Explanations(rows, more), asked),
            Reply::ClosedReviews(list) => self.show(Tab::Closed(*list), asked),
            Reply::Review(view) => return vec![Act::Go(Goto::Review(view))],
            Reply::Slip(slip) => {
                let told = self.opened.take().map(Box::new);
                return told.map(|told| Act::Go(Goto::Slip(slip, told))).into_iter().collect();
            }
            Reply::Home(home) => return vec![Act::Go(Goto::Home(home))],
            _ => {}
        }
        Vec::new()
    }

    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        self.asked = false;
        vec![Act::Say(Role::Danger, refusal.words.to_string())]
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        review_rows::draw(&self.tab, &self.selection, shell, frame, area);
    }
}
