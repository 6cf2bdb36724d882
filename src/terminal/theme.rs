//! Colours by what they mean. A colour only ever repeats what a word or a sign beside it already says.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ordinary text and labels.
    Text,
    /// Identifiers and what must be read first.
    Strong,
    /// Something is in order.
    Good,
    /// Something needs attention.
    Caution,
    /// Something is wrong or cannot be undone.
    Danger,
    /// 【訓練】 and EMR停止中.
    Banner,
    /// Where something can be typed.
    Field,
    /// Where typing goes now.
    Focus,
    /// A key in the bottom line.
    Key,
}

/// How much the terminal may be asked to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The 16 ANSI colours. Text keeps the terminal's own colour, so that light and dark backgrounds both work.
    #[default]
    Colour,
    /// Bold, underlined and reversed only (`NO_COLOR`).
    Mono,
    /// No attributes, no boxes, one thing a line: the linear mode (`--plain`, `TERM=dumb`).
    Plain,
}

impl Theme {
    /// What the environment asks for. `no_color` counts when set to anything but the empty text (no-color.org).
    pub fn detect(term: Option<&str>, no_color: Option<&str>) -> Self {
        match (term, no_color) {
            (None | Some("dumb" | ""), _) => Self::Plain,
            (_, Some(set)) if !set.is_empty() => Self::Mono,
            _ => Self::Colour,
        }
    }

    /// Whether the screen is read line by line: rows are numbered, nothing stands side by side or in a box.
    pub fn linear(self) -> bool {
        self == Self::Plain
    }

    /// The style of a role.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let (mono, colour) = match role {
            Role::Text => (plain, plain),
            Role::Strong | Role::Key => (bold, bold),
            Role::Good => (plain, plain.fg(Color::Green)),
            Role::Caution => (bold, plain.fg(Color::Black).bg(Color::Yellow)),
            Role::Danger => (bold.add_modifier(Modifier::REVERSED), plain.fg(Color::White).bg(Color::Red)),
            Role::Banner => (bold.add_modifier(Modifier::REVERSED), bold.add_modifier(Modifier::REVERSED)),
            Role::Field => {
                let line = plain.add_modifier(Modifier::UNDERLINED);
                (line, line)
            }
            Role::Focus => {
                let line = bold.add_modifier(Modifier::UNDERLINED);
                (line, line)
            }
        };
        match self {
            Self::Colour => colour,
            Self::Mono => mono,
            Self::Plain => plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 9] = [
        Role::Text,
        Role::Strong,
        Role::Good,
        Role::Caution,
        Role::Danger,
        Role::Banner,
        Role::Field,
        Role::Focus,
        Role::Key,
    ];

    #[test]
    fn the_environment_is_respected() {
        for (term, no_color, expected) in [
            (Some("xterm-256color"), None, Theme::Colour),
            (Some("xterm"), Some(""), Theme::Colour),
            (Some("xterm"), Some("1"), Theme::Mono),
            (Some("linux"), Some("0"), Theme::Mono),
            (Some("dumb"), None, Theme::Plain),
            (Some("dumb"), Some("1"), Theme::Plain),
            (None, None, Theme::Plain),
        ] {
            assert_eq!(Theme::detect(term, no_color), expected, "{term:?} {no_color:?}");
        }
    }

    #[test]
    fn text_is_never_grey_and_never_without_contrast() {
        for role in ROLES {
            let style = Theme::Colour.style(role);
            assert!(!matches!(style.fg, Some(Color::Gray | Color::DarkGray)), "{role:?}");
            assert!(!style.add_modifier.contains(Modifier::DIM), "{role:?}");
            assert!(
                style.bg.is_none() || style.fg.is_some(),
                "{role:?} sets a background but trusts the ink"
            );
        }
    }

    #[test]
    fn fewer_abilities_use_fewer_attributes() {
        for role in ROLES {
            let mono = Theme::Mono.style(role);
            assert_eq!((mono.fg, mono.bg), (None, None), "{role:?}");
            assert_eq!(Theme::Plain.style(role), Style::new(), "{role:?}");
        }
    }
}
