//! A table for people: UTF-8 with a byte order mark, for Excel opens it as such; cells that Excel would take for a
//! formula are quoted.
//!
//! A cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return is given an apostrophe in front (OWASP, CSV
//! injection), also after blanks and in full width, which Excel folds. The log itself keeps the text as it was.

use super::details;
use crate::domain::SafeText;
use crate::log::{self, Actor, Entry};
use std::io::{self, Write};

/// What makes Excel read UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The first row. Columns are added at the end, never moved.
const COLUMNS: [&str; 29] = [
    "番号",
    "訓練",
    "日時",
    "時計",
    "ホスト",
    "端末",
    "セッション",
    "利用者ID",
    "氏名",
    "職種",
    "電子カルテ利用者ID",
    "判断者",
    "種別",
    "内容",
    "症例",
    "照会",
    "患者ID",
    "照会番号",
    "保険者番号",
    "保険者名",
    "記号",
    "被保険者番号",
    "枝番",
    "患者氏名",
    "カナ",
    "生年月日",
    "性別",
    "住所",
    "詳細",
];

/// Rows that no spreadsheet runs: of the log, and of whatever else is read by people in a spreadsheet.
pub struct Sheet<W: Write> {
    rows: ::csv::Writer<W>,
}

impl<W: Write> Sheet<W> {
    /// Begins with the mark and the names of the columns.
    pub fn begin(mut output: W, columns: &[&str]) -> io::Result<Self> {
        output.write_all(BYTE_ORDER_MARK)?;
        let mut rows = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(output);
        rows.write_record(columns)?;
        Ok(Self { rows })
    }

    /// One row; as many cells as there are columns.
    pub fn write(&mut self, cells: &[String]) -> io::Result<()> {
        Ok(self.rows.write_record(cells.iter().map(|cell| safe(cell)))?)
    }

    /// Writes what is still held back.
    pub fn end(mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

/// Writes entries as rows.
pub struct Table<W: Write> {
    rows: Sheet<W>,
}

impl<W: Write> Table<W> {
    /// Begins with the mark and the names of the columns.
    pub fn begin(output: W) -> io::Result<Self> {
        Ok(Self { rows: Sheet::begin(output, &COLUMNS)? })
    }

    /// One entry.
    pub fn write(&mut self, entry: &Entry) -> io::Result<()> {
        self.rows.write(&cells(entry))
    }

    /// Writes what is still held back.
    pub fn end(self) -> io::Result<()> {
        self.rows.end()
    }
}

fn cells(entry: &Entry) -> [String; 29] {
    let text = |value: Option<&SafeText>| value.map(ToString::to_string).unwrap_or_default();
    let actor = entry.actor.as_ref();
    let of_actor = |part: fn(&Actor) -> Option<&SafeText>| text(actor.and_then(part));
    let subject = entry.subject.as_deref().or_else(|| entry.subjects().next());
    let of_subject = |part: fn(&crate::log::Subject) -> &Option<SafeText>| {
        text(subject.and_then(|subject| part(subject).as_ref()))
    };
    let details: Vec<String> = details::of(entry)
        .iter()
        .filter(|detail| detail.name.starts_with("act."))
        .map(|detail| format!("{}={}", detail.name.trim_start_matches("act."), detail.value))
        .collect();
    [
        entry.seq.to_string(),
        if entry.training { "【訓練】" } else { "" }.to_owned(),
        super::time(entry.at.utc_ms),
        clock(entry.at.clock),
        entry.host.to_string(),
        text(entry.terminal.as_ref()),
        text(entry.session.as_ref()),
        of_actor(|actor| Some(&actor.user)),
        of_actor(|actor| Some(&actor.name)),
        actor.and_then(|actor| actor.profession).map(|p| p.label().to_owned()).unwrap_or_default(),
        of_actor(|actor| actor.record_user.as_ref()),
        text(entry.on_behalf_of.as_ref().map(|judge| &judge.name)),
        details::kind(&entry.act),
        log::describe(entry).to_string(),
        text(entry.case.as_ref()),
        text(entry.enquiry.as_ref()),
        of_subject(|s| &s.patient_id),
        of_subject(|s| &s.reference_number),
        of_subject(|s| &s.insurer_number),
        of_subject(|s| &s.insurer_name),
        of_subject(|s| &s.symbol),
        of_subject(|s| &s.number),
        of_subject(|s| &s.branch),
        of_subject(|s| &s.name),
        of_subject(|s| &s.kana),
        of_subject(|s| &s.birthdate),
        of_subject(|s| &s.sex),
        of_subject(|s| &s.address),
        details.join("; "),
    ]
}

fn clock(note: crate::log::ClockNote) -> String {
    use crate::log::ClockNote;
    match note {
        ClockNote::Steady => String::new(),
        ClockNote::Unsynchronised => "時刻同期なし".to_owned(),
        ClockNote::Stepped(ms) => format!("時計が{:+.3}秒動いた", seconds(ms)),
    }
}

#[allow(clippy::cast_precision_loss)] // a step of the clock, for a person
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// A cell that no spreadsheet runs. Line ends become blanks: one entry is one line.
fn safe(cell: &str) -> String {
    let one_line: String =
        cell.chars().map(|c| if matches!(c, '\r' | '\n' | '\t') { ' ' } else { c }).collect();
    let first = one_line.chars().find(|c| !c.is_whitespace());
    let formula =
        matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\u{2212}' | '|' | '%'));
    if formula { format!("'{one_line}") } else { one_line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_run() {
        let table = [
            ("青葉　太郎", "青葉　太郎"),
            ("0012345", "0012345"),
            ("=1+1", "'=1+1"),
            ("  =cmd|'/c calc'!A1", "'  =cmd|'/c calc'!A1"),
            ("\t@SUM(A1)", "' @SUM(A1)"),
            ("＝１＋１", "'＝１＋１"),
            ("-", "'-"),
            ("a\r\n=b", "a  =b"),
            ("", ""),
        ];
        for (cell, expected) in table {
            assert_eq!(safe(cell), expected);
        }
    }
}
