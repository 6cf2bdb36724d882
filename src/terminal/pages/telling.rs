//! 9 事後説明, the forms: that a patient was told, and that a patient objects. Nothing is preselected; what is recorded
//! is shown once more before it is, for nobody can change it afterwards.

use super::super::app::{Act, Goto, Page, Shell, Telling, Told};
use crate::domain::explanation::ExplainedTo;
use crate::domain::review::LONGEST_WORDS;
use crate::protocol::{Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Choice, Dialog, Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;

/// The fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    About,
    To,
    By,
    Words,
    Final,
}

/// The page.
#[derive(Debug)]
pub(super) struct Record {
    telling: Telling,
    told: Told,
    /// It was opened from the slip, not from the list.
    from_slip: bool,
    form: Form<Of>,
    /// The question before it is recorded.
    asking: Option<Dialog>,
    warned: bool,
}

impl Record {
    pub(super) fn new(telling: Telling, told: Told, from_slip: bool) -> Self {
        let mut fields = vec![Field::note(Of::About, &told.about)];
        let words = || Editor::new(LONGEST_WORDS);
        match telling {
            Telling::Explained => fields.extend([
                Field::choice(
                    Of::To,
                    "説明した相手",
                    Choice::one_of(ExplainedTo::ALL.map(ExplainedTo::label)),
                ),
                Field::text(Of::By, "説明した人", words(), 30),
                Field::text(Of::Words, "内容", words(), 60),
                Field::note(Of::Final, "説明できないときは、内容の欄にその事情を入力してください。"),
            ]),
            Telling::Objection => fields.extend([
                Field::text(Of::Words, "異議の内容", words(), 60),
                Field::note(Of::Final, "記録すると、優先の事後確認が開かれます。"),
            ]),
        }
        Self { telling, told, from_slip, form: Form::new(fields), asking: None, warned: false }
    }

    fn to(&self) -> Option<ExplainedTo> {
        self.form.chosen(Of::To, &ExplainedTo::ALL)
    }

    /// Says beside each field what is missing; whether nothing is.
    fn is_complete(&mut self) -> bool {
        let is_empty = |field| self.form.text(field).trim().is_empty();
        let missing = match self.telling {
            Telling::Explained => [
                (Of::To, self.to().is_none(), "説明した相手を選んでください"),
                (Of::By, is_empty(Of::By), "説明した人の氏名を入力してください"),
                (Of::Words, is_empty(Of::Words), "説明の内容を入力してください"),
            ]
            .to_vec(),
            Telling::Objection => {
                vec![(Of::Words, is_empty(Of::Words), "申し出の内容を入力してください")]
            }
        };
        let first = missing.iter().find(|(_, is_missing, _)| *is_missing).map(|(field, ..)| *field);
        for (field, is_missing, why) in missing {
            self.form.say(field, is_missing.then(|| (Role::Danger, why.to_owned())));
        }
        if let Some(first) = first {
            self.form.focus(first);
        }
        first.is_none()
    }

    /// Shows all of it once more.
    fn ask(&mut self) {
        let text = |field| self.form.text(field).trim();
        let told = &self.told.about;
        let (title, shown) = match (self.telling, self.to()) {
            (Telling::Explained, to) => {
                let to = to.map_or("", ExplainedTo::label);
                let parts = (text(Of::By), text(Of::Words));
                ("説明の記録", format!("相手: {to}\n説明した人: {}\n内容: {}", parts.0, parts.1))
            }
            (Telling::Objection, _) => ("異議の記録", format!("異議の内容: {}", text(Of::Words))),
        };
        let question = format!("{told}\n{shown}\nこの内容で記録します。あとから変更できません。");
        self.asking = Some(Dialog::new(title, &question, &["入力に戻る", "記録する"]));
    }

    fn request(&self) -> Option<Request> {
        let enquiry = self.told.enquiry.clone();
        let words = self.form.text(Of::Words).to_owned();
        match self.telling {
            Telling::Explained => {
                let by = self.form.text(Of::By).to_owned();
                self.to().map(|to| Request::GiveExplanation { enquiry, to, by, words })
            }
            Telling::Objection => Some(Request::RaiseObjection { enquiry, words }),
        }
    }

