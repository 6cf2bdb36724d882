//! What a value of the dialect file must be, and the words that say so.

use super::suffix::Suffix;

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// `true` or `false`.
    Flag,
    /// One folder name.
    Folder,
    /// The fixed first half of a file name.
    Prefix,
    /// The grammar of the second half.
    Suffix,
    /// Part of the temporary name.
    Hidden,
    /// One or more element names.
    Element,
    /// Any number of element names.
    Elements,
    /// One or more code values or words.
    Code,
    /// `two` or `one`.
    Steps,
    /// `as_typed`, `half` or `full`.
    Width,
}

impl Check {
    pub(super) fn accepts(self, value: &str) -> bool {
        let short = !value.is_empty() && value.len() <= 100;
        let file_byte = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        short
            && match self {
                Self::Flag => value == "true" || value == "false",
                Self::Steps => value == "two" || value == "one",
                Self::Width => ["as_typed", "half", "full"].contains(&value),
                Self::Folder => value.bytes().all(file_byte) && !value.starts_with('.'),
                Self::Prefix => {
                    value.ends_with('_') && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                }
                Self::Hidden => value.bytes().all(file_byte) && value.starts_with('.'),
                Self::Suffix => Suffix::template(value).is_some(),
                Self::Element | Self::Elements => {
                    value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                        && value.bytes().all(file_byte)
                }
                Self::Code => !value.chars().any(char::is_control) && value.trim() == value,
            }
    }

    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Flag => "true か false",
            Self::Steps => "\"two\"（二段）か \"one\"（一段）",
            Self::Width => "\"as_typed\"（入力のまま）、\"half\"（半角）、\"full\"（全角）のいずれか",
            Self::Folder => "半角英数字と「._-」だけのフォルダ名（「.」で始めない）",
            Self::Prefix => "半角英数字で、「_」で終わる名前",
            Self::Hidden => "「.」で始まる、半角英数字と「._-」だけの文字列",
            Self::Suffix => "{time}・{station}・{id} を一度ずつ含み、ほかは半角英数字と「-_」だけの書式",
            Self::Element | Self::Elements => "半角英字で始まる要素名（「:」なし）",
            Self::Code => "前後に空白のない、空でない文字列",
        }
    }

    pub(super) fn single(self) -> bool {
        !matches!(self, Self::Element | Self::Elements | Self::Code)
    }
}
