//! 6 候補一覧: the caution above, differing columns marked, "refine and search again" as the default.

use super::super::app::{Act, Goto, Page, Shell};
use super::{waiting, words};
use crate::domain::CalendarDate;
use crate::domain::candidate::{Person, PersonField};
use crate::domain::caution::{Button, Moment};
use crate::protocol::view::{EnquiryView, Stage};
use crate::protocol::{Event, Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::put::put;
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Column, Extent, Fit, Selection, Table};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// The page.
#[derive(Debug)]
pub(super) struct Candidates {
    view: EnquiryView,
    selection: Selection,
}

impl Candidates {
    pub(super) fn new(view: EnquiryView) -> Self {
        Self { view, selection: Selection::default() }
    }

    fn people(&self) -> (&[Person], &[PersonField]) {
        match &self.view.stage {
            Stage::Candidates { people, differing } => (people, differing),
            _ => (&[], &[]),
        }
    }
}

impl Page for Candidates {
    fn title(&self) -> String {
        let (people, differing) = self.people();
        let labels: Vec<&str> = differing.iter().map(|field| field.label()).collect();
        let differs = if labels.is_empty() {
            "なし（選択できません）".to_owned()
        } else {
            labels.join("・")
        };
        format!("候補一覧 {}件  候補により異なる項目（*）: {differs}", people.len())
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let commands = [
            Command::Refine,
            Command::View,
            Command::Up,
            Command::Down,
            Command::Top,
            Command::Bottom,
            Command::Back,
        ];
        shell
            .offers(Place::Candidates, commands)
            .named(Command::Refine, Button::Refine.label())
            .named(Command::View, Button::View.label())
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let Meaning::Command(command) = meaning else { return Vec::new() };
        let count = self.people().0.len();
        if self.selection.go(command, count) {
            return Vec::new();
        }
        let enquiry = self.view.id.clone();
        match command {
            Command::Refine => vec![Act::Ask(Request::Redraft { enquiry })],
            Command::View => vec![Act::Ask(Request::ShowCandidate { enquiry, row: self.selection.row() })],
            Command::Back => vec![Act::Ask(Request::Home)],
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
                vec![Act::Ask(Request::ShowEnquiry { enquiry: enquiry.clone() })]
            }
            _ => Vec::new(),
        }
    }

    fn patient(&self, _shell: &Shell) -> Vec<String> {
        vec![words::case(&self.view.case)]
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let mut y = area.y;
        for sentence in Moment::CandidateList.sentences() {
            for piece in width::wrap(sentence, area.width) {
                put(frame.buffer_mut(), area.x, y, area.width, piece, shell.theme.style(Role::Caution));
                y += 1;
            }
        }
        let (people, differing) = self.people();
        let columns = [
            Column { title: "氏名・カナ・生年月日", extent: Extent::Cells(32), fit: Fit::Must },
            Column { title: "保険・住所", extent: Extent::Rest, fit: Fit::Must },
        ];
        let today = shell.today();
        let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
            let Some(person) = people.get(row) else { return (Cow::Borrowed(""), Role::Text) };
            let text = match column {
                0 => who(person, differing, today),
                _ => insurance(person, differing),
            };
            (Cow::Owned(text), Role::Text)
        };
        let table = Table { columns: &columns, rows: people.len(), cell: &cell, empty: "" };
        let rest = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..area };
        table.draw(frame, rest, shell.theme, &self.selection);
    }
}

/// A value that differs between the candidates has `*` before it.
fn marked(field: PersonField, differing: &[PersonField], text: &str) -> String {
    let mark = if differing.contains(&field) { "*" } else { "" };
    let text = if text.is_empty() { "なし" } else { text };
    format!("{mark}{text}")
}

fn who(person: &Person, differing: &[PersonField], today: crate::domain::CalendarDate) -> String {
    let mark = |field, text: &str| marked(field, differing, text);
    format!(
        "{}\n{}\n{} {}\n{}",
        mark(PersonField::Name, person.name.as_str()),
        mark(PersonField::Kana, person.kana.as_str()),
        mark(PersonField::Birthdate, &person.birthdate.map(CalendarDate::western).unwrap_or_default()),
        person.birthdate.map_or_else(String::new, |d| format!("{}歳", d.age_on(today))),
        mark(PersonField::Sex, words::sex(person.sex)),
    )
}

fn insurance(person: &Person, differing: &[PersonField]) -> String {
    let mark = |field: PersonField| marked(field, differing, &person.value(field));
    let reference = person.reference_number.as_ref().map_or("なし", |number| number.as_str());
    format!(
        "{}\n保険者{} {}\n記号{} 番号{} 枝番{}\n{}\n照会番号{reference}",
        person.validity.label(),
        mark(PersonField::InsurerNumber),
        mark(PersonField::InsurerName),
        mark(PersonField::Symbol),
        mark(PersonField::InsuredNumber),
        mark(PersonField::BranchNumber),
        mark(PersonField::Address),
    )
}
