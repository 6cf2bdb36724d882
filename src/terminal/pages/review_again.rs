//! 9 事後確認, 再確認 of a closed item: why it is looked at once more. What was judged stays as it is; a new item follows it.

use super::super::app::{Act, Goto, Page, Shell};
use super::sheet::{Leaving, Pressed, Sheet};
use crate::domain::review::LONGEST_WORDS;
use crate::protocol::reviews::ReviewView;
use crate::protocol::{Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;

/// Its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    About,
    Words,
    Final,
}

/// The page.
#[derive(Debug)]
pub(super) struct Again {
    view: ReviewView,
    sheet: Sheet<Of>,
}

impl Again {
    pub(super) fn new(view: ReviewView) -> Self {
        let form = Form::new(vec![
            Field::note(Of::About, &about(&view)),
            Field::text(Of::Words, "見直す理由", Editor::new(LONGEST_WORDS), 60),
            Field::note(Of::Final, "前の判定はそのまま残り、続きの新しい事後確認が開かれます。"),
        ]);
        Self { view, sheet: Sheet::new(form) }
    }

    /// Shows it once more, if nothing is missing.
    fn ask(&mut self) {
        if !self.sheet.is_complete(&[(Of::Words, "見直す理由を入力してください")]) {
            return;
        }
        let (about, words) = (about(&self.view), self.sheet.form.text(Of::Words).trim());
        let question = format!(
            "{about}\n見直す理由: {words}\nこの内容で記録し、新しい事後確認を開きます。\nあとから変更できません。"
        );
        self.sheet.ask("再確認", &question, "再確認を開く");
    }
}

/// What was judged, and how.
fn about(view: &ReviewView) -> String {
    let verdict = view.item.closing.as_ref().map_or("", |closing| closing.verdict.label());
    let id = &view.item.id;
    format!("{id}（{verdict}）  {}  {}", view.item.about.label(), view.item.facts.patient)
        .trim_end()
        .to_owned()
}

impl Page for Again {
    fn title(&self) -> String {
        format!("事後確認 {} の再確認", self.view.item.id)
    }

    fn offers(&self, shell: &Shell) -> Offers {
        self.sheet.offers(shell, "内容を確認", "内容へ戻る")
    }

    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let leaving = Leaving { done: "記録して", back: "内容" };
        match self.sheet.press(shell, meaning, self.unsent(), leaving) {
            Pressed::Done(acts) => acts,
            Pressed::Back => vec![Act::Go(Goto::Review(Box::new(self.view.clone())))],
            Pressed::Send => {
                self.ask();
                Vec::new()
            }
            Pressed::Agreed => {
                let (review, words) = (self.view.item.id.clone(), self.sheet.form.text(Of::Words).to_owned());
                vec![Act::Ask(Request::ReviewAgain { review, words })]
            }
        }
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        self.sheet.paste(pasted)
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            // The new one, to be judged.
            Reply::Review(view) => {
                let said = format!("再確認 {} を開きました。内容を確かめて判定してください", view.item.id);
                vec![Act::Say(Role::Good, said), Act::Go(Goto::Review(view))]
            }
            // Asked again after a broken line: it had been done, and waits in the list.
            Reply::Done => {
                let said = "再確認を開きました。一覧から選んでください".to_owned();
                let list = Request::ListReviews { overdue: false, after: None };
                vec![Act::Say(Role::Good, said), Act::Ask(list)]
            }
            Reply::Reviews(list) => vec![Act::Go(Goto::Reviews(list))],
            _ => Vec::new(),
        }
    }

    fn resumes(&self) -> bool {
        true
    }

    fn unsent(&self) -> bool {
        !self.sheet.form.text(Of::Words).is_empty()
    }

    fn prompt(&self) -> Option<Prompt> {
        self.sheet.prompt()
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        self.sheet.draw(shell, frame, area);
    }
}
