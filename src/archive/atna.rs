//! DICOM PS3.15 A.5 AuditMessage, as IHE ATNA sends it: one XML element, on one line, in ASCII.
//!
//! ASCII, because syslog relays change other bytes; characters beyond it are numeric references. Field texts are
//! base64, as the schema wants them, so that nothing in them can act on whoever reads the message.
//!
//! Receivers cut or split what is too long without telling, so [`bounded`] shortens in a fixed order and says so in
//! the message: texts are cut, then the fields left out, then patients after the eighth, then all. The
//! number and the kind of the entry and the mark of training always stand in it: the whole entry is found by them.

use super::details::{self, Detail};
use super::meaning::{self, Dcm, EventOutcome};
use super::people;
use super::{OWN_SCHEME, Source};
use crate::log::{Actor, Entry, Subject};
use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use std::io;

type Xml = Writer<Vec<u8>>;

/// How much of an entry a message takes.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// Characters of a text.
    text: usize,
    /// Whether the fields are there.
    fields: bool,
    /// How many patients.
    patients: usize,
}

impl Room {
    const ALL: Self = Self { text: usize::MAX, fields: true, patients: usize::MAX };

    /// The order in which a message is shortened.
    const LESS: [Self; 6] = [
        Self { text: 200, ..Self::ALL },
        Self { text: 60, ..Self::ALL },
        Self { text: 60, fields: false, patients: usize::MAX },
        Self { text: 20, fields: false, patients: usize::MAX },
        Self { text: 20, fields: false, patients: 8 },
        Self { text: 20, fields: false, patients: 0 },
    ];

    fn cut(self, text: &str) -> String {
        match text.char_indices().nth(self.text) {
            Some((end, _)) => format!("{}\u{2026}", text.get(..end).unwrap_or_default()),
            None => text.to_owned(),
        }
    }

