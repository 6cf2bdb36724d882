//! 1 ログイン, second factor: which card lies there, how many tries are left, and only then the PIN.

use super::super::app::{Act, CardAsk, Goto, Page, Shell};
use super::{card_words, lines, token};
use crate::card::line::{PinFrom, SignedReport};
use crate::card::{Certificate, ChallengeText, Identity, SpkiHash};
use crate::domain::SafeText;
use crate::protocol::view::SessionView;
use crate::protocol::{Reply, Request};
use crate::terminal::card::{Found, FromCard, Order, PERSON, Watched};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Change, Choice, Editor, Field, Form, Prompt};
use jiff::SignedDuration;
use ratatui::Frame;
use ratatui::layout::Rect;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Pin,
    LastTry,
}

/// What is known of the cards.
#[derive(Debug)]
enum Known {
    NotYet,
    Found(Box<Found>),
    Trouble(String),
}

/// The card's part of a login or of an unlocking; pages that need it hold it.
#[derive(Debug)]
pub(super) struct CardStep {
    form: Form<Id>,
    known: Known,
    /// Until when, `HH:MM:SS`, a person may type the PIN beside the reader.
    typing_until: Option<String>,
    /// The card that has signed, to be watched once the station takes the proof.
    signed: Option<Watched>,
    /// Authentication was asked for while the cards were still looked at.
    send_on_sight: bool,
}

/// The PIN, and the confirmation where a wrong one could lock the card.
fn form(confirms: bool) -> Form<Id> {
    let mut fields = vec![Field::text(Id::Pin, "PIN", Editor::masked(16), 18)];
    if confirms {
        let choice = Choice::any_of(["最後の1回であることを承知して続ける"]);
        fields.push(Field::choice(Id::LastTry, "確認", choice));
    }
    Form::new(fields)
}

impl CardStep {
    pub(super) fn new() -> Self {
        Self {
            form: form(false),
            known: Known::NotYet,
            typing_until: None,
            signed: None,
            send_on_sight: false,
        }
    }

    /// The first thing to do: look at the cards.
    pub(super) fn begin() -> Act {
        Act::Card(CardAsk::Look)
    }

    /// The offers of a page that shows this step.
    pub(super) fn offers(&self, shell: &Shell, more: impl IntoIterator<Item = Command>) -> Offers {
        let (place, mut commands) = match (&self.typing_until, self.types_pin(shell)) {
            (Some(_), _) => (Place::Button, vec![Command::Back]),
            (None, true) => (self.form.place(), [self.form.commands(), vec![Command::Send]].concat()),
            (None, false) if self.own(shell).is_some() => (Place::Button, vec![Command::Send]),
            (None, false) => (Place::Button, Vec::new()),
        };
        match self.typing_until {
            Some(_) => shell.offers(place, commands).named(Command::Back, "取り消し"),
            None => {
                commands.push(Command::Refresh);
                commands.extend(more);
                shell
                    .offers(place, commands)
                    .named(Command::Send, "カードで認証")
                    .named(Command::Refresh, "カードを再確認")
            }
        }
    }

    /// What is typed line by line: nothing, where the PIN is typed elsewhere.
    pub(super) fn prompt(&self) -> Option<Prompt> {
        if self.typed_elsewhere() { None } else { self.form.prompt() }
    }

    fn enrolled(session: &SessionView) -> Vec<SpkiHash> {
        session.card_keys.iter().filter_map(|key| key.as_str().parse().ok()).collect()
    }

    /// The person's card, in whichever reader it lies.
    fn own(&self, shell: &Shell) -> Option<(&SafeText, &Identity)> {
        let Known::Found(found) = &self.known else { return None };
        let enrolled = Self::enrolled(shell.session.as_ref()?);
        found.readers.iter().find_map(|report| {
            let card = report.card.as_ref().filter(|card| enrolled.contains(&card.spki_sha256))?;
            Some((&report.reader, card))
        })
    }

    /// Whether the PIN is typed beside the reader, at another terminal.
    fn typed_elsewhere(&self) -> bool {
        matches!(&self.known, Known::Found(found) if found.pin == PinFrom::AtTheReader)
    }

    /// Whether a PIN may be typed here. While the cards are looked at it may already: a quick hand does not wait.
    fn types_pin(&self, shell: &Shell) -> bool {
        match &self.known {
            Known::NotYet => true,
            Known::Found(_) => {
                let usable = self.own(shell).is_some_and(|(_, card)| card.tries_left != Some(0));
                usable && !self.typed_elsewhere()
            }
            Known::Trouble(_) => false,
        }
    }

