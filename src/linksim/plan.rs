//! From a request to the things that will happen in `res/`, each with its delay. No clock and no folder here.

use std::time::Duration;

use jiff::civil::DateTime;

use super::answer::{Content, Envelope};
use super::behaviour::{Behaviour, Manner};
use super::book::Book;
use super::coding::Coding;
use super::patient::Patient;
use super::request::{Refusal, Request, Who};
use super::scenario::Settings;
use super::script::{Delivery, Script};
use super::search;
use super::xml_write::Controls;

/// What a request leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The file stays in `req/`.
    pub(super) leave: bool,
    /// In order of time.
    pub(super) deliveries: Vec<Delivery>,
    /// For the report: who was found and what is done about it.
    pub(super) story: String,
}

/// A request that was understood.
pub(super) fn answer(
    book: &Book,
    settings: &Settings,
    request: &Request,
    now: DateTime,
    coding: Coding,
) -> Plan {
    let found = match &request.who {
        Who::Person(key) => search::by_person(book, key),
        Who::Insured(key) => search::by_key(book, key),
    };
    let own = match found.as_slice() {
        [one] => one.manner.clone(),
        _ => Manner::default(),
    };
    let search = request.wanted.is_none();
    let manner = own.under(settings.force.as_ref(), search);
    let behaviour = manner.behaviour(search);
    let after = delay(settings, &manner, behaviour);
    let story = story(&found, behaviour);
    let envelope = Envelope {
        time: now.checked_add(after).unwrap_or(now),
        institution: request.institution.clone(),
        identifier: request.identifier.clone(),
        controls: if behaviour == Behaviour::RawControls { Controls::Raw } else { Controls::Referenced },
        doctype: behaviour == Behaviour::Doctype,
    };
    let content = content(request, &found);
    let script = Script { book, settings, envelope, content, coding, after };
    let deliveries = script.play(behaviour, &manner, search);
    Plan { leave: behaviour == Behaviour::NeverTaken, deliveries, story }
}

/// A request that was not understood, or that the service refuses.
pub(super) fn refuse(
    book: &Book,
    settings: &Settings,
    refusal: Refusal,
    identifiers: (Option<&str>, Option<&str>),
    now: DateTime,
    coding: Coding,
) -> Plan {
    let (institution, identifier) = identifiers;
    let story = format!("要求を受け付けません {} {}", refusal.code, refusal.message);
    let script = Script {
        book,
        settings,
        envelope: Envelope {
            time: now.checked_add(settings.delay).unwrap_or(now),
            institution: institution.unwrap_or_default().to_owned(),
            identifier: identifier.unwrap_or_default().to_owned(),
            controls: Controls::Referenced,
            doctype: false,
        },
        content: Content::Failure { code: refusal.code, message: refusal.message },
        coding,
        after: settings.delay,
    };
    Plan { leave: false, deliveries: script.play(Behaviour::Normal, &Manner::default(), false), story }
}

fn content<'b>(request: &Request, found: &[&'b Patient]) -> Content<'b> {
    match (found, request.wanted) {
        ([one], Some(wanted)) => Content::Medical(one, wanted),
        _ => Content::Persons(found.to_vec()),
    }
}

fn delay(settings: &Settings, manner: &Manner, behaviour: Behaviour) -> Duration {
    let usual = match behaviour {
        Behaviour::Late => Duration::from_millis(settings.timing.late_ms),
        _ => settings.delay,
    };
    manner.delay_ms.map_or(usual, Duration::from_millis)
}

fn story(found: &[&Patient], behaviour: Behaviour) -> String {
    let names: Vec<&str> = found.iter().map(|patient| patient.id.as_str()).collect();
    let mut story = format!("該当{}件 [{}]", found.len(), names.join(" "));
    if let [one] = found {
        story.push(' ');
        story.push_str(&one.title);
    }
    if behaviour != Behaviour::Normal {
        story.extend(["（動作 ", behaviour.label(), "）"]);
    }
    story
}
