//! 6 候補一覧: the caution above, differing columns marked, "refine and search again" as the default.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines::{self, WIDE};
use super::{waiting, words};
use crate::domain::CalendarDate;
use crate::domain::candidate::{Person, PersonField};
use crate::domain::caution::{Button, Moment};
use crate::protocol::view::{EnquiryView, Stage};
use crate::protocol::{Event, Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Column, Extent, Fit, Selection, Table};
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
        format!("候補一覧 {}件", self.people().0.len())
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let commands = [
            Command::Refine,
            Command::Accept,
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
            .named(Command::Accept, Button::Refine.label())
            .named(Command::Back, "ホームへ")
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
            // Enter is the default, and the default is to refine.
            Command::Refine | Command::Accept => vec![Act::Ask(Request::Redraft { enquiry })],
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
                vec![Act::Look(Request::ShowEnquiry { enquiry: enquiry.clone() })]
            }
            _ => Vec::new(),
        }
    }

    fn patient(&self, _shell: &Shell) -> Vec<String> {
        vec![words::case(&self.view.case)]
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let caution = Moment::CandidateList.sentences().iter().map(|s| (Role::Caution, s.clone()));
        let mut rest = lines::draw(frame, area, shell.theme, &caution.collect::<Vec<_>>());
        let (people, differing) = self.people();
        let labels: Vec<&str> = differing.iter().map(|field| field.label()).collect();
        let differs = if labels.is_empty() {
            (Role::Danger, "候補の間で異なる項目がないため、選択できません。".to_owned())
        } else {
            (Role::Strong, format!("候補により異なる項目（*印）: {}", labels.join("・")))
        };
        rest = lines::draw(frame, rest, shell.theme, &[differs]);
        let wide = area.width >= WIDE;
        let narrow_columns = [
            Column { title: "氏名・カナ・生年月日", extent: Extent::Cells(32), fit: Fit::Must },
            Column { title: "保険・住所", extent: Extent::Rest, fit: Fit::Must },
        ];
        let wide_columns = [
            Column { title: "氏名・カナ", extent: Extent::Cells(26), fit: Fit::Must },
            Column { title: "生年月日・性別", extent: Extent::Cells(22), fit: Fit::Must },
            Column { title: "保険", extent: Extent::Cells(34), fit: Fit::Must },
            Column { title: "住所", extent: Extent::Rest, fit: Fit::Must },
            Column { title: "資格・照会番号", extent: Extent::Cells(20), fit: Fit::Must },
        ];
        let today = shell.today();
        let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
            let Some(person) = people.get(row) else { return (Cow::Borrowed(""), Role::Text) };
            let parts = Parts { person, differing, today };
            let text = match (wide, column) {
                (false, 0) => format!("{}\n{}", parts.name(), parts.birth_and_sex()),
                (false, _) => {
                    format!(
                        "{}\n{}\n{}",
                        parts.insurance(),
                        parts.address(),
                        parts.validity_and_reference("  ")
                    )
                }
                (true, 0) => parts.name(),
                (true, 1) => parts.birth_and_sex(),
                (true, 2) => parts.insurance(),
                (true, 3) => parts.address(),
                (true, _) => parts.validity_and_reference("\n"),
            };
            (Cow::Owned(text), Role::Text)
        };
        let columns: &[Column<'_>] = if wide { &wide_columns } else { &narrow_columns };
        let table = Table { columns, rows: people.len(), cell: &cell, empty: "" };
        table.draw(frame, rest, shell.theme, &self.selection);
    }
}

/// One candidate in pieces. A value that differs between the candidates has `*` before it.
struct Parts<'a> {
    person: &'a Person,
    differing: &'a [PersonField],
    today: CalendarDate,
}

impl Parts<'_> {
    fn mark(&self, field: PersonField, text: &str) -> String {
        let mark = if self.differing.contains(&field) { "*" } else { "" };
        let text = if text.is_empty() { "なし" } else { text };
        format!("{mark}{text}")
    }

    fn value(&self, field: PersonField) -> String {
        self.mark(field, &self.person.value(field))
    }

    fn name(&self) -> String {
        let name = self.mark(PersonField::Name, self.person.name.as_str());
        format!("{name}\n{}", self.mark(PersonField::Kana, self.person.kana.as_str()))
    }

    fn birth_and_sex(&self) -> String {
        let birth = self.person.birthdate;
        let date = birth.map(CalendarDate::western).unwrap_or_default();
        let age = birth.map_or_else(String::new, |birth| format!(" {}歳", birth.age_on(self.today)));
        let sex = self.mark(PersonField::Sex, words::sex(self.person.sex));
        format!("{}{age}\n{sex}", self.mark(PersonField::Birthdate, &date))
    }

    fn insurance(&self) -> String {
        format!(
            "保険者{} {}\n記号{} 番号{} 枝番{}",
            self.value(PersonField::InsurerNumber),
            self.value(PersonField::InsurerName),
            self.value(PersonField::Symbol),
            self.value(PersonField::InsuredNumber),
            self.value(PersonField::BranchNumber),
        )
    }

    fn address(&self) -> String {
        self.value(PersonField::Address)
    }

    fn validity_and_reference(&self, between: &str) -> String {
        let reference = self.person.reference_number.as_ref().map_or("なし", |number| number.as_str());
        format!("{}{between}照会番号{reference}", self.person.validity.label())
    }
}
