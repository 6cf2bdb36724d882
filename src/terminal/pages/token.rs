//! 1 ログイン, second factor where the card cannot be used: the digits that a token shows.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines;
use crate::domain::text::digit;
use crate::protocol::view::SessionView;
use crate::protocol::{Refusal, Reply, Request, Secret};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

/// What the key is called that leads here.
pub(super) const USE_TOKEN: &str = "OTPを使う";
/// What the key is called that leads back.
const USE_CARD: &str = "カードを使う";
/// Digits of the longest codes; most have six.
const DIGITS: usize = 8;
const LEAST: usize = 6;

/// The page for a person's second factor: the card, or the token where there is no card; nothing where there is neither.
pub(super) fn second_factor(session: &SessionView) -> Option<Goto> {
    match (session.card_keys.is_empty(), session.has_token) {
        (false, _) => Some(Goto::Card),
        (true, true) => Some(Goto::Token),
        (true, false) => None,
    }
}

/// Above the card, where there is a token as well.
pub(super) const HINT: &str = "カードが使えないときは、ワンタイムパスワード（OTP）で認証できます。";

/// Whether a person with a card may use a token instead.
pub(super) fn may_switch(shell: &Shell) -> bool {
    shell.session.as_ref().is_some_and(|session| session.has_token)
}

/// The token's part of a login or of an unlocking; pages that need it hold it.
#[derive(Debug)]
pub(super) struct TokenStep {
    form: Form<()>,
}

impl TokenStep {
    pub(super) fn new() -> Self {
        // Not masked: it is worth nothing in half a minute, and six digits are better typed in sight.
        Self {
            form: Form::new(vec![Field::text((), "ワンタイムパスワード", Editor::new(DIGITS), 10)])
        }
    }

    pub(super) fn form_commands(&self, shell: &Shell) -> (Place, Vec<Command>) {
        let mut commands = vec![Command::Accept, Command::Send];
        if shell.session.as_ref().is_some_and(|session| !session.card_keys.is_empty()) {
            commands.push(Command::OtherFactor);
        }
        (self.form.place(), commands)
    }

    pub(super) fn prompt(&self) -> Option<Prompt> {
        self.form.prompt()
    }

    pub(super) fn named(offers: Offers) -> Offers {
        offers
            .named(Command::Send, "認証")
            .named(Command::Accept, "認証")
            .named(Command::OtherFactor, USE_CARD)
    }

    pub(super) fn press(&mut self, meaning: Meaning) -> Vec<Act> {
        match meaning {
            Meaning::Command(Command::Send | Command::Accept) => return self.send(),
            Meaning::Text(c) => match digit(c) {
                Some(digit) => {
                    self.form.press(Meaning::Text(digit));
                    self.form.say((), None);
                }
                None if c.is_whitespace() || c == '-' => {}
                None => self.say_digits_only(),
            },
            meaning => {
                self.form.press(meaning);
                self.form.say((), None);
            }
        }
        Vec::new()
    }

    /// As an app copies it, a gap in the middle included.
    pub(super) fn paste(&mut self, pasted: &Pasted) {
        let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
        for c in pasted.as_str().chars().filter(|c| !c.is_whitespace() && *c != '-') {
            match digit(c) {
                Some(digit) if digits.len() < DIGITS => digits.push(digit),
                _ => return self.say_digits_only(),
            }
        }
        let pasted = self.form.editor_mut(()).map_or(Ok(()), |editor| editor.paste(&digits));
        self.form.say((), pasted.err().map(|why| (Role::Danger, why.to_string())));
    }

    /// A code that was refused is no use any more.
    pub(super) fn refused(&mut self) {
        if let Some(editor) = self.form.editor_mut(()) {
            editor.wipe();
        }
    }

    fn say_digits_only(&mut self) {
        self.form.say((), Some((Role::Danger, "数字だけを入力してください".to_owned())));
    }

    fn send(&mut self) -> Vec<Act> {
        if self.form.text(()).len() < LEAST {
            let words = "表示されている6桁の番号を入力してください".to_owned();
            self.form.say((), Some((Role::Danger, words)));
            return Vec::new();
        }
        let Some(editor) = self.form.editor_mut(()) else { return Vec::new() };
        let code = Secret::new(editor.secret().expose_secret().to_owned());
        vec![Act::Ask(Request::OneTimeProof { code })]
    }

    pub(super) fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let text = |words: &str| (Role::Text, words.to_owned());
        let words = [
            text("トークン（認証アプリなど）に、いま表示されている6桁の番号を入力してください。"),
            text("番号は30秒ごとに変わり、1回だけ使えます。"),
        ];
        let rest = lines::draw(frame, area, shell.theme, &words);
        let y = if rest.height > 0 { rest.y + 1 } else { rest.y };
        self.form.draw(frame, Rect { y, height: area.bottom().saturating_sub(y), ..area }, shell.theme);
    }
}

/// The page.
#[derive(Debug)]
pub(super) struct Token {
    step: TokenStep,
}

impl Token {
    pub(super) fn new() -> Self {
        Self { step: TokenStep::new() }
    }
}

impl Page for Token {
    fn title(&self) -> String {
        "ログイン（2/2 ワンタイムパスワード）".to_owned()
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let (place, mut commands) = self.step.form_commands(shell);
        commands.push(Command::Back);
        TokenStep::named(shell.offers(place, commands)).named(Command::Back, "あとで認証する")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        match meaning {
            Meaning::Command(Command::Back) => vec![Act::Ask(Request::Home)],
            Meaning::Command(Command::OtherFactor) => vec![Act::Go(Goto::Card)],
            meaning => self.step.press(meaning),
        }
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        self.step.paste(pasted);
        Vec::new()
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Session(session) => vec![Act::Session(Some(session)), Act::Ask(Request::Home)],
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        self.step.refused();
        vec![Act::Say(Role::Danger, refusal.words.to_string())]
    }

    fn prompt(&self) -> Option<Prompt> {
        self.step.prompt()
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        self.step.draw(shell, frame, area);
    }
}
