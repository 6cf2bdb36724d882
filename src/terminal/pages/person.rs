//! 7 本人確認: the returned person alone, compared with the person present, before any medical content (C5).

use super::super::app::{Act, Goto, Page, Shell};
use super::words;
use crate::domain::period::Section;
use crate::protocol::view::{EnquiryView, PersonView, Stage};
use crate::protocol::{Refusal, Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers};
use crate::terminal::put::put;
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Choice, Field, Form};
use crate::terminal::width;
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
        let mut commands = self.form.commands();
        commands.extend([Command::Send, Command::Back]);
        let label = if self.confirmed_before() { "閲覧" } else { "確認を記録して進む" };
        shell.offers(self.form.place(), commands).named(Command::Send, label)
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        match meaning {
            Meaning::Command(Command::Back) => vec![Act::Ask(Request::Home)],
            Meaning::Command(Command::Send) if self.confirmed_before() => vec![self.read()],
            Meaning::Command(Command::Send) => match self.form.choice(()).and_then(Choice::chosen) {
                Some(at) => {
                    let (enquiry, same) = (self.view.id.clone(), at == 0);
                    vec![Act::Ask(Request::ConfirmPerson { enquiry, same })]
                }
                None => {
                    let words = "一致するか、一致しないかを選んでください（Space で選択）";
                    self.form.say((), Some((Role::Danger, words.to_owned())));
                    Vec::new()
                }
            },
            meaning => {
                self.form.press(meaning);
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

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let person = &self.person.person;
        let agreement = self.person.agreement;
        let case = &self.person.case;
        let mut lines = vec![
            (Role::Text, String::new()),
            (Role::Strong, format!("氏名      {}", person.name)),
            (Role::Strong, format!("カナ      {}", person.kana)),
            (Role::Strong, format!("生年月日  {}", words::birthdate(person.birthdate, shell.today()))),
            (Role::Strong, format!("性別      {}", words::sex(person.sex))),
            (Role::Text, String::new()),
        ];
        if case.apparent_age.is_some() || case.apparent_sex.is_some() {
            let age = case.apparent_age.map_or_else(String::new, |age| format!("{age}歳くらい "));
            let sex = case.apparent_sex.map_or("", |sex| sex.label());
            lines.push((Role::Text, format!("登録した見た目  {age}{sex}")));
        }
        if agreement.name_not_in_key {
            let words = "照会キーに氏名がないため、番号の打ち間違いや双子は機械では見分けられません。必ず確かめてください。";
            lines.push((Role::Caution, words.to_owned()));
        }
        if agreement.name_not_fully_compared {
            let words = "氏名の一部（●）は送られてこないため、氏名の照合は完全ではありません。";
            lines.push((Role::Caution, words.to_owned()));
        }
        let mut y = area.y;
        for (role, line) in lines {
            for piece in width::wrap(&line, area.width.saturating_sub(2)) {
                if y + 3 < area.bottom() {
                    put(frame.buffer_mut(), area.x + 2, y, area.width, piece, shell.theme.style(role));
                    y += 1;
                }
            }
        }
        let rest = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..area };
        if self.confirmed_before() {
            let words = "本人確認は記録済みです。";
            put(frame.buffer_mut(), rest.x + 2, rest.y, rest.width, words, shell.theme.style(Role::Good));
        } else {
            self.form.draw(frame, rest, shell.theme);
        }
    }
}
