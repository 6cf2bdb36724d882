//! Reading many bodies, one after the other, at less than the price of each.
//!
//! One session writes the same about itself into every entry: boot, host, person, terminal, case, patient, which stand
//! together in the middle of a body and are more than half of it. What was once found to be written by the rules need not be found
//! so again. An entry's bytes are those of its members in a row; so where a middle, byte for byte, is known to be what
//! some entry's members are written as, the body is canonical if it is so with the shortest middle in its place. That one
//! is read as strictly as any. Whatever does not come out like this is read whole, so nothing is refused here that
//! [`canonical::decode`] accepts.

use super::canonical;
use super::verify::Said;
use super::{Act, ClockNote, Entry, NewEntry, Stamp};
use crate::domain::SafeText;
use memchr::memmem::Finder;

/// How many middles are remembered: those of so many sessions' steps. By their hashes, so one may push out another.
const REMEMBERED: usize = 128;

/// With what the middle begins: the first member that is a text, so that nothing before can look like it.
const MIDDLE: &[u8] = br#","boot_id":"#;
/// What follows it. Within a text each quotation mark has a backslash before it.
const ACT: &[u8] = br#","act":"#;
/// The shortest middle.
const SHORTEST: &[u8] = br#","boot_id":""},"host":"""#;

/// Reads bodies, and remembers middles.
pub struct Reader {
    seams: Seams,
    /// A body with the shortest middle, without it: what stands before, and after.
    plain: (Vec<u8>, Vec<u8>),
    known: Vec<Vec<u8>>,
    short: Vec<u8>,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// One that has read nothing yet.
    pub fn new() -> Self {
        let seams = Seams { middle: Finder::new(MIDDLE), act: Finder::new(ACT) };
        let at = Stamp { utc_ms: 0, boot_ms: 0, boot_id: SafeText::default(), clock: ClockNote::Steady };
        let plain = NewEntry::of_station(at, SafeText::default(), Act::LogOpened {});
        let plain = canonical::encode_bounded(&plain, 0, false).unwrap_or_default();
        let plain = match seams.parts(&plain) {
            Some((before, SHORTEST, after)) => (before.to_vec(), after.to_vec()),
            // Then nothing is like it, and everything is read whole.
            _ => (Vec::new(), Vec::new()),
        };
        Self { seams, plain, known: vec![Vec::new(); REMEMBERED], short: Vec::new() }
    }

    /// The same as [`Said::read`].
    pub fn read(&mut self, body: &[u8]) -> Option<Said> {
        let Some((before, middle, after)) = self.seams.parts(body) else { return Said::read(body) };
        let place = place(middle);
        if self.known.get(place).is_some_and(|known| known == middle) {
            self.short.clear();
            for part in [before, SHORTEST, after] {
                self.short.extend_from_slice(part);
            }
            if let Some(said) = Said::read(&self.short) {
                return Some(said);
            }
        }
        let entry = canonical::decode(body).ok()?;
        let said = Said::of(&entry);
        if self.is_middle_of(middle, entry)
            && let Some(known) = self.known.get_mut(place)
        {
            known.clear();
            known.extend_from_slice(middle);
        }
        Some(said)
    }

    /// Whether these bytes, all of them and no more, are what the members of this entry are written as that stand between
    /// the times and the act. Found by writing them between others, not by looking.
    fn is_middle_of(&self, middle: &[u8], entry: Entry) -> bool {
        let (before, after) = &self.plain;
        let at = Stamp { utc_ms: 0, boot_ms: 0, ..entry.at };
        let plain = Entry { seq: 0, training: false, at, act: Act::LogOpened {}, ..entry };
        let Ok(written) = canonical::encode(&plain) else { return false };
        let inside =
            written.strip_prefix(before.as_slice()).and_then(|rest| rest.strip_suffix(after.as_slice()));
        inside == Some(middle)
    }
}

/// Where the parts of a body meet.
struct Seams {
    middle: Finder<'static>,
    act: Finder<'static>,
}

impl Seams {
    /// What stands before the middle, the middle, and what stands after it, if this is a body.
    fn parts<'b>(&self, body: &'b [u8]) -> Option<(&'b [u8], &'b [u8], &'b [u8])> {
        let (before, rest) = body.split_at_checked(self.middle.find(body)?)?;
        let (middle, after) = rest.split_at_checked(self.act.find(rest)?)?;
        Some((before, middle, after))
    }
}

