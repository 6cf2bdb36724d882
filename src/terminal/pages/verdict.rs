//! 9 事後確認, the verdict: nothing is preselected, and the key that commits is none of those that move.

use super::super::app::{Act, Goto, Page, Shell};
use super::sheet::{Leaving, Pressed, Sheet};
use crate::domain::review::{LONGEST_WORDS, Verdict};
use crate::protocol::reviews::ReviewView;
use crate::protocol::{Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Choice, Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;

/// Its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    About,
    Verdict,
    Words,
    Final,
}

/// The page.
#[derive(Debug)]
pub(super) struct GiveVerdict {
    view: ReviewView,
    sheet: Sheet<Of>,
}

impl GiveVerdict {
    pub(super) fn new(view: ReviewView) -> Self {
        let people: Vec<String> =
            view.item.parts.iter().map(|part| format!("{} {}", part.role.label(), part.words())).collect();
        let about = format!("{}  {}  {}", view.at, people.join("、"), view.item.facts.patient);
        let form = Form::new(vec![
            Field::note(Of::About, &about),
            Field::choice(Of::Verdict, "判定", Choice::one_of(Verdict::ALL.map(Verdict::label))),
            Field::text(Of::Words, "所見", Editor::new(LONGEST_WORDS), 60),
            Field::note(
                Of::Final,
                "判定はあなたの氏名で記録され、あとから変更できません（見直しは再確認）。",
            ),
        ]);
        Self { view, sheet: Sheet::new(form) }
    }

    fn chosen(&self) -> Option<Verdict> {
        self.sheet.form.chosen(Of::Verdict, &Verdict::ALL)
    }

    /// Shows all of it once more, if nothing is missing.
    fn ask(&mut self) {
        let needed = [(Of::Verdict, "判定を選んでください"), (Of::Words, "所見を入力してください")];
        if !self.sheet.is_complete(&needed) {
            return;
        }
        let (id, words) = (&self.view.item.id, self.sheet.form.text(Of::Words).trim());
        let verdict = self.chosen().map_or("", Verdict::label);
        let question = format!(
            "{id} {}\n判定: {verdict}\n所見: {words}\nこの内容で記録します。あとから変更できません。",
            self.view.item.facts.patient
        );
        self.sheet.ask("判定の記録", &question, "記録する");
    }
}

impl Page for GiveVerdict {
    fn title(&self) -> String {
        format!("事後確認 {} の判定", self.view.item.id)
    }

    fn offers(&self, shell: &Shell) -> Offers {
        self.sheet.offers(shell, "判定を確認", "内容へ戻る")
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
                let asked = self.chosen().map(|verdict| Request::CloseReview { review, verdict, words });
                asked.map(Act::Ask).into_iter().collect()
            }
        }
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        self.sheet.paste(pasted)
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        let said = |verdict: &str| {
            Act::Say(Role::Good, format!("{} の判定（{verdict}）を記録しました", self.view.item.id))
        };
        match reply {
            Reply::Review(view) => {
                let verdict = view.item.closing.as_ref().map_or("", |closing| closing.verdict.label());
                vec![said(verdict), Act::Ask(Request::ListReviews { overdue: false, after: None })]
            }
            // Asked again after a broken line: it had been done.
            Reply::Done => {
                let verdict = self.chosen().map_or("", Verdict::label);
                vec![said(verdict), Act::Ask(Request::ListReviews { overdue: false, after: None })]
            }
            Reply::Reviews(list) => vec![Act::Go(Goto::Reviews(list))],
            _ => Vec::new(),
        }
    }

    fn resumes(&self) -> bool {
        true
    }

    fn unsent(&self) -> bool {
        self.chosen().is_some() || !self.sheet.form.text(Of::Words).is_empty()
    }

    fn prompt(&self) -> Option<Prompt> {
        self.sheet.prompt()
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        self.sheet.draw(shell, frame, area);
    }
}