    /// Stops waiting for whoever types a PIN elsewhere; `None` when nobody is waited for.
    pub(super) fn cancel(&mut self) -> Option<Vec<Act>> {
        self.typing_until.take()?;
        let words = "PINの入力を待つのをやめました。続けるときは、もう一度カードで認証してください";
        Some(vec![Act::CardCancel, Act::Say(Role::Caution, words.to_owned())])
    }

    pub(super) fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        if self.typing_until.is_some() {
            return Vec::new();
        }
        let send = meaning == Meaning::Command(Command::Send)
            || meaning == Meaning::Command(Command::Accept) && self.form.focused() == Some(Id::Pin);
        if send {
            return self.send(shell);
        }
        if meaning == Meaning::Command(Command::Refresh) {
            self.known = Known::NotYet;
            return vec![Self::begin()];
        }
        if self.types_pin(shell)
            && let Change::Edited(id) = self.form.press(meaning)
        {
            self.form.say(id, None);
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, shell: &Shell, pasted: &Pasted) {
        if self.types_pin(shell) {
            self.form.paste(pasted);
        }
    }

    fn send(&mut self, shell: &Shell) -> Vec<Act> {
        let locked = match self.own(shell) {
            None if matches!(self.known, Known::NotYet) => {
                self.send_on_sight = true;
                return Vec::new();
            }
            None => return vec![Self::begin()],
            Some((_, card)) => (card.tries_left == Some(0)).then(|| card_words::locked(card)),
        };
        if let Some(words) = locked {
            return vec![Act::Say(Role::Danger, words)];
        }
        if self.typed_elsewhere() {
            return vec![Act::Ask(Request::CardChallenge)];
        }
        if self.form.text(Id::Pin).is_empty() {
            self.form.say(Id::Pin, Some((Role::Danger, "PINを入力してください".to_owned())));
            self.form.focus(Id::Pin);
            return Vec::new();
        }
        if self.form.choice(Id::LastTry).is_some() && !self.allows_last() {
            let words =
                "最後の1回です。まちがえるとカードがロックされます。続けるときは下の欄に印を付けてください";
            self.form.say(Id::LastTry, Some((Role::Danger, words.to_owned())));
            self.form.focus(Id::LastTry);
            return Vec::new();
        }
        vec![Act::Ask(Request::CardChallenge)]
    }

    fn allows_last(&self) -> bool {
        self.form.choice(Id::LastTry).is_some_and(|choice| choice.is_chosen(0))
    }

    /// The station's challenge goes to the card.
    pub(super) fn challenged(&mut self, shell: &Shell, text: &str) -> Vec<Act> {
        let Ok(challenge) = ChallengeText::parse(text.as_bytes()) else {
            let words = "ステーションの要求が正しくありません。システム管理者に連絡してください";
            return vec![Act::Say(Role::Danger, words.to_owned())];
        };
        let (Known::Found(found), Some(session)) = (&self.known, &shell.session) else {
            return vec![Self::begin()];
        };
        let (place, enrolled, allow_last_try) =
            (found.place.clone(), Self::enrolled(session), self.allows_last());
        let pin = if self.typed_elsewhere() {
            let until =
                SignedDuration::try_from(PERSON).ok().and_then(|time| shell.jst.checked_add(time).ok());
            self.typing_until = Some(until.unwrap_or(shell.jst).strftime("%H:%M:%S").to_string());
            None
        } else {
            self.form.editor_mut(Id::Pin).map(|editor| editor.secret())
        };
        // Each attempt has a PIN and a confirmation of its own.
        self.form = form(self.form.choice(Id::LastTry).is_some());
        let order = Order { challenge, enrolled, pin, allow_last_try };
        vec![Act::Card(CardAsk::Sign(place, Box::new(order)))]
    }

    /// What became of a question about cards; a signature becomes the proof.
    pub(super) fn card(&mut self, shell: &Shell, said: FromCard, challenge: &str) -> Vec<Act> {
        match said {
            FromCard::Found(found) => self.found(shell, found),
            FromCard::NotFound(words) => {
                self.send_on_sight = false;
                self.known = Known::Trouble(words.to_string());
                Vec::new()
            }
            FromCard::Moved => vec![Self::begin()],
            FromCard::Signed(signed) => self.signed(&signed, challenge),
            // Whatever happened, only the card knows how many tries are left.
            FromCard::Unsigned(words) => {
                self.typing_until = None;
                vec![Act::Say(Role::Danger, words.to_string()), Self::begin()]
            }
        }
    }

