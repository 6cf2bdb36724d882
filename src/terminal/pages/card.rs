//! 1 ログイン, second factor: which card lies there, how many tries are left, and only then the PIN.

use super::super::app::{Act, CardAsk, Goto, Page, Shell};
use super::{lines, token};
use crate::card::{ChallengeText, Identity, SpkiHash};
use crate::protocol::view::SessionView;
use crate::protocol::{Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::helper::FromCard;
use crate::terminal::keymap::{Command, Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Change, Choice, Editor, Field, Form};
use ratatui::Frame;
use ratatui::layout::Rect;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Pin,
    LastTry,
}

/// What is known of the card.
#[derive(Debug)]
enum Known {
    NotYet,
    Card(Box<Identity>),
    Trouble(String),
}

/// The card's part of a login or of an unlocking; pages that need it hold it.
#[derive(Debug)]
pub(super) struct CardStep {
    form: Form<Id>,
    known: Known,
    asked_last: bool,
}

impl CardStep {
    pub(super) fn new() -> Self {
        let form = Form::new(vec![Field::text(Id::Pin, "PIN", Editor::masked(16), 18)]);
        Self { form, known: Known::NotYet, asked_last: false }
    }

    /// The first thing to do: look at the card.
    pub(super) fn begin() -> Act {
        Act::Card(CardAsk::Identify)
    }

    pub(super) fn form_commands(&self) -> (crate::terminal::keymap::Place, Vec<Command>) {
        let mut commands = self.form.commands();
        commands.extend([Command::Send, Command::Refresh]);
        (self.form.place(), commands)
    }

    fn enrolled(session: &SessionView) -> Vec<SpkiHash> {
        session.card_keys.iter().filter_map(|key| key.as_str().parse().ok()).collect()
    }

    pub(super) fn press(&mut self, meaning: Meaning) -> Vec<Act> {
        let send = meaning == Meaning::Command(Command::Send)
            || meaning == Meaning::Command(Command::Accept) && self.form.focused() == Some(Id::Pin);
        if send {
            return self.send();
        }
        if meaning == Meaning::Command(Command::Refresh) {
            return vec![Self::begin()];
        }
        if let Change::Edited(id) = self.form.press(meaning) {
            self.form.say(id, None);
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, pasted: &Pasted) {
        self.form.paste(pasted);
    }

    fn send(&mut self) -> Vec<Act> {
        match &self.known {
            Known::Card(_) => {}
            Known::NotYet | Known::Trouble(_) => return vec![Self::begin()],
        }
        if self.form.text(Id::Pin).is_empty() {
            self.form.say(Id::Pin, Some((Role::Danger, "PINを入力してください".to_owned())));
            self.form.focus(Id::Pin);
            return Vec::new();
        }
        if self.asked_last && !self.allow_last() {
            let words =
                "最後の1回です。まちがえるとカードがロックされます。続けるときは下の欄に印を付けてください";
            self.form.say(Id::LastTry, Some((Role::Danger, words.to_owned())));
            self.form.focus(Id::LastTry);
            return Vec::new();
        }
        vec![Act::Ask(Request::CardChallenge)]
    }

    fn allow_last(&self) -> bool {
        self.form.choice(Id::LastTry).is_some_and(|choice| choice.is_chosen(0))
    }

    /// The station's challenge goes to the card, with the PIN.
    pub(super) fn challenged(&mut self, shell: &Shell, text: &str) -> Vec<Act> {
        let allow_last_try = self.allow_last();
        let (Some(session), Some(editor)) = (&shell.session, self.form.editor_mut(Id::Pin)) else {
            return Vec::new();
        };
        let Ok(challenge) = ChallengeText::parse(text.as_bytes()) else {
            let words = "ステーションの要求が正しくありません。システム管理者に連絡してください";
            return vec![Act::Say(Role::Danger, words.to_owned())];
        };
        let pin = editor.secret();
        editor.wipe();
        let enrolled = Self::enrolled(session);
        vec![Act::Card(CardAsk::Sign { challenge, enrolled, pin, allow_last_try })]
    }

    /// What the helper came back with; a signature becomes the proof.
    pub(super) fn card(&mut self, said: FromCard, challenge: &str) -> Vec<Act> {
        match said {
            FromCard::Identity(identity) => {
                self.known = Known::Card(identity);
                Vec::new()
            }
            FromCard::Signed(signed) => vec![Act::Ask(Request::CardProof {
                challenge: challenge.to_owned(),
                certificate: data_encoding::BASE64.encode(&signed.certificate),
                signature: data_encoding::BASE64.encode(&signed.signature),
                hash: signed.hash,
            })],
            FromCard::Failed { words, tries_left, last_try } => {
                if last_try && !self.asked_last {
                    self.asked_last = true;
                    let choice = Choice::any_of(["最後の1回であることを承知して続ける"]);
                    let pin = Editor::masked(16);
                    self.form = Form::new(vec![
                        Field::text(Id::Pin, "PIN", pin, 18),
                        Field::choice(Id::LastTry, "確認", choice),
                    ]);
                }
                match (&mut self.known, tries_left) {
                    (Known::Card(identity), Some(left)) => identity.tries_left = Some(left),
                    (Known::Card(_), None) => {}
                    (known, _) => *known = Known::Trouble(words.to_string()),
                }
                vec![Act::Say(Role::Danger, words.to_string())]
            }
        }
    }

    pub(super) fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let lines: Vec<(Role, String)> = match &self.known {
            Known::NotYet => vec![(Role::Text, "カードを確認しています…".to_owned())],
            Known::Trouble(words) => {
                vec![
                    (Role::Caution, words.clone()),
                    (Role::Text, "カードを置いてから、もう一度確認してください。".to_owned()),
                ]
            }
            Known::Card(identity) => about(identity),
        };
        let form = self.form.height(area.width);
        let upper = Rect { height: area.height.saturating_sub(form), ..area };
        let rest = lines::draw(frame, upper, shell.theme, &lines);
        let y = if rest.height > 0 { rest.y + 1 } else { rest.y };
        self.form.draw(frame, Rect { y, height: area.bottom().saturating_sub(y), ..area }, shell.theme);
    }
}

