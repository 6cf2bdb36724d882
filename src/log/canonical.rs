//! The one byte string of an entry: what is hashed, kept, shipped and exported.
//!
//! JSON with these rules, so that any language can produce the same bytes:
//! * the members stand in the order of the Rust fields ([`Entry`], then the act: `kind` first);
//! * no whitespace; integers in decimal; no floats and no maps occur;
//! * a member without a value is left out;
//! * ASCII only: every character from U+007F on is written as `\uxxxx` (lower case, surrogate pairs above
//!   U+FFFF), so that the bytes pass syslog, CSV and databases of any encoding unharmed;
//! * at most [`MAX_BODY`] bytes, so that one entry fits one syslog line.
//!
//! Reading is strict: a body that is not exactly what [`encode`] would write for it is refused.

use super::{Entry, entry::NewEntry};
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter};
use std::io;

/// The longest body, in bytes. rsyslog splits at 8,096; the rest is for its header.
pub const MAX_BODY: usize = 7_168;

/// Why bytes are not an entry, or an entry not bytes.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// Not JSON of an entry.
    #[error("操作ログの記録として読み取れません")]
    Unreadable(#[source] serde_json::Error),
    /// An entry, but not as we would write it.
    #[error("操作ログの記録の書き方が規則と一致しません")]
    NotCanonical,
    /// Too long even when every text is cut.
    #[error("操作ログの記録が長すぎます（{bytes}バイト、上限{MAX_BODY}バイト）")]
    TooLong {
        /// The length without cutting.
        bytes: usize,
    },
}

/// The canonical bytes of an entry.
///
/// # Errors
/// [`CanonicalError::TooLong`] above [`MAX_BODY`]; see [`encode_bounded`].
pub fn encode(entry: &Entry) -> Result<Vec<u8>, CanonicalError> {
    let body = ascii_json(entry)?;
    if body.len() > MAX_BODY { Err(CanonicalError::TooLong { bytes: body.len() }) } else { Ok(body) }
}

/// Numbers an entry and gives its canonical bytes; over-long texts are cut, visibly, until it fits.
///
/// An act must not fail because an answer from outside carries a name of a megabyte. The texts of keys are
/// short and are cut last.
pub fn encode_bounded(new: &NewEntry, seq: u64, training: bool) -> Result<Vec<u8>, CanonicalError> {
    write_bounded(new, seq, training).map(|(_, body)| body)
}

/// The same, with the entry that the bytes say.
pub fn write_bounded(new: &NewEntry, seq: u64, training: bool) -> Result<(Entry, Vec<u8>), CanonicalError> {
    let entry = new.numbered(seq, training);
    let body = ascii_json(&entry)?;
    if body.len() <= MAX_BODY {
        return Ok((entry, body));
    }
    let too_long = CanonicalError::TooLong { bytes: body.len() };
    for longest in [400, 120, 50, 20] {
        let mut value = serde_json::to_value(&entry).map_err(CanonicalError::Unreadable)?;
        cut_texts(&mut value, longest);
        let cut = serde_json::to_string(&value).and_then(|cut| serde_json::from_str::<Entry>(&cut));
        let cut = cut.map_err(CanonicalError::Unreadable)?;
        let body = ascii_json(&cut)?;
        if body.len() <= MAX_BODY {
            return Ok((cut, body));
        }
    }
    Err(too_long)
}

/// Reads canonical bytes back.
pub fn decode(body: &[u8]) -> Result<Entry, CanonicalError> {
    // All of it is ASCII, which is quicker to see once than in each text.
    let text = std::str::from_utf8(body).map_err(|_| CanonicalError::NotCanonical)?;
    let entry: Entry = serde_json::from_str(text).map_err(CanonicalError::Unreadable)?;
    // Compared while it is written: a check reads a million of these, and needs no second copy of any.
    let mut rest = Expected(body);
    let mut serializer = serde_json::Serializer::with_formatter(&mut rest, Ascii);
    let same = entry.serialize(&mut serializer).is_ok() && rest.0.is_empty();
    if same { Ok(entry) } else { Err(CanonicalError::NotCanonical) }
}

/// A writer that fails at the first byte that is not the expected one.
struct Expected<'a>(&'a [u8]);

