//! One candidate alone: to choose it, a value must be typed that only this one has (C4).

use super::super::app::{Act, Goto, Page, Shell};
use super::lines::{self, Line};
use super::{sheet, waiting, words};
use crate::domain::candidate::PersonField;
use crate::domain::caution::{Button, Moment};
use crate::protocol::view::{CandidateView, EnquiryView};
use crate::protocol::{Refusal, RefusalCode, Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Change, Choice, Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Value(PersonField),
    Caution,
    None,
}

/// The page.
#[derive(Debug)]
pub(super) struct OneCandidate {
    view: EnquiryView,
    candidate: CandidateView,
    form: Form<Id>,
}

impl OneCandidate {
    pub(super) fn new(view: EnquiryView, candidate: CandidateView) -> Self {
        let mut fields = Vec::new();
        if let Some(refused) = &candidate.refused {
            fields.push(Field::note(Id::None, refused.as_str()));
        } else {
            for &field in &candidate.to_type {
                let mut own = Field::text(Id::Value(field), field.label(), Editor::new(200), 36);
                let hint = match field {
                    PersonField::Address => {
                        "書類や家族などから確かめて入力してください（画面から写さない）。この候補だけにある部分（町名・番地など2文字以上）だけでもかまいません"
                    }
                    _ => "書類や家族などから確かめて入力してください（画面から写さない）",
                };
                own.message = Some((Role::Text, hint.to_owned()));
                fields.push(own);
            }
            let tick = Choice::any_of(["一覧の注意事項を確認した"]);
            fields.push(Field::choice(Id::Caution, "注意事項", tick));
        }
        Self { view, candidate, form: Form::new(fields) }
    }

    fn choosable(&self) -> bool {
        self.candidate.refused.is_none()
    }

    fn back(&self) -> Vec<Act> {
        vec![Act::Ask(Request::ShowEnquiry { enquiry: self.view.id.clone() })]
    }
}

fn is_error(message: &Line) -> bool {
    message.0 == Role::Danger
}

impl Page for OneCandidate {
    fn title(&self) -> String {
        format!("候補 {}：本人の情報と見比べてください", self.candidate.row + 1)
    }

    fn offers(&self, shell: &Shell) -> Offers {
        if !self.choosable() {
            // What can still be done is what the list offers first.
            return shell
                .offers(Place::Candidates, [Command::Refine, Command::Back])
                .named(Command::Refine, Button::Refine.label())
                .named(Command::Back, "候補一覧へ");
        }
        sheet::offers(shell, &self.form, Button::View.label(), "候補一覧へ")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        match meaning {
            Meaning::Command(Command::Back) => self.back(),
            Meaning::Command(Command::Refine) => {
                vec![Act::Ask(Request::Redraft { enquiry: self.view.id.clone() })]
            }
            Meaning::Command(Command::Send) if self.choosable() => {
                let typed = self.candidate.to_type.iter();
                let typed =
                    typed.map(|field| (*field, self.form.text(Id::Value(*field)).to_owned())).collect();
                let caution = self.form.choice(Id::Caution).is_some_and(|choice| choice.is_chosen(0));
                let (enquiry, row) = (self.view.id.clone(), self.candidate.row);
                vec![Act::Ask(Request::Choose { enquiry, row, typed, caution })]
            }
            meaning => {
                if let Change::Edited(id) = self.form.press(meaning)
                    && self.form.field(id).and_then(|field| field.message.as_ref()).is_some_and(is_error)
                {
                    self.form.say(id, None);
                }
                Vec::new()
            }
        }
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        self.form.paste(pasted);
        Vec::new()
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Enquiry(view) => waiting::go_on(view),
            Reply::Person(person) => vec![Act::Go(Goto::Person(Box::new(self.view.clone()), person))],
            _ => Vec::new(),
        }
    }

    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        let about = match refusal.code {
            RefusalCode::NoConsent => Some(Id::Caution),
            RefusalCode::NotDistinguished => self.candidate.to_type.first().copied().map(Id::Value),
            _ => None,
        };
        if let Some(id) = about {
            self.form.say(id, Some((Role::Danger, refusal.words.to_string())));
            self.form.focus(id);
            return Vec::new();
        }
        vec![Act::Say(Role::Danger, refusal.words.to_string())]
    }

    fn patient(&self, _shell: &Shell) -> Vec<String> {
        vec![words::case(&self.view.case)]
    }

    fn prompt(&self) -> Option<Prompt> {
        self.form.prompt().filter(|_| self.choosable())
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let person = &self.candidate.person;
        let mut lines: Vec<Line> = vec![
            (Role::Strong, format!("{} {}", person.name, person.kana)),
            (
                Role::Strong,
                format!("{}  {}", words::birthdate(person.birthdate, shell.today()), words::sex(person.sex)),
            ),
            (Role::Text, words::candidate_insurance(person)),
            (
                Role::Text,
                format!(
                    "{}  資格 {}  照会番号 {}",
                    person.insurer_name,
                    person.validity.label(),
                    person.reference_number.as_ref().map_or("なし", |number| number.as_str()),
                ),
            ),
            (Role::Text, format!("住所 {}", person.address)),
        ];
        if shell.latin {
            lines.push((
                Role::Strong,
                words::latin(&person.kana, person.birthdate, person.sex, shell.today()),
            ));
        }
        lines.push(lines::blank());
        if self.choosable() {
            let caution = Moment::CandidateList.sentences().iter().skip(1);
            lines.extend(caution.map(|sentence| (Role::Caution, sentence.clone())));
        }
        let rest = lines::draw(frame, area, shell.theme, &lines);
        self.form.draw(frame, rest, shell.theme);
    }
}