/// Where a middle is remembered. Whoever makes two of them meet has gained nothing: each is read whole, then.
fn place(middle: &[u8]) -> usize {
    let (words, rest) = middle.as_chunks::<8>();
    let mixed = words.iter().fold(rest.len() as u64, |mixed, word| {
        (mixed ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    });
    usize::try_from(mixed % REMEMBERED as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Actor, Subject};
    use proptest::prelude::*;

    fn entry(seq: u64, person: &str, patient: &str, act: Act) -> Entry {
        let at = Stamp { utc_ms: 1, boot_ms: seq, boot_id: "boot".into(), clock: ClockNote::Steady };
        let named =
            |user: &str| Actor { user: user.into(), name: user.into(), profession: None, record_user: None };
        let subject = Subject { name: Some(patient.into()), ..Subject::default() };
        NewEntry {
            actor: Some(named(person)),
            subject: Some(Box::new(subject)),
            ..NewEntry::of_station(at, "er".into(), act)
        }
        .numbered(seq, seq.is_multiple_of(2))
    }

    fn some_act() -> impl Strategy<Value = Act> {
        (0_u8..3, ".{0,8}").prop_map(|(kind, text)| match kind {
            0 => Act::LogOpened {},
            1 => Act::LogSearched { filter: text.as_str().into() },
            _ => Act::LogKeyCreated { key: text.as_str().into(), replaces: None },
        })
    }

    #[test]
    fn a_middle_is_remembered_and_spares_a_part_of_the_reading() {
        let mut reader = Reader::new();
        let first = canonical::encode(&entry(1, "sato", "山田", Act::LogOpened {})).unwrap();
        let next = canonical::encode(&entry(2, "sato", "山田", Act::CaseOpened {})).unwrap();
        let (_, middle, _) = reader.seams.parts(&first).unwrap();
        let middle = middle.to_vec();
        assert_eq!(reader.read(&first), Said::read(&first));
        assert_eq!(reader.known[place(&middle)], middle);
        assert_eq!(reader.read(&next), Said::read(&next));
        assert_eq!(reader.short.len(), next.len() - middle.len() + SHORTEST.len(), "it was read short");
    }

    /// Texts that look like the seams.
    #[test]
    fn seams_within_texts_are_none() {
        let mut reader = Reader::new();
        for text in [r#","boot_id":"#, r#"","act":{"kind":"log_opened"}}"#, r#"x","act":"#, "\\"] {
            for seq in 1..4 {
                let body =
                    canonical::encode(&entry(seq, text, text, Act::LogSearched { filter: text.into() }));
                let body = body.unwrap();
                assert!(reader.read(&body).is_some(), "{text}");
                assert_eq!(reader.read(&body), Said::read(&body), "{text}");
            }
        }
    }

    proptest! {
        /// Whatever was read before, and whatever is wrong with a body and where: the same comes out as without memory.
        #[test]
        fn it_finds_what_is_found_without_it(
            acts in prop::collection::vec((some_act(), prop::sample::select(vec!["sato", "ﾀﾅｶ"]), "[ab山\"]{0,2}"), 1..12),
            wrong in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 24),
        ) {
            let mut reader = Reader::new();
            let bodies: Vec<Vec<u8>> = (1..).zip(&acts)
                .map(|(seq, (act, person, patient))| canonical::encode(&entry(seq, person, patient, act.clone())).unwrap())
                .collect();
            for body in &bodies {
                prop_assert!(reader.read(body).is_some());
                prop_assert_eq!(reader.read(body), Said::read(body));
            }
            for (which, at, byte, how) in wrong {
                let mut body = bodies[which.index(bodies.len())].clone();
                let at = at.index(body.len());
                match how {
                    0 => body[at] = byte,
                    1 => body.insert(at, if byte.is_multiple_of(2) { b' ' } else { byte }),
                    2 => drop(body.remove(at)),
                    // Parts of two bodies, at the seams of both.
                    _ => {
                        let other = &bodies[usize::from(byte) % bodies.len()];
                        let (before, middle, _) = reader.seams.parts(&body).unwrap();
                        let seam = if at.is_multiple_of(2) { before.len() } else { before.len() + middle.len() };
                        body.truncate(seam);
                        body.extend_from_slice(&other[other.len() / 2..]);
                    }
                }
                prop_assert_eq!(reader.read(&body), Said::read(&body), "{}", String::from_utf8_lossy(&body));
            }
        }
    }
}
