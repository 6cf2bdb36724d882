//! The log in a format that others read: one file, one entry a line, written as it comes.
//!
//! It proves nothing by itself. What ties it to the log is printed: where the log stood, and the hash of the file,
//! which the log keeps too.

use super::super::super::{Failure, out};
use super::pages::{Pages, not_understood};
use super::place::Place;
use crate::archive::csv::Table;
use crate::archive::{Source, atna, fhir};
use crate::domain::SafeText;
use crate::log::{ChainHash, Entry, StoreId, Verifier, canonical};
use crate::protocol::ViewFormat;
use crate::protocol::view::ExportView;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

/// The exit code when the log itself is not as it should be: that of `log verify` for an altered one.
const ALTERED: u8 = 3;
/// Rows of a sheet of Excel and LibreOffice Calc, the names of the columns among them.
const SHEET_ROWS: u64 = 1_048_576;
/// Numbers of unreadable entries that are named; all are counted.
const NAMED: usize = 20;

/// What was written.
#[derive(Debug)]
pub(super) struct Written {
    /// SHA-256 of the file, hex.
    pub(super) sha256: String,
    /// How many entries are in it.
    entries: u64,
    /// How many are not, because they are none.
    unreadable: u64,
    /// The numbers of the first of them.
    named: Vec<u64>,
    /// The hashes follow from one another up to where the log stood; of a stretch of time nobody can say.
    sound: bool,
}

/// Writes what comes. Only where all of the log comes, its hashes can be followed.
pub(super) fn write(
    pages: &mut Pages<'_>,
    place: &Place,
    file: File,
    format: ViewFormat,
    all: bool,
) -> Result<Written, Failure> {
    let begun = pages.begun().clone();
    let store = StoreId::parse(begun.store_id.as_str()).ok_or_else(not_understood)?;
    let source = Source {
        facility: begun.facility.clone(),
        institution_code: begun.institution_code.clone(),
        store_id: begun.store_id.clone(),
    };
    let mut verifier = Verifier::new(store).hashes_only();
    let mut output = Hashed { inner: BufWriter::with_capacity(1 << 16, file), hash: Sha256::new() };
    let mut rows = Rows::begin(&mut output, format).map_err(|error| place.failed(&error))?;
    let (mut entries, mut unreadable, mut named) = (0_u64, 0_u64, Vec::new());
    while let Some(page) = pages.next()? {
        for (seq, hash, body) in &page.rows {
            let hash = ChainHash::parse(hash.as_str()).ok_or_else(not_understood)?;
            if all {
                verifier.push(*seq, None, hash, body.as_bytes());
            }
            match canonical::decode(body.as_bytes()).ok().filter(|entry| entry.seq == *seq) {
                Some(entry) => {
                    rows.write(&entry, &source).map_err(|error| place.failed(&error))?;
                    entries = entries.saturating_add(1);
                }
                None => {
                    unreadable = unreadable.saturating_add(1);
                    named.extend(Some(*seq).filter(|_| named.len() < NAMED));
                }
            }
        }
    }
    rows.end().and_then(|()| output.flush()).map_err(|error| place.failed(&error))?;
    output.inner.get_ref().sync_all().map_err(|error| place.failed(&error))?;
    let report = verifier.finish(None);
    let followed = report.is_sound() && report.head.hash.to_string() == begun.head.as_str();
    let sha256 = HEXLOWER.encode(&output.hash.finalize());
    Ok(Written { sha256, entries, unreadable, named, sound: unreadable == 0 && (followed || !all) })
}

