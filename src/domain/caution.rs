//! The cautions that the guide wants shown (表4.1.4-2), word for word, at the moments it names.
//!
//! The wording is data (`cautions.toml`), checked against the guide's table by a test; no other file repeats it.

use crate::data_file;
use serde::Deserialize;
use std::sync::LazyLock;

/// When a caution is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Before a request is sent.
    BeforeRequest,
    /// 0 hits: three sentences.
    NoMatch,
    /// 6 hits and more.
    TooMany,
    /// On the list of 2 to 5 candidates.
    CandidateList,
    /// With the result, in whatever form it is shown. Each section adds its own sentence:
    /// [`notice`](super::period::notice).
    Result,
}

/// A button that a caution names, so that sentence and button cannot drift apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Button {
    /// Sends the request: 「注意事項を確認の上、照会する」.
    Ask,
    /// Back to the key, the default of the candidate list: 「条件再指定の上、再検索する」.
    Refine,
    /// Opens the chosen candidate: 「閲覧」.
    View,
}

impl Moment {
    /// Every moment, in the order of the guide.
    pub const ALL: [Self; 5] =
        [Self::BeforeRequest, Self::NoMatch, Self::TooMany, Self::CandidateList, Self::Result];

    /// The sentences to show, one a paragraph, in this order and without change.
    pub fn sentences(self) -> &'static [String] {
        &self.entry().sentences
    }

    fn entry(self) -> &'static Entry {
        match self {
            Self::BeforeRequest => &CAUTIONS.before_request,
            Self::NoMatch => &CAUTIONS.no_match,
            Self::TooMany => &CAUTIONS.too_many,
            Self::CandidateList => &CAUTIONS.candidate_list,
            Self::Result => &CAUTIONS.result,
        }
    }
}

impl Button {
    /// The text on the button, as the cautions call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ask => &CAUTIONS.buttons.ask,
            Self::Refine => &CAUTIONS.buttons.refine,
            Self::View => &CAUTIONS.buttons.view,
        }
    }
}

/// The sentence of one section: its name and its period (`直近3か月分の記録を表示`) filled in.
pub(super) fn section_sentence(name: &str, span: &str) -> String {
    let Section { sentence, example, span: placeholder } = &CAUTIONS.section;
    sentence.replacen(example, name, 1).replacen(placeholder, span, 1)
}

static CAUTIONS: LazyLock<Cautions> = LazyLock::new(|| {
    data_file::from_str(include_str!("cautions.toml")).unwrap_or_else(|_| Cautions::unreadable())
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cautions {
    before_request: Entry,
    no_match: Entry,
    too_many: Entry,
    candidate_list: Entry,
    result: Entry,
    section: Section,
    buttons: Buttons,
}

/// `shown` and `condition` stand in the file for the reader and for the test only.
#[derive(Clone, Deserialize)]
struct Entry {
    sentences: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    sentence: String,
    example: String,
    span: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Buttons {
    ask: String,
    refine: String,
    view: String,
}

impl Cautions {
    /// A caution that cannot be read must not become a caution that is not shown. The tests see to it that no
    /// build gets here.
    fn unreadable() -> Self {
        let sentence =
            "注意事項の文章を読み込めません。照会を中止し、システム担当者に連絡してください。".to_owned();
        let entry = Entry { sentences: vec![sentence.clone()] };
        Self {
            before_request: entry.clone(),
            no_match: entry.clone(),
            too_many: entry.clone(),
            candidate_list: entry.clone(),
            result: entry,
            section: Section { sentence, example: String::new(), span: String::new() },
            buttons: Buttons {
                ask: "照会する".into(), refine: "再検索する".into(), view: "閲覧".into()
            },
        }
    }
}

#[cfg(test)]
mod tests;
