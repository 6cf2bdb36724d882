//! What a line means: the answer to what the page asks for, or after a colon the name of what is to be done.

use super::super::model::{Model, Over};
use crate::terminal::keymap::{Command, Hint, Key, Meaning};
use crate::terminal::widgets::{Prompt, Wants};

/// What Ctrl-C and Ctrl-D stand for.
pub(super) const QUIT: &str = ":quit";
pub(super) const LOGOUT: &str = ":logout";

/// What was heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// As keys would have said it.
    Meanings(Vec<Meaning>),
    /// Say the page again.
    Again,
    /// Say what can be done.
    List,
    /// Not understood, and why.
    Not(String),
}

/// What the page asks for; where it takes text and does not say which, a secret, so that nothing is echoed by mistake.
pub(super) fn prompt(model: &Model) -> Option<Prompt> {
    if let Some(Over::Leave(dialog, _)) = &model.over {
        return Some(dialog.prompt());
    }
    let unsaid = || Prompt { label: "入力".to_owned(), wants: Wants::Secret };
    model.page.prompt().or_else(|| model.offers().place.takes_text().then(unsaid))
}

/// Whether what is typed now must not be echoed.
pub(super) fn is_secret(model: &Model) -> bool {
    prompt(model).is_some_and(|prompt| prompt.wants == Wants::Secret)
}

/// Whether a line is taken even while an answer is awaited.
pub(super) fn is_urgent(line: &str) -> bool {
    matches!(command_of(line), Some("quit" | "lock" | "logout"))
}

/// The name after a colon; two colons are a text that begins with one.
fn command_of(line: &str) -> Option<&str> {
    let name = line.strip_prefix(':').or_else(|| line.strip_prefix('：'))?;
    (!name.starts_with(':')).then(|| name.trim())
}

/// Understands a line.
pub(super) fn read(model: &Model, line: &str) -> Heard {
    if let Some(name) = command_of(line) {
        return command(model, name);
    }
    let text = if line.starts_with("::") { line.get(1..).unwrap_or(line) } else { line };
    match prompt(model).map(|prompt| prompt.wants) {
        Some(Wants::Text | Wants::Secret) => Heard::Meanings(typed(text)),
        Some(Wants::Choice { options, many }) => choice(&options, many, text),
        Some(Wants::Answer(answers)) => row(text, answers.len(), Command::PrevChoice, Command::NextChoice),
        Some(Wants::Button) if text.trim().is_empty() => does(Command::Accept),
        Some(Wants::Button) => Heard::Not("空行で押すか、:help で操作を確かめてください。".to_owned()),
        None => row(text, usize::MAX, Command::Top, Command::Down),
    }
}

fn does(command: Command) -> Heard {
    Heard::Meanings(vec![Meaning::Command(command)])
}

/// A text replaces what the field holds, and the next field follows; an empty line leaves it as it is.
fn typed(text: &str) -> Vec<Meaning> {
    let mut meanings = Vec::new();
    if !text.is_empty() {
        meanings.extend([Command::CaretEnd, Command::DeleteToStart].map(Meaning::Command));
        meanings.extend(text.chars().map(Meaning::Text));
    }
    meanings.push(Meaning::Command(Command::Accept));
    meanings
}

/// A number, in full or half width.
fn number(text: &str) -> Option<usize> {
    let digits: String = text.trim().chars().map(|c| Key::plain(c).folded().typed().unwrap_or(c)).collect();
    digits.parse().ok().filter(|number| *number > 0)
}

/// The number of an option chooses it (or, of several that may be chosen, turns it over) and goes on; nothing is sent.
fn choice(options: &[(bool, String)], many: bool, text: &str) -> Heard {
    if text.trim().is_empty() {
        return does(Command::NextField);
    }
    let Some(at) = number(text).filter(|at| *at <= options.len()) else {
        return Heard::Not(format!("1 から {} までの番号を入力してください。", options.len()));
    };
    let chosen = options.get(at - 1).is_some_and(|(chosen, _)| *chosen);
    let mut commands = vec![Command::PrevChoice; options.len()];
    commands.extend(vec![Command::NextChoice; at - 1]);
    if many || !chosen {
        commands.push(Command::Toggle);
    }
    commands.push(Command::NextField);
    Heard::Meanings(commands.into_iter().map(Meaning::Command).collect())
}

/// The number of a row only marks it; an empty line opens what is marked.
fn row(text: &str, rows: usize, first: Command, next: Command) -> Heard {
    if text.trim().is_empty() {
        return does(Command::Accept);
    }
    let Some(at) = number(text).filter(|at| *at <= rows.min(100_000)) else {
        return Heard::Not("番号か、:help で表示される操作を入力してください。".to_owned());
    };
    let mut commands = if first == Command::Top { vec![first] } else { vec![first; rows] };
    commands.extend(vec![next; at - 1]);
    Heard::Meanings(commands.into_iter().map(Meaning::Command).collect())
}

/// What can be named here, each once, without what only moves.
pub(super) fn named(model: &Model) -> Vec<Hint> {
    use Command as C;
    let moves = [
        C::Up,
        C::Down,
        C::Top,
        C::Bottom,
        C::NextField,
        C::PrevField,
        C::PrevChoice,
        C::NextChoice,
        C::Toggle,
        C::Accept,
        C::Help,
        C::Redraw,
        C::PageUp,
        C::PageDown,
    ];
    let offers = model.offers();
    let mut hints = model.shell.keymap.footer(&offers);
    hints.retain(|hint| !moves.contains(&hint.command));
    hints
}

/// What can be named although [`named`] does not say it.
const QUIET: [Command; 6] =
    [Command::PageUp, Command::PageDown, Command::Top, Command::Bottom, Command::PrevField, Command::Accept];

fn command(model: &Model, name: &str) -> Heard {
    let name: String = name.chars().map(|c| Key::plain(c).folded().typed().unwrap_or(c)).collect();
    match name.as_str() {
        "" | "help" | "?" => return Heard::List,
        "again" | "redraw" => return Heard::Again,
        _ => {}
    }
    let offers = model.offers();
    let here: Vec<Command> = Command::ALL.iter().copied().filter(|command| offers.has(*command)).collect();
    let known = |command: &Command| {
        named(model).iter().any(|hint| hint.command == *command) || QUIET.contains(command)
    };
    let exact = here.iter().copied().find(|command| command.name() == name);
    let by_key = || {
        let key: Key = name.parse().ok()?;
        match model.shell.keymap.meaning(&offers, None, key) {
            Meaning::Command(command) => Some(command),
            _ => None,
        }
    };
    let begins = || {
        let mut all = here.iter().copied().filter(known).filter(|command| command.name().starts_with(&name));
        all.next().filter(|_| all.next().is_none())
    };
    match exact.or_else(by_key).or_else(begins) {
        Some(command) => does(command),
        None => {
            Heard::Not(format!("「:{name}」という操作は、ここではできません。:help で一覧を表示します。"))
        }
    }
}
