//! 2 ホーム: open cases and one's own enquiries; counts, never names of card results.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines::{self, Line, WIDE};
use super::token;
use crate::domain::Permission;
use crate::domain::case::Case;
use crate::domain::enquiry::EnquiryId;
use crate::protocol::view::{EnquiryRow, HomeView};
use crate::protocol::{Event, Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Column, Extent, Fit, Selection, Table, Total};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// The page.
#[derive(Debug)]
pub(super) struct Home {
    view: HomeView,
    selection: Selection,
    /// Cases are shown to this person at all.
    sees_cases: bool,
}

/// A row: a case, or an enquiry of it.
enum Row<'a> {
    Case(&'a Case),
    Enquiry(&'a EnquiryRow),
}

impl Home {
    pub(super) fn new(view: HomeView, shell: &Shell) -> Self {
        Self { view, selection: Selection::default(), sees_cases: shell.may_enquire() }
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        for case in &self.view.cases {
            rows.push(Row::Case(&case.case));
            rows.extend(case.enquiries.iter().map(Row::Enquiry));
        }
        rows
    }

    /// The case of the marked row.
    fn case(&self) -> Option<&Case> {
        self.rows().into_iter().take(self.selection.row() + 1).rev().find_map(|row| match row {
            Row::Case(case) => Some(case),
            Row::Enquiry(_) => None,
        })
    }

    fn enquiry(&self) -> Option<EnquiryId> {
        match self.rows().get(self.selection.row()) {
            Some(Row::Enquiry(row)) => Some(row.id.clone()),
            _ => None,
        }
    }

    fn new_enquiry(&self) -> Vec<Act> {
        match self.case() {
            Some(case) => vec![Act::Ask(Request::OpenEnquiry { case: case.number.clone() })],
            None => Vec::new(),
        }
    }
}

impl Page for Home {
    fn title(&self) -> String {
        let count =
            self.view.face_results.map_or_else(String::new, |count| format!("  カード読取結果 {count}件"));
        if self.view.cases.is_empty() && !self.sees_cases {
            return "ホーム  症例は表示できません".to_owned();
        }
        let more = if self.view.more { "（新しい順）" } else { "" };
        format!("ホーム  症例 {}件{more}{count}", self.view.cases.len())
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![Command::Log, Command::Refresh];
        if shell.may_enquire() {
            commands.push(Command::NewCase);
        }
        if shell.may(Permission::Audit) {
            commands.push(Command::Review);
        }
        // Whoever looked tells his own patients; who audits or administers sees to all of them.
        if shell.may_enquire() || shell.may(Permission::Audit) || shell.may(Permission::Administer) {
            commands.push(Command::Explanations);
        }
        if !self.view.cases.is_empty() {
            commands.extend([Command::Up, Command::Down, Command::PageUp, Command::PageDown, Command::Top]);
            commands.push(Command::Bottom);
            if shell.may_enquire() {
                commands.extend([Command::NewEnquiry, Command::Accept]);
            }
        }
        let second = shell.session.as_ref().filter(|s| !s.two_factors).and_then(token::second_factor);
        commands.extend(second.is_some().then_some(Command::Send));
        let way = if let Some(Goto::Token) = second {
            "ワンタイムパスワードで認証"
        } else {
            "カードで認証"
        };
        shell.offers(Place::Home, commands).named(Command::Send, way).named(Command::Accept, "開く")
    }

    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let Meaning::Command(command) = meaning else { return Vec::new() };
        let rows = self.rows().len();
        if self.view.more
            && self.selection.row() + 1 >= rows
            && matches!(command, Command::Down | Command::PageDown | Command::Bottom)
            && let Some(last) = self.view.cases.last()
        {
            return vec![Act::Ask(Request::OlderCases { before: last.case.number.clone() })];
        }
        if self.selection.go(command, rows) {
            return Vec::new();
        }
        match command {
            Command::NewCase => vec![Act::Go(Goto::Case(None))],
            Command::NewEnquiry => self.new_enquiry(),
            Command::Accept => match self.enquiry() {
                Some(enquiry) => vec![Act::Ask(Request::ShowEnquiry { enquiry })],
                None => {
                    let case = self.case().cloned().map(Box::new);
                    case.map_or_else(Vec::new, |case| vec![Act::Go(Goto::Case(Some(case)))])
                }
            },
            Command::Refresh => vec![Act::Ask(Request::Home)],
            Command::Send => {
                let session = shell.session.as_ref();
                session.and_then(token::second_factor).map(Act::Go).into_iter().collect()
            }
            Command::Log => vec![Act::Ask(Request::ReadLog { before: None, own: true })],
            Command::Review => vec![Act::Ask(Request::ListReviews { overdue: false, after: None })],
            Command::Explanations => vec![Act::Ask(Request::ListExplanations { given: false, after: None })],
            _ => Vec::new(),
        }
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Home(view) => {
                self.view = *view;
                let rows = self.rows().len();
                self.selection.select(self.selection.row().min(rows.saturating_sub(1)));
                Vec::new()
            }
            Reply::OlderCases { cases, more } => {
                self.selection.select(self.rows().len());
                self.view.cases.extend(cases);
                self.view.more = more;
                Vec::new()
            }
            Reply::Enquiry(view) => vec![Act::Go(Goto::Enquiry(view))],
            Reply::Log(page) => vec![Act::Go(Goto::Log(page, true))],
            Reply::Reviews(list) => vec![Act::Go(Goto::Reviews(list))],
            Reply::Explanations(list) => vec![Act::Go(Goto::Explanations(list))],
            _ => Vec::new(),
        }
    }

    fn event(&mut self, _shell: &Shell, event: &Event) -> Vec<Act> {
        match event {
            Event::HomeChanged | Event::EnquiryChanged { .. } => vec![Act::Look(Request::Home)],
            _ => Vec::new(),
        }
    }

    fn reconnected(&mut self, _shell: &Shell) -> Vec<Act> {
        vec![Act::Look(Request::Home)]
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let mut notes: Vec<Line> = Vec::new();
        // Whoever may not look anyway is told that alone, below.
        let looks = shell.may(Permission::EmergencyView);
        if shell.session.as_ref().is_some_and(|session| looks && !session.two_factors) {
            let words = "二要素認証が済んでいないため照会はできません。閲覧履歴の確認はできます。";
            notes.push((Role::Caution, words.to_owned()));
        }
        notes.extend(self.view.news.iter().map(|news| (Role::Caution, news.to_string())));
        let rows = self.rows();
        if rows.is_empty() && !looks {
            // There is no table here that could be empty.
            notes.extend(no_permission(shell));
            lines::draw(frame, area, shell.theme, &notes);
            return;
        }
        let upper = Rect { height: area.height.saturating_sub(3), ..area };
        let y = lines::draw(frame, upper, shell.theme, &notes).y;
        let columns = [
            Column { title: "症例（新しい順）", extent: Extent::Cells(18), fit: Fit::Must },
            Column {
                title: "場所・方式",
                extent: Extent::Cells(if area.width >= WIDE { 40 } else { 20 }),
                fit: Fit::Must,
            },
            Column { title: "状況", extent: Extent::Rest, fit: Fit::Must },
        ];
        let cell = |row: usize, column: usize| cell(&rows, row, column);
        let empty = nothing_here(shell);
        let table = Table { columns: &columns, rows: rows.len(), total: Total::Here, cell: &cell, empty };
        let rest = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        table.draw(frame, rest, shell.theme, &self.selection);
    }
}

