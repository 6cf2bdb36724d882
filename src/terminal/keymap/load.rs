//! Keymap files: the default table, a named one over it, and the user's own over both.

use super::{Binding, Command, Context, Key, KeyError, Keymap, Place};
use crate::data_file::{DataFile, DataFileError};
use serde::Deserialize;
use std::collections::HashMap;

const DEFAULT: &str = include_str!("../../../keymaps/default.toml");
const VIM: &str = include_str!("../../../keymaps/vim.toml");
const FUNCTION_KEYS: &str = include_str!("../../../keymaps/function-keys.toml");

/// The keymaps that come with the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// Arrow keys and letters.
    #[default]
    Default,
    /// As in vim.
    Vim,
    /// F1 to F12 first, as on hosts.
    FunctionKeys,
}

impl Base {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Default, Self::Vim, Self::FunctionKeys];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Vim => "vim",
            Self::FunctionKeys => "function-keys",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|base| base.name() == name)
    }

    fn layers(self) -> Vec<(&'static str, &'static str)> {
        let default = ("keymaps/default.toml", DEFAULT);
        match self {
            Self::Default => vec![default],
            Self::Vim => vec![default, ("keymaps/vim.toml", VIM)],
            Self::FunctionKeys => vec![default, ("keymaps/function-keys.toml", FUNCTION_KEYS)],
        }
    }
}

/// A keymap file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("キー割り当て {file} の {line} 行目: {problem}")]
pub struct KeymapError {
    /// The file as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong; part of the sentence, so no cause behind it.
    pub problem: Problem,
}

/// What is wrong with a keymap file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, or not of this form.
    #[error("書き方が正しくありません（{0}）。例: {{ in = \"list\", do = \"down\", keys = [\"Down\"] }}")]
    Syntax(String),
    /// No such context.
    #[error("in = \"{0}\" という場所はありません")]
    NoContext(String),
    /// No such command.
    #[error("do = \"{0}\" という操作はありません")]
    NoCommand(String),
    /// The default table knows this command, but not there.
    #[error("「{command}」は「{context}」では使えません")]
    NotThere {
        /// The command's name.
        command: &'static str,
        /// The context's name.
        context: &'static str,
    },
    /// The same context and command twice in one file.
    #[error("同じ場所の同じ操作が {0} 行目にもあります。1 行にまとめてください")]
    Twice(usize),
    /// A key that cannot be bound.
    #[error("keys の \"{key}\": {why}")]
    Key {
        /// The key as written.
        key: String,
        /// Why not.
        why: KeyError,
    },
    /// More than two keys one after the other, or none.
    #[error("keys の \"{0}\": キーは 1 つか、続けて押す 2 つまでです")]
    Length(String),
    /// Esc means something else than back.
    #[error("Esc は「戻る」以外に使えません")]
    Esc,
    /// Two meanings of one key in one place.
    #[error("{key} は「{other}」にも割り当てられています（{other_line}）。どちらかを別のキーにしてください")]
    Conflict {
        /// The key.
        key: String,
        /// The other command's text.
        other: String,
        /// Where the other binding stands.
        other_line: String,
    },
    /// A command without a key that every keyboard has.
    #[error("「{0}」に、ファンクションキーと文字入力以外のキーがありません（{1} で使えなくなります）")]
    Unreachable(String, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    bind: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    r#in: String,
    r#do: String,
    keys: Vec<String>,
    text: Option<String>,
}

/// Where a binding was written last.
#[derive(Clone)]
struct Origin {
    file: String,
    line: usize,
}

impl Keymap {
    /// A keymap of the program, with the user's own file over it: its name and its text.
    pub fn load(base: Base, user: Option<(&str, &str)>) -> Result<Self, KeymapError> {
        let mut table = Table::default();
        for (index, (file, text)) in base.layers().into_iter().chain(user).enumerate() {
            table.layer(file, text, index == 0)?;
        }
        table.check_conflicts()?;
        table.check_reachable()?;
        Ok(Self { bindings: table.rows.into_iter().map(|(binding, _)| binding).collect() })
    }
}

#[derive(Default)]
struct Table {
    rows: Vec<(Binding, Origin)>,
}

