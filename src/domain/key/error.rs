//! What is wrong with a field, as a sentence that says what to do.

use crate::domain::date::DateError;
use crate::domain::insurer::InsurerNumberError;
use crate::domain::sendable;

/// What is wrong with a field: a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// 保険者番号
    #[error(transparent)]
    Insurer(#[from] InsurerNumberError),
    /// 生年月日
    #[error(transparent)]
    Date(#[from] DateError),
    /// 氏名
    #[error(transparent)]
    Name(#[from] sendable::NameError),
    /// A required field is empty.
    #[error("{0}を入力してください")]
    Missing(&'static str),
    /// Too long.
    #[error("{0}は{1}文字以内で入力してください（いま{2}文字です）")]
    TooLong(&'static str, usize, usize),
    /// CP932 cannot carry it.
    #[error("{0}の「{1}」（U+{code:04X}）は連携ソフトに送信できません。別の字に直してください", code = u32::from(*.1))]
    Unsendable(&'static str, char),
    /// 外字, a different picture at every site; it has no name, only a code.
    #[error("{0}の外字（U+{1:04X}）は送信できません。外字でない字に置き換えてください")]
    PrivateUse(&'static str, u32),
    /// A character that draws nothing by itself (control, zero width, 異体字の指定).
    #[error("{0}に見えない文字（U+{1:04X}）が入っています。その文字を消すか、入力し直してください")]
    Invisible(&'static str, u32),
    /// A blank inside a value that has none.
    #[error("{0}に空白は入れられません。詰めて入力してください")]
    Blank(&'static str),
    /// 枝番 is not two digits.
    #[error(
        "枝番は2桁の数字です。分からないときは空欄にしてください（00は「分からない」の意味ではありません）"
    )]
    Branch,
    /// Neither 住所 nor 保険者名称.
    #[error("住所または保険者名称のどちらかを入力してください")]
    Place,
    /// 性別 not chosen.
    #[error("性別を選んでください")]
    Sex,
}
