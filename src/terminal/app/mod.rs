//! The program on the screen: one model, one owner of it, effects in one place.

mod act;
mod execute;
mod model;
mod page;
mod plain;
#[cfg(test)]
mod screen_tests;
mod shell;
mod told;
mod update;
mod view;

pub use act::{Act, CardAsk, Goto};
pub use model::Model;
pub use page::Page;
pub use shell::Shell;
pub use told::{Telling, Told};

use super::backend::Screen;
use super::card::{CardPlaces, FromCard, Left};
use super::event_loop::{self, Incoming, Pasted, Program};
use super::keymap::{Base, Keymap, KeymapError};
use super::link::{FromStation, Link};
use super::start::{Started, start};
use super::theme::Theme;
use super::tty::{Tty, TtyError};
use super::width::{self, Ambiguous};
use crate::data_file;
use crate::domain::SafeText;
use std::io;
use std::path::PathBuf;

/// How to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The station's socket.
    pub socket: PathBuf,
    /// Where the card can be.
    pub cards: CardPlaces,
    /// The keymap.
    pub keymap: Base,
    /// Changes to it.
    pub keymap_file: Option<PathBuf>,
    /// Line by line, for screen readers and terminals that can do nothing else.
    pub plain: bool,
    /// The width of ambiguous characters, where it is set; else the terminal is asked.
    pub ambiguous: Option<Ambiguous>,
}

/// Why the screen did not start or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// No terminal.
    #[error(transparent)]
    Tty(#[from] TtyError),
    /// A keymap with a mistake.
    #[error(transparent)]
    Keymap(#[from] KeymapError),
    /// The keymap file cannot be read.
    #[error("キー割り当てファイル {path} を読めません。{}", data_file::what_to_do(source))]
    KeymapFile {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The terminal went away.
    #[error("端末との接続が切れました")]
    Io(#[from] io::Error),
}

/// What reaches the loop beside keys.
#[derive(Debug)]
pub enum Word {
    /// The station.
    Station(FromStation),
    /// The answer to the question about cards with this number.
    Card(u64, FromCard),
    /// The card watched under this number is gone.
    Left(u64, Left),
    /// A line that was typed, in the linear mode.
    Line(Pasted),
    /// Nothing more will be typed.
    LinesEnd,
}

/// Opens the screen and stays until the person leaves or the line ends.
pub fn run(options: &Options) -> Result<(), TerminalError> {
    let keymap = keymap(options)?;
    let term = std::env::var("TERM").ok();
    let no_color = std::env::var("NO_COLOR").ok();
    let theme = Theme::detect(term.as_deref(), no_color.as_deref());
    if options.plain || plain::is_all_there_is(term.as_deref()) {
        return plain::run(options, keymap, term.as_deref());
    }
    if let Some(known) = options.ambiguous {
        width::set_ambiguous(known);
    }
    let Started { mut screen, post, inbox } = start(options.ambiguous.is_none())?;
    let link = Link::start(&options.socket, post.clone(), Word::Station)?;
    let mut model = Model::new(keymap, theme);
    model.shell.notices = notices(|name| std::env::var(name).ok());
    model.shell.latin = term.as_deref() == Some("linux");
    model.shell.socket = SafeText::new(&options.socket.to_string_lossy());
    let mut hands = execute::Hands::new(link, options.cards.clone(), post);
    let program = Program {
        update: |model: &mut Model, now, incoming: Incoming<Word>| update::update(model, now, incoming),
        execute: |screen: &mut Screen<Tty>, effect| hands.execute(screen, effect),
        deadline: |model: &Model| model.deadline(),
        view: |model: &Model, frame: &mut ratatui::Frame<'_>| view::view(model, frame),
    };
    let ended = event_loop::run(&mut screen, &inbox, &mut model, program);
    drop(model);
    drop(screen);
    ended.map(drop).map_err(TerminalError::from)
}

/// What is wrong with the terminal itself. In ASCII: it may be unable to show anything else.
fn notices(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut notices = Vec::new();
    if variable("TERM").as_deref() == Some("linux") {
        notices.push(
            "The Linux console cannot show Japanese. Patients are also named in Latin letters [ROMAJI born sex]. \
             For everything else, log in from a terminal program, or start kmscon/fbterm."
                .to_owned(),
        );
    }
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let plain: String = locale.to_ascii_lowercase().chars().filter(|c| *c != '-').collect();
    if !plain.contains("utf8") {
        notices.push(format!(
            "Text is sent as UTF-8, but the locale here is \"{}\". If it looks garbled, set LANG=ja_JP.UTF-8.",
            if locale.is_ascii() { &locale } else { "?" }
        ));
    }
    notices
}

fn keymap(options: &Options) -> Result<Keymap, TerminalError> {
    let Some(path) = &options.keymap_file else { return Ok(Keymap::load(options.keymap, None)?) };
    let text = std::fs::read_to_string(path)
        .map_err(|source| TerminalError::KeymapFile { path: path.clone(), source })?;
    Ok(Keymap::load(options.keymap, Some((&path.to_string_lossy(), &text)))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::card::HelperCommand;
    use std::error::Error as _;

    #[test]
    fn a_keymap_file_that_cannot_be_used_is_told_once_and_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let helper = HelperCommand { program: "none".into(), arguments: Vec::new() };
        let options = Options {
            socket: PathBuf::new(),
            cards: CardPlaces::software(helper),
            keymap: Base::Default,
            keymap_file: Some(path.clone()),
            plain: true,
            ambiguous: None,
        };
        std::fs::write(&path, b"# \x95\x61\x89\x40").unwrap();
        let said = keymap(&options).unwrap_err().to_string();
        assert!(said.contains("UTF-8を選んで保存し直してください") && !said.contains("権限"), "{said}");
        std::fs::write(&path, "[[bind]]\nin = \"nowhere\"\ndo = \"down\"\nkeys = [\"j\"]\n").unwrap();
        let error = keymap(&options).unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
        assert!(error.source().is_none(), "no cause that says it again: {:?}", error.source());
    }

    #[test]
    fn what_the_terminal_cannot_show_is_said_in_ascii() {
        for (environment, expected) in [
            (&[("TERM", "xterm"), ("LANG", "ja_JP.UTF-8")][..], 0),
            (&[("TERM", "xterm"), ("LC_ALL", "C.utf8"), ("LANG", "C")], 0),
            (&[("TERM", "linux"), ("LANG", "ja_JP.UTF-8")], 1),
            (&[("TERM", "xterm"), ("LANG", "ja_JP.eucJP")], 1),
            (&[("TERM", "xterm"), ("LC_ALL", "POSIX"), ("LANG", "ja_JP.UTF-8")], 1),
            (&[("TERM", "linux")], 2),
        ] {
            let variable = |name: &str| {
                environment.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
            };
            let notices = notices(variable);
            assert_eq!(notices.len(), expected, "{environment:?}");
            assert!(notices.iter().all(|notice| notice.is_ascii()), "{notices:?}");
        }
    }
}
