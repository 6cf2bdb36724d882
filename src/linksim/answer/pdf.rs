//! A small valid PDF by hand: one page, standard Japanese fonts that every viewer substitutes, nothing embedded.

use std::fmt::Write as _;

use super::super::book::Book;
use super::super::calendar;
use super::super::coding;
use super::super::patient::Patient;
use super::super::rows::{self, Month, Periods};
use super::Envelope;

/// Lines that fit on the page, and cells on a line.
const LINES: usize = 52;
const CELLS: usize = 84;

/// The page of a patient.
pub(super) fn render(book: &Book, envelope: &Envelope, patient: &Patient, full: bool) -> Vec<u8> {
    file(&lines(book, envelope, patient, full))
}

fn lines(book: &Book, envelope: &Envelope, patient: &Patient, full: bool) -> Vec<String> {
    let today = envelope.time.date();
    let title = if full { "救急用全量版" } else { "救急用サマリー" };
    let sex = ["男", "女", "未設定"].get(usize::from(patient.sex).saturating_sub(1)).unwrap_or(&"不明");
    let mut lines = vec![
        format!("【模擬】{title}　作成日 {}", calendar::compact(today)),
        format!("氏名 {}　カナ {}", patient.sent_name(), patient.kana),
        format!("生年月日 {}　性別 {sex}", patient.birth),
        String::new(),
    ];
    let record = patient.record.as_ref().and_then(|key| book.record.get(key));
    if let Some(record) = record {
        let tables = rows::tables(book, record, today, if full { Periods::FULL } else { Periods::SUMMARY });
        for (title, months) in [
            ("調剤結果", &tables.dispensed),
            ("薬剤情報", &tables.receipts),
            ("手術情報", &tables.operations),
            ("透析", &tables.dialysis),
        ] {
            list(&mut lines, title, months);
        }
        for day in &tables.checkups {
            lines.push(format!("健診実施日 {}", calendar::compact(*day)));
        }
    }
    lines.push("※この救急時医療情報は模擬データです。".into());
    if lines.len() > LINES {
        lines.truncate(LINES - 1);
        lines.push("（模擬のため1ページで打ち切り）".into());
    }
    lines
}

fn list(lines: &mut Vec<String>, title: &str, months: &[Month<'_>]) {
    for month in months {
        lines.push(format!("[{title}] {} {}", month.when, month.at.name));
        for day in &month.days {
            for (line, drug) in &day.drugs {
                let date = calendar::compact(day.date);
                lines.push(format!("  {date} {} {}{} x{}", drug.name, line.amount, drug.unit, line.times));
            }
            for (line, treatment) in &day.treatments {
                let date = calendar::compact(day.date);
                lines.push(format!("  {date} {} x{}", treatment.name, line.times));
            }
        }
    }
}

/// The objects with their offsets, the cross-reference table, the trailer.
fn file(lines: &[String]) -> Vec<u8> {
    let content = content(lines);
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5-90ms-RKSJ-H /Encoding /90ms-RKSJ-H \
         /DescendantFonts [6 0 R] >>"
            .to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /FontDescriptor 7 0 R /DW 1000 \
         /W [231 632 500] /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>"
            .to_owned(),
        "<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /FontBBox [-92 -250 1010 922] \
         /ItalicAngle 0 /Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>"
            .to_owned(),
    ];
    let mut file = "%PDF-1.4\n%kyukyu linksim\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", number + 1);
    }
    let table = file.len();
    let size = objects.len() + 1;
    let _ = write!(file, "xref\n0 {size}\n0000000000 65535 f \n");
    for offset in offsets {
        let _ = writeln!(file, "{offset:010} 00000 n ");
    }
    let _ = write!(file, "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    file.into_bytes()
}

fn content(lines: &[String]) -> String {
    let mut stream = "BT /F1 9 Tf 14 TL 40 800 Td".to_owned();
    for line in lines {
        stream.push_str("\n<");
        for byte in cells(line) {
            let _ = write!(stream, "{byte:02X}");
        }
        stream.push_str("> Tj T*");
    }
    stream.push_str("\nET");
    stream
}

/// A line in CP932, ● for what it cannot carry and for controls, cut at the page's edge.
fn cells(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for c in line.chars() {
        let printable = if c.is_control() { None } else { coding::cp932(c.encode_utf8(&mut [0; 4])) };
        let more = printable.unwrap_or_else(|| b"\x81\x9c".to_vec());
        if bytes.len() + more.len() > CELLS {
            break;
        }
        bytes.extend(more);
    }
    bytes
}
