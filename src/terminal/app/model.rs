//! The whole state of the program on the screen.

use super::act::Goto;
use super::page::Page;
use super::shell::Shell;
use crate::protocol::{EndCause, Request};
use crate::terminal::keymap::{Keymap, Offers, Place, Presses};
use crate::terminal::pages;
use crate::terminal::theme::Theme;
use crate::terminal::widgets::{Dialog, Paragraph};
use crate::terminal::width::Ambiguous;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Keys pressed are told to the station at most this often; the shortest lock of a site is one minute.
pub(super) const ALIVE_EVERY: Duration = Duration::from_secs(20);

/// Without a key and without the station for so long, the screen locks itself.
const LOCK_WHEN_AWAY: Duration = Duration::from_mins(1);

/// What lies over the page.
#[derive(Debug)]
pub(super) enum Over {
    /// The keys.
    Help(Paragraph),
    /// A question before leaving.
    Leave(Dialog, Leaving),
}

/// How the person wants to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    Logout,
    Quit,
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// The page of this generation, for what it asked.
    Page(u64),
    /// The page of this generation, for what it looks at.
    Look(u64),
    /// Nobody.
    Nobody,
    /// The program, which ends with the session.
    Leave(Leaving),
}

/// An effect: what the loop does for the model.
#[derive(Debug)]
pub(super) enum Effect {
    /// Ask the station.
    Ask(u64, Box<Request>),
    /// Ask about cards.
    Card(u64, super::act::CardAsk),
    /// Do not wait for the card.
    CardCancel,
    /// Watch a card.
    Watch(u64, crate::terminal::card::Watched),
    /// Watch it no longer.
    Unwatch,
    /// Hold the token.
    Token(Option<crate::protocol::Secret>),
    /// Clear screen and scrollback.
    Wipe,
    /// Draw anew.
    Redraw,
    /// The terminal said how wide an ambiguous character is.
    Widths(Ambiguous),
    /// End, after telling the station why where there is a session.
    End(Option<EndCause>),
}

/// The model.
pub struct Model {
    pub(super) presses: Presses,
    pub(super) shell: Shell,
    pub(super) page: Box<dyn Page>,
    pub(super) generation: u64,
    pub(super) over: Option<Over>,
    pub(super) waiting: BTreeMap<u64, Waiting>,
    pub(super) next: u64,
    pub(super) alive_told: Option<Instant>,
    /// When a key was last pressed.
    pub(super) last_key: Instant,
    /// Since when the station is away.
    pub(super) away_at: Option<Instant>,
    /// The page that waits behind the lock.
    pub(super) parked: Option<Box<dyn Page>>,
    /// What the page looks at.
    pub(super) looking: Option<Request>,
    /// What the page wants to look at after that, or after what was asked by hand.
    pub(super) look: Option<Request>,
    /// The number of the open question about cards.
    pub(super) asked_card: Option<u64>,
    /// That question is what lies in which reader: its answer comes by itself, and soon.
    pub(super) looks_at_cards: bool,
    /// The number of the watch over the card of this login.
    pub(super) watched: Option<u64>,
    /// The window was too small for anything but saying so, when last drawn: what a person cannot see they cannot
    /// mean.
    pub(super) small: Cell<bool>,
    /// The terminal has answered the probe.
    pub(super) probed: bool,
    /// In a window that is too small, quitting was asked for once.
    pub(super) quitting: bool,
}

impl Model {
    /// The login page, before anything is known of the station.
    pub fn new(keymap: Keymap, theme: Theme) -> Self {
        Self {
            presses: Presses::default(),
            shell: Shell::new(theme, keymap),
            page: Box::new(pages::Login::new()),
            generation: 0,
            over: None,
            waiting: BTreeMap::new(),
            next: 1,
            alive_told: None,
            last_key: Instant::now(),
            away_at: None,
            parked: None,
            looking: None,
            look: None,
            asked_card: None,
            looks_at_cards: false,
            watched: None,
            small: Cell::new(false),
            probed: false,
            quitting: false,
        }
    }

    /// What keys mean now.
    pub(super) fn offers(&self) -> Offers {
        use crate::terminal::keymap::Command as C;
        if self.small.get() {
            let locks = self.shell.session.as_ref().is_some_and(|session| !session.locked);
            let locks = locks.then_some(C::Lock);
            return Offers::new(Place::Bare, [C::Quit].into_iter().chain(locks));
        }
        match &self.over {
            Some(Over::Help(_)) => {
                Offers::new(Place::List, [C::Back, C::Up, C::Down, C::PageUp, C::PageDown, C::Top, C::Bottom])
            }
            Some(Over::Leave(..)) => Offers::new(Place::Dialog, Dialog::COMMANDS),
            None => self.page.offers(&self.shell),
        }
    }

    /// When the loop must wake by itself.
    pub fn deadline(&self) -> Option<Instant> {
        let busy = self.shell.busy_shows_at().filter(|_| !self.shell.busy_shows());
        [self.page.deadline(), busy, self.lock_at()].into_iter().flatten().min()
    }

    /// When the screen locks itself. The station locks idle sessions; where it is away, or silent, the patient must
    /// not stay in sight all the same.
    pub(super) fn lock_at(&self) -> Option<Instant> {
        self.shell.session.as_ref().filter(|session| !session.locked)?;
        let minutes = self.shell.welcome.as_ref().map_or(10, |welcome| welcome.idle_lock_min);
        let silent = self.last_key + Duration::from_secs((minutes + 1) * 60);
        Some(self.away_at.map_or(silent, |away| silent.min(self.last_key.max(away) + LOCK_WHEN_AWAY)))
    }

    /// A number that nothing else has.
    pub(super) fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Opens a page.
    pub(super) fn go(&mut self, to: Goto) {
        let locking = matches!(to, Goto::Lock(_));
        let before = std::mem::replace(&mut self.page, pages::open(to, &self.shell));
        if !locking {
            self.parked = None;
        } else if before.resumes() {
            self.parked = Some(before);
        }
        self.turned();
    }

    /// Whether nothing is under way whose answer the page needs before it can take what is typed for it.
    pub(super) fn settled(&self) -> bool {
        self.shell.busy.is_none() && !(self.asked_card.is_some() && self.looks_at_cards)
    }

    /// Takes up the page that waited behind the lock.
    pub(super) fn unpark(&mut self) -> bool {
        let Some(page) = self.parked.take() else { return false };
        self.page = page;
        self.turned();
        true
    }

    /// Another page is open: what was asked for the one before concerns nobody any more.
    fn turned(&mut self) {
        self.generation += 1;
        self.shell.busy = None;
        self.looking = None;
        self.look = None;
        self.over = None;
    }
}
