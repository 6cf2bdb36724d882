//! A form that is filled in and sent off. What is typed is nowhere but here, and one key too many does not lose it:
//! leaving takes a second press. What nobody can change afterwards is shown once more, in a question over the form.

use super::super::app::{Act, Shell};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Dialog, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;

/// The form, the question over it, and whether Esc was pressed once.
#[derive(Debug)]
pub(super) struct Sheet<K> {
    pub(super) form: Form<K>,
    asking: Option<Dialog>,
    warned: bool,
}

/// What leaving a form before it is sent means, for the sentence that warns of it.
#[derive(Clone, Copy)]
pub(super) struct Leaving {
    /// What has not been done: 登録して, 記録して.
    pub(super) done: &'static str,
    /// Where it leads.
    pub(super) back: &'static str,
}

/// What a key leaves for the page to do.
pub(super) enum Pressed {
    /// Nothing but this.
    Done(Vec<Act>),
    /// To go one step back.
    Back,
    /// To check what was filled in, and to ask about it or to send it.
    Send,
    /// To send it: the question was answered.
    Agreed,
}

impl<K: Copy + PartialEq> Sheet<K> {
    pub(super) fn new(form: Form<K>) -> Self {
        Self { form, asking: None, warned: false }
    }

    /// Says beside each field that must be filled in what is missing, if it is; whether nothing is.
    pub(super) fn is_complete(&mut self, needed: &[(K, &str)]) -> bool {
        let is_blank = |field| match self.form.choice(field) {
            Some(choice) => choice.chosen().is_none(),
            None => self.form.text(field).trim().is_empty(),
        };
        let missing: Vec<(K, &str)> = needed.iter().filter(|(field, _)| is_blank(*field)).copied().collect();
        for (field, _) in needed {
            self.form.say(*field, None);
        }
        self.form.say_wrong(missing.iter().copied());
        missing.is_empty()
    }

    /// Shows all of it once more; `agree` is the answer that leads to [`Pressed::Agreed`].
    pub(super) fn ask(&mut self, title: &str, question: &str, agree: &str) {
        self.asking = Some(Dialog::new(title, question, &["入力に戻る", agree]));
    }

    /// The keys it takes now; `send` and `back` are what the page calls those two.
    pub(super) fn offers(&self, shell: &Shell, send: &str, back: &str) -> Offers {
        if self.asking.is_some() {
            return shell.offers(Place::Dialog, Dialog::COMMANDS).named(Command::Back, "入力に戻る");
        }
        offers(shell, &self.form, send, back)
    }

    /// Answers a key. While something is unsent, the first press of Esc only says so.
    pub(super) fn press(
        &mut self,
        shell: &Shell,
        meaning: Meaning,
        unsent: bool,
        leaving: Leaving,
    ) -> Pressed {
        if self.asking.is_some() {
            return match meaning {
                Meaning::Command(command) if Dialog::press_open(&mut self.asking, command) => Pressed::Agreed,
                _ => Pressed::Done(Vec::new()),
            };
        }
        self.warned &= meaning == Meaning::Command(Command::Back);
        match meaning {
            Meaning::Command(Command::Back) if unsent && !self.warned => {
                self.warned = true;
                let key = shell.key(&self.offers(shell, "", ""), Command::Back).unwrap_or_default();
                let Leaving { done, back } = leaving;
                let words =
                    format!("まだ{done}いません。もう一度 {key} を押すと、入力を破棄して{back}に戻ります");
                Pressed::Done(vec![Act::Say(Role::Caution, words)])
            }
            Meaning::Command(Command::Back) => Pressed::Back,
            Meaning::Command(Command::Send) => Pressed::Send,
            meaning => {
                self.form.press_saying(meaning);
                Pressed::Done(Vec::new())
            }
        }
    }

    pub(super) fn paste(&mut self, pasted: &Pasted) -> Vec<Act> {
        if self.asking.is_none() {
            self.form.paste_saying(pasted);
        }
        Vec::new()
    }

    pub(super) fn prompt(&self) -> Option<Prompt> {
        self.asking.as_ref().map(Dialog::prompt).or_else(|| self.form.prompt())
    }

    pub(super) fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        self.form.draw(frame, area, shell.theme);
        if let Some(dialog) = &self.asking {
            dialog.draw(frame, shell.theme);
        }
    }
}

/// The keys of any page that is a form to be sent; `send` and `back` are what the page calls those two.
pub(super) fn offers<K: Copy + PartialEq>(shell: &Shell, form: &Form<K>, send: &str, back: &str) -> Offers {
    let commands = form.commands().into_iter().chain([Command::Send, Command::Back]);
    shell.offers(form.place(), commands).named(Command::Send, send).named(Command::Back, back)
}
