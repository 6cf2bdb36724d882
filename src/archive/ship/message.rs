//! One entry as a syslog message: RFC 5424 around the AuditMessage of DICOM PS3.15, which is also IHE ATNA's.
//!
//! `<85>1 TIME HOST kyukyu - DICOM+RFC3881 [kyukyu@32473 store="…" seq="…" prev="…" hash="…"] <AuditMessage>…`
//!
//! Printable ASCII, one line, never longer than [`LONGEST`]: rsyslog splits at 8,096 bytes where nobody has told it
//! otherwise, and rewrites control characters. 32473 is the number that RFC 5612 reserves for documents; we have none.

use super::Parcel;
use crate::archive::{Source, atna};
use crate::log::canonical;

/// Bytes of a message at most.
pub const LONGEST: usize = 8_000;
/// Bytes before the AuditMessage at most: the host's name is cut.
const HEADER: usize = 512;
/// Authorization messages (10), notice (5) and warning (4).
pub(super) const NOTICE: u8 = 85;
const WARNING: u8 = 84;

/// The message of a row.
pub fn message(parcel: &Parcel, source: &Source) -> Vec<u8> {
    let Ok(entry) = canonical::decode(&parcel.body) else { return unreadable(parcel, source) };
    let Ok(audit) = atna::bounded(&entry, source, LONGEST - HEADER) else {
        return unreadable(parcel, source);
    };
    let time = crate::archive::time(entry.at.utc_ms);
    let failed = !audit.contains(" EventOutcomeIndicator=\"0\"");
    let head = head(if failed { WARNING } else { NOTICE }, &time, entry.host.as_str(), "DICOM+RFC3881");
    format!("{head}{} {audit}", data(parcel, source)).into_bytes()
}

/// A row that is no entry is still told of, by its number and hash; the log's own check says what is wrong with it.
fn unreadable(parcel: &Parcel, source: &Source) -> Vec<u8> {
    format!("{}{} unreadable entry", head(WARNING, "-", "-", "unreadable"), data(parcel, source)).into_bytes()
}

/// The fields of RFC 5424 before the structured data.
pub(super) fn head(priority: u8, time: &str, host: &str, id: &str) -> String {
    let name: String = host.chars().filter(char::is_ascii_graphic).take(100).collect();
    let host = if name.is_empty() { "-" } else { name.as_str() };
    format!("<{priority}>1 {time} {host} kyukyu - {id} ")
}

fn data(parcel: &Parcel, source: &Source) -> String {
    let (store, Parcel { seq, prev, hash, .. }) = (&source.store_id, parcel);
    format!("[kyukyu@32473 store=\"{store}\" seq=\"{seq}\" prev=\"{prev}\" hash=\"{hash}\"]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SafeText;
    use crate::log::{Act, ChainHash, Change, ClockNote, NewEntry, Stamp, Subject};

    fn source() -> Source {
        Source {
            facility: SafeText::new(&"架空総合病院".repeat(200)),
            institution_code: "1311234567".into(),
            store_id: "0123456789abcdef0123456789abcdef".into(),
        }
    }

    fn parcel(host: &str, act: Act) -> Parcel {
        let at =
            Stamp { utc_ms: 1_795_000_000_123, boot_ms: 1, boot_id: "b00".into(), clock: ClockNote::Steady };
        let new = NewEntry::of_station(at, SafeText::new(host), act);
        let body = canonical::encode_bounded(&new, 7, true).unwrap();
        Parcel { seq: 7, prev: ChainHash([1; 32]), hash: ChainHash([2; 32]), body }
    }

    /// Printable ASCII, in one line, short enough, and an element from its beginning to its end.
    fn assert_fit(message: &[u8]) -> &str {
        assert!(message.len() <= LONGEST, "{}", message.len());
        assert!(message.iter().all(|byte| (0x20..0x7f).contains(byte)));
        let text = std::str::from_utf8(message).unwrap();
        assert!(text.contains("] <AuditMessage>") && text.ends_with("</AuditMessage>"), "{text}");
        text
    }

    #[test]
    fn the_header_is_as_the_standards_have_it() {
        let short = parcel("er-1", Act::LogOpened {});
        let message = message(&short, &Source { facility: "架空".into(), ..source() });
        let text = assert_fit(&message);
        let expected = format!(
            "<85>1 2026-11-18T20:06:40.123+09:00 er-1 kyukyu - DICOM+RFC3881 [kyukyu@32473 \
             store=\"0123456789abcdef0123456789abcdef\" seq=\"7\" prev=\"{}\" hash=\"{}\"] <AuditMessage>",
            short.prev, short.hash
        );
        assert!(text.starts_with(&expected), "{text}");
        assert!(!text.contains("\"shortened\""));
    }

    #[test]
    fn what_is_too_long_is_shortened_and_says_so() {
        let person = Subject {
            patient_id: Some("0000012345".into()),
            name: Some("武者小路　実篤右衛門".into()),
            kana: Some("ﾑｼｬﾉｺｳｼﾞ ｻﾈｱﾂｴﾓﾝ".into()),
            address: Some(SafeText::new(&"東京都千代田区霞が関".repeat(4))),
            ..Subject::default()
        };
        let many: Vec<Subject> = (0..60)
            .map(|n| Subject { patient_id: Some(SafeText::new(&n.to_string())), ..Subject::default() })
            .collect();
        let long = SafeText::new(&"理由\u{1b}[31m".repeat(900));
        let table = [
            Act::CandidatesShown { candidates: vec![person.clone(); 5] },
            Act::FaceListShown { shown: 60, people: many },
            Act::AnswerRefused { request: None, file: long.clone(), sha256: None, why: long.clone() },
            Act::SettingChanged {
                changes: vec![Change {
                    field: long.clone(),
                    from: Some(long.clone()),
                    to: Some(long.clone()),
                }],
            },
            Act::FileNoted { file: long, why: crate::log::Oddity::OddName },
        ];
        for act in table {
            let parcel = parcel(&"長い名前 er".repeat(90), act);
            let message = message(&parcel, &source());
            let text = assert_fit(&message);
            assert!(text.contains("type=\"shortened\""), "{text}");
            assert!(text.contains("0123456789abcdef0123456789abcdef-7"), "the entry is named");
        }
    }

    #[test]
    fn the_last_resort_fits_with_everything_at_its_longest() {
        let long = SafeText::new(&"\u{20bb7}&<>\"".repeat(300));
        let entry =
            parcel("er-1", Act::DocumentDeleted { document: long.clone(), sha256: long.clone(), why: long });
        let entry = canonical::decode(&entry.body).unwrap();
        assert!(atna::bounded(&entry, &source(), 0).unwrap().len() <= 4_096);
    }

    #[test]
    fn a_row_that_is_no_entry_is_told_of() {
        let broken = Parcel { body: b"{}\x1b".to_vec(), ..parcel("er-1", Act::LogOpened {}) };
        let text = String::from_utf8(message(&broken, &source())).unwrap();
        assert!(text.contains("seq=\"7\"") && text.ends_with("unreadable entry"), "{text}");
    }
}