    /// An XML token: no leading, trailing or doubled blanks.
    fn token(self, text: &str) -> String {
        self.cut(&text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// The message of an entry, without an XML declaration and without a line end.
pub fn message(entry: &Entry, source: &Source) -> io::Result<String> {
    within_room(entry, source, Room::ALL)
}

/// The same in so many bytes at most: 4,096 always suffice.
pub fn bounded(entry: &Entry, source: &Source, longest: usize) -> io::Result<String> {
    let mut text = message(entry, source)?;
    for room in Room::LESS {
        if text.len() <= longest {
            break;
        }
        text = within_room(entry, source, room)?;
    }
    Ok(text)
}

fn within_room(entry: &Entry, source: &Source, room: Room) -> io::Result<String> {
    let mut xml = Writer::new(Vec::new());
    within(&mut xml, BytesStart::new("AuditMessage"), |xml| {
        event(xml, entry, room)?;
        participants(xml, entry, room)?;
        let site = [source.institution_code.as_str(), source.facility.as_str()].join(" ");
        let mut audited = BytesStart::new("AuditSourceIdentification");
        audited.push_attribute(("AuditEnterpriseSiteID", room.token(&site).as_str()));
        audited.push_attribute(("AuditSourceID", room.token(entry.host.as_str()).as_str()));
        within(xml, audited, |xml| {
            let mut code = BytesStart::new("AuditSourceTypeCode");
            code.push_attribute(("csd-code", "4"));
            empty(xml, code)
        })?;
        for subject in entry.subjects().take(room.patients) {
            patient(xml, subject, room)?;
        }
        record(xml, entry, source, room)
    })?;
    Ok(ascii(&String::from_utf8_lossy(&xml.into_inner())))
}

fn event(xml: &mut Xml, entry: &Entry, room: Room) -> io::Result<()> {
    let meaning = meaning::of(&entry.act);
    let mut identification = BytesStart::new("EventIdentification");
    identification.push_attribute(("EventActionCode", meaning.action.code()));
    identification.push_attribute(("EventDateTime", super::time(entry.at.utc_ms).as_str()));
    identification.push_attribute(("EventOutcomeIndicator", meaning.outcome.code()));
    within(xml, identification, |xml| {
        coded(xml, "EventID", meaning.event)?;
        if let Some(kind) = meaning.kind {
            coded(xml, "EventTypeCode", kind)?;
        }
        let kind = details::kind(&entry.act);
        own(xml, "EventTypeCode", &kind, &kind)?;
        if meaning.outcome != EventOutcome::Success {
            let words = crate::log::describe(entry);
            within(xml, BytesStart::new("EventOutcomeDescription"), |xml| {
                xml.write_event(Event::Text(BytesText::new(&room.cut(words.as_str()))))
            })?;
        }
        Ok(())
    })
}

/// Who asked for it: the person, else the station. The judge and the station are there besides.
fn participants(xml: &mut Xml, entry: &Entry, room: Room) -> io::Result<()> {
    let terminal = entry.terminal.as_ref().map(|terminal| room.token(terminal.as_str()));
    if let Some(actor) = &entry.actor {
        person(xml, actor, true, terminal.as_deref(), room)?;
    }
    if let Some(judge) = &entry.on_behalf_of {
        person(xml, judge, false, None, room)?;
    }
    let mut station = BytesStart::new("ActiveParticipant");
    station.push_attribute(("UserID", "kyukyu"));
    station.push_attribute(("UserIsRequestor", if entry.actor.is_none() { "true" } else { "false" }));
    // A failed login has no actor, yet came from somewhere.
    let place = terminal.filter(|_| entry.actor.is_none());
    station.push_attribute((
        "NetworkAccessPointID",
        place.unwrap_or_else(|| room.token(entry.host.as_str())).as_str(),
    ));
    station.push_attribute(("NetworkAccessPointTypeCode", "1"));
    within(xml, station, |xml| coded(xml, "RoleIDCode", Dcm { code: "110150", meaning: "Application" }))
}

fn person(
    xml: &mut Xml,
    actor: &Actor,
    requestor: bool,
    terminal: Option<&str>,
    room: Room,
) -> io::Result<()> {
    let mut participant = BytesStart::new("ActiveParticipant");
    participant.push_attribute(("UserID", room.cut(actor.user.as_str()).as_str()));
    if let Some(id) = &actor.record_user {
        participant.push_attribute(("AlternativeUserID", room.cut(id.as_str()).as_str()));
    }
    participant.push_attribute(("UserName", room.cut(actor.name.as_str()).as_str()));
    participant.push_attribute(("UserIsRequestor", if requestor { "true" } else { "false" }));
    if let Some(terminal) = terminal {
        participant.push_attribute(("NetworkAccessPointID", terminal));
        participant.push_attribute(("NetworkAccessPointTypeCode", "1"));
    }
    let Some(profession) = actor.profession else { return empty(xml, participant) };
    within(xml, participant, |xml| {
        own(xml, "RoleIDCode", &people::profession_word(profession), profession.label())
    })
}

fn patient(xml: &mut Xml, subject: &Subject, room: Room) -> io::Result<()> {
    let id = people::patient_id(subject);
    let mut object = BytesStart::new("ParticipantObjectIdentification");
    object.push_attribute(("ParticipantObjectID", room.token(&id.id).as_str()));
    object.push_attribute(("ParticipantObjectTypeCode", "1"));
    object.push_attribute(("ParticipantObjectTypeCodeRole", "1"));
    within(xml, object, |xml| {
        rfc_3881(xml, id.code, id.meaning)?;
        named(xml, &room.cut(subject.name.as_ref().map_or("", |name| name.as_str())))?;
        let mut fields = people::fields(subject).into_iter().filter(|_| room.fields);
        fields.try_for_each(|(name, value)| detail(xml, name, &room.cut(value.as_str())))
    })
}

/// The entry itself: the way back to what can be proved.
fn record(xml: &mut Xml, entry: &Entry, source: &Source, room: Room) -> io::Result<()> {
    let mut object = BytesStart::new("ParticipantObjectIdentification");
    let id = format!("{}-{}", source.store_id, entry.seq);
    object.push_attribute(("ParticipantObjectID", id.as_str()));
    object.push_attribute(("ParticipantObjectTypeCode", "2"));
    object.push_attribute(("ParticipantObjectTypeCodeRole", "13"));
    within(xml, object, |xml| {
        own(xml, "ParticipantObjectIDTypeCode", "log-entry", "kyukyu log entry")?;
        named(xml, &details::kind(&entry.act))?;
        if room.text != usize::MAX {
            detail(xml, "shortened", "true")?;
        }
        let kept = |detail: &Detail| room.fields || matches!(detail.name.as_str(), "seq" | "training");
        let mut fields = details::of(entry).into_iter().filter(kept);
        fields.try_for_each(|Detail { name, value }| detail(xml, &name, &room.cut(&value)))
    })
}

fn named(xml: &mut Xml, name: &str) -> io::Result<()> {
    within(xml, BytesStart::new("ParticipantObjectName"), |xml| {
        xml.write_event(Event::Text(BytesText::new(name)))
    })
}

fn detail(xml: &mut Xml, name: &str, value: &str) -> io::Result<()> {
    let mut pair = BytesStart::new("ParticipantObjectDetail");
    pair.push_attribute(("type", name));
    pair.push_attribute(("value", data_encoding::BASE64.encode(value.as_bytes()).as_str()));
    empty(xml, pair)
}

fn coded(xml: &mut Xml, element: &str, code: Dcm) -> io::Result<()> {
    code_of(xml, element, (code.code, "DCM", code.meaning))
}

fn own(xml: &mut Xml, element: &str, code: &str, meaning: &str) -> io::Result<()> {
    code_of(xml, element, (code, OWN_SCHEME, meaning))
}

fn rfc_3881(xml: &mut Xml, code: &str, meaning: &str) -> io::Result<()> {
    code_of(xml, "ParticipantObjectIDTypeCode", (code, "RFC-3881", meaning))
}

fn code_of(xml: &mut Xml, element: &str, (code, scheme, meaning): (&str, &str, &str)) -> io::Result<()> {
    let mut coded = BytesStart::new(element);
    coded.push_attribute(("csd-code", code));
    coded.push_attribute(("codeSystemName", scheme));
    coded.push_attribute(("originalText", meaning));
    empty(xml, coded)
}

fn empty(xml: &mut Xml, element: BytesStart<'_>) -> io::Result<()> {
    xml.write_event(Event::Empty(element))
}

fn within(
    xml: &mut Xml,
    element: BytesStart<'_>,
    content: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    let end = BytesEnd::new(element.name().as_ref().to_owned());
    xml.write_event(Event::Start(element))?;
    content(xml)?;
    xml.write_event(Event::End(end))
}

/// Numeric references beyond ASCII. Control characters do not occur: the texts are `SafeText`.
fn ascii(xml: &str) -> String {
    let mut out = String::with_capacity(xml.len());
    for c in xml.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            out.push_str(&format!("&#{};", u32::from(c)));
        }
    }
    out
}