impl io::Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cut_texts(value: &mut Value, longest: usize) {
    match value {
        Value::String(text) => {
            let all = text.chars().count();
            if all > longest {
                let kept: String = text.chars().take(longest).collect();
                *text = format!("{kept}…（全{all}文字）");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cut_texts(item, longest)),
        Value::Object(members) => members.values_mut().for_each(|member| cut_texts(member, longest)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn ascii_json(entry: &Entry) -> Result<Vec<u8>, CanonicalError> {
    let mut body = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::with_formatter(&mut body, Ascii);
    entry.serialize(&mut serializer).map_err(CanonicalError::Unreadable)?;
    Ok(body)
}

/// serde_json's compact form, with `\uxxxx` for everything outside printable ASCII.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        // By bytes: the first that is not plain begins a character.
        while let Some(at) = rest.bytes().position(|byte| byte >= 0x7f) {
            let (plain, from) = rest.split_at(at);
            CompactFormatter.write_string_fragment(out, plain)?;
            let Some(c) = from.chars().next() else { break };
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.write_all(&escape(*unit))?;
            }
            rest = from.get(c.len_utf8()..).unwrap_or_default();
        }
        CompactFormatter.write_string_fragment(out, rest)
    }
}

/// `\uxxxx`. By hand: the machinery of `write!` is long, and a check comes here fifty million times.
fn escape(unit: u16) -> [u8; 6] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + (nibble - 10) };
    let [high, low] = unit.to_be_bytes();
    [b'\\', b'u', digit(high >> 4), digit(high & 15), digit(low >> 4), digit(low & 15)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SafeText;
    use crate::domain::account::{Permission, Profession};
    use crate::domain::factor::Factor;
    use crate::log::{
        Act, Actor, Change, ChoiceField, ClockNote, Consent, EnrolledBy, LoginFailure, Method, Moment,
        Oddity, Revocation, SessionCause, Stamp, Subject,
    };
    use proptest::prelude::*;

    fn text(plain: &str) -> SafeText {
        SafeText::new(plain)
    }

    fn stamp(clock: ClockNote) -> Stamp {
        Stamp { utc_ms: 1_764_547_200_000, boot_ms: 86_400_000, boot_id: text("b00"), clock }
    }

    fn of(act: Act) -> NewEntry {
        NewEntry::of_station(stamp(ClockNote::Steady), text("er-1"), act)
    }

    #[test]
    fn the_bytes_are_pinned() {
        let mut new = of(Act::RequestIntended {
            request: text("r1"),
            file: text("EMSsiquc01req_1.xml"),
            method: Method::FourItems,
            key: Box::new(Subject { name: Some(text("山田　太郎")), ..Subject::default() }),
            consent: Consent::Unobtainable,
            information: text("1"),
            factors: vec![Factor::Password, Factor::HpkiCard],
        });
        new.at.clock = ClockNote::Stepped(-3_600_000);
        new.actor = Some(Actor {
            user: text("dr.sato"),
            name: text("𠮷田\"x\""),
            profession: Some(Profession::Doctor),
            record_user: None,
        });
        let body = encode_bounded(&new, 7, true).unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"seq":7,"training":true,"at":{"utc_ms":1764547200000,"boot_ms":86400000,"boot_id":"b00","#
                .to_owned()
                + r#""clock":{"stepped":-3600000}},"host":"er-1","actor":{"user":"dr.sato","#
                + r#""name":"\ud842\udfb7\u7530\"x\"","profession":"doctor"},"#
                + r#""act":{"kind":"request_intended","request":"r1","file":"EMSsiquc01req_1.xml","#
                + r#""method":"four_items","key":{"name":"\u5c71\u7530\u3000\u592a\u90ce"},"#
                + r#""consent":"unobtainable","information":"1","factors":["password","hpki_card"]}}"#
        );
    }

    /// The words of old entries stay readable only while these stay as they are.
    #[test]
    fn the_vocabularies_are_pinned() {
        fn words<T: Serialize>(of: &[T]) -> String {
            serde_json::to_string(of).unwrap()
        }
        use Factor::{Face, HpkiCard, MyNumberCard, OneTimePassword, Password, SoftwareCard};
        use Profession::{Administrator, Auditor, Clerk, Dentist, Doctor, Nurse, Pharmacist};
        let table = [
            (
                words(&[Doctor, Dentist, Nurse, Pharmacist, Clerk, Administrator, Auditor]),
                r#"["doctor","dentist","nurse","pharmacist","clerk","administrator","auditor"]"#,
            ),
            (
                words(&[Password, HpkiCard, MyNumberCard, SoftwareCard, OneTimePassword, Face]),
                r#"["password","hpki_card","my_number_card","software_card","one_time_password","face"]"#,
            ),
            (
                words(&[Permission::EmergencyView, Permission::Administer, Permission::Audit]),
                r#"["emergency_view","administer","audit"]"#,
            ),
            (
                words(&[Method::FaceResult, Method::InsuranceKey, Method::FourItems, Method::Candidate]),
                r#"["face_result","insurance_key","four_items","candidate"]"#,
            ),
            (
                words(&[Moment::BeforeRequest, Moment::NoMatch, Moment::TooMany, Moment::WithResult]),
                r#"["before_request","no_match","too_many","with_result"]"#,
            ),
            (
                words(&[LoginFailure::WrongPassword, LoginFailure::UnknownUser, LoginFailure::SourceLocked]),
                r#"["wrong_password","unknown_user","source_locked"]"#,
            ),
            (
                words(&[SessionCause::CardWithdrawn, SessionCause::LineLost, SessionCause::StationStopping]),
                r#"["card_withdrawn","line_lost","station_stopping"]"#,
            ),
            (
                words(&[
                    Revocation::NotChecked,
                    Revocation::Fresh { until: 1 },
                    Revocation::Grace { lapsed: 2 },
                ]),
                r#"["not_checked",{"fresh":{"until":1}},{"grace":{"lapsed":2}}]"#,
            ),
            (
                words(&[
                    EnrolledBy::Certificate,
                    EnrolledBy::Signature,
                    EnrolledBy::OldCard,
                    EnrolledBy::TwoPersons { proposed: text("kanri") },
                ]),
                r#"["certificate","signature","old_card",{"two_persons":{"proposed":"kanri"}}]"#,
            ),
            (words(&[ChoiceField::Branch, ChoiceField::InsurerName]), r#"["branch","insurer_name"]"#),
            (words(&[Oddity::Foreign, Oddity::NotRegular]), r#"["foreign","not_regular"]"#),
        ];
        for (written, pinned) in table {
            assert_eq!(written, pinned);
        }
    }

    #[test]
    fn only_the_canonical_form_is_read() {
        let good = encode_bounded(&of(Act::LogOpened {}), 1, false).unwrap();
        assert!(decode(&good).is_ok());
        let good = String::from_utf8(good).unwrap();
        let table = [
            good.replacen(':', ": ", 1),
            good.replacen("\"seq\":1,\"training\":false", "\"training\":false,\"seq\":1", 1),
            good.replacen("er-1", "\\u0065r-1", 1),
            good.replacen("er-1", "救-1", 1),
            good.replacen("\"seq\":1", "\"seq\":1,\"extra\":1", 1),
            format!("{good} "),
            good.replacen("log_opened", "log_forgotten", 1),
        ];
        for bad in table {
            assert!(decode(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn over_long_texts_are_cut_and_say_so() {
        let long = of(Act::AnswerRefused {
            request: None,
            file: text(&"名".repeat(5_000)),
            sha256: None,
            why: text("短い理由"),
        });
        assert!(matches!(encode(&long.numbered(1, false)), Err(CanonicalError::TooLong { .. })));
        let body = encode_bounded(&long, 1, false).unwrap();
        assert!(body.len() <= MAX_BODY && body.is_ascii());
        let Act::AnswerRefused { file, why, .. } = decode(&body).unwrap().act else { panic!("kind changed") };
        assert!(file.as_str().ends_with("…（全5000文字）"), "{file}");
        assert_eq!(why, text("短い理由"));
    }

    #[test]
    fn five_candidates_with_full_keys_fit() {
        let person = Subject {
            patient_id: Some(text("0000012345")),
            reference_number: Some(text(&"9".repeat(50))),
            insurer_number: Some(text("06139999")),
            insurer_name: Some(text("全国健康保険協会東京支部")),
            symbol: Some(text("１２３４")),
            number: Some(text("５６７８９０")),
            branch: Some(text("01")),
            name: Some(text("武者小路　実篤右衛門")),
            kana: Some(text("ﾑｼｬﾉｺｳｼﾞ ｻﾈｱﾂｴﾓﾝ")),
            birthdate: Some(text("1950-01-01")),
            sex: Some(text("1")),
            address: Some(text("東京都千代田区霞が関一丁目二番二号中央合同庁舎第五号館")),
        };
        let act = Act::CandidatesShown { candidates: vec![person.clone(); 5] };
        let body = encode_bounded(&of(act), 1, false).unwrap();
        let entry = decode(&body).unwrap();
        assert!(entry.subjects().all(|kept| *kept == person));
        assert_eq!(entry.subjects().count(), 5);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seq in 1_u64.., utc_ms: i64, boot_ms: u64, field in ".{0,60}", to in ".{0,60}") {
            let mut new = of(Act::CaseChanged {
                changes: vec![Change { field: text(&field), from: None, to: Some(text(&to)) }],
            });
            new.at.utc_ms = utc_ms;
            new.at.boot_ms = boot_ms;
            new.case = Some(text(&to));
            let body = encode_bounded(&new, seq, true).unwrap();
            prop_assert!(body.iter().all(|b| (0x20..0x7f).contains(b)));
            prop_assert_eq!(decode(&body).unwrap(), new.numbered(seq, true));
        }
    }
}
