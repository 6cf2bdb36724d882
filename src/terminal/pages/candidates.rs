//! 6 候補一覧: the caution above, the candidates one a row, below them everything that came of the marked one, with
//! what differs marked. "Refine and search again" is the default.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines::{self, Line, WIDE};
use super::parts::Parts;
use super::{waiting, words};
use crate::domain::candidate::{self, ChoiceError, Person, PersonField};
use crate::domain::caution::{Button, Moment};
use crate::protocol::view::{EnquiryView, Stage};
use crate::protocol::{Event, Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Column, Extent, Fit, Selection, Table, Total};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Headings and rows of the list for which there should be room, and for which there always is.
const LIST: u16 = 3;
const LEAST_LIST: u16 = 2;

/// From this width on, all columns fit.
const ALL_COLUMNS: u16 = 78;

/// The page.
#[derive(Debug)]
pub(super) struct Candidates {
    view: EnquiryView,
    selection: Selection,
    /// Where caution and details do not fit together: the caution, until the person moves on.
    caution_open: bool,
    /// Why none of them can be chosen, if so.
    refused: Option<ChoiceError>,
}

impl Candidates {
    pub(super) fn new(view: EnquiryView) -> Self {
        let refused = match &view.stage {
            Stage::Candidates { people, .. } => candidate::none_can_be_chosen(people),
            _ => None,
        };
        Self { view, selection: Selection::default(), caution_open: true, refused }
    }

    fn people(&self) -> (&[Person], &[PersonField]) {
        match &self.view.stage {
            Stage::Candidates { people, differing } => (people, differing),
            _ => (&[], &[]),
        }
    }

    fn above(&self) -> Vec<Line> {
        let caution = Moment::CandidateList.sentences().iter().map(|s| (Role::Caution, s.clone()));
        caution.chain([self.differs()]).collect()
    }

    fn differs(&self) -> Line {
        if let Some(why) = self.refused {
            return (Role::Danger, format!("この一覧では「{}」を使えません。{why}。", Button::View.label()));
        }
        let labels: Vec<&str> = self.people().1.iter().map(|field| field.label()).collect();
        (Role::Strong, format!("候補により異なる項目（*印）: {}", labels.join("・")))
    }

    /// Whether caution, details and list do not all fit: then `i` shows what gives way.
    fn is_short_of_room(&self, shell: &Shell, width: u16, height: u16) -> bool {
        let needed = |lines: &[Line]| lines::height(lines, width);
        needed(&self.above()).saturating_add(needed(&self.details(shell))).saturating_add(LIST) > height
    }

    /// Everything that came of the marked candidate.
    fn details(&self, shell: &Shell) -> Vec<Line> {
        let (people, differing) = self.people();
        let row = self.selection.row();
        let Some(person) = people.get(row) else { return Vec::new() };
        let parts = Parts { person, differing, today: shell.today() };
        let heading = format!("-- 候補 {} の内容 --  {}", row + 1, parts.validity_and_reference());
        let mut details = vec![(Role::Strong, heading)];
        details.extend(parts.details().into_iter().map(|line| (Role::Text, line)));
        if shell.latin {
            details.push((
                Role::Strong,
                words::latin(&person.kana, person.birthdate, person.sex, shell.today()),
            ));
        }
        details
    }

