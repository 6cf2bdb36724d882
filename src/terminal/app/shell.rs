//! What all pages share: who is logged in, whether the station is there, what day it is.

use crate::domain::{CalendarDate, Permission, SafeText};
use crate::protocol::Welcome;
use crate::protocol::view::{Link, SessionView};
use crate::terminal::keymap::{Command, Keymap, Offers, Place};
use crate::terminal::theme::{Role, Theme};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long an answer may take before the screen says that it is awaited.
const PATIENCE: Duration = Duration::from_millis(400);

/// Shared by all pages; they read it and change it only through acts.
#[derive(Debug)]
pub struct Shell {
    /// Which key does what: sentences name keys as they really are.
    pub keymap: Keymap,
    /// Colours.
    pub theme: Theme,
    /// What is wrong with this terminal itself, in ASCII: it may be unable to show anything else.
    pub notices: Vec<String>,
    /// The terminal has no Japanese glyphs: people are named in Latin letters too.
    pub latin: bool,
    /// Where the station is sought, for whoever has to start it.
    pub socket: SafeText,
    /// The station's first word, once heard.
    pub welcome: Option<Welcome>,
    /// Whether the line to the station is up; since when it is not, `HH:MM`.
    pub away_since: Option<String>,
    /// The session.
    pub session: Option<SessionView>,
    /// The link software.
    pub link: Link,
    /// Minutes to the automatic lock, when few.
    pub lock_in: Option<u8>,
    /// What is said until the next key.
    pub said: Option<(Role, String)>,
    /// Since when the page waits for an answer.
    pub busy: Option<Instant>,
    /// The present moment, for what counts seconds.
    pub now: Instant,
    /// The present time of day in Japan.
    pub jst: DateTime,
    /// Columns and rows that the page has, as last drawn: which keys do anything can depend on it.
    pub room: Cell<(u16, u16)>,
}

impl Shell {
    /// Nothing known yet.
    pub fn new(theme: Theme, keymap: Keymap) -> Self {
        Self {
            keymap,
            theme,
            notices: Vec::new(),
            latin: false,
            socket: SafeText::default(),
            welcome: None,
            away_since: None,
            session: None,
            link: Link::Unknown,
            lock_in: None,
            said: None,
            busy: None,
            now: Instant::now(),
            jst: jst(),
            room: Cell::default(),
        }
    }

    /// Looks at the clocks.
    pub fn look_at_clocks(&mut self, now: Instant) {
        self.now = now;
        self.jst = jst();
    }

    /// The moment from which an unanswered question is worth a word: answers usually come within milliseconds, and
    /// a word that comes and goes would cost two frames on a slow line.
    pub fn busy_shows_at(&self) -> Option<Instant> {
        self.busy.map(|since| since + PATIENCE)
    }

    /// Whether the answer has been waited for that long.
    pub fn busy_shows(&self) -> bool {
        self.busy_shows_at().is_some_and(|at| at <= self.now)
    }

    /// Today in Japan.
    pub fn today(&self) -> CalendarDate {
        CalendarDate::from_civil(self.jst.date())
    }

    /// `HH:MM` in Japan.
    pub fn hour_minute(&self) -> String {
        self.jst.strftime("%H:%M").to_string()
    }

    /// Whether this is training.
    pub fn training(&self) -> bool {
        self.welcome.as_ref().is_some_and(|welcome| welcome.training)
    }

    /// Whether the store was found damaged and no administrator has acknowledged it.
    pub fn damage(&self) -> bool {
        self.welcome.as_ref().is_some_and(|welcome| welcome.damage)
    }

    /// Whether the person may look.
    pub fn may_enquire(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.may_enquire)
    }

    /// Whether the person has a permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.session.as_ref().is_some_and(|session| session.account.may(permission))
    }

    /// The first key of a command where `offers` holds, for a sentence.
    pub fn key(&self, offers: &Offers, command: Command) -> Option<String> {
        self.keymap.keys_for(offers, command).and_then(|hint| hint.keys.into_iter().next())
    }

    /// The offers of a page, with what is offered everywhere.
    pub fn offers(&self, place: Place, commands: impl IntoIterator<Item = Command>) -> Offers {
        let mut all: Vec<Command> = commands.into_iter().collect();
        match &self.session {
            Some(session) if session.locked => all.extend([Command::Logout, Command::Quit]),
            Some(_) => all.extend([Command::Lock, Command::Logout, Command::Quit]),
            None => all.push(Command::Quit),
        }
        Offers::new(place, all)
    }
}

fn jst() -> DateTime {
    Timestamp::now().to_zoned(TimeZone::fixed(Offset::constant(9))).datetime()
}
