//! What is asked for at the moment, for the linear mode: a line answers it.

/// The question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What is asked for.
    pub label: String,
    /// What an answer looks like.
    pub wants: Wants,
}

/// What an answer looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wants {
    /// A text.
    Text,
    /// A password or PIN, which is not echoed.
    Secret,
    /// The number of one or more of several, each with whether it is chosen now.
    Choice {
        /// The options.
        options: Vec<(bool, String)>,
        /// Any of them, not one.
        many: bool,
    },
    /// The number of an answer to a question, which is then confirmed by an empty line.
    Answer(Vec<String>),
    /// An empty line presses it.
    Button,
}
