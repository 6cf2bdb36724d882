//! The one place where wishes become deeds.

use super::Word;
use super::act::CardAsk;
use super::model::Effect;
use crate::protocol::Request;
use crate::terminal::backend::{Screen, Surface};
use crate::terminal::card::{self, CardPlaces, Conversation};
use crate::terminal::event_loop::{Incoming, Post};
use crate::terminal::link::Link;
use crate::terminal::width;
use std::io;
use std::ops::ControlFlow;

/// What the loop does things with.
pub(super) struct Hands {
    link: Link,
    cards: CardPlaces,
    post: Post<Word>,
    /// The question about cards, if one is open.
    asking: Option<Conversation>,
    /// The watch over the card, if one is kept.
    watching: Option<Conversation>,
}

/// The number of the farewell: nobody waits for its answer.
const FAREWELL: u64 = u64::MAX;

impl Hands {
    pub(super) fn new(link: Link, cards: CardPlaces, post: Post<Word>) -> Self {
        Self { link, cards, post, asking: None, watching: None }
    }

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
            // One after the other: two at a time would wait for the same card.
            Effect::Card(number, question) => {
                self.asking = None;
                self.asking = Some(self.card(number, question));
            }
            Effect::CardCancel => self.asking = None,
            Effect::Watch(number, watched) => {
                let post = self.post.clone();
                self.watching = Some(card::watch(watched, move |left| tell(&post, Word::Left(number, left))));
            }
            Effect::Unwatch => self.watching = None,
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

    fn card(&self, number: u64, question: CardAsk) -> Conversation {
        let post = self.post.clone();
        let tell = move |said| tell(&post, Word::Card(number, said));
        match question {
            CardAsk::Look => card::look(&self.cards, tell),
            CardAsk::Await(found) => card::await_card(&found, tell),
            CardAsk::Sign(place, order) => card::sign(&place, *order, tell),
        }
    }
}

fn tell(post: &Post<Word>, word: Word) {
    // A loop that is gone wants to know nothing.
    let _ = post.send(Incoming::Station(word));
}
