//! 9 事後確認, 再確認 of a closed item: why it is looked at once more. What was judged stays as it is; a new item follows it.

use super::super::app::{Act, Goto, Page, Shell};
use crate::domain::review::LONGEST_WORDS;
use crate::protocol::reviews::ReviewView;
use crate::protocol::{Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Dialog, Editor, Field, Form, Prompt};
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
    form: Form<Of>,
    /// The question before it is opened.
    asking: Option<Dialog>,
    warned: bool,
}

impl Again {
    pub(super) fn new(view: ReviewView) -> Self {
        let form = Form::new(vec![
            Field::note(Of::About, &about(&view)),
            Field::text(Of::Words, "見直す理由", Editor::new(LONGEST_WORDS), 60),
            Field::note(Of::Final, "前の判定はそのまま残り、続きの新しい事後確認が開かれます。"),
        ]);
        Self { view, form, asking: None, warned: false }
    }

    /// Shows it once more, if nothing is missing.
    fn ask(&mut self) {
        let words = self.form.text(Of::Words).trim();
        if words.is_empty() {
            let missing = (Role::Danger, "見直す理由を入力してください".to_owned());
            self.form.say(Of::Words, Some(missing));
            self.form.focus(Of::Words);
            return;
        }
        let about = about(&self.view);
        let question = format!(
            "{about}\n見直す理由: {words}\nこの内容で記録し、新しい事後確認を開きます。\nあとから変更できません。"
        );
        self.asking = Some(Dialog::new("再確認", &question, &["入力に戻る", "再確認を開く"]));
    }

    fn answer(&mut self, command: Command) -> Vec<Act> {
        let Some(dialog) = &mut self.asking else { return Vec::new() };
        match (dialog.press(command), command) {
            (Some(1), _) => {
                self.asking = None;
                let (review, words) = (self.view.item.id.clone(), self.form.text(Of::Words).to_owned());
                return vec![Act::Ask(Request::ReviewAgain { review, words })];
            }
            (Some(_), _) | (None, Command::Back) => self.asking = None,
            (None, _) => {}
        }
        Vec::new()
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
        if self.asking.is_some() {
            let commands = [Command::Accept, Command::NextChoice, Command::PrevChoice, Command::Back];
            return shell.offers(Place::Dialog, commands).named(Command::Back, "入力に戻る");
        }
        let mut commands = self.form.commands();
        commands.extend([Command::Send, Command::Back]);
        shell
            .offers(self.form.place(), commands)
            .named(Command::Send, "内容を確認")
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
                return vec![Act::Say(Role::Caution, words.to_owned())];
            }
            Meaning::Command(Command::Back) => {
                return vec![Act::Go(Goto::Review(Box::new(self.view.clone())))];
            }
            Meaning::Command(Command::Send) => self.ask(),
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
        !self.form.text(Of::Words).is_empty()
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
