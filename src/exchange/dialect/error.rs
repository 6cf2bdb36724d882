//! What is wrong with a dialect file: every fault at once, each with its line, for the vendor who edits it.

use std::fmt;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialectProblem {
    /// Line in the file, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub sentence: String,
}

/// A dialect file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DialectError {
    /// It cannot be read.
    #[error("方言ファイル「{path}」を読めません。場所と読み取り権限を確かめてください")]
    Unreadable {
        /// As configured.
        path: String,
        /// The system's answer.
        #[source]
        cause: std::io::Error,
    },
    /// It is not a text of a sensible size.
    #[error(
        "方言ファイル「{0}」が大きすぎるか、UTF-8の文章ではありません。既定の方言を写して作り直してください"
    )]
    NotAText(String),
    /// It is not TOML.
    #[error("方言ファイルの{line}行{column}列か、その直前が読めません。引用符・括弧・「=」の書き忘れを見直してください", line = .at.line, column = .at.column)]
    Syntax {
        /// Where; its sentence is the parser's own, in English.
        at: DialectProblem,
        /// The parser's error.
        #[source]
        cause: Box<toml::de::Error>,
    },
    /// Entries are missing, unknown or not allowed.
    #[error("方言ファイルに誤りがあります。\n{}", Lines(.0))]
    Invalid(Vec<DialectProblem>),
}

struct Lines<'a>(&'a [DialectProblem]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for DialectProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}行{}列: {}", self.line, self.column, self.sentence)
    }
}
