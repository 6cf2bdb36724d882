//! 9 事後説明, the forms: that a patient was told, and that a patient objects. Nothing is preselected; what is recorded
//! is shown once more before it is, for nobody can change it afterwards.

use super::super::app::{Act, Goto, Page, Shell, Telling, Told};
use super::sheet::{Leaving, Pressed, Sheet};
use crate::domain::explanation::ExplainedTo;
use crate::domain::review::LONGEST_WORDS;
use crate::protocol::{Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Choice, Editor, Field, Form, Prompt};
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
    sheet: Sheet<Of>,
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
        Self { telling, told, from_slip, sheet: Sheet::new(Form::new(fields)) }
    }

    fn to(&self) -> Option<ExplainedTo> {
        self.sheet.form.chosen(Of::To, &ExplainedTo::ALL)
    }

    /// Shows all of it once more, if nothing is missing.
    fn ask(&mut self) {
        let needed: &[(Of, &str)] = match self.telling {
            Telling::Explained => &[
                (Of::To, "説明した相手を選んでください"),
                (Of::By, "説明した人の氏名を入力してください"),
                (Of::Words, "説明の内容を入力してください"),
            ],
            Telling::Objection => &[(Of::Words, "申し出の内容を入力してください")],
        };
        if !self.sheet.is_complete(needed) {
            return;
        }
        let text = |field| self.sheet.form.text(field).trim();
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
        self.sheet.ask(title, &question, "記録する");
    }

    fn request(&self) -> Option<Request> {
        let enquiry = self.told.enquiry.clone();
        let words = self.sheet.form.text(Of::Words).to_owned();
        match self.telling {
            Telling::Explained => {
                let by = self.sheet.form.text(Of::By).to_owned();
                self.to().map(|to| Request::GiveExplanation { enquiry, to, by, words })
            }
            Telling::Objection => Some(Request::RaiseObjection { enquiry, words }),
        }
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
        let back = if self.from_slip { "説明書へ戻る" } else { "一覧へ戻る" };
        self.sheet.offers(shell, "内容を確認", back)
    }

    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let leaving = Leaving { done: "記録して", back: "元の画面" };
        match self.sheet.press(shell, meaning, self.unsent(), leaving) {
            Pressed::Done(acts) => acts,
            Pressed::Back => self.back(),
            Pressed::Send => {
                self.ask();
                Vec::new()
            }
            Pressed::Agreed => self.request().map(Act::Ask).into_iter().collect(),
        }
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        self.sheet.paste(pasted)
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
        let typed = [Of::By, Of::Words].into_iter().any(|field| !self.sheet.form.text(field).is_empty());
        typed || self.to().is_some()
    }

    fn prompt(&self) -> Option<Prompt> {
        self.sheet.prompt()
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        self.sheet.draw(shell, frame, area);
    }
}
