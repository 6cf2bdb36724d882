//! One key, and its name in keymap files and on the screen.

use std::fmt;
use std::str::FromStr;

/// A key as it is bound: there is no Alt, because terminals send it as Esc, and Esc means "back".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// With Ctrl held.
    pub ctrl: bool,
}

/// Which key, without Ctrl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Code {
    /// A character, as the terminal sent it: `A` is Shift-a.
    Char(char),
    /// F1 to F12.
    F(u8),
    Enter,
    Esc,
    Tab,
    /// Shift-Tab.
    BackTab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Insert,
    Delete,
    Backspace,
}

const NAMES: [(&str, Code); 16] = [
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("Shift-Tab", Code::BackTab),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("Home", Code::Home),
    ("End", Code::End),
    ("PageUp", Code::PageUp),
    ("PageDown", Code::PageDown),
    ("Insert", Code::Insert),
    ("Delete", Code::Delete),
    ("Backspace", Code::Backspace),
    ("Space", Code::Char(' ')),
];

impl Key {
    /// The Esc key.
    pub const ESC: Self = Self { code: Code::Esc, ctrl: false };
    /// The Enter key.
    pub const ENTER: Self = Self { code: Code::Enter, ctrl: false };

    /// A character key.
    pub const fn plain(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: false }
    }

    /// A character key with Ctrl.
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true }
    }

    /// The character this key types into a text field.
    pub fn typed(self) -> Option<char> {
        match self {
            Self { code: Code::Char(c), ctrl: false } => Some(c),
            _ => None,
        }
    }

    /// Whether this is a key that some keyboards and terminals do not pass on.
    pub fn is_function_key(self) -> bool {
        matches!(self.code, Code::F(_))
    }

    /// The half-width key for one typed with a Japanese input method switched on: `ｎ` is `n`, `？` is `?`, and `・`
    /// is the `/` key.
    #[must_use]
    pub fn folded(self) -> Self {
        let code = match self.code {
            Code::Char('\u{3000}') => Code::Char(' '),
            Code::Char('・') => Code::Char('/'),
            Code::Char('ー') => Code::Char('-'),
            Code::Char('「') => Code::Char('['),
            Code::Char('」') => Code::Char(']'),
            Code::Char(c @ '\u{ff01}'..='\u{ff5e}') => {
                Code::Char(char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c))
            }
            other => other,
        };
        Self { code, ..self }
    }

    /// The key with a small letter, for a keyboard on which CapsLock is on.
    #[must_use]
    pub fn small(self) -> Self {
        match self.code {
            Code::Char(c) => Self { code: Code::Char(c.to_ascii_lowercase()), ..self },
            _ => self,
        }
    }
}

impl From<Code> for Key {
    fn from(code: Code) -> Self {
        Self { code, ctrl: false }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match (self.code, NAMES.iter().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => f.write_str(name),
            (Code::Char(c), _) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            (Code::Char(c), _) => write!(f, "{c}"),
            (Code::F(n), _) => write!(f, "F{n}"),
            (other, _) => write!(f, "{other:?}"),
        }
    }
}

/// Why a key cannot be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key has this name.
    #[error("このキーの名前は分かりません（例: Enter、Ctrl-G、F1、PageDown、n）")]
    Unknown,
    /// Alt, Meta.
    #[error("Alt との組み合わせは使えません（Esc と区別できないため）")]
    Alt,
    /// Ctrl-S and Ctrl-Q stop and restart a serial line.
    #[error("Ctrl-S と Ctrl-Q は使えません（シリアル回線を止めてしまうため）")]
    FlowControl,
    /// Ctrl-Z suspends.
    #[error("Ctrl-Z は使えません（画面を残したまま中断する操作のため）")]
    Suspend,
    /// Ctrl-H, I, J, M and [ are the bytes of other keys.
    #[error("このキーは端末では Backspace、Tab、Enter、Esc と同じです。そちらの名前を書いてください")]
    OtherKey,
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(name: &str) -> Result<Self, KeyError> {
        if name.starts_with("Alt-") || name.starts_with("Meta-") {
            return Err(KeyError::Alt);
        }
        let (ctrl, bare) = match name.strip_prefix("Ctrl-") {
            Some(bare) => (true, bare),
            None => (false, name),
        };
        let mut chars = bare.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_ascii_graphic() => {
                Code::Char(if ctrl { c.to_ascii_lowercase() } else { c })
            }
            _ => NAMES
                .iter()
                .find(|(known, _)| *known == bare)
                .map(|(_, code)| *code)
                .or_else(|| function_key(bare))
                .ok_or(KeyError::Unknown)?,
        };
        match code {
            Code::Char('s' | 'q') if ctrl => Err(KeyError::FlowControl),
            Code::Char('z') if ctrl => Err(KeyError::Suspend),
            Code::Char('h' | 'i' | 'j' | 'm' | '[') if ctrl => Err(KeyError::OtherKey),
            // Only these have a byte of their own.
            Code::Char(c) if ctrl && !matches!(c, 'a'..='z' | '\\' | ']' | '^' | '_' | ' ') => {
                Err(KeyError::Unknown)
            }
            _ => Ok(Self { code, ctrl }),
        }
    }
}

fn function_key(name: &str) -> Option<Code> {
    let number = name.strip_prefix('F')?.parse().ok()?;
    (1..=12).contains(&number).then_some(Code::F(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_shown() {
        for name in [
            "Enter",
            "Esc",
            "Tab",
            "Shift-Tab",
            "Space",
            "n",
            "G",
            "?",
            "/",
            "-",
            "F1",
            "F12",
            "Ctrl-G",
            "Ctrl-_",
        ] {
            let key: Key = name.parse().unwrap();
            assert_eq!(key.to_string(), name);
        }
    }

    #[test]
    fn keys_that_cannot_work_are_refused() {
        for (name, expected) in [
            ("Alt-x", KeyError::Alt),
            ("Meta-x", KeyError::Alt),
            ("Ctrl-S", KeyError::FlowControl),
            ("Ctrl-q", KeyError::FlowControl),
            ("Ctrl-Z", KeyError::Suspend),
            ("Ctrl-[", KeyError::OtherKey),
            ("Ctrl-M", KeyError::OtherKey),
            ("Ctrl-1", KeyError::Unknown),
            ("F13", KeyError::Unknown),
            ("F0", KeyError::Unknown),
            ("あ", KeyError::Unknown),
            ("", KeyError::Unknown),
        ] {
            assert_eq!(name.parse::<Key>(), Err(expected), "{name}");
        }
    }

    #[test]
    fn full_width_keys_are_the_same_keys() {
        for (typed, meant) in
            [('ｎ', 'n'), ('Ｎ', 'N'), ('５', '5'), ('？', '?'), ('／', '/'), ('・', '/'), ('　', ' ')]
        {
            assert_eq!(Key::plain(typed).folded(), Key::plain(meant));
        }
        assert_eq!(Key::plain('患').folded(), Key::plain('患'));
    }
}