    fn found(&mut self, shell: &Shell, found: Box<Found>) -> Vec<Act> {
        self.known = Known::Found(found.clone());
        let confirms = self.own(shell).map(|(_, card)| card.tries_left.is_none_or(|left| left <= 1));
        // What was typed stays, unless there is no card to which it could belong, or a question more to answer.
        if confirms != Some(self.form.choice(Id::LastTry).is_some()) || !self.types_pin(shell) {
            self.form = form(confirms == Some(true));
        }
        let send = std::mem::take(&mut self.send_on_sight);
        match confirms {
            Some(_) if send => self.send(shell),
            Some(_) => Vec::new(),
            None => vec![Act::Card(CardAsk::Await(found))],
        }
    }

    fn signed(&mut self, signed: &SignedReport, challenge: &str) -> Vec<Act> {
        self.typing_until = None;
        if let (Known::Found(found), Ok(certificate)) = (&self.known, Certificate::parse(&signed.certificate))
        {
            let (place, key) = (found.place.clone(), certificate.spki_sha256());
            self.signed = Some(Watched { place, reader: signed.reader.to_string(), key });
        }
        vec![Act::Ask(Request::CardProof {
            challenge: challenge.to_owned(),
            certificate: data_encoding::BASE64.encode(&signed.certificate),
            signature: data_encoding::BASE64.encode(&signed.signature),
            hash: signed.hash,
        })]
    }

    /// The station took the proof: from now on the card stays where it is, or the screen locks.
    pub(super) fn proved(&mut self) -> Option<Act> {
        self.signed.take().map(Act::Watch)
    }

    pub(super) fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let lines = self.lines(shell);
        let form = if self.types_pin(shell) { self.form.height(area.width) } else { 0 };
        let upper = Rect { height: area.height.saturating_sub(form), ..area };
        let rest = lines::draw(frame, upper, shell.theme, &lines);
        if form > 0 {
            let y = if rest.height > 0 { rest.y + 1 } else { rest.y };
            self.form.draw(frame, Rect { y, height: area.bottom().saturating_sub(y), ..area }, shell.theme);
        }
    }

    fn lines(&self, shell: &Shell) -> Vec<lines::Line> {
        let found = match &self.known {
            Known::NotYet => return vec![(Role::Text, "カードを確認しています…".to_owned())],
            Known::Trouble(words) => return vec![(Role::Caution, words.clone())],
            Known::Found(found) => found,
        };
        let mut lines = card_words::place(found);
        let Some((reader, card)) = self.own(shell) else {
            lines.push(lines::blank());
            lines.extend(card_words::others(&found.readers));
            return lines;
        };
        lines.extend(card_words::own(reader, card, shell.today()));
        if self.types_pin(shell) {
            lines.push(card_words::pin_format(card));
        } else if self.typed_elsewhere() {
            lines.push(lines::blank());
            lines.push(match &self.typing_until {
                Some(until) => (
                    Role::Strong,
                    format!(
                        "PINは手元の端末（kyukyu-card agent の画面）で入力してください。{until}まで待ちます。"
                    ),
                ),
                None => (
                    Role::Text,
                    "「カードで認証」を選ぶと、手元の端末（kyukyu-card agent の画面）でPINをたずねます。"
                        .to_owned(),
                ),
            });
        }
        lines
    }
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
        let more = [Some(Command::Back), token::may_switch(shell).then_some(Command::OtherFactor)];
        self.step
            .offers(shell, more.into_iter().flatten())
            .named(Command::OtherFactor, token::USE_TOKEN)
            .named(Command::Back, "カードなしで進む")
    }

    fn opened(&mut self, _shell: &Shell) -> Vec<Act> {
        vec![CardStep::begin()]
    }

    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        if meaning == Meaning::Command(Command::Back) {
            return self.step.cancel().unwrap_or_else(|| vec![Act::Ask(Request::Home)]);
        }
        if meaning == Meaning::Command(Command::OtherFactor) {
            return vec![Act::CardCancel, Act::Go(Goto::Token)];
        }
        self.step.press(shell, meaning)
    }

    fn paste(&mut self, shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        self.step.paste(shell, pasted);
        Vec::new()
    }

    fn reply(&mut self, shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Challenge { text } => {
                self.challenge = text;
                self.step.challenged(shell, &self.challenge)
            }
            Reply::Session(session) => {
                let session = [Act::Session(Some(session))];
                session.into_iter().chain(self.step.proved()).chain([Act::Ask(Request::Home)]).collect()
            }
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn card(&mut self, shell: &Shell, said: FromCard) -> Vec<Act> {
        self.step.card(shell, said, &self.challenge)
    }

    fn prompt(&self) -> Option<Prompt> {
        self.step.prompt()
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
