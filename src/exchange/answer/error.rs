//! Why an answer was refused. The sentence is for the person who waits; the variant is for the one who decides
//! whether to wait on.

use crate::domain::SafeText;

/// An answer file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It ends too early: still being written, or cut off. Waiting may help; nothing else here gets better.
    #[error("応答ファイルが途中で切れています。しばらく待っても変わらないときは照会し直してください")]
    Incomplete,
    /// Larger than [`MAX_ANSWER_BYTES`](super::MAX_ANSWER_BYTES).
    #[error("応答ファイルが大きすぎるため読みません（{0}バイト）。連携ソフトの管理者に確かめてください")]
    TooLarge(u64),
    /// Its encoding is not one that is read.
    #[error("応答ファイルの文字コード（{0}）は扱えません。連携ソフトの文字コードの設定を確かめてください")]
    Encoding(SafeText),
    /// A byte is not valid in the declared encoding, or the declaration contradicts the bytes.
    #[error("応答ファイルの文字が宣言された文字コード（{0}）と合わないため読みません。照会し直してください")]
    Undecodable(&'static str),
    /// Not well-formed, or more than this reader takes.
    #[error(
        "応答ファイルの形式が正しくありません（{0}）。照会し直し、続くときは連携ソフトの管理者に知らせてください"
    )]
    Malformed(&'static str),
    /// Well-formed, but not an answer of this exchange.
    #[error("応答ファイルの一番外側の要素が「{0}」ではありません。別の種類のファイルです")]
    WrongRoot(String),
    /// A mandatory element is missing or empty.
    #[error("応答ファイルに必須の項目「{0}」がありません。内容は表示しません。照会し直してください")]
    Missing(String),
    /// An element that may come once came with different values.
    #[error("応答ファイルに項目「{0}」が食い違う値で二度あります。内容は表示しません。照会し直してください")]
    Ambiguous(String),
    /// A mandatory element has a value that has no meaning.
    #[error(
        "応答ファイルの項目「{element}」の値「{value}」は意味が分かりません。内容は表示しません。方言ファイルの設定を確かめてください"
    )]
    Value {
        /// Its name.
        element: String,
        /// What it said.
        value: SafeText,
    },
    /// The parts of the answer contradict one another.
    #[error("応答ファイルの件数と資格有効性が食い違っています。内容は表示しません。照会し直してください")]
    Contradiction,
}
