//! What drops into the folders without a request: results of the face-authentication reader, and the files of
//! other systems that share `res/` and must be left alone.

use jiff::ToSpan as _;
use jiff::civil::DateTime;

use super::answer::{self, Envelope};
use super::book::Book;
use super::calendar;
use super::coding::Coding;
use super::folder::Folder;
use super::patient::Patient;
use super::xml_write::Controls;

/// Writes one result as if the card had been read at `time`. Returns the file's name.
pub(super) fn drop_result(
    folder: &Folder,
    book: &Book,
    patient: &Patient,
    institution: &str,
    time: DateTime,
) -> std::io::Result<String> {
    let name = file_name(patient, institution, time);
    let envelope = Envelope {
        time,
        institution: institution.to_owned(),
        identifier: String::new(),
        controls: Controls::Referenced,
        doctype: false,
    };
    let bytes = [Coding::ShiftJis, Coding::Utf8]
        .into_iter()
        .find_map(|coding| answer::face(book, &envelope, patient, coding))
        .unwrap_or_default();
    folder.publish_face(&name, &bytes)?;
    Ok(name)
}

/// `OQSsiquc01res_face_<10 digits><opaque>_<yyyyMMddHHmmss>.xml`.
fn file_name(patient: &Patient, institution: &str, time: DateTime) -> String {
    let opaque: u64 = patient
        .number
        .bytes()
        .chain(patient.birth.bytes())
        .fold(7, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_007);
    format!("OQSsiquc01res_face_{institution}{opaque:010}_{}.xml", calendar::stamp(time))
}

/// The results that lie there at the start. Returns their names.
pub(super) fn drop_first(
    folder: &Folder,
    book: &Book,
    institution: &str,
    now: DateTime,
) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for patient in &book.patient {
        let Some(minutes) = patient.face_minutes_ago else { continue };
        let time = now.checked_sub(i64::from(minutes).minutes()).unwrap_or(now);
        names.push(drop_result(folder, book, patient, institution, time)?);
    }
    Ok(names)
}

/// Files of other systems in `res/`, not ours to read and not ours to delete.
pub(super) fn drop_foreign(folder: &Folder, now: DateTime) -> std::io::Result<()> {
    let day = calendar::compact(now.date());
    let other = "<?xml version=\"1.0\" encoding=\"Shift_JIS\" standalone=\"no\"?>\r\n<XmlMsg>\r\n<MessageHeader>\r\n\
                 <SegmentOfResult>1</SegmentOfResult>\r\n</MessageHeader>\r\n<MessageBody>\r\n</MessageBody>\r\n\
                 </XmlMsg>\r\n";
    folder.publish(&format!("OQSsiquc01res_{day}0001.xml"), other.as_bytes())?;
    folder.publish(&format!("OQSsiquc01res_{day}0002.xml"), other.as_bytes())?;
    folder.publish(&format!("YZKsiquc01res_{day}0001.xml"), other.as_bytes())?;
    folder.publish(&format!("TKKsiquc01res_{day}0001.pdf"), b"%PDF-1.4\n%%EOF\n")
}