fn about(identity: &Identity) -> Vec<(Role, String)> {
    let role = identity.hc_role.as_ref().map(|role| format!("（{role}）")).unwrap_or_default();
    let mut lines = vec![(Role::Text, format!("カード: {}{role}", identity.kind.label()))];
    lines.push(match identity.tries_left {
        Some(0) => (Role::Danger, "PINはロックされています。カードの発行元に連絡してください。".to_owned()),
        Some(1) => (Role::Danger, "PINの残り回数: 1回（まちがえるとロックされます）".to_owned()),
        Some(left) => (Role::Text, format!("PINの残り回数: {left}回")),
        None => (Role::Caution, "PINの残り回数: カードから読み取れません".to_owned()),
    });
    lines.push((Role::Text, format!("PINは{}です。", identity.pin_format)));
    lines
}

/// The page.
#[derive(Debug)]
pub(super) struct Card {
    step: CardStep,
    challenge: String,
}

impl Card {
    pub(super) fn new() -> Self {
        Self { step: CardStep::new(), challenge: String::new() }
    }
}

impl Page for Card {
    fn title(&self) -> String {
        "ログイン（2/2 カード）".to_owned()
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let (place, mut commands) = self.step.form_commands();
        commands.push(Command::Back);
        commands.extend(token::may_switch(shell).then_some(Command::OtherFactor));
        shell
            .offers(place, commands)
            .named(Command::OtherFactor, token::USE_TOKEN)
            .named(Command::Send, "カードで認証")
            .named(Command::Refresh, "カードを再確認")
            .named(Command::Back, "カードなしで進む")
    }

    fn opened(&mut self, _shell: &Shell) -> Vec<Act> {
        vec![CardStep::begin()]
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        if meaning == Meaning::Command(Command::Back) {
            return vec![Act::Ask(Request::Home)];
        }
        if meaning == Meaning::Command(Command::OtherFactor) {
            return vec![Act::Go(Goto::Token)];
        }
        self.step.press(meaning)
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        self.step.paste(pasted);
        Vec::new()
    }

    fn reply(&mut self, shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Challenge { text } => {
                self.challenge = text;
                self.step.challenged(shell, &self.challenge)
            }
            Reply::Session(session) => vec![Act::Session(Some(session)), Act::Ask(Request::Home)],
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn card(&mut self, _shell: &Shell, said: FromCard) -> Vec<Act> {
        self.step.card(said, &self.challenge)
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let mut area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if token::may_switch(shell) {
            area = lines::draw(
                frame,
                area,
                shell.theme,
                &[(Role::Text, token::HINT.to_owned()), lines::blank()],
            );
        }
        self.step.draw(shell, frame, area);
    }
}