/// What the person, and whoever gets the file, is told.
pub(super) fn tell(
    begun: &ExportView,
    written: &Written,
    format: ViewFormat,
    to: &Path,
    json: bool,
) -> ExitCode {
    let Written { sha256, entries, unreadable, named, sound } = written;
    if json {
        out::json(&serde_json::json!({
            "format": format.name(),
            "to": SafeText::new(&to.display().to_string()),
            "entries": entries,
            "unreadable": unreadable,
            "unreadable_numbers": named,
            "sound": sound,
            "sha256": sha256,
            "log": begun,
        }));
    } else {
        out::line(format!("書き出しました: {}（{entries}件）", to.display()));
        out::line(format!("元の操作ログ {}番まで（ハッシュ値 {}）", begun.last, begun.head));
        out::line(format!("照合コード {}", begun.code));
        out::line(format!("このファイルのSHA-256 {sha256}"));
        out::line(
            "受け取る方に、上の3行も渡してください。操作ログの同じ番号・ファイルの同じ値と照合できます",
        );
    }
    if *entries == 0 && *unreadable == 0 {
        out::note("期間に記録がありません");
    }
    if let Some(words) = too_long(format, *entries) {
        out::note(words);
    }
    if *unreadable > 0 {
        let numbers: Vec<String> = named.iter().map(ToString::to_string).collect();
        let more = if (named.len() as u64) < *unreadable { " ほか" } else { "" };
        out::note(format!(
            "【注意】読み取れない記録が{unreadable}件あり、ファイルに入っていません（{}番{more}）",
            numbers.join("・")
        ));
    }
    if *sound {
        ExitCode::SUCCESS
    } else {
        out::note(
            "【注意】操作ログに異常があります。kyukyu log verify で確認し、bundle の形式でも書き出して保管してください",
        );
        ExitCode::from(ALTERED)
    }
}

/// Spreadsheets show the beginning of a table that is too long for them, and some say nothing.
fn too_long(format: ViewFormat, entries: u64) -> Option<String> {
    let is = format == ViewFormat::Csv && entries >= SHEET_ROWS;
    is.then(|| {
        format!(
            "【注意】表計算ソフトで開ける行数（{SHEET_ROWS}行）を超えているため、途中までしか表示されません。--from と --until で期間を分けて書き出してください"
        )
    })
}

/// Entries on their way into a file.
enum Rows<'a, W: Write> {
    Csv(Box<Table<&'a mut W>>),
    Atna(&'a mut W),
    Fhir(&'a mut W),
}

impl<'a, W: Write> Rows<'a, W> {
    fn begin(output: &'a mut W, format: ViewFormat) -> io::Result<Self> {
        Ok(match format {
            ViewFormat::Csv => Self::Csv(Box::new(Table::begin(output)?)),
            ViewFormat::Atna => Self::Atna(output),
            ViewFormat::Fhir => Self::Fhir(output),
        })
    }

    fn write(&mut self, entry: &Entry, source: &Source) -> io::Result<()> {
        match self {
            Self::Csv(table) => table.write(entry),
            Self::Atna(output) => writeln!(output, "{}", atna::message(entry, source)?),
            Self::Fhir(output) => {
                serde_json::to_writer(&mut **output, &fhir::audit_event(entry, source))?;
                output.write_all(b"\n")
            }
        }
    }

    fn end(self) -> io::Result<()> {
        match self {
            Self::Csv(table) => table.end(),
            Self::Atna(_) | Self::Fhir(_) => Ok(()),
        }
    }
}

/// Whatever is written, hashed on the way.
struct Hashed<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_no_spreadsheet_shows_whole_is_said_to_be_one() {
        for (format, entries, too) in [
            (ViewFormat::Csv, 1_048_575, false),
            (ViewFormat::Csv, 1_048_576, true),
            (ViewFormat::Fhir, 9_000_000, false),
        ] {
            let words = too_long(format, entries);
            assert_eq!(words.is_some_and(|words| words.contains("--until")), too, "{format:?} {entries}");
        }
    }

    #[test]
    fn what_is_hashed_is_what_was_written() {
        struct Slow(Vec<u8>);
        impl Write for Slow {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let part = &bytes[..bytes.len().min(3)];
                self.0.extend_from_slice(part);
                Ok(part.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut output = Hashed { inner: Slow(Vec::new()), hash: Sha256::new() };
        output.write_all("操作ログ、1行\n".as_bytes()).unwrap();
        assert_eq!(output.inner.0, "操作ログ、1行\n".as_bytes());
        assert_eq!(output.hash.finalize(), Sha256::digest("操作ログ、1行\n".as_bytes()));
    }
}
