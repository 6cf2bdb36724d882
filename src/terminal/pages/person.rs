//! 7 本人確認: the returned person alone, compared with the person present, before any medical content (C5).

use super::super::app::{Act, Goto, Page, Shell};
use super::{lines, sheet, words};
use crate::domain::caution::Button;
use crate::domain::period::Section;
use crate::protocol::view::{EnquiryView, PersonView, Stage};
use crate::protocol::{Refusal, Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Change, Choice, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;

/// The page.
#[derive(Debug)]
pub(super) struct ConfirmPerson {
    view: EnquiryView,
    person: PersonView,
    form: Form<()>,
}

impl ConfirmPerson {
    pub(super) fn new(view: EnquiryView, person: PersonView) -> Self {
        let choice = Choice::one_of(["一致する", "一致しない（表示しない）"]);
        Self { view, person, form: Form::new(vec![Field::choice((), "目の前の患者と", choice)]) }
    }

    /// An enquiry whose person was confirmed before may be read at once; the person is still shown first.
    fn confirmed_before(&self) -> bool {
        matches!(self.view.stage, Stage::Reading)
    }

    fn read(&self) -> Act {
        Act::Ask(Request::ReadSummary { enquiry: self.view.id.clone(), section: Section::Drugs, from: 0 })
    }
}

impl Page for ConfirmPerson {
    fn title(&self) -> String {
        "本人確認：医療情報を表示する前に、目の前の患者と一致するか確かめてください".to_owned()
    }

    fn offers(&self, shell: &Shell) -> Offers {
        if self.confirmed_before() {
            return shell
                .offers(Place::List, [Command::Send, Command::Back])
                .named(Command::Send, Button::View.label())
                .named(Command::Back, "ホームへ");
        }
        sheet::offers(shell, &self.form, "確認を記録して進む", "あとで（ホームへ）")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        match meaning {
            Meaning::Command(Command::Back) => vec![Act::Ask(Request::Home)],
            Meaning::Command(Command::Send) if self.confirmed_before() => vec![self.read()],
            Meaning::Command(Command::Send) => match self.form.choice(()).and_then(Choice::chosen) {
                Some(at) => {
                    let (enquiry, same) = (self.view.id.clone(), at == 0);
                    vec![Act::Ask(Request::ConfirmPerson {
                        enquiry,
                        document: self.person.document.clone(),
                        same,
                    })]
                }
                None => {
                    let words = "「一致する」か「一致しない」を選んでください";
                    self.form.say((), Some((Role::Danger, words.to_owned())));
                    Vec::new()
                }
            },
            _ if self.confirmed_before() => Vec::new(),
            meaning => {
                if let Change::Edited(()) = self.form.press(meaning) {
                    self.form.say((), None);
                }
                Vec::new()
            }
        }
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Enquiry(view) if view.stage == Stage::Reading => {
                self.view = *view;
                vec![self.read()]
            }
            Reply::Enquiry(view) => vec![Act::Go(Goto::Enquiry(view))],
            Reply::Summary(page) => vec![Act::Go(Goto::Reading(Box::new(self.view.clone()), page))],
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        vec![Act::Say(Role::Danger, refusal.words.to_string())]
    }

    fn patient(&self, _shell: &Shell) -> Vec<String> {
        vec![words::case(&self.person.case)]
    }

    fn prompt(&self) -> Option<Prompt> {
        self.form.prompt().filter(|_| !self.confirmed_before())
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let person = &self.person.person;
        let agreement = self.person.agreement;
        let case = &self.person.case;
        let mut lines = vec![
            lines::blank(),
            (Role::Strong, format!("氏名      {}", person.name)),
            (Role::Strong, format!("カナ      {}", person.kana)),
            (Role::Strong, format!("生年月日  {}", words::birthdate(person.birthdate, shell.today()))),
            (Role::Strong, format!("性別      {}", words::sex(person.sex))),
        ];
        if shell.latin {
            lines.push((
                Role::Strong,
                words::latin(&person.kana, person.birthdate, person.sex, shell.today()),
            ));
        }
        lines.push(lines::blank());
        if case.apparent_age.is_some() || case.apparent_sex.is_some() {
            let age = case.apparent_age.map_or_else(String::new, |age| format!("{age}歳くらい "));
            let sex = case.apparent_sex.map_or("", |sex| sex.label());
            lines.push((Role::Text, format!("登録した見た目  {age}{sex}")));
        }
        if agreement.name_not_in_key {
            let words = "照会キーに氏名がないため、番号の打ち間違いや双子は機械では見分けられません。必ず確かめてください。";
            lines.push((Role::Caution, words.to_owned()));
        }
        if agreement.sex_not_compared {
            let words = "照会キーの性別が「未設定」のため、性別は照合していません。";
            lines.push((Role::Caution, words.to_owned()));
        }
        if agreement.name_not_fully_compared {
            let words = "氏名の一部（●）は送られてこないため、氏名の照合は完全ではありません。";
            lines.push((Role::Caution, words.to_owned()));
        }
        if self.confirmed_before() {
            lines.push((Role::Good, "本人確認は記録済みです。".to_owned()));
            lines::draw(frame, area, shell.theme, &lines);
            return;
        }
        // On a low screen the notes are cut before the question is.
        let form = self.form.height(area.width);
        let upper = Rect { height: area.height.saturating_sub(form), ..area };
        let rest = lines::draw(frame, upper, shell.theme, &lines);
        let y = if rest.height > 0 { rest.y + 1 } else { rest.y };
        self.form.draw(frame, Rect { y, height: area.bottom().saturating_sub(y), ..area }, shell.theme);
    }
}
