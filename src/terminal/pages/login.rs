//! 1 ログイン, first factor.

use super::super::app::{Act, Goto, Page, Shell};
use super::{lines, token, words};
use crate::domain::UserId;
use crate::protocol::{Refusal, Reply, Request, Secret};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Change, Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;
use secrecy::ExposeSecret;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    User,
    Password,
}

/// Said of a user id that holds anything but half-width letters.
const FULL_WIDTH: &str = "利用者IDは半角です。日本語入力（IME）をオフにしてください";

/// The page.
#[derive(Debug)]
pub struct Login {
    form: Form<Id>,
}

impl Login {
    /// Empty.
    pub fn new() -> Self {
        let form = Form::new(vec![
            Field::text(Id::User, "利用者ID", Editor::new(32), 34),
            Field::text(Id::Password, "パスワード", Editor::masked(128), 34),
        ]);
        Self { form }
    }

    /// What is to be said beside a field while it is typed with an input method on.
    fn hint(&self, id: Id) -> Option<lines::Line> {
        let typed = self.form.text(id);
        match id {
            Id::User => (!typed.is_ascii()).then(|| (Role::Danger, FULL_WIDTH.to_owned())),
            Id::Password => words::password_hint(typed),
        }
    }

    fn send(&mut self) -> Vec<Act> {
        for (id, label) in [(Id::User, "利用者ID"), (Id::Password, "パスワード")] {
            if self.form.text(id).is_empty() {
                self.form.say(id, Some((Role::Danger, format!("{label}を入力してください"))));
                self.form.focus(id);
                return Vec::new();
            }
        }
        let user = self.form.text(Id::User).to_owned();
        // An id that nobody can have is not tried: it would only count towards the wait.
        if let Err(error) = UserId::parse(&user) {
            self.form.say(Id::User, self.hint(Id::User).or(Some((Role::Danger, error.to_string()))));
            self.form.focus(Id::User);
            return Vec::new();
        }
        let Some(editor) = self.form.editor_mut(Id::Password) else { return Vec::new() };
        let password = Secret::new(editor.secret().expose_secret().to_owned());
        vec![Act::Ask(Request::Login { user, password })]
    }
}

impl Default for Login {
    fn default() -> Self {
        Self::new()
    }
}

impl Page for Login {
    fn title(&self) -> String {
        "ログイン（1/2 パスワード）".to_owned()
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = self.form.commands();
        commands.push(Command::Send);
        shell.offers(self.form.place(), commands).named(Command::Send, "ログイン")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        if meaning == Meaning::Command(Command::Send) {
            return self.send();
        }
        // Enter in the last field logs in: nothing is sent outside by it.
        let last = self.form.focused() == Some(Id::Password);
        if last && meaning == Meaning::Command(Command::Accept) {
            return self.send();
        }
        if let Change::Edited(id) = self.form.press(meaning) {
            self.form.say(id, self.hint(id));
        }
        Vec::new()
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        if let Change::Edited(id) = self.form.paste(pasted) {
            self.form.say(id, self.hint(id));
        }
        Vec::new()
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::LoggedIn { session, token } => {
                let next = token::second_factor(&session).map_or(Act::Ask(Request::Home), Act::Go);
                vec![Act::Session(Some(session)), Act::Token(Some(token)), next]
            }
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        if let Some(editor) = self.form.editor_mut(Id::Password) {
            editor.wipe();
        }
        self.form.say(Id::Password, None);
        self.form.focus(Id::Password);
        vec![Act::Say(Role::Danger, refusal.words.to_string())]
    }

    fn prompt(&self) -> Option<Prompt> {
        self.form.prompt()
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let welcome = shell.welcome.as_ref();
        let hints = welcome.map(|w| w.training_hints.as_slice()).unwrap_or_default();
        let form = Rect { y: area.y + 1, height: area.height.saturating_sub(1).min(5), ..area };
        self.form.draw(frame, form, shell.theme);
        let text = |words: &str| (Role::Text, words.to_owned());
        let first = match welcome {
            Some(_) => "救急時医療情報の照会には、パスワードとカードの二要素認証が必要です。",
            None if shell.away_since.is_none() => "ステーションに接続しています…",
            None => "ステーションにつながりしだい、ログインできます。",
        };
        let mut lines = vec![text(first)];
        if shell.away_since.is_some() {
            lines.push(text(&format!("接続先: {}", shell.socket)));
            lines.push(text("つながらないときは、ステーションの起動を管理者に依頼してください。"));
            lines
                .push(text("接続先が違うときは、KYUKYU_SOCKET か --socket で指定して起動し直してください。"));
        }
        if !hints.is_empty() {
            lines.push(lines::blank());
        }
        // Pieces of a hint are two blanks apart; each is easier to read on a line of its own.
        let hints = hints.iter().flat_map(|hint| hint.as_str().split("  ")).map(str::trim);
        lines.extend(hints.filter(|hint| !hint.is_empty()).map(text));
        lines.extend(shell.notices.iter().map(|notice| (Role::Caution, notice.clone())));
        let rest =
            Rect { y: form.bottom() + 1, height: area.bottom().saturating_sub(form.bottom() + 1), ..area };
        lines::draw(frame, rest, shell.theme, &lines);
    }
}