    fn draw_list(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let (people, differing) = self.people();
        let fixed = |title, cells| Column { title, extent: Extent::Cells(cells), fit: Fit::Must };
        let mut columns =
            vec![Column { title: "氏名", extent: Extent::Rest, fit: Fit::Must }, fixed("カナ", 17)];
        // In a narrow window the rest stands below the list.
        if area.width >= ALL_COLUMNS {
            columns.extend([fixed("生年月日", 16), fixed("性別", 5), fixed("資格", 16)]);
        }
        if area.width >= WIDE {
            columns.extend([fixed("番号・枝番", 20), fixed("保険者名称", 20)]);
        }
        let today = shell.today();
        let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
            let Some(person) = people.get(row) else { return (Cow::Borrowed(""), Role::Text) };
            let parts = Parts { person, differing, today };
            let text = match column {
                0 => parts.value(PersonField::Name),
                1 => parts.value(PersonField::Kana),
                2 => parts.short_birthdate(),
                3 => parts.sex(),
                4 => person.validity.label().to_owned(),
                5 => parts.number_and_branch(),
                _ => parts.value(PersonField::InsurerName),
            };
            (Cow::Owned(text), Role::Text)
        };
        let table =
            Table { columns: &columns, rows: people.len(), total: Total::Here, cell: &cell, empty: "" };
        table.draw(frame, area, shell.theme, &self.selection);
    }
}

impl Page for Candidates {
    fn title(&self) -> String {
        format!("候補一覧 {}件", self.people().0.len())
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![
            Command::Refine,
            Command::Accept,
            Command::Up,
            Command::Down,
            Command::PageUp,
            Command::PageDown,
            Command::Top,
            Command::Bottom,
            Command::Back,
        ];
        commands.extend(self.refused.is_none().then_some(Command::View));
        let (width, height) = shell.room.get();
        commands.extend(self.is_short_of_room(shell, width, height).then_some(Command::Notes));
        shell
            .offers(Place::Candidates, commands)
            .named(Command::Refine, Button::Refine.label())
            .named(Command::Accept, Button::Refine.label())
            .named(Command::Back, "ホームへ")
            .named(Command::View, Button::View.label())
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let Meaning::Command(command) = meaning else { return Vec::new() };
        let count = self.people().0.len();
        if self.selection.go(command, count) {
            self.caution_open = false;
            return Vec::new();
        }
        let enquiry = self.view.id.clone();
        match command {
            // Enter is the default, and the default is to refine.
            Command::Refine | Command::Accept => vec![Act::Ask(Request::Redraft { enquiry })],
            Command::View => vec![Act::Ask(Request::ShowCandidate { enquiry, row: self.selection.row() })],
            Command::Back => vec![Act::Ask(Request::Home)],
            Command::Notes => {
                self.caution_open = !self.caution_open;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Enquiry(view) => waiting::go_on(view),
            Reply::Candidate(candidate) => {
                vec![Act::Go(Goto::Candidate(Box::new(self.view.clone()), candidate))]
            }
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn event(&mut self, _shell: &Shell, event: &Event) -> Vec<Act> {
        match event {
            Event::EnquiryChanged { enquiry } if *enquiry == self.view.id => {
                vec![Act::Look(Request::ShowEnquiry { enquiry: enquiry.clone() })]
            }
            _ => Vec::new(),
        }
    }

    fn patient(&self, _shell: &Shell) -> Vec<String> {
        vec![words::case(&self.view.case)]
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let (mut above, mut details) = (self.above(), self.details(shell));
        let needed = |lines: &[Line]| lines::height(lines, area.width);
        // In a low window one of the two gives way, and says how it comes back.
        if self.is_short_of_room(shell, area.width, area.height) {
            let key = shell.key(&self.offers(shell), Command::Notes).unwrap_or_default();
            if self.caution_open {
                details.clear();
                let words = format!("上下のキーか {key} で、印の付いた候補の内容をすべて表示します。");
                above.push((Role::Text, words));
            } else {
                let (role, words) = self.differs();
                above = vec![(role, format!("{words}（注意事項は {key}）"))];
            }
        }
        let rest = lines::draw(frame, area, shell.theme, &above);
        let below = needed(&details).min(rest.height.saturating_sub(LEAST_LIST));
        let list = Rect { height: rest.height - below, ..rest };
        self.draw_list(shell, frame, list);
        lines::draw(frame, Rect { y: list.bottom(), height: below, ..rest }, shell.theme, &details);
    }
}
