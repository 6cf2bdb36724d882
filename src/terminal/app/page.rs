//! A page: one screen's model, what it does with a key, and how it is drawn.

use super::act::Act;
use super::shell::Shell;
use crate::protocol::{Event, Refusal, Reply, Request};
use crate::terminal::card::FromCard;
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::Prompt;
use ratatui::Frame;
use ratatui::layout::Rect;
use std::time::Instant;

/// One screen. It is told what happened and answers with wishes; it does nothing itself.
pub trait Page {
    /// Its name at the top of the page.
    fn title(&self) -> String;
    /// It was just opened.
    fn opened(&mut self, _shell: &Shell) -> Vec<Act> {
        Vec::new()
    }
    /// The keys it takes now.
    fn offers(&self, shell: &Shell) -> Offers;
    /// A key, already with its meaning.
    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act>;
    /// A paste, never a command.
    fn paste(&mut self, _shell: &Shell, _pasted: &Pasted) -> Vec<Act> {
        Vec::new()
    }
    /// The answer to its question.
    fn reply(&mut self, shell: &Shell, reply: Reply) -> Vec<Act>;
    /// Its question was refused.
    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        vec![Act::Say(Role::Danger, refusal.words.to_string())]
    }
    /// Something happened at the station.
    fn event(&mut self, _shell: &Shell, _event: &Event) -> Vec<Act> {
        Vec::new()
    }
    /// What it asked about cards has an answer.
    fn card(&mut self, _shell: &Shell, _said: FromCard) -> Vec<Act> {
        Vec::new()
    }
    /// The line is up again; whatever it shows may be old.
    fn reconnected(&mut self, _shell: &Shell) -> Vec<Act> {
        Vec::new()
    }
    /// When it changes by itself.
    fn deadline(&self) -> Option<Instant> {
        None
    }
    /// The deadline came.
    fn tick(&mut self, _shell: &Shell) -> Vec<Act> {
        Vec::new()
    }
    /// Case and patient for the top of the screen: never cut.
    fn patient(&self, _shell: &Shell) -> Vec<String> {
        Vec::new()
    }
    /// What is kept at the station when the page is left in the middle.
    fn draft(&self) -> Option<Request> {
        None
    }
    /// Whether leaving it (logout, quit) would lose something that only a person can decide about.
    fn unsent(&self) -> bool {
        false
    }
    /// Whether it is taken up again where it was when the session is unlocked: only pages that show what the person
    /// typed; what came from outside is shown anew, and put on record anew.
    fn resumes(&self) -> bool {
        false
    }
    /// What it asks for now, for the linear mode; `None` where rows are chosen or there is only to read.
    fn prompt(&self) -> Option<Prompt> {
        None
    }
    /// Draws itself into the area between the top and the bottom lines.
    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect);
}
