//! The one place where wishes become deeds.

use super::Word;
use super::act::CardAsk;
use super::model::Effect;
use crate::protocol::Request;
use crate::terminal::backend::{Screen, Surface};
use crate::terminal::event_loop::Post;
use crate::terminal::helper::{self, HelperCommand};
use crate::terminal::link::Link;
use crate::terminal::width;
use std::io;
use std::ops::ControlFlow;

/// What the loop does things with.
pub(super) struct Hands {
    pub(super) link: Link,
    pub(super) helper: HelperCommand,
    pub(super) post: Post<Word>,
}

/// The number of the farewell: nobody waits for its answer.
const FAREWELL: u64 = u64::MAX;

impl Hands {
    /// Does one thing.
    pub(super) fn execute<S: Surface>(
        &mut self,
        screen: &mut Screen<S>,
        effect: Effect,
    ) -> io::Result<ControlFlow<()>> {
        match effect {
            Effect::Wipe => screen.wipe()?,
            Effect::Redraw => screen.redraw(),
            effect => return Ok(self.act(effect)),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Does what has nothing to do with a screen.
    pub(super) fn act(&mut self, effect: Effect) -> ControlFlow<()> {
        match effect {
            Effect::Wipe | Effect::Redraw => {}
            Effect::Ask(number, request) => self.link.ask(number, *request),
            Effect::Card(question) => self.card(question),
            Effect::Token(token) => self.link.hold_token(token),
            Effect::Widths(known) => width::set_ambiguous(known),
            Effect::End(cause) => {
                if let Some(cause) = cause {
                    self.link.ask(FAREWELL, Request::Logout { cause });
                }
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn card(&self, question: CardAsk) {
        match question {
            CardAsk::Identify => helper::identify(&self.helper, &self.post, Word::Card),
            CardAsk::Sign { challenge, enrolled, pin, allow_last_try } => {
                let order = helper::Order { challenge, enrolled, pin, allow_last_try };
                helper::sign(&self.helper, &self.post, Word::Card, order);
            }
        }
    }
}
