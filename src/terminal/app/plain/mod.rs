//! The linear mode (trap 15): the same pages, the same model and the same log, read line by line.
//!
//! For screen readers, braille displays and terminals that can do nothing else (`TERM=dumb`). Each page is drawn by its
//! own code into a frame that nobody sees; what is new in it is said as lines, and a line that is typed answers what
//! the page asks for, as keys would. So there is no second program whose rules could differ: no boxes, no moving
//! cursor, nothing painted again, nothing that ticks.

mod answer;
mod echo;
mod heard;
mod said;

use super::model::{Effect, Model, Waiting};
use super::update;
use super::view;
use super::{Options, TerminalError, Word, execute, notices};
use crate::domain::SafeText;
use crate::terminal::backend::{Memory, Screen};
use crate::terminal::dump;
use crate::terminal::event_loop::{Incoming, Pasted, Stop, channel};
use crate::terminal::keymap::Keymap;
use crate::terminal::link::Link;
use crate::terminal::signals;
use crate::terminal::theme::Theme;
use crate::terminal::width::{self, Ambiguous};
use echo::Echo;
use said::Mouth;
use std::collections::VecDeque;
use std::io::{self, IsTerminal as _};
use std::ops::ControlFlow;
use std::time::Instant;

/// The frame that nobody sees: so wide that lines are broken by whoever reads them, and high enough for every form.
const WIDTH: u16 = 240;
const HEIGHT: u16 = 60;

/// Whether a terminal can do nothing else. Only where there is one: a pipe is asked for with `--plain`.
pub(super) fn is_all_there_is(term: Option<&str>) -> bool {
    matches!(term, None | Some("dumb" | "")) && io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Stays until the person leaves or the line ends.
pub(super) fn run(options: &Options, keymap: Keymap, term: Option<&str>) -> Result<(), TerminalError> {
    // Nothing stands in columns here: no cell is kept free behind a character.
    width::set_ambiguous(Ambiguous::One);
    let (post, inbox) = channel::<Word>();
    signals::watch(post.clone())?;
    let echo = Echo::start()?;
    heard::listen(post.clone(), io::stdin().is_terminal())?;
    let link = Link::start(&options.socket, post.clone(), Word::Station)?;
    let mut model = Model::new(keymap, Theme::Plain);
    model.shell.notices = notices(|name| std::env::var(name).ok());
    model.shell.socket = SafeText::new(&options.socket.to_string_lossy());
    let hands = execute::Hands::new(link, options.cards.clone(), post);
    let can_clear = !matches!(term, None | Some("dumb" | ""));
    let mouth = Mouth::new(can_clear && io::stdout().is_terminal());
    let mut talk = Talk { model, hands, mouth, echo, waiting: VecDeque::new(), ended: false };
    talk.mouth.welcome(!options.plain)?;
    loop {
        talk.say()?;
        let Some(incoming) = inbox.next(talk.model.deadline()) else { break };
        for one in incoming {
            if talk.take(one)?.is_break() {
                talk.mouth.farewell()?;
                return Ok(());
            }
        }
        if talk.answer_what_waits()?.is_break() {
            break;
        }
    }
    talk.mouth.farewell()?;
    Ok(())
}

/// A conversation.
struct Talk {
    model: Model,
    hands: execute::Hands,
    mouth: Mouth,
    echo: Echo,
    /// Lines that were typed before they could be taken.
    waiting: VecDeque<Pasted>,
    /// No more lines will come.
    ended: bool,
}

impl Talk {
    /// Says what is new, and asks.
    fn say(&mut self) -> io::Result<()> {
        if !self.knows_the_station() {
            return Ok(());
        }
        self.say_page()?;
        if self.waiting.is_empty() {
            self.mouth.prompt(&self.model)?;
        }
        Ok(())
    }

    /// Before anybody can know that a password is asked for, it is not echoed any more.
    fn say_page(&mut self) -> io::Result<()> {
        self.echo.set(!answer::is_secret(&self.model));
        let text = frame(&self.model)?;
        self.mouth.page(&self.model, &text)
    }

    /// It answered, or does not.
    fn knows_the_station(&self) -> bool {
        self.model.shell.welcome.is_some() || self.model.shell.away_since.is_some()
    }

    fn take(&mut self, incoming: Incoming<Word>) -> io::Result<ControlFlow<()>> {
        match incoming {
            Incoming::Station(Word::Line(line)) => {
                self.mouth.heard(self.echo.is_on())?;
                self.waiting.push_back(line);
                Ok(ControlFlow::Continue(()))
            }
            Incoming::Station(Word::LinesEnd) => {
                self.ended = true;
                Ok(ControlFlow::Continue(()))
            }
            other => {
                let effects = update::update(&mut self.model, Instant::now(), other);
                self.act(effects)
            }
        }
    }

    fn act(&mut self, effects: Vec<Effect>) -> io::Result<ControlFlow<()>> {
        for effect in effects {
            match effect {
                Effect::Wipe => self.mouth.wipe()?,
                Effect::Redraw => self.mouth.forget(),
                effect => {
                    if self.hands.act(effect).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// A line waits until what was asked before is answered: it was typed for what comes then. Leaving and locking
    /// do not wait for an answer that does not come.
    fn answer_what_waits(&mut self) -> io::Result<ControlFlow<()>> {
        while let Some(line) = self.waiting.front() {
            let ready = self.model.settled() && self.knows_the_station();
            let late = self.model.shell.away_since.is_some() || self.model.shell.busy_shows();
            let urgent = late && answer::is_urgent(line.as_str());
            if !(ready || urgent) {
                return Ok(ControlFlow::Continue(()));
            }
            let Some(line) = self.waiting.pop_front() else { break };
            self.model.last_key = Instant::now();
            self.model.shell.look_at_clocks(Instant::now());
            self.model.shell.said = None;
            match answer::read(&self.model, line.as_str()) {
                answer::Heard::Meanings(meanings) => {
                    let mut effects = update::alive(&mut self.model);
                    self.model.shell.lock_in = None;
                    for meaning in meanings {
                        effects.extend(update::mean(&mut self.model, meaning));
                    }
                    if self.act(effects)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                answer::Heard::Again => self.mouth.forget(),
                answer::Heard::List => self.mouth.commands(&self.model, true)?,
                answer::Heard::Not(words) => self.mouth.line(&words)?,
            }
            // What the line led to is said before the next one is taken.
            self.say_page()?;
        }
        let leaving = self.model.waiting.values().any(|who| matches!(who, Waiting::Leave(_)));
        if self.ended && self.model.settled() && !leaving {
            let effects = update::update(&mut self.model, Instant::now(), Incoming::Stop(Stop::LineLost));
            return self.act(effects);
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// The page as lines.
pub(super) fn frame(model: &Model) -> io::Result<String> {
    let mut text = String::new();
    let mut screen = Screen::new(Memory::new(WIDTH, HEIGHT))?;
    screen.draw(|frame| {
        view::view(model, frame);
        text = dump::text(frame.buffer_mut());
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests;
