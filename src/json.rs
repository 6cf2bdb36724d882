//! JSON of our own making: frames, records of the store, the pipes to helpers.
//!
//! `serde_json` writes and parses. Here is what we ask beyond that. Read: a struct is an object and never a list of
//! its fields, which serde would take as well; so there is one spelling of everything that comes over a line, and no
//! second copy of the code of three hundred types. Written: into room that was measured before, because a buffer that
//! grows leaves what it held, a password perhaps, in memory that nobody wipes.

mod strict;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Error;
use std::io;
use zeroize::Zeroizing;

/// The value that a text is, from its first byte to its last.
pub fn from_slice<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = T::deserialize(strict::Strict(&mut parser))?;
    parser.end()?;
    Ok(value)
}

/// How long the text of a value is, in bytes.
pub fn length(value: &impl Serialize) -> Result<usize, Error> {
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value)?;
    Ok(count.0)
}

/// The text of a value, wiped when it is dropped.
pub fn to_vec(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Error> {
    to_vec_within(value, 0, 0)
}

/// The same after so many bytes of nought, and with room for so many more.
pub fn to_vec_within(
    value: &impl Serialize,
    before: usize,
    after: usize,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let room = before.saturating_add(length(value)?).saturating_add(after);
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    text.resize(before, 0);
    serde_json::to_writer(&mut *text, value)?;
    Ok(text)
}

/// Counts what would be written.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};
    use serde_json::Value;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Bed {
        ward: String,
        number: Option<u16>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Number(u8);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Place {
        Nowhere,
        Floor(Number),
        Bed(Bed),
        Way { from: Bed, to: Bed },
        Between(i8, Bed),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Night {
        places: Vec<Place>,
        people: BTreeMap<String, (bool, f64)>,
        #[serde(default)]
        note: Option<Box<Night>>,
        rest: Value,
    }

    fn bed(number: Option<u16>) -> Bed {
        Bed { ward: "救急\"\\\n".to_owned(), number }
    }

    fn night() -> Night {
        let places = vec![
            Place::Nowhere,
            Place::Floor(Number(3)),
            Place::Bed(bed(None)),
            Place::Way { from: bed(Some(0)), to: bed(Some(u16::MAX)) },
            Place::Between(-1, bed(Some(7))),
        ];
        let people = BTreeMap::from([("山田".to_owned(), (true, 36.5))]);
        let rest = serde_json::json!({ "a": [1, -2, 2.5, null, "x", { "b": {} }], "big": u64::MAX });
        Night { places, people, note: None, rest }
    }

    #[test]
    fn what_is_written_is_read() {
        let whole = Night { note: Some(Box::new(night())), ..night() };
        let text = to_vec(&whole).unwrap();
        assert_eq!(serde_json::from_slice::<Night>(&text).unwrap(), whole);
        assert_eq!(from_slice::<Night>(&text).unwrap(), whole);
    }

    #[test]
    fn room_is_measured_before_it_is_filled() {
        let text = to_vec_within(&bed(Some(3)), 4, 16).unwrap();
        assert_eq!(text.len(), 4 + length(&bed(Some(3))).unwrap());
        assert_eq!(text.capacity(), text.len() + 16);
        assert_eq!(from_slice::<Bed>(text.strip_prefix(&[0; 4]).unwrap()).unwrap(), bed(Some(3)));
    }

    #[test]
    fn a_list_is_no_struct_at_any_depth() {
        let lists = [
            r#"{"places":[{"Bed":["a",1]}],"people":{},"rest":0}"#,
            r#"{"places":[{"Way":[{"ward":"a","number":1},{"ward":"a","number":1}]}],"people":{},"rest":0}"#,
            r#"{"places":[{"Way":{"from":["a",1],"to":{"ward":"a","number":1}}}],"people":{},"rest":0}"#,
            r#"{"places":[{"Between":[1,["a",1]]}],"people":{},"rest":0}"#,
            r#"{"places":[],"people":{},"note":[[],{},null,0],"rest":0}"#,
            "[[],{},null,0]",
        ];
        for list in lists {
            assert!(serde_json::from_str::<Night>(list).is_ok(), "serde itself takes {list}");
            assert!(from_slice::<Night>(list.as_bytes()).is_err(), "{list}");
        }
    }

    #[test]
    fn what_is_not_whole_or_not_alone_is_refused() {
        let text = r#"{"ward":"a","number":1}"#;
        assert!(from_slice::<Bed>(text.as_bytes()).is_ok());
        for cut in 0..text.len() {
            assert!(from_slice::<Bed>(&text.as_bytes()[..cut]).is_err());
        }
        for bad in [
            r#"{"ward":"a","number":1} x"#,
            r#"{"ward":"a","number":1}{}"#,
            r#"{"ward":"a","number":65536}"#,
            r#"{"ward":"a","ward":"b","number":1}"#,
            r#"{"number":1}"#,
            "{\"ward\":\"\u{7}\"}",
        ] {
            assert!(from_slice::<Bed>(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(from_slice::<Bed>(b"{\"ward\":\"\xff\"}").is_err());
        let deep = "[".repeat(100_000);
        assert!(from_slice::<Value>(deep.as_bytes()).is_err());
    }
}