impl Table {
    fn layer(&mut self, file: &str, text: &str, first: bool) -> Result<(), KeymapError> {
        let error = |line, problem| KeymapError { file: file.to_owned(), line, problem };
        let refused = |fault: DataFileError| error(fault.line, Problem::Syntax(fault.what));
        let parsed = DataFile::parse(text).map_err(refused)?;
        let written: File = parsed.read().map_err(refused)?;
        let mut seen: HashMap<(Context, Command), usize> = HashMap::new();
        for (entry, line) in written.bind.into_iter().zip(parsed.lines_of("bind")) {
            let (context, command, keys, text) = read_entry(entry).map_err(|problem| error(line, problem))?;
            if let Some(before) = seen.insert((context, command), line) {
                return Err(error(line, Problem::Twice(before)));
            }
            let origin = Origin { file: file.to_owned(), line };
            let known =
                self.rows.iter_mut().find(|(row, _)| (row.context, row.command) == (context, command));
            match (known, text) {
                (Some((row, at)), text) => {
                    row.keys = keys;
                    row.text = text.unwrap_or_else(|| std::mem::take(&mut row.text));
                    *at = origin;
                }
                (None, Some(text)) if first => {
                    self.rows.push((Binding { context, command, keys, text }, origin));
                }
                (None, _) => {
                    let problem = Problem::NotThere { command: command.name(), context: context.name() };
                    return Err(error(line, problem));
                }
            }
        }
        Ok(())
    }

    /// In no place may a key, or the beginning of two, have two meanings.
    fn check_conflicts(&self) -> Result<(), KeymapError> {
        for place in Place::ALL {
            let mut owners: Vec<(&Vec<Key>, &(Binding, Origin))> = Vec::new();
            for row in self.rows_in(*place) {
                for keys in row.0.keys.iter().filter(|keys| works_in(*place, keys)) {
                    let begun = keys.iter().take(1).copied().collect::<Vec<_>>();
                    let clash = owners.iter().find(|(other, owner)| {
                        owner.0 != row.0 && (**other == begun || other.starts_with(keys))
                    });
                    if let Some((_, other)) = clash {
                        return Err(conflict(row, other, keys));
                    }
                    owners.push((keys, row));
                }
            }
        }
        Ok(())
    }

    /// Wherever a command can be offered, a key that every keyboard has must give it.
    fn check_reachable(&self) -> Result<(), KeymapError> {
        for place in Place::ALL {
            for (binding, origin) in self.rows_in(*place) {
                let everywhere =
                    |keys: &Vec<Key>| works_in(*place, keys) && !keys.iter().any(|k| k.is_function_key());
                if !binding.keys.iter().any(everywhere) {
                    let problem = Problem::Unreachable(binding.text.clone(), format!("{place:?}"));
                    return Err(KeymapError { file: origin.file.clone(), line: origin.line, problem });
                }
            }
        }
        Ok(())
    }

    fn rows_in(&self, place: Place) -> impl Iterator<Item = &(Binding, Origin)> {
        self.rows.iter().filter(move |(binding, _)| place.contexts().contains(&binding.context))
    }
}

/// Where text is typed, characters are not commands.
fn works_in(place: Place, keys: &[Key]) -> bool {
    !(place.takes_text() && keys.first().is_some_and(|key| key.typed().is_some()))
}

fn conflict(row: &(Binding, Origin), other: &(Binding, Origin), keys: &[Key]) -> KeymapError {
    // The later file is the one to correct.
    let (wrong, right) = if other.1.file.starts_with("keymaps/") { (row, other) } else { (other, row) };
    KeymapError {
        file: wrong.1.file.clone(),
        line: wrong.1.line,
        problem: Problem::Conflict {
            key: keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" "),
            other: right.0.text.clone(),
            other_line: format!("{} の {} 行目", right.1.file, right.1.line),
        },
    }
}

type Row = (Context, Command, Vec<Vec<Key>>, Option<String>);

fn read_entry(entry: Entry) -> Result<Row, Problem> {
    let context = Context::from_name(&entry.r#in).ok_or(Problem::NoContext(entry.r#in))?;
    let command = Command::from_name(&entry.r#do).ok_or(Problem::NoCommand(entry.r#do))?;
    let keys = entry.keys.iter().map(|keys| read_keys(keys)).collect::<Result<Vec<_>, _>>()?;
    if command != Command::Back && keys.iter().flatten().any(|key| *key == Key::ESC) {
        return Err(Problem::Esc);
    }
    Ok((context, command, keys, entry.text))
}

fn read_keys(written: &str) -> Result<Vec<Key>, Problem> {
    let keys = written
        .split_whitespace()
        .map(|key| key.parse().map_err(|why| Problem::Key { key: key.to_owned(), why }))
        .collect::<Result<Vec<Key>, _>>()?;
    if matches!(keys.len(), 1 | 2) { Ok(keys) } else { Err(Problem::Length(written.to_owned())) }
}
