//! 10 ロック: who locked it, and nothing else. The same person, both factors.

use super::super::app::{Act, Goto, Page, Shell};
use super::card::CardStep;
use super::lines;
use super::token::{self, TokenStep};
use super::words;
use crate::protocol::{Refusal, Reply, Request, Secret};
use crate::terminal::card::FromCard;
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Change, Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;
use secrecy::ExposeSecret;

#[derive(Debug)]
enum Step {
    Password(Form<()>),
    Card(CardStep),
    Token(TokenStep),
}

/// The page.
#[derive(Debug)]
pub(super) struct Lock {
    step: Step,
    challenge: String,
    /// Why it is locked, where nobody asked for it.
    because: Option<String>,
}

impl Lock {
    pub(super) fn new(because: Option<String>) -> Self {
        let form = Form::new(vec![Field::text((), "パスワード", Editor::masked(128), 34)]);
        Self { step: Step::Password(form), challenge: String::new(), because }
    }
}

impl Page for Lock {
    fn title(&self) -> String {
        "画面ロック中".to_owned()
    }

    fn offers(&self, shell: &Shell) -> Offers {
        match &self.step {
            Step::Password(form) => shell
                .offers(form.place(), vec![Command::Accept, Command::Send])
                .named(Command::Send, "ロックを解除")
                .named(Command::Accept, "ロックを解除"),
            Step::Card(card) => card
                .offers(shell, token::may_switch(shell).then_some(Command::OtherFactor))
                .named(Command::OtherFactor, token::USE_TOKEN),
            Step::Token(token) => {
                let (place, commands) = token.form_commands(shell);
                TokenStep::named(shell.offers(place, commands))
            }
        }
    }

    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        match &mut self.step {
            Step::Card(_) if meaning == Meaning::Command(Command::OtherFactor) => {
                self.step = Step::Token(TokenStep::new());
                vec![Act::CardCancel]
            }
            Step::Token(_) if meaning == Meaning::Command(Command::OtherFactor) => {
                self.step = Step::Card(CardStep::new());
                vec![CardStep::begin()]
            }
            Step::Token(token) => token.press(meaning),
            Step::Card(card) => match meaning {
                Meaning::Command(Command::Back) => card.cancel().unwrap_or_default(),
                meaning => card.press(shell, meaning),
            },
            Step::Password(form) => match meaning {
                Meaning::Command(Command::Send | Command::Accept) if form.text(()).is_empty() => {
                    form.say((), Some((Role::Danger, "パスワードを入力してください".to_owned())));
                    Vec::new()
                }
                Meaning::Command(Command::Send | Command::Accept) => {
                    let Some(editor) = form.editor_mut(()) else { return Vec::new() };
                    let password = Secret::new(editor.secret().expose_secret().to_owned());
                    editor.wipe();
                    form.say((), None);
                    vec![Act::Ask(Request::Unlock { password })]
                }
                meaning => {
                    if let Change::Edited(()) = form.press(meaning) {
                        form.say((), words::password_hint(form.text(())));
                    }
                    Vec::new()
                }
            },
        }
    }

    fn paste(&mut self, shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        match &mut self.step {
            Step::Password(form) => {
                form.paste(pasted);
                form.say((), words::password_hint(form.text(())));
            }
            Step::Card(card) => card.paste(shell, pasted),
            Step::Token(token) => token.paste(pasted),
        }
        Vec::new()
    }

    fn reply(&mut self, shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Session(session)
                if session.locked && matches!(token::second_factor(&session), Some(Goto::Token)) =>
            {
                self.step = Step::Token(TokenStep::new());
                Vec::new()
            }
            Reply::Session(session) if session.locked => {
                self.step = Step::Card(CardStep::new());
                vec![CardStep::begin()]
            }
            Reply::Session(session) => {
                let watch = match &mut self.step {
                    Step::Card(card) => card.proved(),
                    Step::Password(_) | Step::Token(_) => None,
                };
                let session = [Act::Session(Some(session))];
                session.into_iter().chain(watch).chain([Act::Unlocked]).collect()
            }
            Reply::Challenge { text } => {
                self.challenge = text;
                match &mut self.step {
                    Step::Card(card) => card.challenged(shell, &self.challenge),
                    Step::Password(_) | Step::Token(_) => Vec::new(),
                }
            }
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        if let Step::Token(token) = &mut self.step {
            token.refused();
        }
        vec![Act::Say(Role::Danger, refusal.words.to_string())]
    }

    fn card(&mut self, shell: &Shell, said: FromCard) -> Vec<Act> {
        match &mut self.step {
            Step::Card(card) => card.card(shell, said, &self.challenge),
            Step::Password(_) | Step::Token(_) => Vec::new(),
        }
    }

    fn prompt(&self) -> Option<Prompt> {
        match &self.step {
            Step::Password(form) => form.prompt(),
            Step::Card(card) => card.prompt(),
            Step::Token(token) => token.prompt(),
        }
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let who = shell.session.as_ref().map_or_else(String::new, |session| {
            let other = if session.has_token { "またはワンタイムパスワード" } else { "" };
            format!(
                "{} さんがロックしています。解除するには、同じ人のパスワードとカード{other}が必要です。",
                session.account.name.as_str()
            )
        });
        let because = self.because.iter().map(|because| (Role::Caution, because.clone()));
        let above: Vec<lines::Line> = [lines::blank()]
            .into_iter()
            .chain(because)
            .chain([(Role::Strong, who), lines::blank()])
            .collect();
        let rest = lines::draw(frame, area, shell.theme, &above);
        match &self.step {
            Step::Password(form) => form.draw(frame, rest, shell.theme),
            Step::Card(card) => card.draw(shell, frame, rest),
            Step::Token(token) => token.draw(shell, frame, rest),
        }
    }
}
