//! Why a date was not understood.

/// Why a date was not understood; each is a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Nothing typed.
    #[error("日付を入力してください（例 19890107、S640107、昭和64年1月7日）")]
    Missing,
    /// Not eight digits, or no such day, in the form of the exchange; or typed in no known form.
    #[error("日付は西暦8桁（例 19890107）か、年号を付けて（例 S64.1.7）、実在する日を入力してください")]
    NotADate,
    /// Not `yyyyMM`.
    #[error("年月は西暦4桁と月2桁（例 202610）で入力してください")]
    NotAMonth,
    /// A character that has no place in a date.
    #[error(
        "日付に「{0}」は使えません。数字と「/」「.」「-」「年月日」で入力してください（例 1989/1/7、S64.1.7）"
    )]
    Character(char),
    /// Month or day is missing.
    #[error("年・月・日をすべて入力してください（例 1989/1/7、S64.1.7）")]
    Incomplete,
    /// Day or month before the year.
    #[error("年・月・日の順に入力してください（例 1989/1/7、S64.1.7）")]
    Order,
    /// `64.1.7`: five eras and two centuries have such a year.
    #[error(
        "年が1～2桁では年号が分かりません。年号を付ける（例 S64.1.7）か、西暦を4桁で入力してください（例 1989/1/7）"
    )]
    NeedsEra,
    /// `S1989.1.7`.
    #[error(
        "年号の後の年は1～2桁です（例 S64.1.7）。西暦で入力するときは年号を付けないでください（例 1989/1/7）"
    )]
    EraWithWestern,
    /// Seven digits that are no date in the form of claims.
    #[error(
        "7桁の数字は、年号区分1桁（1明治 2大正 3昭和 4平成 5令和）と年月日6桁として読みますが、その日はありません。\
         西暦は8桁で入力してください（例 19890107）"
    )]
    SevenDigits,
    /// Month 0 or 13 and more.
    #[error("月は1から12です（{0}月になっています）。月を見直してください")]
    NoSuchMonth(u32),
    /// A day the month does not have.
    #[error("{month}は{last}日までです（{day}日になっています）。日を見直してください")]
    NoSuchDay {
        /// As in `1990年2月`, `昭和65年（1990年）2月`.
        month: String,
        /// The last day that the month has.
        last: i8,
        /// The day typed.
        day: u32,
    },
    /// `平成31年5月1日`, `昭和65年1月1日`.
    #[error(
        "{limit}。{typed}は{meant}にあたります。日付を確かめ、{meant}でよければそのように入力し直してください"
    )]
    OutOfEra {
        /// Where the era ends or begins, as in `昭和は64年1月7日まで`.
        limit: String,
        /// As typed, spelt out.
        typed: String,
        /// The same day in the right era.
        meant: String,
    },
    /// A year that the era does not have and no other could mean.
    #[error("{limit}。年号と年を見直してください")]
    NoSuchEraYear {
        /// Where the era ends or begins.
        limit: String,
    },
    /// After today.
    #[error("{typed}は未来の日付です。今日（{today}）までの日付を入力してください")]
    Future {
        /// The day typed, in both calendars.
        typed: String,
        /// Today, 西暦.
        today: String,
    },
    /// Before 明治.
    #[error("明治元年（1868年1月25日）より前の日付は扱えません。年を見直してください")]
    TooOld,
}
