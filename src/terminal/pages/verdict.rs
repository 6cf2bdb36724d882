//! 9 事後確認, the verdict: nothing is preselected, and the key that commits is none of those that move.

use super::super::app::{Act, Goto, Page, Shell};
use crate::domain::review::{LONGEST_WORDS, Verdict};
use crate::protocol::reviews::ReviewView;
use crate::protocol::{Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Choice, Dialog, Editor, Field, Form, Prompt};
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
    form: Form<Of>,
    /// The question before it is recorded.
    asking: Option<Dialog>,
    warned: bool,
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
        Self { view, form, asking: None, warned: false }
    }

    fn chosen(&self) -> Option<Verdict> {
        self.form.chosen(Of::Verdict, &Verdict::ALL)
    }

    /// Shows all of it once more, if nothing is missing.
    fn ask(&mut self) {
        let words = self.form.text(Of::Words).to_owned();
        if words.trim().is_empty() {
            self.form.say(Of::Words, Some((Role::Danger, "所見を入力してください".to_owned())));
            self.form.focus(Of::Words);
        }
        let Some(verdict) = self.chosen() else {
            self.form.say(Of::Verdict, Some((Role::Danger, "判定を選んでください".to_owned())));
            self.form.focus(Of::Verdict);
            return;
        };
        if words.trim().is_empty() {
            return;
        }
        let (id, verdict, words) = (&self.view.item.id, verdict.label(), words.trim());
        let question = format!(
            "{id} {}\n判定: {verdict}\n所見: {words}\nこの内容で記録します。あとから変更できません。",
            self.view.item.facts.patient
        );
        self.asking = Some(Dialog::new("判定の記録", &question, &["入力に戻る", "記録する"]));
    }

    fn answer(&mut self, command: Command) -> Vec<Act> {
        let Some(dialog) = &mut self.asking else { return Vec::new() };
        match (dialog.press(command), command) {
            (Some(1), _) => {
                self.asking = None;
                let (review, words) = (self.view.item.id.clone(), self.form.text(Of::Words).to_owned());
                let asked = self.chosen().map(|verdict| Request::CloseReview { review, verdict, words });
                return asked.map(Act::Ask).into_iter().collect();
            }
            (Some(_), _) | (None, Command::Back) => self.asking = None,
            (None, _) => {}
        }
        Vec::new()
    }
}

impl Page for GiveVerdict {
    fn title(&self) -> String {
        format!("事後確認 {} の判定", self.view.item.id)
    }

    fn offers(&self, shell: &Shell) -> Offers {
        if self.asking.is_some() {
            let commands = [Command::Accept, Command::NextChoice, Command::PrevChoice, Command::Back];
            return shell.offers(Place::Dialog, commands).named(Command::Back, "入力に戻る");
        }
        let mut commands = self.form.commands();
        commands.extend([Command::Send, Command::Back]);
        shell
            .offers(self.form.place(), commands)
            .named(Command::Send, "判定を確認")
            .named(Command::Back, "内容へ戻る")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        if self.asking.is_some() {
            return if let Meaning::Command(command) = meaning { self.answer(command) } else { Vec::new() };
        }
        self.warned &= meaning == Meaning::Command(Command::Back);
        match meaning {
            Meaning::Command(Command::Back) if self.unsent() && !self.warned => {
                self.warned = true;
                let words = "まだ記録していません。もう一度 Esc を押すと、入力を破棄して内容に戻ります";
                vec![Act::Say(Role::Caution, words.to_owned())]
            }
            Meaning::Command(Command::Back) => {
                vec![Act::Go(Goto::Review(Box::new(self.view.clone())))]
            }
            Meaning::Command(Command::Send) => {
                self.ask();
                Vec::new()
            }
            meaning => {
                self.form.press_saying(meaning);
                Vec::new()
            }
        }
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        if self.asking.is_none() {
            self.form.paste(pasted);
        }
        Vec::new()
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
        self.chosen().is_some() || !self.form.text(Of::Words).is_empty()
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