    fn answer(&mut self, command: Command) -> Vec<Act> {
        let Some(dialog) = &mut self.asking else { return Vec::new() };
        match (dialog.press(command), command) {
            (Some(1), _) => {
                self.asking = None;
                return self.request().map(Act::Ask).into_iter().collect();
            }
            (Some(_), _) | (None, Command::Back) => self.asking = None,
            (None, _) => {}
        }
        Vec::new()
    }

    /// One step back: to where it was opened.
    fn back(&self) -> Vec<Act> {
        vec![Act::Ask(if self.from_slip {
            Request::ShowSlip { enquiry: self.told.enquiry.clone() }
        } else {
            self.told.list()
        })]
    }

    /// It is on record: the list shows what is left to do.
    fn done(&self, words: String) -> Vec<Act> {
        vec![Act::Say(Role::Good, words), Act::Ask(self.told.list())]
    }
}

impl Page for Record {
    fn title(&self) -> String {
        match self.telling {
            Telling::Explained => "患者への事後説明の記録".to_owned(),
            Telling::Objection => "患者・家族からの異議の記録".to_owned(),
        }
    }

    fn offers(&self, shell: &Shell) -> Offers {
        if self.asking.is_some() {
            let commands = [Command::Accept, Command::NextChoice, Command::PrevChoice, Command::Back];
            return shell.offers(Place::Dialog, commands).named(Command::Back, "入力に戻る");
        }
        let mut commands = self.form.commands();
        commands.extend([Command::Send, Command::Back]);
        let back = if self.from_slip { "説明書へ戻る" } else { "一覧へ戻る" };
        shell
            .offers(self.form.place(), commands)
            .named(Command::Send, "内容を確認")
            .named(Command::Back, back)
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        if self.asking.is_some() {
            return if let Meaning::Command(command) = meaning { self.answer(command) } else { Vec::new() };
        }
        self.warned &= meaning == Meaning::Command(Command::Back);
        match meaning {
            Meaning::Command(Command::Back) if self.unsent() && !self.warned => {
                self.warned = true;
                let words = "まだ記録していません。もう一度 Esc を押すと、入力を破棄して戻ります";
                return vec![Act::Say(Role::Caution, words.to_owned())];
            }
            Meaning::Command(Command::Back) => return self.back(),
            Meaning::Command(Command::Send) => {
                if self.is_complete() {
                    self.ask();
                }
            }
            meaning => {
                self.form.press_saying(meaning);
            }
        }
        Vec::new()
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        if self.asking.is_none() {
            self.form.paste(pasted);
        }
        Vec::new()
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match (reply, self.telling) {
            (Reply::Objected { review }, _) => {
                self.done(format!("異議を記録しました。優先の事後確認 {review} を開きました"))
            }
            // Asked again after a broken line, an objection had been recorded; its number is in the list.
            (Reply::Done, Telling::Objection) => self.done("異議を記録しました".to_owned()),
            (Reply::Done, Telling::Explained) => self.done("説明を記録しました".to_owned()),
            (Reply::Explanations(list), _) => vec![Act::Go(Goto::Explanations(list))],
            (Reply::Slip(slip), _) => vec![Act::Go(Goto::Slip(slip, Box::new(self.told.clone())))],
            _ => Vec::new(),
        }
    }

    fn resumes(&self) -> bool {
        true
    }

    fn unsent(&self) -> bool {
        let typed = [Of::By, Of::Words].into_iter().any(|field| !self.form.text(field).is_empty());
        typed || self.to().is_some()
    }

    fn prompt(&self) -> Option<Prompt> {
        self.asking.as_ref().map(Dialog::prompt).or_else(|| self.form.prompt())
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        self.form.draw(frame, area, shell.theme);
        if let Some(dialog) = &self.asking {
            dialog.draw(frame, shell.theme);
        }
    }
}