/// Who may not look: what is so, and whom to ask. Whoever administers is not sent to himself.
fn no_permission(shell: &Shell) -> Vec<Line> {
    let what = "この利用者には救急時閲覧権限がないため、症例は表示されません（症例がないという意味ではありません）。";
    let ask = if shell.may(Permission::Administer) {
        "照会や閲覧は、権限のある人に頼んでください。"
    } else {
        "照会や閲覧が必要なときは、権限のある人に操作を頼むか、施設管理者に権限の付与を依頼してください。"
    };
    [what, ask].map(|words| (Role::Caution, words.to_owned())).into()
}

/// Why there is no case here, and what to do: an empty list must not be taken for an empty emergency room.
fn nothing_here(shell: &Shell) -> &'static str {
    let card = shell.session.as_ref().is_some_and(|session| !session.card_keys.is_empty());
    if shell.may_enquire() {
        "登録されている症例はありません。「新しい症例」から始めてください。"
    } else if card {
        "二要素認証が済むまで、症例は表示されません（症例がないという意味ではありません）。\n\
         「カードで認証」を押し、カードとPINで認証してください。"
    } else {
        "二要素認証が済むまで、症例は表示されません（症例がないという意味ではありません）。\n\
         この利用者にはカードが登録されていません。施設管理者に登録を依頼してください。"
    }
}

fn cell<'a>(rows: &[Row<'a>], row: usize, column: usize) -> (Cow<'a, str>, Role) {
    let text = match (rows.get(row), column) {
        (Some(Row::Case(case)), 0) => return (Cow::Borrowed(case.number.as_str()), Role::Strong),
        (Some(Row::Case(case)), 1) => return (Cow::Borrowed(case.bed.as_str()), Role::Strong),
        (Some(Row::Case(case)), _) => about_case(case),
        (Some(Row::Enquiry(row)), 0) => format!("  照会 {}", row.opened),
        (Some(Row::Enquiry(row)), 1) => {
            row.method.map_or_else(|| "（未確定）".to_owned(), |method| method.label().to_owned())
        }
        (Some(Row::Enquiry(row)), _) if row.held > 0 => {
            format!("{}  ※保管した応答 {}件", row.state, row.held)
        }
        (Some(Row::Enquiry(row)), _) => row.state.to_string(),
        (None, _) => String::new(),
    };
    (Cow::Owned(text), Role::Text)
}

fn about_case(case: &Case) -> String {
    let mut words = vec![format!("{} 受付", case.arrived)];
    if case.apparent_age.is_some() || case.apparent_sex.is_some() {
        let age = case.apparent_age.map_or_else(String::new, |age| format!("{age}歳くらい"));
        let sex = case.apparent_sex.map_or("", |sex| sex.label());
        words.push(format!("{age}{sex}"));
    }
    words.extend(case.weak_identity());
    words.extend(case.same_identity_as.iter().map(|other| format!("※症例 {other} も同じ身元")));
    words.join("  ")
}
